"""Pictures of grammar figures, framed as the program frames a photo (`framing` in src/photo)."""
import math
import numpy as np
from PIL import Image
from data import primitives as pr

SIDE, SHORT = 128, 146  # the image encoder's input, and the size it is cropped from
CELLS = 32  # what a picture shows is known for every fourth pixel


def camera(yaw, pitch, fov):
    """Eye, right, up, forward of a camera on a circle around the origin; yaw > 0 turns the face to image right."""
    y, p = math.radians(-yaw), math.radians(pitch)
    back = np.array([math.sin(y)*math.cos(p), math.sin(p), math.cos(y)*math.cos(p)])
    right = np.array([math.cos(y), 0, -math.sin(y)])
    far = 1.3/math.tan(math.radians(fov)/2)
    return back*far, right, np.cross(back, right), -back, math.tan(math.radians(fov)/2)


def angles(R):
    """A random view: yaw and pitch in degrees."""
    yaw = R.uniform(-60, 60) if R.random() < .93 else R.uniform(-180, 180)
    return yaw, R.uniform(-5, 25) if R.random() < .8 else 0.


def shoot(P, R, view, res, margin=0.):
    """One picture that the figure fills but for `margin`, and what its pixels show, f32 [res, res, 4] each (see
    primitives.draw); None if nothing is seen."""
    eye, right, up, fwd, tan = camera(*view, R.uniform(15, 45))
    ranges = pr.slot_ranges(P, 10)
    spheres = pr.slot_bounds(P, ranges)
    key = right*R.uniform(-1, 1)+up*R.uniform(.1, 1)-fwd*R.uniform(.2, 1)
    key /= np.linalg.norm(key)
    look = dict(
        key=key,
        ambient=R.uniform(.35, .75),
        gloss=R.choice([.0, .0, R.uniform(.05, .4)]),
        shadow=R.random() < .3,
    )
    rough = (
        pr.draw(P, ranges, spheres, eye, right, up, fwd, tan, np.zeros(2), 1.15, 48, key, .5, .0, False)[0][..., 3]
        > 0
    )
    if not rough.any(): return None
    ys, xs = np.nonzero(rough)
    lo, hi = np.array([xs.min()-1.5, ys.min()-1.5]), np.array([xs.max()+2.5, ys.max()+2.5])
    mid, half = (lo+hi)/2, (hi-lo).max()/2*(1+margin)
    centre = np.array([mid[0]/48*2-1, 1-mid[1]/48*2])*1.15
    return pr.draw(P, ranges, spheres, eye, right, up, fwd, tan, centre, half/48*2*1.15, res, **look)


# yaw of the views that may come with a photo: `left` shows the figure's own left side
VIEWS = dict(left=-90, right=90, back=180)


def view(R, name):
    """Yaw and pitch in degrees of a view by name, as people hit it who walk around a figure."""
    return VIEWS[name]+R.uniform(-15, 15), R.uniform(-3, 18)


HALF = .2  # share of the photos that end somewhere between the chest and the knees, as most photos of people do


def halved(R, im, seen):
    """A picture [h, w, 4] that ends below the torso's middle, now and then at the sides too, and what is left of
    `seen` [h, w, 4]; both as they were where no torso lies below a head."""
    rows = lambda slot: np.flatnonzero((seen[..., 0].round() == slot+1).any(1))
    head, torso, legs = rows(5), rows(2), rows(1)
    if min(len(head), len(torso)) < 4 or head.mean() > torso.min()+.4*np.ptp(torso): return im, seen
    low = max(torso.max(), .5*torso.max()+.5*legs.max() if len(legs) else 0)
    end = int(torso.min()+R.uniform(.4, 1)*(low-torso.min()))+1
    left, right = 0, im.shape[1]
    if R.random() < .3:  # a frame so narrow that arms leave it
        middle = np.flatnonzero((seen[..., 0].round() == 6).any(0)).mean()
        left, right = max(int(middle-R.uniform(.25, .5)*right), 0), int(middle+R.uniform(.25, .5)*right)
    im, seen = im[:end, left:right], seen[:end, left:right]
    (y, x, h, w), _ = crop(im[..., 3])
    return im[y:y+h, x:x+w], seen[y:y+h, x:x+w]


def take(P, R, name=None):
    """One training picture from a random side, or of a named view: RGBA image of SIDE, its yaw in degrees, and what
    its cells show, f16 [CELLS, CELLS, 4]; None if nothing is seen."""
    yaw, pitch = angles(R) if name is None else view(R, name)
    half = name is None and R.random() < HALF
    shot = shoot(P, R, (yaw, pitch), SIDE*2 if half else SIDE)
    if shot is not None and half: shot = halved(R, *shot)
    return None if shot is None else (frame(shot[0]), yaw, cells(*shot))


def crop(alpha):
    """The program's crop of a picture: (y, x, h, w) of the box around `alpha` [h, w] > 0, and its padding (py, px)."""
    ys, xs = np.nonzero(alpha > 0)
    y, x = ys.min(), xs.min()
    h, w = ys.max()+1-y, xs.max()+1-x
    pad = (int(.1*h), int(int(.1*h)+(h-w)/2)) if h >= w else (int(int(.1*w)+(w-h)/2), int(.1*w))
    return (y, x, h, w), pad


def cells(im, seen):
    """`seen` [h, w, 4] of a picture [h, w, 4], brought to the CELLS of its crop: the value at each cell's middle,
    f16."""
    (y, x, h, w), (py, px) = crop(im[..., 3])
    box = np.pad(seen[y:y+h, x:x+w], ((py, py), (px, px), (0, 0)))
    at = ((np.arange(CELLS)+.5)*SIDE/CELLS+(SHORT-SIDE)//2)/SHORT
    return box[(at*box.shape[0]).astype(int)][:, (at*box.shape[1]).astype(int)].astype(np.float16)


def frame(im):
    """RGBA f32 [h, w, 4] with a hard alpha -> the program's crop: box, 10 % padding, resize, centre crop."""
    (y, x, h, w), (py, px) = crop(im[..., 3])
    box = np.zeros((h+2*py, w+2*px, 4), np.float32)
    box[py:py+h, px:px+w] = im[y:y+h, x:x+w]
    small = [
        Image.fromarray(box[..., j]*(box[..., 3] if j < 3 else 1)).resize(
            (SHORT, SHORT), Image.BOX if box.shape[0] >= 2*SHORT else Image.BICUBIC
        )
        for j in range(4)
    ]
    a = np.stack([np.asarray(s) for s in small], -1)
    e = (SHORT-SIDE)//2
    a = a[e:e+SIDE, e:e+SIDE]
    a[..., :3] /= np.maximum(a[..., 3:], 1e-3)
    return Image.fromarray((a.clip(0, 1)*255+.5).astype(np.uint8), 'RGBA')
