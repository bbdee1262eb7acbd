"""Faces, hair and what is worn on a head of radii `r` around `c`."""
import math
import numpy as np
from data import primitives as pr
from data.grammar.builder import HAIR, HAIRS, HEAD, METAL, V, facing, rgb


def face(F, c, r, skin, depth=1., big=None):
    """Eyes, brows, mouth, nose, perhaps a beard or glasses on a head of radii r around c."""
    rx, ry, rz = r
    big = F.u(.16, .34) if big is None else big
    y, x = c[1]+ry*F.u(-.1, .12), rx*F.u(.32, .46)
    z = c[2]+rz*math.sqrt(max(0, 1-(x/rx)**2-((y-c[1])/ry)**2))*depth
    white, iris = F.maybe(.6), F.pick('#1a1a20', '#1a1a20', '#3a6ab0', '#3f7a3a', '#6a4020', '#b02020')
    ew, eh = rx*big*F.u(.8, 1), ry*big*F.u(.9, 1.4)
    for s in (-1, 1):
        if white: F.paint(HEAD, V(c[0]+s*x, y, z), V(ew, eh, rz*.4), '#fafafa')
        k = F.u(.55, .75) if white else 1
        F.paint(HEAD, V(c[0]+s*x*(.97 if white else 1), y, z), V(ew*k, eh*k, rz*.42), iris)
        if white and big > .24: F.paint(HEAD, V(c[0]+s*x+ew*.2, y+eh*.3, z), V(ew*.22, eh*.22, rz*.45), '#ffffff')
    hair = rgb(F.r.choice(HAIRS[:6]))
    if F.maybe(.6):
        for s in (-1, 1):
            F.add(
                HEAD,
                pr.BOX,
                V(c[0]+s*x, y+eh+ry*.1, z),
                [rx*.2, ry*.035, rz*.4, 0],
                hair*.8,
                op=pr.PAINT,
                rot=facing(V(s*F.u(-.3, .3), 1, 0)),
            )
    if F.maybe(.75):
        F.ball(
            HEAD,
            V(c[0], c[1]-ry*.16, c[2]+rz*.97*depth),
            V(rx*.12, ry*.11, rz*.14)*F.u(.7, 1.5),
            skin*.95,
            k=.02,
        )
    if F.maybe(.8):
        F.paint(
            HEAD,
            V(c[0], c[1]-ry*F.u(.4, .5), c[2]+rz*.85),
            V(rx*F.u(.12, .34), ry*F.u(.03, .1), rz*.3),
            F.pick('#7a2a2a', '#b04a4a', '#3a1a1a', '#d06a6a'),
        )
    if F.maybe(.15):
        for s in (-1, 1): F.paint(HEAD, V(c[0]+s*rx*.58, c[1]-ry*.25, c[2]+rz*.7), V(rx*.16, ry*.12, rz*.3), '#f09a90')
    if F.maybe(.18):
        F.words.append('beard')
        long = F.u(.3, 1.3)
        F.limb(
            HEAD,
            c+V(0, -ry*.55, rz*.45),
            c+V(0, -ry*(.7+long*.6), rz*.6),
            rx*F.u(.55, .75),
            rx*F.u(.15, .4),
            hair,
            k=.03,
        )
        if F.maybe(.6): F.ball(HEAD, c+V(0, -ry*.3, rz*.88), V(rx*.42, ry*.1, rz*.2), hair, k=.01)
    if F.maybe(.12):
        F.words.append('glasses')
        g = F.pick('#202024', '#b02828', '#c8a040')
        for s in (-1, 1):
            F.add(
                HEAD,
                pr.TORUS,
                V(c[0]+s*x, y, z+rz*.12),
                [rx*.26, rx*.05, rx*.05],
                g,
                rot=facing(V(0, 0, 1), V(0, 1, 0)),
                k=0,
            )
        F.box(HEAD, V(c[0], y, z+rz*.13), V(rx*.12, rx*.04, rx*.04), g, k=0)


