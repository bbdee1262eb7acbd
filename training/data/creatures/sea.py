"""What lives in water: fish, sharks, whales, octopus, jellyfish, seahorses, seals, starfish."""
import numpy as np
from . import hats, heads
from .humanoid import rub
from .paint import BLACK, BONE, PINK, WHITE, belly, bright, hexes, maybe_pattern, mix, pattern, shade, tip
from .shapes import Lump, axes, cone, hoop, lump, plate, ruled, tube, turn, unit, vec

SEA = hexes('4a7a9a 2a4a6a 8098a8 5aa0b0 e08030 f0c040 d04a5a 7a5aa0 3a8a7a c0c8d0')


def swum(P, bend):
    """Places along a body [k,3] bent to the side as swimmers are."""
    P = np.array(P, float)
    z = P[:, 2]
    P[:, 0] += bend*np.clip(-z, 0, None)**2
    return P


def fin(F, slot, outline, thick, place, R, paint): F.add(slot, plate(np.asarray(outline, float), thick, place, R, .3),
                                                         paint)


def fish(F, kind=None):
    u, kind = (
        F.u,
        kind
        or F.pick('fish', 'fish', 'angel', 'puffer', 'shark', 'shark', 'whale', 'dolphin', 'ray', 'eel', 'angler'),
    )
    F.words.append(kind)
    base = F.pick(*SEA) if F.maybe(.5) else bright(F)
    second, light = F.pick(bright(F), shade(base, .4), WHITE), mix(base, WHITE, u(.5, .9))
    coat = maybe_pattern(F, base, second, .6 if kind in ('fish', 'angel', 'eel') else .2, .8,
                         ('stripes', 'spots', 'patches', 'gradient', 'speckle'))
    if F.maybe(.5 if kind in ('fish', 'angel') else .9): coat = belly(coat, light, -.2)
    n, high, wide = dict(fish=(.5, u(.16, .28), u(.1, .18)), angel=(.42, u(.3, .4), .08), puffer=(.34, .3, .3),
                         shark=(.75, .17, .16), whale=(.7, u(.22, .32), u(.22, .34)),
                         dolphin=(.65, .16, .14), ray=(.4, .07, u(.3, .45)), eel=(.9, .07, .06), angler=(.42, .27,
                             .22))[kind]
    sway, c = u(-.5, .5), vec(0, .35, 0)
    z = np.array([-1, -.6, -.1, .35, .75, .95])*n
    h = np.array([.16, .45, .92, 1., .68, .3])*high
    w = np.array([.1, .4, .9, 1., .7, .3])*wide
    if kind in ('whale', 'puffer', 'angler'): h[3:] = h[3:]*[1., 1.3, 1.6]; w[3:] = w[3:]*[1.1, 1.35, 1.7]
    dip = u(-.1, .25) if kind in ('whale', 'dolphin') else 0
    P = swum([c+vec(0, dip*(v/n)**2, v) for v in z], sway)
    cut = 3
    F.add('torso', tube(P[:cut+1], np.stack([w, h], 1)[:cut+1], 16, 12, up=vec(0, 1, 0), ends=(.5, .3)), coat)
    F.add('head', tube(P[cut:], np.stack([w, h], 1)[cut:]*1.005, 16, 9, up=vec(0, 1, 0), ends=(.3, .8)), coat)
    fish_face(F, kind, P, w, h, base, light, second)
    fins(F, kind, P, w, h, n, high, base, second, coat, sway)
    if F.maybe(.25) and kind not in ('ray',):
        F.add('base', cone(vec(0, -.1, 0), c-vec(0, high*.8, 0), .035, .025, ends=(.1, .1)),
              F.pick(BLACK, WHITE)); F.add('base', lump((0, -.12, 0), (.22, .03, .22), detail=12), bright(F))


