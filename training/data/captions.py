"""What can be said of a figure, and sentences that say it.

    # RUN/captions/<shard>.json: what there is to say of each figure of RUN/shards.tsv
    python -m data.captions RUN

A figure's facts come from the shard itself: the words of the grammar or the name of the character, which parts there
are, and the main colours of each. `sentence` draws a new caption from them each time: another order, other words, some
left out. `ids` turns a text into the rows of RUN/words.npy.
"""
import argparse, json, os, re
import numpy as np
from data.colour import linear
from data.palette import TOLD
from data.slots import PARTS

LENGTH = 32  # words of a text that the encoder sees
ALSO = {
    'red': ['scarlet', 'crimson'],
    'blue': ['azure'],
    'navy': ['dark blue'],
    'light blue': ['sky blue', 'pale blue'],
    'purple': ['violet'],
    'pink': ['rose'],
    'tan': ['beige', 'sand'],
    'grey': ['gray', 'silver'],
    'black': ['dark'],
    'gold': ['golden'],
    'teal': ['turquoise'],
    'cream': ['pale', 'ivory'],
    'dark grey': ['charcoal', 'dark gray'],
    'light grey': ['light gray'],
    'light green': ['lime'],
    'salmon': ['coral'],
    'lavender': ['lilac'],
    'rust': ['copper'],
    'maroon': ['dark red'],
    'yellow': ['bright yellow'],
}
HAIRS = {
    'yellow': ['blonde', 'blond'],
    'gold': ['blonde', 'blond'],
    'tan': ['blonde'],
    'brown': ['brunette'],
    'rust': ['ginger', 'auburn'],
    'orange': ['ginger'],
}
WHO = {
    'person': ['person', 'man', 'woman', 'boy', 'girl', 'character', 'guy', 'kid', 'hero', 'figure'],
    'robot': ['robot', 'android', 'machine', 'droid'],
    'animal': ['animal', 'beast', 'pet', 'creature on four legs', 'dog', 'cat', 'bear'],
    'creature': ['creature', 'monster', 'blob', 'round creature'],
    'dinosaur': ['dinosaur', 'lizard', 'reptile'],
    'crab': ['crab'],
    'spider': ['spider', 'insect', 'bug'],
}
ROLES = [
    ('wizard hat', ['wizard', 'witch', 'magician', 'sorcerer', 'mage']),
    ('crown', ['king', 'queen', 'prince', 'princess']),
    ('chef hat', ['chef', 'cook', 'baker']),
    ('helmet', ['knight', 'soldier', 'warrior', 'guard', 'viking']),
    ('quiver', ['archer', 'hunter', 'ranger']),
    ('bandana', ['pirate', 'sailor']),
    ('hood', ['monk', 'thief', 'rogue']),
    ('wings', ['angel', 'fairy']),
    ('space suit', ['astronaut', 'spaceman', 'diver']),
    ('horns', ['demon', 'devil']),
    ('top hat', ['gentleman', 'ringmaster']),
    ('robe', ['priest', 'monk', 'lady']),
]
STYLE = {
    'chibi': ['chibi', 'cute', 'little', 'small', 'chubby'],
    'toon': ['cartoon', 'toy', ''],
    'real': ['tall', 'slim', 'realistic', 'lifelike'],
}
HAIR = {
    'short': ['short'],
    'bob': ['bob', 'chin length'],
    'long': ['long'],
    'bun': ['bun'],
    'tail': ['ponytail'],
    'twins': ['pigtails', 'twin tails'],
    'afro': ['afro', 'curly'],
    'mohawk': ['mohawk'],
    'spiky': ['spiky'],
    'quiff': ['quiff', 'swept'],
}
NOUNS = {
    'torso': ['shirt', 'top', 'jacket', 'coat', 'tunic', 'sweater', 'clothes'],
    'robe': ['robe', 'gown', 'dress', 'cloak'],
    'legs': ['trousers', 'pants', 'jeans'],
    'skirt': ['skirt'],
    'base': ['base', 'stand', 'plinth', 'pedestal', 'platform'],
    'cape': ['cape', 'cloak', 'mantle'],
    'backpack': ['backpack', 'rucksack', 'bag'],
    'gun': ['gun', 'pistol', 'blaster'],
    'mug': ['mug', 'cup', 'drink'],
    'ball': ['ball', 'orb'],
    'sword': ['sword', 'blade'],
    'staff': ['staff', 'stick'],
    'lantern': ['lantern', 'lamp'],
    'item': ['thing', 'object'],
}


