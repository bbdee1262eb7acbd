"""Insects, spiders, crabs, scorpions, snails, worms and snakes."""
import numpy as np
from . import hats, heads, props
from .humanoid import rub
from .paint import BLACK, BONE, SCALE, WHITE, belly, bright, hexes, maybe_pattern, mix, pattern, shade, tip
from .shapes import Lump, axes, cone, lump, plate, tube, turn, unit, vec


def crawling_legs(F, c, half, n, reach, w, paint, rise=1., ground=0.):
    """n legs a side along a body at c, half = its half sizes; knees over the body or under it."""
    u = F.u
    lift, out = u(.1, .9)*rise, reach*u(.8, 1.2)
    jitter = u(0, .12)
    for s in (1, -1):
        for i in range(n):
            t = (i+.5)/n*2-1
            a = t*u(.85, 1.05)
            root = c+vec(s*half[0]*.75, -.2*half[1], -t*half[2]*.8)
            d = vec(s*np.cos(a), 0, -np.sin(a)*.95)
            knee = root+d*out*.5+vec(0, lift*reach+F.u(-1, 1)*jitter*reach, 0)
            foot = root+d*out
            foot[1] = ground+w*.5
            low = rub(knee, foot, .6)+d*.06*out
            F.add('leg_left' if s > 0 else 'leg_right', tube([root, rub(root, knee, .5)+vec(0, .1*lift*reach, 0), knee,
                                                              low, foot], np.array([1.3, 1.1, .95, .7, .25])*w, 8, 12),
                                                              paint)
            F.add('leg_left' if s > 0 else 'leg_right', lump(knee, (w*1.15,)*3, detail=6), paint)


def feelers(F, H, paint, club=0.):
    rx, ry, rz = H.r
    n, out = F.u(.8, 2.), F.u(.2, .9)
    for s in (1, -1):
        p, _ = H.at(s*.4, .75, .5)
        P = [p, p+vec(s*.3*out*rx, .7*n*ry, .2*rz), p+vec(s*out*n*rx, n*ry*.8, n*.7*rz)]
        F.add('hair', tube(P, np.array([.08, .07, .05])*rx, 7, 9), paint)
        if club: F.add('hair', lump(P[-1], (club*rx,)*3, detail=7), paint)


def bug_face(F, H, skin, big=False):
    x = F.u(.45, .7)
    if big or F.maybe(.4):
        c = F.pick(BLACK, *hexes('8a1c1c 3a8a6a'))
        for s in (1, -1):
            p, n = H.at(s*x*1.2, .3, .75)
            F.add('head', lump(p, np.array([.36, .46, .36])*H.r[0], heads.facing(n), detail=10), c)
            F.add('head', lump(p+n*.3*H.r[0]+vec(0, .15*H.r[1], 0), (.09*H.r[0],)*3, detail=5), WHITE)
    else: heads.eyes(F, H, skin, x, F.u(.1, .35), F.u(.22, .36), F.pick('bead', 'plain', 'large'))
    if F.maybe(.6): heads.mouth(F, H, F.u(-.6, -.3), F.u(.2, .5))
    if F.maybe(.5):
        for s in (1, -1):
            p, n = H.front(s*.3, -.5)
            F.add('head', tube([p, p+n*.4*H.r[2]+vec(s*.2*H.r[0], 0, 0), p+n*.65*H.r[2]-vec(s*.12*H.r[0], 0, 0)],
                               np.array([.13, .1, .02])*H.r[0], 7, 7), shade(skin, .5))


