"""What a figure holds, wears on its back and stands on. Items are built in a hand's frame: y along the thing, z forward."""
import numpy as np
from .paint import BLACK, BONE, METAL, WHITE, WOOD, bright, hexes, hsv, maybe_pattern, pattern, shade, tip
from .shapes import axes, block, cone, hoop, lathe, lump, plate, ruled, sheet, tube, turn, unit, vec

ITEMS = ('sword', 'sword', 'spear', 'staff', 'staff', 'shield', 'shield', 'lantern', 'book', 'guitar', 'umbrella', 'flag', 'hammer', 'axe', 'bow', 'balloon',
         'wand', 'gun', 'mug', 'ball', 'flower', 'scythe', 'club', 'dagger', 'torch', 'fish', 'bag', 'fork', 'pan', 'teddy', 'orb', 'scroll', 'fan',
         'wrench', 'broom', 'ice cream', 'drum', 'trumpet', 'key', 'net', 'present', 'mace', 'crossbow')


def star(n, r, q, phase=0.):
    a = np.arange(2*n)*np.pi/n+np.pi/2+phase
    k = np.where(np.arange(2*n) % 2, q, r)
    return np.stack([np.cos(a)*k, np.sin(a)*k], 1)


def item(F, slot, hand, along, front, z, s, kind=None):
    """In the hand at `hand`: y of the thing is `along`; z: its size; s: the side, 1 for the left hand."""
    kind = kind or F.pick(*ITEMS)
    F.words.append(kind)
    big = kind in ('shield', 'guitar', 'drum')
    with F.at(hand, axes((0, 1, 0), front) if big or kind in ('lantern', 'balloon', 'bag', 'mug', 'present', 'teddy', 'book') else axes(along, front), z*F.u(.85, 1.25)):
        n = len(F.pieces)
        globals()['_'+{'dagger': 'sword', 'fork': 'spear', 'broom': 'spear', 'torch': 'wand', 'mace': 'club', 'ball': 'orb',
                       'present': 'bag', 'crossbow': 'gun'}.get(kind, kind.replace(' ', '_'))](F, slot, s, kind)
    return n


def shaft(F, slot, lo, hi, r=.03, paint=None):
    F.add(slot, tube([(0, lo, 0), (0, hi, 0)], [r, r], 8, ends=(.5, .5)), F.pick(*WOOD) if paint is None else paint)


def _sword(F, slot, s, kind):
    n, w = (F.u(.25, .4), .05) if kind == 'dagger' else (F.u(.55, 1.1), F.u(.04, .11))
    m, c = F.pick(*METAL), bright(F)
    shaft(F, slot, -.13, .1, .03, c)
    F.add(slot, lump((0, -.15, 0), (.045,)*3, detail=6), m)
    F.add(slot, block((0, .12, 0), (F.u(.08, .17), .025, .04), edge=.6), F.pick(m, METAL[2]))
    blade = F.pick('straight', 'straight', 'curved', 'leaf', 'katana')
    y = np.linspace(.12, .12+n, 6)
    bow = dict(straight=0, leaf=0, curved=F.u(.1, .25), katana=.06)[blade]*n
    k = {'straight': [1, 1, 1, .95, .8, .05], 'leaf': [.7, .8, 1.2, 1.3, .9, .05], 'curved': [.8, .9, 1.1, 1.2, .9, .05], 'katana': [1, 1, 1, 1, .9, .1]}[blade]
    P = [vec(0, v, bow*((v-.12)/n)**2) for v in y]
    F.add(slot, tube(P, [(.018, w*q) for q in k], 8, 12, up=vec(0, 0, 1), square=1.5), m)


