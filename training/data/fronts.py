"""A figure as it is seen from the front and from behind, unlit, and a caption of it.

    python -m data.fronts OUT --shards 0:40 --pool 'POOL/characters_*.npz' 'POOL/models_*.npz'

picture: u8 [SIDE, SIDE, 7], alpha, the colours of the near sheet and those of the far sheet along the same ray, sRGB,
straight. The rays are parallel, so that both have one outline. The figure fills the frame as a photo's subject does.
slots: u8 [ROWS, ROWS], which of SLOTS is foremost in the middle of each square of pixels; NONE outside of the figure,
and UNTOLD where nobody says which parts it has.
"""
import argparse, os, random, re
import numpy as np
from PIL import Image
from data import captions
from data.colour import srgb
from data.creatures.roles import ROLES
from data.figures import Creatures, Grammar
from data.slots import PARTS, SLOTS
from data.views import PAD, Pool, rotation, sheets

SIDE, FINE = 128, 2  # the picture is drawn so many times finer
ROWS, NONE, UNTOLD = 16, len(SLOTS), 255
PICTURES, TEXTS = 256, 4  # of a shard
TRUNK = [PARTS.index('legs') if s.startswith('leg_') else PARTS.index(s) for s in SLOTS]
# How the creatures' words are said; what is not told here is said as it is.
STYLE = dict(
    chibi=['chibi', 'cute', 'little', 'chubby'],
    toon=['cartoon', 'toy', ''],
    real=['tall', 'realistic', ''],
    doll=['doll', 'little', ''],
    giant=['giant', 'big', 'stout'],
    plush=['plush', 'plushie', 'stuffed'],
    cute=['cute'],
)
POSE = dict(
    walk=['walking', ''],
    run=['running'],
    sit=['sitting'],
    kneel=['kneeling'],
    jump=['jumping'],
    kick=['kicking'],
    crouch=['crouching'],
    lie=['lying'],
    beg=['begging', 'sitting up'],
    rear=['rearing'],
    float=['floating'],
    look=['looking'],
    lunge=['lunging'],
    tiptoe=['on tiptoe', ''],
    stand=['standing', '', ''],
    straddle=[''],
    contrapposto=[''],
    plain=[''],
    ride=[''],
    bare=[''],
)
POSE['wings spread'] = ['with wings spread', 'flying']
WORN = 'jacket tunic armour robe dress coat suit skirt'.split()
WINGS = ['feather wings', 'fairy wings', 'bat wings']
# what a person is called who wears this
WHO = dict(
    santa=['santa claus', 'santa', 'father christmas'],
    wizard=['wizard', 'witch', 'mage', 'sorcerer'],
    crown=['king', 'queen', 'prince', 'princess'],
    pirate=['pirate', 'captain'],
    knight=['knight'],
    helmet=['soldier', 'guard', 'knight'],
    viking=['viking', 'warrior'],
    samurai=['samurai'],
    jester=['jester', 'clown'],
    chef=['chef', 'cook', 'baker'],
    astronaut=['astronaut', 'spaceman', 'cosmonaut'],
    angel=['angel'],
    halo=['angel'],
    horns=['devil', 'demon'],
    hood=['monk', 'rogue', 'thief'],
)
WHO['top hat'] = ['gentleman', 'magician']
# what somebody of a role of data/creatures/roles.py is called, too
ROLE = dict(
    **{who: WHO[who] for who in ('santa', 'astronaut', 'chef')},
    knight=['knight', 'knight in armour', 'paladin'],
    wizard=['wizard', 'mage', 'sorcerer', 'merlin'],
    witch=['witch', 'sorceress'],
    pirate=['pirate', 'pirate captain', 'buccaneer'],
    policeman=['policeman', 'police officer', 'cop'],
    firefighter=['firefighter', 'fireman'],
    doctor=['doctor', 'scientist', 'professor'],
    devil=['devil', 'demon', 'imp'],
    gnome=['gnome', 'garden gnome'],
    goblin=['goblin', 'orc'],
    superhero=['superhero', 'hero'],
    ballerina=['ballerina', 'dancer'],
    monk=['monk', 'priest'],
    archer=['archer', 'hunter', 'ranger'],
    footballer=['footballer', 'soccer player', 'athlete'],
    builder=['builder', 'worker', 'engineer'],
    clown=['clown', 'jester'],
    farmer=['farmer', 'gardener'],
    mermaid=['mermaid', 'siren'],
)
GROWN = set('horns ears feathers antenna flowers halo bow headphones'.split())
NAMED = set('crown cap fez beret beanie bandana turban helmet hood'.split()) | {'top hat'}
HATS = set(WHO) | GROWN | NAMED | {'straw', 'wide', 'mushroom'}
PEOPLE = ['person', 'man', 'woman', 'boy', 'girl', 'character', 'figure']
GARMENT = dict(tunic=['tunic', 'shirt'], armour=['armour', 'armor'], suit=['suit'], robe=['robe', 'gown'])


