"""Round beings and things with a face: blobs, monsters, snowmen, mushrooms, ghosts, trees, chess pieces, pots."""
import numpy as np
from . import hats, heads, items, props
from .humanoid import back, rub
from .paint import BLACK, BONE, SCALE, WHITE, WOOD, belly, bright, hexes, maybe_pattern, mix, pattern, shade
from .shapes import Lump, axes, block, cone, hoop, lathe, lump, tube, turn, unit, vec, wavy


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
        if F.maybe(.2):
            items.item(F, 'item_left' if s > 0 else 'item_right', h+d*w*.6, unit(vec(s*.3, 1, .3)), vec(0, 0, 1),
                       r*F.u(.9, 1.6), s)


def many_eyes(F, H, skin):
    way = F.pick('pair', 'pair', 'cyclops', 'three', 'many', 'stalks')
    if way == 'pair': return heads.face(F, H, skin)
    r = min(H.r[:2])
    places = dict(cyclops=[(0, .15)], three=[(-.4, .1), (.4, .1), (0, .45)],
                  many=[(F.u(-.6, .6), F.u(-.1, .7)) for _ in range(6)], stalks=[(-.4, .8), (.4, .8)])[way]
    kind, iris, size = F.pick('plain', 'large', 'slit', 'lidded'), F.pick(*heads.IRIS), dict(cyclops=F.u(.3, .5),
        three=.2, many=.14, stalks=.2)[way]
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
        for i in range(7):
            F.add('head', lump(vec(np.sin(i*.9)*r[0]*.85, .07, np.cos(i*.9)*r[2]*.85), (r[0]*u(.25, .4), u(.06, .12),
                r[0]*u(.25, .4)), detail=8), skin)
    on_top(F, H, skin)
    if F.maybe(.25):
        places = [H.at(0, np.cos(a), -np.sin(a)) for a in np.linspace(.2, 1.9, 6)]
        heads.spikes(F, 'back', places, r[0]*u(.2, .45), F.pick(BONE, bright(F), shade(skin, .6)), F.maybe(.4))
    if F.maybe(.3):
        back(F, F.pick('wings', 'tail', 'wings', 'cape'), H.c+vec(0, r[1]*.25, 0), H.c-vec(0, r[1]*.7, 0), r[0]*.7,
             r[2]*.9, .1)
    if F.maybe(.1):  # more arms
        for s in (1, -1):
            for y in (-.35, .35):
                a, n = H.at(s, y, 0)
                F.add('arm_left' if s > 0 else 'arm_right',
                      tube([a, a+vec(s*.2, -.05, .05), a+vec(s*.3, u(-.1, .25), .15)], [.05, .05, .06], 9, 9), skin)


def on_top(F, H, skin):
    way = F.pick('hat', 'ears', 'horns', 'hair', 'none', 'none', 'sprout')
    if way == 'hat': hats.headwear(F, H, F.pick(bright(F), BLACK))
    if way == 'ears': heads.animal_ears(F, H, F.pick('cat', 'rabbit', 'bear', 'mouse', 'floppy', 'fox'), skin)
    if way == 'horns': heads.horns(F, H)
    if way == 'hair':
        hats.haircut(F, H, bright(F), F.pick('spiky', 'tufts', 'mohawk', 'flame', 'curls', 'quiff', 'bald'))
    if way == 'sprout':
        p, _ = H.at(0, 1, 0)
        k = H.r[0]
        F.add('hair', tube([p, p+vec(0, .4*k, 0)], [.06*k]*2, 7), hexes('3f9a4a')[0])
        for s in (1, -1):
            F.add('hair', lump(p+vec(s*.25*k, .48*k, 0), (.28*k, .06*k, .14*k), turn(0, 0, s*.4), detail=8),
                  hexes('5ab848')[0])


