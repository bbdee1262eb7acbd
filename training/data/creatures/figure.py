"""A figure under construction: random choices, frames within frames, and the pieces of every slot."""
from contextlib import contextmanager
import numpy as np
from .shapes import volume

SLOTS = ['base', 'leg_left', 'leg_right', 'torso', 'arm_left', 'arm_right', 'head', 'hair', 'item_left', 'item_right', 'back']


class Figure:
    def __init__(self, rng):
        self.rng, self.pieces, self.words = rng, [], []
        self.R, self.t, self.slot = np.eye(3), np.zeros(3), None
        self.faceted = self.maybe(.12)  # fewer sides, as in games

    def u(self, a, b): return a+(b-a)*self.rng.random()
    def maybe(self, p): return self.rng.random() < p
    def pick(self, *a): return a[int(self.rng.random()*len(a))]

    def add(self, slot, mesh, paint):
        """One closed mesh (V, F) in the present frame. Its faces are turned outward; paint: a colour or a function."""
        V, F = mesh
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

    def triangles(self): return sum(len(F) for _, _, F, _ in self.pieces)

    def low(self, since=0):
        """The lowest y of the pieces from number `since` on."""
        return min((V[:, 1].min() for _, V, _, _ in self.pieces[since:]), default=0.)

    def box(self, since=0):
        lo = np.min([V.min(0) for _, V, _, _ in self.pieces[since:]], 0)
        return lo, np.max([V.max(0) for _, V, _, _ in self.pieces[since:]], 0)

    def parts(self):
        """{slot: (V, F, C)}, in the box: middle at 0, half of the longest side .95."""
        out = {}
        lo, hi = self.box()
        middle, k = (lo+hi)/2, .95/((hi-lo).max()/2)
        for s in SLOTS:
            mine = [p for p in self.pieces if p[0] == s]
            if not mine: continue
            first = np.cumsum([0]+[len(p[1]) for p in mine])
            V, C = np.empty((first[-1], 3)), np.empty((first[-1], 3))
            for (_, v, _, c), a, b in zip(mine, first[:-1], first[1:]): V[a:b], C[a:b] = v, c
            out[s] = (V-middle)*k, np.concatenate([p[2]+a for p, a in zip(mine, first)]), np.clip(C, 0, 1)
        return out
