"""Four-legged animals, dragons and dinosaurs. Bodies are tubes along a spine; legs bend to where their feet are."""
import numpy as np
from . import hats, heads, props
from .humanoid import rub
from .paint import BLACK, BONE, FUR, NEUTRAL, PINK, WHITE, belly, bright, hexes, mix, pattern, shade, tip
from .shapes import Lump, bend, cone, cross, lathe, lump, tube, turn, unit, vec

# body length, girth, leg length, leg girth, neck length, its pitch (0 ahead, 1 up), head, snout width and length,
# ears, tail, fur
SPECIES = dict(
    cat=(.6, .14, .3, .3, .1, .6, .14, .5, .25, 'cat', 'long', 'c87838 8a8a8c 2a2422 e8c890 f4f4f2 a86a34'),
    wolf=(.7, .16, .42, .3, .16, .6, .15, .5, .8, 'fox', 'bushy', '8a8a8c 5a5a60 b8b4b0 4a3020 c88a4a'),
    fox=(.6, .13, .32, .28, .13, .6, .14, .45, .8, 'fox', 'bushy', 'd8742c c05a20 f0f0ee'),
    dog=(.6, .16, .36, .32, .14, .7, .16, .55, .7, 'floppy', 'long', 'c88a4a f0ead8 4a3020 2a2422 e0a868'),
    horse=(.8, .17, .62, .24, .4, .65, .15, .48, 1.1, 'horse', 'hair', '7a4a28 4a3020 c88a4a 2a2422 f0ead8 8a8a8c'),
    zebra=(.78, .18, .55, .25, .34, .65, .15, .48, 1., 'horse', 'hair', 'f4f4f2'),
    elephant=(.75, .3, .5, .36, .1, .4, .26, .5, .2, 'elephant', 'thin', '8a8a8c 9a9aa4 6a6a72 b0a8a0'),
    pig=(.62, .22, .22, .3, .06, .3, .19, .45, .5, 'cat', 'curl', 'f0a8a8 e8b8a8 c88078 5a4a48'),
    giraffe=(.62, .17, .8, .22, .85, .85, .13, .5, .9, 'cow', 'thin', 'e0b050 d8a040'),
    bear=(.72, .25, .38, .42, .1, .5, .19, .5, .55, 'bear', 'stub', '4a3020 7a4a28 2a2422 f4f4f2 60504a'),
    cow=(.82, .24, .42, .28, .14, .45, .18, .6, .7, 'cow', 'thin', 'f4f4f2 7a4a28 c88a4a 2a2422'),
    sheep=(.6, .24, .3, .2, .1, .5, .15, .5, .6, 'floppy', 'stub', 'f0ead8 f4f4f2 b8b4b0'),
    goat=(.62, .18, .4, .24, .2, .7, .14, .45, .8, 'cow', 'stub', 'f0ead8 9a7858 5a5a60'),
    deer=(.66, .15, .55, .22, .3, .75, .13, .42, .8, 'cow', 'stub', 'a86a34 c88a4a 9a7858'),
    lion=(.75, .19, .42, .34, .14, .55, .19, .6, .55, 'bear', 'tuft', 'd0a050 c88a4a e8c890'),
    rabbit=(.42, .17, .2, .34, .06, .7, .16, .5, .3, 'rabbit', 'ball', 'f4f4f2 9a7858 8a8a8c d0b090'),
    mouse=(.42, .16, .14, .28, .04, .5, .15, .35, .7, 'mouse', 'thin', '8a8a8c b8b4b0 9a7858 f4f4f2'),
    rhino=(.85, .3, .36, .38, .12, .3, .24, .6, .9, 'cat', 'thin', '8a8a8c 7a7880 9a9088'),
    hippo=(.85, .32, .26, .38, .06, .3, .27, .9, .8, 'mouse', 'thin', '8a7a88 9a8078 b090a0'),
    camel=(.75, .2, .6, .24, .45, .6, .15, .5, .9, 'bear', 'tuft', 'd0a868 c09050'),
    lizard=(.75, .13, .18, .34, .1, .1, .13, .8, .9, None, 'reptile', '3f8a3a 6aa84a 8aa040 2a8aa0 b04a70'),
    crocodile=(.9, .17, .16, .34, .08, .05, .14, .75, 2.2, None, 'reptile', '4a6a34 3a5a3a 6a7a40'),
    turtle=(.5, .22, .16, .4, .14, .4, .12, .8, .3, None, 'stub', '6aa84a 8aa040 5a8a5a'),
    hedgehog=(.42, .2, .1, .3, .02, .2, .14, .35, .9, 'bear', None, 'd0b090 e8c890'),
    frog=(.4, .2, .2, .4, .02, .4, .2, .95, .2, None, None, '5aa83a 8ac040 3a8a5a c08030 d84030'),
    squirrel=(.4, .14, .22, .3, .05, .7, .14, .5, .4, 'bear', 'plume', 'a85a28 8a5a34 5a5a60'),
    kangaroo=(.6, .18, .4, .26, .16, .8, .14, .45, .8, 'rabbit', 'reptile', 'b07a48 9a7858 8a8a8c'),
    raccoon=(.5, .17, .26, .3, .08, .6, .15, .45, .6, 'bear', 'ringed', '7a7a80 5a5a60 9a8a78'),
    meerkat=(.5, .11, .22, .26, .1, .8, .12, .45, .6, 'mouse', 'thin', 'c8a070 b08858'),
    beast=(.7, .24, .42, .36, .14, .5, .22, .7, .6, 'cat', 'reptile', '6a3a90 3a5ab0 c03a2a 30303a 5a8a5a d8602a'),
)
POSES = ('stand', 'stand', 'walk', 'walk', 'run', 'sit', 'lie', 'rear', 'look', 'beg')
UPRIGHT = ('squirrel', 'kangaroo', 'meerkat', 'rabbit', 'bear', 'raccoon', 'mouse')