def insect(F, kind=None):
    u, kind = F.u, kind or F.pick('beetle', 'beetle', 'bee', 'bee', 'ant', 'butterfly', 'butterfly', 'fly', 'mantis',
                                  'grasshopper', 'ladybird', 'dragonfly')
    F.words.append(kind)
    base = {'bee': hexes('e8b820 f0c848')[F.pick(0, 1)], 'ladybird': hexes('d0312d d86020')[F.pick(0, 1)]}.get(kind,
        F.pick(bright(F), bright(F), BLACK, *hexes('3a6a3a 5a3a2a 8a2a20')))
    dark = F.pick(BLACK, hexes('2a2422')[0], shade(base, .4))
    r, flying = u(.1, .16), kind in ('bee', 'butterfly', 'dragonfly', 'fly') and F.maybe(.55)
    y = r*(u(1.1, 2.) if F.maybe(.7) else u(2, 3.2))
    head, cute = r*u(.6, .95), u(1, 1.7) if F.maybe(.4) else 1
    head *= cute
    long = dict(ant=1.5, dragonfly=3.2, mantis=2.4, grasshopper=2.2, butterfly=1.9, bee=1.5).get(kind, 1.3)*u(
        .85, 1.15
    )
    fat = dict(dragonfly=.4, mantis=.6, butterfly=.55, ant=.9, bee=1.15, grasshopper=.7).get(kind, 1.25)*u(.85, 1.15)
    c = vec(0, y, 0)
    rear = F.pick(0, 0, u(.2, .8)) if kind != 'mantis' else u(.6, 1.)
    stripes = pattern(F, base, dark, 'stripes', .35) if kind == 'bee' else maybe_pattern(F, base, dark, .3, .5,
        ('stripes', 'spots', 'patches'))
    if kind == 'bee':
        q, f = u(0, 6), u(18, 30)/long/r*.1
        stripes = lambda V, U: mix(base, BLACK, np.clip(np.sin(U[:, 2]*f*1.5+q)*4+.5, 0, 1))
    tail = c-vec(0, -.05, r*.8)
    P = [tail, tail-vec(0, .1*r*long, .5*r*long), tail-vec(0, u(-.2, .5)*r*long, 1.1*r*long),
         tail-vec(0, u(-.2, .7)*r*long, 1.5*r*long)]
    F.add('torso', tube(P, np.array([.55, 1., .85, .12])*r*fat, 14, 13), stripes)
    F.add('torso', lump(c, (r, r*.95, r*1.15), detail=12), F.pick(base, dark))
    if kind in ('bee', 'ant') and F.maybe(.5):
        F.add('torso', cone(P[-1], P[-1]+(P[-1]-P[-2])*.5, .1*r, .01*r, 6), BLACK)
    crawling_legs(F, c, vec(r, r, r), 3, r*u(1.3, 2.6)*(.6 if flying else 1), r*u(.12, .24), dark,
                  0 if flying else u(.2, .8), c[1]-r*u(1.4, 2) if flying else 0)
    top = c+vec(0, r*(.3+1.2*rear), r*1.1+head*.5)
    F.add('head', tube([c+vec(0, .2*r, .5*r), top], [r*.5, head*.5], 10, 6), dark)
    H = Lump((0, 0, 0), vec(head*u(.9, 1.15), head*u(.85, 1), head*u(.8, 1)))
    with F.at(top+vec(0, 0, head*.4), turn(u(-.3, .3), u(-.1, .3))):
        F.add('head', H.mesh(12), F.pick(base, dark, base))
        bug_face(F, H, base, kind in ('fly', 'dragonfly', 'mantis'))
        feelers(F, H, dark, F.pick(0, 0, .12, .2))
        if kind == 'beetle' and F.maybe(.5):
            F.add('hair', tube([vec(0, .4*head, .6*head), vec(0, 1.1*head, 1.4*head), vec(0, 2*head, 1.5*head)],
                               np.array([.25, .2, .05])*head, 9, 9), dark)
    bug_wings(F, kind, c, r, long, fat, base, dark, flying)
    if kind == 'mantis':
        for s in (1, -1):
            a = c+vec(s*r*.6, r*.5, r*.9)
            e = a+vec(s*.5*r, 1.4*r, 1.*r)
            F.add('arm_left' if s > 0 else 'arm_right',
                  tube([a, e, e+vec(-s*.1*r, -1.3*r, .7*r), e+vec(0, -.4*r, 1.2*r)], np.array([.2, .22, .2, .04])*r, 8,
                       14), base)
    return dict(seat=c+vec(0, r, 0), r=r, along=vec(0, 0, 1))


