"""Faces as a few numbers: what the front of a head shows, in a linear basis.

    python faces.py RUN --data DIR [DIR ..]      # RUN/faces.npz, before encode.py

The part VAE keeps a part's shape and its broad colours; eyes and mouths are too small for it. Seen from the front in the frame
of its box, a head is a small picture, and the principal components of such pictures keep eyes, brows, mouth and muzzle where
they are. Their weights stand in the head's box row, where else nothing is; the program lays the picture on the front of the field
(src/model/face.rs).
"""
import argparse, glob, os
import numpy as np
import torch
from networks import FACE, FACE_SIDE, SLOTS, local_frame

HEAD = SLOTS.index('head')
SPREAD = .45  # of a sample over the picture, in pixels
FADES = .1, .35  # before how much of its box, from its middle at 0 to its front at 1, a head has none of its face and all
FIRST = 4.  # deviation of the first weight: in the mean of all about 1, as the other latents have. All are scaled alike, so that an error of one is as bad in the picture as that of another


def pictures(surface):
    """Surface samples [k, 1024, 9] -> what the front of each shows, less its main colour: sRGB [k, side * side * 3], rows from below."""
    p, n, c = surface[..., :3], surface[..., 3:6], surface[..., 6:9]
    centre, half = local_frame(surface)
    p = (p-centre[:, None])/half[:, None]
    seen = ((n[..., 2] > .15) & (p[..., 2] > .1))*(3*p[..., 2]).exp()  # what is in front hides what is behind, softly
    cells = (torch.arange(FACE_SIDE)+.5)*2/FACE_SIDE-1
    near = lambda axis: torch.exp(-((p[..., axis, None]-cells)*FACE_SIDE/2/SPREAD)**2/2)  # [k, samples, side]
    rows, columns = near(1)*seen[..., None], near(0)
    total = torch.einsum('kny,knx->kyx', rows, columns)
    paint = torch.einsum('kny,knx,knc->kyxc', rows, columns, c-c.median(1, True).values)
    return (paint/(total[..., None]+1e-3)).flatten(1)


def fit(heads):
    """{mean [pixels], basis [weights, pixels]} of the pictures of heads; a picture is mean + weights @ basis."""
    X = torch.cat([pictures(s.float()) for s in heads.split(256)]).double()
    mean = X.mean(0)
    e, v = torch.linalg.eigh((X-mean).T@(X-mean)/len(X))
    basis = v[:, -(FACE.stop-FACE.start):].flip(1).T*e[-1].sqrt()/FIRST
    return dict(mean=mean.float(), basis=basis.float())


def codes(surface, faces):
    """The weights [k, FACE] of the heads of which surface samples [k, 1024, 9] are given."""
    return torch.cat([(pictures(s.float())-faces['mean'])@torch.linalg.pinv(faces['basis']) for s in surface.split(256)])


def over(p, colour, weights, main, faces):
    """sRGB colours [k, n, 3] of points [k, n, 3] in the frames of heads, with the faces of `weights` [k, FACE] on main colours [k, 3] before them."""
    side = round((len(faces['mean'])//3)**.5)
    pixels = (faces['mean']+weights@faces['basis']).unflatten(-1, (side, side, 3)).permute(0, 3, 1, 2)
    shown = torch.nn.functional.grid_sample(pixels, p[:, None, :, :2], padding_mode='border', align_corners=False)[:, :, 0].mT+main[:, None]
    t = ((p[..., 2:]-FADES[0])/(FADES[1]-FADES[0])).clamp(0, 1)
    return colour.lerp(shown, t*t*(3-2*t))


def load(run):
    with np.load(os.path.join(run, 'faces.npz')) as z: return {k: torch.from_numpy(z[k]) for k in z.files}


if __name__ == '__main__':
    a = argparse.ArgumentParser()
    a.add_argument('run')
    a.add_argument('--data', nargs='+', required=True)
    a = a.parse_args()
    heads = []
    for f in [f for d in a.data for f in sorted(glob.glob(os.path.join(d, '*.npz')))]:
        with np.load(f) as z: heads.append(torch.from_numpy(z['surface'][z['part_of'][:, 1] == HEAD]))
    np.savez(os.path.join(a.run, 'faces.npz'), **{k: v.numpy() for k, v in fit(torch.cat(heads)).items()})
