"""Draw assets/variations.png: photos beside their figurines, what other proportions and words make of these, and
figurines of words alone.

    python -m evaluate.variations OUT.png [--gen3d BINARY] [--shared ../../shared]
"""
import argparse, os, subprocess, tempfile
from PIL import Image
from evaluate.contact_sheet import tile

WIDTH, HEIGHT = 200, 250
ROWS = [
    (
        '{shared}/data/photos/trellis1__orangeguy_1.png',
        [[], ['--style', 'chibi'], ['--prompt', 'on a round base'], ['--prompt', 'as a dinosaur']],
    ),
    (
        '../examples/twintails_cut.png',
        [[], ['--prompt', 'in a red jacket'], ['--prompt', 'with green trousers'], ['--prompt', 'as a robot']],
    ),
]
WORDS = [
    'a robot',
    'a green dragon with wings',
    'a wizard with a purple hat',
    'a bear on a round base',
    'a king in a red robe',
]


def figurine(inputs, gen3d):
    """A picture of what the program makes of a photo, of words or of both, without what is left and right of it."""
    with tempfile.TemporaryDirectory() as folder:
        preview = os.path.join(folder, 'x.png')
        subprocess.run(
            [
                gen3d,
                *inputs,
                '-o',
                os.path.join(folder, 'x.glb'),
                '--preview',
                preview,
                '--no-cache',
                '--no-picture',
                '--quiet',
            ],
            check=True,
        )
        im = Image.open(preview).convert('RGB')
    w = im.height*(WIDTH-13)//HEIGHT
    left = (im.width-w)//2
    return im.crop((left, 0, left+w, im.height)).resize((WIDTH-13, HEIGHT), Image.LANCZOS)


def main():
    a = argparse.ArgumentParser()
    a.add_argument('out')
    a.add_argument('--gen3d', default='../target/release/gen3d')
    a.add_argument('--shared', default='../../shared')
    a = a.parse_args()
    page = Image.new('RGB', (WIDTH*len(WORDS), HEIGHT*(len(ROWS)+1)), 'white')
    for y, (photo, changes) in enumerate(ROWS):
        photo = photo.format(shared=a.shared)
        shown = Image.open(photo).convert('RGBA')
        shown = shown.crop(shown.getchannel('A').getbbox())  # the subject alone
        page.paste(Image.fromarray(tile(shown, WIDTH, HEIGHT, 10)), (0, y*HEIGHT))
        for x, flags in enumerate(changes, 1): page.paste(figurine([photo, *flags], a.gen3d), (x*WIDTH+6, y*HEIGHT))
    for x, words in enumerate(WORDS): page.paste(figurine(['--prompt', words], a.gen3d), (x*WIDTH+6, HEIGHT*len(ROWS)))
    page.save(a.out, optimize=True)


if __name__ == '__main__': main()
