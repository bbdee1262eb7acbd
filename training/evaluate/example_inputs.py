"""The sample pictures in examples/: held-out figures of the grammar on a table before a wall.

    python -m evaluate.example_inputs ../examples
"""
import os, random, sys
import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter
from data import picture
from data.grammar import rules
from data.grammar.shards import HELD_OUT

SAMPLES = {'twintails': 1101, 'cat_with_shield': 1082}  # name: seed, counted from HELD_OUT
SIDE = 720


def room(alpha, R):
    """A wall in a soft light, a table, and the figure's shadow on it: sRGB f32 [SIDE, SIDE, 3]."""
    y, x = np.mgrid[:SIDE, :SIDE]/SIDE
    wall, table = (np.array([R.uniform(.55, .8) for _ in range(3)]) for _ in range(2))
    light = 1-.35*((x-.25)**2+(y-.2)**2)
    edge = 1/(1+np.exp(-(y-.72)*60))[..., None]
    scene = (wall*(1-edge)+table*[1, .93, .85]*edge)*light[..., None]
    feet = np.nonzero(alpha.any(1))[0].max()
    shadow = np.zeros((SIDE, SIDE))
    columns = np.nonzero(alpha[max(feet-40, 0):feet].any(0))[0]
    shadow[feet-26:feet+6, columns.min():columns.max()] = 1
    scene *= 1-.55*gaussian_filter(shadow, (12, 22))[..., None]
    return scene+np.random.default_rng(1).normal(0, .006, scene.shape)


def sample(name, seed, folder):
    P, R = rules.figure(HELD_OUT+seed)[0], random.Random(seed)
    figure, _ = picture.shoot(P, R, (R.uniform(-22, 22), 8), SIDE, margin=.25)
    alpha = gaussian_filter(figure[..., 3:], (.7, .7, 0))
    photo = gaussian_filter(
        figure[..., :3]*figure[..., 3:]+room(figure[..., 3] > 0, R)*(1-figure[..., 3:]), (.6, .6, 0)
    )
    Image.fromarray((photo.clip(0, 1)*255).astype(np.uint8)).save(os.path.join(folder, name+'.jpg'), quality=90)
    cut = (np.concatenate([figure[..., :3], alpha], -1).clip(0, 1)*255).astype(np.uint8)
    Image.fromarray(cut, 'RGBA').save(os.path.join(folder, name+'_cut.png'), optimize=True)


if __name__ == '__main__':
    for name, seed in SAMPLES.items(): sample(name, seed, sys.argv[1])