def mean_colours(V, F, C, S):
    """{slot of PARTS: name of the main colour} of a figure, colours sRGB 0..1 per vertex."""
    out, part = {}, np.array(TRUNK)[S]
    area = np.linalg.norm(np.cross(V[F[:, 1]]-V[F[:, 0]], V[F[:, 2]]-V[F[:, 0]]), axis=1)
    for s in np.unique(part):
        k, rows = part == s, np.zeros((64, 9))
        heavy = np.searchsorted(np.cumsum(area[k]), (np.arange(64)+.5)/64*area[k].sum())
        rows[:, 6:9] = C[F[k][heavy.clip(0, k.sum()-1)]].mean(1)
        name = captions.colour(rows)
        if name: out[PARTS[s]] = name
    return out


class Speech:
    """What is said of a figure whose parts have these `colours`; each thing with a chance of `keep`."""

    def __init__(self, colours, R, keep): self.colours, self.R, self.keep, self.phrases = colours, R, keep, []

    def hue(self, slot):
        """The colour of a slot as a word and a space, or nothing."""
        return captions.hue(dict(colours=self.colours), slot, self.R)

    def add(self, how, slot, thing, chance=1.):
        """Perhaps a phrase such as "wearing a red hat"; of no slot without a colour."""
        if slot and slot not in self.colours and slot not in ('hair', 'back', 'item_right'): return
        if self.R.random() > self.keep*chance: return
        many = (thing[-1] == 's' or thing.startswith('armo') or thing == 'hair') and thing != 'dress'
        hue = self.hue(slot) if slot else ''
        self.phrases.append(f"{self.R.choice(how)} {'' if many else 'a '}{hue}{thing}")

    def __str__(self):
        self.R.shuffle(self.phrases)
        return self.R.choice([' ', ', ', ' and ']).join(self.phrases)


def thing(w, speech):
    """Says a word of a creature's that is something worn or held."""
    R, held = speech.R, next((s for s in ('item_right', 'item_left') if s in speech.colours), 'item_right')
    if w in WORN:
        speech.add(['in', 'wearing'], 'legs' if w == 'skirt' else 'torso', R.choice(GARMENT.get(w, [w])))
    elif w in GROWN: speech.add(['with'], None, w, .8)
    elif w in HATS:
        name = 'mushroom cap' if w == 'mushroom' else w if w in NAMED else w+' hat'
        speech.add(['wearing', 'with', 'in'], 'hair', name)
    elif w in ('cape', 'backpack', 'quiver'): speech.add(['with'], 'back', captions.noun(w, R))
    elif w in WINGS: speech.add(['with'], 'back', R.choice([w, 'wings']))
    else: speech.add(['holding', 'with', 'carrying'], held, captions.noun(w, R))