def _spear(F, slot, s, kind):
    lo, hi = -F.u(.5, .9), F.u(.5, .9)
    if kind == 'broom':
        shaft(F, slot, lo, hi)
        return F.add(slot, lathe([(.03, 0), (.07, -.08), (.15, -.35), (.13, -.37)], (0, lo+.08, 0), cols=12), hexes('c8a050')[0])
    shaft(F, slot, lo, hi)
    m = F.pick(*METAL)
    if kind == 'fork':
        F.add(slot, tube([(-.13, hi+.28, 0), (-.13, hi+.05, 0), (0, hi-.02, 0), (.13, hi+.05, 0), (.13, hi+.28, 0)], [.015, .03, .03, .03, .015], 7, 14), m)
        return F.add(slot, cone((0, hi, 0), (0, hi+.32, 0), .03, .01), m)
    F.add(slot, tube([(0, hi-.03, 0), (0, hi+.08, 0), (0, hi+F.u(.2, .4), 0)], [(.03, .03), (F.u(.05, .1), .025), (.004, .004)], 8, 8), m)
    if F.maybe(.3): F.add(slot, hoop((0, hi-.05, 0), .04, .04, .03, n=10, sides=6), bright(F))


def _staff(F, slot, s, kind):
    lo, hi, c = -F.u(.5, .9), F.u(.4, .8), bright(F)
    wood = F.pick(*WOOD)
    F.add(slot, tube([(0, lo, 0), (.03*F.u(-1, 1), lo/2, 0), (0, 0, 0), (0, hi, 0)], [.028, .03, .034, .04], 8, 10), wood)
    top = F.pick('orb', 'crook', 'crystal', 'ring', 'skull', 'claw')
    k = F.u(.08, .17)
    if top in ('orb', 'claw'): F.add(slot, lump((0, hi+k*.8, 0), (k,)*3, detail=10), c)
    if top == 'claw':
        for i in range(4):
            a = i*1.57
            d = vec(np.sin(a), 0, np.cos(a))
            F.add(slot, tube([(0, hi-.03, 0), d*k*1.2+vec(0, hi+.5*k, 0), d*k*.7+vec(0, hi+2*k, 0)], [.03, .03, .008], 6, 7), wood)
    if top == 'crook':
        a = np.linspace(-1.6, 3, 8)
        F.add(slot, tube([(0, hi-.02, 0)]+[(0, hi+.15+.14*np.sin(t), .14+.14*-np.cos(t+1.6)*1) for t in a], np.linspace(.04, .02, 9), 8, 20), wood)
    if top == 'crystal': F.add(slot, lathe([(.01, -.02), (k*.7, k), (.01, k*3)], (0, hi, 0), cols=6), c)
    if top == 'ring': F.add(slot, hoop((0, hi+k*1.3, 0), k*1.3, k*1.3, .03, axes((0, 0, 1), (0, -1, 0)), 16, 7), F.pick(METAL[2], c))
    if top == 'skull':
        F.add(slot, lump((0, hi+k, 0), (k, k*1.05, k*1.1), detail=9), BONE)
        for q in (1, -1): F.add(slot, lump((q*k*.4, hi+k, k*.95), (k*.28,)*3, detail=6), BLACK)


def _shield(F, slot, s, kind):
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
            o = dict(kite=[(0, 1.3), (.6, 1.15), (.9, .9), (.9, .2), (.6, -.6), (0, -1.3)], tower=[(0, 1.25), (.7, 1.2), (.75, 0), (.7, -1.2), (0, -1.25)],
                     heart=[(0, .7), (.4, 1), (.85, .9), (.95, .4), (.6, -.5), (0, -1.2)])[shape]
            o = np.array(o+[(-x, y) for x, y in o[-2:0:-1]])*w
            F.add(slot, plate(o, .06, puff=.6), d)
            F.add(slot, plate(o*.8, .08, puff=.6), maybe_pattern(F, c, d, .4, w*2, ('half', 'rings', 'stripes')))
            F.add(slot, F.pick(plate(star(5, w*.4, w*.18), .16), block((0, 0, .06), (w*.12, w*.8, .03)), lump((0, 0, .05), (w*.3, w*.3, .06), detail=8)), m)


