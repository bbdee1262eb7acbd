"""Bodies: people, plush people and robots, four-legged animals, round creatures, crawlers, dinosaurs.

Each returns the head's share of the height, the torso's half width and depth, and the points of hip and chest.
"""
import math
import numpy as np
from data import primitives as pr
from data.grammar.builder import ARM, FANTASY, HAIR, HAIRS, HEAD, LEATHER, LEGS, METAL, SKIN, TORSO, V, facing, rgb
from data.grammar.heads import ears, face, haircut, headwear, horns
from data.grammar.props import back, item, tail


def humanoid(F, robot=False):
    u, style = F.u, F.pick('chibi', 'chibi', 'toon', 'toon', 'real')
    style = F.style or style
    hs = dict(chibi=u(.34, .52), toon=u(.23, .34), real=u(.14, .19))[style]  # head height, of a total of about 1
    leg, tor = (1-hs)*u(.4, .56), 0
    tor = 1-hs-leg
    wide = u(.8, 1.35)
    w = (.5*tor+.05)*u(.42, .6)*wide*(1.15 if style == 'chibi' else 1)
    d = w*u(.6, .85)*(1.1 if wide > 1.1 else 1)
    skin = rgb(F.r.choice(SKIN)) if F.maybe(.8) else rgb(F.r.choice(FANTASY))
    if robot: skin = F.cloth()*.6+.3
    hair, top, bottom, shoe = (
        rgb(F.r.choice(HAIRS)),
        F.cloth(),
        F.cloth(),
        F.pick(rgb('#2a2220'), rgb(LEATHER), F.cloth()),
    )
    dress = '' if robot else F.r.choices(['', 'suit', 'plush'], [78, 11, 11])[0]
    if dress == 'suit': bottom = top  # space suits, overalls: one piece, and boots and gloves of one colour
    if dress == 'plush':  # an upright toy animal: fur all over
        skin = F.pick(F.cloth(), rgb(F.r.choice(HAIRS[:8])), rgb('#c88a4a'))
        top = bottom = shoe = skin
    if dress: F.words.append(dict(suit='space suit', plush='plush animal')[dress])
    F.words += [style, 'robot' if robot else 'person']
    hip, chest = V(0, leg, 0), V(0, leg+tor*u(.78, .9), 0)
    robe = not robot and not dress and F.maybe(.22)
    # torso
    tp = F.pattern(.35)
    if robot or F.maybe(.12):
        F.box(TORSO, (hip+chest)/2+V(0, tor*.06, 0), V(w*1.02, tor*.5, d*.95), top, rd=u(.01, .08), **tp)
        if F.maybe(.7): F.paint(TORSO, (hip+chest)/2+V(0, tor*.1, d), V(w*u(.3, .6), tor*u(.15, .3), d*.3), F.cloth())
    else:
        F.limb(TORSO, hip+V(0, .02, 0), chest-V(0, w*.45, 0), w*u(.72, 1.02), w*u(.8, 1.), top, k=.04, **tp)
        F.ball(TORSO, chest-V(0, w*.25, 0), V(w*1.08, w*.55, d*.9), top, k=.05, **tp)
        if wide > 1.1 or F.maybe(.15):
            F.ball(
                TORSO,
                (hip*.6+chest*.4)+V(0, 0, d*.2),
                V(w*1.05, tor*.42, d*1.1),
                top,
                k=.05,
                **tp,
            )
    if dress == 'plush' and F.maybe(0.7):
        F.paint(
            TORSO,
            (hip+chest)/2+V(0, 0, d*.9),
            V(w*u(.5, .75), tor*u(.35, .5), d*.6),
            F.pick('#f8f4e8', '#ffffff', skin*0.6+0.4),
        )
    if not dress and F.maybe(.4):  # jacket: an open front in another colour
        F.add(
            TORSO,
            pr.BOX,
            (hip+chest)/2+V(0, 0, d),
            [w*u(.12, .35), tor, d*.7, 0],
            F.cloth() if F.maybe(0.7) else '#f2f2ee',
            op=pr.PAINT,
        )
    if F.maybe(.45):
        belt = F.cloth() if F.maybe(.4) else rgb(LEATHER)
        F.disk(TORSO, hip+V(0, tor*.14, 0), tor*.06, w*1.02, w*1.02, belt, k=0)
        if F.maybe(.6):
            F.box(
                TORSO,
                hip+V(0, tor*.14, w*1.),
                V(w*.16, tor*.07, .015),
                F.pick('#d9a62e', '#b8bcc6'),
                k=0,
            )
    # apron or plate
    if F.maybe(.15): F.ball(TORSO, (hip+chest)/2+V(0, -.02, d*.55), V(w*.72, tor*.45, d*.55), F.cloth(), k=.01)
    if F.maybe(.15):  # scarf or collar
        F.ring(TORSO, chest+V(0, tor*.08, 0), w*.5, w*u(.14, .26), F.cloth(), k=.02)
    # legs
    sep, lr, stance = w*u(.45, .56), w*u(.3, .46), u(0, .28)*leg
    if robe:
        F.words.append('robe')
        c = top if F.maybe(.6) else bottom
        F.disk(
            LEGS,
            V(0, leg*.52, 0),
            leg*.5,
            w*u(1.1, 1.8),
            w*u(.75, .95),
            c,
            rd=.03,
            **(tp if c is top else F.pattern(.3)),
        )
        for s in (-1, 1): F.ball(LEGS, V(s*sep, .045, w*u(.7, 1)), V(lr*.9, .05, lr*1.2), shoe)
    else:
        cut = F.pick('long', 'long', 'shorts', 'boots', 'skirt')
        stride = u(-.25, .25)*leg if F.maybe(.35) else 0
        if dress: cut = 'boots' if dress == 'suit' else 'long'
        lp = tp if dress == 'plush' else F.pattern(.15)
        for s in (-1, 1):
            h, k, f = (
                V(s*sep, leg, 0),
                V(s*(sep+stance*.4), leg*.5, u(0, .05)+max(0, s*stride)*.6),
                V(s*(sep+stance*.7), .05, s*stride),
            )
            lower = skin if cut in ('shorts', 'skirt') else shoe if cut == 'boots' else bottom
            F.limb(
                LEGS,
                h,
                k,
                lr*u(1.05, 1.25),
                lr,
                skin if cut == 'skirt' else bottom,
                k=.02,
                **({} if cut == 'skirt' else lp),
            )
            F.limb(
                LEGS,
                k,
                f,
                lr*(1.08 if cut == 'boots' else 0.96),
                lr*u(0.7, 0.95)*(1.1 if cut == 'boots' else 1),
                lower,
                k=.01,
                **(lp if cut == 'long' else {}),
            )
            big = 1.25 if robot or F.maybe(.2) else 1
            if robot: F.box(LEGS, f+V(0, -.005, lr*.5), V(lr*1.2, .045, lr*1.7), shoe, rd=.02)
            else: F.ball(LEGS, f+V(0, -.01, lr*.55), V(lr*1.05*big, .055*big, lr*1.75*big), shoe, k=.01)
        if cut == 'skirt':
            F.words.append('skirt')
            F.disk(
                LEGS,
                V(0, leg*u(.78, .86), 0),
                leg*u(.18, .3),
                w*u(1.25, 1.9),
                w*.85,
                bottom,
                rd=.02,
                **F.pattern(.3),
            )
        else: F.ball(LEGS, hip-V(0, lr*.1, 0), V(w*.95, lr*1.1, d*.8), bottom, k=.04)
    # arms
    ar, sleeve, glove = w*u(.2, .34), F.pick('long', 'long', 'short', 'none'), F.pick(skin, skin, F.cloth())
    if dress: sleeve, glove = 'long', shoe
    n = tor*u(.42, .56)+.05
    pose = [F.pick('down', 'down', 'out', 'hold', 'up', 'hip', 'forward', 'tee')]
    pose.append(pose[0] if F.maybe(.5) else F.pick('down', 'out', 'hold', 'up', 'hip', 'forward'))
    arm_colour = top if dress or F.maybe(.8) else F.cloth()
    for s, p in zip((1, -1), pose):
        slot = ARM if s > 0 else ARM+1
        sh = chest+V(s*(w*1.02+ar*.35), -w*.22, 0)
        a = dict(
            down=(u(.05, .35), u(0, .2), u(-.1, .25)),
            out=(u(.5, .9), u(.5, .9), u(0, .3)),
            hold=(u(.1, .5), u(.3, .9), u(.8, 1.3)),
            up=(u(1.6, 2.3), u(2.2, 3), u(0, .3)),
            hip=(u(.6, .9), u(-.9, -.5), u(.1, .4)),
            forward=(u(.1, .3), u(0, .3), u(1.3, 1.7)),
            tee=(u(1.3, 1.6), u(1.3, 1.7), 0),
        )[p]
        f = a[2]
        dirn = lambda t, f: V(s*math.sin(t), -math.cos(t)*math.cos(f), math.sin(f)*max(.3, abs(math.cos(t))))
        d1, d2 = dirn(a[0], f*.35), dirn(a[1], f)
        e = sh+d1/np.linalg.norm(d1)*n
        h = e+d2/np.linalg.norm(d2)*n*.95
        F.limb(slot, sh, e, ar*u(1.1, 1.3), ar, skin if sleeve == 'none' else arm_colour, k=.02)
        F.limb(
            slot,
            e,
            h,
            ar*(1.15 if sleeve == 'long' and robe else 0.98),
            ar*(u(1.2, 1.7) if sleeve == 'long' and robe else 0.85),
            arm_colour if sleeve == 'long' else skin,
            k=.02,
        )
        hr = ar*u(1., 1.3)
        if robot: F.box(slot, h+d2*.04, V(hr*.9, hr*1.1, hr*.9), glove, rd=.02)
        else: F.ball(slot, h+d2/np.linalg.norm(d2)*hr*.7, V(hr*.95, hr*1.15, hr), glove, k=.01)
        if F.maybe(.12):
            F.ball(
                slot,
                sh+V(s*ar*.2, ar*.4, 0),
                V(ar*1.7, ar*1.2, ar*1.7),
                F.pick(rgb(METAL), F.cloth()),
                k=.01,
            )
        if F.maybe(0.34 if p != 'tee' else 0.05):
            item(F, h+d2/np.linalg.norm(d2)*hr*0.7, s, u(0.6, 0.95) if style != 'real' else u(0.5, 0.75))
    # head
    r = (
        V(hs*.5*u(.8, 1.1), hs*.5, hs*.5*u(.8, 1.))
        if style == 'chibi'
        else V(hs*.5*u(.72, .9), hs*.5, hs*.5*u(.8, .95))
    )
    c = V(0, leg+tor+r[1]*.92, 0)
    F.limb(HEAD, V(0, chest[1]-.02, 0), c, min(w*.4, r[0]*.55), min(w*.36, r[0]*.5), skin, k=.02)
    if robot:
        if F.maybe(.7): F.box(HEAD, c, r, skin, rd=u(.02, .1))
        else: F.disk(HEAD, c, r[1], r[0], r[0], skin, rd=.03)
        F.add(
            HEAD,
            pr.BOX,
            c+V(0, 0, r[2]),
            [r[0]*.8, r[1]*.62, r[2]*.4, 0],
            F.pick('#1c2a3a', '#c8d8e0', '#22222a'),
            op=pr.PAINT,
        )
        for s in (-1, 1):
            F.paint(
                HEAD,
                c+V(s*r[0]*.38, r[1]*.1, r[2]),
                V(r[0]*u(.14, .25), r[1]*u(.14, .3), r[2]*.5),
                F.pick('#50e0ff', '#ffd040', '#f04040', '#101014'),
            )
        if F.maybe(.6): headwear(F, c, r, skin*.7)
        return hs, w, d, hip, chest
    F.ball(HEAD, c, r, skin, k=.02)
    if F.maybe(.4): F.ball(HEAD, c+V(0, -r[1]*.3, r[2]*.1), V(r[0]*.86, r[1]*.66, r[2]*.86), skin, k=.05)
    if F.maybe(.7):
        big = u(1.2, 2.6) if F.maybe(.15) else 1  # elves and goblins
        for s in (-1, 1):
            F.ball(
                HEAD,
                c+V(s*r[0]*(.98+.12*big), r[1]*.1*(big-1), 0),
                V(r[0]*.16*big, r[1]*.22, r[2]*.13),
                skin*.96,
                rot=facing(V(0, 1, 0)),
                k=.01,
            )
    if dress == 'suit' and F.maybe(.7):  # a round helmet around the head, its visor in front
        F.words.append('visor')
        glass, R = F.pick('#16181e', '#2a3a5a', '#d9a62e', '#50a0c0'), r*u(1.02, 1.15)
        F.ball(HEAD, c, R, top*.9 if F.maybe(.5) else F.pick('#f2f2ee', '#2a2a30'), k=.02)
        F.paint(HEAD, c+V(0, -R[1]*u(-.05, .1), R[2]*.9), R*V(u(.65, .85), u(.5, .72), .6), glass)
        if F.maybe(.4): headwear(F, c, R, top)
        return hs, w, d, hip, chest
    muzzle = F.maybe(.6 if dress == 'plush' else .12)
    face(F, c, r, skin, big=None if style != 'real' else u(.12, .2))
    if muzzle:
        F.ball(
            HEAD,
            c+V(0, -r[1]*.3, r[2]*.85),
            V(r[0]*.45, r[1]*.32, r[2]*u(.4, .8)),
            F.pick(skin, rgb('#f4f0e8')),
            k=.03,
        )
        F.paint(HEAD, c+V(0, -r[1]*.15, r[2]*1.4), V(r[0]*.16, r[1]*.14, r[2]*.3), '#201818')
    x = F.r.random()
    if dress == 'plush' or muzzle and F.maybe(.8): ears(F, c, r, F.pick('cat', 'rabbit', 'bear', 'bear'), skin)
    elif x < .5: haircut(F, c, r, hair)
    elif x < .93: headwear(F, c, r, hair)
    if dress == 'plush' and F.maybe(.4): tail(F, V(0, hip[1], -d*.8), skin, u(.15, .4), w*.3, **tp)
    return hs, w, d, hip, chest