def fish_face(F, kind, P, w, h, base, light, second):
    u = F.u
    H = Lump(P[4]-vec(0, 0, .1*w[4]), vec(w[4], h[4], abs(P[5][2]-P[4][2])+.6*w[5]))
    x, k = F.u(.75, 1.), F.u(.16, .34)*min(h[4], w[4]*1.5)
    if kind == 'whale': k *= .55
    if kind in ('shark', 'dolphin'): k *= .75
    style, iris = F.pick('bead', 'plain', 'plain', 'large', 'lidded'), F.pick(*heads.IRIS)
    for s in (1, -1):
        p, n = H.at(s*x, u(.1, .3) if kind != 'whale' else -.1, .5)
        heads.eye(F, p, unit(n+vec(0, 0, .5)), k, style, iris, base, s)
    gape = F.pick('lips', 'smile', 'teeth', 'smile') if kind not in ('shark', 'angler') else 'teeth'
    if gape == 'lips':
        F.add('head', hoop(P[5]+vec(0, -.1*h[5], w[5]*.8), w[5]*.55, h[5]*.4, .16*w[5]+.008,
                           axes((0, 0, 1), (0, -1, 0)), 14, 7), F.pick(second, PINK, light))
    else:
        k = Lump(P[5]-vec(0, 0, .5*w[5]), vec(w[5]*1.2, h[5]*1.25, w[5]*1.4))
        heads.mouth(F, k, -.45, .75, 'grin' if gape == 'teeth' else 'smile')
    if kind == 'dolphin': F.add('head', tube([P[5], P[5]+vec(0, -.03, .16)], [w[5]*.8, w[5]*.45], 10), base)
    if kind == 'angler':
        a = P[4]+vec(0, h[4]*.9, 0)
        b = a+vec(0, .22, .3)
        F.add('hair', tube([a, a+vec(0, .25, .08), b], [.02, .015, .012], 7, 9), base)
        F.add('hair', lump(b, (.05,)*3, detail=8), hexes('f0f080')[0])
    if F.maybe(.08):
        hats.headwear(F, Lump(P[4]+vec(0, h[4]*.4, -.1), vec(w[4]*.6, h[4]*.6, w[4]*.6)), base,
                      F.pick('top hat', 'crown', 'cap', 'bow', 'santa'))


