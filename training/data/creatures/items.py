"""What a figure holds. Items are built in the frame of a hand: y along the thing, z forward."""
import numpy as np
from .paint import BLACK, BONE, METAL, WHITE, WOOD, bright, hexes, maybe_pattern, pattern, shade, tip
from .shapes import axes, block, cone, hoop, lathe, lump, plate, sheet, star, tube, turn, unit, vec


def shaft(F, slot, lo, hi, r=.03, paint=None):
    F.add(slot, tube([(0, lo, 0), (0, hi, 0)], [r, r], 8, ends=(.5, .5)), F.pick(*WOOD) if paint is None else paint)


def sword(F, slot, s, kind):
    n, w = (F.u(.25, .4), .05) if kind == 'dagger' else (F.u(.55, 1.1), F.u(.04, .11))
    m, c = F.pick(*METAL), bright(F)
    shaft(F, slot, -.13, .1, .03, c)
    F.add(slot, lump((0, -.15, 0), (.045,)*3, detail=6), m)
    F.add(slot, block((0, .12, 0), (F.u(.08, .17), .025, .04), edge=.6), F.pick(m, METAL[2]))
    blade = F.pick('straight', 'straight', 'curved', 'leaf', 'katana')
    y = np.linspace(.12, .12+n, 6)
    bow = dict(straight=0, leaf=0, curved=F.u(.1, .25), katana=.06)[blade]*n
    k = {'straight': [1, 1, 1, .95, .8, .05], 'leaf': [.7, .8, 1.2, 1.3, .9, .05], 'curved': [.8, .9, 1.1, 1.2, .9,
        .05], 'katana': [1, 1, 1, 1, .9, .1]}[blade]
    P = [vec(0, v, bow*((v-.12)/n)**2) for v in y]
    F.add(slot, tube(P, [(.018, w*q) for q in k], 8, 12, up=vec(0, 0, 1), square=1.5), m)


def spear(F, slot, s, kind):
    lo, hi = -F.u(.5, .9), F.u(.5, .9)
    if kind == 'broom':
        shaft(F, slot, lo, hi)
        return F.add(slot, lathe([(.03, 0), (.07, -.08), (.15, -.35), (.13, -.37)], (0, lo+.08, 0), cols=12),
                     hexes('c8a050')[0])
    shaft(F, slot, lo, hi)
    m = F.pick(*METAL)
    if kind == 'fork':
        F.add(slot, tube([(-.13, hi+.28, 0), (-.13, hi+.05, 0), (0, hi-.02, 0), (.13, hi+.05, 0), (.13, hi+.28, 0)],
                         [.015, .03, .03, .03, .015], 7, 14), m)
        return F.add(slot, cone((0, hi, 0), (0, hi+.32, 0), .03, .01), m)
    F.add(slot, tube([(0, hi-.03, 0), (0, hi+.08, 0), (0, hi+F.u(.2, .4), 0)], [(.03, .03), (F.u(.05, .1), .025),
        (.004, .004)], 8, 8), m)
    if F.maybe(.3): F.add(slot, hoop((0, hi-.05, 0), .04, .04, .03, n=10, sides=6), bright(F))