def animal(F):
    """Four legs; long or stocky, horse to turtle."""
    u = F.u
    fur, belly = F.pick(F.cloth(), rgb(F.r.choice(HAIRS[:8])), rgb('#c88a4a')), F.pick('#f4ead8', '#ffffff', '#c8c8c8')
    F.words.append('animal')
    n, r, leg = u(.3, .55), u(.16, .28), u(.18, .5)
    p = F.pattern(.3)
    y = leg+r*.6
    F.limb(TORSO, V(0, y, -n*.5), V(0, y+u(-.03, .06), n*.5), r*u(.85, 1.1), r*u(.9, 1.15), fur, k=.05, **p)
    if F.maybe(.5): F.paint(TORSO, V(0, y-r, 0), V(r*.8, r*.6, n*.8), belly)
    lr = r*u(.24, .42)
    sock = F.pick(fur, fur, rgb('#2a2220'), rgb('#f2f2ee'))
    for s in (-1, 1):
        for z in (-1, 1):
            a = V(s*r*.6, y-r*.2, z*n*.48)
            f = V(s*r*.62, lr*.7, z*n*.48+u(-.05, .05))
            F.limb(LEGS, a, (a+f)/2, lr*1.35, lr, fur, k=.03, **p)
            F.limb(LEGS, (a+f)/2, f, lr, lr*.85, sock, k=.01)
            F.ball(LEGS, f+V(0, -lr*.1, lr*.3), V(lr*1.05, lr*.65, lr*1.3), sock*.8, k=.01)
    hr = r*u(.7, 1.3)
    c = V(0, y+r*u(.5, 1.6), n*.5+hr*u(.5, 1.1))
    F.limb(HEAD, V(0, y+r*.2, n*.45), c, r*.6, hr*.6, fur, k=.04, **p)
    R = V(hr*u(.8, 1), hr*u(.75, 1), hr*u(.8, 1.1))
    F.ball(HEAD, c, R, fur, k=.03)
    snout = u(.35, 1.2)
    F.limb(
        HEAD,
        c+V(0, -hr*.2, hr*.5),
        c+V(0, -hr*.3, hr*(.75+snout*.6)),
        hr*u(.4, .55),
        hr*u(.25, .4),
        F.pick(fur, rgb(belly)),
        k=.03,
    )
    F.paint(HEAD, c+V(0, -hr*.15, hr*(1.1+snout*.6)), V(hr*.2, hr*.16, hr*.2), '#201818')
    for s in (-1, 1):
        F.paint(
            HEAD,
            c+V(s*R[0]*.55, R[1]*.25, R[2]*.75),
            V(hr*.2, hr*.22, hr*.25),
            '#fafafa' if F.maybe(0.4) else '#16161a',
        )
        F.paint(HEAD, c+V(s*R[0]*.55, R[1]*.25, R[2]*.8), V(hr*.13, hr*.15, hr*.25), '#16161a')
    if F.maybe(.1): trunk(F, c, R, hr, fur)
    kind = F.pick('cat', 'cat', 'rabbit', 'bear', 'horns', 'none')
    if kind == 'horns': horns(F, c, R, '#e8dcc0')
    elif kind != 'none': ears(F, c, R, kind, fur)
    if F.maybe(.3):
        for i in range(4): F.ball(HAIR, c+V(0, R[1]*(.9-i*.35), -R[2]*(.3+i*.2)), V(hr*.2, hr*.35, hr*.3), sock, k=.04)
    if F.maybe(.85): tail(F, V(0, y+r*.3, -n*.5-r*.6), F.pick(fur, sock), u(.15, .7), lr*u(.7, 1.6))
    return .3, r, r, V(0, y, 0), V(0, y+r, 0)


