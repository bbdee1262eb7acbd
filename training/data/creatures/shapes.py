"""Closed triangle meshes in microseconds: tubes, lumps, blocks, lathe work, sheets with a thickness, plates.

A mesh is (V [n,3], F [m,3]). Nearly all are stacked rings between two poles, and share their faces.
`R` is a 3x3 matrix whose columns are the mesh's own axes. `Figure.add` turns faces outward, so no builder has to care.
"""
from contextlib import contextmanager
from functools import lru_cache
import numpy as np
from numba import njit


class Solid(tuple):
    """A mesh (V, F) that knows of what it was made: `kind` and the `values` its builder was given."""

    def __new__(cls, mesh, kind, **values):
        self = super().__new__(cls, mesh)
        self.kind, self.values = kind, values
        return self


_fine = 1.


@contextmanager
def fineness(k):
    """Builds with k times as many rings and sides."""
    global _fine
    old, _fine = _fine, k
    try: yield
    finally: _fine = old


def fine(n, least): return max(int(n*_fine+.5), min(n, least))


def vec(*a): return np.array(a, float)


def unit(v):
    return v/(np.sqrt(v@v)+1e-12)


def cross(a, b):
    return vec(a[1]*b[2]-a[2]*b[1], a[2]*b[0]-a[0]*b[2], a[0]*b[1]-a[1]*b[0])


def axes(y, z=None):
    """Rotation whose y column is the direction `y` and whose z column is as near to `z` as it can be."""
    y = unit(np.asarray(y, float))
    z = vec(0, 0, 1) if z is None else unit(np.asarray(z, float))
    if abs(y@z) > .97: z = vec(0, 1, 0) if abs(y[1]) < .9 else vec(0, 0, -1 if y[1] > 0 else 1)
    x = unit(cross(y, z))
    return np.stack([x, y, cross(x, y)], 1)


def turn(yaw=0., pitch=0., roll=0.):
    """Rotation from angles in radians: roll about z, then pitch about x (nose down), then yaw about y (to the
    left)."""
    a, b, c = np.cos([yaw, pitch, roll])
    d, e, f = np.sin([yaw, pitch, roll])
    return vec([a, 0, d], [0, 1, 0], [-d, 0, a])@vec([1, 0, 0], [0, b, -e], [0, e, b])@vec([c, -f, 0], [f, c, 0],
        [0, 0, 1])


def bend(a, b, n1, n2, hint):
    """Knee or elbow of a limb of lengths n1 and n2 from `a` towards `b`, bent to `hint`; and where the limb ends."""
    d = b-a
    far = np.sqrt(d@d)+1e-9
    d = d/far
    far = min(far, (n1+n2)*.995)
    k = (n1*n1-n2*n2+far*far)/(2*far)
    side = unit(hint-d*(hint@d))
    return a+d*k+side*np.sqrt(max(n1*n1-k*k, 0)), a+d*far


@lru_cache(None)
def ring_faces(rows, cols):
    """Faces of `rows` rings of `cols` vertices, then the poles before the first and after the last ring."""
    i, j = np.arange(cols), (np.arange(cols)+1) % cols
    F = [np.stack([i, j, np.full(cols, rows*cols)], 1)]
    for r in range(rows-1):
        a, b = r*cols, (r+1)*cols
        F += [np.stack([a+i, b+i, b+j], 1), np.stack([a+i, b+j, a+j], 1)]
    return np.concatenate(F+[np.stack([(rows-1)*cols+j, (rows-1)*cols+i, np.full(cols, rows*cols+1)], 1)])


def rings(X, first=None, last=None):
    """Mesh of rings X [rows, cols, 3] and two poles, by default the middles of the end rings."""
    rows, cols, _ = X.shape
    V = np.empty((rows*cols+2, 3))
    V[:-2] = X.reshape(-1, 3)
    V[-2] = X[0].mean(0) if first is None else first
    V[-1] = X[-1].mean(0) if last is None else last
    return Solid((V, ring_faces(rows, cols)), 'rings')


@lru_cache(None)
def circle(cols, square=1.):
    """[cols, 2]: a circle, for square < 1 on the way to a square."""
    a = (np.arange(cols)+.5)*2*np.pi/cols
    c = np.stack([np.cos(a), np.sin(a)], 1)
    return np.sign(c)*np.abs(c)**square


