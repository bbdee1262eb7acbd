"""Dungeon folk, mixtures and food: skeletons, golems, centaurs, floating eyes, chests with teeth, blocks."""
import numpy as np
from . import animals, hats, heads, humanoid, items, toys
from .humanoid import back, build, carried, pose, rub
from .paint import (BLACK, BONE, FUR, METAL, PINK, SCALE, SKIN, WHITE, WOOD, bright, HAIR as HAIRS, hexes,
                    maybe_pattern, mix, palette, pattern, shade, tip)
from .shapes import Lump, axes, block, cone, hoop, lathe, lump, plate, tube, turn, unit, vec


def skeleton(F):
    u, style = F.u, F.pick('chibi', 'toon', 'real', 'doll')
    b = build(F, style)
    body, how = pose(F, b)
    F.words += ['skeleton', how]
    bone = F.pick(BONE, WHITE, mix(BONE, bright(F), .2))
    R, k = body.R, b.w
    at = lambda x, y, z: body.hip+R@vec(x*b.w, y*b.torso, z*b.d)
    F.add('torso', tube([at(0, -.02, -.2), at(0, .4, -.1), at(0, .75, -.25), at(0, 1.05, -.1)],
                        np.array([.16, .14, .14, .13])*k, 9, 14), bone)
    F.add('torso', hoop(at(0, 0, 0), b.w*.62, b.d*.7, .16*k, R, 14, 7, 1.4), bone)
    for i in range(4):
        F.add(
            'torso',
            hoop(
                at(0, .42+.14*i, .05),
                b.w*(.62+.1*i-.05*(i == 3)),
                b.d*(.72+.08*i),
                .085*k,
                R@turn(0, -.2),
                16,
                6,
            ),
            bone,
        )
    F.add('torso', tube([at(0, .45, .85), at(0, .88, .8)], [.12*k]*2, 8), bone)
    for s in (1, -1):
        F.add('torso', tube([at(0, .92, .5), body.shoulder[s]], [.1*k]*2, 7), bone)
        for slot, a, e, h, w in (('leg', body.hip+vec(s*b.w*.5, 0, 0), body.knee[s], body.foot[s], .15),
                                 ('arm', body.shoulder[s], body.elbow[s], body.hand[s], .12)):
            slot += '_left' if s > 0 else '_right'
            for p, q in ((a, e), (e, h)):
                F.add(slot, tube([p, rub(p, q, .25), rub(p, q, .75), q], np.array([1.5, .8, .8, 1.4])*w*k, 8, 9), bone)
        F.add(
            'leg_left' if s > 0 else 'leg_right',
            lump(
                body.foot[s]+unit(body.toe[s])*b.foot*.5-vec(0, b.leg_r*.3, 0),
                (b.leg_r*.7, b.leg_r*.4, b.foot*.8),
                axes((0, 1, 0), body.toe[s]),
                detail=8,
            ),
            bone,
        )
        d = body.hand[s]-body.elbow[s]
        humanoid.hand(F, 'arm_left' if s > 0 else 'arm_right', body.hand[s], d, b.arm_r*.8, s, bone, 'real')
    if F.maybe(.4):
        humanoid.clothes(F, body, at, F.pick('skirt', 'armour', 'plain'), palette(F), bright(F), bright(F), how)
    h = b.head/2
    H = Lump((0, h*1.05, 0), vec(h*.85, h*.85, h*.9))
    body.head_R = R@turn(u(-.4, .4), u(-.15, .2), u(-.2, .2))
    with F.at(body.neck, body.head_R):
        F.add('head', H.mesh(15), bone)
        F.add('head', lump((0, .45*h, .25*h), (.55*h, .38*h, .55*h), None, (.6, .7), 10), bone)
        for s in (1, -1):
            p, n = H.front(s*.4, -.05)
            heads.button(F, 'head', p, n, .25*h, .28*h, .14*h, BLACK, 9)
            if F.maybe(.5): F.add('head', lump(p+n*.1*h, (.09*h,)*3, detail=6), hexes('f04040')[0])
            F.add('head', lump(H.front(s*.08, -.45)[0], (.06*h, .1*h, .06*h), turn(0, 0, s*.4), detail=5), BLACK)
        for i in range(5):
            F.add('head', block(((i-2)*.19*h, .42*h, .78*h-.02*h*(i-2)**2), (.07*h, .12*h, .04*h), None, .4), WHITE)
        if F.maybe(.55):
            hats.headwear(F, H, bone, F.pick('helmet', 'viking', 'crown', 'pirate', 'hood', 'wizard', 'top hat',
                                             'bandana', 'horns', 'knight'))
    if F.maybe(.3):
        with F.at(body.hip, R): back(F, F.pick('cape', 'wings', 'pack'), R.T@(body.chest-body.hip)+vec(0, .16*b.torso,
            0), vec(0, 0, 0), b.w, b.d, body.hip[1], how)
    carried(F, body, style)


