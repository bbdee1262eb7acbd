"""Random creatures, people and toys as labelled triangle meshes, in milliseconds.

    parts, name = creature(np.random.default_rng(7))

parts: {slot: (V f64 [n,3], F int [m,3], C f64 [n,3] linear RGB)}, each slot one or more closed meshes that may run
through one another, faces outward; +Y up, facing +Z, the figure's own left = +X; middle of the box at 0, longest half
side .95. name: what was made, in words. Slots: see `SLOTS`.
"""
import numpy as np
from . import animals, birds, bugs, humanoid, machines, monsters, props, reptiles, scenes, sea, toys
from .figure import SLOTS, Figure
from .shapes import fineness, turn

# what makes a kind, how often it is drawn, how fine its meshes are
KINDS = dict(
    person=(humanoid.person, 22, .9), role=(humanoid.professional, 30, .9),
    plush=(humanoid.plush, 7, 1), robot=(machines.robot, 8, .9),
    walker=(machines.walker, 3, 1), animal=(animals.quadruped, 15, 1), dragon=(reptiles.dragon, 5, .9),
    dinosaur=(reptiles.dinosaur, 4, 1), bird=(birds.bird, 8, 1), insect=(bugs.insect, 5, 1),
    spider=(bugs.spider, 3, 1), snake=(bugs.snake, 3, 1.1), fish=(sea.fish, 4, 1.1), octopus=(sea.octopus, 2, 1),
    seal=(sea.seal, 1, 1), starfish=(sea.starfish, .5, 1), seahorse=(sea.seahorse, .5, 1), blob=(toys.blob, 7, 1),
    bat=(toys.bat, 1.5, 1), snowman=(toys.snowman, 1.5, 1), mushroom=(toys.mushroom, 1.5, 1),
    ghost=(toys.ghost, 1.5, 1.1), tree=(toys.tree, 2, 1), chess=(toys.chess, 2.5, 1), pot=(toys.pot, 1, 1),
    cube=(monsters.cube, 4, 1.2), food=(monsters.food, 3, 1), skeleton=(monsters.skeleton, 3, .9),
    golem=(monsters.golem, 3, 1), centaur=(monsters.centaur, 3, .85), eye=(monsters.eye_monster, 1.5, 1),
    chest=(monsters.mimic, 1, 1.1), elemental=(monsters.elemental, 2, 1), rider=(scenes.rider, 8, .68),
    throne=(scenes.throne, 2.5, .85), vehicle=(scenes.vehicle, 2.5, 1), driver=(scenes.driver, 2, .8))
# how often a figure stands on a plinth; other kinds: .2
GROUND = dict(bat=.05, eye=.05, vehicle=.03, driver=.03, rider=.15, throne=0, chess=.05, tree=0, ghost=.05, fish=.05)
AFLOAT = {'fish', 'bat', 'eye', 'ghost', 'octopus', 'seahorse', 'starfish'}  # these hang in any attitude
FEWEST, MOST = 1500, 8000  # triangles of a figure


def drawn(rng):
    """A random kind."""
    names = list(KINDS)
    weights = np.cumsum([KINDS[k][1] for k in names])
    return names[int(np.searchsorted(weights, rng.random()*weights[-1], side='right'))]


def built(rng, kind, k):
    """A Figure of a kind, its meshes k times as fine as the kind's are."""
    make, _, fine = KINDS[kind]
    F = Figure(rng)
    with fineness(k*fine*(.62 if F.faceted else 1)):
        make(F)
        if kind in AFLOAT and F.maybe(.35): F.turned(turn(F.u(-.5, .5), F.u(-.5, .5), F.u(-.4, .4)))
        elif F.maybe(.02): F.turned(turn(0, *F.pick((np.pi/2, 0), (-np.pi/2, 0), (0, np.pi/2), (0, -np.pi/2))))
        elif F.maybe(GROUND.get(kind, .2)): props.stand(F)
    return F


def said(F, kind): return kind+': '+', '.join(F.words)


def draft(rng, kind=None):
    """One Figure of a random kind, or of a `kind` of KINDS, coarse; and what was made, in words."""
    kind = kind or drawn(rng)
    F = built(rng, kind, .5)
    return F, said(F, kind)


def creature(rng, kind=None):
    """One figure of a random kind, or of a `kind` of KINDS."""
    kind, k = kind or drawn(rng), 1
    start = rng.bit_generator.state
    while True:  # the same figure, coarser or finer, until it is in the budget
        rng.bit_generator.state = start
        F = built(rng, kind, k)
        n = F.triangles()
        if FEWEST <= n <= MOST: return F.parts(), said(F, kind)
        k *= min(np.sqrt(.9*MOST/n), .95) if n > MOST else max(np.sqrt(1.15*FEWEST/n), 1.05)


__all__ = ['SLOTS', 'KINDS', 'creature']
