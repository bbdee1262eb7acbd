"""A page of random training figures to look at: each as the image encoder is shown it, and what is wanted of it,
turned by a quarter.

    python -m evaluate.page RUN OUT.jpg [--seed 1]

What is wanted is drawn from the surface samples that the VAE sees. Half of the page are characters, as in training's
batches.
"""
import argparse, os, random
import numpy as np
import torch
from PIL import Image
from train import dataset
from train.dataset import MEAN, STD

SIDE, ROWS, COLUMNS = 128, 10, 10


def splats(points, yaw=.9, pitch=.2):
    """Surface points with normals and colours [n, 9] -> picture u8 [SIDE, SIDE, 3]."""
    c, s, cp, sp = np.cos(yaw), np.sin(yaw), np.cos(pitch), np.sin(pitch)
    turn = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])@np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])
    p, n = points[:, :3]@turn.T, points[:, 3:6]@turn.T
    near = np.argsort(p[:, 2])  # far points first
    p, colour = p[near], (points[near, 6:9]*(.75+.25*n[near]@[.3, .7, .6])[:, None]).clip(0, 1)
    at = ((p[:, :2]*[1, -1]*.47+.5)*SIDE).astype(int)
    out = np.full((SIDE, SIDE, 3), 255, np.uint8)
    offsets = np.stack(np.meshgrid(range(-1, 3), range(-1, 3)), -1).reshape(-1, 1, 2)
    x, y = np.moveaxis((at+offsets).clip(0, SIDE-1), -1, 0)
    for k in range(len(p)): out[y[:, k], x[:, k]] = colour[k]*255
    return out


def main():
    a = argparse.ArgumentParser()
    a.add_argument('run')
    a.add_argument('out')
    a.add_argument('--seed', type=int, default=1)
    a = a.parse_args()
    R = random.Random(a.seed)
    torch.manual_seed(a.seed)
    with open(os.path.join(a.run, 'shards.tsv')) as f: shards = [line.rstrip('\n').split('\t')[1] for line in f]
    kinds = [[s for s in shards if ('chars' in os.path.basename(s)) == kind] for kind in (False, True)]
    page = np.zeros((ROWS*SIDE, COLUMNS*2*SIDE, 3), np.uint8)
    for k in range(ROWS*COLUMNS):
        with np.load(R.choice(kinds[k % 2])) as z:
            i = R.randrange(len(z['image']))
            photo, points = (
                z['image'][i, R.randrange(dataset.PHOTOS)],
                z['surface'][z['part_of'][:, 0] == i].astype(np.float32).reshape(-1, 9),
            )
        shown = dataset.pictures(torch.from_numpy(photo)[None])[0][0]*STD[:, None, None]+MEAN[:, None, None]
        y, x = k//COLUMNS*SIDE, k % COLUMNS*2*SIDE
        page[y:y+SIDE, x:x+SIDE] = (shown.clamp(0, 1).permute(1, 2, 0)*255).numpy()
        page[y:y+SIDE, x+SIDE:x+2*SIDE] = splats(points)
    Image.fromarray(page).save(a.out, quality=75)


if __name__ == '__main__': main()
