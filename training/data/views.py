"""Training views: the picture of a figure, and its part maps in the frame of the picture.

    pool = Pool(['DIR/characters_*.npz', ..])
    view = pool.view(rng, pool.pick(rng))            # fresh camera, light, colours, damage each time

A view: `image` u8 [128,128,4] straight alpha; `index` i32 [k] = slot*64*64 + row*64 + column of each pixel that a part
covers, seen or hidden; `depth` f32 [k,2] near and far along the ray, towards the camera, in units of half the frame, 0
at the median of the figure's middle; `colour` u8 [k,6] sRGB of near and far sheet, unlit; `camera` f32 [5]: sine and
cosine of yaw, pitch (radians), whether the slots are known, whether the yaw is. The frame is the box of what is seen,
padded as the program pads a photo.
"""
import glob, io, os, sys
import numpy as np
from numba import njit
from PIL import Image
from scipy import ndimage

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from data.colour import linear, srgb
from data.slots import SLOTS, SWAP
from data.raster import rasterize, random_light, shade

SIDE, GRID, PAD = 128, 64, 1.052
FULL = 32000  # of data/figures.py
HEAD = [SLOTS.index(s) for s in ('head', 'hair')]  # hats are hair


@njit(cache=True, fastmath=True)
def sheets(X, Y, Z, slot, count, G):
    """Nearest and farthest triangle of each slot along the ray of each pixel: Z [m,3] distance to the camera; X, Y
    [m,3] pixels."""
    near, far = np.full((count, G, G), 1e9, np.float32), np.full((count, G, G), -1e9, np.float32)
    first, last = np.full((count, G, G), -1, np.int32), np.full((count, G, G), -1, np.int32)
    weight = np.zeros((2, count, G, G, 2), np.float32)
    for t in range(len(X)):
        s = slot[t]
        x0, x1, x2, y0, y1, y2 = X[t, 0], X[t, 1], X[t, 2], Y[t, 0], Y[t, 1], Y[t, 2]
        area = (x1-x0)*(y2-y0)-(x2-x0)*(y1-y0)
        if abs(area) < 1e-12: continue
        i0, i1, i2 = 1/Z[t, 0], 1/Z[t, 1], 1/Z[t, 2]
        for py in range(max(0, int(np.ceil(min(y0, y1, y2)-.5))), min(G-1, int(np.floor(max(y0, y1, y2)-.5)))+1):
            for px in range(max(0, int(np.ceil(min(x0, x1, x2)-.5))), min(G-1, int(np.floor(max(x0, x1, x2)-.5)))+1):
                x, y = px+.5, py+.5
                b1 = ((x-x0)*(y2-y0)-(x2-x0)*(y-y0))/area
                b2 = ((x1-x0)*(y-y0)-(x-x0)*(y1-y0))/area
                if b1 < 0 or b2 < 0 or b1+b2 > 1: continue
                z = 1/((1-b1-b2)*i0+b1*i1+b2*i2)
                if z < near[s, py, px]:
                    near[s, py, px], first[s, py, px] = z, t
                    weight[0, s, py, px, 0], weight[0, s, py, px, 1] = b1*i1*z, b2*i2*z
                if z > far[s, py, px]:
                    far[s, py, px], last[s, py, px] = z, t
                    weight[1, s, py, px, 0], weight[1, s, py, px, 1] = b1*i1*z, b2*i2*z
    return near, far, first, last, weight


@njit(cache=True)
def normals(V, F, where, smooth):
    """Corner normals [m,3,3]: the face's, or the mean at the place (`where` [n]) except across creases of more than 60
    degrees."""
    total, face, out = np.zeros((where.max()+1, 3)), np.zeros((len(F), 3)), np.zeros((len(F), 3, 3))
    for t in range(len(F)):
        i, j, k = F[t]
        ax, ay, az = V[j, 0]-V[i, 0], V[j, 1]-V[i, 1], V[j, 2]-V[i, 2]
        bx, by, bz = V[k, 0]-V[i, 0], V[k, 1]-V[i, 1], V[k, 2]-V[i, 2]
        x, y, z = ay*bz-az*by, az*bx-ax*bz, ax*by-ay*bx
        for c in range(3):
            w = where[F[t, c]]
            total[w, 0] += x
            total[w, 1] += y
            total[w, 2] += z
        s = 1/max(np.sqrt(x*x+y*y+z*z), 1e-20)
        face[t, 0], face[t, 1], face[t, 2] = x*s, y*s, z*s
    for t in range(len(F)):
        for c in range(3):
            w = where[F[t, c]]
            x, y, z = total[w]
            s = 1/max(np.sqrt(x*x+y*y+z*z), 1e-20)
            if smooth and (x*face[t, 0]+y*face[t, 1]+z*face[t, 2])*s > .5:
                out[t, c, 0], out[t, c, 1], out[t, c, 2] = x*s, y*s, z*s
            else: out[t, c] = face[t]
    return out