def fins(F, kind, P, w, h, n, high, base, second, coat, sway):
    u, paint = F.u, tip(base, second, 0, 1) if F.maybe(.5) else F.pick(base, second)
    flat = kind in ('whale', 'dolphin')  # flukes lie
    tail = np.array([(0, .25), (-.55, -.35), (-.95, -.9), (-.2, -.55), (0, -.45), (.2, -.55), (.95, -.9),
                     (.55, -.35)])*n*u(.35, .6)
    d = unit(P[0]-P[1])
    fin(F, 'back', tail if kind != 'shark' else tail*vec(1, 1), .05*n, P[0]+d*.04,
        axes(-d, (0, 1, 0) if flat else (1, 0, 0)), paint)
    if kind == 'eel':
        for y in (1, -1):
            F.add('back', ruled([p+vec(0, y*q*.5, 0) for p, q in zip(P[:4], h)], [p+vec(0, y*(q+.6*high), -.03) for p,
                q in zip(P[:4], h)], .02, 3), paint)
        return
    k = u(.5, 1.1)
    top = dict(shark=[(-.3, 0), (.3, 0), (-.25, .75), (-.42, .8)], whale=[(-.2, 0), (.15, 0), (-.2, .2)],
               dolphin=[(-.25, 0), (.25, 0), (-.3, .5)]).get(
        kind, [(-.9, .1), (.6, 0), (.35, .5), (-.1, .65), (-.6, .5), (-1.05, .55)])
    at = P[2]+vec(0, h[2]*.75, .05)
    R = np.stack([vec(0, 0, 1), vec(0, 1, 0), vec(-1, 0, 0)], 1)
    fin(F, 'back', np.array(top)*n*.45*k, .05*n, at, R, paint)
    if kind in ('fish', 'angel', 'angler', 'shark') and F.maybe(.7):
        fin(F, 'back', np.array([(-.4, 0), (.2, 0), (-.1, -.3), (-.5, -.4)])*n*.5*k, .04*n, P[1]-vec(0, h[1]*.6, 0), R,
            paint)
    out, long = u(-.9, .3), n*u(.3, .55)*(1.6 if kind == 'ray' else 1)
    o = np.array([(0, -.2), (.5, -.45), (1, -.6), (.9, -.2), (.5, .15), (0, .25)])*long
    if kind == 'ray': o = np.array([(0, -.9), (.5, -.5), (1.2, -.1), (.6, .5), (0, .9)])*long
    for s in (1, -1):
        with F.at(P[3]+vec(s*w[3]*.75, -.25*h[3]*(kind != 'ray'), -.05),
                  turn(0, 0, s*(out if kind != 'ray' else u(-.1, .4)))):
            F.add('arm_left' if s > 0 else 'arm_right', plate(o*vec(s, 1), .06*long+.01, (0, 0, 0),
                                                              axes((0, 0, 1), (0, -1, 0)), .3), paint if kind != 'ray'
                                                              else coat)
    if kind == 'puffer':
        for i in range(26):
            t, a = np.arccos(1-2*(i+.5)/26), i*2.4
            e = vec(np.sin(t)*np.cos(a), np.sin(t)*np.sin(a), np.cos(t)*.8-.1)
            p = P[2]*.5+P[3]*.5+e*vec(w[3], h[3], n*.55)
            F.add('back', cone(p, p+e*.07, .02, .003, 5), BONE)
    if kind == 'whale' and F.maybe(.3):
        p = P[3]+vec(0, h[3]*.9, .1)
        for a in (-1, 0, 1):
            F.add('hair', tube([p, p+vec(.08*a, .22, 0), p+vec(.2*a, .14+.1*(a == 0), 0)], [.025, .03, .02], 7, 7),
                  hexes('a0d8f0')[0])


