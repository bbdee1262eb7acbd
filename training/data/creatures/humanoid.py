"""Upright figures: build, pose, clothes. People, elves, orcs, dolls, and plush animals."""
from dataclasses import dataclass, field
import numpy as np
from . import hats, heads
from .equipment import back, carried, equipped, worn
from .paint import (BLACK, FUR, METAL, NEUTRAL, ODD_SKIN, PINK, SKIN, WHITE, WOOD, belly, bright, call,
                    HAIR as HAIRS, hexes, maybe_pattern, palette, shade, tip)
from .roles import ROLES
from .shapes import Lump, axes, bend, block, hoop, lump, plate, star, tube, turn, unit, vec


@dataclass
class Build:
    """Sizes of a body about 1 tall. w, d: half width and depth of the chest; wide hips, belly: shares of them."""
    head: float
    leg: float
    torso: float
    w: float
    d: float
    hips: float
    waist: float
    belly: float
    arm: float
    arm_r: float
    leg_r: float
    foot: float
    square: float = 1.


def build(F, style):
    u = F.u
    head = dict(chibi=u(.34, .5), toon=u(.22, .34), real=u(.135, .18), giant=u(.13, .18), doll=u(.26, .4))[style]
    leg = (1-head)*dict(chibi=u(.3, .48), toon=u(.4, .56), real=u(.52, .58), giant=u(.36, .52), doll=u(.3, .5))[style]
    torso = 1-head-leg
    wide = dict(chibi=u(.8, 1.3), toon=u(.65, 1.45), real=u(.8, 1.3), giant=u(1.3, 1.75), doll=u(.8, 1.2))[style]
    w = (.28*torso+.04)*wide*u(.85, 1.15)
    fat = u(0, .6) if F.maybe(.3) else 0
    return Build(head, leg, torso, w, w*u(.55, .8)*(1+.2*fat), u(.62, 1.05)+.2*fat, u(.6, .9)+.5*fat, fat,
                 torso*u(.85, 1.2)+.06, w*u(.2, .38), w*u(.28, .46)*(1+.3*fat),
                 w*u(.5, .9), 1.)


POSES = dict(stand=6, contrapposto=3, walk=4, run=4, sit=2, kneel=1.5, lunge=3, jump=1.5, crouch=2, tiptoe=1,
             straddle=2, kick=1, float=1)
HANDS = ('down', 'down', 'apose', 'hips', 'up', 'forward', 'hold', 'hold', 'hold', 'wave', 'cross', 'behind', 'tee',
         'chin', 'swing', 'belly')


def weighted(F, table):
    names = list(table)
    w = np.cumsum([table[n] for n in names])
    return names[int(np.searchsorted(w, F.rng.random()*w[-1]))]


@dataclass
class Body:
    """Where things are once a body stands: joints in its own frame, sides as {1: left, -1: right}."""
    b: Build
    hip: np.ndarray
    chest: np.ndarray
    neck: np.ndarray
    R: np.ndarray  # of the chest
    knee: dict = field(default_factory=dict)
    foot: dict = field(default_factory=dict)
    hand: dict = field(default_factory=dict)
    elbow: dict = field(default_factory=dict)
    shoulder: dict = field(default_factory=dict)
    toe: dict = field(default_factory=dict)


