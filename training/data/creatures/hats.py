"""Hair and what is worn on a head. `H` is the Lump of the head; everything goes to the slot `hair`."""
import numpy as np
from .heads import animal_ears, facing, horns
from .paint import BLACK, METAL, WHITE, bright, hexes, maybe_pattern, shade, tip
from .shapes import Lump, axes, cone, hoop, lathe, lump, plate, rings, tube, turn, unit, vec


def scalp(H, edge, grow=1.08, flare=0., wave=0., rows=9, cols=20, back=.25, lift=0.):
    """A cap around a head, down to an angle edge(phi) from its top; phi 0 is the face, pi behind. From the equator on
    it hangs straight down, wider by `flare`. `wave` folds it as strands of hair or cloth do."""
    a = (np.arange(cols)+.5)*2*np.pi/cols
    low = np.array([edge(min(t, 2*np.pi-t)) for t in a])
    t = ((np.arange(rows)+1)/rows)[:, None]*low
    r = np.where(t < np.pi/2, np.sin(np.minimum(t, np.pi/2)), 1+flare*(t-np.pi/2))
    r = r*(1+wave*t*np.cos(a*5.5+.7*np.sin(a*3)))
    y = np.where(t < np.pi/2, np.cos(np.minimum(t, np.pi/2)), np.pi/2-t)
    X = np.stack([r*np.sin(a), y+lift, r*np.cos(a)], 2)
    e1, e2 = H.e
    if min(e1, e2) < .9:  # boxy heads
        X[..., ::2] = np.sign(X[..., ::2])*np.abs(X[..., ::2])**max(e2, .3)
    X = X*H.r*grow+H.c
    return rings(X, H.c+vec(0, H.r[1]*(grow+lift), 0), H.c+vec(0, -.1, -back)*H.r)


def edge_between(front, behind, sharp=1.):
    """An edge for `scalp` from the angle `front` over the face to `behind`."""
    return lambda phi: front+(behind-front)*np.clip((phi/np.pi*1.6-.3)*sharp, 0, 1)


def locks(F, H, paint, n, long, size, droop=.5, up=0.):
    """Tufts rooted all over the crown."""
    for i in range(n):
        phi, th = i*2.4+F.u(-.3, .3), np.arccos(1-(i+.6)/n*1.1)
        p, d = H.at(np.sin(phi)*np.sin(th), np.cos(th), np.cos(phi)*np.sin(th)*.8-.25)
        d = unit(d+vec(0, up, 0))
        k = long*F.u(.7, 1.2)*H.r[0]
        q = p+d*k*.6
        F.add(
            'hair',
            tube(
                [p-d*.15*H.r[0], q, q+(d*.5+vec(0, -droop, 0))*k*.7],
                np.array([size, size*.75, .02])*H.r[0],
                7,
                7,
            ),
            paint,
        )