def staff(F, slot, s, kind):
    lo, hi, c = -F.u(.5, .9), F.u(.4, .8), bright(F)
    wood = F.pick(*WOOD)
    F.add(slot, tube([(0, lo, 0), (.03*F.u(-1, 1), lo/2, 0), (0, 0, 0), (0, hi, 0)], [.028, .03, .034, .04], 8, 10),
          wood)
    top = F.pick('orb', 'crook', 'crystal', 'ring', 'skull', 'claw')
    k = F.u(.08, .17)
    if top in ('orb', 'claw'): F.add(slot, lump((0, hi+k*.8, 0), (k,)*3, detail=10), c)
    if top == 'claw':
        for i in range(4):
            a = i*1.57
            d = vec(np.sin(a), 0, np.cos(a))
            F.add(slot, tube([(0, hi-.03, 0), d*k*1.2+vec(0, hi+.5*k, 0), d*k*.7+vec(0, hi+2*k, 0)], [.03, .03, .008],
                             6, 7), wood)
    if top == 'crook':
        a = np.linspace(-1.6, 3, 8)
        F.add(slot, tube([(0, hi-.02, 0)]+[(0, hi+.15+.14*np.sin(t), .14+.14*-np.cos(t+1.6)*1) for t in a],
                         np.linspace(.04, .02, 9), 8, 20), wood)
    if top == 'crystal': F.add(slot, lathe([(.01, -.02), (k*.7, k), (.01, k*3)], (0, hi, 0), cols=6), c)
    if top == 'ring':
        F.add(slot, hoop((0, hi+k*1.3, 0), k*1.3, k*1.3, .03, axes((0, 0, 1), (0, -1, 0)), 16, 7), F.pick(METAL[2], c))
    if top == 'skull':
        F.add(slot, lump((0, hi+k, 0), (k, k*1.05, k*1.1), detail=9), BONE)
        for q in (1, -1): F.add(slot, lump((q*k*.4, hi+k, k*.95), (k*.28,)*3, detail=6), BLACK)


def shield(F, slot, s, kind):
    c, d, m = bright(F), bright(F), F.pick(*METAL)
    w = F.u(.16, .32)
    with F.at((s*.03, 0, .09), turn(s*F.u(-.1, .7))):
        shape = F.pick('round', 'round', 'kite', 'tower', 'oval', 'heart')
        if shape in ('round', 'oval'):
            q = 1 if shape == 'round' else 1.5
            t = np.arange(20)*2*np.pi/20
            o = np.stack([np.cos(t)*w, np.sin(t)*w*q], 1)
            F.add(slot, plate(o, .05, puff=.8), maybe_pattern(F, c, d, .4, w*2, ('rings', 'half', 'stripes', 'spots')))
            F.add(slot, hoop((0, 0, 0), w, w*q, .03, axes((0, 0, 1), (0, -1, 0)), 20, 6), m)
            F.add(slot, lump((0, 0, .06), (w*.28, w*.28, .05), detail=8), m)
            if F.maybe(.4): F.add(slot, plate(star(5, w*.7, w*.3), .05, (0, 0, .045)), d)
        else:
            o = dict(
                kite=[(0, 1.3), (.6, 1.15), (.9, .9), (.9, .2), (.6, -.6), (0, -1.3)],
                tower=[(0, 1.25), (.7, 1.2), (.75, 0), (.7, -1.2), (0, -1.25)],
                heart=[(0, .7), (.4, 1), (.85, .9), (.95, .4), (.6, -.5), (0, -1.2)],
            )[shape]
            o = np.array(o+[(-x, y) for x, y in o[-2:0:-1]])*w
            F.add(slot, plate(o, .06, puff=.6), d)
            F.add(slot, plate(o*.8, .08, puff=.6), maybe_pattern(F, c, d, .4, w*2, ('half', 'rings', 'stripes')))
            F.add(slot, F.pick(plate(star(5, w*.4, w*.18), .16), block((0, 0, .06), (w*.12, w*.8, .03)),
                               lump((0, 0, .05), (w*.3, w*.3, .06), detail=8)), m)


def lantern(F, slot, s, kind):
    m, g = F.pick(METAL[4], METAL[2], BLACK), F.pick(*hexes('ffd860 ffb040 a0f0e0 ff8080'))
    k, n = F.u(.07, .12), F.pick(4, 6, 12)
    F.add(slot, hoop((0, -.06, 0), .06, .06, .014, axes((1, 0, 0), (0, 1, 0)), 12, 6), m)
    F.add(slot, lathe([(k*.8, -.36), (k, -.25), (k*.8, -.15)], cols=n*2, rows=6), g)
    F.add(slot, lathe([(k*1.2, -.15), (k*.4, -.09), (.02, -.06)], cols=n*2), m)
    F.add(slot, lathe([(k*1., -.41), (k*1.15, -.36)], cols=n*2), m)
    for i in range(4):
        d = vec(np.sin(i*1.57+.78), 0, np.cos(i*1.57+.78))*k*1.05
        F.add(slot, tube([d+vec(0, -.37, 0), d+vec(0, -.14, 0)], [.012]*2, 5), m)


