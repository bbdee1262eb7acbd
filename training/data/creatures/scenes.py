"""Riders, kings on thrones, drivers, and vehicles with a face. What carries somebody is slot base."""
import numpy as np
from . import animals, birds, bugs, hats, heads, humanoid, props, reptiles
from .paint import BLACK, METAL, NEUTRAL, WHITE, WOOD, bright, hexes, maybe_pattern, pattern, shade
from .shapes import Lump, axes, block, cone, lathe, lump, plate, star, tube, turn, vec

MOUNTS = ('horse', 'horse', 'horse', 'wolf', 'lion', 'bear', 'pig', 'elephant', 'camel', 'zebra', 'deer', 'beast',
          'lizard', 'turtle', 'goat')


def rider(F):
    """Somebody on a horse, a beast, a dragon, a bird or a bug; saddle and all of the mount are base."""
    way = F.pick('animal', 'animal', 'animal', 'dragon', 'dinosaur', 'bird', 'bug')
    F.words.append('rider')
    with F.at(slot='base'):
        if way == 'animal': m = animals.quadruped(F, F.pick(*MOUNTS), F.pick('stand', 'stand', 'walk', 'run', 'look'))
        elif way == 'dragon': m = reptiles.dragon(F)
        elif way == 'dinosaur': m = reptiles.dinosaur(F)
        elif way == 'bird': m = birds.bird(F, F.pick('ostrich', 'duck', 'hen', 'eagle', 'chick'))
        else: m = bugs.insect(F, F.pick('beetle', 'ant', 'ladybird', 'bee', 'grasshopper'))
        seat, r = m['seat'], m['r']
        if F.maybe(.7):
            F.add('base', lump(seat-vec(0, .12*r, 0), (r*.8, r*.25, r*.85), detail=10),
                  F.pick(WOOD[2], WOOD[0], bright(F)))
            if F.maybe(.5): F.add('base', lump(seat-vec(0, .35*r, 0), (r*1.08, r*.5, r*.7), detail=10), bright(F))
    mark = len(F.pieces)
    size = r/.17*F.u(.75, 1.15)
    with F.at(seat, None, size):
        style, hands = F.pick('chibi', 'toon', 'toon', 'real', 'doll'), F.pick('forward', 'hold', None, None)
        body = F.pick(humanoid.person, humanoid.professional)(F, style, 'ride', hands)
    # sit: the hip to the seat
    F.moved(mark, vec(0, -(body.hip[1]-body.b.leg_r*1.1)*size, 0))


