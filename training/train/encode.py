"""Encode the figures of the shards with the trained VAE, once, for the transformer.

    python -m train.encode RUN --data DIR [DIR ..] [--watch SECONDS]

Writes RUN/latents/<shard>.npy: f32 [figures, 10, 5, 64], per slot 4 packed token rows, then the box row (centre, log
half sizes, presence, main colour), not normalised; RUN/stats.npz: the means and deviations over the shards there were
at the first call; RUN/shards.tsv: each latents file and the shard it comes from. Only new shards are encoded; --watch
repeats.
"""
import argparse, glob, os, time
import numpy as np
import torch
from networks import CHANNELS, PACK, ROWS
from networks.codec import encode, load_vae, statistics


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
