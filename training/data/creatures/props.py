"""What a figure wears on its back and stands on: capes, wings, packs, plinths."""
import numpy as np
from .items import shield, sword
from .paint import BONE, METAL, WHITE, WOOD, bright, hexes, pattern, shade, tip
from .shapes import axes, block, cone, hoop, lathe, lump, plate, ruled, sheet, tube, turn, vec


def cape(F, chest, w, d, low, paint, flare=None):
    """From the shoulders, w half wide, down to y = low, behind a body d deep."""
    n, flare, blow = 7, F.u(1.1, 1.7) if flare is None else flare, F.u(0, .5)*(chest[1]-low)
    v = np.linspace(0, 1, n)
    wave, folds = F.u(0, .12)*w, F.pick(2, 3, 4)
    x = np.linspace(-1, 1, 11)
    X = np.empty((n, 11, 3))
    for i, t in enumerate(v):
        width = w*(1+(flare-1)*t)
        X[i, :, 0] = x*width
        X[i, :, 1] = chest[1]*(1-t)+low*t
        X[i, :, 2] = chest[2]-d*1.15+.55*d*np.abs(x)**3*(1-.7*t)-blow*t*t-wave*t*np.cos(x*np.pi*folds)
    F.add('back', sheet(X, .06*w+.008), paint)
    F.add('back', tube([chest+vec(-.95*w, 0, -.4*d), chest+vec(-.55*w, .05*w, .7*d), chest+vec(0, -.1*w, d*1.0),
                        chest+vec(.55*w, .05*w, .7*d), chest+vec(.95*w, 0, -.4*d)], [.1*w]*5, 8, 14), paint)


def feather_wing(F, root, s, span, up, sweep, paint, end, slot='back', fold=1.):
    """A wing of feathers: an arm and two fans of blades, from `root` out to side s."""
    R = turn(0, 0, s*up)@turn(s*sweep)
    with F.at(root, R):
        arm = [vec(0, 0, 0), vec(s*.35*span, .12*span, 0), vec(s*.65*span, .1*span, 0), vec(s*.85*span*fold, .02*span,
            0)]
        F.add(slot, tube(arm, np.array([(.07, .05), (.07, .05), (.055, .04), (.03, .02)])*span, 10, 12,
                         up=vec(0, 1, 0)), paint)
        n = 8
        for i in range(n):
            t = i/(n-1)
            p = arm[0]*(1-t)+arm[3]*t+vec(0, .1*span*np.sin(t*np.pi), 0)
            a = -1.75+1.5*t**1.5
            k = span*(.3+.22*t)
            d = vec(s*np.cos(a), np.sin(a), -.04*i*0)
            q = p+d*k
            F.add(slot, tube([p, (p+q)/2, q], np.array([(.035, .012), (.06, .014), (.02, .008)])*span, 6, 6,
                             up=vec(0, 0, 1)), tip(paint, end, -.2, 1, -1))
        F.add(slot, ruled([arm[0]+vec(0, .03*span, .01*span), arm[1], arm[2], arm[3]],
                          [arm[0]-vec(0, .2*span, 0), arm[1]-vec(0, .27*span, 0), arm[2]-vec(0, .24*span, 0), arm[3]],
                          .05*span, 4), paint)


