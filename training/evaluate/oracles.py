"""Where figures of a set are lost: the network's depth, thickness and angles, each replaced by the true ones.

    python -m evaluate.oracles SET checkpoints/part_maps.pt [--every 1] [--shared ../../shared]    (run in training/)

SET is one of evaluate.models. Figures are two height fields over the whole outline, without parts and without the
program's mesher, so that only what the maps say is compared; `truth` is the ceiling of that. A row a way, medians of
../shared/eval/score.py. The picture is drawn anew, in one light.
"""
import argparse, csv, os, sys, tempfile
import numpy as np
import torch

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from data.views import GRID, inflated, rotation, shoot
from maps.network import WHOLE, encoded, halves, loaded

DISTANCE, THICKER = 7., 1.15  # of src/maps
MEASURES = ('f02', 'f05', 'vol_iou', 'best_yaw_f05')


def corners(a): return a[:-1, :-1]+a[1:, :-1]+a[:-1, 1:]+a[1:, 1:]


def solid(middle, half, mask, yaw, pitch):
    """Vertices and faces of the solid between two sheets over a mask [n,n], its outline sharp, turned to the front."""
    mask, n = np.pad(mask, 1), len(mask)+1
    count = corners(mask.astype(float))
    mean = lambda a: corners(np.pad(a, 1)*mask)/np.maximum(count, 1e-9)
    z, h = mean(middle), np.where(count == 4, np.sqrt(np.maximum(mean(half**2), 0)), 0)
    row, column = np.mgrid[:n, :n]
    x, y = column/(n-1)*2-1, 1-row/(n-1)*2

    def place(depth):
        away = 1-depth/DISTANCE
        return np.stack([x*away, y*away, depth], -1).reshape(-1, 3)@rotation(yaw, pitch)

    front = np.arange(n*n).reshape(n, n)
    back = np.where(count == 4, front+n*n, front)  # both sheets share the rim
    ky, kx = np.nonzero(mask)
    quad = lambda i: (i[ky-1, kx-1], i[ky-1, kx], i[ky, kx], i[ky, kx-1])
    (a, b, c, d), (e, f, g, h_) = quad(front), quad(back)
    F = np.concatenate([np.stack(t, 1) for t in ((a, d, c), (a, c, b), (e, g, h_), (e, f, g))])
    V = np.concatenate([place(z+h), place(z-h)])
    used, F = np.unique(F, return_inverse=True)
    V = V[used]
    return V-[0, V[:, 1].min(), 0], F.reshape(-1, 3)


def told(net, image, balloon):
    """Middle, channel of half thickness [64,64], yaw and pitch in degrees: the mean of two looks, one of them
    mirrored."""
    rgba = encoded(image)
    middle, half, camera = 0, 0, 0
    for flip in (1, -1):
        x = np.ascontiguousarray(rgba[..., ::flip])
        with torch.no_grad():
            maps, c = net(torch.from_numpy(x)[None], torch.from_numpy(balloon[:, ::flip].copy())[None, None])
        middle = middle+maps[0, WHOLE].numpy()[:, ::flip]/2
        half = half+maps[0, WHOLE+1].numpy()[:, ::flip]/2
        camera = camera+c[0].numpy()*[flip, 1, 1]/2
    return middle, half, np.degrees(np.arctan2(camera[0], camera[1])), np.degrees(camera[2]/2)


def ways(net, model, yaw, pitch):
    """{way: (middle, half, mask, yaw, pitch)} of a figure, or None if too little of it is seen."""
    V = model.V-(model.V.max(0)+model.V.min(0))/2
    shot = shoot(V, model.F, model.C, np.zeros(len(model.F), int), yaw, pitch, 25, np.random.default_rng(0), False)
    if shot is None: return None
    image, index, depth, _ = shot
    near, far = np.full(GRID**2, np.nan), np.full(GRID**2, np.nan)
    near[index], far[index] = depth.T
    mask = np.isfinite(near).reshape(GRID, GRID)
    near, far = (np.nan_to_num(a).reshape(GRID, GRID) for a in (near, far))
    balloon = inflated(image[..., 3].astype(np.float32)).astype(np.float32)
    small = balloon.reshape(GRID, 2, GRID, 2).mean((1, 3))
    middle, channel, told_yaw, told_pitch = told(net, image, balloon)
    middle = middle-np.median(middle[mask])
    half = halves(torch.from_numpy(channel), torch.from_numpy(small)).numpy()*THICKER
    as_told, truly, flat = (told_yaw, told_pitch), (yaw, pitch), 0*middle
    return dict(
        inflated=(flat, small, mask, 0, 0),
        network=(middle, half, mask, *as_told),
        true_angles=(middle, half, mask, *truly),
        flat=(flat, half, mask, *as_told),
        half_the_middle=(middle/2, half, mask, *as_told),
        true_thickness=(middle, (near-far)/2, mask, *truly),
        true_middle=((near+far)/2, half, mask, *truly),
        truth=((near+far)/2, (near-far)/2, mask, *truly),
    )


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument('set')
    a.add_argument('checkpoint')
    a.add_argument('--every', type=int, default=1)
    a.add_argument('--shared', default='../../shared')
    a = a.parse_args()
    sys.path.insert(0, f'{a.shared}/eval')
    import floors, score
    net = loaded(torch.load(a.checkpoint)['ema']).eval().float()
    found = {}
    with open(f'{a.set}/front.tsv') as f: rows = list(csv.DictReader(f, delimiter='\t'))[::a.every]
    with tempfile.TemporaryDirectory() as folder:
        for r in rows:
            true, made = f"{a.set}/{r['gt']}", f'{folder}/made.glb'
            of = ways(net, score.Model(true), float(r['true_yaw']), float(r['true_pitch']))
            for way, maps in (of or {}).items():
                V, F = solid(*maps)
                floors.write_glb(made, dict(body=(V, F, np.full_like(V, .5))))
                found.setdefault(way, []).append(score.score_shape(true, made))
    print('| | '+' | '.join(MEASURES)+' |\n|'+'---|'*(len(MEASURES)+1))
    for way, scores in found.items():
        print(f'| {way} | '+' | '.join(f'{np.median([s[k] for s in scores]):.3f}' for k in MEASURES)+' |')


if __name__ == '__main__': main()