def pose(F, b, kind=None, hands=None):
    """Joints of a body in a pose. Some stand as puppets do: both sides alike, arms out or down."""
    stiff = kind is None and F.maybe(.22)
    u, kind = F.u, 'stand' if stiff else kind or weighted(F, POSES)
    if stiff: hands = F.pick('tee', 'tee', 'apose', 'apose', 'down', 'forward')
    ankle, sep = b.leg_r*.8, b.w*b.hips*.55
    hip = vec(0, b.leg, 0)
    lean, twist, roll = (u(-.03, .05), 0, 0) if stiff else (u(-.05, .12), u(-.15, .15), u(-.05, .05))
    foot = {}
    L = (b.leg-ankle)/2*1.02
    for s in (1, -1): foot[s] = vec(s*(sep+u(0, .25)*b.w), ankle, u(-.03, .03)*b.leg)
    toe = {1: vec(u(.05, .5), 0, 1), -1: vec(-u(.05, .5), 0, 1)}
    q, lead = b.leg, F.pick(1, -1)
    if kind == 'contrapposto': roll, foot[lead][0] = .1*lead, foot[lead][0]+lead*.15*q
    if kind in ('walk', 'run', 'lunge'):
        a = u(.15, .3) if kind == 'walk' else u(.3, .5)
        hip[1] -= q*(.05 if kind == 'walk' else .12 if kind == 'run' else .25)
        foot[lead] += vec(0, 0, a*q*1.2)
        foot[-lead] += vec(0, u(.05, .3)*q if kind == 'run' else .06*q, -a*q*1.3)
        lean, twist = u(.1, .4) if kind == 'run' else u(0, .15), lead*u(.1, .4)
    if kind == 'straddle':
        for s in (1, -1): foot[s][0] += s*u(.2, .5)*q
        hip[1] -= .12*q
    if kind == 'crouch':
        hip[1] *= u(.5, .7)
        lean = u(.2, .6)
        for s in (1, -1): foot[s][0] += s*.15*q
    if kind in ('sit', 'chair', 'ride'):
        hip[1] = b.leg_r*b.hips*1.1 if kind == 'sit' else q*(.55 if kind == 'chair' else .5)
        for s in (1, -1):
            x = s*sep*(1 if kind == 'chair' else u(1, 1.6))
            if kind == 'sit': foot[s] = vec(x*1.3, ankle, u(.55, .98)*q)
            if kind == 'chair': foot[s] = vec(x, ankle, q*u(.42, .55))
            if kind == 'ride': foot[s] = vec(s*(sep+.42*q), hip[1]-.62*q, q*u(.05, .25))
    if kind == 'kneel':
        hip[1] = q*.58
        foot[lead] = vec(lead*sep*1.2, ankle, .4*q)
        foot[-lead] = vec(-lead*sep, ankle*.8, -.45*q)
    if kind in ('jump', 'float', 'kick'):
        hip[1] += .15*q*(kind != 'kick')
        if kind == 'kick': foot[lead] = vec(lead*sep, hip[1]-u(-.1, .4)*q, u(.5, .9)*q)
        if kind == 'jump':
            for s in (1, -1): foot[s] = hip+vec(s*(sep+u(.1, .4)*q), -u(.4, .85)*q, u(-.4, .3)*q)
        if kind == 'float':
            for s in (1, -1): foot[s] = hip+vec(s*sep*.8, -u(.8, .95)*q, -u(.05, .35)*q)
    if kind == 'tiptoe':
        for s in (1, -1): foot[s][1] += .06*q
    R = turn(twist, lean, roll)
    body = Body(b, hip, hip+R@vec(0, .72*b.torso, 0), hip+R@vec(0, b.torso*.98, 0), R)
    for s in (1, -1):
        top = hip+vec(s*sep, -.01, 0)
        h = vec(s*u(.1, .5), .1, 1.) if kind not in ('ride', 'crouch', 'sit') else vec(s*u(.5, 1.), .6, .8)
        body.knee[s], body.foot[s] = bend(top, foot[s], L*1.02, L, h)
        body.toe[s] = toe[s] if kind not in ('float', 'jump') else vec(0, -.8, .6)
    if stiff: mirror(body.knee, body.foot, body.toe)
    first, alike = hands or F.pick(*HANDS), F.maybe(.5)
    for s in (1, -1):
        k = first if hands or alike or first == 'cross' else F.pick(*HANDS[:-6])
        place_arm(F, body, s, k)
    if stiff: mirror(body.shoulder, body.elbow, body.hand)
    return body, kind


def mirror(*joints):
    """Makes the right side the left one's mirror image."""
    for j in joints: j[-1] = j[1]*vec(-1, 1, 1)