def book(F, slot, s, kind):
    c, w, h = bright(F), F.u(.13, .2), F.u(.17, .26)
    with F.at((0, .05, .08), turn(0, F.u(-.6, .2))):
        if F.maybe(.4):
            for q in (1, -1):
                with F.at((0, 0, 0), turn(-q*.35)):
                    F.add(slot, block((q*w, 0, -.02), (w, h, .015)), c)
                    F.add(slot, block((q*w*.95, 0, .02), (w*.93, h*.93, .03)), hexes('f4ecd8')[0])
        else:
            for q in (1, -1): F.add(slot, block((0, 0, q*.05), (w, h, .012)), c)
            F.add(slot, block((-w, 0, 0), (.012, h, .06)), shade(c, .8))
            F.add(slot, block((0, 0, 0), (w*.95, h*.95, .045)), hexes('f4ecd8')[0])
            if F.maybe(.6): F.add(slot, lump((0, 0, .06), (w*.35, w*.35, .02), detail=7), METAL[2])


def guitar(F, slot, s, kind):
    c, w = F.pick(bright(F), *WOOD), F.u(.16, .24)
    with F.at((-s*.1, .05, .1), turn(0, 0, s*F.u(.8, 1.2))):
        P = [(0, -.42, 0), (0, -.25, 0), (0, -.08, 0), (0, .05, 0), (0, .12, 0)]
        F.add(slot, tube(P, [(w*.5, .05), (w*1.1, .07), (w*.65, .07), (w*.8, .07), (w*.3, .04)], 14, 12,
                         up=vec(0, 0, 1)), c)
        F.add(slot, lump((0, -.08, .06), (w*.32, w*.32, .02), detail=8), BLACK)
        F.add(slot, block((0, .35, .03), (.03, .35, .02)), WOOD[2])
        F.add(slot, block((0, .74, .02), (.05, .09, .02)), shade(c, .7))


def umbrella(F, slot, s, kind):
    c, d, n = bright(F), bright(F), F.pick(6, 8)
    shaft(F, slot, -.1, .75, .018, WOOD[2])
    F.add(slot, tube([(0, -.08, 0), (0, -.2, 0), (0, -.22, .08), (0, -.15, .1)], [.022]*4, 7, 8), WOOD[0])
    h, w = F.u(.2, .4), F.u(.4, .6)
    V, T = lathe([(w*.9, 0), (w, .02), (w*.75, h*.6), (w*.35, h*.92), (.01, h)], (0, .72-h*.2, 0), cols=n*4, rows=9)
    F.add(slot, (V, T), lambda V, U: np.where((np.arctan2(V[:, 0], V[:, 2])*n/2/np.pi % 1 < .5)[:, None], c, d))


def flag(F, slot, s, kind):
    c, d = bright(F), bright(F)
    hi, w, h = F.u(.6, 1.), F.u(.3, .55), F.u(.2, .4)
    shaft(F, slot, -F.u(.2, .6), hi, .022)
    x = np.linspace(0, w, 7)
    X = np.stack([np.stack([s*x, hi-.03-h*v-.05*x*v+0*x, .05*np.sin(x*9+v)], 1) for v in np.linspace(0, 1, 5)])
    F.add(slot, sheet(X, .025), maybe_pattern(F, c, d, .6, .5, ('rings', 'gradient', 'patches', 'stripes')))
    F.add(slot, lump((0, hi+.02, 0), (.04,)*3, detail=6), METAL[2])


