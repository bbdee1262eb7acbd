"""Robots and mechs of boxes, drums and balls."""
import numpy as np
from . import hats, heads, props
from .humanoid import build, carried, pose, rub
from .paint import BLACK, METAL, NEUTRAL, WHITE, bright, hexes, maybe_pattern, palette
from .shapes import Lump, axes, block, cone, hoop, lathe, lump, plate, tube, turn, unit, vec

GLOW = hexes('50e0ff ffd040 f04040 80ff80 ff80e0 ffffff 101014')


def solid(F, slot, c, half, R, paint, form, edge=.2):
    """One block of a machine in the figure's taste: a box, a drum, a ball or a pebble."""
    if form == 'box': F.add(slot, block(c, half, R, edge), paint)
    elif form == 'drum': F.add(slot, lump(c, half, R, (.15, 1), 12), paint)
    elif form == 'ball': F.add(slot, lump(c, half, R, (1, 1), 12), paint)
    else: F.add(slot, lump(c, half, R, (.5, .5), 12), paint)


def robot(F):
    style = F.pick('chibi', 'toon', 'toon', 'giant', 'doll')
    b = build(F, style)
    b.w *= F.u(.9, 1.3)
    body, how = pose(F, b, F.pick('stand', 'stand', 'walk', 'straddle', 'contrapposto', 'run', 'lunge', 'sit'))
    F.words += ['robot', how]
    pal = palette(F) if F.maybe(.6) else [F.pick(*METAL), F.pick(*METAL), bright(F), F.pick(*NEUTRAL)]
    form, edge = F.pick('box', 'box', 'drum', 'ball', 'pebble'), F.u(.05, .5)
    joint = F.pick(NEUTRAL[0], NEUTRAL[1], METAL[1], pal[3])
    body_of(F, body, pal, form, edge, joint)
    limb_form = F.pick('box', 'drum', 'box', 'pebble', 'tube')
    if F.maybe(.12): tracks(F, body, pal, joint)
    else: machine_legs(F, body, pal, limb_form, edge, joint)
    machine_arms(F, body, pal, limb_form, edge, joint)
    robot_head(F, body, pal, form, edge, joint)
    if F.maybe(.4): carried(F, body, style)
    if F.maybe(.35):
        with F.at(body.hip, body.R): props.pack(F, body.R.T@(body.chest-body.hip)+vec(0, .1*b.torso, 0), vec(0, 0, 0),
                                                b.w, b.d)
    return body


def body_of(F, body, pal, form, edge, joint):
    b, R = body.b, body.R
    at = lambda x, y, z: body.hip+R@vec(x*b.w, y*b.torso, z*b.d)
    one = F.maybe(.45)
    half = (b.w, b.torso*(.46 if one else .3), b.d*1.05)
    solid(F, 'torso', at(0, .5 if one else .66, 0), half, R, maybe_pattern(F, pal[0], pal[1], .2, b.w*2,
        ('rings', 'half', 'spots')), form, edge)
    if not one:
        F.add('torso', tube([at(0, .05, 0), at(0, .5, 0)], [b.w*.5]*2, 12), joint)
        solid(F, 'torso', at(0, .08, 0), (b.w*F.u(.6, .95), b.torso*.14, b.d*.85), R, F.pick(pal[0], pal[1]), form,
              edge)
    F.add('head', tube([at(0, .85, 0), body.neck+R@vec(0, .1*b.head, 0)], [b.head*F.u(.1, .2)]*2, 10), joint)
    y, z = (.55, .7)[not one], half[2]/b.d if form in ('box', 'drum') else .9
    for i in range(F.pick(0, 1, 2, 4)):  # dials, plates, lamps on the chest
        k, p = F.u(.08, .2)*b.w, at(F.u(-.5, .5), y+F.u(-.18, .12), z)
        F.add('torso', F.pick(lump(p, (k, k, k*.5), R, detail=8), block(p, (k*1.6, k, k*.3), R, .3)),
              F.pick(*GLOW, pal[2]))
    if F.maybe(.35):
        F.add('torso', block(at(0, y, z*.97), (b.w*F.u(.4, .7), b.torso*F.u(.12, .2), b.d*.12), R, .3),
              F.pick(pal[1], pal[2], joint))
    if F.maybe(.3):
        for s in (1, -1):
            F.add('torso', lump(at(s*.45, .64, z*.9), (.35*b.w, .14*b.torso, .2*b.d), R, (.6, .6), 9), pal[1])