def varied(F, values, k=.18):
    return [v*np.exp(F.rng.normal()*k) if isinstance(v, float) else v for v in values]


def quadruped(F, kind=None, pose=None):
    kind = kind or F.pick(*SPECIES)
    n, r, leg, lw, neck, lift, head, sw, sl, ears, tail, colours = varied(F, SPECIES[kind])
    cute = F.u(0, 1) if F.maybe(.45) else 0
    head, leg, neck, r = head*(1+.9*cute), leg*(1-.45*cute), neck*(1-.5*cute), r*(1+.15*cute)
    plump = F.u(.75, 1.) if F.maybe(.3) else F.u(1, 1.35) if F.maybe(.3) else 1
    how = pose or F.pick(*POSES)
    if not pose and kind in UPRIGHT and F.maybe(.4): how = 'beg'
    F.words += [kind, how]+(['cute'] if cute > .5 else [])
    base = F.pick(*hexes(colours)) if F.maybe(.8) else bright(F)
    light = F.pick(WHITE, mix(base, WHITE, .6), hexes('f0e2c0')[0])
    coat = base
    if kind == 'zebra': coat = pattern(F, base, BLACK, 'stripes', .8)
    elif kind == 'giraffe': coat = pattern(F, base, hexes('8a4a1c')[0], 'spots', .6)
    elif kind == 'cow' or F.maybe(.3):
        coat = pattern(F, base, F.pick(shade(base, .35), light, shade(base, .6)), F.pick('patches', 'stripes', 'spots',
            'dorsal', 'patches', 'speckle'), .9)
    if F.maybe(.5): coat = belly(coat, light, -.4)
    sock = F.pick(base, coat, coat, shade(base, .4), light)
    A, B = spine(F, n, r*plump, leg, how)
    back = r*F.u(.85, 1.1)*plump
    mid = r*plump*F.u(.8, 1.1)
    P = [B-(A-B)*.22, B, rub(B, A, .5)+vec(0, -.12*r*F.u(-.5, 1), 0), A, A+(A-B)*.18]
    if kind == 'camel' and F.maybe(.9):
        for t in F.pick((.5,), (.3, .7)):
            F.add('torso', lump(rub(B, A, t)+vec(0, r, 0), (r*.5, r*.8, r*.55), detail=9), coat)
    F.add('torso', tube(P, [(back*.5, back*.55), (back*.95, back), (mid, mid*1.05), (r*.92*plump, r*1.05*plump),
                            (r*.5, r*.6)], 16, 16, up=vec(0, 1, .01), square=F.pick(1., 1., .8)), coat)
    legs4(F, A, B, r, leg, lw*r, how, coat, sock, kind)
    H, M = animal_head(F, A, r, neck, lift, head, sw, sl, ears, coat, base, light, kind, how)
    tail4(F, B-(A-B)*.22*1.1+vec(0, .3*r, 0), n, lw*r, tail, coat, F.pick(light, shade(base, .4), base),
          unit((B-A)*vec(1, 0, 1)-vec(0, 0, .05)))
    extras4(F, A, B, r, kind, base)
    if F.maybe(.12): ruff(F, A, B, r, F.pick(base, light, shade(base, .6)))
    return dict(seat=rub(A, B, .45)+vec(0, mid, 0), r=mid, along=A-B)