def snowman(F):
    u = F.u
    F.words.append('snowman')
    white, c = F.pick(WHITE, hexes('e8f0f8')[0]), bright(F)
    r0, n = u(.3, .42), F.pick(2, 3, 3)
    y, r = 0, r0
    for i in range(n):
        k = r*F.u(.9, 1.05)
        y += k*.88
        last = i == n-1
        H = Lump(vec(0, y, 0), vec(r*u(.95, 1.1), k, r))
        F.add('head' if last else 'torso', H.mesh(15), white)
        if not last:
            for j in range(3): heads.button(F, 'torso', *H.front(0, -.3+.35*j), .07*r0, .07*r0, .05*r0, BLACK)
            if i == n-2:
                for s in (1, -1):
                    a = H.at(s, .25, .1)[0]
                    b = a+vec(s*u(.8, 1.2), u(-.2, .8), u(0, .4))*r0
                    slot = 'arm_left' if s > 0 else 'arm_right'
                    F.add(slot, tube([a-vec(s*.1, 0, 0), rub(a, b, .5)+vec(0, .06, 0), b], [.035*u(.8, 1.4)]*2+[.025],
                                     8, 9), WOOD[2])
                    for q in (-.5, .5):
                        F.add(
                            slot, cone(b-.15*(b-a), b+turn(0, 0, q)@(b-a)*.25, .022, .01, 6), WOOD[2]
                        )
                    if F.maybe(.25):
                        items.item(
                            F, 'item_left' if s > 0 else 'item_right', b, vec(0, 1, 0.2), vec(0, 0, 1), r0*1.6, s
                        )
            y += k*.6
            r *= u(.66, .82)
    F.add('torso', hoop(H.c-vec(0, H.r[1]*.85, 0), H.r[0]*.72, H.r[2]*.72, .17*H.r[0], None, 18, 8), c)
    F.add('torso', tube([H.c+vec(.4*r, -.9*r, .6*r), H.c+vec(.5*r, -1.4*r, .9*r), H.c+vec(.45*r, -2*r, .95*r)],
                        [(.15*r, .06*r), (.2*r, .06*r), (.2*r, .05*r)], 8, 8), c)
    heads.eyes(F, H, white, .35, .2, u(.12, .2), F.pick('bead', 'plain'))
    p, m = H.front(0, -.05)
    F.add('head', cone(p-m*.1*r, p+m*r*u(.5, 1.), .15*r, .02*r), hexes('f08020')[0])
    heads.mouth(F, H, -.45, u(.3, .5), 'smile')
    hats.headwear(F, H, bright(F), F.pick('top hat', 'beanie', 'santa', 'bucket', 'wizard', 'crown', 'headphones',
                                          'cap'))


def mushroom(F):
    u = F.u
    F.words.append('mushroom')
    stem, cap = F.pick(hexes('f0e2c8')[0], WHITE, mix(bright(F), WHITE, .6)), F.pick(hexes('d0312d')[0], bright(F))
    h, r, w = u(.4, .8), u(.16, .32), u(.4, .62)
    ground = u(.03, .15)
    H = Lump(vec(0, ground+h*.5, 0), vec(r, h*.55, r), (.8, 1.))
    F.add('head', H.mesh(15, taper=u(-.1, .3)), stem)
    top, droop = ground+h*.9, u(-.05, .15)
    tall = u(.25, .7)
    F.add('hair', lathe([(r*.8, top), (w*.9, top-droop*.8), (w, top-droop+.05), (w*.8, top+tall*.5),
                         (w*.45, top+tall*.88), (.01, top+tall)], (0, 0, 0), turn(0, u(-.15, .15), u(-.15, .15)), 24,
                         14), cap)
    for i in range(F.pick(0, 8, 14)):
        t, a = np.arccos(1-(i+.7)/15), i*2.4
        p = vec(np.sin(t)*np.sin(a)*w*.93, top+np.cos(t)*tall*.96, np.sin(t)*np.cos(a)*w*.93)
        F.add('hair', lump(p, np.array([.1, .1, .05])*w*u(.7, 1.3), heads.facing(vec(p[0], (p[1]-top)*1.2+.05, p[2])),
                           detail=6), WHITE)
    heads.face(F, H, stem)
    stub_limbs(F, H, F.pick(stem, cap), 0, F.maybe(.6))
    if F.maybe(.2): F.add('torso', hoop(H.c-vec(0, h*.25, 0), r, r, .05, None, 18, 6, 1.5), bright(F))


