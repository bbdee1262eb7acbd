"""Latents to GLB files, for looking and for evaluation; the program has its own, better, mesher.

Needs scikit-image.
"""
import os, sys
import numpy as np
import torch
import networks
from data.grammar.triangles import surface
from data.colour import linear
from networks import CHANNELS, ROWS, TOKENS


def write(shared, path, parts):
    """parts {slot: (vertices, faces, sRGB)} -> GLB, by the writer of the shared evaluation tools."""
    sys.path.insert(0, os.path.join(shared, 'eval'))
    import floors
    floors.write_glb(path, {k: (v, f, linear(np.clip(c, 0, 1))) for k, (v, f, c) in parts.items()})


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