def haircut(F, c, r, hair):
    rx, ry, rz = r
    kind = F.pick('short', 'short', 'bob', 'long', 'long', 'bun', 'tail', 'twins', 'afro', 'mohawk', 'spiky', 'quiff')
    F.words.append(kind+' hair')
    grow = F.u(1.05, 1.16)
    if kind == 'mohawk':
        for i in range(6):
            a = -.5+i*.42
            d = V(0, math.cos(a), -math.sin(a))
            F.limb(HAIR, c+d*V(rx, ry, rz)*.85, c+d*V(rx, ry, rz)*F.u(1.3, 1.5), rx*.17, rx*.1, hair, k=.03)
        return
    if kind == 'afro':
        return F.ball(HAIR, c+V(0, ry*.42, -rz*.25), V(rx, ry, rz)*F.u(1.2, 1.5), hair)
    F.ball(HAIR, c+V(0, ry*F.u(.24, .34), -rz*F.u(.14, .24)), V(rx*grow, ry*.92, rz*1.02), hair)
    if kind in ('bob', 'long', 'twins', 'tail') or F.maybe(.2):  # fringe
        F.ball(HAIR, c+V(F.u(-.2, .2)*rx, ry*.72, rz*.55), V(rx*.75, ry*.3, rz*.42), hair, k=.03)
    if kind == 'bob':
        for s in (-1, 1):
            F.limb(
                HAIR,
                c+V(s*rx*.9, ry*.2, -rz*.1),
                c+V(s*rx*.92, -ry*F.u(.5, .9), -rz*.05),
                rx*.28,
                rx*.22,
                hair,
                k=.04,
            )
        F.ball(HAIR, c+V(0, -ry*.25, -rz*.55), V(rx*.95, ry*.65, rz*.5), hair, k=.04)
    if kind == 'long':
        n = F.u(1.3, 2.6)
        F.limb(HAIR, c+V(0, 0, -rz*.6), c+V(0, -ry*n, -rz*F.u(.5, .9)), rx*.85, rx*F.u(.4, .75), hair, k=.05)
        if F.maybe(.5):
            for s in (-1, 1):
                F.limb(
                    HAIR,
                    c+V(s*rx*.92, ry*.1, 0),
                    c+V(s*rx*.9, -ry*F.u(.8, 1.5), rz*.15),
                    rx*.24,
                    rx*.12,
                    hair,
                    k=.04,
                )
    if kind == 'bun': F.ball(HAIR, c+V(0, ry*F.u(.7, 1.15), -rz*F.u(.3, .8)), rx*F.u(.3, .45), hair, k=.02)
    if kind == 'tail':
        F.limb(
            HAIR,
            c+V(0, ry*.6, -rz*.95),
            c+V(F.u(-.5, .5)*rx, -ry*F.u(.4, 1.4), -rz*F.u(1.3, 1.8)),
            rx*.3,
            rx*.12,
            hair,
            k=.03,
        )
    if kind == 'twins':
        for s in (-1, 1):
            F.limb(
                HAIR,
                c+V(s*rx*1.05, ry*.5, -rz*.2),
                c+V(s*rx*F.u(1.3, 1.8), -ry*F.u(.5, 1.5), -rz*.2),
                rx*.32,
                rx*.14,
                hair,
                k=.03,
            )
    if kind == 'spiky':
        for i in range(9):
            a, e = i*2.4, F.u(.1, .6)
            d = V(math.cos(a)*math.cos(e*1.5), .75+e*.5, math.sin(a)*math.cos(e*1.5)*.9-.2)
            F.limb(HAIR, c+d*V(rx, ry, rz)*.6, c+d*V(rx, ry, rz)*F.u(1.25, 1.6), rx*.36, rx*.03, hair, k=.02)
    if kind == 'quiff':
        F.limb(
            HAIR,
            c+V(-rx*.4, ry*.85, rz*.6),
            c+V(rx*.45, ry*1.15, rz*.75),
            rx*.3,
            rx*.35,
            hair,
            k=.05,
        )