def _lantern(F, slot, s, kind):
    m, g = F.pick(METAL[4], METAL[2], BLACK), F.pick(*hexes('ffd860 ffb040 a0f0e0 ff8080'))
    k, n = F.u(.07, .12), F.pick(4, 6, 12)
    F.add(slot, hoop((0, -.06, 0), .06, .06, .014, axes((1, 0, 0), (0, 1, 0)), 12, 6), m)
    F.add(slot, lathe([(k*.8, -.36), (k, -.25), (k*.8, -.15)], cols=n*2, rows=6), g)
    F.add(slot, lathe([(k*1.2, -.15), (k*.4, -.09), (.02, -.06)], cols=n*2), m)
    F.add(slot, lathe([(k*1., -.41), (k*1.15, -.36)], cols=n*2), m)
    for i in range(4):
        d = vec(np.sin(i*1.57+.78), 0, np.cos(i*1.57+.78))*k*1.05
        F.add(slot, tube([d+vec(0, -.37, 0), d+vec(0, -.14, 0)], [.012]*2, 5), m)


def _book(F, slot, s, kind):
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


def _guitar(F, slot, s, kind):
    c, w = F.pick(bright(F), *WOOD), F.u(.16, .24)
    with F.at((-s*.1, .05, .1), turn(0, 0, s*F.u(.8, 1.2))):
        P = [(0, -.42, 0), (0, -.25, 0), (0, -.08, 0), (0, .05, 0), (0, .12, 0)]
        F.add(slot, tube(P, [(w*.5, .05), (w*1.1, .07), (w*.65, .07), (w*.8, .07), (w*.3, .04)], 14, 12, up=vec(0, 0, 1)), c)
        F.add(slot, lump((0, -.08, .06), (w*.32, w*.32, .02), detail=8), BLACK)
        F.add(slot, block((0, .35, .03), (.03, .35, .02)), WOOD[2])
        F.add(slot, block((0, .74, .02), (.05, .09, .02)), shade(c, .7))


def _umbrella(F, slot, s, kind):
    c, d, n = bright(F), bright(F), F.pick(6, 8)
    shaft(F, slot, -.1, .75, .018, WOOD[2])
    F.add(slot, tube([(0, -.08, 0), (0, -.2, 0), (0, -.22, .08), (0, -.15, .1)], [.022]*4, 7, 8), WOOD[0])
    h, w = F.u(.2, .4), F.u(.4, .6)
    t = np.arange(n*4)*2*np.pi/(n*4)
    r = 1-.12*np.abs(np.sin(t*n/2))
    V, T = lathe([(w*.9, 0), (w, .02), (w*.75, h*.6), (w*.35, h*.92), (.01, h)], (0, .72-h*.2, 0), cols=n*4, rows=9)
    F.add(slot, (V, T), lambda V, U: np.where((np.arctan2(V[:, 0], V[:, 2])*n/2/np.pi % 1 < .5)[:, None], c, d))


def _flag(F, slot, s, kind):
    c, d = bright(F), bright(F)
    hi, w, h = F.u(.6, 1.), F.u(.3, .55), F.u(.2, .4)
    shaft(F, slot, -F.u(.2, .6), hi, .022)
    x = np.linspace(0, w, 7)
    X = np.stack([np.stack([s*x, hi-.03-h*v-.05*x*v+0*x, .05*np.sin(x*9+v)], 1) for v in np.linspace(0, 1, 5)])
    F.add(slot, sheet(X, .025), maybe_pattern(F, c, d, .6, .5, ('rings', 'gradient', 'patches', 'stripes')))
    F.add(slot, lump((0, hi+.02, 0), (.04,)*3, detail=6), METAL[2])


def _hammer(F, slot, s, kind):
    hi, k, m = F.u(.3, .75), F.u(.1, .22), F.pick(METAL[1], METAL[4], WOOD[1], METAL[2])
    shaft(F, slot, -.2, hi)
    if F.maybe(.5): F.add(slot, block((0, hi, 0), (k*.6, k*.6, k*1.2), edge=.25), m)
    else: F.add(slot, tube([(0, hi, -k*1.2), (0, hi, k*1.2)], [k*.6]*2, 12, ends=(.3, .3)), m)


