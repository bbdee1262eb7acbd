"""How well the program cuts out: composites are made with a seed, cut out by `gen3d cutout`, and compared with the
truth.

    # composites and their mattes; held-out figures, unseen scenes
    python -m evaluate.cutouts make DIR --shared ../../shared
    gen3d cutout DIR/pictures -o DIR/found
    # or: measure DIR FOUND, of mattes found by something else
    python -m evaluate.cutouts measure DIR
    # what was cut out, before magenta, to look at
    python -m evaluate.cutouts sheet SHEET.png FOUND.png...
    python -m evaluate.cutouts onnx DIR U2NET.onnx FOUND                  # the published network alone, by onnxruntime

Kinds: `grammar` and `photos`, as `data/composites.py` makes them to learn from (other light, posters, shadows,
portraits cut off by the border, noise, blocks); `studio`: whole figures of both with their shadows before one colour;
and `shared`: each shared photo that is cut out, whole, before a photograph. Prints the mean IoU, that of the worst
twentieth, and the F measure of the boundary at 2 pixels of 320. Choices are made on `--draw 1`.
"""
import argparse, glob, io, os, random
import numpy as np
from PIL import Image

SIDE, REACH = 320, 2


def make(folder, shared, count, draw=1):
    import torch
    from data import composites, picture
    from data.grammar import rules, shards
    composites.SIDE = 3*128
    random.seed(draw), torch.manual_seed(draw), torch.set_num_threads(1)
    scenes = composites.scenes(shared, True)
    subjects, seed = {'photos': composites.cut_photos(shared), 'grammar': []}, shards.HELD_OUT+1000*(draw-1)
    while len(subjects['grammar']) < 40:
        R = random.Random(seed)
        shot = picture.shoot(rules.figure(seed)[0], R, picture.angles(R), 256, .02)
        if shot is not None:
            subjects['grammar'].append(
                (torch.from_numpy(np.ascontiguousarray(shot[0])).permute(2, 0, 1).clamp(0, 1)*255).byte()
            )
        seed += 1
    byte = lambda t: Image.fromarray((t[0].permute(1, 2, 0).squeeze(-1).numpy()*255+.5).astype(np.uint8))
    rng = np.random.default_rng(draw)
    for i in range(count):
        save(folder, f'studio_{i:03d}', *map(byte, composites.on_paper(rng, subjects[('photos', 'grammar')[i % 2]])))
    for i in range(count):
        for kind, all_ in subjects.items():
            save(folder, f'{kind}_{i:03d}', *map(byte, composites.composite(scenes, all_, blobs=0)))
    backgrounds = sorted(glob.glob(os.path.join(shared, 'data/backgrounds/*.jpg')))
    for i, f in enumerate(sorted(glob.glob(os.path.join(shared, 'data/photos/*.png')))):
        im = Image.open(f)
        if im.mode == 'RGBA' and im.getextrema()[3][0] < 20:
            save(folder, f'shared_{i:03d}', *before(im, random.Random(i+1000*(draw-1)), backgrounds))


def before(im, R, backgrounds, side=768):
    """A figure before a photograph, as a JPEG leaves it, and its matte."""
    page = Image.open(R.choice(backgrounds)).convert('RGB').resize((side, side), Image.BICUBIC)
    im = im.crop(im.getchannel('A').point(lambda a: 255*(a > 20)).getbbox())
    scale = side*R.uniform(.55, .92)/max(im.size)
    im = im.resize([max(1, round(n*scale)) for n in im.size], Image.LANCZOS)
    at, matte = ((side-im.width)*R.uniform(.3, .7), (side-im.height)*R.uniform(.3, 1)), Image.new('L', (side, side))
    at = tuple(map(int, at))
    page.paste(im, at, im), matte.paste(im.getchannel('A'), at)
    kept = io.BytesIO()
    page.save(kept, 'JPEG', quality=R.randint(80, 95))
    return Image.open(kept).convert('RGB'), matte


def save(folder, name, picture, matte):
    for kind, im in ('pictures', picture), ('mattes', matte):
        os.makedirs(os.path.join(folder, kind), exist_ok=True)
        im.save(os.path.join(folder, kind, name+'.png'))