def haircut(F, H, paint, kind=None):
    kind = kind or F.pick('short', 'short', 'bowl', 'bob', 'long', 'long', 'bun', 'tail', 'twins', 'braids', 'afro',
                          'curls', 'mohawk', 'spiky',
                          'quiff', 'bald', 'parted', 'tufts', 'dreads', 'flame')
    rx, ry, rz = H.r
    c = H.c
    top, wave = F.u(.55, .95), F.u(0, .03)
    if kind == 'mohawk':
        n, k = F.pick(5, 7), F.u(.35, .8)
        for i in range(n):
            p, d = H.at(0, np.cos(i*2.2/n-.6), -np.sin(i*2.2/n-.6))
            F.add('hair', cone(p-d*.1*ry, p+d*ry*k, rx*.2, rx*F.u(.02, .1), 8), paint)
        return
    if kind == 'afro':
        k = F.u(1.25, 1.7)
        V, T = lump(c+vec(0, .35*ry, -.3*rz), H.r*k, detail=15)
        q = F.rng.random(3)*6
        return F.add('hair', (V+.035*rx*np.sin(V*9/rx+q)[:, [1, 2, 0]], T), paint)
    if kind == 'curls':
        F.add('hair', scalp(H, edge_between(.7, 2.), 1.05), paint)
        n, s = F.pick(18, 24, 30), F.u(.22, .34)*rx
        for i in range(n):
            th, phi = np.arccos(1-(i+.5)/n*1.25), i*2.4
            p, d = H.at(np.sin(phi)*np.sin(th), np.cos(th), np.cos(phi)*np.sin(th)*.85-.2)
            F.add('hair', lump(p+d*s*.2, (s,)*3, detail=6), paint)
        return
    if kind == 'bald':
        if F.maybe(.5): F.add('hair', scalp(Lump(c, H.r), lambda a: 1.9 if a > 1.4 else .3, 1.06, back=.1), paint)
        elif F.maybe(.6): locks(F, H, paint, 3, .4, .08)
        return
    if kind == 'flame': return locks(F, H, paint, 16, F.u(.7, 1.1), .36, -.5, 1.2)
    if kind == 'dreads':
        F.add('hair', scalp(H, edge_between(.7, 1.9), 1.07), paint)
        for i in range(12):
            phi = .9+(2*np.pi-1.8)*i/11
            p, d = H.at(np.sin(phi), .35, np.cos(phi))
            q = p+d*.3*rx
            F.add('hair', tube([p, q, q-vec(0, F.u(.6, 1.6)*ry, 0)], [.16*rx, .15*rx, .1*rx], 7, 7), paint)
        return
    behind = dict(short=F.u(1.7, 2.1), bowl=F.u(1.6, 1.9), bob=F.u(2.1, 2.6), long=F.u(2.8, 4.2),
                  parted=F.u(1.7, 2.4)).get(kind, F.u(1.6, 2.))
    bowl, sharp, temple = F.u(1.15, 1.4), F.u(1, 2.2), F.u(-.2, .3)
    base = edge_between(top, behind, sharp)
    edge = {'bowl': lambda a: bowl if a < 1.2 else behind,
            'parted': lambda a: base(a)+.25*np.sin(a*4)**2*(a < 1.2)}.get(
        kind, lambda a: base(a)+temple*np.exp(-(a-.9)**2/.1))
    F.add('hair', scalp(H, edge, F.u(1.06, 1.16), F.u(-.1, .18) if kind in ('long', 'bob') else 0, wave,
                        9 if kind != 'long' else 12), paint)
    if F.maybe(.45) and kind not in ('bowl', 'quiff'):  # fringe
        n, side = F.pick(3, 4, 5), F.u(-.5, .5)
        for i in range(n):
            x = ((i+.5)/n*2-1)*.75
            p, d = H.at(x*.6, .95, .35)
            q, e = H.front(np.clip(x+side*.3, -.8, .8), F.u(.3, .55))
            m, f = H.front(x*.8, .78)
            F.add('hair', tube([p, m+f*.1*rx, q+e*.07*rx], [.2*rx, .22*rx, .03*rx], 7, 7), paint)
    if kind == 'spiky': locks(F, H, paint, 13, F.u(.5, .9), .32, F.u(-.3, .3), F.u(0, .8))
    if kind == 'tufts': locks(F, H, paint, 18, F.u(.3, .5), .26, F.u(.2, .8))
    if kind == 'quiff':
        F.add('hair', tube([c+vec(-.5*rx, .8*ry, .3*rz), c+vec(0, 1.05*ry, .75*rz), c+vec(.6*rx, 1.25*ry, .6*rz)],
                           np.array([.25, .4, .12])*rx, 10, 9), paint)
    if kind == 'bun':
        for s in F.pick((0,), (0,), (1, -1)):
            k = F.u(.3, .5)*rx
            F.add('hair', lump(c+vec(s*.7*rx, F.u(.75, 1.15)*ry, -F.u(.2, .7)*rz), (k,)*3, detail=9), paint)
    if kind == 'tail':
        x, n = F.u(-.5, .5)*rx, F.u(.8, 2.2)*ry
        F.add('hair', tube([c+vec(0, .6*ry, -.9*rz), c+vec(x*.3, .6*ry, -1.5*rz), c+vec(x, .6*ry-n*.5, -1.6*rz),
                            c+vec(x*1.5, .6*ry-n, -1.3*rz)],
                           np.array([.16, .3, .28, .04])*rx, 10, 12), paint)
    if kind in ('twins', 'braids'):
        n, out, y = F.u(.7, 2.)*ry, F.u(.1, .7), F.u(-.1, .6)
        for s in (1, -1):
            P = [c+vec(s*.95*rx, y*ry, -.2*rz), c+vec(s*(1.2+out*.5)*rx, y*ry-.2*n, -.2*rz),
                 c+vec(s*(1.1+out)*rx, y*ry-n, .1*rz)]
            if kind == 'twins': F.add('hair', tube(P, np.array([.18, .32, .05])*rx, 9, 9), paint)
            else:
                m = 4+int(n/rx*2.6)
                for i in range(m):
                    t = i/(m-1)
                    F.add(
                        'hair',
                        lump(
                            P[0]*(1-t)**2+2*P[1]*t*(1-t)+P[2]*t*t,
                            (.22*rx*(1.1-.45*t),)*3,
                            detail=6,
                        ),
                        paint,
                    )