def _axe(F, slot, s, kind):
    hi, k, m = F.u(.35, .7), F.u(.16, .3), F.pick(*METAL)
    shaft(F, slot, -.25, hi)
    o = np.array([(0, .25), (.5, .45), (1, .75), (1.12, 0), (1, -.75), (.5, -.45), (0, -.25)])*k
    for q in ((1, -1) if F.maybe(.35) else (1,)):
        F.add(slot, plate(o, .05, (0, hi-k*.6, 0), axes((0, 1, 0), (-q, 0, 0))), m)


def _scythe(F, slot, s, kind):
    hi = F.u(.6, .9)
    shaft(F, slot, -.7, hi, .026)
    P = [(0, hi, -.03), (0, hi+.06, .2), (0, hi-.02, .45), (0, hi-.2, .62)]
    F.add(slot, tube(P, [(.015, .06), (.015, .08), (.012, .06), (.005, .006)], 8, 12, up=vec(0, 1, 0)), F.pick(*METAL))


def _bow(F, slot, s, kind):
    h, d = F.u(.45, .75), F.u(.12, .25)
    t = np.linspace(-1, 1, 7)
    F.add(slot, tube([(0, h*v, -d*v*v+(.06*v**4 if d > .18 else 0)) for v in t], [.012, .022, .028, .034, .028, .022, .012], 7, 18), F.pick(*WOOD))
    F.add(slot, tube([(0, -h, -d), (0, h, -d)], [.008]*2, 5), WHITE)


def _balloon(F, slot, s, kind):
    for i in range(F.pick(1, 1, 3)):
        p, r = vec(F.u(-.2, .2), F.u(.7, 1.), F.u(-.1, .1)), F.u(.16, .26)
        F.add(slot, tube([(0, 0, 0), p*.5+vec(.04, 0, 0), p], [.008]*3, 5, 8), WHITE)
        F.add(slot, lathe([(.02, -.1*r), (.25*r, .1*r), (.95*r, 1.1*r), (.7*r, 1.9*r), (.02, 2.2*r)], p, cols=14, rows=10), bright(F))


def _wand(F, slot, s, kind):
    hi = F.u(.25, .4)
    shaft(F, slot, -.1, hi, .02 if kind == 'wand' else .035)
    if kind == 'torch':
        F.add(slot, lathe([(.03, 0), (.08, .1), (.07, .12)], (0, hi-.05, 0), cols=10), METAL[4])
        F.add(slot, tube([(0, hi+.03, 0), (.02, hi+.14, 0), (-.02, hi+.24, .02), (.01, hi+.36, 0)], [.06, .1, .06, .006], 9, 9), tip(hexes('ffb020')[0], hexes('f04020')[0], 0, 1, 1))
    else: F.add(slot, F.pick(plate(star(5, .11, .05), .05, (0, hi+.06, 0)), lump((0, hi+.04, 0), (.06,)*3, detail=8)), bright(F))


def _gun(F, slot, s, kind):
    c, n = F.pick(BLACK, METAL[1], METAL[4], bright(F), WOOD[0]), F.u(.18, .45)
    with F.at((0, 0, 0), turn(0, -np.pi/2)@turn(0)):
        F.add(slot, block((0, -.02, -.02), (.035, .1, .045), edge=.4), shade(c, .7))
        F.add(slot, block((0, .06, n*.7), (.045, F.u(.04, .08), n), edge=.3), c)
        F.add(slot, tube([(0, .07, n*1.4), (0, .07, n*2.1)], [.03, .03], 8, ends=(.1, .1)), shade(c, .8))
        if kind == 'crossbow':
            F.add(slot, tube([(-.35, .07, n*.9), (-.2, .07, n*1.4), (0, .07, n*1.55), (.2, .07, n*1.4), (.35, .07, n*.9)], [.012, .025, .03, .025, .012], 6, 12), WOOD[0])
        elif F.maybe(.5): F.add(slot, tube([(0, .15, 0), (0, .15, n*.9)], [.025]*2, 7), BLACK)