def lab(rgb):
    """sRGB [.., 3] in 0..1 -> CIE Lab."""
    c = np.asarray(rgb, float)
    c = (
        linear(c)
        @ np.array([[.4124, .2126, .0193], [.3576, .7152, .1192], [.1805, .0722, .9505]])
        / [.9505, 1, 1.089]
    )
    f = np.where(c > .008856, np.cbrt(c), 7.787*c+16/116)
    return np.stack([116*f[..., 1]-16, 500*(f[..., 0]-f[..., 1]), 200*(f[..., 1]-f[..., 2])], -1)


NEAR = 15.  # dE (CIE76) within which a colour may be called by a name
NAMES, TABLE = list(TOLD), lab([[int(h[i:i+2], 16)/255 for i in (1, 3, 5)] for h in TOLD.values()])


def colour(points):
    """The name of a part's main colour, the median of its surface samples [n, 9]; None if no name comes near."""
    far = np.linalg.norm(TABLE-lab(np.median(points[:, 6:9], 0).clip(0, 1)), axis=1)
    return NAMES[far.argmin()] if far.min() < NEAR else None


def plain(name):
    """A file's name as words: `Enemy_Small-transformed` -> `enemy small`."""
    words = re.sub(r'([a-z])([A-Z])', r'\1 \2', name)
    return ' '.join(
        w
        for w in re.split(r'[^a-z]+', words.lower())
        if len(w) > 1 and w not in ('transformed', 'model', 'character', 'up', 'filled')
    )


def facts(shard):
    """Of each figure of a shard: `words` (the grammar's, or who it is), `parts`, `colours` of parts."""
    with np.load(shard) as z:
        surface, part_of, present = z['surface'], z['part_of'], z['present']
        names, captions = (z[k] if k in z.files else None for k in ('name', 'caption'))
    out = []
    for i in range(len(present)):
        if captions is not None: words, who = str(captions[i]).split(', '), None
        else:
            path = str(names[i]).split('/')
            words, who = [], plain(path[1])
            tags = [plain(t) for t in path[2].split('+')[1:]]
            words += [
                f'{t} in the {side} hand'
                for t in tags
                if t not in ('colour', 'mirror', 'hair')
                for side in ('left', 'right')
                if present[i][PARTS.index(f'item_{side}')]
            ][:1]
        rows = {PARTS[s]: surface[k].astype(float) for k, (f, s) in enumerate(part_of) if f == i}
        out.append(
            dict(
                words=words,
                who=who,
                parts=[PARTS[s] for s in np.flatnonzero(present[i])],
                colours={s: c for s, p in rows.items() if (c := colour(p))},
            )
        )
    return out


def hue(f, slot, R, also=ALSO):
    """The colour of a slot as a word and a space, or nothing; `also`: other words for it."""
    c = f['colours'].get(slot)
    return '' if c is None or R.random() > .85 else (R.choice(also[c]) if c in also and R.random() < .25 else c)+' '


def noun(key, R): return R.choice(NOUNS.get(key, [key]))


def is_body(f):
    """Whether the figure is one body rather than a person in clothes."""
    kind = kind_of(f)
    return (
        kind in ('animal', 'creature', 'dinosaur', 'robot', 'crab', 'spider')
        or bool(f['who'])
        or 'plush animal' in f['words']
    )


def has_role(f):
    """Whether the figure is a person whom what it wears makes a knight, a king or a wizard."""
    return kind_of(f) == 'person' and any(word in f['words'] for word, _ in ROLES)


def is_hat(word):
    """Whether a word of the grammar is something on a head."""
    return (
        any(word == hat for hat, _ in ROLES[:4])
        or word in ('cap', 'wide hat', 'beanie', 'hood', 'bandana', 'antenna', 'horns', 'mushroom cap', 'top hat')
        or word.endswith(' ears')
    )


def kind_of(f): return f['who'] or next((w for w in f['words'] if w in WHO), 'figure')


