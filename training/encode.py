"""Encode the figures of the shards with the trained VAE, once, for the transformer.

    python encode.py RUN --data DIR [DIR ..] [--watch SECONDS]

Writes RUN/latents/<shard>.npy: f32 [figures, 10, 5, 64], per slot 4 packed token rows, then the box row (centre, log
half sizes, presence, main colour), not normalised; RUN/stats.npz: the means and deviations over the shards there were at the first
call; RUN/shards.tsv: each latents file and the shard it comes from. Only new shards are encoded; --watch repeats.
"""
import argparse, glob, os, time
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
        out.append(rows(vae.encode(s)[0], centre, half, s[..., 6:9].median(1).values))  # the main colour: what words mean, where the mean is nobody's
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
    """Mean and deviation of the VAE's channels, of the box numbers and of the main colours over the present parts of [n, 10, 5, 64]."""
    known = X[X[:, :, ROWS, 6] > 0]
    of = {'latent': known[:, :ROWS].reshape(-1, CHANNELS), 'box': known[:, ROWS, :6], 'colour': known[:, ROWS, MAIN]}
    return {k: v for name, x in of.items() for k, v in ((f'{name}.mean', x.mean(0)), (f'{name}.std', x.std(0)+1e-4))}


def encode_new(run, vae, folders):
    """Encode the shards that are new; returns how many."""
    os.makedirs(os.path.join(run, 'latents'), exist_ok=True)
    n = 0
    for f in [f for d in folders for f in sorted(glob.glob(os.path.join(d, '*.npz')))]:
        path = os.path.join(run, 'latents', os.path.basename(f)[:-4]+'.npy')
        if os.path.exists(path): continue
        with np.load(f) as z:
            at = torch.from_numpy(z['part_of']).long()
            x = torch.zeros(len(z['present']), 10, ROWS+1, PACK*CHANNELS)
            x[:, :, ROWS, 6] = -1
            x[at[:, 0], at[:, 1]] = encode(vae, torch.from_numpy(z['surface']))
        np.save(path, x.numpy())
        with open(os.path.join(run, 'shards.tsv'), 'a') as out: out.write(f'{path}\t{f}\n')
        n += 1
    return n


if __name__ == '__main__':
    a = argparse.ArgumentParser()
    a.add_argument('run')
    a.add_argument('--data', nargs='+', required=True)
    a.add_argument('--watch', type=float, default=0)
    a.add_argument('--threads', type=int, default=1)
    a = a.parse_args()
    torch.set_num_threads(a.threads)
    vae = load_vae(a.run)
    while True:
        n = encode_new(a.run, vae, a.data)
        if not os.path.exists(os.path.join(a.run, 'stats.npz')):
            X = torch.cat([torch.from_numpy(np.load(f)) for f in glob.glob(os.path.join(a.run, 'latents', '*.npy'))])
            np.savez(os.path.join(a.run, 'stats.npz'), **{k: v.numpy() for k, v in statistics(X).items()})
        if n: print(n, 'shards encoded', flush=True)
        if not a.watch: break
        time.sleep(a.watch)