def hammer(F, slot, s, kind):
    hi, k, m = F.u(.3, .75), F.u(.1, .22), F.pick(METAL[1], METAL[4], WOOD[1], METAL[2])
    shaft(F, slot, -.2, hi)
    if F.maybe(.5): F.add(slot, block((0, hi, 0), (k*.6, k*.6, k*1.2), edge=.25), m)
    else: F.add(slot, tube([(0, hi, -k*1.2), (0, hi, k*1.2)], [k*.6]*2, 12, ends=(.3, .3)), m)


def axe(F, slot, s, kind):
    hi, k, m = F.u(.35, .7), F.u(.16, .3), F.pick(*METAL)
    shaft(F, slot, -.25, hi)
    o = np.array([(0, .25), (.5, .45), (1, .75), (1.12, 0), (1, -.75), (.5, -.45), (0, -.25)])*k
    for q in ((1, -1) if F.maybe(.35) else (1,)):
        F.add(slot, plate(o, .05, (0, hi-k*.6, 0), axes((0, 1, 0), (-q, 0, 0))), m)


def scythe(F, slot, s, kind):
    hi = F.u(.6, .9)
    shaft(F, slot, -.7, hi, .026)
    P = [(0, hi, -.03), (0, hi+.06, .2), (0, hi-.02, .45), (0, hi-.2, .62)]
    F.add(slot, tube(P, [(.015, .06), (.015, .08), (.012, .06), (.005, .006)], 8, 12, up=vec(0, 1, 0)), F.pick(*METAL))


def bow(F, slot, s, kind):
    h, d = F.u(.45, .75), F.u(.12, .25)
    t = np.linspace(-1, 1, 7)
    F.add(slot, tube([(0, h*v, -d*v*v+(.06*v**4 if d > .18 else 0)) for v in t], [.012, .022, .028, .034, .028, .022,
        .012], 7, 18), F.pick(*WOOD))
    F.add(slot, tube([(0, -h, -d), (0, h, -d)], [.008]*2, 5), WHITE)


def balloon(F, slot, s, kind):
    for i in range(F.pick(1, 1, 3)):
        p, r = vec(F.u(-.2, .2), F.u(.7, 1.), F.u(-.1, .1)), F.u(.16, .26)
        F.add(slot, tube([(0, 0, 0), p*.5+vec(.04, 0, 0), p], [.008]*3, 5, 8), WHITE)
        F.add(slot, lathe([(.02, -.1*r), (.25*r, .1*r), (.95*r, 1.1*r), (.7*r, 1.9*r), (.02, 2.2*r)], p, cols=14,
                          rows=10), bright(F))


def wand(F, slot, s, kind):
    hi = F.u(.25, .4)
    shaft(F, slot, -.1, hi, .02 if kind == 'wand' else .035)
    if kind == 'torch':
        F.add(slot, lathe([(.03, 0), (.08, .1), (.07, .12)], (0, hi-.05, 0), cols=10), METAL[4])
        F.add(slot, tube([(0, hi+.03, 0), (.02, hi+.14, 0), (-.02, hi+.24, .02), (.01, hi+.36, 0)],
                         [.06, .1, .06, .006], 9, 9), tip(hexes('ffb020')[0], hexes('f04020')[0], 0, 1, 1))
    else:
        F.add(slot, F.pick(plate(star(5, .11, .05), .05, (0, hi+.06, 0)), lump((0, hi+.04, 0), (.06,)*3, detail=8)),
              bright(F))


