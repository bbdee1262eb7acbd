"""Birds: standing, swimming, with wings folded or spread (slot back)."""
import numpy as np
from . import hats, heads, props
from .humanoid import rub
from .paint import BEAK, BLACK, WHITE, belly, bright, hexes, maybe_pattern, mix, shade, tip
from .shapes import Lump, axes, cross, lump, plate, tube, turn, unit, vec

# body length, girth, pitch of the body, leg, neck, head, beak length, beak girth, hook, tail, colours
KINDS = dict(songbird=(.4, .16, .5, .14, .05, .12, .4, .3, .1, .5, '3a5ab0 c03a2a d8a030 6a5040 8a8a90'),
             duck=(.55, .2, .15, .12, .22, .13, .7, .5, -.1, .25, 'f4f4f2 e8c830 6a5040 3a6a4a'),
             owl=(.42, .2, 1.25, .1, .02, .2, .28, .35, .5, .3, '8a6a48 5a4a40 c8a878 f0ead8'),
             penguin=(.55, .2, 1.45, .06, .04, .16, .45, .3, .2, .15, '26262c 2a3448'),
             flamingo=(.42, .15, .25, .65, .55, .1, .6, .4, .6, .25, 'f0a0a8 f07888 f8c8c8'),
             parrot=(.4, .14, 1.1, .08, .06, .14, .35, .55, .9, .8, '3f9a4a d0312d 2f62c8 e8c830 f4f4f2'),
             hen=(.45, .22, .4, .2, .16, .12, .35, .35, .2, .6, 'f4f4f2 a85a28 5a3a2a c8a070'),
             eagle=(.48, .18, .9, .16, .1, .14, .45, .45, .9, .5, '4a3828 6a4a30 3a3a42'),
             stork=(.45, .15, .5, .5, .35, .1, 1.4, .3, 0., .25, 'f4f4f2 8a8a90'),
             toucan=(.38, .14, .9, .08, .05, .13, 1.3, .6, .4, .5, '1c1c20 2a2a30'),
             peacock=(.48, .15, .6, .28, .32, .09, .4, .3, .1, 1.6, '2a5ab0 1a8a90'),
             chick=(.3, .2, .7, .1, .0, .2, .3, .3, .1, .12, 'f5cf3a f0e090 f0a8b8'),
             crow=(.45, .15, .5, .16, .08, .13, .6, .4, .3, .5, '1c1c22 2a2a34'),
             ostrich=(.5, .24, .2, .6, .6, .11, .5, .4, .0, .4, '2a2422 8a7a6a'))


def bird(F, kind=None):
    u, kind = F.u, kind or F.pick(*KINDS)
    n, r, pitch, leg, neck, head, bl, bw, hook, tail, colours = (v*np.exp(F.rng.normal()*.16) if isinstance(v, float)
        else v for v in KINDS[kind])
    cute = u(1, 1.8) if F.maybe(.35) else 1
    head, leg, neck = head*cute, leg/cute, neck/cute
    spread = F.maybe(.4)
    F.words += [kind]+(['wings spread'] if spread else [])
    base = F.pick(*hexes(colours)) if F.maybe(.8) else bright(F)
    second, light = F.pick(bright(F), shade(base, .5), WHITE), F.pick(WHITE, mix(base, WHITE, .6))
    coat = maybe_pattern(F, base, second, .25, .7, ('speckle', 'spots', 'rings', 'gradient'))
    coat = belly(coat, light, -.1, kind in ('penguin', 'owl')) if F.maybe(.6) or kind == 'penguin' else coat
    d = vec(0, np.sin(pitch), np.cos(pitch))
    c = vec(0, leg+r*.9+n*.22*abs(np.sin(pitch)), 0)
    A, B = c+d*n*.32, c-d*n*.32
    up = vec(0, np.cos(pitch), -np.sin(pitch))
    F.add('torso', tube([B-d*.2*n, B, c-up*.12*r, A, A+d*.12*n], np.array([.35, .8, 1.05, .85, .5])*r, 15, 15, up=up),
          coat)
    feet(F, kind, c, B, r, leg, n)
    root = A+up*.1*r
    if neck > .15:
        top = root+vec(0, neck, neck*u(.1, .5))
        P = [root-d*.3*r, root+vec(0, .05, .25)*neck, rub(root, top, .5)+vec(0, 0, u(-.3, .15)*neck), top]
        F.add('torso' if neck > .3 else 'head', tube(P, [r*.6, max(r*.42, head*.5), head*.5, head*.55], 11, 14), coat)
    else:
        top = root+vec(0, .35*r+neck+.25*head, .15*r)
        F.add('head', tube([root-d*.3*r, top], [r*.75, head*.8], 12, 8), coat)
    H = Lump((0, 0, 0), vec(head*u(.9, 1.05), head*u(.88, 1.), head*u(.95, 1.05)))
    with F.at(top+vec(0, head*.25, head*.15), turn(u(-.7, .7) if F.maybe(.5) else 0, u(-.1, .2), u(-.15, .15))):
        F.add('head', H.mesh(14), F.pick(coat, base, light, second) if kind != 'penguin' else base)
        bird_face(F, H, kind, base, light, second, bl, bw, hook)
    tail_feathers(F, B-d*.18*n, -d, up, r, n*tail, base, second, kind)
    wings(F, kind, A, B, c, d, up, r, n, base, second, coat, spread)
    return dict(seat=c+vec(0, r, -.02), r=r, along=d)