def golem(F):
    """Heaps of rocks, ice, lava, mud or logs in the shape of a giant."""
    u = F.u
    b = build(F, F.pick('giant', 'giant', 'toon', 'chibi'))
    b.arm_r, b.leg_r, b.arm = b.arm_r*1.3, b.leg_r*1.2, b.arm*u(1, 1.3)
    body, how = pose(F, b, F.pick('stand', 'straddle', 'walk', 'crouch', 'stand'), F.pick('down', 'apose', 'up',
        'forward', None, None))
    F.words += ['golem', how]
    base = F.pick(*hexes('7a766c 5a5a60 8a6a4a 9ac0d8 3a3030 6a7a50 a08a6a'))
    vein = F.pick(*hexes('ff6020 40e0ff 80ff60 ffd040 5a9a40'))
    coat = pattern(F, base, F.pick(vein, shade(base, .5)), F.pick('patches', 'speckle', 'spots'), .8)
    e = F.pick((1., 1.), (.5, .6), (.3, .3), (1.3, 1.2))
    rough = u(.02, .1)

    def rock(slot, p, r, R=None):
        V, T = lump(vec(0, 0, 0), r, None, e, 9)
        V = V*(1+rough*np.sin(V*(7/np.mean(r))+F.rng.random(3)*6)[:, [1, 2, 0]])
        F.add(slot, ((V if R is None else V@R.T)+p, T), coat)
    at = lambda x, y, z: body.hip+body.R@vec(x*b.w, y*b.torso, z*b.d)
    rock('torso', at(0, .08, 0), (b.w*.75, b.torso*.24, b.d*.9), body.R)
    rock('torso', at(0, .6, 0), (b.w*1.15, b.torso*.44, b.d*1.25), body.R)
    for s in (1, -1):
        for slot, a, k, h, r in (('leg', body.hip+vec(s*b.w*.5, 0, 0), body.knee[s], body.foot[s], b.leg_r),
                                 ('arm', body.shoulder[s], body.elbow[s], body.hand[s], b.arm_r)):
            slot += '_left' if s > 0 else '_right'
            n1 = np.sqrt(((k-a)**2).sum())
            if slot[0] == 'a': rock(slot, a+vec(0, .3*r, 0), (r*1.7, r*1.5, r*1.6))
            for p, q, w in ((a, k, 1.05), (k, h, 1.25)): rock(slot, rub(p, q, .5), (r*w, n1*.52, r*w), axes(q-p))
            rock(slot, h+(unit(body.toe[s])*r*.7 if slot[0] == 'l' else vec(0, -.4*r, 0)), (r*1.4, r*.8, r*1.7)
                 if slot[0] == 'l' else (r*1.5, r*1.5, r*1.5))
    k = b.head/2*u(.9, 1.3)
    with F.at(body.neck-vec(0, .3*k, -.3*k), body.R@turn(u(-.4, .4))):
        H = Lump((0, .7*k, .1*k), vec(k, k*.85, k*.9), (min(e[0], 1), min(e[1], 1)))
        rock('head', H.c, H.r)
        heads.eyes(F, H, base, .4, .15, u(.14, .26), F.pick('glow', 'glow', 'plain'), vein)
        if F.maybe(.6): heads.mouth(F, H, -.45, .5)
        if F.maybe(.4): toys.on_top(F, H, F.pick(base, vein))
    for i in range(F.pick(0, 4, 7)):  # crystals, moss or stumps on the back
        p = at(u(-.8, .8), u(.5, 1.), -.8)
        F.add('back', cone(p, p+unit(vec(u(-.5, .5), 1, -u(.3, 1)))*b.w*u(.4, .9), b.w*.15, .005, 6), vein)
    if F.maybe(.25): carried(F, body, 'giant')


