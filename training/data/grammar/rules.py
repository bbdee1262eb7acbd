"""A grammar of figurines: a seed becomes attributes, and attributes become labelled primitives.

    python -m data.grammar.rules sheet OUT.png [--seed S]      # look at what it makes
    figure(seed) -> (rows [n, WIDTH], caption)

`normalised` moves a figure into the model's box: height centred on y = 0, the largest half extent 0.95.
"""
import argparse, random
import numpy as np
from data import primitives as pr
from data.grammar.bodies import animal, crawler, creature, dinosaur, humanoid
from data.grammar.builder import LEGS, Figure
from data.grammar.props import back, plinth
from data.slots import PARTS


def figure(seed, style=None):
    """Rows [n, WIDTH] in the model's box, sorted by slot, and a caption of what was chosen. With another `style` a
    seed gives the same person in other proportions; only people and robots have any."""
    F = Figure(seed, style)
    kind = F.r.choices(
        [humanoid, lambda F: humanoid(F, True), animal, creature, dinosaur, crawler], [57, 9, 11, 11, 7, 5]
    )[0]
    hs, w, d, hip, chest = kind(F)
    if 'person' in F.words or 'robot' in F.words:
        if F.maybe(.25): back(F, chest, hip, w, d, 1.)
    if F.maybe(.4):
        P = np.stack(F.rows)
        legs = P[P[:, pr.SLOT] == LEGS]
        plinth(F, max(np.abs(legs[:, pr.CENTRE:pr.CENTRE+3][:, [0, 2]]).max()+.12, .2)*F.u(1, 1.3))
    P = np.stack(F.rows)
    return normalised(P[np.argsort(P[:, pr.SLOT], kind='stable')]), ', '.join(F.words)


def has_style(caption):
    """Whether the figure of a caption is one that a style gives other proportions."""
    return not {'person', 'robot'}.isdisjoint(caption.split(', '))


def extent(P):
    """Bounding box [2, 3] of the matter, from points on its surface."""
    out = np.array([[1e9]*3, [-1e9]*3])
    for lo, hi in pr.slot_ranges(P, len(PARTS)):
        s, q = np.zeros((400, 9)), np.zeros((2, 7))
        if hi > lo and pr.sample_part(P, lo, hi, s, q, 1):
            out[0], out[1] = np.minimum(out[0], s[:, :3].min(0)), np.maximum(out[1], s[:, :3].max(0))
    return out


def normalised(P):
    (x0, y0, z0), (x1, y1, z1) = extent(P)
    s = .95/max((y1-y0)/2, abs(x0), abs(x1), abs(z0), abs(z1))
    P[:, pr.CENTRE+1] -= (y0+y1)/2
    for cols in (slice(pr.CENTRE, pr.CENTRE+3), slice(pr.SIZE, pr.SIZE+4), pr.BLEND): P[:, cols] *= s
    P[:, pr.FREQUENCY] /= s
    return P


if __name__ == '__main__':
    from PIL import Image
    from data.picture import take
    a = argparse.ArgumentParser()
    a.add_argument('sheet')
    a.add_argument('out')
    a.add_argument('--seed', type=int, default=0)
    a = a.parse_args()
    tiles = []
    for i in range(60):
        im = take(figure(a.seed+i)[0], random.Random(i))[0]
        w = Image.new('RGBA', im.size, 'white')
        w.alpha_composite(im)
        tiles.append(np.asarray(w.convert('RGB')))
    Image.fromarray(np.concatenate([np.concatenate(tiles[r*12:r*12+12], 1) for r in range(5)])).save(a.out)