def throne(F):
    """A king, judge or gamer on a seat."""
    F.words.append('on a throne')
    style = F.pick('chibi', 'toon', 'toon', 'real', 'doll')
    being = F.pick('person', 'person', 'person', 'plush')
    body = humanoid.person(F, style, 'chair') if being == 'person' else humanoid.person(F, 'doll', 'chair')
    b = body.b
    y, w = body.hip[1]-b.leg_r*1.05, max(b.w*1.35, b.leg_r*3)
    deep = b.leg*.55
    c, e, gold = F.pick(*WOOD, bright(F)), bright(F), METAL[2]
    kind = F.pick('throne', 'throne', 'chair', 'stool', 'rock', 'couch', 'barrel', 'toilet')
    z = deep*.2
    if kind in ('throne', 'chair', 'couch'):
        wide = w*(1 if kind != 'couch' else F.u(1.5, 2.2))
        tall = F.u(.9, 1.5)*(b.torso+b.head*.6) if kind != 'couch' else b.torso*.8
        F.add('base', block((0, y-.05, z), (wide, .05, deep), edge=.3), c)
        F.add('base', block((0, y-.005, z), (wide*.88, .025, deep*.9), edge=.8), e)
        if kind == 'chair':
            for sx in (1, -1):
                for sz in (1, -1):
                    F.add('base', tube([(sx*wide*.85, y-.05, z+sz*deep*.8), (sx*wide*.9, 0, z+sz*deep*.85)],
                                       [.035, .03], 8), c)
        else: F.add('base', block((0, (y-.1)/2, z), (wide*.95, max((y-.1)/2, .01), deep*.95), edge=.1), shade(c, .8))
        F.add('base', block((0, y+tall/2, z-deep), (wide, tall/2+.03, .05), turn(0, -.08), edge=.4), c)
        F.add('base', block((0, y+tall/2, z-deep+.045), (wide*.8, tall*.42, .03), turn(0, -.08), edge=.6), e)
        if kind != 'chair' or F.maybe(.5):
            for s in (1, -1):
                F.add('base', block((s*wide*1.02, y+b.torso*.28, z), (.05, .03, deep), edge=.5), c)
                F.add('base', block((s*wide*1.02, y+b.torso*.13, z+deep*.85), (.04, b.torso*.15, .04), edge=.3), c)
        if kind == 'throne':
            for s in (1, -1):
                F.add(
                    'base',
                    F.pick(
                        lump((s*wide*.9, y+tall+.06, z-deep-.03), (.07,)*3, detail=9),
                        cone(
                            (s*wide*.9, y+tall*.9, z-deep-.03),
                            (s*wide*.95, y+tall*1.3, z-deep-.03),
                            .06,
                            .005,
                        ),
                    ),
                    gold,
                )
            if F.maybe(.5):
                F.add('base', plate(star(F.pick(5, 8, 12), .16, .08), .06, (0, y+tall+.08, z-deep-.03)), gold)
            F.add('base', block((0, -.04, z+.1), (wide*1.3, .04, deep*1.5), edge=.3), F.pick(e, NEUTRAL[3]))
    elif kind == 'stool':
        F.add('base', lathe([(w*.9, 0), (w*.5, .1*y), (w*.3, y*.5), (w*.8, y*.9), (w*.85, y), (w*.5, y)], (0, 0, 0),
                            cols=20), c)
    elif kind == 'rock':
        V, T = lump((0, y*.45, 0), (w*1.2, y*.58, deep*1.1), e=(.7, .8), detail=15)
        F.add('base', (V+.05*w*np.sin(V*9/w+1)[:, [1, 2, 0]], T), hexes('8a8680 6a645c')[F.pick(0, 1)])
    elif kind == 'barrel':
        F.add('base', lathe([(w*.8, 0), (w, y*.5), (w*.8, y)], rows=9), pattern(F, WOOD[1], METAL[4], 'rings', .5))
    else:
        F.add('base', lathe([(w*.5, 0), (w*.45, y*.4), (w*.9, y*.85), (w*.95, y), (w*.6, y)], (0, 0, deep*.2), cols=20,
                            squash=1.1), WHITE)
        F.add('base', block((0, y*1.3, -deep*.9), (w*.9, y*.55, .09), edge=.4), WHITE)
    if F.maybe(.3): props.plinth(F, 0, z, w*1.5, deep*1.6, -.08 if kind == 'throne' else 0)


def wheel(F, slot, p, r, w, paint, hub):
    F.add(slot, tube([p-vec(w, 0, 0), p+vec(w, 0, 0)], [r, r], 16, ends=(.15, .15)), paint)
    for s in (1, -1): F.add(slot, lump(p+vec(s*w*1.15, 0, 0), (w*.25, r*.5, r*.5), detail=8), hub)