def headwear(F, c, r, hair):
    rx, ry, rz = r
    col, trim = F.cloth(), F.cloth()
    kind = F.pick(
        'wizard hat',
        'wide hat',
        'cap',
        'top hat',
        'beanie',
        'crown',
        'helmet',
        'hood',
        'horns',
        'cat ears',
        'rabbit ears',
        'bear ears',
        'bandana',
        'chef hat',
        'antenna',
    )
    F.words.append(kind)
    if kind not in ('helmet', 'hood', 'beanie', 'bandana', 'antenna') and F.maybe(.6):
        F.ball(HAIR, c+V(0, ry*.2, -rz*.2), V(rx*1.07, ry*.85, rz*.98), hair)
        if F.maybe(.35): F.limb(HAIR, c+V(0, 0, -rz*.6), c+V(0, -ry*F.u(.9, 1.8), -rz*.6), rx*.8, rx*.5, hair, k=.05)
    top = c+V(0, ry*F.u(.5, .62), 0)
    lean = V(F.u(-.5, .5)*rx, 0, F.u(-.5, .1)*rz)
    if kind == 'wizard hat':
        h = ry*F.u(1.3, 2.3)
        F.disk(HAIR, top, ry*.06, rx*F.u(1.4, 1.8), rx*F.u(1.4, 1.8), col, k=.02)
        F.limb(HAIR, top+V(0, ry*.15, 0), top+V(0, h, 0)+lean, rx*.92, rx*.06, col, k=.03)
        F.ring(HAIR, top+V(0, ry*.18, 0), rx*.9, rx*.12, trim, squash=1.3, k=0)
    elif kind == 'wide hat':
        w = rx*F.u(1.4, 2.1)
        F.disk(HAIR, top, ry*.06, w, w*F.u(.9, 1), col, k=.02)
        F.disk(HAIR, top+V(0, ry*.4, 0), ry*.4, rx*.95, rx*F.u(.6, .9), col, rd=.04, k=.02)
        F.ring(HAIR, top+V(0, ry*.12, 0), rx*.93, rx*.08, trim, squash=1.4, k=0)
    elif kind == 'top hat':
        h = ry*F.u(.5, .9)
        F.disk(HAIR, top, ry*.05, rx*1.4, rx*1.4, col, k=.01)
        F.disk(HAIR, top+V(0, h, 0), h, rx*.88, rx*F.u(.85, 1.05), col, rd=.01, k=.01)
        F.disk(HAIR, top+V(0, ry*.15, 0), ry*.1, rx*.92, rx*.92, trim, k=0)
    elif kind == 'cap':
        F.ball(HAIR, c+V(0, ry*.36, -rz*.04), V(rx*1.08, ry*.76, rz*1.06), col)
        F.ball(HAIR, c+V(0, ry*.52, rz*1.1), V(rx*.75, ry*.07, rz*.55), trim if F.maybe(.5) else col, k=.02)
    elif kind == 'beanie':
        F.ball(HAIR, c+V(0, ry*.42, -rz*.05), V(rx*1.08, ry*F.u(.72, .95), rz*1.06), col, **F.pattern(.4))
        F.ring(HAIR, c+V(0, ry*.42, -rz*.05), rx*.98, rx*.15, trim, squash=1.2, k=.01)
        if F.maybe(.5): F.ball(HAIR, c+V(0, ry*1.3, 0), rx*.24, trim, k=0)
    elif kind == 'crown':
        g = F.pick('#d9a62e', '#b8bcc6')
        F.disk(HAIR, top+V(0, ry*.22, 0), ry*.18, rx*.9, rx*.98, g, k=.01)
        for i in range(6):
            F.limb(
                HAIR,
                top+V(math.cos(i*1.047)*rx*.85, ry*.3, math.sin(i*1.047)*rz*.85),
                top+V(math.cos(i*1.047)*rx*1.02, ry*.75, math.sin(i*1.047)*rz*1.02),
                rx*.14,
                rx*.05,
                g,
                k=.01,
            )
    elif kind == 'helmet':
        m = F.pick(rgb(METAL), col)
        F.ball(HAIR, c+V(0, ry*.24, -rz*.1), V(rx*1.14, ry*.95, rz*1.08), m)
        F.ring(HAIR, c+V(0, ry*.25, -rz*.08), rx*1.08, rx*.1, m*.8, k=.01)
        extra = F.pick('crest', 'horns', 'plume', 'none')
        if extra == 'crest': F.box(HAIR, c+V(0, ry*1.1, -rz*.1), V(rx*.07, ry*.35, rz*.75), trim, k=.01)
        if extra == 'horns': horns(F, c, r, '#e8dcc0')
        if extra == 'plume': F.limb(HAIR, c+V(0, ry*1.15, 0), c+V(0, ry*1.3, -rz*1.2), rx*.22, rx*.12, trim, k=.02)
        for s in (-1, 1):
            if F.maybe(.5): F.box(HAIR, c+V(s*rx*1.02, -ry*.25, 0), V(rx*.1, ry*.4, rz*.4), m, k=.02)
    elif kind == 'hood':
        F.ball(HAIR, c+V(0, ry*.14, -rz*.22), V(rx*1.2, ry*1.12, rz*1.05), col, k=.03)
        F.limb(HAIR, c+V(0, ry*.7, -rz*.6), c+V(0, ry*F.u(.9, 1.2), -rz*F.u(1, 1.5)), rx*.6, rx*.1, col, k=.05)
    elif kind == 'horns': horns(F, c, r, F.pick('#e8dcc0', '#3a2a24', '#8a1c1c'))
    elif kind in ('cat ears', 'rabbit ears', 'bear ears'): ears(F, c, r, kind.split()[0], hair if F.maybe(.6) else col)
    elif kind == 'bandana':
        F.ball(HAIR, c+V(0, ry*.4, -rz*.08), V(rx*1.06, ry*.68, rz*1.04), col, **F.pattern(.4))
        F.limb(HAIR, c+V(0, ry*.3, -rz*1.0), c+V(rx*.3, -ry*.5, -rz*1.3), rx*.16, rx*.08, col)
    elif kind == 'chef hat':
        F.disk(HAIR, top+V(0, ry*.25, 0), ry*.28, rx*.92, rx*.9, '#f6f6f4', k=.02)
        F.ball(HAIR, top+V(0, ry*.8, 0), V(rx*1.15, ry*.48, rz*1.15), '#f6f6f4', k=.04)
    elif kind == 'antenna':
        for s in ((-1, 1) if F.maybe(.5) else (0,)):
            b = c+V(s*rx*.45, ry*.85, 0)
            e = b+V(s*rx*.4, ry*F.u(.5, .9), 0)
            F.limb(HAIR, b, e, rx*.09, rx*.07, col, k=.01)
            F.ball(HAIR, e, rx*F.u(.16, .24), trim, k=.01)