def centaur(F):
    """A person's upper half on the body of a beast, a snake or a fish."""
    u, way = F.u, F.pick('centaur', 'centaur', 'naga', 'mermaid')
    F.words.append(way)
    b = build(F, F.pick('toon', 'real', 'chibi', 'doll'))
    body, how = pose(F, b, 'stand')
    skin, pal, hair = F.pick(*SKIN) if F.maybe(.7) else bright(F), palette(F), F.pick(*HAIRS)
    fur = F.pick(*FUR) if way == 'centaur' else F.pick(*SCALE)
    coat = maybe_pattern(F, fur, shade(fur, .5), .5, .7)
    top = skin if F.maybe(.4) else pal[0]
    r = b.w*1.05
    if way == 'centaur':
        leg, n = b.leg*u(.75, .95), b.w*u(4, 6)
        A = vec(0, leg+r*.6, 0)
        B = A-vec(0, 0, n*.6)
        F.add('torso', tube([B-vec(0, 0, .2*n), B, rub(A, B, .5)-vec(0, .1*r, 0), A, A+vec(0, .2*r, .1*n)],
                            np.array([.5, 1, 1, .95, .7])*r, 14, 13, up=vec(0, 1, .01)), coat)
        animals.legs4(
            F,
            A,
            B,
            r,
            leg,
            r*u(.28, .4),
            F.pick('stand', 'walk', 'run'),
            coat,
            F.pick(coat, shade(fur, .5)),
            'horse',
        )
        animals.tail4(F, B-vec(0, 0, .2*n), n, r*.35, 'hair', coat, F.pick(hair, shade(fur, .5)), vec(0, 0, -1))
        shift = A[1]-body.hip[1]
    else:
        P = [body.hip, body.hip-vec(0, .5*b.leg, -.05), vec(0, r*.5, .1)]
        if way == 'naga':
            a = np.linspace(0, u(5, 9), 10)
            P += [vec(np.sin(t)*r*2.4, r*.4, -r*1.6*np.cos(t)-.0) for t in a]
            w = np.r_[[.95, .9, .8], np.linspace(.75, .12, 10)]*r
        else:
            P += [vec(0, r*.35, -.5*b.leg), vec(u(-.1, .1), u(.1, .5), -.9*b.leg)]
            w = np.array([.95, .85, .7, .5, .2])*r
        F.add('torso', tube(P, w, 12, 3*len(P)), coat)
        if way == 'mermaid':
            for s in (1, -1):
                F.add('back', plate(np.array([(0, -.1), (.5, .2), (.9, .8), (.3, .6), (0, .3)])*vec(s, 1)*r*1.6, .05,
                                    P[-1], turn(0, -u(.2, .9))), tip(fur, bright(F), 0))
        shift = 0
    with F.at((0, shift, 0)):
        at = humanoid.trunk(F, body, skin, top, top if way == 'centaur' and top is not skin else fur, '' if top is skin
                            else 'dress')
        humanoid.arms(F, body, skin, top, 'bare' if top is skin else 'tunic', pal, 'toon')
        humanoid.clothes(F, body, at, F.pick('armour', 'plain', 'jacket'), pal, top, top, how)
        H = humanoid.head_of(F, body, skin, hair, 'toon')
        humanoid.worn(F, body, H, hair, pal, 'sit')
        carried(F, body, 'toon')


