"""A figure as a sequence of primitives: closed solids of a few numbers each, in the order in which it is built.

A primitive is a row: what it is, which part it belongs to (SLOTS), whether its mirror image is there, too, which
colours it has at its beginning and at its end, and numbers, of which each kind has its own (`NUMBERS`). Places are in
the model's frame (+Y up, facing +Z, left +X), sizes are halves. A colour is a row of its own before the first one that
has it, three numbers sRGB 0..1; others tell it by how many came before it.

    lump      centre, rotation vector, log radii, exponents of a superellipsoid, taper (`shapes.lump`)
    tube      first of POINTS places, steps to the others, log radii across and up of each, roll, square, ends
    rings     first of SECTIONS centres, rotation vector, steps to the others, of each log half axes and how far these
              lean, and whether it has corners
    hoop      centre, rotation vector, log radii of the ring, log radius of the wire, log of its height over its width
    sheet     middle, 3 x 3 places beside it, log of the thickness

Each ends with where between its beginning and its end, 0..1, the one colour becomes the other.
"""
import numpy as np
from scipy.spatial.transform import Rotation
from data.colour import srgb
from data.creatures import shapes
from data.creatures.figure import middle_and_scale
from data.slots import SLOTS, SWAP

LUMP, TUBE, RINGS, HOOP, SHEET, COLOUR, END = range(7)
POINTS, SECTIONS = 4, 6
SHAPE = [3+3+3+2+1, 3+3*(POINTS-1)+2*POINTS+1+1+2, 3+3+3*(SECTIONS-1)+4*SECTIONS+1, 3+3+2+1+1, 3+27+1]
NUMBERS = [n+1 for n in SHAPE]+[3, 0]
PAINT = 7  # numbers of a solid beside its shape: both colours, and where the one becomes the other
PALETTE, ALIKE = 24, .02  # colours of a figure; those nearer to each other than this are one
MOST, WIDE = max(NUMBERS), max(SHAPE)+PAINT  # numbers of a row, and of a solid with its colours
LEAST = 1e-3  # of a radius
SOFT = .15  # share of its length over which a primitive's colours change


def log(r): return np.log(np.maximum(np.asarray(r, float), LEAST))


def resampled(X, n):
    """n rows of X [k, ..] at equal distances in k."""
    t = np.linspace(0, len(X)-1, n)
    i = np.minimum(t.astype(int), len(X)-2) if len(X) > 1 else np.zeros(n, int)
    f = (t-i).reshape(-1, *[1]*(X.ndim-1))
    return X[i]*(1-f)+X[np.minimum(i+1, len(X)-1)]*f


def vector(R):
    """Rotation vector of a matrix that may mirror: the axis along z is turned over then."""
    R = R/np.linalg.norm(R, axis=0)
    if np.linalg.det(R) < 0: R = R*[1, 1, -1]
    return Rotation.from_matrix(R).as_rotvec()


def matrix(v): return Rotation.from_rotvec(v).as_matrix()