def band(F, H, y, grow, r, paint, flat=1.5):
    """A ring around the head at height y, in radii."""
    k = np.sqrt(max(1-min(abs(y), .95)**2, .1))*grow
    F.add('hair', hoop(H.c+vec(0, y*H.r[1], 0), H.r[0]*k, H.r[2]*k, r*H.r[0], n=18, sides=6, flat=flat), paint)


def on_brim(F, H, build):
    """Builds in a frame on the forehead, a little tilted; build gets the half sizes there: across, up, deep."""
    y = F.u(.3, .5)
    k = np.sqrt(1-y*y)*1.1
    with F.at(H.c+vec(0, y*H.r[1], 0), turn(0, F.u(-.25, .1), F.u(-.15, .15))): build(k*H.r[0], H.r[1], k*H.r[2])


def wizard(F, H, kind, a, b):
    def build(w, h, d):
        tall, wide = h*F.u(1.3, 2.6), F.u(1.35, 1.9)
        tilt = vec(F.u(-.6, .6)*w, 0, -F.u(0, .8)*d)
        P = [vec(0, -.05*h, 0), vec(0, .35*tall, 0), vec(0, .75*tall, 0)+tilt*.3, vec(0, tall*F.u(.7, 1), 0)+tilt]
        r = [(w, d), (.58*w, .58*d), (.28*w, .28*d), (.04*w, .04*d)]
        F.add('hair', tube(P, r, 16, 12, up=vec(0, 0, 1), ends=(0, 1)), maybe_pattern(F, a, b, .35, w*2))
        up = F.u(-.1, .2)*h
        F.add('hair', lathe([(w*.9, -.08*h), (wide*w, up-.05*h), (wide*w*.98, up+.04*h), (w, .1*h)], cols=22,
                            squash=d/w), a)
        F.add('hair', hoop((0, .1*h, 0), w, d, .07*w, n=18, sides=6, flat=1.6), b)
    on_brim(F, H, build)


def brimmed(F, H, kind, a, b):
    """Hats with a crown and mostly a brim: height, width of the brim, width of the top."""
    tall, wide, top = {'wide': (F.u(.5, .9), F.u(1.4, 2.1), .85), 'straw': (.6, F.u(1.5, 2.2), .7),
                       'top hat': (F.u(.8, 1.8), 1.4, F.u(.85, 1.1)),
                       'bucket': (.6, 1.25, .85), 'fez': (.9, 0, .75), 'chef': (.6, 0, 1.05)}[kind]
    if kind == 'straw': a = F.pick(*hexes('d8b868 c8a050 e8d090'))
    if kind == 'chef': a = WHITE
    if kind == 'fez': a = F.pick(a, hexes('a02028')[0])

    def build(w, h, d):
        y = tall*h
        F.add('hair', lathe([(w, -.06*h), (w, .1*h), (top*w, y*.92), (top*w*.85, y), (.3*w, y*F.pick(1, .85))],
                            squash=d/w), maybe_pattern(F, a, b, .2, w*2))
        if wide:
            up, curl = F.u(-.25, .2)*h, F.u(0, .4)*h*(kind == 'wide')
            V, T = lathe([(w*.9, -.09*h), (wide*w, up-.04*h), (wide*w, up+.04*h), (w, .06*h)], cols=24, squash=d/w)
            F.add('hair', (V+vec(0, 1, 0)*(curl*(np.abs(V[:, :1])/(wide*w))**2), T), a)
            F.add('hair', hoop((0, .1*h, 0), w, d, .06*w, n=18, sides=6, flat=1.8), b)
            if F.maybe(.25):
                P = [vec(w, .1*h, 0), vec(w*1.3, .8*h, -.3*d), vec(w*1.1, 1.1*h, -1.1*d)]
                F.add('hair', tube(P, np.array([(.04, .1), (.06, .25), (.02, .05)])*w, 8, 8), bright(F))
        if kind == 'chef':
            for i in range(6):
                F.add('hair', lump(vec(np.sin(i*1.047)*.5*w, y*1.1, np.cos(i*1.047)*.5*d), (.5*w, .42*h, .5*w),
                                   detail=8), a)
        if kind == 'fez':
            F.add('hair', tube([vec(0, y, 0), vec(.5*w, y*1.02, .3*w), vec(.8*w, .5*y, .4*w)], [.05*w, .05*w, .1*w], 6,
                               7), b)
    on_brim(F, H, build)