def bug_wings(F, kind, c, r, long, fat, base, dark, flying):
    u = F.u
    top = c+vec(0, .7*r, -.2*r)
    if kind in ('beetle', 'ladybird', 'grasshopper'):
        shell = base if kind != 'ladybird' else pattern(F, base, BLACK, 'spots', .55)
        shell = maybe_pattern(F, shell, dark, .4, .5) if kind == 'beetle' else shell
        opened = u(.2, .9) if flying or F.maybe(.25) else 0
        for s in (1, -1):
            R = turn(s*opened, opened*.5, s*opened*.4)
            with F.at(top+vec(s*.05*r, -.2*r, -.5*r), R):
                w, L = r*fat*.72, r*long*1.05
                F.add(
                    'back',
                    lump(
                        vec(s*w*.72, -.1*r, -L*.75), (w, r*.75*fat, L), turn(0, 0, s*.1), (1, 1), 13
                    ),
                    shell,
                )
            if opened:
                props.insect_wing(F, top-vec(0, .1*r, .5*r), s, r*3, r*1., .15, .9,
                                  mix(base, WHITE, .8))
        return
    if kind == 'ant' and F.maybe(.8): return
    big = dict(butterfly=u(3.5, 5.5), dragonfly=u(3.5, 4.5), bee=u(1.8, 2.8), fly=u(2, 2.6), mantis=u(2, 3),
               ant=2.5)[kind]*r
    wide = dict(butterfly=.85, dragonfly=.25, mantis=.3).get(kind, .5)*big
    up, sweep = u(0, 1.2), u(.1, .7)
    c1, c2 = (bright(F), bright(F)) if kind == 'butterfly' else (mix(base, WHITE, .75), mix(dark, WHITE, .8))
    paint = pattern(F, c1, c2, F.pick('spots', 'patches', 'rings', 'gradient'), big*1.2) if kind == 'butterfly' else c1
    edge = F.u(0, 1) < .6
    for s in (1, -1):
        for q, (k, a) in enumerate(((1, .35), (.75, -.6))):
            d = turn(0, 0, s*up)@turn(s*(sweep*(1 if kind != 'butterfly' else .3)))
            with F.at(top, d):
                t = np.linspace(0, 2*np.pi, 18, endpoint=False)
                o = np.stack([s*big*k*(.5-.5*np.cos(t)), wide*k*np.sin(t)*(.6-.35*np.cos(t))], 1)
                # spread ahead and behind in the plane of the wing, which lies flat
                R = axes((0, 0, 1), (0, -1, 0))
                V = plate(
                    o@np.array([[np.cos(a*s), np.sin(a*s)], [-np.sin(a*s), np.cos(a*s)]]),
                    .12*r,
                    (0, 0, -.1*r*q),
                    R,
                )
                F.add('back', V, paint)
                if kind == 'butterfly' and edge:
                    o2 = np.stack([s*big*k*(.62-.18*np.cos(t)), wide*k*.45*np.sin(t)], 1)
                    F.add('back', plate(o2@np.array([[np.cos(a*s), np.sin(a*s)], [-np.sin(a*s), np.cos(a*s)]]), .2*r,
                                        (0, 0, -.1*r*q), R), c2)


