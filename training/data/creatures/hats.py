"""Hair and what is worn on a head. `H` is the Lump of the head; everything goes to the slot `hair`."""
import numpy as np
from .heads import animal_ears, facing, horns
from .paint import BLACK, BONE, METAL, NEUTRAL, WHITE, bright, hexes, maybe_pattern, mix, shade, tip
from .shapes import Lump, axes, block, cone, hoop, lathe, lump, plate, rings, tube, turn, unit, vec


def scalp(H, edge, grow=1.08, flare=0., wave=0., rows=9, cols=20, back=.25, lift=0.):
    """A cap around a head, down to an angle edge(phi) from its top; phi 0 is the face, pi behind. From the equator on
    it hangs straight down, wider by `flare`. `wave` folds it as strands of hair or cloth do."""
    a = (np.arange(cols)+.5)*2*np.pi/cols
    low = np.array([edge(min(t, 2*np.pi-t)) for t in a])
    t = ((np.arange(rows)+1)/rows)[:, None]*low
    r = np.where(t < np.pi/2, np.sin(np.minimum(t, np.pi/2)), 1+flare*(t-np.pi/2))
    r = r*(1+wave*t*np.cos(a*5.5+.7*np.sin(a*3)))
    y = np.where(t < np.pi/2, np.cos(np.minimum(t, np.pi/2)), np.pi/2-t)
    p = 2/2
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
        F.add('hair', tube([p-d*.15*H.r[0], q, q+(d*.5+vec(0, -droop, 0))*k*.7], np.array([size, size*.75, .02])*H.r[0], 7, 7), paint)