def gun(F, slot, s, kind):
    c, n = F.pick(BLACK, METAL[1], METAL[4], bright(F), WOOD[0]), F.u(.18, .45)
    with F.at((0, 0, 0), turn(0, -np.pi/2)@turn(0)):
        F.add(slot, block((0, -.02, -.02), (.035, .1, .045), edge=.4), shade(c, .7))
        F.add(slot, block((0, .06, n*.7), (.045, F.u(.04, .08), n), edge=.3), c)
        F.add(slot, tube([(0, .07, n*1.4), (0, .07, n*2.1)], [.03, .03], 8, ends=(.1, .1)), shade(c, .8))
        if kind == 'crossbow':
            F.add(slot, tube([(-.35, .07, n*.9), (-.2, .07, n*1.4), (0, .07, n*1.55), (.2, .07, n*1.4),
                              (.35, .07, n*.9)], [.012, .025, .03, .025, .012], 6, 12), WOOD[0])
        elif F.maybe(.5): F.add(slot, tube([(0, .15, 0), (0, .15, n*.9)], [.025]*2, 7), BLACK)


def mug(F, slot, s, kind):
    c = F.pick(bright(F), WOOD[0])
    F.add(slot, lathe([(.08, -.1), (.1, -.05), (.1, .12), (.075, .12)], (0, .03, .08)), c)
    F.add(slot, lump((0, .15, .08), (.085, .03, .085), detail=8), F.pick(WHITE, hexes('5a3418')[0]))
    F.add(slot, hoop((s*.11, .05, .08), .06, .06, .016, axes((0, 0, 1), (0, -1, 0)), 12, 6), c)


def orb(F, slot, s, kind):
    r = F.u(.1, .22)
    F.add(slot, lump((0, r*.7, .05), (r,)*3, detail=12), maybe_pattern(F, bright(F), bright(F), .6, r*3))


def flower(F, slot, s, kind):
    c, n, k = bright(F), F.pick(5, 6, 8), F.u(.07, .13)
    green = hexes('3f9a4a')[0]
    F.add(slot, tube([(0, -.15, 0), (.02, .1, 0), (0, .35, 0)], [.016]*3, 6, 7), green)
    F.add(slot, lump((.06, .05, 0), (.08, .03, .03), turn(0, 0, .6), detail=6), green)
    with F.at((0, .37, 0), turn(0, F.u(0, .8))):
        for i in range(n):
            a = i*2*np.pi/n
            F.add(slot, lump((np.cos(a)*k, np.sin(a)*k, 0), (k*.75, k*.4, k*.25), turn(0, 0, a), detail=6), c)
        F.add(slot, lump((0, 0, .02), (k*.5, k*.5, k*.35), detail=7), hexes('f5cf3a')[0])


def club(F, slot, s, kind):
    c, hi = F.pick(*WOOD), F.u(.4, .7)
    k = F.u(.08, .16)
    if kind == 'mace':
        shaft(F, slot, -.15, hi-k)
        c = F.pick(*METAL)
        F.add(slot, lump((0, hi, 0), (k,)*3, detail=9), c)
        places = [(0, 1, 0), (1, 0, 0), (-1, 0, 0), (0, 0, 1), (0, 0, -1), (.7, .7, 0), (-.7, .7, 0)]
    else:
        F.add(slot, tube([(0, -.15, 0), (0, .05, 0), (0, hi*.7, 0), (0, hi, 0)], [.035, .04, k*.9, k], 9, 9), c)
        places = [(np.sin(a), .1*a-.2, np.cos(a)) for a in range(0, 6)] if F.maybe(.5) else []
    for d in places:
        d = unit(vec(*d))
        F.add(slot, cone(vec(0, hi, 0)+d*k*.8, vec(0, hi, 0)+d*k*1.6, k*.22, .004, 6), METAL[0])


def fish(F, slot, s, kind):
    c = F.pick(*hexes('8098b0 e08040 60a0a0 c0c8d0'))
    F.add(slot, tube([(0, -.25, 0), (0, -.1, 0), (0, .1, 0), (0, .24, 0)], [(.02, .03), (.05, .1), (.06, .12),
        (.03, .03)], 10, 9), c)
    F.add(slot, plate([(0, 0), (.1, -.12), (0, -.07), (-.1, -.12)], .03, (0, -.22, 0), turn(1.57)), shade(c, .8))
    for q in (1, -1): F.add(slot, lump((q*.05, .16, .03), (.015, .025, .025), detail=6), BLACK)


