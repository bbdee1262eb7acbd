"""Latents and primitives to GLB files, for looking and for evaluation; the program has its own, better, mesher.

Needs scikit-image.
"""
import os, sys
import numpy as np
import torch
from skimage.measure import marching_cubes
import networks
from data import primitives as pr
from networks import CHANNELS, ROWS, TOKENS


def linear(c):
    c = np.clip(c, 0, 1)
    return np.where(c <= .04045, c/12.92, ((c+.055)/1.055)**2.4)


def write(shared, path, parts):
    """parts {slot: (vertices, faces, sRGB)} -> GLB, by the writer of the shared evaluation tools."""
    sys.path.insert(0, os.path.join(shared, 'eval'))
    import floors
    floors.write_glb(path, {k: (v, f, linear(c)) for k, (v, f, c) in parts.items()})


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


@torch.no_grad()
def figure(vae, x, n=56):
    """Un-normalised latents [10, 5, 64] -> {slot: (vertices, faces, sRGB)}."""
    out = {}
    for slot, row in enumerate(x.float()):
        if row[ROWS, 6] <= 0: continue
        h = vae.decoder.trunk(vae.post_quant(row[:ROWS].reshape(1, TOKENS, CHANNELS)))
        def field(p):
            o = torch.cat([vae.decoder.query(h, q[None])[0] for q in torch.from_numpy(p).float().split(40000)]).numpy()
            return o[:, 0], o[:, 1:]
        m = surface(field, row[ROWS, :3].numpy(), row[ROWS, 3:6].exp().numpy(), n)
        if m: out[networks.PARTS[slot]] = m
    return out


def primitives(P, n=72):
    """Rows of a grammar figure -> {slot: (vertices, faces, sRGB)}."""
    out = {}
    for slot, (lo, hi) in enumerate(pr.slot_ranges(P, 10)):
        if hi == lo: continue
        s = np.zeros((600, 9))
        pr.sample_part(P, lo, hi, s, np.zeros((2, 7)), 1)
        a, b = s[:, :3].min(0), s[:, :3].max(0)
        centre, half = (a+b)/2, np.maximum((b-a)/2, .02)
        def field(p): return pr.evaluate(P, lo, hi, p*half+centre)
        m = surface(field, centre, half, n)
        if m: out[networks.PARTS[slot]] = m
    return out