def mushroom_cap(F, H, kind, a, b):
    def build(w, h, d):
        wide, y = 1.75, .9*h
        F.add('hair', lathe([(.85*w, -.1*h), (wide*w, -.15*h), (wide*.95*w, .25*h), (wide*.6*w, .75*h), (.02, y)],
                            rows=12, squash=d/w),
              maybe_pattern(F, a, WHITE, .8, w*2.4, ('spots',)))
    on_brim(F, H, build)


def crown(F, H, kind, a, b):
    g, n, tall = F.pick(METAL[2], METAL[2], METAL[0], a), F.pick(5, 6, 8), F.u(.35, .8)

    def build(w, h, d):
        y, s = tall*h, F.u(.65, .9)
        t = np.arange(4*n)*np.pi/(2*n)
        points = np.array([1., .62, .45, .62])[np.arange(4*n) % 4]
        X = [np.stack([np.sin(t)*r*s*w, z*y+0*t, np.cos(t)*r*s*d], 1) for r, z in ((.9, .05), (.96, -.1),
            (1.06, points), (.99, points))]
        F.add('hair', rings(np.array(X), vec(0, .05*y, 0), vec(0, .1*y, 0)), g)
        high = F.pick(.25, 1.05)
        for u in np.arange(n)*2*np.pi/n:
            F.add('hair', lump(vec(np.sin(u)*s*1.06*w, y*high, np.cos(u)*s*1.06*d), (.09*w,)*3, detail=6), b)
        if F.maybe(.3):
            F.add('hair', lump((0, .2*y, 0), (s*.85*w, y, s*.85*d), detail=9), F.pick(*hexes('a02038 4a2080 204080')))
    on_brim(F, H, build)


def soft(F, H, kind, a, b):
    """Hats of cloth, and what is pinned to the hair."""
    def build(w, h, d):
        if kind == 'santa':
            P = [vec(0, 0, 0), vec(0, .6*h, -.1*d), vec(.5*w, .95*h, -.4*d), vec(1.2*w, .45*h, -.5*d)]
            F.add('hair', tube(P, np.array([1, .7, .38, .12])*w, 14, 12, ends=(0, 1)), a)
            F.add('hair', lump(P[-1]-vec(0, .1*h, 0), (.24*w,)*3, detail=8), WHITE)
            F.add('hair', hoop((0, 0, 0), w, d, .17*w, n=18, sides=8), WHITE)
        elif kind == 'jester':
            for i, u in enumerate(F.pick((1.57, -1.57, 3.14), (1.57, -1.57), (.8, -.8, 2.4, -2.4))):
                e = vec(np.sin(u), 0, np.cos(u))*w
                P = [e*.2+vec(0, .1*h, 0), e*.7+vec(0, h, 0), e*1.6+vec(0, .9*h, 0), e*1.9+vec(0, .2*h, 0)]
                F.add('hair', tube(P, np.array([.75, .5, .25, .06])*w, 10, 10), (a, b)[i % 2])
                F.add('hair', lump(P[-1], (.16*w,)*3, detail=7), METAL[2])
        elif kind == 'pirate':
            x, y = F.u(1.3, 1.8)*w, F.u(.7, 1.1)*h
            o = [(-x, 0), (-.6*x, -.12*y), (0, -.15*y), (.6*x, -.12*y), (x, 0), (.6*x, .75*y), (0, y), (-.6*x, .75*y)]
            for s in (1, -1): F.add('hair', plate(o, .16*d, (0, 0, s*.75*d), turn(0, s*.25)), a)
            F.add('hair', lump((0, .1*h, 0), (w, .6*h, w), detail=10), a)
            F.add('hair', lump(vec(0, .4*y, .95*d), (.2*w, .2*w, .08*w), detail=8), WHITE)
        elif kind == 'beret':
            F.add('hair', lump((.15*w, .3*h, -.05*d), (1.15*w, .32*h, 1.1*d), turn(0, 0, -.2), detail=12), a)
            F.add('hair', cone((.1*w, .5*h, 0), (.1*w, .78*h, 0), .05*w, .04*w), a)
        elif kind == 'halo': F.add('hair', hoop((0, F.u(.9, 1.3)*h, 0), .65*w, .65*w, .1*w, n=20, sides=7), METAL[2])
        else:  # a bow
            for s in (1, -1):
                P = [vec(.5*w, .55*h, .3*d), vec((.5+s*.4)*w, .75*h, .3*d), vec((.5+s*.75)*w, .65*h, .3*d)]
                F.add('hair', tube(P, np.array([(.06, .06), (.3, .15), (.36, .1)])*w, 8, 7), a)
            F.add('hair', lump((.5*w, .55*h, .35*d), (.14*w,)*3, detail=7), b)
    on_brim(F, H, build)