def spine(F, n, r, leg, how):
    """Shoulder and rump, the middles of the body's ends, by pose."""
    y = leg+r*.55
    A, B = vec(0, y, n*.36), vec(0, y*F.u(.92, 1.06), -n*.36)
    if how == 'sit':
        B = vec(0, r*1.05, -n*.2)
        A = vec(0, max(y*.95, r*1.6), n*F.u(.16, .28))
    if how == 'lie': A[1], B[1] = r*1.05, r*1.0
    if how == 'rear':
        a = F.u(.6, 1.15)
        A = B+vec(0, np.sin(a), np.cos(a))*n*.72
    if how == 'beg':
        B = vec(0, r*1.05+.12*n, -n*.1)
        A = B+vec(0, .95, F.u(.15, .4))*n*.72
    if how == 'run': A[1] += F.u(-.05, .12)
    return A, B


def legs4(F, A, B, r, leg, w, how, coat, sock, kind):
    stride, hoof = leg*F.u(.15, .4), kind in ('horse', 'zebra', 'cow', 'deer', 'goat', 'sheep', 'giraffe', 'pig',
                                              'camel')
    sprawl = kind in ('lizard', 'crocodile', 'turtle', 'frog')
    low = kind in ('hippo', 'rhino', 'elephant', 'bear', 'beast')
    fur = shade(F.pick(*NEUTRAL), 1) if hoof else sock
    w = w*F.u(.85, 1.2)
    for s in (1, -1):
        for front in (True, False):
            slot = 'leg_left' if s > 0 else 'leg_right'
            J = A if front else B
            root = J+vec(s*r*.62, -r*.15, 0)
            foot = vec(s*r*F.u(.55, .7), w*.7, J[2]+F.u(-.03, .03))
            phase = (1 if front else -1)*s
            if how == 'walk': foot += vec(0, max(phase, 0)*.12*leg, phase*stride)
            if how == 'run': foot += vec(0, F.u(.05, .3)*leg, (1 if front else -1)*stride*F.u(1.1, 1.8)+.1*s*leg)
            if sprawl: foot[0] += s*r*F.u(.7, 1.1)
            n1 = n2 = (root[1]-w*.7)*.54
            hint = vec(0, 0, -1 if front else 1)*1.
            if how in ('sit', 'beg') and not front:
                foot, n1, n2 = vec(s*r*1.0, w*.7, B[2]+leg*.62), leg*.5, leg*.5
                root, hint = B+vec(s*r*.7, -.1*r, 0), vec(s*.3, 1, .3)
            if how == 'lie':
                n1 = n2 = leg*.45
                foot = vec(s*r*F.u(.8, 1.), w*.7, J[2]+leg*(.75 if front else .35))
                hint = vec(s*.4, .6, 0)
            if how in ('rear', 'beg') and front:
                n1 = n2 = leg*.5
                foot, hint = root+vec(0, -.3+F.u(-.1, .4), .75)*leg, vec(0, 1, .3)
            if how == 'beg' and front: slot = 'arm_left' if s > 0 else 'arm_right'
            n1, n2 = max(n1, w), max(n2, w)
            if sprawl: hint = vec(s, 1.2, 0)
            knee, foot = bend(root, foot, n1, n2, hint)
            thick = F.u(1.5, 2.1) if not low else 1.3
            P = [root+vec(-s*.2*r, .1*r, 0), rub(root, knee, .5), knee, rub(knee, foot, .55), foot]
            F.add(slot, tube(P, np.array([thick*1.15, thick*(1.1 if not front else .9), 1.1, .85 if not low else 1.05,
                                          .9 if not low else 1.1])*w, 11, 13), coat)
            if how != 'lie' and F.maybe(.9) and sock is not coat:
                F.add(slot, tube([rub(knee, foot, .5), foot], np.array([1.08, 1.0])*w*(1.1 if low else .95), 10,
                                 ends=(.1, 1)), sock)
            paw(F, slot, foot, w, hoof, fur, low, kind)