def eye_monster(F):
    """A floating eye with feelers, or a brain, or a skull."""
    u = F.u
    F.words.append('floating eye')
    skin, r = F.pick(bright(F), *SCALE), u(.34, .45)
    coat = maybe_pattern(F, skin, shade(skin, .5), .5, 1.)
    H = Lump((0, 0, 0), vec(r, r*u(.9, 1.05), r))
    F.add('head', H.mesh(17), coat)
    heads.eye(
        F,
        *H.front(0, .15),
        r*u(.45, .62),
        F.pick('plain', 'large', 'slit', 'lidded'),
        F.pick(*heads.IRIS),
        skin,
        0,
    )
    heads.mouth(F, H, -.6, .45, F.pick('teeth', 'grin', 'open', 'smile', 'fangs'))
    n = F.pick(0, 5, 8, 10)
    for i in range(n):
        a = (i-(n-1)/2)/max(n-1, 1)*3.2
        p, d = H.at(np.sin(a), np.cos(a), -.25)
        q = p+d*r*u(.4, .7)+vec(0, .1*r, 0)
        F.add('hair', tube([p-d*.1, rub(p, q, .5)+vec(u(-.04, .04), 0, u(-.05, .05)), q], [.05, .04, .04], 8, 8), skin)
        heads.eye(F, q+vec(0, .02, 0), unit(d+vec(0, 0, 1)), .08, 'plain', heads.IRIS[6], skin,
                  0) if F.maybe(.7) else F.add('hair', lump(q, (.07,)*3, detail=7), skin)
    if F.maybe(.5): back(F, 'wings', vec(0, .1, 0), vec(0, -.2, 0), r*.8, r*.9, .5)
    for i in range(F.pick(0, 4, 6)):
        a = i*1.3+.3
        p = vec(np.sin(a)*.5*r, -r*.8, np.cos(a)*.5*r)
        F.add('leg_left' if p[0] > 0 else 'leg_right',
              tube([p, p+vec(p[0]*.4, -.25, p[2]*.3), p+vec(u(-.1, .1), -u(.3, .6), u(-.1, .1))], [.07, .05, .012], 8,
                   10), skin)


def mimic(F):
    """A chest, book, barrel or house with a mouth."""
    u = F.u
    F.words.append('chest')
    c, m = F.pick(*WOOD, bright(F)), F.pick(METAL[2], METAL[4], METAL[0])
    w, h, d, gape = u(.35, .5), u(.18, .3), u(.24, .34), u(.1, .8)
    F.add('head', block((0, h, 0), (w, h, d), edge=.1), pattern(F, c, shade(c, .7), 'rings', 1.2))
    with F.at((0, 2*h, -d), turn(0, -gape)):
        F.add('head', tube([(-w, .02, d), (w, .02, d)], [(d*1.02, d*.8)]*2, 16, ends=(.05, .05), up=vec(0, 1, 0)), c)
        for x in (-.7, 0, .7):
            F.add('head', tube([(x*w-.03, .02, d), (x*w+.03, .02, d)], [(d*1.06, d*.85)]*2, 16, ends=(.05, .05),
                               up=vec(0, 1, 0)), m)
        for i in range(6):
            F.add('head', cone(((i-2.5)*w*.32, 0, 1.95*d), ((i-2.5)*w*.32, -.13, 1.95*d), .05, .005, 6), WHITE)
        for s in (1, -1):
            heads.eye(F, vec(s*w*.4, d*.55, d*1.65), vec(0, .4, 1), .1, F.pick('plain', 'slit', 'glow'), heads.IRIS[7],
                      c, s)
    for i in range(5):
        F.add('head', cone(((i-2)*w*.36, 2*h, d*.92), ((i-2)*w*.36, 2*h+.11, d*.92), .05, .005, 6), WHITE)
    for x in (-.7, .7): F.add('head', block((x*w, h, 0), (.035, h*1.02, d*1.02), edge=.2), m)
    tongue = [vec(0, 2*h, -.3*d), vec(0, 2*h+.05, .6*d), vec(u(-.1, .1), 1.3*h, 1.3*d), vec(u(-.2, .2), .4*h, 1.7*d)]
    if F.maybe(.7):
        F.add('head', tube(tongue, [(.13, .03), (.14, .03), (.12, .03), (.06, .02)], 10, 12, up=vec(0, 1, 0)),
              hexes('d04060')[0])
    if F.maybe(.5): toys.stub_limbs(F, Lump((0, h, 0), vec(w, h, d)), F.pick(c, shade(c, .6)), -.2)