@njit(cache=True, fastmath=True)
def inflated(alpha):
    """Half thickness of a mask blown up like a balloon, f32 [n,n] in units of half the frame: the root of u, where the
    Laplacian of u is -4 inside and u is 0 outside, which makes a ball of a disc. 200 rounds of over-relaxation in
    rows."""
    n = alpha.shape[0]
    u = np.zeros((n+2, n+2), np.float32)
    for _ in range(200):
        for y in range(n):
            for x in range(n):
                if alpha[y, x] > .5:
                    mean = (u[y, x+1]+u[y+2, x+1]+u[y+1, x]+u[y+1, x+2]+np.float32(4))*np.float32(.25)
                    u[y+1, x+1] += np.float32(1.9)*(mean-u[y+1, x+1])
    return np.sqrt(np.maximum(u[1:-1, 1:-1], 0))/(n/2)


def rotation(yaw, pitch):
    """Yaw > 0 turns the face towards image right; pitch > 0 looks down. Degrees."""
    a, b = np.radians([yaw, pitch])
    tilt = np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
    return tilt@np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])


def repainted(V, C, slot_of, rng):
    """Other linear colours [n,3]: hues exchanged, parts dyed, patterns that are not shape, now and then clay."""
    C, u = srgb(C), rng.random()
    if u < .06: C = np.tile(rng.uniform(.25, .95)+rng.normal(size=3)*.05, (len(C), 1))
    elif u < .16:  # painted at random, each part for itself
        for s in np.unique(slot_of):
            k = slot_of == s
            C[k] = rng.random(3)*(.6+.8*C[k].mean(1, keepdims=True))
    if rng.random() < .35: C = C[:, rng.permutation(3)]
    if rng.random() < .4: C = C*rng.uniform(.6, 1.35, 3)
    if rng.random() < .3:
        k = rng.uniform(0, .8)
        C = C@(np.eye(3)*k+(1-k)/3)
    if rng.random() < .12:  # bands or spots in space
        wave = np.sin(V@(rng.normal(size=(3, 2))*rng.uniform(5, 22))+rng.uniform(0, 6, 2)).mean(1)
        C = np.where((wave > rng.uniform(-.3, .6))[:, None], C*rng.uniform(.4, .9)+rng.random(3)*.3, C)
    return linear(C.clip(0, 1))


def warped(V, rng):
    """Other proportions [n,3]: stretched, stout or slender by height, leaning, bent, twisted and swollen, all of it
    smooth. What artists' figures have in common, their build and posture, is then nothing to go by."""
    V = V*np.exp(rng.normal(size=3)*.13)[[0, 1, 0 if rng.random() < .4 else 2]]
    y = V[:, 1]
    around = np.exp(.13*(rng.normal()*np.sin(2*y+rng.uniform(0, 6))+rng.normal()*np.sin(4*y+rng.uniform(0, 6))))
    V = V*np.stack([around, np.ones_like(y), around], 1)
    angle = rng.normal()*.15*y
    x, z = V[:, 0]*np.cos(angle)+V[:, 2]*np.sin(angle), V[:, 2]*np.cos(angle)-V[:, 0]*np.sin(angle)
    lean, bend = rng.normal(size=2)*[.05, .13], rng.normal(size=2)*[.05, .13]
    V = np.stack([x+lean[0]*y+bend[0]*y*y, y, z+lean[1]*y+bend[1]*y*y], 1)
    return V+np.sin(V@(rng.normal(size=(3, 3))*2.2)+rng.uniform(0, 6, 3))*rng.uniform(0, .05)


def damaged(image, rng):
    """Picture f32 [128,128,4] as people's photos and cut-outs are: blur, noise, JPEG, casts, and masks that are a
    little wrong."""
    rgb, alpha = image[..., :3], image[..., 3]
    ground = rng.random(3)
    full = rgb*alpha[..., None]+ground*(1-alpha[..., None])
    if rng.random() < .3:
        alpha = np.clip(
            (ndimage.gaussian_filter(alpha, rng.uniform(.4, 1.2))-rng.uniform(-.15, .15)-.5)
            * rng.uniform(1, 3)
            + .5,
            0,
            1,
        )
    if rng.random() < .25: full = ndimage.gaussian_filter(full, (*(rng.uniform(.3, 1.1),)*2, 0))
    if rng.random() < .4: full = np.clip(full, 0, 1)**rng.uniform(.65, 1.5)
    if rng.random() < .3: full = full*(1+rng.normal(size=3)*.08)
    if rng.random() < .35: full = full+rng.normal(size=full.shape)*rng.uniform(0, .07)
    out = (np.concatenate([full, alpha[..., None]], -1)*255+.5).clip(0, 255).astype(np.uint8)
    if rng.random() < .25:
        file = io.BytesIO()
        Image.fromarray(out[..., :3]).save(file, 'JPEG', quality=int(rng.integers(35, 90)))
        out = np.concatenate([np.asarray(Image.open(file)), out[..., 3:]], -1)
    return out