def place_arm(F, body, s, k):
    u, b, R = F.u, body.b, body.R
    n = b.arm
    sh = body.chest+R@vec(s*(b.w*.96), .1*b.torso, 0)
    t = {'down': vec(s*u(.02, .25), -u(.9, 1), u(-.1, .2)), 'apose': vec(s*u(.4, .7), -u(.65, .85), u(-.05, .15)),
         'up': vec(s*u(.1, .6), u(.6, .95), u(-.1, .3)),
         'hips': None, 'forward': vec(-s*u(-.2, .25), u(-.2, .25), u(.7, .97)), 'hold': vec(s*u(-.1, .4), -u(.1, .5),
             u(.35, .75)),
         'wave': vec(s*u(.3, .6), u(.3, .7), u(.1, .4)), 'cross': None, 'behind': vec(-s*.3, -.65, -.4), 'tee': vec(s,
             u(-.15, .2), u(-.1, .1)),
         'chin': None, 'swing': vec(s*.15, -u(.4, .8), F.pick(1, -1)*s*u(.3, .7)), 'belly': None}[k]
    hint = vec(s*.6, -.2, -1)
    if t is None:
        deep = b.d*(1+.4*b.belly)
        p = {'hips': body.hip+R@vec(s*b.w*max(b.hips, b.waist)*1.05, .12*b.torso, .02),
             'cross': body.chest+R@vec(-s*b.w*.45, -.08*b.torso+.03*s*b.torso, deep*1.35),
             'chin': body.neck+R@vec(0, .1*b.head, b.head*.55), 'belly': body.hip+R@vec(s*b.w*.35, .4*b.torso,
                 deep*1.3)}[k]
        hint = vec(s, -.3, -.6) if k != 'chin' else vec(s*.5, -1, .3)
    else: p = sh+R@(t*n)
    if k in ('up', 'wave'): hint = vec(s*1, -.4, -.3)
    body.shoulder[s] = sh
    body.elbow[s], body.hand[s] = bend(sh, p, n*.52, n*.5, R@hint)


def rub(p, q, t): return p*(1-t)+q*t


def trunk(F, body, skin, top, bottom, dress):
    """Torso of a person, from the crotch to the neck."""
    b, R, h = body.b, body.R, body.hip
    at = lambda x, y, z: h+R@vec(x*b.w, y*b.torso, z*b.d)
    bust = F.maybe(.3)
    belt, down = (.06+.08*F.rng.random())*b.torso, R[:, 1]
    two = top if dress in ('dress', 'robe', 'suit', '') else lambda V, U: np.where(((V-h)@down < belt)[:, None],
        call(bottom, V, U), call(top, V, U))
    hp = b.hips
    P = [h+vec(0, -.14*b.torso, 0), at(0, .02, 0), at(0, .3, .06+.3*b.belly), at(0, .55, .05), at(0, .78, 0),
         at(0, .93, 0), at(0, 1., 0)]
    r = np.array([(.5*hp, .6), (hp*.95, .95*max(hp, .8)), (b.waist, b.waist*(.92+.5*b.belly)), (.5*b.waist+.5, 1),
                  (.98, .92), (.55, .6), (.3, .38)])*vec(b.w, b.d)
    F.add('torso', tube(P, r, 15, 15, up=R@vec(0, 0, 1), ends=(.3, .2), square=b.square), two)
    if bust:
        for s in (1, -1): F.add('torso', lump(at(s*.42, .62, .75), (.38*b.w, .17*b.torso, .42*b.d), R, detail=9), top)
    F.add('head', tube([at(0, .9, 0), body.neck+R@vec(0, .25*b.head, 0)], np.array([.34, .3])*min(b.w, b.head*.5), 10),
          skin)
    return at


def professional(F, style=None, how=None, hands=None):
    """Somebody who is what the clothes say, see roles.py."""
    return person(F, style, how, hands, F.pick(*ROLES))


