"""Random solids, grown on one another and mostly mirror-symmetric: shapes of no kind at all, in the manner of
LRM-Zero.

    vertices, faces, colours = composite(rng)       # [n,3] in no particular frame, [m,3], linear [n,3]
"""
import numpy as np


def grid(rows, columns):
    """Faces of a closed grid of `rows` rings of `columns` vertices, between a first and a last vertex."""
    j, k = np.arange(columns), (np.arange(columns)+1) % columns
    ring = lambda r: 1+r*columns
    faces = [np.stack([np.zeros(columns, int), ring(0)+k, ring(0)+j], 1)]
    for r in range(rows-1):
        a, b, c, d = ring(r)+j, ring(r)+k, ring(r+1)+j, ring(r+1)+k
        faces += [np.stack([a, b, c], 1), np.stack([b, d, c], 1)]
    last = ring(rows)
    faces.append(np.stack([ring(rows-1)+j, ring(rows-1)+k, np.full(columns, last)], 1))
    return np.concatenate(faces)


def signed_power(x, e): return np.sign(x)*np.abs(x)**e


def superquadric(rng, rows=14, columns=22):
    """From sphere over cylinder to box and spindle (Barr 1981), axis z, within [-1,1]^3."""
    e, n = rng.choice([1, 1, .25, .5, rng.uniform(.15, 2)], 2)
    v, u = np.linspace(-np.pi/2, np.pi/2, rows+2)[1:-1, None], np.linspace(-np.pi, np.pi, columns, endpoint=False)
    ring = signed_power(np.cos(v), e)
    body = np.stack(
        [ring*signed_power(np.cos(u), n), ring*signed_power(np.sin(u), n), signed_power(np.sin(v), e)+0*u], -1
    )
    return np.concatenate([[[0, 0, -1]], body.reshape(-1, 3), [[0, 0, 1]]]), grid(rows, columns)


def turned(rng, rows=14, columns=20):
    """A surface of revolution with a random profile."""
    knots = np.r_[0, rng.uniform(.25, 1, 5), 0]
    at = np.linspace(0, 6, rows+2)[1:-1]
    radius = (
        np.interp(at, np.arange(7), knots)
        if rng.random() < .5
        else np.interp(at, np.arange(7), np.convolve(knots, [0.25, 0.5, 0.25], 'same'))
    )
    u = np.linspace(-np.pi, np.pi, columns, endpoint=False)
    body = np.stack([radius[:, None]*np.cos(u), radius[:, None]*np.sin(u), (at/3-1)[:, None]+0*u], -1)
    return np.concatenate([[[0, 0, -1]], body.reshape(-1, 3), [[0, 0, 1]]]), grid(rows, columns)


def torus(rng, rows=12, columns=26):
    small = rng.uniform(.12, .4)
    v, u = np.linspace(0, 2*np.pi, rows, endpoint=False)[:, None], np.linspace(0, 2*np.pi, columns, endpoint=False)
    r = 1-small+small*np.cos(v)
    i = np.arange(rows*columns).reshape(rows, columns)
    a, b, c, d = i, np.roll(i, -1, 1), np.roll(i, -1, 0), np.roll(np.roll(i, -1, 0), -1, 1)
    faces = np.concatenate([np.stack([a, b, c], -1).reshape(-1, 3), np.stack([b, d, c], -1).reshape(-1, 3)])
    return np.stack([r*np.cos(u), r*np.sin(u), small*np.sin(v)+0*u], -1).reshape(-1, 3), faces


def rotation(rng, z=None):
    """A random rotation whose third axis is along z, if that is given."""
    a, b = rng.normal(size=3), rng.normal(size=3) if z is None else z
    b = b/np.linalg.norm(b)
    a -= b*(a@b)
    a /= np.linalg.norm(a)
    return np.stack([a, np.cross(b, a), b], 1)


def deformed(rng, v):
    """Tapered, bent and lumpy, each now and then."""
    reach = max(np.abs(v[:, 2]).max(), .1)
    if rng.random() < .4: v = v*np.c_[np.tile(1-rng.uniform(-.5, .8)*(v[:, 2:]/reach+1)/2, 2), np.ones(len(v))]
    if rng.random() < .4:
        a = rng.uniform(-1.2, 1.2)/reach*v[:, 2]
        v = np.stack([v[:, 0]*np.cos(a)-v[:, 2]*np.sin(a)*.5, v[:, 1], v[:, 2]*np.cos(a*.5)+v[:, 0]*np.sin(a)*.5], 1)
    if rng.random() < .5:
        k = rng.normal(size=(4, 3))*rng.uniform(3, 12)
        v = v*(1+rng.uniform(0, .12)*np.sin(v@k.T+rng.uniform(0, 6, 4)).mean(1, keepdims=True)*2)
    return v


def painted(rng, v, base):
    """Linear colours [n,3]: plain, in bands, or from one colour to another."""
    c, u = np.clip(base+rng.normal(size=3)*.15, 0, 1)*np.ones((len(v), 3)), rng.random()
    if u < .4:
        c[np.sin(v@(rng.normal(size=3)*rng.uniform(2, 9))+rng.uniform(0, 6)) > rng.uniform(-.7, .7)] = (
            rng.random(3)
        )
    elif u < .6:
        t = v@rng.normal(size=3)
        t = ((t-t.min())/(np.ptp(t)+1e-6))[:, None]
        c = c*(1-t)+rng.random(3)*t
    return c.clip(0, 1)**2.2


def composite(rng):
    vertices, faces, colours, count = [], [], [], 0
    symmetric, base, places, normals = rng.random() < .75, rng.random(3), np.zeros((0, 3)), np.zeros((0, 3))
    for i in range(rng.integers(1, 9)):
        v, f = (superquadric, superquadric, turned, turned, torus)[rng.integers(5)](rng)
        size = np.exp(rng.normal(0, .45, 3))*(.5 if i == 0 else rng.uniform(.12, .4))
        v = deformed(rng, v*size)
        if i == 0: v = v@(rotation(rng) if rng.random() < .5 else np.eye(3)[:, rng.permutation(3)]).T
        else:
            j = rng.integers(len(places))
            z = normals[j]+rng.normal(size=3)*.4
            v = v@rotation(rng, z).T+places[j]+z/np.linalg.norm(z)*size[2]*rng.uniform(0, .9)
        twice = symmetric and i > 0 and rng.random() < .75
        c = painted(rng, v, base if rng.random() < .5 else rng.random(3))
        if symmetric and not twice: v = v-[v[:, 0].mean(), 0, 0]
        for side in (1, -1) if twice else (1,):
            w = v*[side, 1, 1]
            vertices.append(w), colours.append(c), faces.append((f if side == 1 else f[:, ::-1])+count)
            count += len(v)
            T = w[f]
            n = np.cross(T[:, 1]-T[:, 0], T[:, 2]-T[:, 0])*side
            n /= np.linalg.norm(n, axis=1, keepdims=True)+1e-9
            n *= np.sign(((T.mean(1)-w.mean(0))*n).sum(1).mean()) or 1
            k = rng.choice(len(T), min(80, len(T)), replace=False)
            places, normals = np.concatenate([places, T[k].mean(1)]), np.concatenate([normals, n[k]])
    return np.concatenate(vertices), np.concatenate(faces), np.concatenate(colours)