def haircut(F, H, paint, kind=None):
    kind = kind or F.pick('short', 'short', 'bowl', 'bob', 'long', 'long', 'bun', 'tail', 'twins', 'braids', 'afro', 'curls', 'mohawk', 'spiky',
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
    behind = dict(short=F.u(1.7, 2.1), bowl=F.u(1.6, 1.9), bob=F.u(2.1, 2.6), long=F.u(2.8, 4.2), parted=F.u(1.7, 2.4)).get(kind, F.u(1.6, 2.))
    if kind == 'bowl': edge = lambda a: F_bowl
    F_bowl = F.u(1.15, 1.4)
    sharp, temple = F.u(1, 2.2), F.u(-.2, .3)
    base = edge_between(top, behind, sharp)
    edge = {'bowl': lambda a: F_bowl if a < 1.2 else behind, 'parted': lambda a: base(a)+.25*np.sin(a*4)**2*(a < 1.2)}.get(
        kind, lambda a: base(a)+temple*np.exp(-(a-.9)**2/.1))
    F.add('hair', scalp(H, edge, F.u(1.06, 1.16), F.u(-.1, .18) if kind in ('long', 'bob') else 0, wave, 9 if kind != 'long' else 12), paint)
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
        F.add('hair', tube([c+vec(-.5*rx, .8*ry, .3*rz), c+vec(0, 1.05*ry, .75*rz), c+vec(.6*rx, 1.25*ry, .6*rz)], np.array([.25, .4, .12])*rx, 10, 9), paint)
    if kind == 'bun':
        for s in F.pick((0,), (0,), (1, -1)):
            k = F.u(.3, .5)*rx
            F.add('hair', lump(c+vec(s*.7*rx, F.u(.75, 1.15)*ry, -F.u(.2, .7)*rz), (k,)*3, detail=9), paint)
    if kind == 'tail':
        x, n = F.u(-.5, .5)*rx, F.u(.8, 2.2)*ry
        F.add('hair', tube([c+vec(0, .6*ry, -.9*rz), c+vec(x*.3, .6*ry, -1.5*rz), c+vec(x, .6*ry-n*.5, -1.6*rz), c+vec(x*1.5, .6*ry-n, -1.3*rz)],
                           np.array([.16, .3, .28, .04])*rx, 10, 12), paint)
    if kind in ('twins', 'braids'):
        n, out, y = F.u(.7, 2.)*ry, F.u(.1, .7), F.u(-.1, .6)
        for s in (1, -1):
            P = [c+vec(s*.95*rx, y*ry, -.2*rz), c+vec(s*(1.2+out*.5)*rx, y*ry-.2*n, -.2*rz), c+vec(s*(1.1+out)*rx, y*ry-n, .1*rz)]
            if kind == 'twins': F.add('hair', tube(P, np.array([.18, .32, .05])*rx, 9, 9), paint)
            else:
                m = 4+int(n/rx*2.6)
                for i in range(m):
                    t = i/(m-1)
                    F.add('hair', lump(P[0]*(1-t)**2+2*P[1]*t*(1-t)+P[2]*t*t, (.22*rx*(1.1-.45*t),)*3, detail=6), paint)


def band(F, H, y, grow, r, paint, flat=1.5):
    """A ring around the head at height y, in radii."""
    k = np.sqrt(max(1-min(abs(y), .95)**2, .1))*grow
    F.add('hair', hoop(H.c+vec(0, y*H.r[1], 0), H.r[0]*k, H.r[2]*k, r*H.r[0], n=18, sides=6, flat=flat), paint)


HATS = ('wizard', 'wizard', 'wide', 'cap', 'top hat', 'beanie', 'crown', 'crown', 'helmet', 'helmet', 'knight', 'hood', 'hood', 'bandana', 'chef', 'antenna',
        'ears', 'horns', 'straw', 'turban', 'fez', 'jester', 'pirate', 'santa', 'beret', 'bucket', 'halo', 'headphones', 'flowers', 'viking',
        'samurai', 'mushroom', 'feathers', 'animal', 'bow', 'astronaut')


def headwear(F, H, hair, kind=None):
    """Any hat, helmet or crown; most leave hair to be seen below."""
    kind = kind or F.pick(*HATS)
    F.words.append(kind)
    rx, ry, rz = H.r
    c, a, b = H.c, bright(F), bright(F)
    if kind not in ('helmet', 'knight', 'hood', 'turban', 'animal', 'astronaut', 'samurai', 'antenna') and F.maybe(.65):
        haircut(F, H, hair, F.pick('short', 'bob', 'long', 'tail', 'twins', 'braids', 'parted'))
    y0 = F.u(.3, .5)
    brim = c+vec(0, y0*ry, 0)
    lean = turn(0, F.u(-.25, .1), F.u(-.15, .15))
    k = np.sqrt(1-y0*y0)*1.1
    with F.at(brim, lean):
        if kind == 'wizard':
            h, w = ry*F.u(1.3, 2.6), F.u(1.5, 2.1)
            tilt = vec(F.u(-.6, .6)*rx, 0, -F.u(0, .8)*rz)
            P = [vec(0, -.05*ry, 0), vec(0, .35*h, 0), vec(0, .75*h, 0)+tilt*.3, vec(0, h*F.u(.7, 1), 0)+tilt]
            F.add('hair', tube(P, [(k*rx, k*rz), (.62*rx, .62*rz), (.3*rx, .3*rz), (.04*rx, .04*rx)], 16, 12, up=vec(0, 0, 1), ends=(0, 1)), maybe_pattern(F, a, b, .35, rx*2))
            up = F.u(-.1, .2)*ry
            F.add('hair', lathe([(k*rx*.9, -.08*ry), (w*rx, up-.05*ry), (w*rx*.98, up+.04*ry), (k*rx, .1*ry)], cols=22, squash=rz/rx), a)
            F.add('hair', hoop((0, .1*ry, 0), k*rx, k*rz, .07*rx, n=18, sides=6, flat=1.6), b)
        elif kind in ('wide', 'straw', 'top hat', 'bucket', 'fez', 'chef', 'mushroom'):
            if kind == 'straw': a = hexes('d8b868 c8a050 e8d090')[F.pick(0, 1, 2)]
            if kind == 'chef': a = WHITE
            if kind == 'fez': a = F.pick(a, hexes('a02028')[0])
            h, w, t = {'wide': (F.u(.5, .9), F.u(1.5, 2.3), .85), 'straw': (.6, F.u(1.6, 2.4), .7), 'top hat': (F.u(.8, 1.8), 1.5, F.u(.85, 1.1)),
                       'bucket': (.6, 1.35, .85), 'fez': (.9, 0, .75), 'chef': (.6, 0, 1.05), 'mushroom': (.9, 1.9, .6)}[kind]
            if kind == 'mushroom':
                F.add('hair', lathe([(.9*rx, -.1*ry), (w*rx, -.15*ry), (w*.95*rx, .25*ry), (w*.6*rx, .75*ry), (.02, h*ry)], rows=12, squash=rz/rx),
                      maybe_pattern(F, a, WHITE, .8, rx*2.4, ('spots',)))
                return
            F.add('hair', lathe([(k*rx, -.06*ry), (k*rx, .1*ry), (k*t*rx, h*ry*.92), (k*t*rx*.85, h*ry), (.3*rx, h*ry*F.pick(1, .85))], squash=rz/rx), maybe_pattern(F, a, b, .2, rx*2))
            if w:
                up, curl = F.u(-.25, .2)*ry, F.u(0, .4)*ry*(kind == 'wide')
                V, T = lathe([(k*rx*.9, -.09*ry), (w*rx, up-.04*ry), (w*rx, up+.04*ry), (k*rx, .06*ry)], cols=24, squash=rz/rx)
                V = V+vec(0, 1, 0)*(curl*(np.abs(V[:, :1])/(w*rx))**2)
                F.add('hair', (V, T), a)
                F.add('hair', hoop((0, .1*ry, 0), k*rx, k*rz, .06*rx, n=18, sides=6, flat=1.8), b)
            if kind == 'chef':
                for i in range(6):
                    F.add('hair', lump(vec(np.sin(i*1.047)*.55*rx, h*ry*1.1, np.cos(i*1.047)*.55*rz), (.55*rx, .42*ry, .55*rx), detail=8), a)
            if kind == 'fez': F.add('hair', tube([vec(0, h*ry, 0), vec(.5*rx, h*ry*1.02, .3*rx), vec(.8*rx, .5*h*ry, .4*rx)], [.05*rx, .05*rx, .1*rx], 6, 7), b)
            if F.maybe(.25) and w: F.add('hair', tube([vec(k*rx, .1*ry, 0), vec(k*rx*1.3, .8*ry, -.3*rz), vec(k*rx*1.1, 1.1*ry, -1.1*rz)], [(.04*rx, .1*rx), (.06*rx, .25*rx), (.02, .05*rx)], 8, 8), bright(F))
        elif kind == 'crown':
            g, n, h = F.pick(METAL[2], METAL[2], METAL[0], a), F.pick(5, 6, 8), F.u(.35, .8)*ry
            cols = n*4
            t = np.arange(cols)*2*np.pi/cols
            s, q = F.u(.7, .95), np.where(np.arange(cols) % 4 == 0, 1., np.where(np.arange(cols) % 2, .62, .45))
            X = np.empty((4, cols, 3))
            for i, (r, z) in enumerate([(s*.9, np.full(cols, .05)), (s*.96, np.full(cols, -.1)), (s*1.06, q), (s*.99, q)]):
                X[i] = np.stack([np.sin(t)*r*rx, z*h, np.cos(t)*r*rz], 1)
            F.add('hair', rings(X, vec(0, .05*h, 0), vec(0, .1*h, 0)), g)
            for i in range(n):
                u = i*2*np.pi/n
                F.add('hair', lump(vec(np.sin(u)*s*1.06*rx, h*F.pick(.25, 1.05), np.cos(u)*s*1.06*rz), (.09*rx,)*3, detail=6), b)
            if F.maybe(.3): F.add('hair', lump((0, .2*h, 0), (s*.85*rx, h*1., s*.85*rz), detail=9), hexes('a02038 4a2080 204080')[F.pick(0, 1, 2)])
        elif kind == 'santa':
            P = [vec(0, 0, 0), vec(0, .6*ry, -.1*rz), vec(.5*rx, .95*ry, -.4*rz), vec(1.2*rx, .45*ry, -.5*rz)]
            F.add('hair', tube(P, np.array([k, .75, .4, .12])*rx, 14, 12, ends=(0, 1)), a)
            F.add('hair', lump(P[-1]-vec(0, .1*ry, 0), (.24*rx,)*3, detail=8), WHITE)
            F.add('hair', hoop((0, 0, 0), k*rx, k*rz, .17*rx, n=18, sides=8), WHITE)
        elif kind == 'jester':
            for i, u in enumerate(F.pick((1.57, -1.57, 3.14), (1.57, -1.57), (.8, -.8, 2.4, -2.4))):
                d = vec(np.sin(u), 0, np.cos(u))*rx
                P = [d*.2+vec(0, .1*ry, 0), d*.7+vec(0, ry, 0), d*1.6+vec(0, .9*ry, 0), d*1.9+vec(0, .2*ry, 0)]
                F.add('hair', tube(P, np.array([.75, .5, .25, .06])*rx, 10, 10), (a, b)[i % 2])
                F.add('hair', lump(P[-1], (.16*rx,)*3, detail=7), METAL[2])
        elif kind == 'pirate':
            w, h = F.u(1.4, 1.9)*rx, F.u(.7, 1.1)*ry
            for s in (1, -1):
                o = [(-w, 0), (-.6*w, -.12*h), (0, -.15*h), (.6*w, -.12*h), (w, 0), (.6*w, .75*h), (0, h), (-.6*w, .75*h)]
                F.add('hair', plate(o, .16*rz, (0, 0, s*.75*rz), turn(0, s*.25)), a)
            F.add('hair', lump((0, .1*ry, 0), (k*rx, .6*ry, k*rz), detail=10), a)
            button(F, vec(0, .4*h, .95*rz), .2*rx, WHITE)
        elif kind == 'beret':
            F.add('hair', lump((.15*rx, .3*ry, -.05*rz), (1.25*rx, .32*ry, 1.2*rz), turn(0, 0, -.2), detail=12), a)
            F.add('hair', cone((.1*rx, .5*ry, 0), (.1*rx, .78*ry, 0), .05*rx, .04*rx), a)
        elif kind == 'halo':
            F.add('hair', hoop((0, F.u(.9, 1.3)*ry, 0), .7*rx, .7*rx, .1*rx, n=20, sides=7), METAL[2])
        elif kind == 'bow':
            for s in (1, -1): F.add('hair', tube([vec(.5*rx, .55*ry, .3*rz), vec((.5+s*.4)*rx, .75*ry, .3*rz), vec((.5+s*.75)*rx, .65*ry, .3*rz)],
                                                 [(.06*rx, .06*rx), (.3*rx, .15*rx), (.36*rx, .1*rx)], 8, 7), a)
            F.add('hair', lump((.5*rx, .55*ry, .35*rz), (.14*rx,)*3, detail=7), b)
    if kind == 'cap':
        F.add('hair', scalp(H, lambda t: 1.35, 1.1), maybe_pattern(F, a, b, .25, rx*2))
        w, s = F.u(.75, 1.), F.pick(1, 1, 1, -1)
        t = np.linspace(-1.2, 1.2, 9)
        o = np.concatenate([np.stack([np.sin(t)*w*rx, np.cos(t)*F.u(.9, 1.2)*rz], 1), [[-.7*rx, 0], [.7*rx, 0]][::-1]])
        F.add('hair', plate(o, .1*ry, c+vec(0, .28*ry, s*.75*rz), axes((0, -.15, s), (0, 1, 0))), F.pick(a, b))
        F.add('hair', lump(c+vec(0, 1.12*ry, 0), (.1*rx, .07*rx, .1*rx), detail=6), b)
    elif kind == 'beanie':
        e = F.u(1.2, 1.45)
        F.add('hair', scalp(H, lambda t: e, 1.12, lift=.06), maybe_pattern(F, a, b, .5, rx*2, ('rings', 'stripes')))
        band(F, H, np.cos(e)+.08, 1.12, .12, b, 1.6)
        if F.maybe(.6): F.add('hair', lump(c+vec(0, 1.3*ry, 0), (.28*rx,)*3, detail=9), F.pick(b, WHITE))
    elif kind in ('helmet', 'viking', 'knight', 'samurai', 'astronaut'): helmet(F, H, kind, a, b)
    elif kind == 'hood':
        low, n = F.u(2.2, 2.9), F.u(.75, 1.)
        F.add('hair', scalp(H, lambda t: n+(low-n)*min(max(t-.35, 0)*1.5, 1), F.u(1.16, 1.3), F.u(0, .2), rows=12), a)
        if F.maybe(.6): F.add('hair', tube([c+vec(0, .6*ry, -.6*rz), c+vec(0, F.u(.7, 1.3)*ry, -1.2*rz), c+vec(0, F.u(0, .9)*ry, -F.u(1.4, 1.9)*rz)], np.array([.7, .4, .04])*rx, 10, 8), a)
        if F.maybe(.35): animal_ears(F, Lump(c, H.r*1.15), F.pick('cat', 'bear', 'rabbit'), a)
    elif kind == 'bandana':
        F.add('hair', scalp(H, lambda t: 1.3, 1.09), maybe_pattern(F, a, WHITE, .5, rx*2, ('spots',)))
        for s in (1, -1): F.add('hair', tube([c+vec(0, .2*ry, -rz), c+vec(s*.2*rx, 0, -1.3*rz), c+vec(s*.35*rx, -.5*ry, -1.25*rz)], [(.08*rx, .05*rx), (.15*rx, .05*rx), (.1*rx, .03*rx)], 7, 7), a)
    elif kind == 'turban':
        for i in range(3): F.add('hair', hoop(c+vec(0, (.35+.25*i)*ry, 0), (1.02-.17*i)*rx, (1.02-.17*i)*rz, .26*rx, turn(0, -.15+.1*i, F.u(-.2, .2)), 18, 8), a)
        F.add('hair', lump(c+vec(0, .75*ry, 0), (.7*rx, .5*ry, .7*rz), detail=10), a)
        F.add('hair', lump(c+vec(0, .55*ry, 1.15*rz), (.15*rx, .2*rx, .1*rx), detail=7), b)
    elif kind == 'headphones':
        t = np.linspace(-1.5, 1.5, 9)
        F.add('hair', tube([c+vec(np.sin(u)*1.15*rx, np.cos(u)*1.18*ry, 0) for u in t], [.1*rx]*9, 8, 14), a)
        for s in (1, -1): F.add('hair', tube([c+vec(s*.95*rx, 0, 0), c+vec(s*1.3*rx, 0, 0)], [.33*rx]*2, 12, ends=(.2, .2)), b)
    elif kind == 'flowers':
        for i in range(9):
            p, n = H.at(np.sin(i*.698), .75, np.cos(i*.698))
            F.add('hair', lump(p, (.2*rx, .2*rx, .12*rx), facing(n), (1, 1), 7), (a, b, WHITE)[i % 3])
    elif kind == 'feathers':
        n, k = F.pick(3, 5, 7, 9), F.u(.8, 1.6)
        band(F, H, .35, 1.06, .12, b)
        for i in range(n):
            u = (i-(n-1)/2)*.32
            d = vec(np.sin(u), np.cos(u), -.15)
            p = c+d*vec(rx, ry, rz)*.9
            F.add('hair', tube([p, p+d*k*ry*.5, p+d*k*ry], [(.06*rx, .04*rx), (.17*rx, .05*rx), (.02*rx, .02*rx)], 8, 7), tip((a, WHITE)[i % 2], b, .4))
    elif kind == 'ears': animal_ears(F, H, F.pick('cat', 'fox', 'rabbit', 'bear', 'mouse', 'floppy', 'cow'), F.pick(hair, a))
    elif kind == 'horns': horns(F, H)
    elif kind == 'animal':
        F.add('hair', scalp(H, lambda t: .8+min(max(t-.5, 0)*1.2, 1.6), 1.2), a)
        animal_ears(F, Lump(c, H.r*1.18), F.pick('cat', 'bear', 'rabbit', 'mouse', 'floppy'), a)
        for s in (1, -1):
            p, n = Lump(c, H.r*1.2).front(s*.35, .75)
            F.add('hair', lump(p, (.12*rx,)*3, detail=7), BLACK)
    elif kind == 'antenna':
        for s in F.pick((0,), (1, -1)):
            p = c+vec(s*.45*rx, .85*ry, 0)
            q = p+vec(s*F.u(.2, .6)*rx, F.u(.5, 1.)*ry, 0)
            F.add('hair', tube([p, (p+q)/2+vec(0, .1*ry, .1*rz), q], [.06*rx]*3, 7, 7), BLACK)
            F.add('hair', lump(q, (F.u(.13, .24)*rx,)*3, detail=8), b)


def button(F, p, r, paint): F.add('hair', lump(p, (r, r, r*.4), detail=8), paint)


def helmet(F, H, kind, a, b):
    rx, ry, rz = H.r
    c = H.c
    m = F.pick(METAL[0], METAL[1], METAL[2], METAL[4], a)
    if kind == 'astronaut':
        F.add('hair', scalp(H, lambda t: .95+min(max(t-.55, 0)*3, 1.5), 1.35), F.pick(WHITE, a))
        p = Lump(c, H.r*1.3).front(0, .95)[0]
        return F.add('hair', lump(p, (.2*rx, .15*ry, .2*rx), detail=7), b)
    if kind == 'knight':
        F.add('hair', lathe([(.8*rx, -1.05*ry), (1.12*rx, -.6*ry), (1.16*rx, .3*ry), (.85*rx, .95*ry), (.1*rx, F.u(1.15, 1.6)*ry)], c, rows=12, squash=rz/rx), m)
        for i in range(F.pick(1, 1, 2, 3)):
            F.add('hair', tube([c+vec(s*.62*rx, (.18-.25*i)*ry, .98*rz) for s in (-1, 1)], [(.13*rx, .05*ry)]*2, 8), BLACK)
        F.add('hair', tube([c+vec(0, -.9*ry, 1.1*rz), c+vec(0, .9*ry, 1.05*rz)], [.05*rx]*2, 6), shade(m, .8))
    else:
        low = F.u(1.9, 2.5)
        F.add('hair', scalp(H, lambda t: 1.1+(low-1.1)*min(max(t-.6, 0)*1.6, 1), 1.14, F.u(0, .35)*(kind == 'samurai')), m)
        band(F, H, .42, 1.15, .08, b, 1.5)
        if F.maybe(.4): F.add('hair', tube([c+vec(0, .5*ry, 1.1*rz), c+vec(0, -.25*ry, 1.22*rz)], [(.09*rx, .06*rx)]*2, 6), b)
    extra = {'viking': 'horns', 'samurai': 'moon'}.get(kind) or F.pick('crest', 'plume', 'none', 'horns', 'wings', 'spike', 'none')
    if extra == 'horns': horns(F, Lump(c, H.r*1.1), F.pick('bull', 'bull', 'devil', 'ram'))
    if extra == 'moon':
        t = np.linspace(-1.2, 1.2, 7)
        F.add('hair', tube([c+vec(np.sin(u)*rx, (1.5-np.cos(u))*ry*.9+.4*ry, 1.15*rz) for u in t], np.array([.02, .09, .13, .15, .13, .09, .02])*rx, 7, 12), METAL[2])
    if extra == 'crest':
        t = np.linspace(-.3, 2.4, 8)
        d = np.stack([0*t, np.cos(t), -np.sin(t)], 1)*H.r
        k = F.u(.35, .7)
        F.add('hair', tube(c+d*1.25, np.array([(.08, .1)]+[(.1, k)]*6+[(.06, .1)])*rx*.7, 8, 14), b)
    if extra == 'plume': F.add('hair', tube([c+vec(0, 1.1*ry, 0), c+vec(0, 1.6*ry, -.4*rz), c+vec(0, 1.2*ry, -1.3*rz), c+vec(0, .3*ry, -1.6*rz)], np.array([.08, .25, .28, .04])*rx, 9, 12), b)
    if extra == 'spike': F.add('hair', cone(c+vec(0, ry, 0), c+vec(0, F.u(1.4, 1.9)*ry, 0), .2*rx, .02*rx), m)
    if extra == 'wings':
        for s in (1, -1):
            o = [(0, -.2), (.3, -.25), (.9, .3), (1.2, .9), (.7, .7), (.3, .5), (0, .2)]
            F.add('hair', plate(np.array(o)*rx*.9, .1*rx, c+vec(s*1.1*rx, .3*ry, 0), axes((0, 1, 0), (1, 0, .2*s))), F.pick(WHITE, METAL[2]))