def machine_legs(F, body, pal, form, edge, joint):
    b, c = body.b, F.pick(pal[0], pal[1])
    thin, foot = F.u(.4, .9), F.pick('box', 'ball', 'pebble', 'claw')
    for s in (1, -1):
        slot, r = ('leg_left' if s > 0 else 'leg_right'), b.leg_r*1.1
        hip, k, f = body.hip+vec(s*b.w*b.hips*.5, 0, 0), body.knee[s], body.foot[s]
        F.add(slot, tube([hip, k, f], [r*.5]*3, 10, smooth=False), joint)
        for p, q, w in ((hip, k, 1.), (k, f, 1.12)):
            if form == 'tube': F.add(slot, tube([p, q], [r*thin]*2, 10), c); continue
            solid(F, slot, rub(p, q, .5), (r*w, np.sqrt(((q-p)**2).sum())*.4, r*w), axes(q-p), c, form, edge)
        F.add(slot, lump(k, (r*.75,)*3, detail=8), joint)
        t = unit(body.toe[s])
        side = axes(vec(0, 1, 0), t)
        if foot == 'claw':
            for a in (-.6, 0, .6, 3.14):
                F.add(slot, cone(f, f+turn(a)@t*b.foot*1.1-vec(0, r*.7, 0), r*.5, r*.15), pal[2])
        else:
            solid(F, slot, f+t*b.foot*.35-vec(0, r*.2, 0), (r*1.2, r*.65, b.foot*.95), side, F.pick(pal[1], pal[0]),
                  foot, edge)


def walker(F):
    """Machines without a person's shape: a cabin on two to six legs, a drone, a rocket, a saucer, a turret."""
    u, kind = F.u, F.pick('walker', 'walker', 'walker', 'drone', 'rocket', 'saucer', 'turret')
    F.words.append(kind)
    pal = palette(F) if F.maybe(.6) else [F.pick(*METAL), F.pick(*METAL), bright(F), F.pick(*NEUTRAL)]
    joint, glow, form = (
        F.pick(NEUTRAL[0], NEUTRAL[1], METAL[1]),
        F.pick(*GLOW),
        F.pick('box', 'ball', 'pebble', 'drum'),
    )
    edge, r = u(.05, .5), vec(u(.22, .36), u(.16, .3), u(.22, .4))
    if kind == 'rocket': return rocket(F, pal, glow)
    c = vec(0, r[1]+dict(walker=u(.25, .6), turret=.35, drone=.3, saucer=.3)[kind], 0)
    H = Lump(c, r, dict(box=(.15, .15), drum=(.15, 1.), ball=(1., 1.), pebble=(.5, .5))[form])
    if kind == 'saucer':
        w = u(.5, .7)
        F.add('torso', lathe([(.1, c[1]-.1), (w*.7, c[1]-.08), (w, c[1]), (w*.7, c[1]+.08), (.2, c[1]+.1)], cols=26),
              pal[0])
        for i in range(9):
            F.add('torso', lump(vec(np.sin(i*.698)*w*.92, c[1], np.cos(i*.698)*w*.92), (.045,)*3, detail=6), glow)
        H = Lump(c+vec(0, .12, 0), vec(w*.5, w*.45, w*.5))
        F.add('head', H.mesh(14), F.pick(hexes('a0d8f0')[0], pal[2]))
    else:
        coat = maybe_pattern(F, pal[0], pal[1], .3, .8, ('rings', 'half', 'spots'))
        F.add('head', H.mesh(14) if form != 'box' else block(c, r, None, edge), coat)
    if F.maybe(.6):
        heads.eyes(F, H, pal[0], u(0.3, 0.5), 0.2, u(0.22, 0.36), F.pick('plain', 'large', 'glow', 'bead'), glow)
    else:
        p, n = H.front(0, .15)
        F.add('head', lump(p, (r[0]*.6, r[1]*u(.2, .5), .08), None, (.6, .6), 9), glow)
    if kind == 'walker':
        n, bird = F.pick(1, 1, 2, 3), F.pick(-1, 1)
        for s in (1, -1):
            for i in range(n):
                z = (i-(n-1)/2)*r[2]*1.2
                a = c+vec(s*r[0]*.95, -.3*r[1], z)
                f = vec(a[0]+s*u(.02, .2), .05, z+F.u(-.12, .12)+z*.4)
                k = rub(a, f, .5)+vec(s*.12*(n > 1), .05, bird*.16*(n == 1))
                slot = 'leg_left' if s > 0 else 'leg_right'
                for p, q, w in ((a, k, .07), (k, f, .055)):
                    solid(F, slot, rub(p, q, .5), (w, np.sqrt(((q-p)**2).sum())*.52, w), axes(q-p),
                          F.pick(pal[1], pal[1]), 'box' if form == 'box' else 'pebble', edge)
                for p in (a, k): F.add(slot, lump(p, (.085,)*3, detail=8), joint)
                solid(F, slot, f+vec(0, -.01, .04), (.1, .045, .14), None, pal[3], 'box', .4)
    if kind == 'turret':
        for i in range(3):
            a = i*2.094
            F.add('base', tube([vec(0, .33, 0), vec(np.sin(a)*.35, .02, np.cos(a)*.35)], [.06, .045], 8), joint)
    if kind == 'drone':
        for sx in (1, -1):
            for sz in (1, -1):
                p = c+vec(sx*(r[0]+.25), .1, sz*(r[2]*.6+.12))
                F.add(
                    'arm_left' if sx > 0 else 'arm_right',
                    tube([c+vec(sx*r[0]*.7, .05, sz*r[2]*.5), p], [.035]*2, 8),
                    joint,
                )
                F.add('arm_left' if sx > 0 else 'arm_right', lathe([(.2, -.02), (.2, .02)], p+vec(0, .06, 0), cols=18),
                      pal[2])
    if kind in ('walker', 'turret') and F.maybe(.75):
        for s in (1, -1):
            p, slot = c+vec(s*(r[0]+.06), u(-.05, .1), .1), 'arm_left' if s > 0 else 'arm_right'
            F.add(slot, block(p, (.07, .09, .14), None, edge), pal[1])
            for dy in F.pick((0,), (-.035, .035)):
                F.add(slot, tube([p+vec(0, dy, .1), p+vec(0, dy, .1+u(.15, .35))], [.035, .032], 9, ends=(.1, .1)),
                      joint)
    if F.maybe(.5): hats.headwear(F, H, pal[1], F.pick('antenna', 'antenna', 'horns', 'crown', 'top hat', 'ears'))
    if F.maybe(.25) and kind == 'walker':
        F.add('back', block(c-vec(0, 0, r[2]+.08), (r[0]*.6, r[1]*.7, .09), None, edge), pal[2])