def ghost(F):
    """Sheets that float, wisps and flames."""
    u = F.u
    F.words.append('ghost')
    skin = F.pick(WHITE, WHITE, mix(bright(F), WHITE, .6), hexes('2a2a34')[0])
    r, h, n, k = u(.3, .42), u(.5, .9), F.pick(5, 6, 8), u(.05, .16)
    cols = 28
    a = (np.arange(cols)+.5)*2*np.pi/cols
    X, flare, lean = [], u(-.1, .5), u(-.2, .2)
    for t in np.linspace(0, 1, 12):
        y = h*(1-t*1.6) if t < .62 else 0
        if t < .35: q, y = np.sin(t/.35*np.pi/2)*.98+.02, h+r*np.cos(t/.35*np.pi/2)
        else: q, y = 1+flare*(t-.35)+k*(t-.35)*np.cos(a*n), h*(1-(t-.35)/.65)+.12*(t > .95)*np.cos(a*n)
        X.append(np.stack([np.sin(a)*r*q+lean*(t*t), y+0*a, np.cos(a)*r*q*.9-.2*t*t*abs(lean)], 1))
    from .shapes import rings

    F.add(
        'head',
        rings(np.array(X), vec(0, h+r, 0), vec(lean, h*.25, 0)),
        pattern(F, skin, shade(skin, 0.7), 'gradient') if F.maybe(0.4) else skin,
    )
    H = Lump(vec(0, h, 0), vec(r, r, r*.9))
    many_eyes(F, H, skin) if F.maybe(.5) else (heads.eyes(F, H, skin, u(.3, .45), .1, u(.2, .34),
                                                          F.pick('bead', 'glow', 'large')),
                                                          heads.mouth(F, H, -.35, u(.15, .4),
                                        F.pick('o', 'open', 'smile', 'grin')))
    for s in (1, -1):
        if F.maybe(.75):
            p = vec(s*r*.9, h*u(.6, .85), .1*r)
            q = p+vec(s*u(.1, .3), u(-.1, .3), u(.05, .25))
            F.add('arm_left' if s > 0 else 'arm_right', tube([p-vec(s*.1, 0, 0), rub(p, q, .5), q], [.11, .1, .07], 11,
                                                             9), skin)
            if F.maybe(.3):
                items.item(F, 'item_left' if s > 0 else 'item_right', q, unit(vec(s*.3, 1, .2)), vec(0, 0, 1),
                           u(.4, .7), s)
    if F.maybe(.4): on_top(F, H, skin)


