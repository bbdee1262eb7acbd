"""Draw assets/contact_sheet.png: pictures beside the front, side and back of what the program makes of them.

    python -m evaluate.contact_sheet OUT.png PICTURE .. [--gen3d BINARY] [--columns 3] [--flags ..]
"""
import argparse, os, subprocess, tempfile
import numpy as np
from PIL import Image

TILE = 160


def tile(picture, width=TILE, height=TILE, margin=0):
    """A picture on white, fitted into a tile with so much left free in all."""
    im = picture.convert('RGBA')
    im.thumbnail((width-margin, height-margin))
    out = Image.new('RGBA', (width, height), 'white')
    out.alpha_composite(im, ((width-im.width)//2, (height-im.height)//2))
    return np.asarray(out.convert('RGB'))


def row(path, a, folder):
    """The picture, and the front, side and back out of the program's sheet of four views."""
    sheet = os.path.join(folder, 'sheet.png')
    if os.path.exists(sheet): os.remove(sheet)
    subprocess.run(
        [
            a.gen3d,
            path,
            '-o',
            os.path.join(folder, 'x.glb'),
            '--preview',
            sheet,
            '--view',
            'sheet',
            '--quiet',
            *a.flags,
        ]
    )
    if not os.path.exists(sheet):
        return np.concatenate([tile(Image.open(path)), np.full((TILE, 3*TILE, 3), 230, np.uint8)], 1)
    im = Image.open(sheet)
    w, h = im.width//2, im.height//2
    return np.concatenate(
        [tile(Image.open(path))]+[tile(im.crop((x, y, x+w, y+h))) for x, y in ((w, 0), (0, h), (w, h))], 1
    )


if __name__ == '__main__':
    a = argparse.ArgumentParser()
    a.add_argument('out')
    a.add_argument('pictures', nargs='+')
    a.add_argument('--gen3d', default='../target/release/gen3d')
    a.add_argument('--columns', type=int, default=3)
    a.add_argument('--flags', type=str.split, default=[], help='more for the program, as one string')
    a = a.parse_args()
    with tempfile.TemporaryDirectory() as folder: rows = [row(p, a, folder) for p in a.pictures]
    rows += [np.full_like(rows[0], 255)]*(-len(rows) % a.columns)
    Image.fromarray(
        np.concatenate([np.concatenate(rows[i : i+a.columns], 1) for i in range(0, len(rows), a.columns)])
    ).save(a.out, optimize=True)