def horns(F, c, r, col):
    rx, ry, rz = r
    up, out = F.u(.4, 1.1), F.u(.3, .9)
    for s in (-1, 1):
        a, b = c+V(s*rx*.7, ry*.65, 0), c+V(s*rx*(.8+out), ry*(.75+up*.4), rz*.1)
        F.limb(HAIR, a, b, rx*.24, rx*.17, col, k=.02)
        F.limb(HAIR, b, b+V(s*rx*.1, ry*up*.7, rz*.1), rx*.17, rx*.03, col, k=.03)


def ears(F, c, r, kind, col):
    rx, ry, rz = r
    inner = np.clip(rgb('#f0a0a0')*.6+np.asarray(col if not isinstance(col, str) else rgb(col))*.4, 0, 1)
    lean = F.u(.55, .8)
    tall = dict(cat=F.u(.45, .8), rabbit=F.u(1.2, 2.2), bear=.3)[kind]
    for s in (-1, 1):
        b = c+V(s*rx*lean, ry*.75, 0)
        if kind == 'bear':
            F.ball(HAIR, b+V(0, ry*.2, 0), V(rx*.36, ry*.36, rz*.2), col, k=.02)
            F.paint(HAIR, b+V(0, ry*.2, rz*.2), V(rx*.2, ry*.2, rz*.12), inner)
        else:
            w = .3 if kind == 'cat' else .22
            e = b+V(s*rx*F.u(.05, .3), ry*tall, -rz*.1)
            F.limb(HAIR, b, e, rx*w, rx*(.04 if kind == 'cat' else .17), col, k=.02)
            F.paint(HAIR, (b+e)/2+V(0, 0, rx*w), V(rx*w*.5, ry*tall*.5, rx*w*.6), inner)