def paw(F, slot, f, w, hoof, paint, low, kind):
    if hoof: return F.add(slot, lathe([(w*1.2, -w*.7), (w*1.05, -.1*w), (w*.8, w*.5)], f, cols=10, squash=1.15), paint)
    F.add(slot, lump(f+vec(0, -w*.1, w*.45), (w*1.15, w*.62, w*1.45), detail=9), paint)
    if kind in ('beast', 'bear', 'lizard', 'crocodile', 'dragon', 'lion') :
        for x in (-.6, 0, .6):
            F.add(slot, cone(f+vec(x*w, -.2*w, w*1.5), f+vec(x*w*1.15, -.6*w, w*2.1), w*.25, w*.02, 6), BONE)


def animal_head(F, A, r, neck, lift, head, sw, sl, ears, coat, base, light, kind, how):
    """Neck and head from the shoulder A on; returns the Lumps of head and muzzle in the head's own frame."""
    a = lift*1.45+F.u(-.25, .25)
    if how in ('rear', 'beg'): a = max(a, .9)
    if F.maybe(.08) and how in ('stand', 'walk') and neck > .2: a = -.5  # grazes
    yaw = F.u(-.6, .6) if F.maybe(.35) else 0
    d = vec(np.sin(yaw)*np.cos(a), np.sin(a), np.cos(yaw)*np.cos(a))
    root = A+vec(0, .15*r, .1*r)
    top = root+d*(neck+.45*r+head*.35)
    mid = rub(root, top, .5)+vec(0, .04*neck, -.06*neck*lift)
    F.add('torso' if neck > .25 else 'head', tube([root-d*.3*r, root, mid, top],
                                                  np.array([r*.75, r*.72, (r*.6+head*.75)/2*.9, head*.68]), 12, 13),
                                                  coat)
    e = F.pick((1., 1.), (1., 1.), (.85, .85))
    H = Lump((0, 0, 0), vec(head*F.u(.88, 1.1), head*F.u(.85, 1.02), head*F.u(.9, 1.1)), e)
    rx, ry, rz = H.r
    with F.at(top+d*head*.25+vec(0, 0, head*.2), turn(yaw*1.2, F.u(-.15, .35)-.0*a, F.u(-.12, .12))):
        F.add('head', H.mesh(14), coat)
        M = snout(F, H, kind, sw, sl, coat, base, light)
        x, y = (F.u(.5, .68) if sl > .6 else F.u(.38, .52)), F.u(.15, .35)
        if kind == 'frog':
            for s in (1, -1):
                E = Lump(vec(s*.55*rx, .85*ry, .25*rz), (.34*rx,)*3)
                F.add('head', E.mesh(9), coat)
                heads.eye(F, E.front(0, .1)[0], vec(s*.3, .2, 1), .27*rx, F.pick('plain', 'slit', 'large'),
                          F.pick(*heads.IRIS), base, s)
        else:
            q = heads.eyes(F, H, base, x, y, F.u(.12, .24), F.pick('bead', 'bead', 'plain', 'plain', 'large', 'slit',
                'lidded'))
            if F.maybe(.3): heads.brows(F, H, x, y, q, shade(base, .4))
        inner = F.pick(PINK, light, shade(base, .6))
        if ears: heads.animal_ears(F, H, ears if F.maybe(.9) else F.pick('cat', 'floppy', 'bear'), coat, inner)
        topping(F, H, M, kind, base)
    return H, M