def feet(F, kind, c, B, r, leg, n):
    k, paint = max(r*F.u(.12, .18), .018), F.pick(*BEAK)
    one = kind in ('flamingo', 'stork') and F.maybe(.3)
    step = F.u(-.3, .3)*leg
    for s in (1, -1):
        slot = 'leg_left' if s > 0 else 'leg_right'
        root = c+vec(s*r*.45, -.6*r, -.05*n)
        foot = vec(s*r*.5, k*.6, root[2]+s*step)
        if one and s > 0: foot = root+vec(0, -.5*leg, -.35*leg)
        if leg > .25:
            knee = rub(root, foot, .5)+vec(0, 0, -.12*leg)
            F.add(slot, tube([root, knee, foot], [k*1.6, k, k*.8], 8, 10), paint)
            F.add(slot, lump(knee, (k*1.3,)*3, detail=6), paint)
        else: F.add(slot, tube([root, foot], [k*2.2, k], 8, 4), paint)
        F.add(slot, tube([root+vec(0, .15*r, 0), rub(root, foot, .35)], [r*.4, k*1.2], 9), shade(paint, .9)
              if kind == 'penguin' else F.pick(WHITE, shade(paint, .8)))
        web = kind in ('duck', 'penguin', 'flamingo')
        L = max(r*.6, k*3)
        if web:
            F.add(slot, plate(np.array([(0, -.2), (.55, .8), (.2, .75), (0, 1.), (-.2, .75), (-.55, .8)])*L, k*1.,
                              foot-vec(0, k*.2, 0), axes((0, 0, 1), (0, -1, 0))), paint)
        else:
            for q in (-.6, 0, .6, 3.14):
                F.add(slot, tube([foot, foot+turn(q)@vec(0, -.3*k, L*(1 if q < 3 else .6))], [k*.75, k*.45], 6), paint)


def bird_face(F, H, kind, base, light, second, bl, bw, hook):
    rx, ry, rz = H.r
    y = F.u(.1, .3)
    if kind == 'owl':
        for s in (1, -1):
            p, n = H.front(s*.42, .15)
            heads.button(F, 'head', p, n, .46*rx, .46*rx, .12*rx, light, 10)
    x = .42 if kind in ('owl', 'chick') else F.u(.45, .72)
    heads.eyes(F, H, base, x, y, F.u(.28, .36) if kind == 'owl' else F.u(.14, .26), F.pick('bead', 'plain', 'large')
               if kind != 'owl' else F.pick('large', 'plain', 'slit'), hexes('e0a020 1a1a20 d05020')[F.pick(0, 1, 2)])
    if F.maybe(.15): heads.cheeks(F, H, .65, -.15, second)
    paint, w, n = F.pick(*BEAK), bw*rx, bl*rz
    p, m = H.front(0, -.1)
    a = p-m*.25*rz
    q = p+vec(0, -.1*n, n)
    gape = F.u(0, .35) if F.maybe(.4) else 0
    flat = (1.5, .5) if kind == 'duck' else (.8, 1.)
    tipp = q+vec(0, -hook*w*1.2, 0)
    F.add('head', tube([a, rub(p, q, .5)+vec(0, .1*w, 0), q, tipp],
                       [(w*flat[0], w*flat[1]*.9), (w*.85*flat[0], w*.75*flat[1]), (w*.5*flat[0], w*.45*flat[1]),
                        (.06*w*(4 if kind == 'duck' else 1), .06*w)], 11, 11, up=vec(0, 1, .01)),
          tip(paint, F.pick(paint, BLACK, shade(paint, .6)), .5, 2))
    b = p+vec(0, -.45*w-gape*n, n*.75)
    F.add('head', tube([a-vec(0, .35*w, 0), b], [(w*.8*flat[0], w*.4*flat[1]), (w*.25*flat[0], w*.12)], 10, 6,
                       up=vec(0, 1, .01)), shade(paint, .85))
    c = F.pick(hexes('d0312d')[0], second, bright(F))
    crest = F.pick('comb', 'tuft', 'crown', 'none', 'none') if kind != 'hen' else 'comb'
    if crest == 'comb':
        for i in range(4):
            F.add('hair', lump(vec(0, ry*(1.02-.08*i*i*.3), rz*(.45-.35*i)), (.12*rx, .28*ry, .24*rz), detail=7), c)
        for s in (1, -1): F.add('head', lump(p+vec(s*.18*rx, -.5*ry, .05*rz), (.12*rx, .3*ry, .12*rz), detail=7), c)
    if crest == 'tuft':
        for i in range(3):
            F.add('hair', tube([vec(0, .8*ry, .1*rz), vec(0, 1.3*ry, -.1*rz-.2*i*rz),
                                vec(0, 1.5*ry-.25*i*ry, -.3*rz-.45*i*rz)], np.array([.12, .16, .02])*rx, 7, 7), c)
    if crest == 'crown':
        for i in range(5):
            e = vec((i-2)*.28*rx, 1.7*ry-abs(i-2)*.1*ry, -.2*rz)
            F.add('hair', tube([vec(0, .9*ry, 0), e], [.03*rx]*2, 5), c)
            F.add('hair', lump(e, (.12*rx,)*3, detail=6), c)
    if kind == 'owl' and F.maybe(.7): heads.animal_ears(F, H, 'cat', base, shade(base, .7))
    if F.maybe(.07):
        hats.headwear(F, H, c, F.pick('top hat', 'wizard', 'crown', 'santa', 'cap', 'wide', 'pirate', 'bow'))


