"""Dragons and dinosaurs."""
import numpy as np
from . import heads, props
from .animals import legs4, snout, spine
from .humanoid import rub
from .paint import BLACK, BONE, SCALE, WHITE, belly, bright, hexes, maybe_pattern, mix, shade, tip
from .shapes import Lump, bend, cone, lump, plate, tube, turn, unit, vec


def dragon(F):
    """Two or four legs, wings, a long neck and tail, horns and spines."""
    u = F.u
    F.words.append('dragon')
    base = F.pick(*SCALE) if F.maybe(.7) else bright(F)
    light = F.pick(hexes('f0e2b0')[0], mix(base, WHITE, .5), hexes('e0a040')[0])
    coat = belly(maybe_pattern(F, base, shade(base, .5), .35, .8), light, -.35)
    four, n, r, leg = F.maybe(.6), u(.45, .8), u(.14, .22), u(.22, .42)
    cute = u(1, 1.9) if F.maybe(.5) else 1
    how = F.pick('stand', 'walk', 'sit', 'rear', 'lie') if four else F.pick('rear', 'sit')
    A, B = spine(F, n, r, leg, how)
    if not four and how != 'sit': A = B+vec(0, u(.5, .9), u(.5, .8))*n*.55
    mid = rub(A, B, .5)+vec(0, -.15*r, .1*r)
    F.add('torso', tube([B-(A-B)*.2, B, mid, A, A+(A-B)*.15], np.array([.55, .95, 1.1, .9, .6])*r, 15, 15,
                        up=vec(0, 1, .01)), coat)
    legs4(F, A, B, r, leg, r*u(.3, .45), how, coat, coat, 'dragon') if four else two_legs(F, A, B, r, leg, coat)
    neck, head = u(.1, .55)/cute, r*u(.65, .9)*cute
    up = u(.5, 1.2)
    root = A+vec(0, .2*r, .15*r)
    P = [root, root+vec(0, .45*np.sin(up), .35)*neck, root+vec(0, .95*np.sin(up), .35*np.cos(up))*neck,
         root+vec(0, 1.15*np.sin(up)*neck, .5*neck+.3*r)]
    F.add('torso' if neck > .25 else 'head', tube(P, [r*.75, r*.6, (r*.5+head*.5)/2*1.1, head*.65], 12, 14), coat)
    H = Lump((0, 0, 0), vec(head*.9, head*.82, head))
    with F.at(P[-1]+vec(0, 0, head*.3), turn(u(-.4, .4), u(-.1, .3))): dragon_head(F, H, base, coat, light)
    k, side = n*u(1, 1.9), u(-.6, .6)
    back, root = unit((B-A)*vec(1, 0, 1)), B-(A-B)*.2
    T = [root+vec(0, 0, .1), root+back*.35*k*.6-vec(0, .1*k, 0), root+back*.7*k*.6+vec(side*.4*k, -.75*root[1], 0),
         root+back*k*.6+vec(side*k, u(-.8, .3)*root[1], 0)]
    F.add('back', tube(T, np.array([.9, .65, .35, .05])*r, 12, 18), coat)
    if F.maybe(.6):
        F.add('back', plate(np.array([(0, 1.2), (.5, .3), (.15, -.3), (-.15, -.3), (-.5, .3)])*r*.5, .12*r, T[-1],
                            turn(0, u(0, 1.5), u(-2, 2))), light)
    if F.maybe(.88):
        span, lift, sweep = n*u(.7, 1.6), u(-.2, .8), u(.1, .9)
        skin, bone = F.pick(light, shade(base, .6), bright(F)), F.pick(base, shade(base, .6))
        fingers = F.pick(2, 3)
        for s in (1, -1):
            props.bat_wing(F, A+vec(s*.45*r, .5*r, -.15*r), s, span, lift, sweep, skin, bone, fingers=fingers)
    if F.maybe(.75):
        places = [(rub(B, A, t)+vec(0, r*(.95 if t < 1 else .8), 0), vec(0, 1, -.35)) for t in np.linspace(-.15, .95,
            7)]
        heads.spikes(F, 'back', places, r*u(.3, .8), F.pick(light, shade(base, .5), BONE), F.maybe(.35))
    return dict(seat=rub(A, B, .4)+vec(0, r, 0), r=r, along=A-B)