def cap(F, H, kind, a, b):
    """A cap with a peak, a beanie or a bandana."""
    rx, ry, rz = H.r
    c = H.c
    if kind == 'beanie':
        e = F.u(1.2, 1.45)
        F.add('hair', scalp(H, lambda t: e, 1.12, lift=.06), maybe_pattern(F, a, b, .5, rx*2, ('rings', 'stripes')))
        band(F, H, np.cos(e)+.08, 1.12, .12, b, 1.6)
        if F.maybe(.6): F.add('hair', lump(c+vec(0, 1.3*ry, 0), (.28*rx,)*3, detail=9), F.pick(b, WHITE))
        return
    if kind == 'bandana':
        F.add('hair', scalp(H, lambda t: 1.3, 1.09), maybe_pattern(F, a, WHITE, .5, rx*2, ('spots',)))
        for s in (1, -1):
            P = [c+vec(0, .2*ry, -rz), c+vec(s*.2*rx, 0, -1.3*rz), c+vec(s*.35*rx, -.5*ry, -1.25*rz)]
            F.add('hair', tube(P, np.array([(.08, .05), (.15, .05), (.1, .03)])*rx, 7, 7), a)
        return
    F.add('hair', scalp(H, lambda t: 1.35, 1.1), maybe_pattern(F, a, b, .25, rx*2))
    w, s, t = F.u(.75, 1.), F.pick(1, 1, 1, -1), np.linspace(-1.2, 1.2, 9)
    o = np.concatenate([np.stack([np.sin(t)*w*rx, np.cos(t)*F.u(.9, 1.2)*rz], 1), [(.7*rx, 0), (-.7*rx, 0)]])
    F.add('hair', plate(o, .1*ry, c+vec(0, .28*ry, s*.75*rz), axes((0, -.15, s), (0, 1, 0))), F.pick(a, b))
    F.add('hair', lump(c+vec(0, 1.12*ry, 0), (.1*rx, .07*rx, .1*rx), detail=6), b)


def hood(F, H, kind, a, b):
    """A hood, or one with an animal's ears and eyes."""
    rx, ry, rz = H.r
    if kind == 'animal':
        F.add('hair', scalp(H, lambda t: .8+min(max(t-.5, 0)*1.2, 1.6), 1.2), a)
        animal_ears(F, Lump(H.c, H.r*1.18), F.pick('cat', 'bear', 'rabbit', 'mouse', 'floppy'), a)
        for s in (1, -1): F.add('hair', lump(Lump(H.c, H.r*1.2).front(s*.35, .75)[0], (.12*rx,)*3, detail=7), BLACK)
        return
    low, n = F.u(2.2, 2.9), F.u(.75, 1.)
    F.add('hair', scalp(H, lambda t: n+(low-n)*min(max(t-.35, 0)*1.5, 1), F.u(1.16, 1.3), F.u(0, .2), rows=12), a)
    if F.maybe(.6):
        P = [H.c+vec(0, .6*ry, -.6*rz), H.c+vec(0, F.u(.7, 1.3)*ry, -1.2*rz),
             H.c+vec(0, F.u(0, .9)*ry, -F.u(1.4, 1.9)*rz)]
        F.add('hair', tube(P, np.array([.7, .4, .04])*rx, 10, 8), a)
    if F.maybe(.35): animal_ears(F, Lump(H.c, H.r*1.15), F.pick('cat', 'bear', 'rabbit'), a)