@lru_cache(None)
def spline(k, rows):
    """Catmull-Rom through k points at `rows` places: a matrix [rows, k]."""
    B = np.zeros((rows, k))
    for r, t in enumerate(np.linspace(0, k-1, rows)):
        i = min(int(t), k-2)
        t -= i
        for j, w in zip((i-1, i, i+1, i+2), (-t+2*t*t-t**3, 2-5*t*t+3*t**3, t+4*t*t-3*t**3, t**3-t*t)):
            B[r, min(max(j, 0), k-1)] += w/2
    return B


@njit(cache=True)
def _sweep(P, R, up, outline, cap, round0, round1):
    """Rings along the path P [k,3] with radii R [k,2], `cap` more at each end, and the poles."""
    k, m = len(P), len(outline)
    X, poles = np.empty((k+2*cap, m, 3)), np.empty((2, 3))
    A = np.zeros(3)
    for i in range(k):
        T = P[min(i+1, k-1)]-P[max(i-1, 0)]
        T = T/(np.sqrt((T*T).sum())+1e-12)
        A = np.cross(up, T) if i == 0 else A-T*(A*T).sum()
        A = A/(np.sqrt((A*A).sum())+1e-12)
        B = np.cross(T, A)
        for j in range(m): X[cap+i, j] = P[i]+A*(R[i, 0]*outline[j, 0])+B*(R[i, 1]*outline[j, 1])
        if i == 0 or i == k-1:
            s, e = (-1., round0) if i == 0 else (1., round1)
            r = min(R[i, 0], R[i, 1])*e
            for c in range(cap):
                a = (c+1)/(cap+1)*np.pi/2
                row = cap-1-c if i == 0 else cap+k+c
                q = np.cos(a)
                for j in range(m):
                    X[row, j] = P[i]+T*(s*r*np.sin(a))+A*(R[i, 0]*q*outline[j, 0])+B*(R[i, 1]*q*outline[j, 1])
            poles[0 if i == 0 else 1] = P[i]+T*(s*r)
    return X, poles


def tube(points, radii, sides=11, rows=None, up=None, ends=(1., 1.), square=1., smooth=True):
    """Swept along a spline. points [k,3]; radii [k] or [k,2]: across, and towards `up`; ends 0 (flat) to 1 (round)."""
    P, R = np.asarray(points, float), np.asarray(radii, float)
    if R.ndim == 1: R = np.stack([R, R], 1)
    if smooth and len(P) > 2:
        B = spline(len(P), fine(max(int(.75*rows), len(P)) if rows else 2*len(P)+1, len(P)))
        P, R = B@P, B@R
    elif rows:
        t = np.linspace(0, 1, rows)[:, None]
        P, R = P[:1]*(1-t)+P[-1:]*t, R[:1]*(1-t)+R[-1:]*t
    sides = fine(sides, 5)
    d = unit(P[-1]-P[0])
    if up is None: up = vec(0, 0, 1) if abs(d[1]) > .7 else vec(0, 1, 0)
    t = unit(P[1]-P[0])
    if abs(t@up) > .98: up = vec(0, 0, 1) if abs(t[2]) < .9 else vec(0, 1, 0)
    cap = 2 if sides > 8 and max(ends) > .3 else 1
    X, poles = _sweep(P, np.maximum(R, 1e-4), np.asarray(up, float), circle(sides, square), cap, float(ends[0]),
                      float(ends[1]))
    up = np.asarray(up, float)
    return Solid(rings(X, poles[0], poles[1]), 'tube', P=P, radii=R, up=up, square=square, ends=ends)


def cone(a, b, r0, r1=0., sides=10, **o):
    """Straight, from `a` to `b`."""
    return tube([a, b], [r0, r1], sides, ends=o.pop('ends', (.3, 1)), **o)


@lru_cache(None)
def _ball(rows, cols, e1, e2):
    a = (np.arange(rows)+.7)/(rows+.4)*np.pi-np.pi/2
    power = lambda x, e: np.sign(x)*np.abs(x)**e
    c, s = power(np.cos(a), e1), power(np.sin(a), e1)
    o = circle(cols, e2)
    X = np.stack([c[:, None]*o[:, 0], np.repeat(s[:, None], cols, 1), c[:, None]*o[:, 1]], 2)
    return rings(X, vec(0, -1, 0), vec(0, 1, 0))


def lump(centre, radii, R=None, e=(1., 1.), detail=12, taper=0.):
    """Superellipsoid: e = (1, 1) a ball, towards 0 a box, 2 a diamond; e[0] seen from the side, e[1] from above.
    taper > 0 narrows the upper end."""
    detail = fine(detail, 4)
    U, F = _ball(detail-2, int(detail*1.4), float(e[0]), float(e[1]))
    V = U*np.asarray(radii, float)
    if taper: V[:, ::2] *= 1-taper*U[:, 1:2]
    V = (V if R is None else V@R.T)+centre
    return Solid((V, F), 'lump', centre=centre, R=R, radii=radii, e=e, taper=taper)