def tail_feathers(F, root, back, up, r, n, base, second, kind):
    m = F.pick(3, 5) if kind != 'peacock' else 11
    fan = F.u(.1, .35) if kind != 'peacock' else F.u(.2, .3)
    lift = F.u(-.2, .5) if kind not in ('hen', 'peacock') else F.u(.6, 1.3)
    d = unit(back+up*lift)
    side = vec(1, 0, 0)
    for i in range(m):
        a = (i-(m-1)/2)*fan
        e = unit(d*np.cos(a)+side*np.sin(a))
        L = (n+.3*r)*(1-.03*abs(i-(m-1)/2)**2)
        F.add('back', tube([root, root+e*L*.6, root+e*L], [(r*.15, r*.06), (r*.3, r*.06), (r*.14, r*.03)], 8, 7,
                           up=cross(e, side)), tip(base, second, -.1, 1 if kind == 'peacock' else 2,
                                                   1 if kind == 'peacock' else -1))
        if kind == 'peacock':
            F.add('back', lump(root+e*L*.9+cross(side, e)*-.05*r, (r*.16,)*3, detail=7), hexes('2a60c0')[0])


def wings(F, kind, A, B, c, d, up, r, n, base, second, coat, spread):
    if kind == 'penguin' or kind == 'chick':
        out = F.u(.1, 1.3)
        for s in (1, -1):
            p = A+vec(s*r*.8, -.15*r, 0)
            q = p+vec(s*np.sin(out)*.6, -np.cos(out), .05)*n*.5
            F.add('back', tube([p, rub(p, q, .5)+vec(s*.08*r, 0, 0), q], [(r*.3, r*.1), (r*.35, r*.1), (r*.1, r*.04)],
                               9, 9, up=vec(s, 0, .01)), shade(base, .9))
    elif spread:
        span, lift, sweep = n*F.u(1, 1.7), F.u(-.2, 1.), F.u(-.1, .7)
        for s in (1, -1): props.feather_wing(F, rub(A, c, .3)+vec(s*r*.6, .3*r, 0), s, span, lift, sweep, base, second)
    else:
        long, out = F.u(.8, 1.15), F.u(0, .3)
        for s in (1, -1):
            p, q = A+vec(s*r*.72, .15*r, 0)-d*.05*n, B+vec(s*r*(.55+out), .05*r, 0)-d*n*.3*long
            m = rub(p, q, .45)+vec(s*r*.42, -.1*r, 0)
            F.add('back', tube([p, m, q], [(r*.4, r*.14), (r*.55, r*.14), (r*.08, r*.05)], 11, 11, up=vec(s, 0, .01)),
                  tip(base, second, -.1, 2, -1))
            if F.maybe(.6):
                for i in range(3):
                    e = q+d*n*.12*i-up*.16*r*(i-1)
                    F.add('back', tube([m, rub(m, e, .6)+vec(s*.1*r, 0, 0), e], [(r*.2, r*.06), (r*.2, r*.06),
                        (.05*r, .03*r)], 7, 7, up=vec(s, 0, .01)), second)