def person(F, style=None, role=None, hands=None, who=None):
    """A clothed person. role: a `pose` that a seat or mount asks for; who: one of ROLES. Returns the Body."""
    is_ = ROLES[who] if who else None
    usual = 'chibi', 'chibi', 'toon', 'toon', 'toon', 'real', 'real', 'giant', 'doll'
    style = style or F.pick(*(is_.styles if is_ else usual))
    b = build(F, style)
    body, how = pose(F, b, role or (F.pick('stand', 'stand', 'contrapposto', 'walk', None) if is_ else None), hands)
    F.words += [style, how]+[who]*bool(who)
    skin = F.pick(*is_.skin) if is_ else F.pick(*SKIN) if F.maybe(.78) else F.pick(*ODD_SKIN)
    pal, hair = hexes(F.pick(*is_.cloth)) if is_ else palette(F), F.pick(*(is_.hair if is_ else HAIRS))
    size = b.w*2
    top = maybe_pattern(F, pal[0], pal[1], 0 if is_ else .3, size)
    bottom = maybe_pattern(F, pal[1], pal[3], 0 if is_ else .15, size) if is_ or F.maybe(.8) else top
    shoe = F.pick(NEUTRAL[0], WOOD[2], WOOD[0], pal[2], pal[3])
    outfit = F.pick('plain', 'plain', 'plain', 'jacket', 'robe', 'dress', 'skirt', 'armour', 'armour', 'tunic', 'suit',
                    'bare', 'coat') if not is_ else F.pick(*is_.outfit)
    F.words.append(outfit)
    if how in ('ride', 'sit', 'chair', 'kneel', 'kick', 'run', 'lunge', 'jump') and outfit in ('robe', 'dress'):
        outfit = 'tunic'
    if outfit == 'suit' and not is_: bottom = top
    if outfit == 'bare': top = skin
    if outfit == 'armour' and not is_: top = F.pick(METAL[0], METAL[1], METAL[2], METAL[4], pal[0])
    at = trunk(F, body, skin, top, bottom, outfit)
    if who == 'mermaid': fish_tail(F, body, bottom, pal[2])
    else: legs(F, body, skin, bottom, shoe, outfit, style)
    arms(F, body, skin, top, outfit, pal, style)
    clothes(F, body, at, outfit, pal, top, bottom, how)
    H = head_of(F, body, skin, hair, style, beard=is_.beard if is_ else .14)
    if is_: equipped(F, body, H, hair, pal, how, style, is_)
    else:
        worn(F, body, H, hair, pal, how)
        carried(F, body, style)
    return body


def legs(F, body, skin, bottom, shoe, outfit, style):
    b, n0 = body.b, F.pick('long', 'long', 'shorts', 'boots', 'long')
    for s in (1, -1):
        slot, r = ('leg_left' if s > 0 else 'leg_right'), b.leg_r
        hip, k, f = body.hip+vec(s*b.w*b.hips*.5, 0, 0), body.knee[s], body.foot[s]
        cut = 'bare' if outfit in ('dress', 'skirt', 'tunic') and n0 != 'long' else n0
        P = [hip, rub(hip, k, .5), k, rub(k, f, .4), f]
        rad = np.array([1.12, 1.1, .82, .86, .62])*r
        F.add(slot, tube(P, rad, 11, 12, ends=(.6, 1)), skin if cut in ('bare', 'shorts') else bottom)
        if cut == 'shorts':
            F.add(slot, tube([hip+vec(0, .02, 0), rub(hip, k, .5), rub(hip, k, .85)], np.array([1.2, 1.25, 1.2])*r, 12,
                             7, ends=(.6, .1)), bottom)
        if cut == 'boots' or outfit == 'armour':
            F.add(slot, tube([rub(k, f, F.u(.1, .5)), rub(k, f, .7), f], np.array([1.08, 1.0, .85])*r, 12, 7,
                             ends=(.1, .8)), shoe)
        toe = unit(body.toe[s])
        side = axes(toe, (0, 1, 0))
        q, w = b.foot*F.u(.9, 1.1) if style != 'real' else b.foot*.8, r*(1.05 if style == 'real' else 1.25)
        p = f-vec(0, r*.25, 0)
        if outfit == 'bare' and F.maybe(.7):
            F.add(slot, tube([p-toe*.4*w, p+toe*q*.5, p+toe*q], [(w*.6, r*.5), (w*.8, r*.42), (w*.6, r*.25)], 10, 7,
                             up=vec(0, 1, 0.01)), skin)
            for i in range(3):
                F.add(slot, lump(p+toe*(q*1.1)+side[:, 0]*(i-1)*w*.5-vec(0, .1*r, 0), (w*.26,)*3, detail=5), skin)
        else:
            F.add(slot, tube([p-toe*.5*w, p+toe*q*.25, p+toe*q*.85, p+toe*q*1.1], [(w*.75, r*.62), (w*.85, r*.62),
                (w*.9, r*.5), (w*.6, r*.3)], 12, 9, up=vec(0, 1, 0.01)), shoe)
        if outfit == 'armour' and F.maybe(.6):
            F.add(slot, lump(k+vec(0, 0, .2*r), (r*.95, r*1.1, r*1.), detail=9), F.pick(*METAL[:3]))