def snout(F, H, kind, sw, sl, coat, base, light):
    rx, ry, rz = H.r
    c = F.pick(light, coat, coat, shade(base, 1.1))
    if kind == 'elephant':
        n, P = ry*F.u(1.8, 2.8), [vec(0, -.1*ry, .7*rz)]
        d = vec(0, -.5, .9)
        curl, bow = F.u(-.9, .9), F.u(-.35, .1)
        for i in range(5):
            P.append(P[-1]+unit(d)*n/5)
            d = d+vec(0, bow if i < 2 else curl, -.25 if i > 1 else -.2)
        F.add('head', tube(P, np.linspace(.5, .2, 6)*rx, 11, 16), coat)
        for s in (1, -1):
            if F.maybe(.75):
                F.add('head', tube([vec(s*.45*rx, -.4*ry, .7*rz), vec(s*.6*rx, -.9*ry, 1.2*rz),
                                    vec(s*.5*rx, -.7*ry, 1.9*rz)], np.array([.13, .12, .02])*rx, 8, 8), BONE)
        return H
    if kind == 'pig':
        p, n = H.front(0, -.15)
        k = sw*rx
        F.add('head', tube([p-n*.4*rz, p+n*sl*rz*.7], [k*1.1, k*.95], 14, ends=(.2, .25)), c)
        for s in (1, -1):
            F.add('head', lump(p+n*sl*rz*.9+vec(s*.4*k, 0, 0), (.2*k, .3*k, .1*k), detail=6), shade(base, .4))
        heads.mouth(F, H, -.6, .3, 'smile')
        return H
    long = sl*rz
    if sl > .75:  # a long muzzle, tapered
        a, b = vec(0, -.12*ry, .35*rz), vec(0, -F.u(.25, .55)*ry, .85*rz+long)
        k = sw*rx
        F.add('head', tube([a, rub(a, b, .5), b], [(rx*.75, ry*.72), (k*1.05, k*.95), (k*.8, k*.72)], 13, 10,
                           up=vec(0, 1, 0.01), ends=(.5, .8)), c)
        M = Lump(b-vec(0, 0, .2*k), vec(k*.8, k*.72, k*.8))
        if kind == 'crocodile' or kind in ('lizard', 'beast', 'wolf') and F.maybe(.5):
            for i in range(4):
                for s in (1, -1):
                    q = rub(a, b, .55+.15*i)
                    F.add('head', cone(q+vec(s*k*.85, -.2*k, 0), q+vec(s*k*.95, -.85*k, 0), .14*k, .01*k, 5), WHITE)
    else: return heads_muzzle(F, H, F.pick(light, c), sw, sl)
    tipp, n = M.front(0, .4)
    if kind in ('horse', 'zebra', 'cow', 'giraffe', 'camel', 'lizard', 'crocodile', 'rhino', 'hippo', 'beast'):
        for s in (1, -1):
            q, m = M.front(s*.5, .45)
            F.add('head', lump(q, (.14*k, .18*k, .1*k), detail=6), shade(base, .25))
    else: heads.button(F, 'head', tipp, n, k*.42, k*.32, k*.25, BLACK)
    if F.maybe(.8): heads.mouth(F, M, -.4, .6, F.pick('smile', 'flat', 'open', 'fangs'))
    return M


def heads_muzzle(F, H, paint, sw, sl):
    from .humanoid import muzzle
    return muzzle(F, H, paint, max(sw, .4), sl, F.u(-.4, -.2))