def car(F, slot='head', driver=None):
    """Cars, buses, trains, tractors: body, cabin, wheels; with slot head it has a face."""
    u = F.u
    kind = F.pick('car', 'car', 'bus', 'train', 'tractor', 'racer')
    F.words.append(kind)
    c, e, dark = bright(F), bright(F), F.pick(BLACK, NEUTRAL[1])
    L, w, h, r = u(.5, .8), u(.25, .38), u(.14, .25), u(.12, .2)
    if kind == 'bus': h, L = h*1.7, L*1.1
    if kind == 'racer': h, L, w = h*.7, L*1.2, w*.9
    y = r+h*.7
    F.add(slot, block((0, y, 0), (w, h, L), edge=u(.2, .9), k=3), maybe_pattern(F, c, e, .3, 1.,
        ('rings', 'half', 'patches')))
    front = L
    open_top = driver is not None
    if kind == 'train':
        F.add(slot, tube([(0, y+h*.8, -.1*L), (0, y+h*.8, L*1.05)], [w*.8]*2, 16, ends=(.1, .15)), e)
        F.add('hair' if slot == 'head' else slot, lathe([(.07, 0), (.06, .12), (.12, .25), (.09, .25)],
                                                        (0, y+h*.8+w*.7, L*.65), cols=14), dark)
        front = L*1.1
    cab = dict(car=(0, .0, .62), bus=(0, 0, .95), train=(0, -.55, .42), tractor=(0, -.4, .45),
               racer=(0, -.2, .35))[kind]
    if not open_top:
        hc = h*(u(.7, 1.1) if kind != 'bus' else u(.4, .6))
        F.add(slot if slot == 'base' else 'torso', block((0, y+h+hc*.7, cab[1]*L), (w*.9, hc, L*cab[2]), edge=.4, k=3),
              F.pick(c, e, WHITE))
        for s in (1, -1):
            F.add('torso' if slot == 'head' else slot, block((s*w*.9, y+h+hc*.8, cab[1]*L), (.02, hc*.5, L*cab[2]*.75),
                                                             edge=.5), hexes('7090b0')[0])
        F.add('torso' if slot == 'head' else slot, block((0, y+h+hc*.8, cab[1]*L+L*cab[2]), (w*.72, hc*.5, .02),
                                                         edge=.5), hexes('7090b0')[0])
        if kind == 'tractor':
            F.add('hair' if slot == 'head' else slot, tube([(w*.4, y+h*.8, L*.5), (w*.4, y+h*2.4, L*.5)], [.035, .04],
                                                           8), dark)
    for s in (1, -1):
        for z in (1, -1):
            big = r*(1.7 if kind == 'tractor' and z < 0 else 1)
            wheel(F, slot if slot == 'base' else 'leg_left' if s > 0 else 'leg_right', vec(s*(w+.02), big, z*L*.62),
                  big, .07, dark, F.pick(WHITE, METAL[0]))
    H = Lump((0, y, 0), vec(w, h, front), (.3, .3))
    if slot == 'head':
        way = F.pick('face', 'face', 'lamps')
        if kind == 'train': H = Lump((0, y+h*.8, 0), vec(w*.8, w*.8, front), (1., .3))
        if way == 'face' or kind == 'train':
            heads.eyes(F, H, c, .42, .25, u(.3, .45), F.pick('plain', 'large', 'lidded', 'bead'))
            heads.mouth(F, H, -.45, u(.3, .5))
        else:
            for s in (1, -1): heads.button(F, 'head', *H.front(s*.65, .1), .3*h, .3*h, .2*h, hexes('fff0a0')[0])
            F.add('head', block((0, y-.3*h, front), (w*.5, h*.2, .02)), dark)
        if F.maybe(.2):
            hats.headwear(F, Lump((0, y+h*2, cab[1]*L), vec(w*.6, h*.8, w*.6)), c, F.pick('top hat', 'cap', 'crown',
                'santa', 'wide'))
    F.add(slot, block((0, r*.9, front), (w*.95, h*.15, .04), edge=.6), METAL[0])
    return dict(seat=vec(0, y+h*.55, -.15*L), w=w)


def boat(F, slot='base'):
    u = F.u
    F.words.append('boat')
    L, w, h, c = u(.6, .95), u(.26, .4), u(.2, .34), F.pick(*WOOD, bright(F))
    P = [vec(0, h*.75, -L), vec(0, h*.5, -.6*L), vec(0, h*.45, 0), vec(0, h*.6, .6*L), vec(0, h*1.1, L)]
    F.add(slot, tube(P, [(w*.6, h*.4), (w*.95, h*.52), (w, h*.55), (w*.75, h*.5), (w*.1, h*.25)], 16, 16,
                     up=vec(0, 1, 0), square=.8), pattern(F, c, shade(c, .7), 'rings', .7))
    for s in (1, -1):
        F.add(slot, tube([p+vec(s*q, h*.45, 0) for p, q in zip(P, np.array([.5, .92, .98, .72, .05])*w)], [.035]*5, 7,
                         16), shade(c, .6))
    if F.maybe(.75):
        m = u(.9, 1.4)
        F.add(slot, tube([(0, h*.5, 0), (0, h+m, 0)], [.035, .025], 8), WOOD[2])
        x = np.linspace(-1, 1, 7)
        wide, bow = w*u(1.2, 1.9), u(.1, .3)
        X = np.stack([np.stack([x*wide*(1-.25*t), np.full(7, h+m*(.25+.65*t)), bow*(1-x*x)*(1-(2*t-1)**2)+.04], 1)
                      for t in np.linspace(0, 1, 6)])
        from .shapes import sheet
        F.add('back' if slot == 'head' else slot, sheet(X, .03), maybe_pattern(F, F.pick(WHITE, bright(F)), bright(F),
            .5, 1.))
        F.add(slot, plate(np.array([(0, 0), (.25, .06), (0, .14)]), .02, (0, h+m, 0)), bright(F))
    if slot == 'head':
        H = Lump((0, h*.6, .3*L), vec(w*.8, h*.55, .62*L))
        heads.eyes(F, H, c, .5, .3, u(.4, .55))
        heads.mouth(F, H, -.35, .35)
    return dict(seat=vec(0, h*.95, -.3*L), w=w)


def vehicle(F): car(F) if F.maybe(.72) else boat(F, 'head') if F.maybe(.6) else plane(F)