def fish_tail(F, body, scales, fins):
    """In the place of legs."""
    b = body.b
    low, bow = body.hip[1], F.u(-.5, .5)
    P = [body.hip+vec(0, .02, 0), body.hip+vec(0, -.35*low, .1*low), body.hip+vec(.1*bow*low, -.75*low, .05*low),
         vec(.35*bow*low, .12*low, -.15*low)]
    F.add('leg_left', tube(P, [(b.w*b.hips*1.05, b.d*b.hips*1.15), (b.w*.85*b.hips, b.d*.9), (b.w*.45, b.d*.5),
                               (b.w*.2, b.d*.2)], 14, 13, up=vec(0, 0, 1)), scales)
    for q in (1, -1):
        tip_ = P[-1]+vec(q*F.u(.25, .4)*low, F.u(-.1, .12)*low, -.12*low)
        F.add('leg_left' if q > 0 else 'leg_right', tube([P[-1], (P[-1]+tip_)/2+vec(0, .03*low, 0), tip_],
              [(.05*low, .03*low), (.13*low, .035*low), (.02*low, .01*low)], 9, 8, up=vec(0, 0, 1)), fins)


def arms(F, body, skin, top, outfit, pal, style):
    b = body.b
    cut = F.pick('long', 'long', 'short', 'none', 'wide') if outfit not in ('armour', 'suit', 'coat') else 'long'
    if outfit == 'bare': cut = 'none'
    glove = F.pick(skin, skin, skin, pal[2], WOOD[2]) if cut == 'long' else skin
    sleeve = top if F.maybe(.8) else pal[1]
    pad = F.pick(0, 0, 1.5, 1.9) if outfit in ('armour', 'coat', 'tunic') else 0
    for s in (1, -1):
        slot, r = ('arm_left' if s > 0 else 'arm_right'), b.arm_r
        a, e, h = body.shoulder[s], body.elbow[s], body.hand[s]
        buff = F.u(1, 1.5) if style == 'giant' else 1
        F.add(
            slot,
            tube(
                [a, rub(a, e, .45), e, rub(e, h, .4), h],
                np.array([1.15, 1.1*buff, .85, .95*buff, .68])*r,
                11,
                12,
                ends=(1, .8),
            ),
            sleeve if cut == 'long' else skin,
        )
        if cut in ('short', 'wide'):
            n = .9 if cut == 'short' else 1
            P = [a-body.R@vec(s*.2*r, 0, 0), rub(a, e, .5), rub(a, e, n)] if cut == 'short' else [a, e,
                rub(e, h, F.u(.5, .85))]
            F.add(slot, tube(P, np.array([1.2, 1.3, 1.35 if cut == 'short' else F.u(1.6, 2.4)])*r, 12, 8,
                             ends=(.8, .1)), sleeve)
        hand(F, slot, h, h-e, r, s, glove, style)
        if glove is not skin: F.add(slot, tube([rub(e, h, .55), h], np.array([1.15, .9])*r, 11, ends=(.1, .5)), glove)
        if pad:
            F.add(slot, lump(a+vec(s*.25*r, .35*r, 0), (pad*r, pad*r*.85, pad*r*1.05), turn(0, 0, -s*.4), detail=10),
                  F.pick(METAL[0], METAL[2], pal[2]))