def tree(F):
    """Trees, cacti and flowers with a face."""
    u, kind = F.u, F.pick('tree', 'tree', 'cactus', 'flower', 'pine', 'pumpkin')
    F.words.append(kind+' with a face')
    bark, green = F.pick(*WOOD), F.pick(*hexes('3f8a3a 5aa848 2a6a3a 7ab040 d89030 e0a0b8'))
    if kind == 'pumpkin': return pumpkin(F)
    if kind == 'cactus': bark = green = F.pick(*hexes('4a9a4a 3a7a50 6ab060'))
    h, r = u(.5, 1.), u(.14, .26)
    if kind == 'flower': bark, r = hexes('4a9a40')[0], .07
    H = Lump(vec(0, h*.6, 0), vec(r, h*.35, r))
    coat = pattern(F, bark, shade(bark, .75), F.pick('rings', 'stripes', 'speckle'), .6) if kind != 'flower' else bark
    F.add('torso' if kind == 'flower' else 'head', tube([vec(0, 0, 0), vec(0, .3*h, 0), vec(u(-.04, .04), .7*h, 0),
                                                         vec(0, h, 0)], [r*u(1, 1.5), r, r*.95,
                                        r*(.8 if kind != 'cactus' else .9)], 15, 12), coat)
    if kind in ('tree', 'pine'):
        for i in range(5):
            a = i*1.257+.3
            p = vec(np.sin(a), 0, np.cos(a))*r
            F.add('leg_left' if p[0] > 0 else 'leg_right',
                  tube([p*.7+vec(0, .15*h, 0), p*1.5+vec(0, .05, 0), p*2.3+vec(0, .01, 0)], [r*.4, r*.3, r*.08], 8, 8),
                  bark)
    if kind == 'tree':
        c = vec(0, h*1.2, 0)
        for i in range(F.pick(1, 5, 8)):
            d = vec(np.sin(i*2.4)*.55, u(-.1, .35), np.cos(i*2.4)*.55)*(i > 0)*r*3
            V, T = lump(c+d, np.array([1, .8, 1])*r*u(1.2, 1.9)*(1.25 if i == 0 else .8), detail=12)
            F.add('hair', (V+.12*r*np.sin(V*7/r/2+i)[:, [1, 2, 0]], T), shade(green, u(.85, 1.1)))
    if kind == 'pine':
        for i in range(F.pick(3, 4)):
            F.add('hair', lathe([(.05, 0), (r*(3.4-.7*i), -.02), (r*(3.2-.7*i), .04), (.02, .5*h)],
                                vec(0, h*(.85+.25*i), 0), cols=18), shade(green, 1-.07*i))
    if kind == 'flower':
        c, n, k = bright(F), F.pick(6, 8, 11), u(.24, .34)
        H = Lump(vec(0, h+k*.5, .05), vec(k, k, .12))
        F.add('head', H.mesh(14), F.pick(hexes('f5cf3a')[0], WOOD[1], mix(c, WHITE, .5)))
        for i in range(n):
            a = i*2*np.pi/n
            F.add('hair', lump(H.c+vec(np.cos(a), np.sin(a), -.15)*k*1.25, (k*.62, k*.34, .06), turn(0, 0, a),
                               detail=8), c)
        for s in (1, -1):
            F.add('arm_left' if s > 0 else 'arm_right',
                  tube([vec(0, .3*h, 0), vec(s*.2, .4*h, .02), vec(s*.4, u(.3, .7)*h, .05)],
                       [(.03, .03), (.1, .03), (.02, .01)], 9, 8), bark)
    heads.face(F, H, bark)
    if kind != 'flower':
        for s in (1, -1):
            p = vec(s*r*.9, h*u(.45, .7), 0)
            q = p+vec(s*u(.2, .4), u(-.1, .2) if kind != 'cactus' else .05, .05)
            e = q+vec(s*u(-.05, .15), u(.1, .35), u(0, .15))
            slot = 'arm_left' if s > 0 else 'arm_right'
            w = r*(.5 if kind == 'cactus' else .28)
            F.add(slot, tube([p-vec(s*.1, 0, 0), q, e], [w*1.1, w, w*.8], 11, 10), coat)
            if kind != 'cactus':
                for d in (-.5, .5):
                    F.add(slot, cone(rub(q, e, .8), e+turn(0, 0, d)@vec(0, .12, .03), w*.5, w*.2, 6), bark)
    if kind == 'cactus':
        for i in range(30):
            a, y = i*2.4, h*(.1+.9*(i/30))
            p = vec(np.sin(a)*r, y, np.cos(a)*r)
            F.add('back', cone(p*vec(.95, 1, .95), p*vec(1.25, 1, 1.25), .012, .002, 5), WHITE)
        if F.maybe(.6): F.add('hair', lump((0, h*1.08, 0), (.09, .06, .09), detail=8), hexes('f070a0')[0])
    if F.maybe(.4) or kind == 'flower': props.plinth(F, 0, 0, .35, .35)


