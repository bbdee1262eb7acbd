"""What a figure holds, carries on its back and stands on."""
import math
import numpy as np
from data import primitives as pr
from data.grammar.builder import BACK, BASE, ITEM, LEATHER, METAL, V, WOOD, facing, rgb


def item(F, h, s, size):
    slot = ITEM if s > 0 else ITEM+1
    kind = F.pick(
        'sword',
        'sword',
        'staff',
        'staff',
        'shield',
        'ball',
        'axe',
        'hammer',
        'wand',
        'book',
        'lantern',
        'flag',
        'flower',
        'gun',
        'mug',
        'spear',
    )
    F.words.append(f"{kind} in the {'left' if s > 0 else 'right'} hand")
    col, m, z = F.cloth(), rgb(METAL) if F.maybe(.75) else rgb('#d9a62e'), size
    tilt = V(s*F.u(-.1, .5), 1, F.u(-.1, .6))
    tilt /= np.linalg.norm(tilt)
    rot = facing(tilt)
    at = lambda d, q=0.: h+tilt*d*z+V(0, 0, q*z)
    if kind == 'sword':
        n, w = F.u(.45, .9), F.u(.045, .09)
        F.limb(slot, at(-.12), at(.1), .028*z, .028*z, WOOD)
        F.box(slot, at(.12), V(.13*z, .028*z, .04*z), col, rot=rot)
        F.box(slot, at(.12+n/2), V(w*z*.8, n/2*z, .02*z), m, rot=rot)
    elif kind in ('staff', 'spear', 'flag', 'axe', 'hammer'):
        lo, hi = (F.u(.5, .8), F.u(.5, .9)) if kind in ('staff', 'spear', 'flag') else (F.u(.15, .3), F.u(.35, .6))
        F.limb(slot, at(-lo), at(hi), .032*z, .032*z, WOOD)
        if kind == 'staff':
            F.ball(slot, at(hi+.07), F.u(.08, .15)*z, col)
        if kind == 'spear': F.limb(slot, at(hi), at(hi+.25), .07*z, .008*z, m)
        if kind == 'flag':
            F.box(
                slot,
                at(hi-.15)+V(s*.22*z, 0, 0),
                V(.2*z, .14*z, .018*z),
                col,
                rot=rot,
                **F.pattern(.5),
            )
        if kind == 'axe':
            for q in (-1, 1) if F.maybe(.4) else (1,):
                F.ball(slot, at(hi-.06)+V(q*.13*z, 0, 0), V(.14*z, .17*z, .03*z), m, rot=rot, k=0)
        if kind == 'hammer':
            F.box(slot, at(hi), V(F.u(0.14, 0.24)*z, 0.1*z, 0.1*z), F.pick(m, rgb('#6a6a70')), rot=rot, rd=0.02)
    elif kind == 'wand': F.limb(slot, at(-.08), at(.35), .026*z, .018*z, WOOD); F.ball(slot, at(.38), .05*z, col)
    elif kind == 'shield':
        c = h+V(s*.05*z, .02*z, .1*z)
        R = facing(V(s*.3, 0, 1), V(0, 1, 0))
        if F.maybe(.6):
            w = F.u(.2, .34)*z
            F.disk(slot, c, .03*z, w, w*.95, col, rot=R)
            F.disk(slot, c, .04*z, w*.55, w*.5, F.cloth(), rot=R, k=0)
            F.ball(slot, c+V(0, 0, .03*z), .06*z, m, k=.01)
        else: F.box(slot, c, V(F.u(.16, .24)*z, .03*z, F.u(.22, .34)*z), col, rot=R, rd=.03, **F.pattern(.5))
    elif kind == 'ball': F.ball(slot, h+V(0, 0, .12*z), F.u(.11, .2)*z, col, **F.pattern(.5))
    elif kind == 'book':
        F.box(slot, h+V(0, .06*z, .07*z), V(.13*z, .17*z, .045*z), col)
        F.paint(slot, h+V(s*-0.12*z, 0.06*z, 0.07*z), V(0.03*z, 0.2*z, 0.03*z), '#f4ecd8')
    elif kind == 'lantern':
        F.ring(slot, h+V(0, -.06*z, 0), .05*z, .015*z, m, rot=facing(V(0, 0, 1), V(0, 1, 0)))
        F.disk(slot, h+V(0, -.22*z, 0), .1*z, .08*z, .08*z, '#ffd860')
        for q in (-.33, -.12): F.disk(slot, h+V(0, q*z, 0), .025*z, .1*z, .09*z, m*.6)
    elif kind == 'flower':
        F.limb(slot, at(-.15), at(.3), .02*z, .02*z, '#3f9a4a')
        for i in range(5):
            F.ball(
                slot,
                at(.34)+V(math.cos(i*1.257), math.sin(i*1.257), 0)*.08*z,
                V(.07, .07, .035)*z,
                col,
                k=0,
            )
        F.ball(slot, at(.34, .03), .055*z, '#f5cf3a', k=0)
    elif kind == 'gun':
        F.box(slot, h+V(0, .05*z, .15*z), V(.04*z, .05*z, F.u(.16, .34)*z), F.pick('#303036', '#8a8a90', '#3f6fd0'))
        F.box(slot, h, V(.035*z, .09*z, .045*z), '#303036')
    elif kind == 'mug':
        F.disk(slot, h+V(0, .02*z, .1*z), .1*z, .08*z, .09*z, col)
        F.paint(slot, h+V(0, .12*z, .1*z), V(.07*z, .02*z, .07*z), '#5a3418')