def hand(F, slot, h, d, r, s, paint, style):
    """A mitten, or a palm with fingers."""
    R = axes(d, (0, 0, 1))
    k = r*F.u(.9, 1.25)
    c = h+R@vec(0, .55*k, 0)
    if style in ('chibi', 'doll') or F.maybe(.5):
        F.add(slot, lump(c, (k*.85, k*1.05, k*.9), R, detail=9), paint)
        return F.add(slot, tube([c+R@vec(-s*.4*k, -.2*k, .3*k), c+R@vec(-s*1.05*k, .35*k, .5*k)], [k*.4, k*.3], 7),
                     paint)
    F.add(slot, lump(c, (k*.75, k*.85, k*.45), R, detail=8), paint)
    fist = F.u(0, 1)
    for i in range(4):
        x = (i-1.5)*.4*k
        p = c+R@vec(x, .6*k, 0)
        F.add(slot, tube([p, p+R@vec(0, .5*k*(1-.4*fist), .3*k*fist), p+R@vec(0, .95*k*(1-.9*fist), .55*k*fist)],
                         [.22*k, .21*k, .17*k], 5, 4), paint)
    F.add(slot, tube([c+R@vec(-s*.5*k, -.1*k, .1*k), c+R@vec(-s*1.05*k, .5*k, .3*k)], [.26*k, .2*k], 6), paint)