def pumpkin(F):
    c, r = F.pick(hexes('f08a24')[0], bright(F)), F.u(.4, .55)
    n = F.pick(8, 10)
    V, T = lump((0, r*.75, 0), (r, r*F.u(.65, .9), r), detail=22)
    k = 1-.09*np.abs(np.sin(np.arctan2(V[:, :1], V[:, 2:])*n/2))**.7
    F.add('head', (V*np.concatenate([k, 1+0*k, k], 1), T), c)
    F.add(
        'hair',
        tube([(0, r*1.3, 0), (.03, r*1.55, 0), (.12, r*1.7, .03)], [.07, .05, .06], 8, 8),
        hexes('4a7a30')[0],
    )
    H = Lump((0, r*.75, 0), vec(r*.97, r*.7, r*.97))
    heads.eyes(F, H, c, .4, .2, .2, F.pick('glow', 'plain', 'bead'), hexes('ffe060')[0])
    heads.mouth(F, H, -.3, .5, F.pick('grin', 'teeth', 'smile'))
    if F.maybe(.6): stub_limbs(F, H, F.pick(hexes('4a7a30')[0], BLACK), -.25)
    if F.maybe(.3): hats.headwear(F, Lump((0, r*.9, 0), H.r*.7), c, F.pick('wizard', 'top hat'))


def chess(F):
    """Chess men, skittles, nesting dolls, vases and bells: turned on a lathe, some with a face."""
    u, kind = F.u, F.pick('pawn', 'rook', 'knight', 'bishop', 'queen', 'king', 'skittle', 'doll', 'bell', 'vase')
    F.words.append(kind)
    c = F.pick(WOOD[3], WOOD[2], WHITE, BLACK, BONE, bright(F))
    second = F.pick(shade(c, .6), bright(F), hexes('d9a62e')[0])
    h, r = u(.55, 1.1), u(.22, .36)
    rough = lambda *p: np.array(p)*vec(r, h)
    if kind in ('skittle', 'doll', 'bell', 'vase'): return turned(F, kind, c, second, h, r)
    F.add('base', lathe(rough((1.1, 0), (1.15, .04), (1.1, .1), (.85, .14), (.8, .2)), cols=24), F.pick(c, second))
    w = u(.35, .55)
    F.add('torso', lathe(rough((.8, .18), (w*1.2, .35), (w, .6), (w*.9, .8), (w*1.3, .88), (w*1.4, .93), (w*.8, .96)),
                         cols=22, rows=14), maybe_pattern(F, c, second, .2, .7, ('rings', 'gradient')))
    if F.maybe(.7): F.add('torso', hoop((0, .88*h, 0), w*1.25*r, w*1.25*r, .06*r, None, 20, 7), second)
    k = r*u(.55, .85)
    H = Lump((0, h*.92+k*.8, 0), vec(k, k, k))
    if kind == 'knight':
        with F.at((0, h*.8, 0)):
            F.add('head', tube([(0, 0, 0), (0, .25, -.06), (0, .5, 0), (0, .55, .12)],
                               np.array([(.55, .7), (.45, .75), (.4, .6), (.35, .5)])*r, 13, 12, up=vec(0, 0, 1)), c)
            F.add('head', tube([(0, .52, .05), (0, .45, .25), (0, .36, .38)], np.array([.4, .32, .24])*r, 12, 9), c)
            for s in (1, -1):
                F.add('hair', cone((s*.2*r, .6, 0), (s*.25*r, .78, -.02), .12*r, .02*r, 7), c)
                heads.eye(F, vec(s*.38*r, .52, .14), vec(s, .2, .5), .11*r, F.pick('bead', 'plain'), BLACK, c, s)
            for i in range(6):
                F.add('hair', lump((0, .58-.09*i, -.14-.02*i), (.1*r, .24*r, .2*r), turn(0, -.4), detail=7), second)
        return
    if kind == 'rook':
        F.add('head', lathe(rough((w*1.1, 0.9), (w*1.6, 1.02), (w*1.6, 1.25), (w*1.2, 1.25)), cols=22), c)
    if kind == 'rook':
        for i in range(6):
            F.add('hair', block((np.sin(i*1.047)*w*1.4*r, h*1.28, np.cos(i*1.047)*w*1.4*r), (.17*r, .07*h, .17*r),
                                turn(i*1.047)), F.pick(c, second))
        H = Lump((0, h*1.12, 0), vec(w*1.6*r, .12*h, w*1.6*r), (.3, 1.))
    else: F.add('head', H.mesh(14) if kind != 'bishop' else H.mesh(14, taper=.5), c)
    top = H.c+vec(0, H.r[1], 0)
    if kind == 'bishop': F.add('hair', lump(top, (.18*k,)*3, detail=8), second)
    if kind == 'queen': hats.headwear(F, H, second, 'crown')
    if kind == 'king':
        F.add('hair', block(top+vec(0, .4*k, 0), (.12*k, .5*k, .12*k)), second)
        F.add('hair', block(top+vec(0, .5*k, 0), (.38*k, .12*k, .12*k)), second)
    if F.maybe(.5): heads.face(F, H, c)


