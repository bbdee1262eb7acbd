"""Shards of figures in memory, part frames, and the augmentation of pictures."""
import glob, os
import numpy as np
import torch
import torch.nn.functional as F

MEAN, STD = torch.tensor([.485, .456, .406]), torch.tensor([.229, .224, .225])


def shards(folder):
    return sorted(glob.glob(os.path.join(folder, '*.npz')))


def parts(folders, held=False):
    """Surface [k, 1024, 9] and query [k, 1536, 7] of every part that has queries, f16 tensors.

    The first shard of each folder is held out of the VAE's training."""
    S, Q = [], []
    for f in [f for d in folders for f in (shards(d)[:1] if held else shards(d)[1:])]:
        with np.load(f) as z:
            if z['query'].shape[1] < 100: continue
            S.append(torch.from_numpy(z['surface'])), Q.append(torch.from_numpy(z['query']))
    return torch.cat(S), torch.cat(Q)


def picture_tensor(rgba, augment=True):
    """u8 [b, 128, 128, 4] -> normalised pictures [b, 3, 128, 128] on white; augmented as photos vary."""
    x = rgba.permute(0, 3, 1, 2).float()/255
    rgb, a, b = x[:, :3], x[:, 3:], len(x)
    if augment:
        u = lambda lo, hi, *s: torch.empty(b, *s, 1, 1, device=x.device).uniform_(lo, hi)
        k = torch.rand(b, 1, 1, 1, device=x.device)
        a = torch.where(k < .1, F.max_pool2d(a, 3, 1, 1), torch.where(k > .9, -F.max_pool2d(-a, 3, 1, 1), a))  # a mask a pixel too wide or too tight
        rgb = (rgb*u(.75, 1.2, 1)*u(.92, 1.08, 3)+u(-.04, .04, 1))
        grey = rgb.mean(1, keepdim=True)
        rgb = grey+(rgb-grey)*u(.7, 1.2, 1)
        rgb = (rgb.clamp(0, 1)+1e-4)**u(.8, 1.25, 1)
        soft = F.avg_pool2d(rgb, 3, 1, 1, count_include_pad=False)
        rgb = rgb+(soft-rgb)*u(-.3, .9, 1)+torch.randn_like(rgb)*u(0, .04, 1)
    y = (rgb*a+1-a).clamp(0, 1)
    if augment:  # a shift of a few pixels and a little zoom, as crops of real masks have
        t = torch.zeros(b, 2, 3, device=x.device)
        s = torch.empty(b, device=x.device).uniform_(.93, 1.07)
        t[:, 0, 0] = t[:, 1, 1] = s
        t[:, :, 2] = torch.empty(b, 2, device=x.device).uniform_(-.05, .05)
        y = 1-F.grid_sample(1-y, F.affine_grid(t, y.shape, align_corners=False), align_corners=False)
    return (y-MEAN.to(x.device)[:, None, None])/STD.to(x.device)[:, None, None]
