"""Round beings and things with a face: blobs, monsters, snowmen, mushrooms, ghosts, trees, chess pieces, pots."""
import numpy as np
from . import hats, heads, props
from .humanoid import back, rub
from .paint import BLACK, BONE, NEUTRAL, PINK, SCALE, WHITE, WOOD, belly, bright, hexes, maybe_pattern, mix, pattern, shade, tip
from .shapes import Lump, axes, block, cone, hoop, lathe, lump, plate, tube, turn, unit, vec, wavy


def stub_limbs(F, H, paint, ground, hands=True):
    """Short arms and legs on a round body."""
    r = H.r[0]
    w, end = r*F.u(.12, .3), F.pick(paint, paint, bright(F))
    how = F.pick('down', 'out', 'up', 'up')
    for s in (1, -1):
        if ground is not None:
            a = H.at(s*.5, -.8, 0)[0]
            f = vec(a[0]*F.u(.95, 1.3), ground+w*.6, a[2]+F.u(-.1, .1)*r)
            F.add('leg_left' if s > 0 else 'leg_right', tube([a+vec(0, .2*r, 0), f], [w*1.15, w], 11, 5), paint)
            F.add('leg_left' if s > 0 else 'leg_right', lump(f+vec(0, 0, .35*w), (w*1.3, w*.7, w*1.7), detail=9), end)
        if not hands: continue
        way = F.pick('down', 'out', 'up') if F.maybe(.3) else how
        a, n = H.at(s, F.u(-.1, .2), .15)
        d = unit(dict(down=vec(s*.7, -1, .3), out=vec(s, -.1, .3), up=vec(s*.8, 1, .2))[way])
        L = r*F.u(.5, 1.1)
        slot = 'arm_left' if s > 0 else 'arm_right'
        e = a+unit(n+d)*L*.5
        h = e+d*L*.6
        F.add(slot, tube([a-n*.25*r, e, h], [w*.9, w*.85, w*.8], 11, 9), paint)
        F.add(slot, lump(h+d*w*.5, (w*1.1,)*3, detail=9), end)
        if F.maybe(.2): props.item(F, 'item_left' if s > 0 else 'item_right', h+d*w*.6, unit(vec(s*.3, 1, .3)), vec(0, 0, 1), r*F.u(.9, 1.6), s)


def many_eyes(F, H, skin):
    way = F.pick('pair', 'pair', 'cyclops', 'three', 'many', 'stalks')
    if way == 'pair': return heads.face(F, H, skin)
    r = min(H.r[:2])
    places = dict(cyclops=[(0, .15)], three=[(-.4, .1), (.4, .1), (0, .45)], many=[(F.u(-.6, .6), F.u(-.1, .7)) for _ in range(6)], stalks=[(-.4, .8), (.4, .8)])[way]
    kind, iris, size = F.pick('plain', 'large', 'slit', 'lidded'), F.pick(*heads.IRIS), dict(cyclops=F.u(.3, .5), three=.2, many=.14, stalks=.2)[way]
    for x, y in places:
        if way == 'stalks':
            p, n = H.at(x, 1, .1)
            q = p+vec(x*.6, F.u(.3, .7), .1)*r
            F.add('head', tube([p-n*.1*r, q], [.11*r, .09*r], 8), skin)
            heads.eye(F, q, vec(0, 0, 1), size*r, kind, iris, skin, np.sign(x))
        else:
            p, n = H.front(x, y)
            heads.eye(F, p, n, size*r*(F.u(.6, 1.3) if way == 'many' else 1), kind, iris, skin, np.sign(x))
    heads.mouth(F, H, F.u(-.5, -.25), F.u(.25, .6))


def blob(F):
    """A round monster: one body that is the head, many shapes, eyes and limbs."""
    u = F.u
    F.words.append('blob monster')
    skin = F.pick(bright(F), bright(F), *SCALE)
    r = vec(u(.28, .48), u(.28, .55), u(.26, .42))
    legs = F.maybe(.75)
    ground = u(.03, .25) if legs else 0
    e = F.pick((1., 1.), (1., 1.), (.8, .9), (.5, .6), (.3, .3), (1.2, 1.), (.6, 1.))
    H = Lump(vec(0, ground+r[1], 0), r, e)
    coat = maybe_pattern(F, skin, F.pick(bright(F), shade(skin, .5), WHITE), .4, 1.)
    if F.maybe(.4): coat = belly(coat, F.pick(WHITE, mix(skin, WHITE, .6)), front=True)
    mesh = H.mesh(18, taper=u(-.3, .35))
    if F.maybe(.3): mesh = wavy(mesh, u(.01, .035), F.rng.normal(size=(3, 3))*7, F.rng.random(3)*6)
    F.add('head', mesh, coat)
    many_eyes(F, H, skin)
    stub_limbs(F, H, F.pick(skin, skin, shade(skin, .7)), 0 if legs else None, F.maybe(.75))
    if not legs and F.maybe(.5):  # melts
        for i in range(7): F.add('head', lump(vec(np.sin(i*.9)*r[0]*.85, .07, np.cos(i*.9)*r[2]*.85), (r[0]*u(.25, .4), u(.06, .12), r[0]*u(.25, .4)), detail=8), skin)
    on_top(F, H, skin)
    if F.maybe(.25):
        places = [H.at(0, np.cos(a), -np.sin(a)) for a in np.linspace(.2, 1.9, 6)]
        heads.spikes(F, 'back', places, r[0]*u(.2, .45), F.pick(BONE, bright(F), shade(skin, .6)), F.maybe(.4))
    if F.maybe(.3): back(F, F.pick('wings', 'tail', 'wings', 'cape'), H.c+vec(0, r[1]*.25, 0), H.c-vec(0, r[1]*.7, 0), r[0]*.7, r[2]*.9, .1)
    if F.maybe(.1):  # more arms
        for s in (1, -1):
            for y in (-.35, .35):
                a, n = H.at(s, y, 0)
                F.add('arm_left' if s > 0 else 'arm_right', tube([a, a+vec(s*.2, -.05, .05), a+vec(s*.3, u(-.1, .25), .15)], [.05, .05, .06], 9, 9), skin)


def on_top(F, H, skin):
    way = F.pick('hat', 'ears', 'horns', 'hair', 'none', 'none', 'sprout')
    if way == 'hat': hats.headwear(F, H, F.pick(bright(F), BLACK))
    if way == 'ears': heads.animal_ears(F, H, F.pick('cat', 'rabbit', 'bear', 'mouse', 'floppy', 'fox'), skin)
    if way == 'horns': heads.horns(F, H)
    if way == 'hair': hats.haircut(F, H, bright(F), F.pick('spiky', 'tufts', 'mohawk', 'flame', 'curls', 'quiff', 'bald'))
    if way == 'sprout':
        p, _ = H.at(0, 1, 0)
        k = H.r[0]
        F.add('hair', tube([p, p+vec(0, .4*k, 0)], [.06*k]*2, 7), hexes('3f9a4a')[0])
        for s in (1, -1): F.add('hair', lump(p+vec(s*.25*k, .48*k, 0), (.28*k, .06*k, .14*k), turn(0, 0, s*.4), detail=8), hexes('5ab848')[0])
