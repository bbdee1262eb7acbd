"""What a head has: eyes, brows, noses, mouths, cheeks, beards, ears, horns. `H` is the Lump of the head."""
import numpy as np
from .paint import BLACK, BONE, PINK, WHITE, HAIR as HAIRS, hexes, hsv, shade
from .shapes import axes, cone, cross, hoop, lump, plate, tube, turn, unit, vec

IRIS = hexes('1a1a20 1a1a20 2a1a14 3a6ab0 3f7a3a 6a4020 b02020 d0a020 6a3aa0 2a9a98')


def facing(n, up=(0, 1, 0)):
    """Rotation whose z column is the direction n."""
    n = unit(n)
    y = np.asarray(up, float)-n*(np.asarray(up, float)@n)
    y = unit(y) if y@y > 1e-4 else vec(0, 0, -1)
    return np.stack([cross(y, n), y, n], 1)


def button(F, slot, p, n, rx, ry, depth, paint, detail=7, e=(1., 1.)):
    """A flat lump on a surface at p, facing n."""
    F.add(slot, lump(p, (rx, ry, depth), facing(n), e, detail), paint)


def eye(F, p, n, r, kind, iris, skin, s=1, tall=1.):
    """One eye of radius r at p, looking along n; s: which side it is on."""
    R = facing(n)
    if kind == 'bead':
        button(F, 'head', p, n, r*.7, r*.7*tall, r*.55, BLACK, 8)
        button(F, 'head', p+R@vec(.2, .3*tall, .42)*r, n, r*.2, r*.2, r*.12, WHITE, 5)
    elif kind == 'closed':
        a = np.linspace(-1.2, 1.2, 5)
        F.add(
            'head',
            tube(
                [p+R@vec(np.sin(t)*r, -np.cos(t)*r*.6*tall+.3*r, .08*r) for t in a],
                [r*.14]*5,
                6,
                8,
            ),
            BLACK,
        )
    elif kind == 'cross':
        for q in (-1, 1):
            F.add('head', tube([p+R@vec(-r, -q*r, .05*r)*.7, p+R@vec(r, q*r, .05*r)*.7], [r*.18]*2, 6), BLACK)
    elif kind == 'glow':
        button(F, 'head', p, n, r, r*tall*.7, r*.4, iris, 8)
    else:
        button(F, 'head', p, n, r, r*tall, r*.55, WHITE, 9)
        look = vec(-s*.12, 0, 1)
        q = p+R@(unit(look)*vec(r, r*tall, r*.55)*.8)
        k = .62 if kind == 'large' else .48
        if kind == 'slit':
            button(F, 'head', p, n, r*1.02, r*tall*1.02, r*.56, iris, 9)
            button(F, 'head', q, n, r*.2, r*tall*.75, r*.2, BLACK, 7)
        else:
            button(F, 'head', q, n, r*k, r*k*min(tall, 1.3), r*.2, iris, 7)
            button(F, 'head', q+R@vec(0, 0, .1)*r, n, r*k*.6, r*k*.6*min(tall, 1.3), r*.16, BLACK, 6)
            button(F, 'head', q+R@vec(.2, .25, .2)*r, n, r*.14, r*.14, r*.1, WHITE, 4)
        if kind == 'lidded':
            F.add('head', lump(p+R@vec(0, r*tall*.42, -.02*r), (r*1.08, r*tall*.66, r*.62), R, detail=9),
                  shade(skin, .9))


def eyes(F, H, skin, x, y, r, kind=None, iris=None, tall=None, scale=1.):
    """A pair at (+-x, y) of the head's radii; r in units of the head's smaller radius. Returns the places."""
    kind = kind or F.pick('bead', 'bead', 'plain', 'plain', 'plain', 'large', 'large', 'lidded', 'slit', 'closed')
    iris = F.pick(*IRIS) if iris is None else iris
    tall = F.pick(1., F.u(1, 1.6)) if tall is None else tall
    r *= min(H.r[:2])
    for s in (1, -1):
        p, n = H.front(s*x, y)
        eye(F, p, unit(n*vec(1, .6, 1)+vec(0, 0, .35)), r, kind, iris, skin, s, tall)
    return r


def brows(F, H, x, y, r, paint):
    """A pair over the eyes, in any mood."""
    tilt, thick, w = F.pick(0, F.u(-.6, .7), F.u(-.3, .4)), F.u(.16, .4)*r, r*F.u(.8, 1.3)/H.r[0]
    for s in (1, -1):
        P = []
        for t in (-1, -.2, 1):
            p, n = H.front(s*(x+t*w), y+(r*1.25+tilt*t*.55*r-.18*abs(t)*r)/H.r[1])
            P.append(p+n*r*.12)
        F.add('head', tube(P, [thick*.8, thick, thick*.6], 6, 6), paint)