def dragon_head(F, H, base, coat, light):
    rx, ry, rz = H.r
    F.add('head', H.mesh(13), coat)
    k, long, gape = rx*F.u(.55, .75), rz*F.u(.5, 1.4), F.u(0, .5) if F.maybe(.5) else .05
    a = vec(0, .05*ry, .4*rz)
    b = vec(0, -.12*ry, .9*rz+long)
    F.add('head', tube([a, rub(a, b, .5), b], [(rx*.8, ry*.6), (k, k*.6), (k*.75, k*.5)], 12, 9, up=vec(0, 1, .01)),
          coat)
    c = vec(0, -.45*ry-gape*long*.7, .75*rz+long*.8)
    F.add('head', tube([vec(0, -.4*ry, .2*rz), c], [(rx*.65, ry*.35), (k*.6, k*.3)], 12, 7, up=vec(0, 1, .01)), light)
    for s in (1, -1):
        F.add('head', lump(b+vec(s*.4*k, .4*k, -.1*k), (.2*k, .17*k, .22*k), detail=6), shade(base, .7))
        for t in (.5, .75, .95):
            F.add('head', cone(rub(a, b, t)+vec(s*k*.6, -.3*k, 0), rub(a, b, t)+vec(s*k*.62, -.85*k, 0), .12*k, .01*k,
                               5), WHITE)
    heads.eyes(F, H, base, F.u(.5, .65), F.u(.25, .45), F.u(.2, .34), F.pick('slit', 'slit', 'plain', 'large', 'glow'))
    heads.horns(F, H, F.pick('straight', 'devil', 'many', 'bull', 'ram', 'straight'), F.pick(BONE, light, BLACK))
    if F.maybe(.4):
        for s in (1, -1):
            p, _ = H.at(s, .1, -.3)
            F.add('hair', plate(np.array([(0, -.3), (.8, -.1), (.6, .2), (1., .5), (0, .35)])*vec(s*rx, rx), .06*rx, p,
                                turn(-s*.5)), light)


def two_legs(F, A, B, r, leg, coat, w=None):
    w = r*F.u(.32, .5) if w is None else w
    step = F.u(-.3, .3)*leg if F.maybe(.5) else 0
    for s in (1, -1):
        slot = 'leg_left' if s > 0 else 'leg_right'
        root, foot = B+vec(s*r*.65, -.1*r, .05), vec(s*r*F.u(.75, 1.), w*.6, B[2]+.1+s*step)
        n = (root[1]-w*.6)*.6+.02
        knee, foot = bend(root, foot, n, n, vec(s*.2, .3, 1))
        ankle = rub(knee, foot, .7)+vec(0, 0, -.3*w)
        F.add(
            slot,
            tube([root, rub(root, knee, .5), knee, ankle, foot], np.array([1.9, 1.8, 1.05, .7, .75])*w, 11, 13),
            coat,
        )
        for x in (-.7, 0, .7):
            p = foot+vec(x*w*1.1, -.15*w, w*(1.6-.3*abs(x)))
            F.add(slot, tube([foot, p], [w*.6, w*.35], 7), coat)
            F.add(slot, cone(p, p+vec(0, -.25*w, .6*w), w*.25, .02*w, 5), BONE)


