"""Grammar figures as triangles, part by part. Needs scikit-image."""
import numpy as np
from skimage.measure import marching_cubes
from data import primitives as pr
from data.slots import PARTS


def surface(field, centre, half, n):
    """Marching cubes of field(local points [m, 3]) -> (distance [m], colour [m, 3]); None if empty."""
    axis = np.linspace(-1.1, 1.1, n)
    p = np.stack(np.meshgrid(axis, axis, axis, indexing='ij'), -1).reshape(-1, 3)
    d, _ = field(p)
    d = np.pad(d.reshape(n, n, n), 1, constant_values=1.)
    if d.min() >= 0: return None
    v, f, _, _ = marching_cubes(d, 0.)
    q = (v-1)/(n-1)*2.2-1.1
    return q*half+centre, f.astype(np.int64), field(q)[1]


def primitives(P, cells=lambda slot: 72):
    """Rows of a grammar figure -> {slot: (vertices, faces, sRGB)}; `cells` along the box of a slot."""
    out = {}
    for slot, (lo, hi) in enumerate(pr.slot_ranges(P, 10)):
        if hi == lo: continue
        s = np.zeros((600, 9))
        pr.sample_part(P, lo, hi, s, np.zeros((2, 7)), 1)
        a, b = s[:, :3].min(0), s[:, :3].max(0)
        centre, half = (a+b)/2, np.maximum((b-a)/2, .02)
        def field(p): return pr.evaluate(P, lo, hi, p*half+centre)
        m = surface(field, centre, half, cells(PARTS[slot]))
        if m: out[PARTS[slot]] = m
    return out