def octopus(F, kind=None):
    """Octopus, squid, jellyfish."""
    u, kind = F.u, kind or F.pick('octopus', 'octopus', 'squid', 'jellyfish')
    F.words.append(kind)
    base = F.pick(bright(F), *hexes('c04a5a 7a5aa0 d07030 4a7a9a'))
    coat = maybe_pattern(F, base, F.pick(WHITE, shade(base, .5), bright(F)), .5, 1., ('spots', 'gradient', 'patches'))
    r, n = u(.2, .3), F.pick(8, 8, 6)
    c = vec(0, u(.25, .5)+r, 0)
    tall = u(.9, 1.4) if kind == 'octopus' else u(1.6, 2.4) if kind == 'squid' else u(.7, 1.)
    H = Lump(c, vec(r, r*tall, r*u(.85, 1.05)))
    F.add('head', H.mesh(16, taper=u(-.3, .1) if kind == 'octopus' else .25 if kind == 'squid' else 0), coat)
    if kind == 'squid':
        for s in (1, -1):
            F.add('back', plate(np.array([(0, -.3), (.6, .1), (.1, .7), (0, .5)])*r*1.4*vec(s, 1), .06,
                                c+vec(s*.4*r, r*tall*.5, 0)), coat)
    y = F.u(-.3, .1)
    heads.eyes(F, H, base, u(.3, .5), y, u(.18, .34), F.pick('plain', 'large', 'bead', 'slit', 'lidded', 'closed'))
    if F.maybe(.8): heads.mouth(F, H, y-.35, u(.15, .35))
    if F.maybe(.3): heads.cheeks(F, H, .55, y-.25)
    long, curl, w, swim = r*u(1.5, 2.6), u(-.6, 1.2), r*u(.2, .32), F.maybe(.35)
    if kind == 'jellyfish': long, w, swim, curl = r*u(2, 3), r*.1, True, u(-.3, .3)
    for i in range(n):
        a = (i+.5)*2*np.pi/n
        d = vec(np.sin(a), 0, np.cos(a))
        root = c-vec(0, .7*r*min(tall, 1.2), 0)+d*.55*r
        if swim:
            P = [root, root+d*.25*long-vec(0, .35*long, 0), root+d*.2*long+vec(u(-.1, .1)*long, -.75*long, 0),
                 root+d*(.3+.2*curl)*long-vec(0, long, 0)]
        else:
            side = vec(d[2], 0, -d[0])*u(-.4, .4)*long
            P = [root, vec(root[0], w*1.1, root[2])+d*.4*long, vec(root[0], w*.8, root[2])+d*.75*long+side*.5,
                 vec(root[0], w*.6+max(curl, 0)*.3*long, root[2])+d*long*(1-.2*max(curl, 0))+side]
        slot = 'leg_left' if d[0] > 0 else 'leg_right'
        if i in (0, n-1) and F.maybe(.3):  # two raised as arms
            slot = 'arm_left' if d[0] > 0 else 'arm_right'
            P = [root, root+d*.4*long+vec(0, .1*long, 0), root+d*.6*long+vec(0, .5*long, 0),
                 root+d*.4*long+vec(0, .8*long, 0)]
        F.add(slot, tube(P, np.array([1.25, 1, .7, .15])*w, 9, 14), belly(base, mix(base, WHITE, .5), -.2))
        if kind == 'octopus' and F.maybe(.5):
            for t in (.35, .6): 
                q = rub(P[1], P[2], t)
                F.add(slot, lump(q+vec(0, -.1*w, 0)+d*.2*w, (w*.45, w*.9, w*.45), detail=5), WHITE)
    if F.maybe(.15):
        hats.headwear(F, Lump(c+vec(0, r*tall*.4, 0), H.r*vec(.8, .6, .8)), base, F.pick('pirate', 'top hat', 'crown',
            'santa', 'bow'))


def seal(F):
    """Seals, walruses, and mermaid-tailed dolls without arms: one curved body with flippers."""
    u = F.u
    F.words.append('seal')
    base = F.pick(*hexes('6a6a72 4a3a34 9a9aa4 d8d0c8 3a4250'))
    coat = maybe_pattern(F, base, shade(base, .5), .4, .8, ('spots', 'speckle'))
    coat = belly(coat, mix(base, WHITE, .4), -.3)
    r, lift = u(.15, .24), u(.1, .5)
    P = [vec(0, .3*r, -.8), vec(0, .7*r, -.45), vec(0, r, -.05), vec(0, r+lift*.6, .25), vec(0, r+lift+.1, .35)]
    F.add('torso', tube(P, np.array([.2, .7, 1.05, .8, .55])*r, 15, 16, up=vec(0, 1, 0)), coat)
    H = Lump(P[-1]+vec(0, .5*r, .12*r), vec(r*.75, r*.7, r*.8))
    F.add('head', H.mesh(13), coat)
    from .humanoid import muzzle
    M = muzzle(F, H, F.pick(mix(base, WHITE, .4), base), .6, u(.2, .5))
    heads.eyes(F, H, base, .45, .2, u(.18, .28), F.pick('bead', 'plain', 'large'))
    if F.maybe(.4):
        for s in (1, -1):
            F.add('head', cone(M.front(s*.4, -.4)[0], M.front(s*.4, -.4)[0]+vec(0, -.7*r, .1*r), .1*r, .02*r, 7), BONE)
    for s in (1, -1):
        a = vec(s*.8*r, .8*r, .1)
        F.add('arm_left' if s > 0 else 'arm_right',
              tube([a, a+vec(s*.5*r, -.5*r, .1), a+vec(s*1.1*r, -.72*r, u(-.1, .2))], [(.3*r, .12*r), (.4*r, .1*r),
                  (.15*r, .05*r)], 9, 9, up=vec(0, 1, .2)), base)
        F.add('back', tube([P[0], P[0]+vec(s*.3*r, 0, -.5*r), P[0]+vec(s*.6*r, .1*r, -1.1*r)],
                           [(.2*r, .12*r), (.4*r, .1*r), (.2*r, .05*r)], 9, 8, up=vec(0, 1, 0)), base)
    if F.maybe(.25):
        F.add('item_left', lump(H.c+vec(0, H.r[1]+.8*r, .2*r), (.75*r,)*3, detail=11), pattern(F, bright(F), WHITE,
            'half', r))