def rocket(F, pal, glow):
    u, r, h = F.u, F.u(.18, .3), F.u(.9, 1.4)
    F.add(
        'torso',
        lathe(np.array([(.5, 0), (.95, .15), (1, .45), (.75, .75), (.35, .92)])*vec(r, h), cols=22, rows=14),
        maybe_pattern(F, pal[0], pal[1], 0.4, 0.9, ('rings', 'half', 'gradient')),
    )
    F.add('hair', lathe(np.array([(.5, .86), (.25, .97), (.02, 1.06)])*vec(r, h), cols=20, rows=8), pal[1])
    H = Lump(vec(0, h*.5, 0), vec(r, h*.3, r))
    F.add('head', hoop(H.front(0, .3)[0], .45*r, .45*r, .09*r, axes((0, 0, 1), (0, -1, 0)), 18, 7), pal[2])
    heads.button(F, 'head', *H.front(0, .3), .42*r, .42*r, .12*r, glow, 9)
    if F.maybe(.5): heads.mouth(F, H, -.35, .4)
    for i in range(4):
        a = i*1.571+.785
        with F.at((0, 0, 0), turn(a)):
            F.add('leg_left' if np.sin(a) > 0 else 'leg_right',
                  plate(np.array([(.7, .45), (1, .4), (2, -.15), (1.9, -.3), (.8, .05)])*vec(r, h*.5), .3*r, (0, 0, 0),
                        turn(-np.pi/2)), pal[1])
    if F.maybe(.5): F.add('base', cone((0, .05, 0), (0, -u(.2, .5), 0), r*.5, .01, 12), hexes('ff9020')[0])


def tracks(F, body, pal, joint):
    b = body.b
    for s in (1, -1):
        slot = 'leg_left' if s > 0 else 'leg_right'
        h = body.hip[1]*.45
        F.add(slot, lump(vec(s*b.w*.75, h, 0), (b.w*.28, h, b.d*1.8), None, (.5, .3), 12), joint)
        for z in (-1, 0, 1):
            F.add(slot, tube([vec(s*b.w*.7, h, z*b.d*1.), vec(s*b.w*1.1, h, z*b.d)], [h*.55]*2, 10), pal[1])
    F.add('torso', tube([vec(0, body.hip[1]*.4, 0), body.hip], [b.w*.5]*2, 12), joint)


