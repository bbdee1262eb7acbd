"""Figures as sequences of primitives, with captions, in shards.

    python -m assembly.data OUT --shards 0:40                  (run in training/)
    python -m assembly.data sheet.png --sheet OUT/assembly_0000.npz

A shard (np.savez) holds FIGURES figures one behind the other: `kind`, `slot`, `mirror` u8 [solids], `number` f32
[solids, WIDE] with colours (assembly/primitives.py), `first` i64 [figures+1], and `text` [figures, TEXTS].
"""
import argparse, os, random
import numpy as np
from PIL import Image
from assembly.primitives import PAINT, SHAPE, WIDE, rows, surface
from data.colour import linear
from data.creatures import draft
from data.sentences import mean_colours, sentence
from data.raster import Camera, Light, render, tile

FIGURES, TEXTS, SOLIDS = 1024, 4, 96


def figure(rng, R, kind=None):
    """Solids and captions of a random figure; None if it has more than SOLIDS."""
    made, name = draft(rng, kind)
    told = rows(made)
    if not 2 < len(told) <= SOLIDS or not np.isfinite(np.concatenate([r[3] for r in told])).all(): return None
    colours = mean_colours(*surface(told))
    return told, [sentence(name, colours, R) for _ in range(TEXTS)]


def shard(path, seed):
    rng, R, made = np.random.default_rng([17, seed]), random.Random(seed), []
    while len(made) < FIGURES:
        if (one := figure(rng, R)) is not None: made.append(one)
    flat = [r for told, _ in made for r in told]
    column = lambda i: np.array([r[i] for r in flat], np.uint8)
    number = np.zeros((len(flat), WIDE), np.float32)
    for row, (_, _, _, n) in zip(number, flat): row[:len(n)] = n
    first = np.cumsum([0]+[len(told) for told, _ in made])
    with open(path+'.part', 'wb') as f:
        np.savez(f, kind=column(0), slot=column(1), mirror=column(2), number=number, first=first,
                 text=np.array([t for _, t in made]))
    os.replace(path+'.part', path)


def solids_of(z, i):
    """Those of figure i of a shard."""
    return [(int(k), int(s), int(m), n[:SHAPE[k]+PAINT].astype(float)) for k, s, m, n in
            zip(*(z[name][slice(*z['first'][i:i+2])] for name in ('kind', 'slot', 'mirror', 'number')))]


def picture(told, yaw):
    """A drawing of rows from a side, u8 [TILE, TILE, 3]."""
    V, F, C, _ = surface(told)
    return tile(render(V[F], linear(C[F].mean(1, keepdims=True).repeat(3, 1)), Camera(yaw, 8, 22), Light(), 192))


def sheet(path, figures, columns=6):
    """Each from the front and from behind."""
    tiles = [np.concatenate([picture(told, 20), picture(told, 200)], 1) for told in figures]
    while len(tiles) % columns: tiles.append(np.full_like(tiles[0], 255))
    Image.fromarray(np.concatenate([np.concatenate(tiles[i:i+columns], 1) for i in range(0, len(tiles), columns)])
                    ).save(path)


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument('out')
    a.add_argument('--shards', default='0:1')
    a.add_argument('--sheet', help='draw the first figures of this shard to OUT instead')
    a = a.parse_args()
    if a.sheet:
        z = np.load(a.sheet)
        for i in range(24): print(i, z['text'][i][0])
        return sheet(a.out, [solids_of(z, i) for i in range(24)])
    os.makedirs(a.out, exist_ok=True)
    for k in range(*map(int, a.shards.split(':'))):
        path = f'{a.out}/assembly_{k:04d}.npz'
        if not os.path.exists(path): shard(path, k)


if __name__ == '__main__': main()