def _mug(F, slot, s, kind):
    c = F.pick(bright(F), WOOD[0])
    F.add(slot, lathe([(.08, -.1), (.1, -.05), (.1, .12), (.075, .12)], (0, .03, .08)), c)
    F.add(slot, lump((0, .15, .08), (.085, .03, .085), detail=8), F.pick(WHITE, hexes('5a3418')[0]))
    F.add(slot, hoop((s*.11, .05, .08), .06, .06, .016, axes((0, 0, 1), (0, -1, 0)), 12, 6), c)


def _orb(F, slot, s, kind):
    r = F.u(.1, .22)
    F.add(slot, lump((0, r*.7, .05), (r,)*3, detail=12), maybe_pattern(F, bright(F), bright(F), .6, r*3))


def _flower(F, slot, s, kind):
    c, n, k = bright(F), F.pick(5, 6, 8), F.u(.07, .13)
    green = hexes('3f9a4a')[0]
    F.add(slot, tube([(0, -.15, 0), (.02, .1, 0), (0, .35, 0)], [.016]*3, 6, 7), green)
    F.add(slot, lump((.06, .05, 0), (.08, .03, .03), turn(0, 0, .6), detail=6), green)
    with F.at((0, .37, 0), turn(0, F.u(0, .8))):
        for i in range(n):
            a = i*2*np.pi/n
            F.add(slot, lump((np.cos(a)*k, np.sin(a)*k, 0), (k*.75, k*.4, k*.25), turn(0, 0, a), detail=6), c)
        F.add(slot, lump((0, 0, .02), (k*.5, k*.5, k*.35), detail=7), hexes('f5cf3a')[0])


def _club(F, slot, s, kind):
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


def _fish(F, slot, s, kind):
    c = F.pick(*hexes('8098b0 e08040 60a0a0 c0c8d0'))
    F.add(slot, tube([(0, -.25, 0), (0, -.1, 0), (0, .1, 0), (0, .24, 0)], [(.02, .03), (.05, .1), (.06, .12), (.03, .03)], 10, 9), c)
    F.add(slot, plate([(0, 0), (.1, -.12), (0, -.07), (-.1, -.12)], .03, (0, -.22, 0), turn(1.57)), shade(c, .8))
    for q in (1, -1): F.add(slot, lump((q*.05, .16, .03), (.015, .025, .025), detail=6), BLACK)


def _bag(F, slot, s, kind):
    c, k = F.pick(bright(F), WOOD[1]), F.u(.1, .2)
    if kind == 'present':
        F.add(slot, block((0, k, .1), (k, k*.9, k), edge=.1), c)
        d = bright(F)
        F.add(slot, block((0, k, .1), (k*.2, k*.93, k*1.03), edge=.1), d)
        F.add(slot, block((0, k, .1), (k*1.03, k*.93, k*.2), edge=.1), d)
        for q in (1, -1): F.add(slot, lump((q*k*.4, k*2.1, .1), (k*.4, k*.22, k*.2), turn(0, 0, q*.4), detail=7), d)
    else:
        F.add(slot, lathe([(k*.6, -.12-2*k), (k, -.12-1.4*k), (k*.8, -.15), (k*.3, -.06)], rows=9, cols=14, squash=.7), c)
        F.add(slot, hoop((0, -.03, 0), k*.5, k*.5, .018, axes((0, 0, 1), (0, -1, 0)), 12, 6), shade(c, .6))


def _pan(F, slot, s, kind):
    F.add(slot, tube([(0, -.1, 0), (0, .25, 0)], [.025]*2, 8), WOOD[2])
    F.add(slot, lathe([(.15, -.03), (.19, .05), (.17, .05)], (0, .43, 0), axes((0, 0, 1), (0, -1, 0)), cols=16), METAL[4])


