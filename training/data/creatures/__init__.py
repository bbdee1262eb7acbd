"""Random creatures, people and toys as labelled triangle meshes, in milliseconds.

    parts, name = creature(np.random.default_rng(7))

parts: {slot: (V f64 [n,3], F int [m,3], C f64 [n,3] linear RGB)}, each slot one or more closed meshes that may run
through one another, faces outward; +Y up, facing +Z, the figure's own left = +X; middle of the box at 0, longest half
side .95. name: what was made, in words. Slots: see `SLOTS`.
"""
import numpy as np
from . import animals, birds, bugs, humanoid, machines, toys
from .figure import SLOTS, Figure

KINDS = dict(person=(humanoid.person, 30), plush=(humanoid.plush, 8), robot=(machines.robot, 9), animal=(animals.quadruped, 16), dragon=(animals.dragon, 5),
             dinosaur=(animals.dinosaur, 4), bird=(birds.bird, 9), insect=(bugs.insect, 6), spider=(bugs.spider, 3), snake=(bugs.snake, 3), blob=(toys.blob, 8))
FEWEST, MOST = 1500, 8000  # triangles of a figure; others are drawn again


def creature(rng, kind=None):
    """One figure of a random kind, or of a `kind` of KINDS."""
    names = list(KINDS)
    weights = np.cumsum([KINDS[k][1] for k in names])
    kind = kind or names[int(np.searchsorted(weights, rng.random()*weights[-1], side='right'))]
    while True:
        F = Figure(rng)
        KINDS[kind][0](F)
        if FEWEST <= F.triangles() <= MOST: break
    return F.parts(), kind+': '+', '.join(F.words)


__all__ = ['SLOTS', 'KINDS', 'creature']