def turned(F, kind, c, second, h, r):
    coat = maybe_pattern(F, c, second, .6, .8, ('rings', 'half', 'gradient', 'patches', 'spots'))
    at = lambda p: np.array(p)*vec(r, h)
    if kind == 'skittle':
        F.add('torso', lathe(at([(.6, 0), (.9, .2), (1, .4), (.5, .75), (.4, .85)]), cols=24, rows=14), coat)
        H = Lump((0, h*.98, 0), vec(r*.55, r*.6, r*.55))
        F.add('head', H.mesh(14), F.pick(c, hexes('f0c09a')[0]))
        F.add('torso', hoop((0, h*.83, 0), r*.42, r*.42, .06*r, None, 18, 6), second)
    elif kind == 'doll':
        skin = hexes('f5c9a6')[0]
        F.add('torso', lathe(at([(.8, 0), (1, .1), (1.05, .4), (.75, .7), (.6, .75)]), cols=24, rows=12), coat)
        H = Lump((0, h*.88, 0), vec(r*.72, r*.75, r*.7))
        F.add('head', H.mesh(14), skin)
        F.add('hair', hats.scalp(H, lambda t: .9+min(max(t-.5, 0)*3, 1.5), 1.1), second)
        p = vec(0, h*.35, r*1.)
        for i in range(5):
            F.add('torso', lump(p+vec(np.cos(i*1.257), np.sin(i*1.257), 0)*.2*r, (.18*r, .18*r, .06*r), detail=6),
                  WHITE)
    else:
        profile = dict(bell=[(1.1, 0), (1, .1), (.75, .5), (.6, .8), (.2, .95), (.05, 1)],
                       vase=[(.5, 0), (.9, .2), (1.05, .45), (.7, .75), (.45, .9), (.65, 1.05), (.5, 1.05)])[kind]
        F.add('head', lathe(at(profile), cols=26, rows=18), coat)
        H = Lump((0, h*.45, 0), vec(r*.85 if kind == 'bell' else r*1.03, h*.4, r*.85 if kind == 'bell' else r*1.03))
        F.add('hair', hoop((0, h*1.02, 0), .2*r, .2*r, .05*r, axes((0, 0, 1), (0, -1, 0)), 14, 7) if kind == 'bell'
              else lump((0, h*1.05, 0), (.5*r, .04*h, .5*r)), second)
        if kind == 'vase' and F.maybe(.6):
            for s in (1, -1):
                F.add('arm_left' if s > 0 else 'arm_right',
                      tube([(s*.6*r, .85*h, 0), (s*1.3*r, .75*h, 0), (s*1.0*r, .4*h, 0)], [.09*r]*3, 8, 12), c)
    heads.face(F, H, c)
    if F.maybe(.3): hats.headwear(F, H, second)