def spider(F, kind=None):
    """Spiders, scorpions, crabs and lobsters."""
    u, kind = F.u, kind or F.pick('spider', 'spider', 'crab', 'crab', 'scorpion')
    F.words.append(kind)
    base = F.pick(bright(F), BLACK, *hexes('c83a28 d8602a 5a3a2a 3a3a42 a04a30'))
    coat = maybe_pattern(F, base, F.pick(bright(F), shade(base, .4), WHITE), .45, .5)
    r, y = u(.14, .24), u(.12, .3)
    n, w = (4, r*u(.12, .24)) if kind != 'crab' else (F.pick(3, 4), r*u(.14, .24))
    c = vec(0, y+r*.6, 0)
    if kind == 'crab':
        H = Lump(c, vec(r*u(1.2, 1.8), r*u(.55, 1.), r*u(.9, 1.1)), (u(.7, 1.1), 1.))
        F.add('torso', H.mesh(15), belly(coat, hexes('f0e2b0')[0]))
        crawling_legs(F, c, H.r, n, r*u(.8, 1.6), w, F.pick(base, shade(base, .8)), u(.2, .6))
        claws(F, c, H, base, r)
        face_on(F, H, base)
        return dict(seat=c+vec(0, H.r[1], 0), r=r, along=vec(0, 0, 1))
    small = r*u(.55, .8)
    F.add('torso', lump(c, (small, small*.85, small*1.1), detail=11), F.pick(base, shade(base, .7)))
    crawling_legs(F, c, vec(small, small, small), n, r*u(1.7, 3.2), w, F.pick(base, shade(base, .7), BLACK),
                  u(.5, 1.1) if kind == 'spider' else .4)
    if kind == 'spider':
        F.add('torso', lump(c+vec(0, u(0, .5)*r, -small-.75*r), (r*u(.9, 1.15), r*u(.8, 1.05), r*u(1., 1.3)),
                            detail=14), coat)
    else:
        P = [c-vec(0, 0, .5*small)]
        for i in range(8):
            a = -.2+.42*i
            P.append(P[-1]+vec(0, np.sin(a), -np.cos(a))*r*.5)
        for i, p in enumerate(P): F.add('torso' if i < 3 else 'back', lump(p, (r*(.55-.045*i),)*3, detail=8), coat)
        d = unit(P[-1]-P[-2])
        F.add(
            'back',
            tube(
                [P[-1], P[-1]+d*.35*r, P[-1]+d*.5*r+vec(0, -.35*r, .2*r)],
                np.array([.2, .16, .01])*r,
                8,
                7,
            ),
            shade(base, .5),
        )
    head = small*u(.7, 1.3)
    H = Lump(c+vec(0, .25*small, small+.5*head), vec(head, head*.85, head*.85))
    F.add('head', H.mesh(12), base)
    if kind == 'spider' and F.maybe(.6):
        for s in (1, -1):
            for x, yy, k in ((.22, .2, .2), (.55, .3, .16), (.35, .55, .13), (.15, .6, .1)):
                p, m = H.front(s*x, yy)
                heads.button(F, 'head', p, m, k*head, k*head, k*head*.8, F.pick(BLACK, BLACK, hexes('d03030')[0]), 7)
        for s in (1, -1):
            p, m = H.front(s*.3, -.45)
            F.add('head', cone(p, p+vec(0, -.6*head, .15*head), .17*head, .02*head, 7), F.pick(BONE, BLACK))
    else: face_on(F, H, base)
    if kind == 'scorpion': claws(F, c, Lump(c, (small, small, small)), base, r)
    if F.maybe(.08): hats.headwear(F, H, base, F.pick('top hat', 'crown', 'wizard'))
    return dict(seat=c+vec(0, r, -.5*r), r=r, along=vec(0, 0, 1))


def face_on(F, H, base):
    if F.maybe(.4):  # eyes on stalks
        for s in (1, -1):
            p, _ = H.at(s*.35, .8, .5)
            q = p+vec(s*.1, F.u(.3, .6), .15)*H.r[0]*.8
            F.add('head', tube([p, q], [.07*H.r[0], .06*H.r[0]], 7), base)
            F.add('head', lump(q, (.16*H.r[0],)*3, detail=8), WHITE)
            F.add('head', lump(q+vec(0, 0, .1*H.r[0]), (.09*H.r[0],)*3, detail=7), BLACK)
    else: heads.eyes(F, H, base, F.u(.25, .5), F.u(.1, .4), F.u(.22, .36))
    if F.maybe(.7): heads.mouth(F, H, F.u(-.4, -.1), F.u(.15, .4))


