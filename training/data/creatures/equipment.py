"""What people wear on their heads and backs and hold in their hands. `H` is the Lump of the head."""
import numpy as np
from . import hats, items, props
from .paint import WHITE, bright, hexes, maybe_pattern
from .shapes import tube, unit, vec


def equipped(F, body, H, hair, pal, how, style, is_):
    """What somebody of a role has on the head, on the back and in the hands."""
    b, hat, on_back, held = body.b, F.pick(*is_.hats), F.pick(*is_.back), F.pick(*is_.hold)
    with F.at(body.neck, body.head_R):
        if hat:
            F.words.append(hat)
            make, _, open_below = hats.HATS[hat]
            if open_below and is_.cut[0]: hats.haircut(F, H, hair, F.pick(*is_.cut))
            elif open_below and F.maybe(.6): hats.haircut(F, H, hair, 'short')
            make(F, H, hat, *hexes(is_.hat) if is_.hat else (pal[0], pal[2]))
        else: hats.haircut(F, H, hair, F.pick(*is_.cut))
    if on_back:
        with F.at(body.hip, body.R):
            chest = body.R.T@(body.chest-body.hip)+vec(0, .16*b.torso, 0)
            back(F, on_back, chest, vec(0, 0, 0), b.w, b.d, body.hip[1], how, pal)
    if held: carried(F, body, style, held, F.pick(1, -1, -1))


def worn(F, body, H, hair, pal, how):
    """Hair or hats, and things on the back."""
    b = body.b
    with F.at(body.neck, body.head_R):
        if F.maybe(.52): hats.haircut(F, H, hair)
        else: hats.headwear(F, H, hair)
    if F.maybe(.36):
        kind = F.pick('cape', 'cape', 'cape', 'wings', 'pack', 'pack', 'tail')
        chest, hip = body.R.T@(body.chest-body.hip), vec(0, 0, 0)
        with F.at(body.hip, body.R): back(F, kind, chest+vec(0, .16*b.torso, 0), hip, b.w, b.d, body.hip[1], how)


def back(F, kind, chest, hip, w, d, ground, how='stand', pal=None):
    c, e = (pal[0], pal[2]) if pal else (bright(F), bright(F))
    if kind == 'cape':
        low = -ground*F.u(.1, .9) if how not in ('sit', 'ride', 'chair') else 0
        F.words.append('cape')
        props.cape(F, chest, w, d, low, maybe_pattern(F, c, e, .3, w*3))
    elif kind.endswith('wings'):
        style = kind.split()[0] if ' ' in kind else F.pick('feather', 'feather', 'bat', 'fairy')
        c, span = F.pick(WHITE, c), F.u(.5, 1.)*(chest[1]+ground)
        up, sweep, apart = F.u(-.3, .7), F.u(.1, 1.), F.u(.4, .7)
        F.words.append(style+' wings')
        for s in (1, -1):
            root = chest+vec(s*.2*w, -.1*w, -d*.9)
            if style == 'feather': props.feather_wing(F, root, s, span, up, sweep, c, e)
            if style == 'bat': props.bat_wing(F, root, s, span, up, sweep, c, e)
            if style == 'fairy':
                for q, m in ((1, 1), (-.7, .75)):
                    props.insect_wing(F, root, s, span*.8*m, span*.5*m, q*apart, sweep, c)
    elif kind == 'tail':
        n, r = F.u(.4, .8)*ground+.1, w*F.u(.15, .4)
        F.add('back', tube([hip+vec(0, 0, -.6*d), hip+vec(0, -.3*n, -d-.3*n), hip+vec(F.u(-.4, .4)*n, F.u(-.4, .2)*n,
            -d-.7*n), hip+vec(F.u(-.6, .6)*n, F.u(-.4, .6)*n, -d-.8*n)],
                           np.array([.8, 1, .9, F.u(.1, 1.4)])*r, 10, 14), maybe_pattern(F, c, e, .4, n, ('stripes',)))
    else: props.pack(F, chest-vec(0, .1*w, 0), hip, w, d)


def carried(F, body, style, kind=None, side=None):
    """Something in either hand, perhaps; or a `kind` of thing in the hand of a `side`."""
    b = body.b
    size = F.u(.5, .85)*(.8 if style == 'real' else 1)
    for s in (1, -1):
        if side != s and (side or not F.maybe(.42)): continue
        h = body.hand[s]+unit(body.hand[s]-body.elbow[s])*b.arm_r*.6
        d = unit(body.hand[s]-body.elbow[s])
        along = unit(vec(s*F.u(-.1, .5), 1, F.u(-.2, .7))) if F.maybe(.75) else unit(d*.5+vec(0, .2, 1))
        front = vec(s*F.u(-.2, .6), 0, 1)
        items.item(F, 'item_left' if s > 0 else 'item_right', h, along, front, size, s, kind)