def food(F):
    """Fruit, sweets and dishes with a face, arms and legs."""
    u, kind = F.u, F.pick('apple', 'banana', 'burger', 'ice cream', 'egg', 'carrot', 'cake', 'donut', 'cup',
                          'strawberry', 'bread', 'bottle', 'candle')
    F.words.append(kind)
    r = u(.3, .42)
    c = dict(apple='d0312d 6aa84a', banana='f0d040', egg='f6f0e4', carrot='f08a24', strawberry='e03040',
             bread='d8a058 c08040', donut='f090b8 6b4226').get(kind)
    c = F.pick(*hexes(c)) if c else bright(F)
    tall = dict(banana=1.8, egg=1.25, carrot=1.9, cup=1.1, bottle=2., candle=1.9, strawberry=1.2, bread=1.1).get(kind,
        1.)
    H = Lump((0, r*tall, 0), vec(r, r*tall, r*.9))
    top = vec(0, 2*r*tall, 0)
    if kind == 'banana':
        F.add('head', tube([(.1*r, 0, -.1*r), (-.15*r, .9*r, 0), (-.1*r, 2.2*r, 0), (.25*r, 3.4*r, 0),
                            (.4*r, 3.9*r, 0)], np.array([.2, .6, .68, .45, .12])*r, 12, 16),
                            tip(c, hexes('6b5020')[0], .85))
        H = Lump((-.1*r, 1.8*r, 0), vec(.66*r, 1.2*r, .66*r))
    elif kind in ('burger', 'cake'):
        layers = F.pick(('c88a4a', '6b3a20', 'f5cf3a', '5ab848', 'c88a4a'), ('f0d0a0', 'f090b8', 'f0d0a0',
            'ffffff')) if kind == 'burger' else ('8a5a34', 'f8f0e0', '8a5a34', 'f090b8')
        y = 0
        for i, q in enumerate(layers):
            t = r*u(.22, .34)
            F.add('head', lump((0, y+t*.8, 0), (r*u(.95, 1.1), t, r*u(.95, 1.05)), None, (.5, 1.), 12), hexes(q)[0])
            y += t*1.35
        F.add('hair', lump((0, y, 0), (r, r*.5, r), detail=13), hexes(layers[-1])[0])
        H = Lump((0, y*.55, 0), vec(r*1.05, y*.6, r*1.05))
        top = vec(0, y+.5*r, 0)
    elif kind == 'ice cream':
        F.add('torso', cone((0, 1.3*r, 0), (0, 0, 0), r*.85, .03, 16), pattern(F, hexes('d8a050')[0],
            hexes('a87030')[0], 'rings', .5))
        H = Lump((0, 1.75*r, 0), vec(r, r*.95, r))
        F.add('head', H.mesh(15), c)
        F.add('hair', lump((0, 2.6*r, 0), (r*.75, r*.6, r*.75), detail=11), bright(F))
        top = vec(0, 3.1*r, 0)
    elif kind == 'donut':
        F.add('head', hoop((0, r*1.2, 0), r*.8, r*.8, .42*r, axes((0, 0, 1), (0, -1, 0)), 26, 12), hexes('d8a058')[0])
        F.add('hair', hoop((0, r*1.2, .14*r), r*.8, r*.8, .36*r, axes((0, 0, 1), (0, -1, 0)), 26, 12), c)
        H, top = Lump((0, 1.2*r, 0), vec(1.25*r, 1.25*r, .5*r)), vec(0, 2.4*r, 0)
    else:
        p = dict(
            carrot=[(.03, 0), (.45, .3), (.85, .75), (.95, .95), (.4, 1)],
            bottle=[(.8, 0), (.85, .05), (.85, .55), (.35, .75), (.3, .98), (.38, 1)],
            cup=[(.7, 0), (.75, .03), (1, 1), (.85, .98)],
            candle=[(.7, 0), (.72, .03), (.7, .95), (.5, 1)],
            strawberry=[(.1, 0), (.7, .3), (1, .7), (.8, .95), (.2, 1)],
            egg=[(.3, 0), (.9, .25), (1, .45), (.7, .85), (.2, 1)],
            apple=[(.35, .02), (.9, .25), (1.1, .6), (.7, .95), (.15, .85)],
            bread=[(.8, 0), (.8, .55), (1, .75), (.8, .95), (.2, 1)],
        )[kind]
        p = np.array(p)
        F.add('head', lathe(p*vec(r, 2*r*tall), cols=24, rows=14, square=.5 if kind == 'bread' else 1.),
              maybe_pattern(F, c, mix(c, WHITE, .4), .3, 1.))
        w = np.interp(.55, p[:, 1], p[:, 0])*r*1.04
        H = Lump((0, r*tall, 0), vec(w, r*tall*1.2, w))
    green = hexes('4a9a3a')[0]
    if kind in ('carrot', 'strawberry', 'apple'):
        for i in range(5 if kind != 'apple' else 1):
            F.add('hair', tube([top-vec(0, .08, 0), top+vec(np.sin(i*1.257)*.1, .12, np.cos(i*1.257)*.1),
                                top+vec(np.sin(i*1.257)*.26, .16, np.cos(i*1.257)*.22)],
                                [(.02, .02), (.07, .02), (.01, .01)], 7, 6), green)
    if kind == 'candle':
        F.add('hair', tube([top, top+vec(.02, .12, 0), top+vec(0, .3, 0)], [.04, .09, .005], 9, 8),
              tip(hexes('ffc030')[0], hexes('f05020')[0], 0))
    heads.face(F, H, c)
    toys.stub_limbs(F, Lump(H.c, H.r*vec(.9, 1, .9)), F.pick(BLACK, c, WHITE), -u(.1, .3)) if F.maybe(.75) else None
    if F.maybe(.25): hats.headwear(F, Lump(top-vec(0, .25*r, 0), vec(.6, .6, .6)*r), c)


