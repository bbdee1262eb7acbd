"""Figures that words change: what is left of the photo's figure, what the words say is otherwise.

Some figures have been built as toys, too (--pairs of data.grammar.shards and data.characters): words make these of
them.

A part's tokens live in the frame of its own box, so a part of another figure can take the place of one: clothes in the
box of the clothes before, what is worn or held beside the part that bears it. The other figure is the one, of a few
hundred, that stands most alike.
"""
import torch
from data import captions
from data.slots import PARTS
from networks import MAIN, ROWS
from networks.codec import denormalise, normalise

BEARER = {'base': 'legs', 'hair': 'head', 'back': 'torso', 'item_left': 'arm_left', 'item_right': 'arm_right'}
ALONG = {'torso': ['arm_left', 'arm_right']}  # sleeves go with the shirt
CANDIDATES = 300
# who somebody becomes, by the grammar's kinds
OTHERS = {'person': 3, 'robot': 3, 'animal': 2, 'creature': 2, 'dinosaur': 3, 'crab': .5, 'spider': .5}
BODY = ['legs', 'torso', 'arm_left', 'arm_right']
# what words are about
ASKED = {'torso': 2, 'legs': 2, 'hair': 2.5, 'back': 1.5, 'base': 2, 'item_left': 1.5, 'item_right': 2}
TAKEN = ['hair', 'back', 'base', 'item_left', 'item_right']
GONE = .4  # share of the slots with something to take from which it is taken
HATS = .5  # share of what is asked of a head in the grammar that is a hat or horns, of which there are fewer than hair
TWICE = .25  # share of the changes that are two
TOY = .8  # share of the changes of those that have been built as toys, too


def borrowed(x, other, slot):
    """Un-normalised latents [10, 5, 64] of a figure with a slot of another one."""
    out, k = x.clone(), PARTS.index(slot)
    out[k] = other[k]
    if slot in BEARER and not (slot == 'base' and x[k, ROWS, 6] > 0):
        b = PARTS.index(BEARER[slot])
        growth = (x[b, ROWS, 3:6]-other[b, ROWS, 3:6]).mean()
        out[k, ROWS, :3] = x[b, ROWS, :3]+(other[k, ROWS, :3]-other[b, ROWS, :3])*growth.exp()
        out[k, ROWS, 3:6] = other[k, ROWS, 3:6]+growth
    elif x[k, ROWS, 6] > 0: out[k, ROWS, :6] = x[k, ROWS, :6]
    return out


def edges(x):
    """The corners of all boxes together of un-normalised latents [10, 5, 64]."""
    there = x[:, ROWS, 6] > 0
    box, half = x[there, ROWS, :3], x[there, ROWS, 3:6].exp()
    return (box-half).amin(0), (box+half).amax(0)


def framed(x, before):
    """The same where they have grown out of the frame that they had before: smaller, for a figure fills its picture,
    whatever it has on its head."""
    (lo, hi), (old_lo, old_hi) = edges(x), edges(before)
    scale = (old_hi-old_lo).max()/(hi-lo).max()
    if scale > .98: return x
    out, there = x.clone(), x[:, ROWS, 6] > 0
    out[there, ROWS, :3] = (x[there, ROWS, :3]-(lo+hi)/2)*scale+(old_lo+old_hi)/2
    out[there, ROWS, 3:6] += scale.log()
    return out


def alike(figures, i, slots, among):
    """The figure of those `among` which has these slots and whose boxes are nearest to i's, or None. What a bearer
    bears may be anywhere and of any size."""
    ids = [among[int(k)] for k in torch.randint(len(among), (CANDIDATES,))]
    boxes = torch.stack([figures.x[k][:, ROWS, :7].float() for k in [i]+ids])
    there, wanted = boxes[..., 6] > 0, [PARTS.index(s) for s in slots]
    both = (there[:1] & there[1:]).float()
    both[:, [PARTS.index(s) for s in slots if s in BEARER]] = 0
    far = (((boxes[1:, :, :6]-boxes[:1, :, :6])**2).mean(-1)*both).sum(1)/both.sum(1).clamp(min=1)+.3*(
        there[:1] != there[1:]
    )[:, 1:6].float().sum(1)
    far[~there[1:, wanted].all(1)] = torch.inf
    best = int(far.argmin())
    return ids[best] if far[best] < torch.inf else None


def another(figures, i):
    """Latents of somebody else who stands like figure i, in i's colours if the words name none, and the words that ask
    for them."""
    R, kinds = figures.R, list(OTHERS)
    j = alike(figures, i, [], figures.kinds[R.choices(kinds, list(OTHERS.values()))[0]])
    x, mine, facts = figures.x[j].float().clone(), figures.x[i], figures.facts[j]
    text, coloured = captions.become(facts, R)
    if not coloured:
        there = mine[:, ROWS, 6] > 0
        kind = captions.kind_of(facts)
        main = 'torso' if there[PARTS.index('torso')] else 'head'  # of one body, all of it
        for s in BODY+['base']+['head']*(kind != 'robot'):
            source = PARTS.index(s if kind in ('person', 'robot') or s == 'base' else main)
            if there[source]: x[PARTS.index(s), ROWS, MAIN] = mine[source, ROWS, MAIN].float()
    return x, text


def swapped(figures, i, slot, x):
    """Un-normalised latents x of figure i with a slot as another figure has it, and a phrase about that; None if
    nothing suits."""
    bearer, character = BEARER.get(slot, slot), i in figures.is_character
    # a character's hand may be anywhere in the arm's box
    if bearer not in figures.facts[i]['parts'] or slot.startswith('item') and character: return None
    hat = slot == 'hair' and not character and figures.R.random() < HATS
    j = alike(figures, i, [slot, bearer], figures.hatted if hat else figures.groups[character])
    phrase = j is not None and captions.told(figures.facts[j], slot, figures.R)
    if not phrase: return None
    other = denormalise(figures.x[j].float(), figures.stats)
    out, there = borrowed(x, other, slot), (x[:, ROWS, 6] > 0) & (other[:, ROWS, 6] > 0)
    for s in ALONG.get(slot, []):
        if there[PARTS.index(s)]: out = borrowed(out, other, s)
    return framed(out, x) if slot in ('hair', 'base') else out, phrase


def taken(figures, i, slot, x):
    """The same without what figure i has in that slot; None if there is nothing that can be taken."""
    phrase = slot in TAKEN and slot in figures.facts[i]['parts'] and captions.gone(figures.facts[i], slot, figures.R)
    if not phrase: return None
    out, k = x.clone(), PARTS.index(slot)
    out[k] = 0
    out[k, ROWS, 6] = -1
    return out, phrase


def change(figures, i):
    """Latents [10, 5, 64] of figure i with something changed, and the words that ask for it; None if nothing suits."""
    R, mine = figures.R, figures.facts[i]
    if i in figures.toys and R.random() < TOY: return figures.x[figures.toys[i]].float(), captions.toy(mine, R)
    if R.random() < .6: return another(figures, i)
    x, phrases = denormalise(figures.x[i].float(), figures.stats), []
    for slot in dict.fromkeys(R.choices(list(ASKED), list(ASKED.values()), k=1+(R.random() < TWICE))):
        done = R.random() < GONE and taken(figures, i, slot, x) or swapped(figures, i, slot, x)
        if done: x, phrases = done[0], phrases+[done[1]]
    if not phrases: return None
    y, known = figures.x[i].float().clone(), x[:, ROWS, 6] > 0
    y[~known] = x[~known]
    y[known] = normalise(x[known], figures.stats)
    return y, captions.demand(phrases, R)