def clothes(F, body, at, outfit, pal, top, bottom, how):
    """What goes over trunk and legs: skirts, belts, plates, open jackets, scarfs, buttons."""
    b, R, up = body.b, body.R, body.R@vec(0, 0, 1)
    w, d, hp = b.w, b.d, b.hips
    deep = d*(1+.5*b.belly)
    if outfit in ('robe', 'dress', 'skirt', 'tunic', 'coat'):
        cover = dict(robe=F.u(.85, .98), dress=F.u(.5, .95), skirt=F.u(.3, .6), tunic=F.u(.22, .45),
                     coat=F.u(.5, .85))[outfit]
        low = body.hip[1]*(1-cover) if how not in ('sit', 'chair', 'ride') else body.hip[1]-.12*b.leg
        wide = F.u(1.2, 2.2) if outfit in ('dress', 'skirt') else F.u(1.1, 1.5)
        feet = (body.foot[1]+body.foot[-1])/2
        c = vec(feet[0]*cover, low, feet[2]*cover*.7)
        reach = cover*max(abs(body.foot[1][0]-body.foot[-1][0]), abs(body.foot[1][2]-body.foot[-1][2]))/2
        k, n = F.u(0, .12), F.pick(5, 6, 8)
        P = [at(0, .35, .03), at(0, .05, 0), rub(at(0, 0, 0), c, .5), c]
        r = [(b.waist*w*1.04, b.waist*deep*1.02), (hp*w*1.12, hp*d*1.2), (hp*w*(1+wide)/1.9+reach*.5,
            hp*d*(1+wide)/1.6+reach*.5), (hp*w*wide+reach*.8, hp*d*wide*1.1+reach*.7)]
        V, T = tube(P, r, 18, 11, up=up, ends=(.2, .05))
        m = (V-c)*vec(1, 0, 1)
        t = np.clip((P[1][1]-V[:, 1])/max(P[1][1]-low, 1e-3), 0, 1)[:, None]
        V = V+m*k*t*np.sin(np.arctan2(m[:, 0], m[:, 2])*n)[:, None]
        F.add('torso', (V, T), tip(top if outfit != 'skirt' else bottom, pal[2], -F.u(.6, 1.2), 1, -1) if F.maybe(.3)
              else top if outfit != 'skirt' else bottom)
    if outfit in ('jacket', 'coat', 'suit') and F.maybe(.8):
        x = F.u(.08, .4)
        F.add('torso', tube([at(0, .1, 1.0+.45*b.belly), at(0, .35, .98+.55*b.belly), at(0, .6, 1.0), at(0, .82, .75)],
                            np.array([(.6*x, .1), (x, .12), (x, .13), (x*.8, .1)])*w, 8, 9, up=up),
                            F.pick(WHITE, pal[1], pal[2]))
    if F.maybe(.5):
        y = F.u(.08, .22)
        k = max(hp*.97, b.waist*.9)*1.04
        F.add('torso', hoop(at(0, y, .04+.1*b.belly), k*w, k*deep, .06*w, R, 16, 6, F.u(1, 2.2)),
              F.pick(WOOD[2], pal[2], NEUTRAL[0]))
        if F.maybe(.7):
            F.add('torso', block(at(0, y, .04)+up*(k*deep+.05*w), (.16*w, .1*w, .05*w), R, .5),
                  F.pick(METAL[2], METAL[0]))
    if outfit == 'armour':
        m = F.pick(*METAL)
        F.add('torso', lump(at(0, .62, .12), (w*1.02, .27*b.torso, d*1.08), R, (.8, .9), 13), m)
        if F.maybe(.5): F.add('torso', plate(star(5, .28*w, .12*w), .08*w, at(0, .62, 1.22), R), pal[2])
        for i in range(-2, 3):
            F.add(
                'torso',
                block(at(i*.36*hp, -.04, .85-.1*i*i), (.17*w, .16*b.torso, .04*w), R, .5),
                F.pick(m, pal[0]),
            )
    if F.maybe(.2):
        F.add('torso', hoop(at(0, .95, .05), .48*w, .5*d, F.u(.12, .2)*w, R, 16, 8), F.pick(pal[2], bright(F)))
    if F.maybe(.2) and outfit != 'armour':
        for i in range(3):
            F.add('torso', lump(at(0, .22+.18*i, 1.0+.4*b.belly*(i < 2)), (.07*w, .07*w, .06*w), R, detail=6),
                  F.pick(METAL[2], pal[2]))
    if F.maybe(.12):
        F.add('torso', tube([at(.75, .85, .3), at(.35, .6, 1.02), at(-.3, .25, 1.05+.4*b.belly), at(-.85, .05, .4)],
                            [(.1*w, .05*w)]*4, 8, 12), F.pick(WOOD[0], pal[2]))


def head_of(F, body, skin, hair, style, turned=True, beard=.14):
    """A person's head on the neck. Returns its Lump, in the frame in which it was built: the figure's own."""
    b = body.b
    k = b.head/2
    r = vec(k*(F.u(.85, 1.12) if style in ('chibi', 'doll') else F.u(.68, .85)), k,
            k*(F.u(.8, 1.) if style in ('chibi', 'doll') else F.u(.78, .92)))
    e = F.pick((1., 1.), (1., 1.), (.85, .9), (.7, .75), (1.1, 1.))
    H = Lump((0, k*.95, 0), r, e)
    body.head_R = (
        body.R@turn(F.u(-.5, .5) if F.maybe(.5) else 0, F.u(-.2, .2)-.1, F.u(-.12, .12))
        if turned
        else body.R
    )
    with F.at(body.neck, body.head_R):
        F.add('head', H.mesh(15, taper=F.u(-.12, .06)), skin)
        if style in ('real', 'giant') or F.maybe(.3):  # jaw
            F.add('head', lump((0, k*.95-.5*r[1], .12*r[2]), (r[0]*F.u(.68, .85), r[1]*.5, r[2]*.82), detail=10), skin)
        heads.face(F, H, skin, style, hair)
        heads.person_ears(F, H, skin)
        if F.maybe(beard): heads.beard(F, H, hair)
    return H