def _teddy(F, slot, s, kind):
    c = F.pick(*hexes('c88a4a 8a5a34 e8c890 d090a0'))
    with F.at((0, 0, .08)):
        for p, r in (((0, -.1, 0), (.09, .11, .08)), ((0, .06, 0), (.08, .075, .07)), ((.06, .13, 0), (.03,)*3), ((-.06, .13, 0), (.03,)*3),
                     ((.1, -.06, .02), (.03, .07, .03)), ((-.1, -.06, .02), (.03, .07, .03)), ((.06, -.2, .04), (.035, .04, .06)), ((-.06, -.2, .04), (.035, .04, .06))):
            F.add(slot, lump(p, r, detail=7), c)
        F.add(slot, lump((0, .04, .06), (.035, .03, .03), detail=6), WHITE)
        for q in (1, -1): F.add(slot, lump((q*.03, .08, .065), (.012,)*3, detail=5), BLACK)


def _scroll(F, slot, s, kind):
    x = np.linspace(-.18, .18, 5)
    for y in (-.02, .28 if F.maybe(.5) else .1): F.add(slot, tube([(-.2, y, .05), (.2, y, .05)], [.03]*2, 8), hexes('d8c090')[0])
    F.add(slot, block((0, .1, .06), (.17, .14, .012)), hexes('f0e2c0')[0])


def _fan(F, slot, s, kind):
    a = np.linspace(-1.1, 1.1, 10)
    o = np.concatenate([np.stack([np.sin(a)*.32, np.cos(a)*.32], 1), [(0, 0)]])
    F.add(slot, plate(o, .025, (0, .02, 0)), pattern(F, bright(F), WHITE, F.pick('rings', 'patches', 'gradient'), .4))


def _wrench(F, slot, s, kind):
    m = F.pick(*METAL)
    F.add(slot, block((0, .12, 0), (.035, .25, .02)), m)
    F.add(slot, tube([(-.07, .5, 0), (-.08, .42, 0), (0, .35, 0), (.08, .42, 0), (.07, .5, 0)], [.03, .035, .04, .035, .03], 8, 12), m)


def _ice_cream(F, slot, s, kind):
    F.add(slot, cone((0, .12, 0), (0, -.14, 0), .08, .01), hexes('d8a050')[0])
    for i in range(F.pick(1, 2, 3)): F.add(slot, lump((0, .15+.1*i, 0), (.085-.01*i,)*3, detail=8), bright(F))


def _drum(F, slot, s, kind):
    c = bright(F)
    F.add(slot, tube([(-s*.1, -.2, .15), (-s*.1, .02, .15)], [.17]*2, 18, ends=(0, 0)), c)
    for y in (-.2, .02): F.add(slot, hoop((-s*.1, y, .15), .17, .17, .02, n=18, sides=6), METAL[2])
    F.add(slot, lathe([(.15, 0), (.15, .02)], (-s*.1, .02, .15)), BONE)


def _trumpet(F, slot, s, kind):
    with F.at((0, 0, 0), turn(0, -1.2)):
        F.add(slot, lathe([(.025, -.3), (.02, -.25), (.022, .2), (.05, .32), (.14, .45), (.12, .45)], cols=14), METAL[2])
        F.add(slot, hoop((0, -.02, -.06), .06, .14, .018, axes((1, 0, 0), (0, 1, 0)), 14, 6), METAL[2])


def _key(F, slot, s, kind):
    g = F.pick(METAL[2], METAL[0])
    shaft(F, slot, -.1, .5, .025, g)
    F.add(slot, hoop((0, -.2, 0), .1, .1, .028, axes((0, 0, 1), (0, -1, 0)), 14, 7), g)
    for y in (.35, .46): F.add(slot, block((.06, y, 0), (.06, .025, .02)), g)