def camera(rng):
    """Yaw, pitch, angle of view in degrees."""
    u = rng.random()
    yaw = rng.uniform(-45, 45) if u < .6 else rng.uniform(-110, 110) if u < .8 else rng.uniform(-180, 180)
    return yaw, rng.uniform(-8, 28), rng.uniform(12, 45)


class Pool:
    """Figures of many shards, in memory; patterns are sampled by their share."""

    def __init__(self, patterns, shares=None):
        self.groups = [[z for f in sorted(glob.glob(p)) for z in [dict(np.load(f))]] for p in patterns]
        shares = np.array(shares or [1]*len(patterns), float)*[len(g) > 0 for g in self.groups]
        self.shares = shares/shares.sum()

    def pick(self, rng):
        group = self.groups[rng.choice(len(self.groups), p=self.shares)]
        z = group[rng.integers(len(group))]
        return z, rng.integers(len(z['name']))

    def figure(self, which):
        """Vertices [n,3], faces [m,3], linear colours [n,3], slot of each face [m], whether slots and the front are
        known."""
        z, i = which
        v, f = slice(*z['first_vertex'][i:i+2]), slice(*z['first_face'][i:i+2])
        return (
            z['vertex'][v]/FULL,
            z['face'][f].astype(np.int64),
            linear(z['colour'][v]/255),
            z['slot'][f].astype(np.int64),
            bool(z['labelled'][i]),
            bool(z['fronted'][i]),
        )

    def headed(self, V, F, C, S, rng):
        """The same with another figure's head, hair and hat, somewhat larger or smaller; as it is if either has
        none."""
        other = self.figure(self.pick(rng))
        v, f, c, s = other[:4]
        mine, its = np.isin(S, HEAD), np.isin(s, HEAD)
        if not other[4] or not mine.any() or not its.any(): return V, F, C, S
        a, b = (p[np.unique(q[p_s == HEAD[0]])] for p, q, p_s in ((V, F, S), (v, f, s)))
        if not len(a) or not len(b): return V, F, C, S
        foot = lambda p: np.array([(p[:, 0].min()+p[:, 0].max())/2, p[:, 1].min(), (p[:, 2].min()+p[:, 2].max())/2])
        size = np.ptp(a[:, 1])/max(np.ptp(b[:, 1]), 1e-3)*np.exp(rng.normal()*.2)
        v = (v-foot(b))*size+foot(a)
        return (
            np.concatenate([V, v]),
            np.concatenate([F[~mine], f[its]+len(V)]),
            np.concatenate([C, c]),
            np.concatenate([S[~mine], s[its]]),
        )

    def view(self, rng, which, angles=None, clean=False):
        """A view, or None if too little is seen; with the `angles` of a camera instead of random ones; `clean`: as it
        is, undamaged."""
        V, F, C, S, labelled, fronted = self.figure(which)
        if not clean and rng.random() < .5: V, F, S = V*[-1, 1, 1], F[:, ::-1], np.array(SWAP)[S]
        if not clean and labelled and rng.random() < .3: V, F, C, S = self.headed(V, F, C, S, rng)
        slot_of = np.zeros(len(V), int)
        slot_of[F] = S[:, None]
        if not clean:
            C = repainted(V, C, slot_of, rng)
            if rng.random() < .7: V = warped(V, rng)
        yaw, pitch, fov = angles or camera(rng)
        shot = shoot(V, F, C, S, yaw, pitch, fov, rng, cut=not clean and rng.random() < .15)
        if shot is None: return None
        image, index, depth, colour = shot
        y, p = np.radians([yaw, pitch])
        image = (image*255+.5).astype(np.uint8) if clean else damaged(image, rng)
        return image, index, depth, colour, np.array([np.sin(y), np.cos(y), p, labelled, fronted], np.float32)


