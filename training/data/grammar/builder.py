"""A figurine under construction: colours, attributes drawn from one seed, and rows of primitives.

Frame while building: feet at y = 0, facing +Z, the figure's own left = +X.
"""
import colorsys, random
import numpy as np
from data import primitives as pr
from data.palette import NAMED
from data.slots import PARTS

BASE, LEGS, TORSO, ARM, _, HEAD, HAIR, ITEM, _, BACK = range(len(PARTS))
SKIN = ['#ffdbc4', '#f0c09a', '#d89c70', '#a86e48', '#6e452c', '#4a2e20']
FANTASY = ['#6fae4a', '#5a8fd0', '#b05ac8', '#c94a3a', '#8fd0c0', '#9a9aa4']
HAIRS = [
    '#1c1410',
    '#3d2414',
    '#6e3f1d',
    '#a3461c',
    '#d8a94e',
    '#f2e2b0',
    '#c8c8cc',
    '#f4f4f4',
    '#e86aa8',
    '#3f6fd0',
    '#b03028',
    '#3aa078',
]
METAL, WOOD, LEATHER = '#b4bac4', '#7a4e2c', '#54331f'


def rgb(h):
    return np.array([int(h[i:i+2], 16) for i in (1, 3, 5)])/255


def facing(y, z=None):
    """World-to-local rotation whose local +y is the direction `y`, local z near `z`."""
    y = np.asarray(y, float)/np.linalg.norm(y)
    z = np.array([0, 0, 1.]) if z is None else np.asarray(z, float)
    if abs(y@z)/np.linalg.norm(z) > .95: z = np.array([0, 1., 0]) if abs(y[1]) < .9 else np.array([0, 0, 1.])
    x = np.cross(y, z)
    x /= np.linalg.norm(x)
    return np.stack([x, y, np.cross(x, y)])


class Figure:
    """Rows under construction, with the random choices of one seed; `style`: the proportions of people, whatever the
    seed says."""

    def __init__(self, seed, style=None):
        self.r, self.rows, self.words, self.style = random.Random(seed), [], [], style

    def u(self, a, b): return self.r.uniform(a, b)
    def maybe(self, p): return self.r.random() < p
    def pick(self, *a): return self.r.choice(a)

    def cloth(self):
        """A colour that clothes and props have: named, or any hue; lightly varied."""
        c = (
            rgb(self.r.choice(list(NAMED.values())))
            if self.maybe(.7)
            else np.array(colorsys.hsv_to_rgb(self.r.random(), self.u(.2, .95), self.u(.25, 1)))
        )
        return np.clip(c+np.array([self.u(-.05, .05) for _ in range(3)]), 0, 1)

    def add(
        self, slot, kind, centre, size, colour, rot=None, k=.02, second=None, pattern=pr.PLAIN, f=.0, op=pr.MATTER
    ):
        row = np.zeros(pr.WIDTH)
        row[pr.KIND], row[pr.SLOT], row[pr.OP], row[pr.BLEND], row[pr.PATTERN], row[pr.FREQUENCY] = (
            kind,
            slot,
            op,
            k,
            pattern,
            f,
        )
        row[pr.CENTRE:pr.CENTRE+3] = centre
        row[pr.ROT:pr.ROT+9] = (np.eye(3) if rot is None else rot).reshape(-1)
        size = list(size)+[0]*(4-len(size))
        row[pr.SIZE:pr.SIZE+4] = size
        c = rgb(colour) if isinstance(colour, str) else colour
        row[pr.COLOUR:pr.COLOUR+3] = c
        row[pr.COLOUR2:pr.COLOUR2+3] = c if second is None else rgb(second) if isinstance(second, str) else second
        self.rows.append(row)

    def ball(self, slot, c, r, colour, **o):
        self.add(slot, pr.ELLIPSOID, c, [r]*3 if np.isscalar(r) else r, colour, **o)

    def box(self, slot, c, h, colour, rd=.01, **o): self.add(slot, pr.BOX, c, [*h, min(rd, min(h)*.9)], colour, **o)

    def disk(self, slot, c, h, r1, r2, colour, rd=.008, **o):
        self.add(slot, pr.FRUSTUM, c, [h, r1, r2, min(rd, h*.9)], colour, **o)

    def ring(self, slot, c, R, r, colour, squash=1., **o): self.add(slot, pr.TORUS, c, [R, r, r*squash], colour, **o)
    def paint(self, slot, c, r, colour, **o): self.ball(slot, c, r, colour, op=pr.PAINT, **o)

    def limb(self, slot, a, b, r1, r2, colour, **o):
        a, b = np.asarray(a, float), np.asarray(b, float)
        self.add(
            slot,
            pr.CONE,
            a,
            [max(np.linalg.norm(b-a), 1e-3), r1, r2],
            colour,
            rot=facing(b-a+np.array([0, 1e-6, 0])),
            **o,
        )

    def pattern(self, p=.3):
        """Keyword arguments of a pattern for a garment, or none."""
        if not self.maybe(p): return {}
        return dict(pattern=self.pick(pr.STRIPES, pr.CHECKS, pr.DOTS, pr.FADE), f=self.u(25, 60), second=self.cloth())


V = lambda *a: np.array(a, float)
