"""A sheet of random creatures to look at.

    python -m data.creatures sheet.png [--seed 1] [--by-part] [--kind dragon] [--yaw 30] [--time]
"""
import argparse, time
import numpy as np
from PIL import Image, ImageDraw
from data.raster import Camera, Light, render
from . import KINDS, SLOTS, creature

COLOURS = np.array([[.25, .25, .25], [.1, .2, .9], [.1, .7, .9], [.8, .1, .1], [.9, .5, .1], [.9, .8, .1],
                    [.9, .7, .55], [.35, .15, .05], [.1, .6, .1], [.5, .9, .3],
                    [.6, .1, .7]])


def tile(parts, name, by_part, yaw, size=200):
    P = np.concatenate([V[F] for V, F, _ in parts.values()])
    C = np.concatenate([np.broadcast_to(COLOURS[SLOTS.index(s)], (len(F), 3, 3)) if by_part else C[F] for s,
                        (V, F, C) in parts.items()])
    x = (render(P, C, Camera(yaw, 12), Light(), size-10)*255+.5).astype(np.uint8)
    page = Image.new('RGBA', (size, size), 'white')
    x = Image.fromarray(x)
    page.alpha_composite(x, ((size-x.width)//2, (size-x.height)//2))
    ImageDraw.Draw(page).text((2, size-11), name[:38], fill='#666')
    return np.asarray(page.convert('RGB'))


a = argparse.ArgumentParser(description=__doc__)
a.add_argument('out')
a.add_argument('--seed', type=int, default=1)
a.add_argument('--by-part', action='store_true', help='one colour a slot')
a.add_argument('--kind', choices=KINDS)
a.add_argument('--yaw', type=float, default=30)
a.add_argument('--count', type=int, default=48)
a.add_argument('--columns', type=int, default=8)
a.add_argument('--size', type=int, default=200, help='pixels of a figure')
a = a.parse_args()
creature(np.random.default_rng(0))
start, made = time.process_time(), []
for i in range(a.count): made.append(creature(np.random.default_rng([a.seed, i]), a.kind))
spent = time.process_time()-start
tiles = [tile(*m, a.by_part, a.yaw, a.size) for m in made]
Image.fromarray(np.concatenate([np.concatenate(tiles[r:r+a.columns], 1) for r in range(0, a.count,
    a.columns)])).save(a.out)
n = [sum(len(F) for _, F, _ in parts.values()) for parts, _ in made]
print(f'{spent/a.count*1e3:.1f} ms a figure, triangles {min(n)}..{max(n)}, middle {int(np.median(n))}')