def shoot(V, F, C, S, yaw, pitch, fov, rng, cut):
    """Picture f32 [128,128,4], index, depth and colour of the maps."""
    R = rotation(yaw, pitch)
    Q = V@R.T
    eye = 1.1/np.sin(np.radians(fov/2))
    Z = eye-Q[:, 2]
    x, y = Q[:, 0]/Z, -Q[:, 1]/Z
    used = np.unique(F)
    low, keep = y[used].max(), np.ones(len(used), bool)
    cut = cut and np.ptp(y[used]) > 1.2*np.ptp(x[used])
    if cut:  # as most photos of people end
        low = y[used].min()+rng.uniform(.4, .75)*np.ptp(y[used])
        keep = y[used] < low
    x0, x1, y0 = x[used][keep].min(), x[used][keep].max(), y[used].min()
    half = max(x1-x0, low-y0)/2*PAD*(rng.uniform(.985, 1.03))
    cx, cy = (x0+x1)/2, (y0+low)/2
    u, v = (x-cx+half)/(2*half), (y-cy+half)/(2*half)
    Xs, Ys, Zs = u[F], v[F], Z[F]
    light = random_light(rng)
    _, where = np.unique((V*2e4).round().astype(np.int64)@np.array([1, 1 << 20, 1 << 40]), return_inverse=True)
    hit, bary = rasterize(Xs*SIDE*2, Ys*SIDE*2, Zs, SIDE*2, SIDE*2)
    if cut: hit[int((low-cy+half)/(2*half)*SIDE*2):] = -1
    toward = np.array(light.direction)/np.linalg.norm(light.direction)
    image = shade(
        hit,
        bary,
        Q[F],
        normals(V, F, where.reshape(-1), light.smooth)@R.T,
        C[F],
        R@np.array([0, 1., 0]),
        eye,
        toward,
        np.array(light.key),
        np.array(light.sky),
        np.array(light.ground),
        light.gloss,
        light.shine,
        2,
    )
    if (image[..., 3] > .5).sum() < 150: return None
    near, far, first, last, weight = sheets(Xs*GRID, Ys*GRID, Zs, S, len(SLOTS), GRID)
    if cut: first[:, int((low-cy+half)/(2*half)*GRID+.5):] = -1
    index = np.flatnonzero(first.reshape(-1) >= 0).astype(np.int32)
    if len(index) < 40: return None
    z = np.stack([near.reshape(-1)[index], far.reshape(-1)[index]], 1)
    pixel = index % GRID**2
    a, b = np.full(GRID**2, 1e9), np.full(GRID**2, -1e9)
    np.minimum.at(a, pixel, z[:, 0]), np.maximum.at(b, pixel, z[:, 1])
    middle = np.median(((a+b)/2)[a < 1e9])
    depth = ((middle-z)/(half*middle)).astype(np.float32)
    colour = np.zeros((len(index), 6), np.uint8)
    for k, hits in enumerate((first, last)):
        t, w = hits.reshape(-1)[index], weight[k].reshape(-1, 2)[index]
        w = np.concatenate([1-w.sum(1, keepdims=True), w], 1)
        colour[:, 3*k:3*k+3] = (srgb((C[F[t]]*w[..., None]).sum(1))*255+.5).clip(0, 255).astype(np.uint8)
    return image, index, depth, colour


def sheet(path, pool, seed, rows=8, columns=6):
    """Random views beside the maps of the whole: picture, near, thickness, slots."""
    rng, tiles = np.random.default_rng(seed), []
    palette = np.array(
        [[int(c*255) for c in __import__('colorsys').hsv_to_rgb(i/11, 0.7, 0.95)] for i in range(11)], np.uint8
    )
    while len(tiles) < rows*columns:
        shot = pool.view(rng, pool.pick(rng))
        if shot is None: continue
        image, index, depth, colour, _ = shot
        a = image[..., 3:]/255
        near, part = np.full(GRID**2, -9., np.float32), np.full((GRID**2, 3), 255, np.uint8)
        far = np.full(GRID**2, 9., np.float32)
        for s, p, d in zip(index//GRID**2, index % GRID**2, depth):
            if d[0] > near[p]: near[p], part[p] = d[0], palette[s]
            far[p] = min(far[p], d[1])
        grey = lambda t: np.where(near > -9, np.clip(t, 0, 1)*230, 255).astype(np.uint8)
        big = lambda t: np.kron(t.reshape(GRID, GRID, -1), np.ones((2, 2, 1), np.uint8))
        gray3 = lambda t: np.repeat(big(grey(t)), 3, 2)
        tiles.append(
            np.concatenate(
                [
                    (image[..., :3]*a+255*(1-a)).astype(np.uint8),
                    gray3(near/1.4+.5),
                    gray3((near-far)/1.5),
                    big(part),
                ],
                1,
            )
        )
    Image.fromarray(np.concatenate([np.concatenate(tiles[i::rows], 1) for i in range(rows)])).save(path)


if __name__ == '__main__': sheet(sys.argv[1], Pool(sys.argv[2:]), 1)