def who_is(f, R):
    """Who or what a figure is."""
    words, kind = f['words'], kind_of(f)
    who = kind if f['who'] else R.choice(WHO.get(kind, [kind]))
    for word, roles in ROLES:
        if word in words and kind == 'person' and R.random() < .7: who = R.choice(roles)
    if 'plush animal' in words:
        who = R.choice(
            [
                f'{e} {p}'
                for e in [w.split()[0] for w in words if w.endswith(' ears')] or ['animal']
                for p in ('toy', 'plush', 'plushie', '')
            ]
        )
    if 'elephant' in words: who = 'elephant'
    if 'bird' in words and R.random() < .8: who = 'bird'
    if 'mushroom cap' in words and R.random() < .8: who = 'mushroom'
    if kind == 'dinosaur' and 'wings' in words: who = 'dragon'
    return who


def details(f, R):
    """[(slot, phrase)] of what there is to say of a figure's parts."""
    words, colours, body, out = f['words'], f['colours'], is_body(f), []
    add = lambda slot, *phrase: out.append((slot, ' '.join(phrase)))
    for w in words:
        if w.endswith(' hair'):
            style = R.choice(HAIR.get(w[:-5], [w[:-5]]))
            add(
                'hair',
                f"with {hue(f, 'hair', R, R.choice((ALSO, HAIRS)))}{style}"
                + ('' if style in ('ponytail', 'pigtails', 'bun', 'mohawk', 'quiff', 'afro') else ' hair'),
            )
        elif w.endswith(' hand'):
            item, side = w.split(' in the ')
            slot = 'item_'+side.split()[0]
            # the right one goes without saying
            where = (
                ''
                if side == 'right hand' and R.random() < 0.4
                else f" in {R.choice(['the', 'his', 'her', 'its'])} {side}"
            )
            add(slot, f"{R.choice(['holding', 'with', 'carrying'])} a {hue(f, slot, R)}{noun(item, R)}{where}")
        elif w in ('cape', 'backpack', 'wings', 'tail', 'quiver'):
            add('back', f"with {'' if w == 'wings' else 'a '}{hue(f, 'back', R)}{noun(w, R)}")
        elif w in ('beard', 'glasses', 'visor'): add('head', f"with {'' if w == 'glasses' else 'a '}{w}")
        elif is_hat(w):
            how = R.choice(['wearing', 'with', 'in']) if 'ears' not in w and w not in ('horns', 'antenna') else 'with'
            add('hair', f"{how} {'' if w.endswith('s') else 'a '}{hue(f, 'hair', R)}{w}")
    if not body and 'torso' in colours:
        add(
            'torso',
            f"{R.choice(['in', 'wearing'])} a {hue(f, 'torso', R)}{noun('robe' if 'robe' in words else 'torso', R)}",
        )
    if not body and 'legs' in colours and 'robe' not in words:
        add(
            'legs',
            f"{R.choice(['in', 'wearing', 'with'])} {hue(f, 'legs', R)}"
            f"{noun('skirt' if 'skirt' in words else 'legs', R)}",
        )
    if f['who'] and 'hair' in colours and R.random() < 0.3:
        add('hair', f"with {hue(f, 'hair', R)}{R.choice(['hair', 'head'])}")
    if 'base' in f['parts']:
        add('base', f"{R.choice(['on', 'standing on', 'with'])} a {hue(f, 'base', R)}{noun('base', R)}")
    return out


def sentence(f, R, keep=.75):
    """A caption of a figure's facts; `R` is a random.Random, `keep` the chance that a detail is told."""
    kind, who = kind_of(f), who_is(f, R)
    front = [R.choice(STYLE[w]) for w in f['words'] if w in STYLE and R.random() < .5]
    if is_body(f): front.append(hue(f, 'head' if kind in ('creature', 'crab', 'spider') else 'torso', R).strip())
    said = [phrase for _, phrase in details(f, R) if R.random() < keep]
    R.shuffle(said)
    front = ' '.join(x for x in front if x)
    opening = R.choice(['a', 'the', 'an', '', 'figurine of a', 'a toy'])
    text = f"{opening} {front} {who} {R.choice([' ', ', ']).join(said)}"
    if len(said) > 1 and R.random() < .5: text = ' and '.join(text.rsplit(said[-1], 1)[0:1])+' and '+said[-1]
    return re.sub(r'\s+', ' ', text).strip()