def described(solid, R, t):
    """A kind, and the numbers without colours, of a mesh of `shapes` moved by x -> R x + t, where R may be scaled."""
    k = abs(np.linalg.det(R))**(1/3)
    v, kind = getattr(solid, 'values', {}), getattr(solid, 'kind', 'rings')
    turned = lambda: vector(R if v['R'] is None else R@v['R'])
    place = lambda: R@np.broadcast_to(np.asarray(v['centre'], float), 3)+t
    if kind == 'lump':
        radii = np.broadcast_to(v['radii'], 3)*k
        return LUMP, [*place(), *turned(), *log(radii), *v['e'], v['taper']]
    if kind == 'hoop':
        return HOOP, [*place(), *turned(), *log(np.array([v['rx'], v['rz'], v['r']])*k), log(v['flat'])]
    if kind == 'sheet':
        X = resampled(resampled(v['X'], 3).swapaxes(0, 1), 3).swapaxes(0, 1).reshape(9, 3)@R.T+t
        middle = X.mean(0)
        return SHEET, [*middle, *(X-middle).ravel(), log(v['thick']*k)]
    if kind == 'tube':
        P = resampled(v['P'], POINTS)@R.T+t
        radii = log(resampled(v['radii'], POINTS)*k).ravel()
        return TUBE, [*P[0], *np.diff(P, axis=0).ravel(), *radii, roll(P, R@v['up']/k), v['square'], *v['ends']]
    V, F = solid
    cols = int((F[:, 2] == len(V)-2).sum())
    return RINGS, sections(V@R.T+t, (len(V)-2)//cols, cols, v.get('sharp', False))


def paint(C):
    """The colours and the place between them of vertices with linear colours C [n, 3], from one end to the other."""
    n = max(len(C)//8, 1)
    a, b = srgb(np.clip(np.median(C[:n], 0), 0, 1)), srgb(np.clip(np.median(C[-n:], 0), 0, 1))
    d = b-a
    if d@d < 1e-3:
        mean = srgb(np.clip(C.mean(0), 0, 1))
        return [*mean, *mean, .5]
    share = np.clip((srgb(np.clip(C, 0, 1))-a)@d/(d@d), 0, 1)
    return [*a, *b, 1-share.mean()]


def rows(figure):
    """(kind, slot, mirror, numbers) of all that a Figure of data/creatures is made of, in its box."""
    middle, k = middle_and_scale(*figure.box())
    out = []
    for (mesh_, R, t), (slot, V, _, C) in zip(figure.made, figure.pieces):
        kind, n = described(mesh_, R*k, (t-middle)*k)
        C = np.broadcast_to(C, V.shape)
        out.append((kind, SLOTS.index(slot), 0, np.r_[n, paint(C if kind == SHEET else C[:-2])]))
    return paired(out)


def paired(rows, near=2e-3):
    """The same with each two that are mirror images, one of them on the left, made one."""
    out, gone = [], set()
    for i, (kind, slot, _, n) in enumerate(rows):
        if i in gone: continue
        other, m = mirrored(kind, slot, n)
        twin = next((j for j in range(i+1, len(rows)) if j not in gone and rows[j][:2] == (kind, other)
                     and np.abs(rows[j][3]-m).max() < near), None) if abs(n[0]) > near else None
        if twin is not None:
            gone.add(twin)
            if n[0] < 0: slot, n = rows[twin][1], rows[twin][3]
        out.append((kind, slot, int(twin is not None), n))
    return out


def across(P):
    """Where a tube's first radius points if it is not rolled, and its direction."""
    T = shapes.unit(P[1]-P[0])
    up = np.array([0., 0, 1]) if abs(T[1]) > .7 else np.array([0., 1, 0])
    return shapes.unit(np.cross(up, T)), T


def roll(P, up):
    """The angle about a tube's first step from the usual direction to that of its own `up`, from -pi/2 to pi/2."""
    A, T = across(P)
    B = np.cross(up, T)
    if B@B < 1e-9: return 0.
    B = shapes.unit(B)
    a = np.arctan2(np.cross(A, B)@T, A@B)
    return (a+np.pi/2) % np.pi-np.pi/2


def sections(V, rows, cols, sharp):
    """Numbers of stacked rings of vertices between two poles, without colours; the poles are rings of no size."""
    X, a = V[:rows*cols].reshape(rows, cols, 3), (np.arange(cols)+.5)*2*np.pi/cols
    X = np.concatenate([np.repeat(V[-2:-1, None], cols, 1), X, np.repeat(V[-1:, None], cols, 1)])
    k = np.arange(SECTIONS) if rows+2 <= SECTIONS else np.r_[np.linspace(0, rows, SECTIONS-1).round(), rows+1]
    X = X[np.minimum(k.astype(int), rows+1)]
    C = X.mean(1)
    A, B = (2/cols*np.einsum('rcx,c->rx', X-C[:, None], f(a)) for f in (np.cos, np.sin))
    x = shapes.unit(A.sum(0)) if np.linalg.norm(A.sum(0)) > 1e-6 else np.array([1., 0, 0])
    z = B.sum(0)-x*(B.sum(0)@x)
    z = shapes.unit(z) if np.linalg.norm(z) > 1e-6 else shapes.unit(np.cross(x, [0, 1., .01]))
    R = np.stack([x, np.cross(z, x), z], 1)
    each = np.stack([log(A@x), log(B@z), A@R[:, 1], B@R[:, 1]], 1)
    return [*C[0], *Rotation.from_matrix(R).as_rotvec(), *np.diff(C, axis=0).ravel(), *each.ravel(), float(sharp)]


def coloured(solids):
    """Solids (kind, slot, mirror, numbers with colours) as rows (kind, slot, mirror, first, second, numbers)."""
    out, palette = [], []

    def place(c):
        near = [np.abs(p-c).max() for p in palette]
        if near and min(near) < ALIKE or len(palette) == PALETTE: return int(np.argmin(near))
        palette.append(c)
        out.append((COLOUR, 0, 0, 0, 0, np.asarray(c, float)))
        return len(palette)-1
    for kind, slot, mirror, n in solids:
        first, second = place(n[-7:-4]), place(n[-4:-1])
        out.append((kind, slot, mirror, first, second, np.r_[n[:-PAINT], n[-1]]))
    return out


def solids(rows):
    """The reverse."""
    out, palette = [], []
    for kind, slot, mirror, first, second, n in rows:
        if kind == COLOUR: palette.append(np.asarray(n).clip(0, 1))
        else: out.append((kind, slot, mirror, np.r_[n[:-1], palette[first], palette[second], n[-1]]))
    return out


# ---- back to meshes

def mesh(kind, n):
    """A primitive's closed mesh (V, F), coarse."""
    if kind == LUMP: return shapes.lump(n[:3], np.exp(n[6:9]), matrix(n[3:6]), tuple(np.clip(n[9:11], .05, 3)),
                                        taper=float(np.clip(n[11], -.9, .9)))
    if kind == HOOP: return shapes.hoop(n[:3], *np.exp(n[6:9]), matrix(n[3:6]), flat=float(np.exp(n[9])))
    if kind == SHEET:
        X = quadratic(n[:3]+n[3:30].reshape(3, 3, 3))
        return shapes.sheet(X, float(np.exp(n[30])))
    if kind == TUBE:
        P = np.cumsum(n[:3*POINTS].reshape(POINTS, 3), 0)
        k = 3*POINTS+2*POINTS
        radii, (turn, square, *ends) = np.exp(n[3*POINTS:k].reshape(POINTS, 2)), n[k:k+4]
        A, T = across(P)
        up = np.cross(T, A*np.cos(turn)+np.cross(T, A)*np.sin(turn))
        square, ends = float(np.clip(square, .2, 2)), tuple(np.clip(ends, 0, 1.5))
        return shapes.tube(P, radii, 12, up=up, ends=ends, square=square)
    R, k = matrix(n[3:6]), 6+3*(SECTIONS-1)
    C = np.cumsum(np.r_[n[:3], n[6:k]].reshape(SECTIONS, 3), 0)
    each = n[k:k+4*SECTIONS].reshape(SECTIONS, 4)
    each = np.c_[np.exp(each[:, :2]), each[:, 2:]]
    if n[k+4*SECTIONS] < .5:
        B = shapes.spline(SECTIONS, 14)
        C, each = B@C, B@each
    o = shapes.circle(16)
    X = (C[:, None]+(each[:, :1]*o[:, 0])[..., None]*R[:, 0]+(each[:, 1:2]*o[:, 1])[..., None]*R[:, 2]
         + (each[:, 2:3]*o[:, 0]+each[:, 3:4]*o[:, 1])[..., None]*R[:, 1])
    return shapes.rings(X)


def quadratic(G, n=7):
    """A grid [n, n, 3] through 3 x 3 places."""
    t = np.linspace(0, 2, n)
    L = np.stack([(t-1)*(t-2)/2, t*(2-t), t*(t-1)/2], 1)
    return np.einsum('ai,bj,ijx->abx', L, L, G)


def mirrored(kind, slot, n):
    """The row's mirror image."""
    n = n.copy()
    flip = lambda i, count: n[i:i+3*count].reshape(-1, 3).__imul__([-1, 1, 1])
    if kind == TUBE: flip(0, POINTS); n[5*POINTS] *= -1
    elif kind == SHEET: n[:30] = n[:30]*np.tile([-1, 1, 1], 10)
    else:
        n[0] *= -1
        n[4:6] *= -1  # a turn seen in the mirror
        if kind == RINGS:
            k = 6+3*(SECTIONS-1)
            n[6:k] *= np.tile([-1, 1, 1], SECTIONS-1)
            n[k+2:k+4*SECTIONS:4] *= -1
    return SWAP[slot], n


def surface(rows):
    """Vertices, faces, colours sRGB and slots [m] of rows (kind, slot, mirror, numbers)."""
    out, first = [], 0
    for kind, slot, both, n in rows:
        for s, m in [(slot, n)]+[mirrored(kind, slot, n)]*bool(both):
            V, F = mesh(kind, m)
            if shapes.volume(V, F) < 0: F = F[:, ::-1]
            a, b, middle = m[-7:-4], m[-4:-1], m[-1]
            t = np.full(len(V), .5) if kind == SHEET else np.r_[np.linspace(0, 1, len(V)-2), 0, 1]
            t = np.clip((t-middle)/SOFT+.5, 0, 1)[:, None]
            out.append((V, F+first, (a*(1-t)+b*t).clip(0, 1), np.full(len(F), s)))
            first += len(V)
    return [np.concatenate(a) for a in zip(*out)]