def topping(F, H, M, kind, base):
    """Horns, manes and crests."""
    rx, ry, rz = H.r
    dark = F.pick(shade(base, .35), shade(base, .6), F.pick(*FUR), bright(F))
    if kind == 'lion' or F.maybe(.03):
        n, k = 16, F.u(.55, .8)
        for ring, (z, m) in enumerate(((-.15, 1.), (-.5, 1.15))):
            for i in range(n):
                a = (i+.5*ring)*2*np.pi/n
                d = vec(np.sin(a), np.cos(a), -.15)
                p = d*vec(rx, ry, rz)*.8*m+vec(0, 0, z*rz)
                F.add('hair', tube([p, p+d*k*rx*.5, p+d*k*rx+vec(0, -.15*rx, 0)], np.array([.26, .22, .03])*rx, 6, 6),
                      dark)
    if kind in ('horse', 'zebra', 'giraffe') or kind == 'beast' and F.maybe(.4):
        c = BLACK if kind == 'zebra' else dark
        for i in range(7):
            y, z = .95-.28*i, -.1-.16*i
            p = vec(0, y*ry, z*rz-.45*rz)
            F.add('hair', lump(p, (.16*rx, .34*ry, .3*rz), turn(0, .6), detail=7), c)
        F.add('hair', tube([vec(0, ry, -.2*rz), vec(F.u(-.2, .2)*rx, 1.05*ry, .4*rz), vec(0, .5*ry, .9*rz)],
                           np.array([.15, .2, .04])*rx, 7, 7), c)
    if kind == 'giraffe':
        for s in (1, -1):
            F.add('hair', cone(vec(s*.3*rx, .8*ry, 0), vec(s*.35*rx, 1.5*ry, -.1*rz), .1*rx, .08*rx), base)
            F.add('hair', lump(vec(s*.35*rx, 1.55*ry, -.1*rz), (.14*rx,)*3, detail=6), dark)
    if kind == 'deer' and F.maybe(.8): heads.horns(F, H, 'antlers', F.pick(BONE, dark))
    if kind == 'goat': heads.horns(F, H, F.pick('ram', 'straight', 'devil'), F.pick(BONE, BLACK))
    if kind == 'cow' and F.maybe(.7): heads.horns(F, H, 'bull', BONE)
    if kind == 'horse' and F.maybe(.2): heads.horns(F, H, 'unicorn', F.pick(BONE, bright(F)))
    if kind == 'rhino':
        for y, k in ((.6, .9), (.15, .5)):
            p, n = M.front(0, y) if y > .5 else H.front(0, .45)
            F.add('hair', cone(p-n*.1*ry, p+vec(0, ry*k, .35*rz), .24*rx, .02*rx), BONE)
    if kind == 'beast' and F.maybe(.7): heads.horns(F, H)
    if F.maybe(.05):
        hats.headwear(F, H, dark, F.pick('wizard', 'crown', 'top hat', 'santa', 'flowers', 'bow', 'helmet'))


def tail4(F, root, n, w, tail, coat, end, back):
    """Tails, slot back."""
    if not tail: return
    root = root*vec(1, 0, 1)+vec(0, max(root[1], w), 0)
    u, k = F.u, n*F.u(.7, 1.2)
    above = lambda P: [vec(p[0], max(p[1], .4*w), p[2]) for p in P]
    up = u(-.6, .6)
    if tail == 'stub': return F.add('back', lump(root, (w*.8, w*.7, w*1.3), turn(0, .5), detail=8), coat)
    if tail == 'ball': return F.add('back', lump(root, (w*1.3,)*3, detail=9), end)
    if tail == 'curl':
        a = np.linspace(0, 8, 12)
        return F.add('back', tube([root+vec(np.sin(t)*.8*w, np.cos(t)*.8*w, -.25*w*t) for t in a],
                                  np.linspace(.3, .12, 12)*w, 7, 26), coat)
    side = u(-.5, .5)*k*.5
    if tail == 'reptile':
        P = [root-back*.1*k+vec(0, -.3*w, 0), root+back*.3*k, root+back*.8*k+vec(side, -.2*root[1], 0),
             root+back*1.3*k+vec(side*2.2, u(-.6, .2)*root[1], 0)]
        return F.add('back', tube(above(P), np.array([2.2, 1.7, .9, .1])*w, 12, 14), coat)
    if tail == 'plume':
        P = [root, root+back*.35*k, root+back*.5*k+vec(side*.3, .55*k, 0), root+back*.25*k+vec(side*.5, 1.05*k, 0),
             root+back*.6*k+vec(side*.5, 1.2*k, 0)]
        return F.add('back', tube(above(P), np.array([1, 2.2, 3, 2.6, .3])*w, 12, 16), tip(coat, end, .3))
    if tail == 'ringed':
        P = [root, root+back*.4*k+vec(0, .1*k*up, 0), root+back*.8*k+vec(side, .5*k*up, 0)]
        return F.add('back', tube(above(P), np.array([.9, 1.6, .5])*w, 11, 18), pattern(F, coat, BLACK, 'rings', k*.7))
    if tail in ('bushy', 'hair'):
        r = np.array([.6, 1.5, 1.8, .15])*w if tail == 'bushy' else np.array([.7, 1., 1.1, .2])*w
        drop = -u(.1, .7) if tail == 'hair' else up
        P = [root, root+back*.25*k+vec(0, .08*k*up, 0), root+back*.4*k+vec(side*.5, .35*k*drop, 0),
             root+back*.45*k+vec(side, .75*k*drop, 0)]
        return F.add('back', tube(above(P), r, 11, 13), tip(coat if tail == 'bushy' else end, end, .4, 2, -1))
    r = .35 if tail in ('thin', 'tuft') else .6
    P = [root, root+back*.3*k+vec(0, -.1*k, 0), root+back*.5*k+vec(side, .4*k*up, 0), root+back*.5*k+vec(side*1.6,
        k*.8*up, 0)]
    F.add('back', tube(above(P), np.array([1.1, 1, .95, .8])*r*w, 9, 14), coat)
    if tail == 'tuft': F.add('back', lump(P[-1], (w*.7, w*.7, w*.7), detail=8), end)