def bat_wing(F, root, s, span, up, sweep, paint, bone, slot='back', fingers=3):
    """A wing of skin between fingers, scalloped below."""
    with F.at(root, turn(0, 0, s*up)@turn(s*sweep)):
        wrist = vec(s*.4*span, .35*span, 0)
        tips = [vec(s*np.cos(a), np.sin(a), -.03)*span*k+wrist for a, k in zip(np.linspace(.25, -1.5, fingers+1),
            np.linspace(.75, .55, fingers+1))]
        inner = vec(s*.02*span, -.3*span, 0)
        F.add(slot, tube([vec(0, 0, 0), wrist], np.array([.05, .035])*span, 8), bone)
        ends = tips[:-1]+[inner]
        for i, q in enumerate(tips[:-1]):
            F.add(
                slot,
                tube(
                    [wrist, (wrist+q)/2+vec(0, .03*span, 0), q], np.array([.028, .02, .006])*span, 6, 7
                ),
                bone,
            )
        for a, b in zip(ends[:-1], ends[1:]):
            m = 6
            t = np.linspace(0, 1, m)[:, None]
            low = a*(1-t)+b*t+(wrist-(a+b)/2)*(.55*t*(1-t))
            F.add(slot, ruled([wrist+(a-wrist)*.02*(1-j)+(b-wrist)*.02*j for j in t[:, 0]], low, .018*span, 6,
                              vec(0, 0, -.06*span)), paint)
        F.add(slot, ruled([vec(0, 0, 0), wrist*.5, wrist], [inner, inner*.5+wrist*.15, wrist*.96], .02*span, 4), paint)
        F.add(slot, cone(wrist, wrist+vec(s*.02, .12, .03)*span, .03*span, .004*span, 6), BONE)


def insect_wing(F, root, s, n, w, up, sweep, paint, slot='back'):
    """A leaf of a wing in the plane of the back: n long, w wide."""
    a = np.linspace(0, 2*np.pi, 16, endpoint=False)
    o = np.stack([s*n*(.5-.5*np.cos(a)), w*np.sin(a)*(.55-.3*np.cos(a))], 1)
    with F.at(root, turn(0, 0, s*up)@turn(s*sweep)): F.add(slot, plate(o, .05*w+.006), paint)


def pack(F, chest, hip, w, d):
    """A rucksack, quiver, barrel, jet, shell or sword on the back."""
    kind = F.pick('backpack', 'backpack', 'quiver', 'jet', 'shell', 'sword', 'barrel', 'shield', 'key', 'basket')
    F.words.append(kind)
    c, e = bright(F), bright(F)
    m, h = (chest+hip)/2+vec(0, .1*(chest[1]-hip[1]), -d), (chest[1]-hip[1])*.5
    if kind == 'backpack':
        F.add('back', block(m-vec(0, 0, .35*w), (w*.75, h, .4*w), edge=.5, k=3), c)
        F.add('back', block(m-vec(0, h*.35, .75*w), (w*.5, h*.4, .15*w), edge=.5), e)
        if F.maybe(.5):
            F.add('back', tube([m+vec(-w*.85, h*1.15, -.3*w), m+vec(w*.85, h*1.15, -.3*w)], [.25*w]*2, 10), e)
        for s in (1, -1):
            F.add('back', tube([m+vec(s*.55*w, h*.8, 0), m+vec(s*.6*w, h*.95, d), m+vec(s*.55*w, h*.5, 2.05*d),
                                m+vec(s*.6*w, -h*.4, d*1.6), m+vec(s*.5*w, -h*.6, 0)], [.09*w]*5, 6, 14), shade(c, .7))
    if kind == 'quiver':
        a, b = m+vec(-.35*w, -h, -.2*w), m+vec(.5*w, h*1.2, -.2*w)
        F.add('back', tube([a, b], [.2*w, .26*w], 12, ends=(.3, 0)), WOOD[2])
        for i in range(4):
            p = b+vec((i-1.5)*.1*w, 0, 0)
            F.add('back', tube([p, p+(b-a)*.35], [.025*w, .07*w], 6), e)
    if kind == 'jet':
        for s in (1, -1):
            F.add('back', lathe([(.15*w, -h), (.36*w, -.5*h), (.36*w, .7*h), (.02, 1.1*h)], m+vec(s*.42*w, 0, -.35*w),
                                cols=12, rows=9), c)
            F.add('back', cone(m+vec(s*.42*w, -h, -.35*w), m+vec(s*.42*w, -h*1.9, -.35*w), .22*w, .02*w),
                  hexes('ffb020')[0])
    if kind == 'shell':
        F.add('back', lump(m-vec(0, 0, .1*w), (w*1.05, h*1.3, .7*w), detail=14), pattern(F, hexes('5a7a30')[0],
            hexes('8a6a38')[0], None, w*2))
    if kind == 'barrel':
        F.add('back', lathe([(.5*w, -h), (.65*w, 0), (.5*w, h)], m-vec(0, 0, .5*w), rows=9), WOOD[1])
        for y in (-.6, .6): F.add('back', hoop(m+vec(0, y*h, -.5*w), .6*w, .6*w, .05*w, n=18, sides=6), METAL[4])
    if kind == 'basket':
        F.add('back', lathe([(.4*w, -h), (.75*w, .9*h), (.6*w, .9*h)], m-vec(0, 0, .5*w), cols=14),
              pattern(F, WOOD[3], WOOD[1], 'rings', w))
    if kind == 'key': 
        F.add('back', tube([m, m-vec(0, 0, .8*w)], [.08*w]*2, 8), METAL[2])
        F.add('back', hoop(m-vec(0, 0, 1.1*w), .35*w, .35*w, .1*w, axes((1, 0, 0), (0, 1, 0)), 14, 7), METAL[2])
    if kind in ('sword', 'shield'):
        with F.at(m-vec(0, 0, .12*w), turn(0, 0, F.pick(1, -1)*F.u(.5, .9))@turn(np.pi), slot='back'):
            with F.at((0, -.55*h*2 if kind == 'sword' else 0, 0), None, h*2): (sword if kind == 'sword' else shield)(F,
                'back', 1, kind)