def plane(F, slot='head'):
    u = F.u
    F.words.append('plane')
    L, r, c, e = u(.6, .9), u(.14, .24), bright(F), bright(F)
    F.add(slot, tube([(0, .4, -L), (0, .35, -.5*L), (0, .3, .2*L), (0, .3, .8*L)], np.array([.25, .6, 1., .8])*r, 16,
                     14), maybe_pattern(F, c, e, .4, 1., ('rings', 'gradient', 'patches')))
    span, decks, c2 = u(.6, 1.), F.pick((.28,), (.2, .2+2.4*r)), F.pick(c, e)
    for s in (1, -1):
        slot_w = 'base' if slot == 'base' else 'arm_left' if s > 0 else 'arm_right'
        for y in decks:
            F.add(slot_w, plate(np.array([(0, -.5), (.9, -.4), (1, -.1), (.9, .2), (0, .45)])*vec(s*span, r*1.6), .06,
                                (0, y, .15*L), axes((0, 0, 1), (0, -1, 0)), .3), c2)
        F.add('back' if slot == 'head' else slot, plate(np.array([(0, -.4), (.8, -.4), (.7, .2), (0, .4)])*vec(s*r*2,
            r*1.2), .04, (0, .42, -.9*L), axes((0, 0, 1), (0, -1, 0)), .3), e)
    F.add('back' if slot == 'head' else slot, plate(np.array([(-.5, 0), (.4, 0), (-.2, 1), (-.6, 1)])*r*1.8, .05,
                                                    (0, .42, -.9*L), turn(-np.pi/2)), e)
    for a in (0, 1.57, 3.14, 4.71):
        F.add(slot, lump(vec(np.cos(a)*.2, .3+np.sin(a)*.2, .8*L+r*.85), (.2, .035, .015), turn(0, 0, a), detail=7),
              WOOD[2])
    F.add(slot, lump((0, .3, .8*L+r*.9), (.06, .06, .08), detail=8), METAL[0])
    if slot == 'head':
        H = Lump((0, .32, .45*L), vec(r, r*.95, .4*L))
        heads.eyes(F, H, c, .5, .45, u(.3, .45))
        heads.mouth(F, H, -.4, .4, 'smile')
    for s in (1, -1):
        wheel(
            F,
            'base' if slot == 'base' else 'leg_left' if s > 0 else 'leg_right',
            vec(s*r*1.1, .06, .35*L),
            .09,
            .04,
            BLACK,
            METAL[0],
        )
    return dict(seat=vec(0, .3+r*.5, -.05*L), w=r*1.3)


def driver(F):
    """Somebody in a car, boat, plane, on a broom, a cloud or a scooter: the thing is base."""
    F.words.append('driver')
    way = F.pick('car', 'car', 'boat', 'plane', 'cloud', 'ball', 'board')
    with F.at(slot='base'):
        if way == 'car': m = car(F, 'base', True)
        elif way == 'boat': m = boat(F)
        elif way == 'plane': m = plane(F, 'base')
        else:
            m = dict(seat=vec(0, .25, 0), w=.3)
            c = bright(F)
            if way == 'cloud':
                for i in range(7):
                    F.add('base', lump((np.sin(i*.9)*.3, .1+.05*np.sin(i*2), np.cos(i*.9)*.22), (F.u(.16, .26),)*3,
                                       detail=9), WHITE)
            if way == 'ball': F.add('base', lump((0, 0, 0), (.3,)*3, detail=16), pattern(F, c, bright(F), None, .8))
            if way == 'board':
                m['seat'] = vec(0, .12, 0)
                F.add('base', tube([(0, .16, -.5), (0, .1, -.35), (0, .1, .35), (0, .16, .5)], [(.14, .02)]*4, 12, 14,
                                   up=vec(0, 1, 0)), c)
                for s in (1, -1):
                    for z in (1, -1): wheel(F, 'base', vec(s*.1, .03, z*.32), .05, .03, BLACK, WHITE)
    mark, size = len(F.pieces), m['w']/.17*F.u(.8, 1.1)
    stand = way in ('board', 'ball', 'cloud') and F.maybe(.7) or way == 'boat' and F.maybe(.4)
    with F.at(m['seat'], None, size*(.8 if stand else 1)):
        body = humanoid.person(F, F.pick('chibi', 'toon', 'doll'), F.pick('crouch', 'stand', 'lunge', 'straddle')
                               if stand else 'chair', F.pick('forward', 'hold', None))
    if not stand: F.moved(mark, vec(0, -(body.hip[1]-body.b.leg_r)*size, 0))