def elemental(F):
    """Fire, water, slime, storm or sand: a swaying body without legs."""
    u = F.u
    F.words.append('elemental')
    a, z = F.pick(*[hexes(t) for t in ('ff6020 ffd040', '3a80d0 a0e0ff', '60c040 c0f080', '6a5a90 c0b0e0',
                                       'c0a060 f0e0b0', 'e0f4ff 80b0e0', '3a2a4a 8040a0')])
    h, r, sway = u(.8, 1.2), u(.2, .32), u(-.2, .2)
    P = [vec(sway, .02, -.1), vec(-sway*.6, .2*h, 0), vec(sway*.3, .5*h, 0), vec(0, .78*h, .02)]
    F.add('torso', tube(P, np.array([u(.2, 1.2), u(.4, 1), 1., 1.1])*r, 14, 14), lambda V, U: mix(a, z, .5+.5*U[:, 1]))
    H = Lump(vec(0, h, .05), vec(r*.9, r*u(.8, 1.1), r*.85))
    F.add('head', H.mesh(14), z)
    heads.eyes(F, H, a, .4, .1, u(.18, .3), F.pick('glow', 'glow', 'bead', 'plain', 'slit'), F.pick(WHITE, BLACK, a))
    heads.mouth(F, H, -.4, u(.2, .45))
    hats.locks(F, H, a, F.pick(8, 14), u(.6, 1.1), .34, -.5, 1.3)
    for s in (1, -1):
        p = vec(s*r, .78*h, 0)
        q, e = p+vec(s*u(.1, .3), u(-.25, .15), u(0, .2)), None
        e = q+vec(s*u(-.1, .2), u(-.2, .35), u(.05, .3))
        F.add(
            'arm_left' if s > 0 else 'arm_right',
            tube([p-vec(s*.1, 0, 0), q, e], np.array([.35, .35, .5])*r, 11, 11),
            tip(a, z, 0, 0, s),
        )
        for j in range(3):
            F.add('arm_left' if s > 0 else 'arm_right', cone(e, e+unit(e-q)*.15+vec((j-1)*.07, 0, .03), .3*r, .01, 6),
                  z)
    for i in range(F.pick(0, 5, 9)):
        t = i*2.4
        p = vec(np.sin(t)*r*1.3, u(.05, .5)*h, np.cos(t)*r*1.2)
        F.add('base', lump(p*vec(1, 0, 1)+vec(0, .03, 0), (u(.06, .14),)*3, None, F.pick((1, 1), (1.4, 1.4)), 7),
              F.pick(a, z))


