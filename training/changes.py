"""Figures that words change: what is left of the photo's figure, what the words say is otherwise.

Some figures have been built as toys, too (make_grammar.py and characters.py --pairs): words make these of them.

A part's tokens live in the frame of its own box, so a part of another figure can take the place of one: clothes in the box of
the clothes before, what is worn or held beside the part that bears it. The other figure is the one, of a few hundred, that
stands most alike.
"""
import torch
import captions
from captions import SLOTS
from encode import denormalise, normalise
from networks import MAIN, ROWS

BEARER = {'hair': 'head', 'back': 'torso', 'item_left': 'arm_left', 'item_right': 'arm_right'}
ALONG = {'torso': ['arm_left', 'arm_right']}  # sleeves go with the shirt
CANDIDATES = 300
OTHERS = {'person': 3, 'robot': 3, 'animal': 2, 'creature': 2, 'dinosaur': 3, 'crab': .5, 'spider': .5}  # who somebody becomes, by the grammar's kinds
BODY = ['legs', 'torso', 'arm_left', 'arm_right']
TOY = .8  # share of the changes of those that have been built as toys, too


def borrowed(x, other, slot):
    """Un-normalised latents [10, 5, 64] of a figure with a slot of another one."""
    out, k = x.clone(), SLOTS.index(slot)
    out[k] = other[k]
    if slot in BEARER:
        b = SLOTS.index(BEARER[slot])
        growth = (x[b, ROWS, 3:6]-other[b, ROWS, 3:6]).mean()
        out[k, ROWS, :3] = x[b, ROWS, :3]+(other[k, ROWS, :3]-other[b, ROWS, :3])*growth.exp()
        out[k, ROWS, 3:6] = other[k, ROWS, 3:6]+growth
    elif x[k, ROWS, 6] > 0: out[k, ROWS, :6] = x[k, ROWS, :6]
    return out


def alike(figures, i, slots, among):
    """The figure of those `among` which has these slots and whose boxes are nearest to i's, or None."""
    ids = [among[int(k)] for k in torch.randint(len(among), (CANDIDATES,))]
    boxes = torch.stack([figures.x[k][:, ROWS, :7].float() for k in [i]+ids])
    there = boxes[..., 6] > 0
    both = (there[:1] & there[1:]).float()
    far = (((boxes[1:, :, :6]-boxes[:1, :, :6])**2).mean(-1)*both).sum(1)/both.sum(1).clamp(min=1)+.3*(there[:1] != there[1:])[:, 1:6].float().sum(1)
    wanted = [SLOTS.index(s) for s in slots]
    far[~there[1:, wanted].all(1)] = torch.inf
    best = int(far.argmin())
    return ids[best] if far[best] < torch.inf else None


def another(figures, i):
    """Latents of somebody else who stands like figure i, in i's colours if the words name none, and the words that ask for them."""
    R, kinds = figures.R, list(OTHERS)
    j = alike(figures, i, [], figures.kinds[R.choices(kinds, list(OTHERS.values()))[0]])
    x, mine, facts = figures.x[j].float().clone(), figures.x[i], figures.facts[j]
    text, coloured = captions.become(facts, R)
    if not coloured:
        there = mine[:, ROWS, 6] > 0
        kind = captions.kind_of(facts)
        main = 'torso' if there[SLOTS.index('torso')] else 'head'  # of one body, all of it
        for s in BODY+['base']+['head']*(kind != 'robot'):
            source = SLOTS.index(s if kind in ('person', 'robot') or s == 'base' else main)
            if there[source]: x[SLOTS.index(s), ROWS, MAIN] = mine[source, ROWS, MAIN].float()
    return x, text


def change(figures, i):
    """Latents [10, 5, 64] of figure i with something changed, and the words that ask for it; None if nothing suits."""
    R, mine = figures.R, figures.facts[i]
    if i in figures.toys and R.random() < TOY: return figures.x[figures.toys[i]].float(), captions.toy(mine, R)
    if R.random() < .35: return another(figures, i)
    slot = R.choice(['torso', 'torso', 'legs', 'legs', 'hair', 'hair', 'back', 'base', 'item_left', 'item_right'])
    bearer = BEARER.get(slot, slot)
    if bearer not in mine['parts'] or slot.startswith('item') and i in figures.is_character: return None  # a character's hand may be anywhere in the arm's box
    j = alike(figures, i, [slot, bearer], figures.groups[i in figures.is_character])
    text = j is not None and captions.demand(figures.facts[j], slot, R)
    if not text: return None
    x, other = denormalise(figures.x[i].float(), figures.stats), denormalise(figures.x[j].float(), figures.stats)
    there = (x[:, ROWS, 6] > 0) & (other[:, ROWS, 6] > 0)
    out = borrowed(x, other, slot)
    for s in ALONG.get(slot, []):
        if there[SLOTS.index(s)]: out = borrowed(out, other, s)
    known = out[:, ROWS, 6] > 0
    y = figures.x[i].float().clone()
    y[known] = normalise(out[known], figures.stats)
    return y, text