def starfish(F):
    u = F.u
    F.words.append('starfish')
    base = F.pick(bright(F), *hexes('f08060 e0a040 d04a5a'))
    coat = maybe_pattern(F, base, mix(base, WHITE, .6), .7, .8, ('spots', 'speckle', 'gradient'))
    n, R, q = F.pick(5, 5, 5, 6, 8), u(.5, .7), u(.35, .6)
    a = np.arange(4*n)*2*np.pi/(4*n)+np.pi/2
    k = R*(q+(1-q)*(.5+.5*np.cos((a-np.pi/2)*n)))
    F.add('head', plate(np.stack([np.cos(a)*k, np.sin(a)*k], 1), .22, puff=.5, bevel=.12), coat)
    H = Lump((0, 0, 0), vec(R*q, R*q, .2))
    heads.eyes(F, H, base, .35, .15, u(.2, .3))
    heads.mouth(F, H, -.3, .35)
    for i in range(14): 
        t = u(0, 6.28)
        F.add('head', lump(vec(np.cos(t), np.sin(t), 0)*R*q*u(.6, 1.1)+vec(0, 0, .12), (.03, .03, .03), detail=5),
              mix(base, WHITE, .5))
    for i in range(2): F.add('back', lump((0, 0, -.1), (R*q*.6, R*q*.6, .08), detail=10), shade(base, .7))


def seahorse(F):
    u = F.u
    F.words.append('seahorse')
    base, second = bright(F), bright(F)
    coat = belly(pattern(F, base, F.pick(second, shade(base, .6)), 'rings', .8), mix(base, WHITE, .5), front=True)
    r, a = u(.1, .16), np.linspace(-.3, 5.5, 9)
    P = [vec(0, 1., -.02), vec(0, .8, .03), vec(0, .5, .1), vec(0, .2, 0)]+[vec(0, -.05-.13*np.sin(t)*(1-t/9),
        .02+.15*np.cos(t)*(1-t/9)-.1) for t in a]
    F.add('torso', tube(P, np.array([.6, .95, 1.2, .8]+list(np.linspace(.55, .12, 9)))*r, 12, 30), coat)
    H = Lump(vec(0, 1.12, .06), vec(r*.95, r, r*1.1))
    F.add('head', H.mesh(12), base)
    F.add('head', tube([H.c+vec(0, -.2*r, .6*r), H.c+vec(0, -.4*r, 2.2*r), H.c+vec(0, -.35*r, 2.5*r)],
                       np.array([.5, .3, .42])*r, 10, 8), base)
    heads.eyes(F, H, base, .6, .2, u(.25, .4))
    for i in range(5):
        F.add('hair', cone(H.c+vec(0, (.8-.3*i)*r, (-.2-.25*i)*r), H.c+vec(0, (1.8-.45*i)*r, (-.6-.35*i)*r), .25*r,
                           .02*r, 7), second)
    F.add('back', plate(np.array([(0, -.12), (.2, -.2), (.28, .02), (.2, .2), (0, .12)]), .03, (0, .55, -.0-r),
                        turn(np.pi/2)), second)
    for s in (1, -1):
        F.add('arm_left' if s > 0 else 'arm_right',
              plate(np.array([(0, -.05), (.14, -.08), (.12, .06), (0, .05)])*vec(s, 1), .02, (s*r*.8, .75, .05),
                    turn(s*.6)), second)