def back(F, chest, hip, w, d, tall, kind=None):
    kind = kind or F.pick('cape', 'cape', 'backpack', 'wings', 'tail', 'quiver')
    F.words.append(kind)
    col, z = F.cloth(), -d
    if kind == 'cape':
        n = F.u(.4, 1.) if F.maybe(.7) else .3
        end = chest*(1-n)+V(0, .12*tall, 0)*n
        c = (V(0, chest[1], z)+V(0, end[1], z-.12*tall*n))/2
        F.add(
            BACK,
            pr.BOX,
            c,
            [w*F.u(1, 1.5), (chest[1]-end[1])/2+.02, .022, .02],
            col,
            rot=facing(V(0, 1, F.u(.08, .22))),
            **F.pattern(.15),
        )
        F.add(BACK, pr.TORUS, V(0, chest[1], 0), [w*.72, .045, .04], col, rot=facing(V(0, 1, .15)))
    elif kind == 'backpack':
        F.box(BACK, V(0, (chest[1]+hip[1])/2+.04, z-.1), V(w*.75, (chest[1]-hip[1])*.45, .11), col, rd=.05)
        F.box(BACK, V(0, (chest[1]+hip[1])/2-.02, z-.21), V(w*.5, (chest[1]-hip[1])*.2, .05), col*.8, rd=.03)
        if F.maybe(.4): F.limb(BACK, V(-w*.8, chest[1]+.04, z-.1), V(w*.8, chest[1]+.04, z-.1), .065, .065, F.cloth())
    elif kind == 'wings':
        n, up = F.u(.35, .7)*tall, F.u(-.1, .5)
        for s in (-1, 1):
            for i in range(3):
                a = V(s*.05, chest[1]-.05-i*.05, z-.02)
                b = a+V(s*n*(1-.22*i), n*(up-.35*i), -n*.25)
                F.add(BACK, pr.ELLIPSOID, (a+b)/2, [n*.2, np.linalg.norm(b-a)/2+.03, .03], col, rot=facing(b-a), k=.03)
    elif kind == 'tail': tail(F, V(0, hip[1], z+.04), col, tall*F.u(.3, .6), w*.4)
    elif kind == 'quiver':
        F.limb(BACK, V(-w*.3, hip[1]+.05, z-.05), V(w*.5, chest[1]+.1, z-.07), .08, .09, LEATHER)
        for i in range(3):
            F.limb(
                BACK,
                V(w*.45+.03*i, chest[1]+.1, z-.07),
                V(w*.6+.04*i, chest[1]+.28, z-.07),
                .016,
                .022,
                F.cloth(),
            )


def tail(F, root, col, n, r, **o):
    a, d = root, V(F.u(-.4, .4), F.u(-.7, .1), -1)
    curl = F.u(.1, .7)
    for i in range(4):
        d = d/np.linalg.norm(d)
        b = a+d*n/4
        F.limb(BACK, a, b, r*(1-.18*i), r*(1-.18*(i+1)), col, k=.03, **o)
        a, d = b, d+V(0, curl, 0)


def plinth(F, r):
    h, col, kind = F.u(.025, .07), F.cloth(), F.pick('disk', 'disk', 'box', 'steps')
    F.words.append('base')
    if kind == 'box': F.box(BASE, V(0, -h, 0), V(r, h, r*F.u(.7, 1)), col, rd=.02)
    else: F.disk(BASE, V(0, -h, 0), h, r, r*F.u(.85, 1), col)
    if kind == 'steps': F.disk(BASE, V(0, -h*.2, 0), h*.25, r*.8, r*.78, F.cloth(), k=0)
