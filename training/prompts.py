"""Say what held-out figures of the grammar are, have the program make them of these words alone, and read back what it made.

    python prompts.py OUT --gen3d BINARY [--captions 200] [--flags "--seed 1"]

A caption claims parts, their colours, and in which hand an item is. A claimed part must be there; its colour, the median of
its vertices, must be within dE 15 of the colour that was named; an item must be in the hand that was said and not in the
other. The captions are of seeds that nothing trains on, in one plain form; training's are drawn from many (captions.py).
"""
import argparse, json, os, subprocess
import numpy as np
import captions
from captions import NEAR, NOUNS, SLOTS
from make_grammar import HELD_OUT, sample

OFFSET = 5000  # past the figures that evaluate.py uses


def claims(seed):
    """A caption of one held-out figure, and [(slot, colour or None)] that it claims."""
    s = sample(seed, pictures=1, queries=2)
    if s is None: return None
    words, slots = s[7].split(', '), [SLOTS[i] for i in s[6]]
    colours = {slot: captions.colour(p.astype(float)) for slot, p in zip(slots, s[4])}
    hue = lambda slot: (colours.get(slot) or '')
    kind = next((w for w in words if w in captions.WHO), None)
    if kind not in ('person', 'robot', 'animal', 'creature', 'dinosaur'): return None
    body = 'head' if kind == 'creature' else 'torso'
    text, said = [f"a {'' if kind == 'person' else hue(body)} {kind}"], [] if kind == 'person' else [(body, colours.get(body))]

    def say(phrase, slot):
        text.append(phrase), said.append((slot, colours.get(slot)))
    for w in words:
        if w.endswith(' hair'): say(f'with {hue("hair")} {w}', 'hair')
        elif 'hat' in w or w.endswith(' ears') or w in ('helmet', 'cap', 'beanie', 'hood', 'crown', 'horns'): say(f'with {hue("hair")} {w}', 'hair')
        elif w.endswith(' hand'): say(f'holding a {hue("item_"+w.split()[-2])} {w}', 'item_'+w.split()[-2])
        elif w in ('cape', 'backpack', 'wings', 'tail', 'quiver'): say(f'with a {hue("back")} {w}', 'back')
    if kind == 'person' and 'plush animal' not in words:
        say(f'in a {hue("torso")} {NOUNS["robe" if "robe" in words else "torso"][0]}', 'torso')
        if 'robe' not in words: say(f'with {hue("legs")} {"skirt" if "skirt" in words else "trousers"}', 'legs')
    if 'base' in words: say(f'on a {hue("base")} base', 'base')
    return ' '.join(', '.join(text).split()), said


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
        rows = np.lib.stride_tricks.as_strided(np.frombuffer(body, kind, offset=start, count=1), (a['count'], width), (stride, kind.itemsize))
        c = np.median(rows[:, :3].astype(float)/(1 if kind.kind == 'f' else np.iinfo(kind).max), 0)
        out[node['name']] = np.where(c > .0031308, 1.055*c.clip(1e-9)**(1/2.4)-.055, 12.92*c)
    return out


def main():
    os.makedirs(A.out, exist_ok=True)
    right = dict(part=[], colour=[], hand=[])
    seed, done = HELD_OUT+OFFSET, 0
    while done < A.captions:
        seed += 1
        c = claims(seed)
        if c is None or not c[1]: continue
        text, said = c
        path = os.path.join(A.out, f'{done:03d}.glb')
        done += 1
        r = subprocess.run([A.gen3d, '--prompt', text, '-o', path, '--preview', path[:-4]+'.png', '--no-cache', '--quiet', *A.flags], capture_output=True, text=True)
        made = parts(path) if r.returncode == 0 else {}
        for slot, colour in said:
            right['part'].append(slot in made)
            if colour and slot in made:
                want = captions.TABLE[captions.NAMES.index(colour)]
                right['colour'].append(float(np.linalg.norm(captions.lab(made[slot])-want)) <= NEAR)
        held = {s for s, _ in said if s.startswith('item')}
        if held: right['hand'].append({s for s in made if s.startswith('item')} == held)
        print(f'{done:03d} {text} -> {", ".join(made) or r.stderr.strip()}', flush=True)
    print({k: f'{np.mean(v):.3f} of {len(v)}' for k, v in right.items()})


if __name__ == '__main__':
    A = argparse.ArgumentParser()
    A.add_argument('out')
    A.add_argument('--gen3d', default='../target/release/gen3d')
    A.add_argument('--captions', type=int, default=200)
    A.add_argument('--flags', type=str.split, default=[], help='more for the program, as one string')
    A = A.parse_args()
    main()
