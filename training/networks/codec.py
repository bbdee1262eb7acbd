"""Between the surface of a part and the latent rows that the transformer sees, and what a run's folder keeps of
that."""
import os
import numpy as np
import torch
import networks
from networks import CHANNELS, MAIN, PACK, ROWS, TOKENS


def rows(z, centre, half, colour):
    """VAE tokens [k, 16, 16], frames and sRGB [k, 3] -> un-normalised latent rows [k, 5, 64]."""
    box = torch.zeros(len(z), 1, PACK*CHANNELS)
    box[:, 0, :3], box[:, 0, 3:6], box[:, 0, 6], box[:, 0, MAIN] = centre, half.log(), 1, colour
    return torch.cat([z.reshape(len(z), TOKENS//PACK, PACK*CHANNELS), box], 1)


@torch.no_grad()
def encode(vae, surface):
    """Surface samples f16 [k, 1024, 9] -> latent rows [k, 5, 64]."""
    out = []
    for s in surface.split(128):
        s = s.float()
        centre, half = networks.local_frame(s)
        s[..., :3] = (s[..., :3]-centre[:, None])/half[:, None]
        # the main colour: what words mean, where the mean is nobody's
        out.append(rows(vae.encode(s)[0], centre, half, s[..., 6:9].median(1).values))
    return torch.cat(out)


def normalise(x, stats):
    """Latent rows [.., 5, 64] of present parts to zero mean and unit deviation; presence stays."""
    x = x.clone()
    z = x[..., :ROWS, :].unflatten(-1, (PACK, CHANNELS))
    x[..., :ROWS, :] = ((z-stats['latent.mean'])/stats['latent.std']).flatten(-2)
    x[..., ROWS, :6] = (x[..., ROWS, :6]-stats['box.mean'])/stats['box.std']
    x[..., ROWS, MAIN] = (x[..., ROWS, MAIN]-stats['colour.mean'])/stats['colour.std']
    return x


def denormalise(x, stats):
    """The inverse of `normalise`."""
    x = x.clone()
    z = x[..., :ROWS, :].unflatten(-1, (PACK, CHANNELS))
    x[..., :ROWS, :] = (z*stats['latent.std']+stats['latent.mean']).flatten(-2)
    x[..., ROWS, :6] = x[..., ROWS, :6]*stats['box.std']+stats['box.mean']
    x[..., ROWS, MAIN] = x[..., ROWS, MAIN]*stats['colour.std']+stats['colour.mean']
    return x


def load_vae(run):
    state = torch.load(os.path.join(run, 'vae.pt'), map_location='cpu')['vae']
    vae = networks.vae_of(state)
    vae.load_state_dict(state)
    return vae.eval()


def load_stats(run):
    with np.load(os.path.join(run, 'stats.npz')) as z: return {k: torch.from_numpy(z[k]) for k in z.files}


def statistics(X):
    """Mean and deviation of the VAE's channels, of the box numbers and of the main colours over the present parts of
    [n, 10, 5, 64]."""
    known = X[X[:, :, ROWS, 6] > 0]
    of = {'latent': known[:, :ROWS].reshape(-1, CHANNELS), 'box': known[:, ROWS, :6], 'colour': known[:, ROWS, MAIN]}
    return {k: v for name, x in of.items() for k, v in ((f'{name}.mean', x.mean(0)), (f'{name}.std', x.std(0)+1e-4))}


def table(run):
    """The word vectors of words.py, f32 [words, size]."""
    return torch.from_numpy(np.load(os.path.join(run, 'words.npy')))