def told(f, slot, R):
    """A phrase about a slot of this figure; None if there is nothing to say of it."""
    said = [phrase for s, phrase in details(f, R) if s == slot]
    plain = {
        'torso': ['body', 'shirt', 'jacket', 'clothes'],
        'legs': ['legs', 'trousers', 'pants'],
        'hair': ['hair'],
        'base': ['base'],
    }
    if not said and slot in plain and slot in f['colours']:
        said = [f"with {f['colours'][slot]} {R.choice(plain[slot])}"]
    return R.choice(said) if said else None


def gone(f, slot, R):
    """A phrase that takes from this figure what is in a slot; None if it has no name."""
    words = f['words']
    names = {
        'base': ['base'],
        'back': [w for w in words if w in ('cape', 'backpack', 'wings', 'tail', 'quiver')],
        'hair': ['hair']*any(w.endswith(' hair') for w in words),
    }
    held = [w.split(' in the ')[0] for w in words if slot.startswith('item') and w.endswith(f'{slot[5:]} hand')]
    thing = next((noun(w, R) for w in names.get(slot, held)), None)
    return thing and f"{R.choice(['without the', 'without a', 'without', 'with no', 'no'])} {thing}"


def demand(phrases, R):
    """A sentence that asks for what phrases say, beside a photo of what is otherwise."""
    phrase = ' and '.join(phrases)
    first, rest = phrase.split(' ', 1)
    if first in ('without', 'no') or phrase.startswith('with no '):
        thing = rest.removeprefix('no ').removeprefix('the ').removeprefix('a ')
        return R.choice(
            [
                phrase,
                phrase,
                f'the same but {phrase}',
                f'now {phrase}',
                f'remove the {thing}',
                f'take away the {thing}',
            ]
        )
    thing = rest if first in ('with', 'in', 'wearing', 'holding', 'carrying', 'on') else phrase
    return R.choice(
        [
            phrase,
            phrase,
            thing,
            f'give {R.choice(["him", "her", "it", "them"])} {thing}',
            f'add {thing}',
            f'now {phrase}',
            f'the same but {phrase}',
            f'make it {phrase}',
            f'change to {thing}',
        ]
    )


def toy(f, R):
    """Words that ask for the figure of a photo with a toy's proportions."""
    what = R.choice(
        ['toy', 'chibi', 'chibi figurine', 'cartoon', f'chibi {who_is(f, R)}', f'cute {who_is(f, R)}', 'doll']
    )
    return R.choice(
        [
            f'as a {what}',
            f'as a {what}',
            f'make it a {what}',
            f'turn into a {what}',
            f'a {what}',
            'chibi',
            'make it cute',
            'in toy proportions',
            'in chibi style',
            f'the same as a {what}',
        ]
    )


def become(f, R):
    """Words that ask for somebody else in a photo's place, and whether they name colours, too."""
    coloured = R.random() < .25
    who = re.sub('^(a toy|the|an|a|figurine of a) ', '', sentence(f, R, .4)) if coloured else who_is(f, R)
    return R.choice(
        [
            f'as a {who}',
            f'as a {who}',
            f'turn into a {who}',
            f'turn her into a {who}',
            f'turn him into a {who}',
            f'make it a {who}',
            f'a {who}',
            f'the same as a {who}',
        ]
    ), coloured


def load_words(run):
    """{word: row of the table, from 1 on}"""
    with open(os.path.join(run, 'words.txt')) as f: return {w: i+1 for i, w in enumerate(f.read().split('\n'))}


def ids(text, known):
    """Rows of the word table, LENGTH of them; 0 where there is no word."""
    out = []
    for w in re.findall(r"[a-z]+", text.lower()):
        w = next((v for v in (w, w[:-1], w+'s', w[:-2]) if v in known), None)
        if w: out.append(known[w])
    return (out+[0]*LENGTH)[:LENGTH]


def main():
    a = argparse.ArgumentParser()
    a.add_argument('run')
    a = a.parse_args()
    os.makedirs(os.path.join(a.run, 'captions'), exist_ok=True)
    with open(os.path.join(a.run, 'shards.tsv')) as f: lines = [l.rstrip('\n').split('\t') for l in f]
    for latents, shard in lines:
        path = os.path.join(a.run, 'captions', os.path.basename(latents)[:-4]+'.json')
        if os.path.exists(path): continue
        with open(path+'.tmp', 'w') as f: json.dump(facts(shard), f)
        os.replace(path+'.tmp', path)


if __name__ == '__main__': main()
