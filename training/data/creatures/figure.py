"""A figure under construction: random choices, frames within frames, and the pieces of every slot."""
from contextlib import contextmanager
import numpy as np
from data.slots import SLOTS
from .shapes import volume


class Figure:
    def __init__(self, rng):
        self.rng, self.pieces, self.words, self.made = rng, [], [], []
        self.R, self.t, self.slot = np.eye(3), np.zeros(3), None
        self.faceted = self.maybe(.18)  # fewer sides, as in games

    def u(self, a, b): return a+(b-a)*self.rng.random()
    def maybe(self, p): return self.rng.random() < p
    def pick(self, *a): return a[int(self.rng.random()*len(a))]

    def add(self, slot, mesh, paint):
        """One closed mesh (V, F) in the present frame. Its faces are turned outward; paint: a colour or a function."""
        V, F = mesh
        self.made.append((mesh, self.R, self.t))
        if self.slot: slot = self.slot
        if callable(paint):
            lo, hi = V.min(0), V.max(0)
            paint = paint(V, (V-(lo+hi)/2)/np.maximum((hi-lo)/2, 1e-9))
        V = V@self.R.T+self.t
        if volume(V, F) < 0: F = F[:, ::-1]
        self.pieces.append((slot, V, F, paint))

    @contextmanager
    def at(self, place=(0, 0, 0), R=None, scale=1., slot=None):
        """Builds in a frame of its own; with `slot` everything inside belongs to that slot."""
        old = self.R, self.t, self.slot
        self.t = self.t+self.R@np.asarray(place, float)
        self.R = self.R@(np.eye(3) if R is None else R)*scale
        self.slot = self.slot or slot
        try: yield self
        finally: self.R, self.t, self.slot = old

    def turned(self, R):
        """Turns all that is there: lying, diving, drifting."""
        self.pieces = [(slot, V@R.T, F, C) for slot, V, F, C in self.pieces]
        self.made = [(mesh, R@own, R@t) for mesh, own, t in self.made]

    def moved(self, mark, by):
        """Moves the pieces from number `mark` on."""
        self.pieces[mark:] = [(slot, V+by, F, C) for slot, V, F, C in self.pieces[mark:]]
        self.made[mark:] = [(mesh, R, t+by) for mesh, R, t in self.made[mark:]]

    def triangles(self): return sum(len(F) for _, _, F, _ in self.pieces)

    def box(self):
        return np.min([V.min(0) for _, V, _, _ in self.pieces], 0), np.max([V.max(0) for _, V, _, _ in self.pieces], 0)

    def feet(self):
        """The box of what is near the ground: what the figure stands on."""
        own = [V for slot, V, _, _ in self.pieces if slot[:4] != 'item']
        low, high = min(V[:, 1].min() for V in own), max(V[:, 1].max() for V in own)
        near = np.concatenate([V[V[:, 1] < low+.08*(high-low)] for V in own])
        return near.min(0), near.max(0)

    def warped(self):
        """A gentle bend of all space for some figures: stretched, tapered, leaning, lumpy. Takes places in -1..1."""
        u, s = self.u, np.exp(self.rng.normal(size=3)*(.12 if self.maybe(.35) else 0))
        taper, lean = (u(-.25, .25) if self.maybe(.15) else 0), (u(-.15, .15) if self.maybe(.07) else 0)
        lumps, k, q = (u(.005, .02) if self.maybe(.1) else 0), self.rng.normal(size=(3, 3))*4, self.rng.random(3)*6

        def warp(V):
            V = V*s
            if taper: V = V*(1+taper*V[:, 1:2]*np.array([1, 0, 1]))
            if lean: V = V+lean*V[:, 1:2]**2*np.array([1, 0, 0])
            return V+lumps*np.sin(V@k+q) if lumps else V
        return warp

    def worn(self):
        """How paint has aged, the same for all of a figure: mottled, or darker towards the ground. Places in -1..1."""
        mottle = self.u(.05, .2) if self.maybe(.25) else 0
        low = self.u(.2, .5) if self.maybe(.2) else 0
        k, q = self.rng.normal(size=(3, 4))*self.u(3, 14), self.rng.random(4)*6

        def wear(V, C):
            if mottle: C = C*(1+mottle*np.sin(V@k+q).sum(1, keepdims=True)/2)
            return C*(1-low*(.5-.5*V[:, 1:2])) if low else C
        return wear

    def parts(self):
        """{slot: (V, F, C)}, in the box: middle at 0, half of the longest side .95."""
        out = {}
        middle, k = middle_and_scale(*self.box())
        warp, wear = self.warped(), self.worn()
        for s in SLOTS:
            mine = [p for p in self.pieces if p[0] == s]
            if not mine: continue
            first = np.cumsum([0]+[len(p[1]) for p in mine])
            V, C = np.empty((first[-1], 3)), np.empty((first[-1], 3))
            for (_, v, _, c), a, b in zip(mine, first[:-1], first[1:]): V[a:b], C[a:b] = v, c
            V, T = (V-middle)*k, np.concatenate([p[2]+a for p, a in zip(mine, first)])
            out[s] = warp(V), T, np.clip(wear(V, C), 0, 1)
        middle, k = middle_and_scale(np.min([V.min(0) for V, _, _ in out.values()], 0),
                                     np.max([V.max(0) for V, _, _ in out.values()], 0))
        return {s: ((V-middle)*k, F, C) for s, (V, F, C) in out.items()}


def middle_and_scale(lo, hi):
    """What moves a box into the model's."""
    return (lo+hi)/2, .95/((hi-lo).max()/2)