def bag(F, slot, s, kind):
    c, k = F.pick(bright(F), WOOD[1]), F.u(.1, .2)
    if kind == 'present':
        F.add(slot, block((0, k, .1), (k, k*.9, k), edge=.1), c)
        d = bright(F)
        F.add(slot, block((0, k, .1), (k*.2, k*.93, k*1.03), edge=.1), d)
        F.add(slot, block((0, k, .1), (k*1.03, k*.93, k*.2), edge=.1), d)
        for q in (1, -1): F.add(slot, lump((q*k*.4, k*2.1, .1), (k*.4, k*.22, k*.2), turn(0, 0, q*.4), detail=7), d)
    else:
        F.add(slot, lathe([(k*.6, -.12-2*k), (k, -.12-1.4*k), (k*.8, -.15), (k*.3, -.06)], rows=9, cols=14, squash=.7),
              c)
        F.add(slot, hoop((0, -.03, 0), k*.5, k*.5, .018, axes((0, 0, 1), (0, -1, 0)), 12, 6), shade(c, .6))


def pan(F, slot, s, kind):
    F.add(slot, tube([(0, -.1, 0), (0, .25, 0)], [.025]*2, 8), WOOD[2])
    F.add(slot, lathe([(.15, -.03), (.19, .05), (.17, .05)], (0, .43, 0), axes((0, 0, 1), (0, -1, 0)), cols=16),
          METAL[4])


def teddy(F, slot, s, kind):
    c = F.pick(*hexes('c88a4a 8a5a34 e8c890 d090a0'))
    with F.at((0, 0, .08)):
        for p, r in (((0, -.1, 0), (.09, .11, .08)), ((0, .06, 0), (.08, .075, .07)), ((.06, .13, 0), (.03,)*3),
                     ((-.06, .13, 0), (.03,)*3),
                     ((.1, -.06, .02), (.03, .07, .03)), ((-.1, -.06, .02), (.03, .07, .03)), ((.06, -.2, .04),
                         (.035, .04, .06)), ((-.06, -.2, .04), (.035, .04, .06))):
            F.add(slot, lump(p, r, detail=7), c)
        F.add(slot, lump((0, .04, .06), (.035, .03, .03), detail=6), WHITE)
        for q in (1, -1): F.add(slot, lump((q*.03, .08, .065), (.012,)*3, detail=5), BLACK)


def scroll(F, slot, s, kind):
    for y in (-.02, .28 if F.maybe(.5) else .1):
        F.add(slot, tube([(-.2, y, .05), (.2, y, .05)], [.03]*2, 8), hexes('d8c090')[0])
    F.add(slot, block((0, .1, .06), (.17, .14, .012)), hexes('f0e2c0')[0])


def fan(F, slot, s, kind):
    a = np.linspace(-1.1, 1.1, 10)
    o = np.concatenate([np.stack([np.sin(a)*.32, np.cos(a)*.32], 1), [(0, 0)]])
    F.add(slot, plate(o, .025, (0, .02, 0)), pattern(F, bright(F), WHITE, F.pick('rings', 'patches', 'gradient'), .4))


def wrench(F, slot, s, kind):
    m = F.pick(*METAL)
    F.add(slot, block((0, .12, 0), (.035, .25, .02)), m)
    F.add(slot, tube([(-.07, .5, 0), (-.08, .42, 0), (0, .35, 0), (.08, .42, 0), (.07, .5, 0)],
                     [.03, .035, .04, .035, .03], 8, 12), m)


def ice_cream(F, slot, s, kind):
    F.add(slot, cone((0, .12, 0), (0, -.14, 0), .08, .01), hexes('d8a050')[0])
    for i in range(F.pick(1, 2, 3)): F.add(slot, lump((0, .15+.1*i, 0), (.085-.01*i,)*3, detail=8), bright(F))