def mouth(F, H, y, w, kind=None, depth=1.):
    """On the front of H at height y, w wide, in radii."""
    kind = kind or F.pick('smile', 'smile', 'open', 'open', 'frown', 'flat', 'o', 'fangs', 'teeth', 'grin')
    r, dark = H.r[1], F.pick(*hexes('3a1014 501418 2a0c10 7a2a2a'))
    if kind in ('open', 'o', 'teeth', 'grin'):
        p, n = H.front(0, y)
        wide = H.r[0]*w*(.5 if kind == 'o' else 1)
        high = wide*(F.u(.9, 1.3) if kind == 'o' else F.u(.35, .8))
        button(F, 'head', p, n, wide, high, .05*r+wide*.12, dark, 9)
        R = facing(n)
        if kind == 'open':
            button(F, 'head', p+R@vec(0, -high*.45, wide*.08), n, wide*.6, high*.45, .05*r+wide*.1, PINK*.8, 7)
        if kind in ('teeth', 'grin'):
            m = F.pick(2, 4, 6)
            for i in range(m):
                x = (i+.5)/m*2-1
                for q in ((1, -1) if kind == 'grin' else (1,)):
                    F.add('head', cone(p+R@vec(x*wide*.8, q*high*.8*(1-.5*x*x), wide*.12),
                                       p+R@vec(x*wide*.75, q*high*.15, wide*.16), wide*.7/m,
                                       wide*F.pick(.02, .4/m), 6), WHITE)
        return
    bow = dict(smile=F.u(.15, .5), frown=-F.u(.1, .4), flat=F.u(-.05, .05), fangs=F.u(-.1, .3))[kind]*w
    P = []
    for t in np.linspace(-1, 1, 5):
        p, n = H.front(t*w, y+bow*(t*t-.4))
        P.append(p+n*.005*r)
    F.add('head', tube(P, [r*F.u(.02, .045)]*5, 6, 9), dark)
    if kind == 'fangs':
        up = F.pick(1, -1)
        for s in (1, -1):
            p, n = H.front(s*w*.7, y+bow*.1)
            F.add('head', cone(p, p+vec(0, up*r*F.u(.12, .3), 0)+n*r*.05, r*.06, .004*r, 6), WHITE)


def nose(F, H, y, skin, kind=None):
    """A person's nose, from a dot to a carrot."""
    p, n = H.front(0, y)
    r = H.r[0]
    kind = kind or F.pick('none', 'small', 'small', 'bridge', 'bridge', 'ball', 'long')
    tone = shade(skin, F.u(.85, 1.)) if not callable(skin) else skin
    if kind == 'small': button(F, 'head', p, n, r*F.u(.09, .14), r*F.u(.08, .12), r*.14, tone)
    if kind == 'ball': button(F, 'head', p+n*r*.1, n, r*.2, r*.18, r*.2, F.pick(tone, hexes('d84a40')[0], tone), 9)
    if kind == 'bridge':
        F.add('head', tube([p+vec(0, .32*r, -.02*r), p+vec(0, .1*r, .1*r), p+vec(0, -.06*r, F.u(.14, .26)*r),
                            p-vec(0, .12*r, .02*r)],
                           [.06*r, .09*r, F.u(.1, .16)*r, .07*r], 8, 9), tone)
    if kind == 'long': F.add('head', cone(p, p+n*r*F.u(.4, .9)+vec(0, -r*F.u(-.1, .3), 0), r*.14, r*.05), tone)


def cheeks(F, H, x, y, paint=None):
    for s in (1, -1):
        p, n = H.front(s*x, y)
        button(F, 'head', p-n*.02*H.r[2], n, H.r[0]*.16, H.r[0]*.12, H.r[2]*.05, PINK if paint is None else paint)


def face(F, H, skin, style='toon', hair=None):
    """The whole face of a person, doll or blob."""
    real = style == 'real'
    x, y = F.u(.34, .46), F.u(-.12, .15)
    size = F.u(.11, .15) if real else F.u(.14, .3)
    kind = F.pick('plain', 'plain', 'lidded', 'bead') if real else None
    r = eyes(F, H, skin, x, y, size, kind, tall=F.u(.7, .95) if real else None)
    hair = F.pick(*HAIRS) if hair is None else hair
    if F.maybe(.65): brows(F, H, x, y, r, shade(hair, .8) if not callable(hair) else hair)
    nose(F, H, y-F.u(.25, .38), skin, 'bridge' if real and F.maybe(.8) else None)
    if F.maybe(.9): mouth(F, H, y-F.u(.5, .66), F.u(.18, .42))
    if F.maybe(.2 if not real else .03): cheeks(F, H, F.u(.5, .62), y-.32)
    if F.maybe(.12):
        g, w = F.pick(BLACK, hexes('b02828')[0], hexes('c8a040')[0], hsv(F.u(0, 1), .8, .8)), max(r*1.2, H.r[0]*.2)
        for s in (1, -1):
            p, n = H.front(s*x, y)
            F.add('head', hoop(p+n*r*.6, w, w, w*.13, facing(n)@axes((0, 0, 1), (0, -1, 0)), 14, 6), g)
        F.add('head', tube([H.front(s*x*.4, y)[0]+vec(0, 0, r*.7) for s in (-1, 1)], [w*.12]*2, 6), g)