def trunk(F, c, R, hr, fur):
    """An elephant's trunk, ears and tusks."""
    F.words.append('elephant')
    a, d, n = c+V(0, -hr*.3, R[2]*.9), V(0, -.6, .8), hr*F.u(1.2, 2.)
    for i in range(4):
        b = a+d/np.linalg.norm(d)*n/4
        F.limb(HEAD, a, b, hr*(.4-.07*i), hr*(.33-.07*i), fur, k=.03)
        a, d = b, d+V(0, F.u(-.6, .3), 0)
    for s in (-1, 1):
        F.add(
            HAIR,
            pr.ELLIPSOID,
            c+V(s*R[0]*1.3, 0, -R[2]*.2),
            [R[0]*F.u(.7, 1), hr*.9, hr*.12],
            fur*.95,
            rot=facing(V(0, 1, 0), V(s*.5, 0, 1)),
        )
        if F.maybe(.7):
            F.limb(
                HEAD,
                c+V(s*R[0]*.45, -hr*.45, R[2]*.8),
                c+V(s*R[0]*.6, -hr*.5, R[2]*F.u(1.5, 2)),
                hr*.12,
                hr*.03,
                '#f4ead8',
                k=.01,
            )


def crawler(F):
    """A flat or round body low over many legs: crabs, spiders, beetles, walking machines."""
    u, skin = F.u, F.cloth()
    F.words.append('crab' if (claws := F.maybe(.6)) else 'spider')
    r = V(u(.28, .42), u(.14, .3), u(.2, .36))
    c, n, leg = V(0, u(.22, .4)+r[1]*.3, 0), F.pick(2, 3, 4), F.cloth() if F.maybe(.3) else skin*u(.7, 1)
    p, machine = F.pattern(.25), F.maybe(.3)
    if machine: F.box(HEAD, c, r*V(1, .9, 1), skin, rd=u(.02, .1), **p)
    else: F.ball(HEAD, c, r, skin, **p)
    if F.maybe(.4):
        F.ball(
            HEAD, c+V(0, r[1]*.3, -r[2]*u(.5, 1)), r*u(.6, 1), F.cloth() if F.maybe(.3) else skin, k=.05
        )
    if F.maybe(.4): F.paint(HEAD, c+V(0, -r[1]*.6, r[2]*.5), r*V(.8, .5, .7), '#f0e2b0')
    for s in (-1, 1):
        if F.maybe(.5):  # eyes on stalks
            e = c+V(s*r[0]*.35, r[1]*u(1.1, 1.6), r[2]*.6)
            F.limb(HEAD, c+V(s*r[0]*.3, r[1]*.6, r[2]*.6), e, .03, .025, skin)
            F.ball(HEAD, e, u(.045, .08), '#fafafa', k=.005)
            F.paint(HEAD, e+V(0, 0, .05), .035, '#16161a')
        else:
            e, k = c+V(s*r[0]*.4, r[1]*.25, r[2]*.85), u(.2, .34)
            F.paint(HEAD, e, r[0]*k, '#fafafa')
            F.paint(HEAD, e+V(0, 0, r[2]*.1), r[0]*k*.6, '#16161a')
        t = u(.03, .06)
        for i in range(n):
            z = r[2]*(.8-1.6*(i+.5)/n)
            a = c+V(s*r[0]*.75, -r[1]*.2, z)
            k = a+V(s*u(.12, .22), u(.02, .14), z*.5)
            f = V(k[0]+s*u(.02, .14), t*.6, k[2]+z*.3)
            F.limb(LEGS, a, k, t*1.1, t, leg, k=.02)
            F.limb(LEGS, k, f, t, t*.5, leg, k=.01)
        if claws:
            slot, col = ARM if s > 0 else ARM+1, F.pick(skin, leg)
            a = c+V(s*r[0]*.8, 0, r[2]*.6)
            e, big = a+V(s*u(.1, .18), u(-.05, .1), u(.05, .15)), u(.08, .15)
            h = e+V(-s*u(-.05, .08), u(.02, .18), u(.05, .14))
            F.limb(slot, a, e, t*1.2, t*1.1, leg)
            F.limb(slot, e, h, t*1.1, t*1.3, leg)
            F.ball(slot, h+V(0, big*.5, 0), V(big*.7, big, big*.5), col, k=.02)
            for q in (-1, 1):
                F.limb(
                    slot,
                    h+V(q*big*.4, big, 0),
                    h+V(q*big*.35, big*u(1.9, 2.4), big*.2),
                    big*.34,
                    big*.08,
                    col,
                )
    x = F.r.random()
    if x < .2: horns(F, c, r, '#3a2a24')
    elif x < .35: headwear(F, c, r*.7, skin*.6)
    return .4, r[0], r[2], V(0, c[1]-r[1], 0), c


