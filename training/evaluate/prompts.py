"""Say what held-out figures of the grammar are, have the program make them of these words, and read back what it made.

    python -m evaluate.prompts OUT --gen3d BINARY [--captions 200] [--flags "--seed 1"]
    # the photo of one figure, and of another one thing that is otherwise
    python -m evaluate.prompts OUT --gen3d BINARY --beside

A caption claims parts, their colours, and in which hand an item is. A claimed part must be there; its colour, the
median of its vertices, must be within dE 15 of the colour that was named; an item must be in the hand that was said
and not in the other. Beside a photo the part that is named must be what changed, be there (or gone), and nothing else
may change but the sleeves of a shirt. The captions are of seeds that nothing trains on, in one plain form; training's
are drawn from many (data/captions.py).
"""
import argparse, json, os, random, subprocess
import numpy as np
from PIL import Image
from data import captions, picture
from data.colour import srgb
from data.grammar import rules
from data.captions import NEAR, NOUNS
from data.grammar.shards import HELD_OUT, sample
from data.slots import PARTS

OFFSET = 5000  # past the figures that evaluate.figurines uses
BEARER = {'hair': 'head', 'back': 'torso', 'item_left': 'arm_left', 'item_right': 'arm_right'}
SLEEVES = {'torso': {'arm_left', 'arm_right'}}


def claims(seed):
    """What there is to say of a held-out figure: who it is, and [(phrase, slot, colour or None)]; the first is who,
    which may have no slot."""
    s = sample(seed, pictures=1, queries=2)
    if s is None: return None
    words, slots = s[7].split(', '), [PARTS[i] for i in s[6]]
    colours = {slot: captions.colour(p.astype(float)) for slot, p in zip(slots, s[4])}
    hue = lambda slot: (colours.get(slot) or '')
    kind = next((w for w in words if w in captions.WHO), None)
    if kind not in ('person', 'robot', 'animal', 'creature', 'dinosaur'): return None
    body = None if kind == 'person' else 'head' if kind == 'creature' else 'torso'
    out = [(f"a {hue(body)} {kind}", body, colours.get(body))]
    say = lambda phrase, slot: out.append((phrase, slot, colours.get(slot)))
    for w in words:
        if w.endswith(' hair'):
            say(f'with {hue("hair")} {w}', 'hair')
        elif 'hat' in w or w.endswith(' ears') or w in ('helmet', 'cap', 'beanie', 'hood', 'crown', 'horns'):
            say(f'with {hue("hair")} {w}', 'hair')
        elif w.endswith(' hand'): say(f'holding a {hue("item_"+w.split()[-2])} {w}', 'item_'+w.split()[-2])
        elif w in ('cape', 'backpack', 'wings', 'tail', 'quiver'): say(f'with a {hue("back")} {w}', 'back')
    if kind == 'person' and 'plush animal' not in words:
        say(f'in a {hue("torso")} {NOUNS["robe" if "robe" in words else "torso"][0]}', 'torso')
        if 'robe' not in words: say(f'with {hue("legs")} {"skirt" if "skirt" in words else "trousers"}', 'legs')
    if 'base' in words: say(f'on a {hue("base")} base', 'base')
    return out, slots


def parts(path):
    """{part: median sRGB colour of its vertices} of a GLB that the program wrote: float positions, linear COLOR_0."""
    with open(path, 'rb') as f: data = f.read()
    n = int.from_bytes(data[12:16], 'little')
    doc, body = json.loads(data[20:20+n]), data[28+n:]
    kinds = {5121: np.uint8, 5123: np.uint16, 5126: np.float32}
    out = {}
    for node in doc['nodes']:
        if 'mesh' not in node: continue
        a = doc['accessors'][doc['meshes'][node['mesh']]['primitives'][0]['attributes']['COLOR_0']]
        view, kind = doc['bufferViews'][a['bufferView']], np.dtype(kinds[a['componentType']])
        width = int(a['type'][-1])
        start, stride = view.get('byteOffset', 0)+a.get('byteOffset', 0), view.get('byteStride', width*kind.itemsize)
        rows = np.lib.stride_tricks.as_strided(
            np.frombuffer(body, kind, offset=start, count=1), (a['count'], width), (stride, kind.itemsize)
        )
        c = np.median(rows[:, :3].astype(float)/(1 if kind.kind == 'f' else np.iinfo(kind).max), 0)
        out[node['name']] = srgb(c)
    return out