def plush(F):
    """An upright toy animal: fur all over, a big head with a muzzle."""
    style = F.pick('chibi', 'doll', 'toon', 'chibi')
    b = build(F, style)
    b.belly = max(b.belly, F.u(0, .4))
    b.arm_r, b.leg_r = b.arm_r*F.u(1, 1.4), b.leg_r*F.u(1, 1.4)
    body, how = pose(F, b, F.pick('stand', 'sit', 'sit', 'walk', 'stand', 'straddle'))
    F.words += ['plush', how]
    fur, light = F.pick(F.pick(*FUR), bright(F)), F.pick(WHITE, hexes('f0e2c0')[0], shade(bright(F), 1))
    coat = maybe_pattern(F, fur, F.pick(light, shade(fur, .4)), .35, b.w*2.5, ('stripes', 'spots', 'patches'))
    top = belly(coat, light, front=True) if F.maybe(.6) else coat
    dressed = F.maybe(.35)
    at = trunk(F, body, coat, bright(F) if dressed else top, fur, '')
    legs(F, body, coat, coat, F.pick(coat, coat, light), 'suit', style)
    arms(F, body, coat, coat, 'suit', [fur]*4, style)
    if dressed: clothes(F, body, at, F.pick('jacket', 'skirt', 'plain'), palette(F), bright(F), bright(F), how)
    plush_head(F, body, coat, fur, light)
    if F.maybe(.6):
        with F.at(body.hip, body.R): F.pick(lambda: F.add('back', lump((0, .1*b.torso, -b.d*1.1), (b.w*.3,)*3,
            detail=8), light), lambda: back(F, 'tail', vec(0, 1, 0), vec(0, 0, 0), b.w, b.d, body.hip[1]))()
    if F.maybe(.4): carried(F, body, style)
    return body


def plush_head(F, body, coat, fur, light):
    b = body.b
    k = b.head/2
    H = Lump((0, k*.9, 0), vec(k*F.u(.9, 1.25), k*F.u(.85, 1), k*F.u(.8, 1)), F.pick((1., 1.), (.85, .9)))
    body.head_R = body.R@turn(F.u(-.3, .3), F.u(-.15, .1), F.u(-.15, .15))
    with F.at(body.neck, body.head_R):
        F.add('head', H.mesh(15), coat)
        muzzle(F, H, F.pick(light, light, fur), F.u(.3, .55), F.u(.15, .9))
        r = heads.eyes(F, H, fur, F.u(.35, .5), F.u(.05, .3), F.u(.12, .24), F.pick('bead', 'bead', 'plain', 'large',
            'closed'))
        if F.maybe(.3): heads.brows(F, H, .4, .2, r, shade(fur, .5))
        if F.maybe(.25): heads.cheeks(F, H, .6, -.15)
        heads.animal_ears(F, H, F.pick('cat', 'fox', 'bear', 'bear', 'mouse', 'rabbit', 'floppy', 'cow'), coat,
                          F.pick(PINK, light))
        if F.maybe(.2): heads.horns(F, H)
        if F.maybe(.25):
            hats.headwear(F, H, fur, F.pick('bow', 'crown', 'santa', 'beret', 'flowers', 'wide', 'top hat'))


def muzzle(F, H, paint, w, long, y=-.3, nose=None):
    """A snout on a head: a lump w wide and `long` deep, its nose and mouth. Returns the Lump."""
    rx, ry, rz = H.r
    p, _ = H.front(0, y)
    M = Lump(p+vec(0, 0, -.1*rz+.3*long*rz), vec(w*rx, w*.75*ry, (.25+.7*long)*rz*.8))
    F.add('head', M.mesh(11, taper=0), paint)
    tipp, n = M.front(0, .35)
    k = w*rx*F.u(.25, .5)
    heads.button(F, 'head', tipp, n, k, k*.75, k*.6, F.pick(BLACK, BLACK, BLACK, PINK) if nose is None else nose)
    if F.maybe(.8): heads.mouth(F, M, F.u(-.55, -.25), F.u(.4, .75), F.pick('smile', 'smile', 'open', 'fangs', 'flat'))
    return M