def creature(F):
    """One round body that is the head: blobs, mushrooms, birds, toys with a big face."""
    u = F.u
    skin = F.cloth()
    F.words.append('creature')
    r = V(u(.28, .45), u(.3, .5), u(.26, .42))
    foot = u(.06, .25)
    c = V(0, foot+r[1], 0)
    bird = F.maybe(.3)
    F.ball(HEAD, c, r, skin, **F.pattern(.15))
    if F.maybe(.4): F.limb(HEAD, V(0, foot+r[0]*.5, 0), c, r[0]*u(.8, 1.05), r[0]*.9, skin, k=.06)
    if F.maybe(.5):
        F.paint(
            HEAD,
            c+V(0, -r[1]*.45, r[2]*.8),
            V(r[0]*.7, r[1]*.55, r[2]*.6),
            F.pick('#f8f4e8', '#ffffff', '#f0d0a0'),
        )
    face(F, c+V(0, r[1]*.15, 0), r, skin, big=u(.18, .36))
    if bird:
        F.words.append('bird')
        F.limb(
            HEAD,
            c+V(0, 0, r[2]*.85),
            c+V(0, -r[1]*.08, r[2]*u(1.2, 1.6)),
            r[0]*u(.16, .3),
            r[0]*.04,
            F.pick('#f0a020', '#e8c030', '#303030'),
        )
    lr = r[0]*u(.14, .3)
    for s in (-1, 1):
        if foot > .1:
            F.limb(
                LEGS,
                V(s*r[0]*.45, foot+r[1]*.15, 0),
                V(s*r[0]*.5, .05, 0),
                lr,
                lr*.9,
                F.pick(skin, rgb('#f0a020')) if bird else skin,
            )
        F.ball(LEGS, V(s*r[0]*.5, .05, r[2]*.2), V(lr*1.5, .055, lr*2.1), skin*.85 if not bird else '#f0a020')
        slot = ARM if s > 0 else ARM+1
        if F.maybe(.8):
            a = c+V(s*r[0]*.92, -r[1]*.05, 0)
            h = a+V(s*u(.08, .22), u(-.25, .2), u(0, .12))
            if bird:
                F.add(
                    slot,
                    pr.ELLIPSOID,
                    (a+h)/2,
                    [.05, np.linalg.norm(h-a)*.8+.06, r[2]*.45],
                    skin*.9,
                    rot=facing(h-a),
                )
            else:
                F.limb(slot, a, h, lr*.8, lr*.6, skin)
                F.ball(slot, h, lr*.95, F.pick(skin, rgb('#f2f2ee')), k=.01)
            if not bird and F.maybe(.2): item(F, h, s, u(.5, .8))
    x = F.r.random()
    if x < .25:  # mushroom
        F.words.append('mushroom cap')
        cap = F.cloth()
        w = r[0]*u(1.2, 1.9)
        F.ball(
            HAIR,
            c+V(0, r[1]*.85, 0),
            V(w, r[1]*u(.45, .7), w),
            cap,
            pattern=pr.DOTS,
            f=u(18, 30),
            second='#f8f4e8',
        )
        F.disk(HAIR, c+V(0, r[1]*.72, 0), .03, w*.8, w*.95, '#f0e6d0', k=.02)
    elif x < .5: ears(F, c, r, F.pick('cat', 'rabbit', 'bear'), skin)
    elif x < .65: horns(F, c, r, F.pick('#e8dcc0', '#3a2a24'))
    elif x < .85: headwear(F, c, r, skin*.6)
    if F.maybe(.3): tail(F, V(0, foot+r[1]*.5, -r[2]*.85), skin, u(.2, .5), lr)
    elif F.maybe(.2): back(F, c, V(0, foot, 0), r[0]*.7, r[2]*.9, .8)
    return .5, r[0], r[2], V(0, foot, 0), c