def extras4(F, A, B, r, kind, base):
    """Shells, spines, humps of wool, wings and saddles."""
    mid = rub(A, B, .5)
    along = unit(A-B)
    R = np.stack([vec(1, 0, 0), cross(along, vec(1, 0, 0)), along], 1)
    n = np.sqrt(((A-B)**2).sum())
    if kind == 'turtle':
        F.add('back', lump(mid+R@vec(0, .35*r, 0), (r*1.5, r*1.15, n*.75), R, detail=15),
              pattern(F, F.pick(*hexes('5a7a30 7a5a30 3a6a4a')), hexes('b09050')[0],
                      F.pick('spots', 'patches', 'rings'), r*3))
    if kind in ('hedgehog',) or kind == 'beast' and F.maybe(.3):
        for i in range(44 if kind == 'hedgehog' else 16):
            t, a = F.u(-.75, .6), F.u(-1.4, 1.4)
            d = R@vec(np.sin(a), np.cos(a), -.35)
            p = mid+R@vec(np.sin(a)*r*.8, np.cos(a)*r*.9, t*n*.7)
            F.add('back', cone(p, p+d*r*.75, r*.14, r*.01, 5), (hexes('5a4a3a')[0], hexes('8a7050')[0])[i % 2])
    if kind == 'sheep':
        for i in range(34):
            t, a = F.u(-.9, .9), F.u(0, 6.28)
            F.add('torso', lump(mid+R@vec(np.sin(a)*r*.9, np.cos(a)*r*.85, t*n*.62), (r*F.u(.3, .42),)*3, detail=6),
                  base)
    if kind in ('crocodile', 'lizard') or kind == 'beast' and F.maybe(.4):
        places = [(rub(B, A, t)+vec(0, r*.95, 0), vec(0, 1, -.3)) for t in np.linspace(-.15, 1.1, 8)]
        heads.spikes(F, 'back', places, r*F.u(.25, .7), shade(base, .6), F.maybe(.4))
    if kind in ('horse', 'lion', 'cat', 'beast', 'wolf', 'cow') and F.maybe(.1):
        span, up, sweep, c = n*F.u(.9, 1.4), F.u(.2, .9), F.u(.2, .8), bright(F)
        for s in (1, -1):
            root = A+vec(s*.4*r, .5*r, -.1)
            if kind == 'beast': props.bat_wing(F, root, s, span, up, sweep, base, shade(base, .6))
            else: props.feather_wing(F, root, s, span, up, sweep, WHITE, c)


def ruff(F, A, B, r, paint):
    """Tufts of fur on chest, shoulders and rump."""
    d, n, long = unit(A-B), F.pick(8, 12, 16), F.u(.25, .5)
    for i in range(n):
        a = i*2.4+F.u(-.3, .3)
        end, t = (A, F.u(-.3, .25)) if F.maybe(.7) else (B, F.u(-.2, .3))
        up = vec(np.sin(a), np.cos(a), 0)
        p = end+d*t*r+up*r*.8
        e = unit(up*.6-d*(1 if end is A else -.6)+vec(0, -.25, 0))
        P = [p-e*.25*r, p+e*long*.5*r+up*.12*r, p+e*long*r*1.4]
        F.add('torso', tube(P, np.array([.2, .19, .02])*r, 7, 6), paint)