def _net(F, slot, s, kind):
    shaft(F, slot, -.3, .55, .02)
    with F.at((0, .7, 0), turn(0, -.9)):
        F.add(slot, hoop((0, 0, 0), .16, .16, .016, n=16, sides=6), METAL[1])
        F.add(slot, lathe([(.01, -.3), (.09, -.2), (.155, 0), (.14, 0)], cols=14, rows=8), WHITE)


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
    F.add('back', tube([chest+vec(-.95*w, 0, -.4*d), chest+vec(-.55*w, .05*w, .7*d), chest+vec(0, -.1*w, d*1.0), chest+vec(.55*w, .05*w, .7*d), chest+vec(.95*w, 0, -.4*d)], [.1*w]*5, 8, 14), paint)


def feather_wing(F, root, s, span, up, sweep, paint, end, slot='back', fold=1.):
    """A wing of feathers: an arm and two fans of blades, from `root` out to side s."""
    R = turn(0, 0, s*up)@turn(s*sweep)
    with F.at(root, R):
        arm = [vec(0, 0, 0), vec(s*.35*span, .12*span, 0), vec(s*.65*span, .1*span, 0), vec(s*.85*span*fold, .02*span, 0)]
        F.add(slot, tube(arm, np.array([(.07, .05), (.07, .05), (.055, .04), (.03, .02)])*span, 10, 12, up=vec(0, 1, 0)), paint)
        n = 8
        for i in range(n):
            t = i/(n-1)
            p = arm[0]*(1-t)+arm[3]*t+vec(0, .1*span*np.sin(t*np.pi), 0)
            a = -1.75+1.5*t**1.5
            k = span*(.3+.22*t)
            d = vec(s*np.cos(a), np.sin(a), -.04*i*0)
            q = p+d*k
            F.add(slot, tube([p, (p+q)/2, q], np.array([(.035, .012), (.06, .014), (.02, .008)])*span, 6, 6, up=vec(0, 0, 1)), tip(paint, end, -.2, 1, -1))
        F.add(slot, ruled([arm[0]+vec(0, .03*span, .01*span), arm[1], arm[2], arm[3]], [arm[0]-vec(0, .2*span, 0), arm[1]-vec(0, .27*span, 0), arm[2]-vec(0, .24*span, 0), arm[3]], .05*span, 4), paint)


