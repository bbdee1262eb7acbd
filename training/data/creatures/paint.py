"""Colours and patterns. All colours are linear RGB; a paint is one colour [3] or a function of a mesh's places.

The function gets V [n,3], places in the frame the piece was built in, and U [n,3], the same in -1..1 of its box.
"""
import colorsys
import numpy as np
from data.colour import linear


def hexes(text): return [linear([int(h[i:i+2], 16)/255 for i in (0, 2, 4)]) for h in text.split()]


def hsv(h, s, v): return linear(colorsys.hsv_to_rgb(h % 1, min(max(s, 0), 1), min(max(v, 0), 1)))


SKIN = hexes('ffdbc4 f5c9a6 f0c09a d89c70 c08058 a86e48 6e452c 4a2e20')
ODD_SKIN = hexes('6fae4a 8cc464 5a8fd0 b05ac8 c94a3a 8fd0c0 9a9aa4 d8d0b0 e0a0b8 4a5a6a e8e8f0 506a40')
HAIR = hexes('1c1410 2a2024 3d2414 6e3f1d 8a5a2c a3461c c87838 d8a94e f2e2b0 c8c8cc f4f4f4 e86aa8 3f6fd0'
             ' b03028 3aa078 8050b8')
FUR = hexes('c88a4a a86a34 7a4a28 4a3020 2a2422 8a8a8c b8b4b0 5a5a60 f0ead8 e8c890 d8742c f4f4f2 d0b090'
            ' 9a7858 60504a e0a868')
SCALE = hexes('3f8a3a 2a6a4a 6aa84a 8aa040 c03a2a d8602a 3a5ab0 2a8aa0 6a3a90 30303a d0a030 a0b8c0 b04a70'
              ' 507a30 186050')
METAL = hexes('b8bcc6 8a909a d9a62e c88a4a 60646e e0e2e8 4a4e58 b07a40')
WOOD = hexes('7a4e2c 9a6a3c 5a3820 b88a58 c8a878')
NEUTRAL = hexes('222226 3a3a42 5a5a62 8a8a90 c0c0c4 e8e8e6 f6f6f2 f0e2c0 c8a070 6b4226 4a2c1a 1d2a50')
BONE, WHITE, BLACK, PINK = hexes('f0e4c8 fafaf8 141418 f0908c')
BEAK = hexes('f0a020 e8c030 e06a28 303034 d84830 c8b890 f8c858')


def mix(a, b, t):
    t = np.asarray(t)[..., None] if np.ndim(t) else t
    return a*(1-t)+b*t


def bright(F):
    """Any colour a toy or a dress may have."""
    if F.maybe(.15): return F.pick(*NEUTRAL)
    return hsv(F.u(0, 1), F.pick(F.u(.55, .95), F.u(.55, .95), F.u(.15, .6)), F.pick(F.u(.6, 1), F.u(.6, 1),
        F.u(.25, .7)))


CLOTH = [
    hexes(t)
    for t in (
        '8a3a2a c8a878 3a4a3a 4a3020',
        '2a4a8a c0c4cc d0a030 1d2a50',
        '5a6a3a 8a7a50 3a3a30 c8b080',
        'c03030 f0ece0 2a2a30 d9a62e',
        '6a3a7a c8a0d0 3a2a4a e8d0a0',
        '2a7a78 f0e2c0 c86a3a 28383a',
        'f0b0c0 ffffff b0d8f0 8a7090',
        '3a3a42 8a8a90 b02828 1c1c20',
        'e8a030 4a2c1a 8a5a34 f0e2c0',
        '4a8ac8 f0d060 ffffff 3a4a5a',
        '3f7a3a d8c8a0 6b4226 a03028',
        'd0d4da 8a98a8 4a5a6a 2f62c8',
        '7a4e2c b88a58 e0d0b0 4a5a3a',
        'e06040 f8d8a0 4aa0a0 2a4858',
        '9ac8a0 f8f0e0 e89080 607060',
        '202838 c04060 f0d8c0 6070a0',
    )
]