def claws(F, c, H, base, r):
    big, spread = F.u(.4, .9), F.u(.2, 1.)
    for s in (1, -1):
        slot, k = ('arm_left' if s > 0 else 'arm_right'), r*big*F.pick(1, 1, F.u(.7, 1.3))
        a = H.at(s*.8, .1, .6)[0]
        e = a+vec(s*(.4+.4*spread), F.u(-.1, .5), .4)*r
        h = e+vec(-s*.2*(1-spread), F.u(0, .6), .6)*r
        F.add(slot, tube([a, e, h], np.array([.2, .18, .2])*r, 9, 10), base)
        d = unit(h-e)
        R = axes(d, (0, 1, 0))
        F.add(slot, lump(h+d*.5*k, (k*.55, k*.7, k*.4), R, detail=10), base)
        for q in (1, -1):
            F.add(slot, tube([h+R@vec(q*.3*k, .8*k, 0), h+R@vec(q*.6*k, 1.4*k, 0), h+R@vec(q*.12*k, 2*k, 0)],
                             np.array([.3, .24, .03])*k, 8, 8), tip(base, shade(base, 1.2), 0))


def snake(F):
    """Coiled, raised or crawling; worms and caterpillars too."""
    u, kind = F.u, F.pick('cobra', 'snake', 'worm', 'caterpillar', 'snail')
    F.words.append(kind)
    base = F.pick(*SCALE) if F.maybe(.6) else bright(F)
    light = F.pick(WHITE, hexes('f0e2b0')[0], mix(base, WHITE, .5))
    coat = belly(pattern(F, base, F.pick(shade(base, .4), bright(F), light), F.pick('rings', 'spots', 'patches',
        'speckle', 'stripes'), .8), light, -.5)
    r = u(.07, .12)
    if kind in ('caterpillar', 'snail'): return slug(F, kind, base, light, r*1.4)
    if kind == 'worm' or F.maybe(.3):
        n = 9
        t = np.linspace(0, 1, n)
        wave, up = u(.1, .3), u(.3, .9)
        P = [vec(wave*np.sin(v*9)*(1-.6*v), r+up*max(v-.6, 0)**1.3*2, 1.3*(v-.8)*(1-.25*v)) for v in t]
    else:
        turns, R, up = u(1.2, 2.6), u(.28, .4), u(.35, .8)
        P = []
        for v in np.linspace(0, 1, int(turns*7)):
            a = v*turns*2*np.pi
            P.append(vec(np.sin(a)*R*(1-.35*v), r+1.55*r*v*turns, np.cos(a)*R*(1-.35*v)))
        top = P[-1]
        P += [vec(top[0]*.5, top[1]+.25*up, top[2]*.4-.05), vec(0, top[1]+.65*up, -.12), vec(0, top[1]+up, 0)]
    k = len(P)
    w = r*np.minimum(np.linspace(.15, 2.4, k), 1)
    F.add('torso', tube(P, w, 12, min(3*k, 44)), coat)
    head = r*u(1.2, 2.)
    H = Lump((0, 0, 0), vec(head, head*.75, head*1.25))
    with F.at(P[-1]+vec(0, .1*head, .7*head), turn(u(-.4, .4), u(-.1, .3))):
        F.add('head', H.mesh(12), coat)
        heads.eyes(F, H, base, .5, .35, u(.2, .36), F.pick('slit', 'plain', 'large', 'bead'))
        heads.mouth(F, H, -.25, .6, F.pick('smile', 'open', 'fangs', 'flat'))
        if F.maybe(.6):
            p = H.front(0, -.3)[0]
            for s in (1, -1):
                F.add('head', tube([p, p+vec(0, 0, .5*head), p+vec(s*.2*head, .05*head, .9*head)],
                                   [.06*head, .05*head, .02*head], 6, 6), hexes('d03040')[0])
        if F.maybe(.12): hats.headwear(F, H, base, F.pick('crown', 'wizard', 'horns', 'feathers'))
    if kind == 'cobra':
        a, b = P[-1], P[-2]
        m = rub(a, b, .7)
        F.add('hair', tube([rub(a, b, 1.6), m, rub(a, b, .1)], [(r, r*.5), (r*u(2.2, 3.2), r*.45), (r*1.2, r*.5)], 14,
                           10, up=vec(0, 0, 1)), coat)
    return None