def dinosaur(F):
    """Upright hunters, long necks, horned and plated ones."""
    u, kind = F.u, F.pick('hunter', 'hunter', 'longneck', 'horned', 'plated')
    F.words.append(kind+' dinosaur')
    base = F.pick(*SCALE) if F.maybe(.7) else bright(F)
    light = mix(base, WHITE, u(.3, .7))
    coat = belly(maybe_pattern(F, base, shade(base, .5), .5, .9), light, -.35)
    r = u(.15, .24)
    if kind == 'hunter':
        leg, n = u(.26, .45), u(.4, .6)
        B = vec(0, leg+.3*r, -.05)
        a = u(.2, 1.15)
        A = B+vec(0, np.sin(a), np.cos(a))*n*.6
        two_legs(F, A, B, r, leg, coat)
        small = u(.25, .6)
        for s in (1, -1):
            p = A+vec(s*r*.65, -.25*r, .35*r)
            e = p+vec(s*.25*r, -.6*r, .3*r)*small*2
            h = e+vec(-s*.1*r, u(-.2, .3)*r, .9*r)*small*1.6
            slot = 'arm_left' if s > 0 else 'arm_right'
            F.add(slot, tube([p, e, h], np.array([.3, .2, .14])*r, 9, 9), coat)
            for q in (-1, 1): F.add(slot, cone(h, h+vec(q*.12*r, -.12*r, .3*r), .08*r, .01*r, 5), BONE)
        neck, head, lift = u(.05, .25), r*u(.7, 1.2), u(.5, 1.2)
    else:
        leg, n = u(.2, .4), u(.5, .8)
        A, B = spine(F, n, r, leg, F.pick('stand', 'walk'))
        legs4(F, A, B, r, leg, r*u(.3, .42), F.pick('stand', 'walk'), coat, coat, 'beast')
        neck, head, lift = dict(longneck=(u(.5, 1.), r*u(.4, .6), u(.5, 1.2)), horned=(.06, r*u(.75, 1.), .1),
                                plated=(.1, r*u(.45, .65), 0.))[kind]
    F.add('torso', tube([B-(A-B)*.25, B, rub(A, B, .5)+vec(0, 0, .1*r), A, A+(A-B)*.12],
                        np.array([.6, 1, 1.1, .85, .6])*r, 15, 15, up=vec(0, 1, .01)), coat)
    d = vec(0, np.sin(lift), np.cos(lift))
    P = [A, A+d*neck*.4+vec(0, .1*r, .3*r), A+d*neck+vec(0, .2*r, .45*r), A+d*neck+vec(0, .25*r, .7*r)+vec(0, 0,
        head*.3)]
    F.add('torso' if neck > .3 else 'head', tube(P, [r*.7, r*.6, max(head*.62, r*.35), head*.6], 12, 13), coat)
    H = Lump((0, 0, 0), vec(head*.85, head*.8, head))
    with F.at(P[-1]+vec(0, 0, head*.4), turn(u(-.4, .4), u(-.1, .25))):
        if kind == 'hunter': dragon_head_plain(F, H, base, coat, light)
        else:
            F.add('head', H.mesh(13), coat)
            snout(F, H, 'lizard', u(.45, .7), u(.3, 1.), coat, base, light)
            heads.eyes(F, H, base, u(.5, .65), .3, u(.14, .24))
        if kind == 'horned':
            t = np.linspace(-1.9, 1.9, 13)
            k = head*u(1.5, 2.)
            o = np.concatenate([np.stack([np.sin(t)*k, np.cos(t)*k*(1+.06*np.cos(t*6))], 1), [(0, -.5*k)]])
            F.add('hair', plate(o, .16*head, (0, .1*head, -.3*head), turn(0, -.35), .2), tip(base, light, .1))
            for s in (1, -1):
                F.add('hair', tube([vec(s*.4*head, .6*head, .4*head), vec(s*.6*head, head, .9*head),
                                    vec(s*.55*head, 1.1*head, 1.7*head)], np.array([.18, .14, .02])*head, 8, 8), BONE)
            F.add('hair', cone(vec(0, 0, head*1.2), vec(0, .5*head, head*1.6), .16*head, .02*head), BONE)
        if kind == 'hunter' and F.maybe(.3):
            F.add('hair', tube([vec(0, .6*head, .4*head), vec(0, 1.2*head, -.2*head), vec(0, 1.2*head, -1.2*head)],
                               np.array([(.1, .2), (.1, .35), (.03, .05)])*head, 9, 9), bright(F))
    k, side, root = n*u(1, 1.6)+.1, u(-.4, .4), B-(A-B)*.25
    back = unit((B-A)*vec(1, 0, 1))
    F.add('back', tube([root+back*-.1, root+back*.35*k-vec(0, .1*k, 0), root+back*.7*k+vec(side*.5*k, -root[1]*.4, 0),
                        root+back*k+vec(side*k, -root[1]*u(-.1, .8), 0)], np.array([1.05, .7, .35, .04])*r, 12, 16),
                        coat)
    if kind == 'plated' or F.maybe(.25):
        places = [(rub(B, A, t)+vec(0, r*(.85 if t > 0 else .85+.7*t), 0)+back*max(-t, 0)*.3*k, vec(0, 1, -.25))
                  for t in np.linspace(-.45, 1., 8)]
        heads.spikes(F, 'back', places, r*u(.6, 1.2) if kind == 'plated' else .4*r, F.pick(light, shade(base, .5),
            bright(F)), kind == 'plated')
    return dict(seat=rub(A, B, .4)+vec(0, r, 0), r=r, along=A-B)


def dragon_head_plain(F, H, base, coat, light):
    """A hunter's head: jaws and teeth, no horns."""
    rx, ry, rz = H.r
    F.add('head', H.mesh(13), coat)
    long, k, gape = rz*F.u(.5, 1.1), rx*F.u(.6, .8), F.u(0, .5)
    a, b = vec(0, .05*ry, .3*rz), vec(0, -.1*ry, .8*rz+long)
    F.add('head', tube([a, rub(a, b, .5), b], [(rx*.85, ry*.65), (k, k*.65), (k*.8, k*.5)], 12, 9, up=vec(0, 1, .01)),
          coat)
    c = vec(0, -.5*ry-gape*long*.7, .7*rz+long*.8)
    F.add('head', tube([vec(0, -.4*ry, .1*rz), c], [(rx*.7, ry*.35), (k*.65, k*.3)], 12, 7, up=vec(0, 1, .01)), coat)
    F.add('head', tube([vec(0, -.3*ry, .3*rz), rub(b, c, .55)-vec(0, 0, .3*k)],
                       [(rx*.5, ry*.2), (k*.45, k*.12+gape*.1*k)], 8, 5, up=vec(0, 1, .01)), hexes('8a2a2a')[0])
    for s in (1, -1):
        for t in np.linspace(.4, .95, 5):
            F.add('head', cone(rub(a, b, t)+vec(s*k*.65, -.35*k, 0), rub(a, b, t)+vec(s*k*.65, -.75*k, 0), .1*k, .01*k,
                               5), WHITE)
    q = heads.eyes(F, H, base, F.u(.5, .65), F.u(.25, .45), F.u(.15, .3), F.pick('slit', 'plain', 'large', 'bead'))
    if F.maybe(.4): heads.brows(F, H, .55, .35, q, shade(base, .6))