def cube(F):
    """Pets and people of blocks."""
    u = F.u
    F.words.append('block figure')
    edge = F.pick(.05, .15, .3, .6)
    if F.maybe(.4): return block_person(F, edge)
    fur = F.pick(F.pick(*FUR), bright(F))
    light, dark = mix(fur, WHITE, .6), shade(fur, .5)
    w, h, n, leg = u(.16, .28), u(.14, .26), u(.2, .42), u(.06, .26)
    k = u(.16, .3)
    coat = maybe_pattern(F, fur, F.pick(light, dark), .3, .6, ('patches', 'half', 'gradient'))
    y = leg+h
    F.add('torso', block((0, y, 0), (w, h, n), edge=edge), coat)
    q, sock = u(.25, .42)*w, F.pick(fur, dark, light)
    for s in (1, -1):
        for z in (1, -1):
            step = F.u(-.1, .1)
            F.add('leg_left' if s > 0 else 'leg_right', block((s*(w-q), leg*.6, z*(n-q*1.1)), (q, leg*.6+.02, q),
                                                              turn(0, step), edge), sock)
    c = vec(0, y+u(-.1, 1.2)*h, n+k*u(.3, .8))
    H = Lump(c, vec(k*u(.9, 1.3), k*u(.8, 1), k*u(.8, 1.1)), (.12, .12))
    F.add('head', block(c, H.r, edge=edge), coat if F.maybe(.5) else fur)
    M = Lump(c+vec(0, -.4*H.r[1], H.r[2]), vec(H.r[0]*u(.4, .7), H.r[1]*u(.3, .45), k*u(.2, .7)), (.15, .15))
    if F.maybe(.8):
        F.add('head', block(M.c, M.r, edge=edge), F.pick(light, fur, PINK))
        F.add('head', block(M.c+vec(0, M.r[1]*.6, M.r[2]), M.r*vec(.35, .3, .15), edge=.3), F.pick(BLACK, PINK))
    for s in (1, -1):
        p, _ = H.front(s*.55, .25)
        e = k*.15
        F.add('head', block(p, (e, e*1.2, e*.3), edge=.2), WHITE if F.maybe(.5) else BLACK)
        F.add('head', block(p+vec(-s*e*.3, -.1*e, e*.25), (e*.55, e*.8, e*.2), edge=.2), BLACK)
    ears = F.pick('up', 'side', 'tall', 'horn', 'none')
    for s in (1, -1):
        o = dict(up=((.75, 1.15, -.2), (.22, .25, .12)), side=((1.15, .5, -.1), (.25, .2, .12)),
                 tall=((.5, 1.7, -.2), (.2, .8, .12)), horn=((.8, 1.3, 0), (.12, .4, .12))).get(ears)
        if o:
            F.add('hair', block(c+np.array(o[0])*vec(s, 1, 1)*H.r, np.array(o[1])*k, edge=edge), dark if ears == 'horn'
                  else fur)
    t = F.pick('long', 'stub', 'up', 'none')
    if t != 'none':
        F.add('back', block((0, y+h*.5+(.2 if t == 'up' else 0), -n-.1), (.05, .2 if t == 'up' else .05,
            .08 if t == 'stub' else .16), turn(0, u(-.4, .4)), edge), F.pick(fur, dark, light))
    if F.maybe(.2): back(F, 'wings', vec(0, y+h*.8, 0), vec(0, y, 0), w, .05, .3)
    if F.maybe(.15):
        hats.headwear(F, Lump(c, H.r, (.3, .3)), dark, F.pick('top hat', 'crown', 'wizard', 'santa', 'cap', 'bow'))