def plinth(F, x, z, wide, deep, y=0.):
    """A ground below y: a slab, rock, tuft of grass, log, cloud, water."""
    kind = F.pick('disk', 'disk', 'box', 'steps', 'rock', 'grass', 'hex', 'cloud')
    c, h, r = bright(F), F.u(.03, .12), max(wide, deep)
    o = vec(x, y, z)
    if kind in ('disk', 'steps'):
        F.add('base', lathe([(r*1.05, -h), (r*1.05, -h*.5), (r, 0), (r*.5, 0)], o, cols=24, squash=F.u(.8, 1)), c)
        if kind == 'steps': F.add('base', lathe([(r*1.25, -2*h), (r*1.25, -h)], o, cols=24), bright(F))
    if kind == 'hex': F.add('base', lathe([(r*1.15, -h), (r*1.1, 0)], o, cols=6), c)
    if kind == 'box': F.add('base', block(o-vec(0, h, 0), (wide*1.05, h, deep*1.05), edge=.3), c)
    if kind in ('rock', 'grass', 'cloud'):
        V, T = lump(o-vec(0, .8*h, 0), (r*1.2, h, r*1.1), e=(.5, .9), detail=14)
        q = F.rng.random(3)*6
        paint = dict(rock=hexes('8a8680 6a645c a09a90')[F.pick(0, 1, 2)], grass=hexes('5a9a40 78b050')[F.pick(0, 1)],
                     cloud=WHITE)[kind]
        F.add('base', (V+(.05*r*np.sin(V*8/r+q)[:, [1, 2, 0]])*vec(1, .2, 1), T), pattern(F, paint, shade(paint, .75),
            'patches', r))
        if kind == 'grass':
            for i in range(F.pick(0, 4, 8)):
                p = o+vec(np.sin(i*2.4), 0, np.cos(i*2.4))*r*F.u(.7, 1.05)
                F.add('base', cone(p-vec(0, .02, 0), p+vec(F.u(-.05, .05), F.u(.1, .2), 0), .025, .004, 5),
                      shade(paint, .7))


def stand(F):
    """A plinth under a figure that is done."""
    lo, hi = F.feet()
    m, half = (lo+hi)/2, np.maximum((hi-lo)/2, .06)
    plinth(F, m[0], m[2], half[0]*F.u(1.05, 1.5), half[2]*F.u(1.05, 1.5), lo[1]+.01)