def palette(F):
    """Four colours that go together: main, second, accent, quiet."""
    if F.maybe(.55):
        four = list(F.pick(*CLOTH))
        return [four[i] for i in F.rng.permutation(4)] if F.maybe(.5) else four
    h, s, v = F.u(0, 1), F.u(.35, .9), F.u(.4, 1)
    step = F.pick(.08, -.08, .5, .33, .42, .17)
    pair = [hsv(h, s, v), hsv(h+step, s*F.u(.6, 1.1), v*F.u(.6, 1.1)), hsv(h+step*F.pick(1, -1, 1.5), F.u(.5, 1),
        F.u(.7, 1)),
            hsv(h, s*.3, F.u(.2, .95))]
    if F.maybe(.35): pair[1] = F.pick(*NEUTRAL)
    if F.maybe(.15): pair[0] = F.pick(*NEUTRAL)
    return [np.clip(c, .004, 1) for c in pair]


def noise(F, scale):
    """Smooth noise about 0..1 over places, with details of about 1/scale."""
    k = F.rng.normal(size=(3, 4))*scale*2.2
    q = F.rng.random(4)*6.28
    return lambda V: .5+.35*np.sin(V@k+q).sum(1)/1.4


def step(x, soft=.12): return np.clip(x/soft+.5, 0, 1)


def belly(base, under, low=-.25, front=False):
    """Lighter below, or in front."""
    return lambda V, U: mix(call(base, V, U), under, step((U[:, 2]-.35) if front else (low-U[:, 1]), .35))


def call(paint, V, U):
    return paint(V, U) if callable(paint) else np.broadcast_to(paint, V.shape)


def pattern(F, base, second, kind=None, scale=1.):
    """A coat in one of many patterns; `scale` grows with what wears it."""
    kind = kind or F.pick('stripes', 'spots', 'patches', 'gradient', 'dorsal', 'rings', 'speckle', 'half')
    f = F.u(5, 11)/scale
    if kind == 'stripes':
        n, a = noise(F, 2/scale), F.pick(2, 2, 1)
        return lambda V, U: mix(call(base, V, U), second, step(np.sin(V[:, a]*f*3+4*n(V))-.25, .8))
    if kind == 'rings':
        a, q = F.pick(1, 2, 0), F.u(0, 6)
        return lambda V, U: mix(call(base, V, U), second, step(np.sin(V[:, a]*f*2.4+q), .6))
    if kind == 'spots':
        q = F.rng.random(3)*6
        return lambda V, U: mix(call(base, V, U), second,
                                step(np.cos(V*f*2.6+q+.8*np.sin(V[:, [1, 2, 0]]*f)).sum(1)-1.1, .8))
    if kind == 'patches':
        n, t = noise(F, 2.2/scale), F.u(.5, .75)
        return lambda V, U: mix(call(base, V, U), second, step(n(V)-t, .12))
    if kind == 'gradient':
        a, s = F.pick(1, 1, 2), F.pick(1, -1)
        return lambda V, U: mix(call(base, V, U), second, .5+.5*s*U[:, a])
    if kind == 'dorsal': return lambda V, U: mix(call(base, V, U), second, step(U[:, 1]-.3, .4))
    if kind == 'half': return lambda V, U: mix(call(base, V, U), second, step(V[:, 0], .03))
    if kind == 'speckle':
        salt = F.rng.normal(size=3)*900
        return lambda V, U: mix(call(base, V, U), second, .5*np.modf(np.abs(np.sin(V@salt))*97)[0])
    raise ValueError(f'no pattern {kind}')


def maybe_pattern(F, base, second, p, scale=1., kinds=()):
    return pattern(F, base, second, F.pick(*kinds) if kinds else None, scale) if F.maybe(p) else base


def tip(base, end, start=.3, axis=1, sign=1):
    """Another colour from `start` on along an axis of the piece's box."""
    return lambda V, U: mix(call(base, V, U), end, step(sign*U[:, axis]-start, .2))


def shade(c, k):
    """A colour, or any paint, k times as light."""
    return (lambda V, U: np.clip(c(V, U)*k, 0, 1)) if callable(c) else np.clip(c*k, 0, 1)