def block_person(F, edge):
    u = F.u
    skin, pal = F.pick(*SKIN, *ODD_BLOCK), palette(F)
    k, w, h, leg = u(.14, .26), u(.12, .18), u(.16, .24), u(.16, .26)
    d, a = u(.07, .1), w*u(.4, .55)
    swing = u(-.9, .9) if F.maybe(.6) else 0
    F.add('torso', block((0, 2*leg+h, 0), (w, h, d), edge=edge), maybe_pattern(F, pal[0], pal[1], .3, .6,
        ('half', 'rings', 'patches')))
    lift = [F.pick(0, 0, swing, -1.5, -2.8, u(-1.5, .5)) for _ in range(2)]
    for i, s in enumerate((1, -1)):
        with F.at((s*w*.5, 2*leg, 0), turn(0, s*swing*.7)):
            F.add('leg_left' if s > 0 else 'leg_right', block((0, -leg, 0), (w*.48, leg, d*.95), edge=edge), pal[1])
            F.add('leg_left' if s > 0 else 'leg_right', block((0, -leg*1.85, .01), (w*.52, leg*.18, d*1.1), edge=edge),
                  pal[3])
        with F.at((s*(w+a*.55), 2*leg+h*1.8, 0), turn(0, lift[i], s*u(0, .3))):
            slot = 'arm_left' if s > 0 else 'arm_right'
            F.add(slot, block((0, -h*.6, 0), (a*.55, h*.75, d*.9), edge=edge), pal[0])
            F.add(slot, block((0, -h*1.6, 0), (a*.5, h*.3, d*.85), edge=edge), skin)
            if F.maybe(.4):
                items.item(F, 'item_left' if s > 0 else 'item_right', vec(0, -h*1.8, 0), vec(0, .2, 1), vec(0, 1, 0),
                           u(.45, .7), s)
    H = Lump((0, 2*leg+2*h+k, 0), vec(k*u(.8, 1.1), k, k*u(.8, 1.)), (.12, .12))
    with F.at((0, 0, 0)):
        F.add('head', block(H.c, H.r, edge=edge), skin)
        heads.face(F, H, skin)
        if F.maybe(.5):
            F.add(
                'hair', block(H.c+vec(0, 0.75*k, -0.1*k), H.r*vec(1.08, 0.4, 1.0), edge=edge), F.pick(*HAIRS)
            )
        if F.maybe(.5):
            F.add('hair', block(H.c+vec(0, -.1*k, -.75*k), H.r*vec(1.08, .9, .35), edge=edge), F.pick(*HAIRS))
        elif F.maybe(.6): hats.headwear(F, Lump(H.c, H.r, (.3, .3)), F.pick(*HAIRS))
    if F.maybe(.3): back(F, F.pick('cape', 'pack', 'wings'), vec(0, 2*leg+1.9*h, 0), vec(0, 2*leg, 0), w, d, 0)


ODD_BLOCK = hexes('6fae4a c0c0c4 3a3a42 b05ac8')