def drum(F, slot, s, kind):
    c = bright(F)
    F.add(slot, tube([(-s*.1, -.2, .15), (-s*.1, .02, .15)], [.17]*2, 18, ends=(0, 0)), c)
    for y in (-.2, .02): F.add(slot, hoop((-s*.1, y, .15), .17, .17, .02, n=18, sides=6), METAL[2])
    F.add(slot, lathe([(.15, 0), (.15, .02)], (-s*.1, .02, .15)), BONE)


def trumpet(F, slot, s, kind):
    with F.at((0, 0, 0), turn(0, -1.2)):
        F.add(slot, lathe([(.025, -.3), (.02, -.25), (.022, .2), (.05, .32), (.14, .45), (.12, .45)], cols=14),
              METAL[2])
        F.add(slot, hoop((0, -.02, -.06), .06, .14, .018, axes((1, 0, 0), (0, 1, 0)), 14, 6), METAL[2])


def key(F, slot, s, kind):
    g = F.pick(METAL[2], METAL[0])
    shaft(F, slot, -.1, .5, .025, g)
    F.add(slot, hoop((0, -.2, 0), .1, .1, .028, axes((0, 0, 1), (0, -1, 0)), 14, 7), g)
    for y in (.35, .46): F.add(slot, block((.06, y, 0), (.06, .025, .02)), g)


def net(F, slot, s, kind):
    shaft(F, slot, -.3, .55, .02)
    with F.at((0, .7, 0), turn(0, -.9)):
        F.add(slot, hoop((0, 0, 0), .16, .16, .016, n=16, sides=6), METAL[1])
        F.add(slot, lathe([(.01, -.3), (.09, -.2), (.155, 0), (.14, 0)], cols=14, rows=8), WHITE)


# maker of each thing, and how often it is drawn
ITEMS = dict(
    sword=(sword, 2),
    dagger=(sword, 1),
    spear=(spear, 1),
    fork=(spear, 1),
    broom=(spear, 1),
    staff=(staff, 2),
    shield=(shield, 2),
    lantern=(lantern, 1),
    book=(book, 1),
    guitar=(guitar, 1),
    umbrella=(umbrella, 1),
    flag=(flag, 1),
    hammer=(hammer, 1),
    axe=(axe, 1),
    scythe=(scythe, 1),
    bow=(bow, 1),
    balloon=(balloon, 1),
    wand=(wand, 1),
    torch=(wand, 1),
    gun=(gun, 1),
    crossbow=(gun, 1),
    mug=(mug, 1),
    ball=(orb, 1),
    flower=(flower, 1),
    club=(club, 1),
    mace=(club, 1),
    fish=(fish, 1),
    bag=(bag, 1),
    present=(bag, 1),
    pan=(pan, 1),
    teddy=(teddy, 1),
    scroll=(scroll, 1),
    fan=(fan, 1),
    wrench=(wrench, 1),
    cone=(ice_cream, 1),
    drum=(drum, 1),
    trumpet=(trumpet, 1),
    key=(key, 1),
    net=(net, 1),
)
UPRIGHT = {'lantern', 'balloon', 'bag', 'mug', 'present', 'teddy', 'book', 'shield', 'guitar',
           'drum'}  # these ignore how the hand is turned


def item(F, slot, hand, along, front, z, s, kind=None):
    """In the hand at `hand`: y of the thing is `along`; z: its size; s: the side, 1 for the left hand."""
    kind = kind or F.pick(*[k for k, (_, n) in ITEMS.items() for _ in range(n)])
    F.words.append(kind)
    with F.at(hand, axes((0, 1, 0) if kind in UPRIGHT else along, front), z*F.u(.85, 1.25)): ITEMS[kind][0](F, slot, s,
        kind)