def turban(F, H, kind, a, b):
    rx, ry, rz = H.r
    for i in range(3):
        k = 1.02-.17*i
        F.add('hair', hoop(H.c+vec(0, (.35+.25*i)*ry, 0), k*rx, k*rz, .26*rx, turn(0, -.15+.1*i, F.u(-.2, .2)), 18, 8),
              a)
    F.add('hair', lump(H.c+vec(0, .75*ry, 0), (.7*rx, .5*ry, .7*rz), detail=10), a)
    F.add('hair', lump(H.c+vec(0, .55*ry, 1.15*rz), (.15*rx, .2*rx, .1*rx), detail=7), b)


def headphones(F, H, kind, a, b):
    rx, ry, rz = H.r
    F.add(
        'hair',
        tube(
            [H.c+vec(np.sin(u)*1.15*rx, np.cos(u)*1.18*ry, 0) for u in np.linspace(-1.5, 1.5, 9)],
            [.1*rx]*9,
            8,
            14,
        ),
        a,
    )
    for s in (1, -1):
        F.add('hair', tube([H.c+vec(s*.95*rx, 0, 0), H.c+vec(s*1.3*rx, 0, 0)], [.33*rx]*2, 12, ends=(.2, .2)), b)


def flowers(F, H, kind, a, b):
    for i in range(9):
        p, n = H.at(np.sin(i*.698), .75, np.cos(i*.698))
        F.add('hair', lump(p, np.array([.2, .2, .12])*H.r[0], facing(n), (1, 1), 7), (a, b, WHITE)[i % 3])


def feathers(F, H, kind, a, b):
    rx, ry, _ = H.r
    n, k = F.pick(3, 5, 7, 9), F.u(.8, 1.6)
    band(F, H, .35, 1.06, .12, b)
    for i in range(n):
        u = (i-(n-1)/2)*.32
        d = vec(np.sin(u), np.cos(u), -.15)
        p = H.c+d*H.r*.9
        F.add('hair', tube([p, p+d*k*ry*.5, p+d*k*ry], np.array([(.06, .04), (.17, .05), (.02, .02)])*rx, 8, 7),
              tip((a, WHITE)[i % 2], b, .4))


def antenna(F, H, kind, a, b):
    rx, ry, rz = H.r
    out, up, k = F.u(.2, .6), F.u(.5, 1.), F.u(.13, .24)
    for s in F.pick((0,), (1, -1)):
        p = H.c+vec(s*.45*rx, .85*ry, 0)
        q = p+vec(s*out*rx, up*ry, 0)
        F.add('hair', tube([p, (p+q)/2+vec(0, .1*ry, .1*rz), q], [.06*rx]*3, 7, 7), BLACK)
        F.add('hair', lump(q, (k*rx,)*3, detail=8), b)


def fake_ears(F, H, kind, a, b): animal_ears(F, H, F.pick('cat', 'fox', 'rabbit', 'bear', 'mouse', 'floppy', 'cow'), a)


def fake_horns(F, H, kind, a, b): horns(F, H)


