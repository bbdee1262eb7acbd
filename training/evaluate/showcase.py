"""Draw assets/showcase.png: what can be done with a figurine. A name on its plinth, several on one, its bones, one of
several views, and its page in a browser.

    python -m evaluate.showcase OUT.png [--gen3d BINARY] [--browser chromium] [--bpy PYTHON] [--shared ../../shared]

Bones are drawn by Blender as a module of Python, which .ci/judges installs.
"""
import argparse, os, subprocess, tempfile
from PIL import Image

WIDTH, HEIGHT = 256, 320
WAVING = ('LeftUpperArm=0,-75,0', 'LeftLowerArm=0,-70,0')  # bones, and degrees about the figure's axes


def path_of(a, word):
    """The photo of a name in the shared folder; what is an option or has a slash is meant as it stands."""
    return word if word.startswith(('-', '/', '.')) else f'{a.shared}/data/photos/trellis1__{word}.png'


def made(a, folder, inputs, *flags, zoom=1):
    """The preview of a figurine of these photos."""
    out, preview = os.path.join(folder, 'x.glb'), os.path.join(folder, 'x.png')
    subprocess.run(
        [
            a.gen3d, *(path_of(a, word) for word in inputs), *flags,
            '-o', out, '--preview', preview, '--no-cache', '--quiet',
        ],
        check=True,
    )
    picture = Image.open(preview).convert('RGB')
    x, y, w, h = picture.width/2, picture.height*.53, picture.width/zoom/2, picture.height/zoom/2
    return picture.crop(tuple(round(v) for v in (x-w, y-h, x+w, y+h))) if zoom > 1 else picture


def strip(pictures, tile):
    """Pictures side by side, each cut to the middle of its tile."""
    sheet = Image.new('RGB', (tile[0]*len(pictures), tile[1]), 'white')
    for x, picture in enumerate(pictures):
        scale = max(tile[0]/picture.width, tile[1]/picture.height)
        picture = picture.resize((round(picture.width*scale), round(picture.height*scale)), Image.LANCZOS)
        left, top = (picture.width-tile[0])//2, (picture.height-tile[1])//2
        sheet.paste(picture.crop((left, top, left+tile[0], top+tile[1])), (x*tile[0], 0))
    return sheet


def opened(a, folder, photo, ending, *turns):
    """Its file with that ending, as Blender draws it, with bones turned."""
    model, picture = os.path.join(folder, f'x.{ending}'), os.path.join(folder, 'opened.png')
    subprocess.run([a.gen3d, path_of(a, photo), '-o', model, '--no-cache', '--force', '--quiet'], check=True)
    subprocess.run([a.bpy, 'evaluate/opened.py', model, picture, *turns], check=True, capture_output=True)
    return Image.open(picture).convert('RGB')


def browsed(a, folder, photo, view):
    """The page of a figurine, as a browser shows it."""
    page, shot = os.path.join(folder, 'look.html'), os.path.join(folder, 'shot.png')
    photo, out = path_of(a, photo), os.path.join(folder, 'x.glb')
    subprocess.run(
        [a.gen3d, photo, '-o', out, '--preview', page, '--view', view, '--no-cache', '--quiet'], check=True
    )
    subprocess.run(
        [
            a.browser, '--headless', '--no-sandbox', '--hide-scrollbars', '--use-angle=swiftshader',
            '--enable-unsafe-swiftshader', '--ignore-gpu-blocklist', '--virtual-time-budget=60000',
            f'--window-size={3*WIDTH},{3*HEIGHT}', f'--screenshot={shot}', f'file://{page}',
        ],
        check=True, stderr=subprocess.DEVNULL,
    )
    return Image.open(shot).convert('RGB')


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument('out')
    a.add_argument('--gen3d', default='../target/release/gen3d')
    a.add_argument('--browser', default='chromium')
    a.add_argument(
        '--bpy', default='../target/judges/blender/bin/python', help='a Python that has Blender as a module'
    )
    a.add_argument('--shared', default='../../shared')
    a = a.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        pictures = [
            made(a, folder, ['typical_humanoid_dwarf'], '--name', 'ANNA', '--view', '20,10'),
            made(
                a, folder, ['typical_humanoid_dwarf', 'mushroom_1', 'popmart_1'], '--together',
                '--heights', '120,60,100', '--view', '15,10', zoom=1.2,
            ),
            opened(a, folder, 'typical_humanoid_goblin', 'glb', *WAVING),
            made(
                a, folder, ['orangeguy_1', '--left', 'orangeguy_2', '--back', 'orangeguy_3'], '--view', '170,10',
            ),
            browsed(a, folder, 'tiger_2', '30,10'),
        ]
        strip(pictures, (WIDTH, HEIGHT)).save(a.out, optimize=True)


if __name__ == '__main__': main()