def rim(mask):
    """The pixels of a mask that have others beside them."""
    from scipy.ndimage import binary_erosion
    return mask & ~binary_erosion(mask, border_value=1)


def boundary(found, truth):
    """F measure of the boundaries of two masks that are SIDE high or wide."""
    from scipy.ndimage import distance_transform_edt
    a, b = rim(found), rim(truth)
    if not a.any() or not b.any(): return float(a.any() == b.any())
    near = lambda one, other: (distance_transform_edt(~other)[one] <= REACH).mean()
    precision, recall = near(a, b), near(b, a)
    return 2*precision*recall/max(precision+recall, 1e-9)


def small(matte):
    scale = SIDE/max(matte.size)
    return np.asarray(matte.resize([max(1, round(n*scale)) for n in matte.size], Image.BOX)) > 127


def measure(folder, found):
    out = {}
    for f in sorted(glob.glob(os.path.join(folder, 'mattes/*.png'))):
        name = os.path.basename(f)
        truth, path = Image.open(f), os.path.join(found, name)
        cut = Image.open(path) if os.path.exists(path) else Image.new('L', truth.size)  # no file: no subject was found
        cut = cut.getchannel('A') if cut.mode == 'RGBA' else cut.convert('L')
        a, b = np.asarray(cut) > 127, np.asarray(truth) > 127
        iou = (a & b).sum()/max((a | b).sum(), 1)
        out.setdefault(name.split('_')[0], []).append((iou, boundary(small(cut), small(truth)), name))
    for kind, rows in {**out, 'all': sum(out.values(), [])}.items():
        iou, f = (np.array([r[i] for r in rows]) for i in (0, 1))
        worst = np.sort(iou)[:-(-len(iou)//20)].mean()
        print(
            f'{kind}: {len(rows)} pictures, mean IoU {iou.mean():.3f}, median {np.median(iou):.3f}, '
            f'worst twentieth {worst:.3f}, boundary F {f.mean():.3f}'
        )
    for iou, f, name in sorted(sum(out.values(), []))[:8]: print(f'  {name}: IoU {iou:.3f}, F {f:.3f}')


def sheet(path, files, side=240, columns=8):
    """The pictures before magenta, in rows."""
    page = Image.new('RGB', (side*columns, side*-(-len(files)//columns)), 'white')
    for i, f in enumerate(files):
        im = Image.open(f).convert('RGBA')
        tile = Image.new('RGBA', im.size, (255, 0, 255, 255))
        tile.alpha_composite(im)
        tile.thumbnail((side-4, side-4))
        page.paste(tile.convert('RGB'), (side*(i % columns)+2, side*(i//columns)+2))
    page.save(path)


def by_onnx(folder, network, found):
    import onnxruntime
    from networks import u2net
    session = onnxruntime.InferenceSession(network, providers=['CPUExecutionProvider'])
    os.makedirs(found, exist_ok=True)
    for f in sorted(glob.glob(os.path.join(folder, 'pictures/*.png'))):
        im = Image.open(f).convert('RGB')
        share = u2net.found(session, im.resize((320, 320), Image.BOX))
        Image.fromarray((share*255+.5).astype(np.uint8)).resize(im.size, Image.BILINEAR).save(
            os.path.join(found, os.path.basename(f))
        )


if __name__ == '__main__':
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument('do', choices=['make', 'measure', 'sheet', 'onnx'])
    a.add_argument('paths', nargs='+')
    a.add_argument('--shared', default='../../shared')
    a.add_argument('--count', type=int, default=60, help='composites of each kind')
    a.add_argument('--draw', type=int, default=1, help='1 is what choices are made on; others, other composites')
    a = a.parse_args()
    if a.do == 'make': make(a.paths[0], a.shared, a.count, a.draw)
    elif a.do == 'measure': measure(a.paths[0], (a.paths+[os.path.join(a.paths[0], 'found')])[1])
    elif a.do == 'sheet': sheet(a.paths[0], a.paths[1:])
    else: by_onnx(*a.paths)