def pot(F):
    """Teapots, cups and lamps with a face: things of revolution with a handle and a spout, on short legs."""
    u = F.u
    F.words.append('teapot')
    c, second, r = bright(F), bright(F), u(.3, .45)
    h = r*u(.8, 1.5)
    g = u(.03, .2)
    F.add('head', lathe([(r*.5, g), (r*.95, g+.25*h), (r, g+.55*h), (r*.7, g+.9*h), (r*.45, g+h)], cols=26, rows=16),
          maybe_pattern(F, c, second, .5, .9))
    F.add('hair', lathe([(r*.5, g+h*.97), (r*.45, g+h*1.1), (.06, g+h*1.2), (.08, g+h*1.27), (.02, g+h*1.35)], cols=20,
                        rows=10), second)
    s = F.pick(1, -1)
    y = g+.5*h
    F.add('arm_left' if s > 0 else 'arm_right', tube([(s*r*.8, y-.1, 0), (s*r*1.3, y, 0), (s*r*1.6, y+.25*h, 0),
                                                      (s*r*1.85, y+.5*h, 0)], [r*.25, r*.18, r*.12, r*.13], 11, 12,
                                                      ends=(1, .1)), c)
    F.add('arm_right' if s > 0 else 'arm_left',
          tube([(-s*r*.85, y+.3*h, 0), (-s*r*1.5, y+.35*h, 0), (-s*r*1.5, y-.2*h, 0), (-s*r*.85, y-.2*h, 0)], [r*.1]*4,
               9, 14), c)
    H = Lump((0, g+.5*h, 0), vec(r, h*.5, r))
    heads.face(F, H, c)
    if g > .08: stub_limbs(F, Lump(H.c, H.r*vec(.9, 1, .9)), F.pick(c, second), 0, False)


def bat(F):
    """Bats, imps and other little fliers: a round body between two wings of skin."""
    u = F.u
    F.words.append('bat')
    skin = F.pick(bright(F), *hexes('3a2a3a 4a3028 5a5a60 7a3a8a c03030'))
    r = vec(u(.16, .26), u(.18, .32), u(.15, .25))
    H = Lump(vec(0, 0, 0), r)
    F.add('head', H.mesh(14), belly(skin, mix(skin, WHITE, .4), front=True) if F.maybe(.5) else skin)
    heads.eyes(F, H, skin, u(.35, .5), u(.1, .3), u(.2, .34), F.pick('glow', 'plain', 'large', 'bead', 'slit'))
    heads.mouth(F, H, -.3, u(.25, .5), F.pick('fangs', 'fangs', 'grin', 'smile', 'open'))
    if F.maybe(.5): heads.nose(F, H, -.05, skin, F.pick('small', 'ball'))
    heads.animal_ears(F, H, F.pick('cat', 'fox', 'rabbit', 'mouse'), skin) if F.maybe(.75) else heads.horns(F, H)
    span, up, sweep, n, c = u(.5, .9), u(-.4, .9), u(-.2, .6), F.pick(2, 3), F.pick(skin, shade(skin, .6), bright(F))
    for s in (1, -1):
        props.bat_wing(F, vec(s*.7*r[0], .1*r[1], -.2*r[2]), s, span, up, sweep, c, shade(skin, .7), fingers=n)
    for s in (1, -1):
        a = vec(s*.45*r[0], -.85*r[1], 0)
        F.add('leg_left' if s > 0 else 'leg_right', tube([a+vec(0, .05, 0), a-vec(0, u(.04, .14), -.02)], [.04, .03],
                                                         8), skin)
        for q in (-1, 0, 1):
            F.add(
                'leg_left' if s > 0 else 'leg_right',
                cone(a-vec(0, .09, -.02), a-vec(-.025*q, .13, -.09), .018, .004, 5),
                BONE,
            )
    if F.maybe(.4):
        F.add('back', tube([vec(0, -.5*r[1], -.8*r[2]), vec(0, -.9*r[1], -1.6*r[2]), vec(u(-.2, .2), -u(0, 1.5)*r[1],
            -2.4*r[2])], [.05, .035, .02], 8, 10), skin)
    if F.maybe(.2):
        items.item(F, 'item_left', vec(r[0], -.2*r[1], r[2]*.6), vec(.2, 1, .3), vec(0, 0, 1), u(.4, .6), 1,
                   F.pick('fork', 'spear', 'wand', 'torch'))
