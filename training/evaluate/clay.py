"""Draw figurines beside their pictures, in colour and in clay: front, then front, three-quarter, side and back without
paint.

    python -m evaluate.clay OUT.png SET NAME [NAME ..] [--shared ../../shared]     (run in training/)
    python -m evaluate.clay OUT.png --pictures A.jpg B.png .. --gen3d BINARY [--flags '..']

SET and NAME are those of evaluate/compare.py; several names stand side by side. With --pictures the program makes them
first.
"""
import argparse, csv, os, subprocess, sys, tempfile
import numpy as np
from PIL import Image

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from data.raster import TILE, Camera, Light, render, tile

CLAY = Light((-.45, .5, .74), (.95, .93, .9), (.32, .33, .36), (.18, .17, .16))


def shots(load, pose, path, colour, clay):
    """In colour, and then in clay, from these yaws; grey where there is no file."""
    if not os.path.exists(path): return [np.full((TILE, TILE, 3), 225, np.uint8)]*(len(colour)+len(clay))
    m = load.load(path)
    P, C, _ = pose.coloured(m, np.full(len(m['F']), '', object))
    shot = lambda colours, yaw, light: tile(render(P, colours, Camera(yaw, 6, 22), light, 192))
    return [shot(C, yaw, Light()) for yaw in colour]+[shot(np.full_like(C, .5), yaw, CLAY) for yaw in clay]


def row(load, pose, path):
    """Front in colour, and front, three-quarter, side and back in clay."""
    return shots(load, pose, path, [0], [0, -40, -90, 180])


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument('out')
    a.add_argument('set', nargs='?')
    a.add_argument('names', nargs='*')
    a.add_argument('--pictures', nargs='+', default=[])
    a.add_argument('--gen3d', default='../target/release/gen3d')
    a.add_argument('--flags', type=str.split, default=[])
    a.add_argument('--columns', type=int, default=2)
    a.add_argument('--shared', default='../../shared')
    a = a.parse_args()
    sys.path.insert(0, f'{a.shared}/data/tools')
    import meshload, pose
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        for n, path in enumerate(a.pictures):
            out = f'{folder}/{n}.glb'
            subprocess.run([a.gen3d, path, '-o', out, '--quiet', '--no-cache', *a.flags])
            lines.append(np.concatenate([tile(Image.open(path)), *row(meshload, pose, out)], 1))
    if a.set:
        with open(f'{a.set}/front.tsv') as f: rows = list(csv.DictReader(f, delimiter='\t'))
        for r in rows:
            made = [t for name in a.names for t in row(meshload, pose, f"{a.set}/{name}/{r['id']}.glb")]
            lines.append(np.concatenate([tile(Image.open(f"{a.set}/{r['file']}")), *made], 1))
    lines += [np.full_like(lines[0], 255)]*(-len(lines) % a.columns)
    Image.fromarray(
        np.concatenate([np.concatenate(lines[i : i+a.columns], 1) for i in range(0, len(lines), a.columns)])
    ).save(a.out)


if __name__ == '__main__': main()