def beard(F, H, hair):
    kind = F.pick('full', 'full', 'goatee', 'long', 'moustache', 'braids')
    p, _ = H.front(0, -.75)
    r = H.r[0]
    if kind in ('full', 'long'):
        n = F.u(.3, .7) if kind == 'full' else F.u(1., 2.)
        rows = [H.front(0, -.35)[0]+vec(0, 0, -r*.15), p+vec(0, -.05*r, .02*r), p+vec(0, -.6*n*r, .12*r),
                p+vec(0, -n*r, .1*r)]
        F.add('head', tube(rows, [(.5*r, .2*r), (.68*r, .3*r), (.5*r, .26*r), (.12*r, .1*r)], 12, 9, ends=(.5, 1)),
              hair)
        for s in (1, -1):
            F.add('head', tube([H.front(s*.9, .1)[0], H.front(s*.8, -.35)[0], p], [.1*r, .17*r, .2*r], 8, 6), hair)
    if kind == 'goatee': F.add('head', cone(H.front(0, -.65)[0], p+vec(0, -F.u(.3, .8)*r, .15*r), .18*r, .03*r), hair)
    if kind == 'braids':
        for s in (1, -1, 0):
            for i in range(4): F.add('head', lump(p+vec(s*.3*r, -(.05+.22*i)*r, .08*r), (.13*r,)*3, detail=7), hair)
    if kind != 'goatee' and F.maybe(.8):
        for s in (1, -1):
            F.add('head', tube([H.front(0, -.3)[0], H.front(s*.25, -.36)[0]+vec(0, 0, .06*r),
                                H.front(s*.5, -F.u(.3, .6))[0]],
                               [.1*r, .11*r, .02*r], 7, 6), hair)


def person_ears(F, H, skin):
    """Round, or long as elves have them."""
    long = F.u(.5, 1.6) if F.maybe(.18) else 0
    r = H.r[0]
    for s in (1, -1):
        p, _ = H.at(s, -.05, -.05)
        if long:
            q = p+vec(s*.7, .45, -.25)*r*long
            F.add('head', tube([p, (p+q)/2, q], [(.18*r, .07*r), (.15*r, .06*r), (.01*r, .01*r)], 8, 6), skin)
        else: F.add('head', lump(p+vec(s*.04*r, 0, 0), (.09*r, .2*r, .14*r), turn(s*.3), detail=7), skin)