def machine_arms(F, body, pal, form, edge, joint):
    b, c = body.b, F.pick(pal[0], pal[1])
    grip, thin = F.pick('ball', 'claw', 'fist', 'gun', 'claw'), F.u(.5, .9)
    for s in (1, -1):
        slot, r = ('arm_left' if s > 0 else 'arm_right'), b.arm_r*1.15
        a, e, h = body.shoulder[s], body.elbow[s], body.hand[s]
        F.add(slot, tube([a, e, h], [r*.5]*3, 10, smooth=False), joint)
        if form == 'tube': F.add(slot, tube([a, rub(a, e, .5), e, h], np.array([1, .8, .8, .8])*r*thin, 10, 10), joint)
        else:
            solid(F, slot, rub(a, e, .5), (r*.9, b.arm*.19, r*.9), axes(e-a), c, form, edge)
            solid(F, slot, rub(e, h, .5), (r*F.u(1, 1.3), b.arm*.2, r*F.u(1, 1.3)), axes(h-e), c, form, edge)
        F.add(slot, lump(a, (r*F.u(1.1, 1.7),)*3, detail=9), F.pick(pal[1], pal[2], joint))
        R = axes(h-e)
        if grip == 'ball': F.add(slot, lump(h+R@vec(0, .5*r, 0), (r*1.1,)*3, detail=9), pal[2])
        if grip == 'fist': F.add(slot, block(h+R@vec(0, .6*r, 0), (r, r*.9, r), R, .4), joint)
        if grip == 'gun': F.add(slot, tube([h, h+R@vec(0, 1.8*r, 0)], [r*1.1, r*.8], 12, ends=(.2, .1)), joint)
        if grip == 'claw':
            for q in (1, -1):
                F.add(slot, tube([h, h+R@vec(q*r, .7*r, 0), h+R@vec(q*.5*r, 1.9*r, 0)], [r*.45, r*.42, r*.2], 8, 8),
                      pal[2])


def robot_head(F, body, pal, form, edge, joint):
    k = body.b.head/2*F.u(.85, 1.1)
    H = Lump((0, k, 0), vec(k*F.u(.8, 1.3), k*F.u(.7, 1), k*F.u(.8, 1.)), dict(box=(.15, .15), drum=(.15, 1.),
        ball=(1., 1.), pebble=(.5, .5))[F.pick(form, form, 'ball', 'drum', 'pebble', 'box')])
    body.head_R = body.R@turn(F.u(-.4, .4), F.u(-.1, .1))
    skin, glow = F.pick(pal[0], pal[1], pal[3]), F.pick(*GLOW)
    with F.at(body.neck, body.head_R):
        F.add('head', H.mesh(14) if H.e[0] > .2 or H.e[1] > .2 else block(H.c, H.r, None, max(edge, .08)), skin)
        p, n = H.front(0, .05)
        way = F.pick('eyes', 'eyes', 'visor', 'screen', 'cyclops', 'toon')
        if way == 'visor':
            F.add('head', lump(p-vec(0, 0, .1*k), (H.r[0]*.85, H.r[1]*F.u(.15, .3), .22*k), None, (.6, .6), 10), glow)
        if way == 'screen':
            F.add('head', lump(p-vec(0, 0, .06*k), (H.r[0]*.78, H.r[1]*.68, .14*k), None, (.5, .4), 10), BLACK)
        if way == 'cyclops':
            F.add('head', tube([p-n*.1*k, p+n*.18*k], [.4*k]*2, 14, ends=(.1, .1)), joint)
            F.add('head', lump(p+n*.18*k, (.3*k, .3*k, .12*k), detail=10), glow)
        if way in ('eyes', 'screen'):
            x, w, t = F.u(.3, .45), F.u(.12, .24)*k, F.u(.6, 1.5)
            sq = F.pick(1., .3)
            for s in (1, -1):
                q, m = H.front(s*x, .12)
                F.add('head', lump(q+vec(0, 0, .06*k), (w, w*t, .12*k), heads.facing(m), (sq, sq), 8), glow)
        if way == 'toon': heads.eyes(F, H, skin, F.u(.3, .45), .15, F.u(.2, .34), F.pick('plain', 'large', 'bead'))
        if way != 'screen' and F.maybe(.7):
            q, m = H.front(0, -.5)
            F.add('head', block(q, (H.r[0]*F.u(.2, .55), .09*k, .06*k), None, .3), F.pick(joint, glow))
            if F.maybe(.4):
                for i in range(4): F.add('head', block(q+vec((i-1.5)*.13*k, 0, .03*k), (.03*k, .08*k, .05*k)), WHITE)
        elif way == 'screen':
            F.add('head', tube([p+vec(s*.25*H.r[0], -.3*H.r[1]-.1*k*(s == 0), .1*k) for s in (-1, 0, 1)], [.05*k]*3, 6,
                               7), glow)
        for s in (1, -1):
            if F.maybe(.5):
                F.add('head', tube([H.c+vec(s*.9*H.r[0], 0, 0), H.c+vec(s*1.18*H.r[0], 0, 0)], [.28*k]*2, 12,
                                   ends=(.2, .2)), pal[2])
        if F.maybe(.65):
            hats.headwear(F, H, pal[1], F.pick('antenna', 'antenna', 'horns', 'cap', 'wizard', 'helmet', 'crown',
                                               'top hat', 'ears', 'feathers'))