def block(centre, half, R=None, edge=.2, k=2):
    """A box with rounded edges: `edge` is the share of the smallest half that is round."""
    half = np.asarray(half, float)
    r = half.min()*edge
    q = (np.arange(k+1)/k)*np.pi/2
    lon = np.concatenate([q+i*np.pi/2 for i in range(4)])
    lat = np.concatenate([q-np.pi/2+.02, q-.02])
    sx = np.repeat([1, -1, -1, 1], k+1)
    sz = np.repeat([1, 1, -1, -1], k+1)
    sy = np.repeat([-1, 1], k+1)
    inner = half-r
    X = np.empty((2*k+2, 4*k+4, 3))
    X[..., 0] = sx*inner[0]+r*np.cos(lat)[:, None]*np.cos(lon)
    X[..., 1] = (sy*inner[1]+r*np.sin(lat))[:, None]
    X[..., 2] = sz*inner[2]+r*np.cos(lat)[:, None]*np.sin(lon)
    V, F = rings(X)
    V = (V if R is None else V@R.T)+centre
    return Solid((V, F), 'lump', centre=centre, R=R, radii=half, e=(edge, edge), taper=0.)


def lathe(profile, centre=(0, 0, 0), R=None, cols=20, rows=None, square=1., squash=1.):
    """Turned about y: profile [k,2] of radius and height, upwards; with `rows` smooth through its points."""
    p = np.asarray(profile, float)
    if rows: p = spline(len(p), fine(rows, len(p)))@p
    cols = fine(cols, 8)
    o = circle(cols, square)*vec(1, squash)
    r = np.maximum(p[:, 0], 1e-4)
    X = np.stack([r[:, None]*o[:, 0], np.repeat(p[:, 1:], cols, 1), r[:, None]*o[:, 1]], 2)
    V, F = rings(X)
    V = (V if R is None else V@R.T)+np.asarray(centre, float)
    return Solid((V, F), 'rings', sharp=not rows)


@lru_cache(None)
def _shell_faces(r, c):
    g = np.arange(r*c).reshape(r, c)
    q = np.stack([g[:-1, :-1], g[1:, :-1], g[1:, 1:], g[:-1, 1:]], -1).reshape(-1, 4)
    rim = np.concatenate([g[0, :-1], g[:-1, -1], g[-1, :0:-1], g[:0:-1, 0]])
    nxt, n = np.roll(rim, -1), r*c
    side = np.concatenate([np.stack([rim, nxt, nxt+n], 1), np.stack([rim, nxt+n, rim+n], 1)])
    return np.concatenate([q[:, [0, 1, 2]], q[:, [0, 2, 3]], q[:, [0, 2, 1]]+n, q[:, [0, 3, 2]]+n, side])


def sheet(X, thick):
    """A curved grid X [r,c,3] made solid: `thick` in the middle, thinner at its borders."""
    r, c, _ = X.shape
    D, E = np.empty_like(X), np.empty_like(X)
    D[1:-1], D[0], D[-1] = X[2:]-X[:-2], X[1]-X[0], X[-1]-X[-2]
    E[:, 1:-1], E[:, 0], E[:, -1] = X[:, 2:]-X[:, :-2], X[:, 1]-X[:, 0], X[:, -1]-X[:, -2]
    N = np.empty_like(X)
    for i, j, k in ((0, 1, 2), (1, 2, 0), (2, 0, 1)): N[..., i] = D[..., j]*E[..., k]-D[..., k]*E[..., j]
    N /= np.sqrt((N*N).sum(-1, keepdims=True))+1e-9
    w = np.full((r, c, 1), thick/2)
    w[0] *= .4; w[-1] *= .4; w[:, 0] *= .4; w[:, -1] *= .4
    V = np.concatenate([(X+N*w).reshape(-1, 3), (X-N*w).reshape(-1, 3)])
    return Solid((V, _shell_faces(r, c)), 'sheet', X=X, thick=thick)


def ruled(A, B, thick, rows=5, bulge=None):
    """A sheet between two curves A, B [k,3], with `bulge` [3] added to its middle."""
    t = np.linspace(0, 1, rows)[:, None, None]
    X = np.asarray(A)[None]*(1-t)+np.asarray(B)[None]*t
    if bulge is not None: X = X+4*t*(1-t)*np.asarray(bulge)
    return sheet(X, thick)


