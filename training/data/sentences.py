"""What figures of data/creatures, and those of artists, are called, wear, hold and ride: captions with colours."""
import re
import numpy as np
from data import captions
from data.creatures.roles import ROLES
from data.slots import PARTS, SLOTS

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