def made(text, path, *arguments):
    """What the program makes of a prompt: {part: colour}, and the line of JSON that it tells."""
    r = subprocess.run(
        [
            A.gen3d,
            *arguments,
            '--prompt',
            text,
            '-o',
            path,
            '--preview',
            path[:-4]+'.png',
            '--no-cache',
            '--quiet',
            '--json',
            *A.flags,
        ],
        capture_output=True,
        text=True,
    )
    return (parts(path), json.loads(r.stdout)) if r.returncode == 0 else ({}, {})


def near(made, slot, colour):
    """Whether a part's colour may be called so."""
    return float(np.linalg.norm(captions.lab(made[slot])-captions.TABLE[captions.NAMES.index(colour)])) <= NEAR


def alone(seed, path, right):
    """Words alone, all that there is to say of a figure."""
    known = claims(seed)
    said = known and [(slot, colour) for _, slot, colour in known[0] if slot]
    if not said: return None
    text = ' '.join(', '.join(phrase for phrase, *_ in known[0]).split())
    got, _ = made(text, path)
    for slot, colour in said:
        right['part'].append(slot in got)
        if colour and slot in got: right['colour'].append(near(got, slot, colour))
    held = {s for s, _ in said if s.startswith('item')}
    if held: right['hand'].append({s for s in got if s.startswith('item')} == held)
    return f'{text} -> {", ".join(got)}'


def beside(seed, path, right):
    """The photo of a figure, and what another one has and it has not, or every fourth time what is to be gone."""
    R = random.Random(seed)
    mine, other = claims(seed), claims(seed+100_000)
    if not mine or not other: return None
    gone = R.random() < .25
    there = {slot: phrase for phrase, slot, _ in mine[0][1:]}
    if gone:
        choice = [
            (f'without the {phrase.split(" in the ")[0].split()[-1]}', slot, None)
            for slot, phrase in there.items()
            if slot in ('base', 'back', 'item_left', 'item_right')
        ]
    else: choice = [c for c in other[0][1:] if BEARER.get(c[1], c[1]) in mine[1]+['base'] and c[0] != there.get(c[1])]
    if not choice: return None
    phrase, slot, colour = R.choice(choice)
    if R.random() < .5: phrase = phrase.replace(' in the right hand', '')  # it goes without saying
    text, photo = ' '.join(phrase.split()), path[:-4]+'_photo.png'
    im, _ = picture.shoot(rules.figure(seed)[0], R, (R.uniform(-35, 35), R.uniform(0, 15)), 512, margin=.1)
    Image.fromarray((im*255+.5).astype(np.uint8), 'RGBA').save(photo)
    got, told = made(text, path, photo)
    changed = set(told.get('changed') or [])
    if gone: right['gone'].append(slot not in got)
    else: right['part'].append(slot in changed and slot in got)
    right['only'].append(not changed-{slot}-SLEEVES.get(slot, set()))
    if colour and slot in changed and slot in got: right['colour'].append(near(got, slot, colour))
    return f'{text} -> {", ".join(sorted(changed)) or "nothing"}'


def main():
    os.makedirs(A.out, exist_ok=True)
    right = dict(part=[], colour=[], hand=[], gone=[], only=[])
    seed, done = HELD_OUT+OFFSET, 0
    while done < A.captions:
        seed += 1
        told = (beside if A.beside else alone)(seed, os.path.join(A.out, f'{done:03d}.glb'), right)
        if told: print(f'{done:03d} {told}', flush=True)
        done += bool(told)
    print({k: f'{np.mean(v):.3f} of {len(v)}' for k, v in right.items() if v})


if __name__ == '__main__':
    A = argparse.ArgumentParser()
    A.add_argument('out')
    A.add_argument('--gen3d', default='../target/release/gen3d')
    A.add_argument('--captions', type=int, default=200)
    A.add_argument('--beside', action='store_true', help='beside a photo, what is otherwise')
    A.add_argument('--flags', type=str.split, default=[], help='more for the program, as one string')
    A = A.parse_args()
    main()