def person(kind, rest, speech):
    """Says what a person of data/creatures wears, holds and rides; -> who it is, and the words that are left."""
    R, mount = speech.R, None
    if kind in ('rider', 'driver'): mount, rest = (rest+[kind, 'car'])[1], rest[2:]
    if kind == 'throne': rest = [w for w in rest if w not in ('on a throne', 'chair')]
    role = next((w for w in rest if w in ROLES), None)
    if role:
        rest = rest[:rest.index(role)]+rest[rest.index(role)+1:]
        who = R.choice([role, *ROLE.get(role, [])])
    else: who = next((R.choice(WHO[w]) for w in rest if w in WHO and R.random() < .75), R.choice(PEOPLE))
    how = ['on', 'riding'] if kind == 'rider' else ['in', 'driving']
    if mount: speech.phrases.append(f'{R.choice(how)} a {mount}')
    if kind == 'throne': speech.phrases.append(R.choice(['on a throne', 'sitting on a chair', 'on a chair']))
    if not any(w in WORN for w in rest): speech.add(['in'], 'torso', captions.noun('torso', R), .6)
    speech.add(['in'], 'legs', captions.noun('legs', R), .5)
    if 'hair' in speech.colours and not any(w in HATS for w in rest): speech.add(['with'], 'hair', 'hair', .6)
    return who, rest


def creature(kind, words, colours, R, keep):
    """A sentence about a figure of data/creatures."""
    speech = Speech(colours, R, keep)
    style = next((R.choice(STYLE[w]) for w in words if w in STYLE and R.random() < .5), '')
    pose = next((R.choice(POSE[w]) for w in words if w in POSE and R.random() < .6), '')
    rest, hue = [w for w in words if w and w not in STYLE and w not in POSE], ''
    if kind in ('person', 'role', 'rider', 'throne', 'driver'): who, rest = person(kind, rest, speech)
    else:
        who, rest = rest[0] if rest else kind, rest[1:]
        hue = speech.hue('torso' if 'torso' in colours else 'head')
    for w in rest: thing(w, speech)
    speech.add(['on'], 'base', captions.noun('base', R), .7)
    opening = R.choice(['a', 'the', 'an', '', 'figurine of a', 'a toy'])
    return f'{opening} {style} {hue} {who} {pose} {speech}'


def plain(name, colours, R, keep):
    """A sentence about an artist's figure, by its file's name."""
    speech, who = Speech(colours, R, keep), captions.plain(name.partition('/')[2].partition('/')[0])
    who = re.sub(r'\b(mob|obj|veh|character|animal|x|m|f|nhpi|util|casual|enemy|transformed)\b', ' ', who)
    if 'hair' in colours: speech.add(['with'], 'hair', R.choice(['hair', 'hat']))
    for slot in ('torso', 'legs'): speech.add(['in'], slot, captions.noun(slot, R))
    return f"{R.choice(['a', 'the', '', 'figurine of a'])} {who} {speech}"


def sentence(name, colours, R):
    keep = R.choice((.95, .9, .7, .4, .1))
    kind, colon, words = name.partition(': ')
    if kind == 'grammar':
        if not colon: return ''
        f = dict(words=words.split(', '), who=None, parts=list(colours), colours=colours)
        text = captions.sentence(f, R, keep)
    elif colon: text = creature(kind, words.split(', '), colours, R, keep)
    elif '/' in name: text = plain(name, colours, R, keep)
    else: text = ''
    return re.sub(r'\s+', ' ', text).strip(' ,')


class Fronts:
    """Figures of the creatures and of the grammar, made anew, and those of a pool."""

    SHARES = dict(creatures=.5, grammar=.2, pool=.3)

    def __init__(self, pool): self.pool, self.new = pool, dict(creatures=Creatures(), grammar=Grammar())

    def figure(self, rng):
        """Vertices, faces, colours sRGB 0..1, slots, whether these are known, name."""
        source = rng.choice(list(self.SHARES), p=list(self.SHARES.values()))
        if source == 'pool':
            V, F, C, S, labelled, _ = self.pool.figure(which := self.pool.pick(rng))
            name = str(which[0]['name'][which[1]])
            C = srgb(C)
            if not labelled and rng.random() < .15: C = C[:, rng.permutation(3)]
        else: V, F, C, S, name, labelled, _ = self.new[source].draw(rng); C = srgb(C)
        if rng.random() < .25: C = C*rng.uniform(.75, 1.2, 3)
        return V, F, C.clip(0, 1), S, labelled, name

    def draw(self, rng, R, texts=1):
        """A picture, its slots and so many captions of a random figure; see above. None where little is seen."""
        V, F, C, S, labelled, name = self.figure(rng)
        shot = shoot(V, F, C, S, rng.normal()*12, rng.uniform(-2, 10))
        if shot is None: return None
        colours = mean_colours(V, F, C, S) if labelled else {}
        if not labelled: shot[1][:] = UNTOLD
        return *shot, *(sentence(name, colours, R) for _ in range(texts))