def dinosaur(F):
    """Upright on two legs with a long tail: dinosaurs and dragons."""
    u = F.u
    skin, belly = F.cloth(), F.pick('#f0e2b0', '#d8e8b0', '#f4f0e8')
    F.words.append('dinosaur')
    leg, r = u(.22, .38), u(.17, .26)
    hip, chest = V(0, leg+r*.3, -.05), V(0, leg+u(.3, .5), u(.02, .18))
    p = F.pattern(.25)
    F.limb(TORSO, hip, chest, r*1.1, r*.75, skin, k=.05, **p)
    F.paint(TORSO, (hip+chest)/2+V(0, -.02, r), V(r*.62, .4, r*.6), belly)
    for s in (-1, 1):
        k, f = V(s*r*.95, leg*.6, .08), V(s*r*1.0, .05, -.02)
        F.limb(LEGS, hip+V(s*r*.7, 0, 0), k, r*.55, r*.36, skin, k=.03, **p)
        F.limb(LEGS, k, f, r*.32, r*.26, skin)
        F.ball(LEGS, f+V(0, -.01, .07), V(r*.38, .05, r*.6), skin*.85)
        a = chest+V(s*r*.75, -r*.2, r*.3)
        h = a+V(s*u(.02, .12), -u(.05, .16), u(.08, .16))
        F.limb(ARM if s > 0 else ARM+1, a, h, r*.24, r*.14, skin)
        F.ball(ARM if s > 0 else ARM+1, h, r*.17, skin*.85)
    hr = r*u(.75, 1.2)
    c = chest+V(0, hr*u(.9, 1.4), hr*.5)
    F.limb(HEAD, chest, c, r*.6, hr*.6, skin, k=.04)
    R = V(hr*.85, hr*.8, hr*.95)
    F.ball(HEAD, c, R, skin, k=.03)
    F.limb(HEAD, c+V(0, -hr*.15, hr*.4), c+V(0, -hr*.25, hr*u(1.2, 1.8)), hr*.6, hr*.38, skin, k=.04)
    F.paint(HEAD, c+V(0, -hr*.5, hr*1.2), V(hr*.7, hr*.1, hr*1), '#7a2a2a')
    for s in (-1, 1):
        F.paint(HEAD, c+V(s*R[0]*.7, R[1]*.35, R[2]*.65), V(hr*.22, hr*.24, hr*.25), '#fafafa')
        F.paint(HEAD, c+V(s*R[0]*.7, R[1]*.35, R[2]*.72), V(hr*.12, hr*.15, hr*.25), '#16161a')
    tail(F, hip+V(0, 0, -r*.6), skin, u(.45, .8), r*.75, **p)
    if F.maybe(.45): back(F, chest, hip, r, r, .8, F.pick('wings', None))
    x = F.r.random()
    if x < .4: horns(F, c, R, '#e8dcc0')
    elif x < .8:
        col = F.cloth()
        for i in range(4):
            F.limb(
                HAIR,
                c+V(0, R[1]*(.9-.35*i), -R[2]*(.1+.3*i)),
                c+V(0, R[1]*(1.35-.4*i), -R[2]*(.45+.35*i)),
                hr*.2,
                hr*.02,
                col,
            )
    return .3, r, r, hip, chest