def plate(outline, thick, centre=(0, 0, 0), R=None, puff=0., bevel=.08):
    """Star-shaped outline [n,2] in x and y, made `thick` along z, its edges bevelled; puff > 0 swells the middle."""
    o = np.asarray(outline, float)
    m = o.mean(0)
    X = np.zeros((6, len(o), 3))
    for row, (s, z) in enumerate([(.5, .5+puff*.75), (1-bevel, .5), (1, .2), (1, -.2), (1-bevel, -.5),
                                  (.5, -.5-puff*.75)]):
        X[row, :, :2], X[row, :, 2] = m+(o-m)*s, z*thick
    V, F = rings(X, vec(m[0], m[1], (.5+puff)*thick), vec(m[0], m[1], -(.5+puff)*thick))
    V = (V if R is None else V@R.T)+np.asarray(centre, float)
    return Solid((V, F), 'rings', sharp=True)


def star(n, r, q, phase=0.):
    """Outline of a star of n points, r out and q in."""
    a = np.arange(2*n)*np.pi/n+np.pi/2+phase
    k = np.where(np.arange(2*n) % 2, q, r)
    return np.stack([np.cos(a)*k, np.sin(a)*k], 1)


@lru_cache(None)
def _loop_faces(n, m):
    a = np.arange(n*m).reshape(n, m)
    b, c = np.roll(a, -1, 0), np.roll(a, -1, 1)
    d = np.roll(b, -1, 1)
    return np.concatenate([np.stack([a, b, d], -1).reshape(-1, 3), np.stack([a, d, c], -1).reshape(-1, 3)])


def hoop(centre, rx, rz, r, R=None, n=20, sides=8, flat=1.):
    """A ring around y of radii rx and rz, its wire of radius r, `flat` times as high as wide."""
    n, sides = fine(n, 8), fine(sides, 4)
    a = np.arange(n)*2*np.pi/n
    c = circle(sides)
    w = r*c[:, 0]
    X = np.stack([np.cos(a)[:, None]*(rx+w), np.repeat((r*flat*c[:, 1])[None], n, 0), np.sin(a)[:, None]*(rz+w)], 2)
    V = X.reshape(-1, 3)
    V = (V if R is None else V@R.T)+np.asarray(centre, float)
    return Solid((V, _loop_faces(n, sides)), 'hoop', centre=centre, R=R, rx=rx, rz=rz, r=r, flat=flat)


def wavy(mesh, amount, k, phase):
    """Low bumps: places moved by `amount` times sines of wave vectors k [3,3] and phases [3]."""
    V, F = mesh
    return V+amount*np.sin(V@k+phase), F


@njit(cache=True)
def volume(V, F):
    """Signed volume."""
    v = 0.
    for t in range(len(F)):
        a, b, c = V[F[t, 0]], V[F[t, 1]], V[F[t, 2]]
        v += (a[0]*(b[1]*c[2]-b[2]*c[1])+a[1]*(b[2]*c[0]-b[0]*c[2])+a[2]*(b[0]*c[1]-b[1]*c[0]))/6
    return v


class Lump:
    """A superellipsoid to build upon: where its surface is in a direction, and which way is out."""

    def __init__(self, centre, radii, e=(1., 1.)):
        self.c, self.r, self.e = np.asarray(centre, float), np.asarray(radii, float), e

    def mesh(self, detail=14, **o): return lump(self.c, self.r, e=self.e, detail=detail, **o)

    def at(self, x, y, z=1.):
        """Place and outward direction where the ray from the middle to (x, y, z), in radii, leaves."""
        e1, e2 = max(self.e[0], .08), max(self.e[1], .08)
        d = np.abs(vec(x, y, z))+1e-9
        f = (d[0]**(2/e2)+d[2]**(2/e2))**(e2/e1)+d[1]**(2/e1)
        p = vec(x, y, z)*f**(-e1/2)
        n = np.sign(p)*np.abs(p)**(2/max(min(e1, e2), .35)-1)/self.r
        return self.c+p*self.r, unit(n)

    def front(self, x, y):
        """The front of the surface over (x, y), both in radii."""
        e1, e2 = max(self.e[0], .08), max(self.e[1], .08)
        k = max(1-abs(y)**(2/e1), 1e-6)**(e1/e2)-abs(x)**(2/e2)
        return self.at(x, y, max(k, 1e-3)**(e2/2))