def slug(F, kind, base, light, r):
    u = F.u
    n = F.pick(5, 6, 7)
    P = [vec(F.u(-.05, .05), r*.95, -1.5*r*i) for i in range(n)]
    if kind == 'caterpillar':
        second = bright(F)
        for i, p in enumerate(P[1:]):
            F.add('torso', lump(p+vec(0, abs(np.sin(i*1.3))*u(0, .3)*r, 0), (r,)*3, detail=11), (base, second)[i % 2])
        for i, p in enumerate(P[1:]):
            for s in (1, -1):
                F.add('leg_left' if s > 0 else 'leg_right', tube([p+vec(s*.6*r, -.5*r, 0), vec(s*.8*r, .06, p[2])],
                    [.2*r, .2*r], 8), shade(base, .6))
        c, head = P[0]+vec(0, u(.1, .7)*r, .1*r), r*u(1.1, 1.5)
    else:
        F.add(
            'torso',
            tube(
                [vec(0, .15*r, -3.4*r), vec(0, .4*r, -1.5*r), vec(0, .5*r, 0), vec(0, 1.6*r, .9*r)],
                [(.1*r, .1*r), (.85*r, .4*r), (.75*r, .5*r), (.5*r, .5*r)],
                12,
                15,
                up=vec(0, 1, .2),
            ),
            base,
        )
        a = np.linspace(0, 4.5*np.pi, 22)
        k, side = r*u(1.3, 1.9), u(.15, .4)
        shell = bright(F)
        mid = vec(0, .5*r+k*.95, -1.3*r)
        Q = [mid+vec(side*k*t/14, np.sin(t)*k*(1-t/15.5)*.75, np.cos(t)*k*(1-t/15.5)*.75) for t in a]
        F.add('back', tube(Q, k*.5*(1-a/16), 10, 44), pattern(F, shell, bright(F), 'rings', k*3))
        F.add('back', lump(mid, (k*.5, k*.7, k*.7), detail=10), shell)
        c, head = vec(0, 2.1*r, 1.1*r), r*u(.7, 1.)
    H = Lump(c+vec(0, 0, .3*r), vec(head, head*.95, head*.9))
    F.add('head', H.mesh(13), base if kind == 'snail' else F.pick(base, light))
    if kind == 'snail' and F.maybe(.7):
        for s in (1, -1):
            p = H.at(s*.4, .8, .3)[0]
            q = p+vec(s*.3*head, u(.5, 1.1)*head, .1*head)
            F.add('head', tube([p, q], [.1*head, .08*head], 7), base)
            heads.eye(F, q+vec(0, .1*head, .05*head), vec(0, 0, 1), .24*head, F.pick('plain', 'large'), BLACK, base, s)
    else:
        heads.eyes(F, H, base, .4, .15, u(.2, .32))
        feelers(F, H, shade(base, .5), .15)
    heads.mouth(F, H, -.35, .35)
    if F.maybe(.15): hats.headwear(F, H, base, F.pick('top hat', 'crown', 'bow', 'cap'))
    return None