def shard(path, fronts, seed):
    """PICTURES of them, [n, SIDE, SIDE, 7], their slots, and TEXTS captions each, [n, TEXTS]."""
    rng, R, drawn = np.random.default_rng(seed), random.Random(seed), []
    while len(drawn) < PICTURES:
        if (one := fronts.draw(rng, R, TEXTS)) is not None: drawn.append(one)
    picture, slots, *texts = zip(*drawn)
    with open(path+'.part', 'wb') as f:
        np.savez(f, picture=np.stack(picture), slots=np.stack(slots), text=np.array(texts).T)
    os.replace(path+'.part', path)


def shoot(V, F, C, S, yaw, pitch):
    """u8 [SIDE, SIDE, 7] of a figure with colours sRGB 0..1 per vertex, and its slots, u8 [ROWS, ROWS]."""
    Q = V@rotation(yaw, pitch).T
    used = np.unique(F)
    lo, hi = Q[used].min(0), Q[used].max(0)
    half = max(hi[0]-lo[0], hi[1]-lo[1])/2*PAD
    if half < 1e-6: return None
    n = SIDE*FINE
    u, w = (Q[:, 0]-(lo[0]+hi[0])/2+half)/(2*half)*n, ((lo[1]+hi[1])/2-Q[:, 1]+half)/(2*half)*n
    far = 1000  # nearly parallel
    x, y, z = (a.astype(np.float32) for a in (u[F], w[F], far-Q[F, 2]))
    _, _, first, last, weight = sheets(x, y, z, np.zeros(len(F), np.int64), 1, n)
    there = first[0] >= 0
    if there.sum() < 1500: return None
    out = np.zeros((n, n, 7))
    out[..., 0] = there
    for k, hits in enumerate((first[0], last[0])):
        t, b = hits[there], weight[k, 0][there]
        b = np.concatenate([1-b.sum(1, keepdims=True), b], 1)
        out[there, 1+3*k:4+3*k] = (C[F[t]]*b[..., None]).sum(1)
    out = out.reshape(SIDE, FINE, SIDE, FINE, 7).mean((1, 3))
    out[..., 1:] /= np.maximum(out[..., :1], 1/255)
    middles = np.arange(n//ROWS//2, n, n//ROWS)
    slots = np.where(there, S[first[0]], NONE)[np.ix_(middles, middles)]
    return (out*255+.5).clip(0, 255).astype(np.uint8), slots.astype(np.uint8)


def tile(picture):
    """A picture on white, near above far, u8 [2 SIDE, SIDE, 3]."""
    a = picture[..., :1]/255
    on = lambda c: (c*a+255*(1-a)).astype(np.uint8)
    return np.concatenate([on(picture[..., 1:4]), on(picture[..., 4:])], 0)


def sheet(path, shards, columns=12, rows=5):
    """The first pictures of a shard, near above far, to look at; prints what is said of them."""
    z, tiles = np.load(shards), []
    for i, picture in enumerate(z['picture'][:rows*columns]):
        print(i, ' | '.join(z['text'][i]))
        tiles.append(tile(picture))
    Image.fromarray(
        np.concatenate([np.concatenate(tiles[r*columns:(r+1)*columns], 1) for r in range(rows)])
    ).save(path)


if __name__ == '__main__':
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument('out')
    a.add_argument('--shards', default='0:1')
    a.add_argument('--pool', nargs='+', default=[])
    a.add_argument('--sheet', help='draw this shard to OUT instead')
    a = a.parse_args()
    if a.sheet: sheet(a.out, a.sheet)
    else:
        os.makedirs(a.out, exist_ok=True)
        fronts, (first, last) = Fronts(Pool(a.pool)), map(int, a.shards.split(':'))
        for k in range(first, last):
            path = f'{a.out}/fronts_{k:04d}.npz'
            if not os.path.exists(path): shard(path, fronts, k)