def helmet(F, H, kind, a, b):
    """Helmets of metal, with crests, horns, plumes; and of astronauts."""
    rx, ry, rz = H.r
    c = H.c
    m = F.pick(METAL[0], METAL[1], METAL[2], METAL[4], a)
    if kind == 'astronaut':
        F.add('hair', scalp(H, lambda t: .95+min(max(t-.55, 0)*3, 1.5), 1.35), F.pick(WHITE, a))
        p = Lump(c, H.r*1.3).front(0, .95)[0]
        return F.add('hair', lump(p, (.2*rx, .15*ry, .2*rx), detail=7), b)
    if kind == 'knight':
        F.add('hair', lathe([(.8*rx, -1.05*ry), (1.12*rx, -.6*ry), (1.16*rx, .3*ry), (.85*rx, .95*ry),
                             (.1*rx, F.u(1.15, 1.6)*ry)], c, rows=12, squash=rz/rx), m)
        for i in range(F.pick(1, 1, 2, 3)):
            F.add('hair', tube([c+vec(s*.62*rx, (.18-.25*i)*ry, .98*rz) for s in (-1, 1)], [(.13*rx, .05*ry)]*2, 8),
                  BLACK)
        F.add('hair', tube([c+vec(0, -.9*ry, 1.1*rz), c+vec(0, .9*ry, 1.05*rz)], [.05*rx]*2, 6), shade(m, .8))
    else:
        low = F.u(1.9, 2.5)
        F.add(
            'hair',
            scalp(
                H,
                lambda t: 1.1+(low-1.1)*min(max(t-.6, 0)*1.6, 1),
                1.14,
                F.u(0, 0.35)*(kind == 'samurai'),
            ),
            m,
        )
        band(F, H, .42, 1.15, .08, b, 1.5)
        if F.maybe(.4):
            F.add('hair', tube([c+vec(0, .5*ry, 1.1*rz), c+vec(0, -.25*ry, 1.22*rz)], [(.09*rx, .06*rx)]*2, 6), b)
    extra = {'viking': 'horns', 'samurai': 'moon'}.get(kind) or F.pick('crest', 'plume', 'none', 'horns', 'wings',
        'spike', 'none')
    if extra == 'horns': horns(F, Lump(c, H.r*1.1), F.pick('bull', 'bull', 'devil', 'ram'))
    if extra == 'moon':
        t = np.linspace(-1.2, 1.2, 7)
        F.add('hair', tube([c+vec(np.sin(u)*rx, (1.5-np.cos(u))*ry*.9+.4*ry, 1.15*rz) for u in t],
                           np.array([.02, .09, .13, .15, .13, .09, .02])*rx, 7, 12), METAL[2])
    if extra == 'crest':
        t = np.linspace(-.3, 2.4, 8)
        d = np.stack([0*t, np.cos(t), -np.sin(t)], 1)*H.r
        k = F.u(.35, .7)
        F.add('hair', tube(c+d*1.25, np.array([(.08, .1)]+[(.1, k)]*6+[(.06, .1)])*rx*.7, 8, 14), b)
    if extra == 'plume':
        F.add('hair', tube([c+vec(0, 1.1*ry, 0), c+vec(0, 1.6*ry, -.4*rz), c+vec(0, 1.2*ry, -1.3*rz),
                            c+vec(0, .3*ry, -1.6*rz)], np.array([.08, .25, .28, .04])*rx, 9, 12), b)
    if extra == 'spike': F.add('hair', cone(c+vec(0, ry, 0), c+vec(0, F.u(1.4, 1.9)*ry, 0), .2*rx, .02*rx), m)
    if extra == 'wings':
        for s in (1, -1):
            o = [(0, -.2), (.3, -.25), (.9, .3), (1.2, .9), (.7, .7), (.3, .5), (0, .2)]
            F.add('hair', plate(np.array(o)*rx*.9, .1*rx, c+vec(s*1.1*rx, .3*ry, 0), axes((0, 1, 0), (1, 0, .2*s))),
                  F.pick(WHITE, METAL[2]))


# what makes each kind of headwear, how often it is drawn, and whether hair may be seen below it
HATS = dict(
    wizard=(wizard, 2, 1),
    wide=(brimmed, 1, 1),
    cap=(cap, 1, 1),
    beanie=(cap, 1, 1),
    bandana=(cap, 1, 1),
    crown=(crown, 2, 1),
    helmet=(helmet, 2, 0),
    knight=(helmet, 1, 0),
    viking=(helmet, 1, 1),
    samurai=(helmet, 1, 0),
    astronaut=(helmet, 1, 0),
    hood=(hood, 2, 0),
    animal=(hood, 1, 0),
    chef=(brimmed, 1, 1),
    straw=(brimmed, 1, 1),
    fez=(brimmed, 1, 1),
    bucket=(brimmed, 1, 1),
    turban=(turban, 1, 0),
    jester=(soft, 1, 1),
    pirate=(soft, 1, 1),
    santa=(soft, 1, 1),
    beret=(soft, 1, 1),
    halo=(soft, 1, 1),
    bow=(soft, 1, 1),
    headphones=(headphones, 1, 1),
    flowers=(flowers, 1, 1),
    feathers=(feathers, 1, 1),
    mushroom=(mushroom_cap, 1, 1),
    antenna=(antenna, 1, 0),
    ears=(fake_ears, 1, 1),
    horns=(fake_horns, 1, 1),
)
HATS['top hat'] = brimmed, 1, 1


def headwear(F, H, hair, kind=None):
    """Any hat, helmet or crown; most leave hair to be seen below."""
    kind = kind or F.pick(*[k for k, (_, n, _) in HATS.items() for _ in range(n)])
    F.words.append(kind)
    make, _, open_below = HATS[kind]
    if open_below and F.maybe(.65):
        haircut(F, H, hair, F.pick('short', 'bob', 'long', 'tail', 'twins', 'braids', 'parted'))
    make(F, H, kind, bright(F), bright(F))