def animal_ears(F, H, kind, paint, inner=None):
    """Pairs upon an animal's head, or on a hood: slot hair."""
    rx, ry, rz = H.r
    inner = PINK if inner is None else inner
    big, flop = F.u(.8, 1.25), F.u(-.3, .5)
    for s in (1, -1):
        if kind in ('cat', 'fox'):
            p, n = H.at(s*.62, .8, -.05)
            h = ry*big*(.9 if kind == 'fox' else .65)
            for w, d, c in ((1., 0., paint), (.6, .1, inner)):
                e = p+vec(s*.25, 1, 0)*h*(w*.9+.1)+vec(0, 0, d*rx*.3)
                F.add('hair', tube([p-n*.2*ry+vec(0, 0, d*rx), (p+e)/2+vec(0, 0, d*rx), e],
                                   [(.34*rx*w, .14*rx), (.26*rx*w, .12*rx), (.02*rx, .02*rx)], 8, 6), c)
        elif kind in ('bear', 'mouse'):
            k = rx*(.33 if kind == 'bear' else .75)*big
            p, n = H.at(s*.75, .75, -.1)
            F.add('hair', lump(p+n*k*.45, (k, k, k*.4), detail=10), paint)
            F.add('hair', lump(p+n*k*.45+vec(0, 0, k*.22), (k*.65, k*.65, k*.25), detail=8), inner)
        elif kind == 'rabbit':
            p, n = H.at(s*.4, .9, -.1)
            h, out = ry*F.u(1.2, 2.), flop
            q = [p-n*.1*ry, p+vec(s*out*.5*h, h*.55, -.05*h), p+vec(s*out*h, h*(1-max(out, 0)*.9), 0)]
            F.add('hair', tube(q, [(.16*rx, .1*rx), (.27*rx, .12*rx), (.13*rx, .07*rx)], 10, 9), paint)
            F.add(
                'hair',
                tube(
                    [v+vec(0, 0, .07*rx) for v in q],
                    [(.06*rx, .05*rx), (.16*rx, .08*rx), (.06*rx, .04*rx)],
                    8,
                    8,
                ),
                inner,
            )
        elif kind == 'floppy':
            p, n = H.at(s*.85, .6, -.1)
            h = ry*F.u(.8, 1.5)
            F.add('hair', tube([p-n*.1*rx, p+vec(s*.28*rx, -.1*h, .1*rx), p+vec(s*.3*rx, -.6*h, .15*rx),
                                p+vec(s*.2*rx, -h, .1*rx)],
                               [(.16*rx, .1*rx), (.28*rx, .1*rx), (.33*rx, .1*rx), (.16*rx, .07*rx)], 10, 10, up=vec(1,
                                   0, 0.01)), paint)
        elif kind in ('horse', 'cow'):
            p, n = H.at(s*.6, .85, -.3)
            d = vec(s*.3, 1, 0) if kind == 'horse' else vec(s, .15, 0)
            e = p+unit(d)*ry*.75*big
            F.add('hair', tube([p, (p+e)/2, e], [(.1*rx, .08*rx), (.2*rx, .1*rx), (.02*rx, .02*rx)], 8, 6), paint)
        elif kind == 'elephant':
            p, _ = H.at(s, .15, -.35)
            w, h = rx*F.u(1.1, 1.7), ry*F.u(1.1, 1.5)
            a = np.linspace(0, 2*np.pi, 14, endpoint=False)
            o = np.stack([s*w*(.5+.55*np.cos(a)), h*(np.sin(a)*.9-.15*(1-np.cos(a)))], 1)
            F.add('hair', plate(o, .14*rx, p, turn(-s*F.u(-.2, .6), 0, 0), .3), paint)


def horns(F, H, kind=None, paint=None):
    kind = kind or F.pick('bull', 'devil', 'ram', 'antlers', 'unicorn', 'straight', 'many')
    paint = F.pick(BONE, BONE, BLACK, *hexes('5a3a28 8a1c1c d9a62e')) if paint is None else paint
    r, k = min(H.r[0], H.r[1]), F.u(.6, 1.4)
    if kind == 'unicorn':
        p, n = H.at(0, .8, .6)
        return F.add('hair', cone(p-n*.1*r, p+unit(n+vec(0, .6, 0))*r*1.3*k, .16*r, .01*r), paint)
    if kind == 'many':
        for i in range(5):
            p, n = H.at(0, np.cos(i*.45-.5), -np.sin(i*.45-.5))
            F.add('hair', cone(p-n*.05*r, p+n*r*.5*k, .13*r, .01*r, 8), paint)
        return
    for s in (1, -1):
        p, n = H.at(s*.6, .8, 0.)
        at = lambda x, y, z: p+vec(s*x, y, z)*r*k
        if kind == 'bull': P, w = [p-n*.1*r, at(.5, .15, 0), at(.85, .5, .1), at(.7, 1, .2)], [.2, .17, .12, .01]
        elif kind == 'devil': P, w = [p-n*.1*r, at(.15, .3, .05), at(.1, .7, .02)], [.17, .12, .01]
        elif kind == 'straight': P, w = [p-n*.1*r, at(.2, .6, -.3), at(.35, 1.4, -.7)], [.13, .1, .01]
        elif kind == 'ram':
            a = np.linspace(1.2, -4, 8)
            P, w = [at(.15+.09*i, .6*np.sin(t)-.3, -.45+.6*np.cos(t)) for i, t in enumerate(a)], np.linspace(.24, .04,
                8)
        else:
            P, w = [p-n*.1*r, at(.3, .5, -.2), at(.7, 1., -.2), at(.75, 1.7, 0)], [.1, .085, .07, .02]
            for q, d in ((1, vec(s*.1, .5, .5)), (2, vec(s*.6, .3, .1)), (2, vec(-s*.2, .5, .35))):
                F.add('hair', cone(P[q], P[q]+d*r*k, .07*r, .01*r, 7), paint)
        F.add('hair', tube(P, np.array(w)*r, 9, 2*len(P)+2), paint)


def spikes(F, slot, places, size, paint, round=False):
    """Cones, or plates for round=True, at places [(p, n), ...] along n."""
    for i, (p, n) in enumerate(places):
        k = size*(1-.5*abs(2*i/max(len(places)-1, 1)-1))
        if round: F.add(slot, lump(p+n*k*.35, (k*.16, k*.65, k*.45), axes(n, (0, 0, 1)), detail=7), paint)
        else: F.add(slot, cone(p-n*k*.1, p+n*k, k*.3, .01*k, 7), paint)