def bat_wing(F, root, s, span, up, sweep, paint, bone, slot='back', fingers=3):
    """A wing of skin between fingers, scalloped below."""
    with F.at(root, turn(0, 0, s*up)@turn(s*sweep)):
        wrist = vec(s*.4*span, .35*span, 0)
        tips = [vec(s*np.cos(a), np.sin(a), -.03)*span*k+wrist for a, k in zip(np.linspace(.25, -1.5, fingers+1), np.linspace(.75, .55, fingers+1))]
        inner = vec(s*.02*span, -.3*span, 0)
        F.add(slot, tube([vec(0, 0, 0), wrist], np.array([.05, .035])*span, 8), bone)
        ends = tips[:-1]+[inner]
        for i, q in enumerate(tips[:-1]):
            F.add(slot, tube([wrist, (wrist+q)/2+vec(0, .03*span, 0), q], np.array([.028, .02, .006])*span, 6, 7), bone)
        for a, b in zip(ends[:-1], ends[1:]):
            m = 6
            t = np.linspace(0, 1, m)[:, None]
            low = a*(1-t)+b*t+(wrist-(a+b)/2)*(.55*t*(1-t))
            F.add(slot, ruled([wrist+(a-wrist)*.02*(1-j)+(b-wrist)*.02*j for j in t[:, 0]], low, .018*span, 6, vec(0, 0, -.06*span)), paint)
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
        if F.maybe(.5): F.add('back', tube([m+vec(-w*.85, h*1.15, -.3*w), m+vec(w*.85, h*1.15, -.3*w)], [.25*w]*2, 10), e)
        for s in (1, -1): F.add('back', tube([m+vec(s*.55*w, h*.8, 0), m+vec(s*.6*w, h*.95, d), m+vec(s*.55*w, h*.5, 2.05*d), m+vec(s*.6*w, -h*.4, d*1.6), m+vec(s*.5*w, -h*.6, 0)], [.09*w]*5, 6, 14), shade(c, .7))
    if kind == 'quiver':
        a, b = m+vec(-.35*w, -h, -.2*w), m+vec(.5*w, h*1.2, -.2*w)
        F.add('back', tube([a, b], [.2*w, .26*w], 12, ends=(.3, 0)), WOOD[2])
        for i in range(4):
            p = b+vec((i-1.5)*.1*w, 0, 0)
            F.add('back', tube([p, p+(b-a)*.35], [.025*w, .07*w], 6), e)
    if kind == 'jet':
        for s in (1, -1):
            F.add('back', lathe([(.15*w, -h), (.36*w, -.5*h), (.36*w, .7*h), (.02, 1.1*h)], m+vec(s*.42*w, 0, -.35*w), cols=12, rows=9), c)
            F.add('back', cone(m+vec(s*.42*w, -h, -.35*w), m+vec(s*.42*w, -h*1.9, -.35*w), .22*w, .02*w), hexes('ffb020')[0])
    if kind == 'shell': F.add('back', lump(m-vec(0, 0, .1*w), (w*1.05, h*1.3, .7*w), detail=14), pattern(F, hexes('5a7a30')[0], hexes('8a6a38')[0], None, w*2))
    if kind == 'barrel':
        F.add('back', lathe([(.5*w, -h), (.65*w, 0), (.5*w, h)], m-vec(0, 0, .5*w), rows=9), WOOD[1])
        for y in (-.6, .6): F.add('back', hoop(m+vec(0, y*h, -.5*w), .6*w, .6*w, .05*w, n=18, sides=6), METAL[4])
    if kind == 'basket': F.add('back', lathe([(.4*w, -h), (.75*w, .9*h), (.6*w, .9*h)], m-vec(0, 0, .5*w), cols=14), pattern(F, WOOD[3], WOOD[1], 'rings', w))
    if kind == 'key': 
        F.add('back', tube([m, m-vec(0, 0, .8*w)], [.08*w]*2, 8), METAL[2])
        F.add('back', hoop(m-vec(0, 0, 1.1*w), .35*w, .35*w, .1*w, axes((1, 0, 0), (0, 1, 0)), 14, 7), METAL[2])
    if kind in ('sword', 'shield'):
        with F.at(m-vec(0, 0, .12*w), turn(0, 0, F.pick(1, -1)*F.u(.5, .9))@turn(np.pi), slot='back'):
            with F.at((0, -.55*h*2 if kind == 'sword' else 0, 0), None, h*2): (_sword if kind == 'sword' else _shield)(F, 'back', 1, kind)


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
        paint = dict(rock=hexes('8a8680 6a645c a09a90')[F.pick(0, 1, 2)], grass=hexes('5a9a40 78b050')[F.pick(0, 1)], cloud=WHITE)[kind]
        F.add('base', (V+(.05*r*np.sin(V*8/r+q)[:, [1, 2, 0]])*vec(1, .2, 1), T), pattern(F, paint, shade(paint, .75), 'patches', r))
        if kind == 'grass':
            for i in range(F.pick(0, 4, 8)):
                p = o+vec(np.sin(i*2.4), 0, np.cos(i*2.4))*r*F.u(.7, 1.05)
                F.add('base', cone(p-vec(0, .02, 0), p+vec(F.u(-.05, .05), F.u(.1, .2), 0), .025, .004, 5), shade(paint, .7))


def stand(F):
    """A plinth under a figure that is done."""
    lo, hi = F.feet()
    m, half = (lo+hi)/2, np.maximum((hi-lo)/2, .06)
    plinth(F, m[0], m[2], half[0]*F.u(1.05, 1.5), half[2]*F.u(1.05, 1.5), lo[1]+.01)
