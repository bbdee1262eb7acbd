"""Pictures of a figure before a background, with the figure's matte: what a cut-out is measured on.

One figure, whole or cut off by the border, before a photo or a drawn background: other light, blurred other figures,
posters, floors, shadows, noise, blocks of compression. A few "figures" are blobs of texture: whatever stands out there
is a subject too.
"""
import glob, math, os, random, re
import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

SIDE, UNSEEN = 128, slice(4, None, 10)


def scenes(shared, unseen):
    """The backgrounds of the training scenes or of the unseen ones, u8 [3, h, w] each."""
    files = sorted(glob.glob(os.path.join(shared, 'data/backgrounds/*.jpg')))
    names = sorted({re.sub(r'_\d+\.jpg', '', f) for f in files})
    held = set(names[UNSEEN])
    return [
        torch.from_numpy(np.array(Image.open(f).convert('RGB'))).permute(2, 0, 1)
        for f in files
        if (re.sub(r'_\d+\.jpg', '', f) in held) == unseen
    ]


def cut_photos(shared):
    """The shared photos that are cut out, as squares RGBA u8 [4, 384, 384]: nothing trains on them."""
    out = []
    for f in sorted(glob.glob(os.path.join(shared, 'data/photos/*.png'))):
        im = Image.open(f)
        if im.mode != 'RGBA' or im.getextrema()[3][0] > 20: continue
        im = im.crop(im.getchannel('A').point(lambda a: 255*(a > 20)).getbbox())
        page = Image.new('RGBA', (max(im.size),)*2)
        page.paste(im, ((page.width-im.width)//2, page.height-im.height))
        out.append(torch.from_numpy(np.array(page.resize((384, 384)))).permute(2, 0, 1))
    return out


def u(lo, hi, *shape): return torch.empty(*shape).uniform_(lo, hi)


def chance(p): return random.random() < p


def blur(x, r):
    """Twice a box of radius r, the border repeated."""
    r = min(r, x.shape[-1]//3)
    for _ in range(2 if r else 0): x = F.avg_pool2d(F.pad(x, (r,)*4, mode='replicate'), 2*r+1, 1)
    return x


def octaves():
    """Smooth noise, 0..1 [1, 3, SIDE, SIDE]."""
    x = .05*torch.rand(1, 3, SIDE, SIDE)
    for n in (2, 4, 8, 16, 32, 64):
        if chance(.6): x = x+F.interpolate(torch.rand(1, 3, n, n), (SIDE, SIDE), mode='bilinear')*random.random()
    x = (x-x.amin())/(x.amax()-x.amin()+1e-3)
    return x if chance(.5) else x.mean(1, keepdim=True)*u(.3, 1, 1, 3, 1, 1)


def crop(photo, least=.25):
    """A random window of a photo, mirrored or not, f32 [1, 3, SIDE, SIDE] in 0..1."""
    h, w = photo.shape[1:]
    ch, cw = int(h*random.uniform(least, 1)), int(w*random.uniform(least, 1))
    y, x = random.randint(0, h-ch), random.randint(0, w-cw)
    x = F.interpolate(photo[None, :, y:y+ch, x:x+cw].float()/255, (SIDE, SIDE), mode='bilinear', antialias=ch > SIDE)
    return x.flip(3) if chance(.5) else x


def place(rgba, height, cx, cy, aspect=1., angle=0.):
    """Puts figures [1, 4, n, n] on a transparent plane; height 1 fills it, (cx, cy) in -1..1 is the middle.
    Premultiplied."""
    x = torch.cat([rgba[:, :3]*rgba[:, 3:], rgba[:, 3:]], 1)
    if height < .6: x = F.avg_pool2d(x, 2)  # less aliasing
    c, s = math.cos(angle)/height, math.sin(angle)/height
    a = torch.tensor([[c/aspect, s/aspect], [-s, c]])
    t = torch.cat([a, -a@torch.tensor([[cx], [cy]])], 1)[None]
    return F.grid_sample(x, F.affine_grid(t, (1, 4, SIDE, SIDE), align_corners=False), align_corners=False)


def blob(photos):
    """A textured thing with a smooth outline, in place of a figure: RGBA [1, 4, SIDE, SIDE]."""
    y, x = torch.meshgrid(*[torch.linspace(-1, 1, SIDE)]*2, indexing='ij')
    t, r = torch.atan2(y, x), (x*x+y*y).sqrt()
    edge = .75+sum(random.uniform(-.3, .3)/k*torch.cos(k*t+random.uniform(0, 7)) for k in range(1, 6))
    rgb = (crop(random.choice(photos), .1)*u(.4, 1.4, 1, 3, 1, 1)).clamp(0, 1) if chance(.7) else octaves()
    return torch.cat([rgb, ((edge-r)*SIDE/3).clamp(0, 1)[None, None]], 1)


def background(photos, others):
    x = crop(random.choice(photos)) if chance(.75) else octaves()*random.random()+u(0, 1, 1, 3, 1, 1)*random.random()
    if chance(.15):  # floor below a horizon
        y = int(SIDE*random.uniform(.5, .9))
        x = torch.cat(
            [
                x[:, :, :y],
                ((crop(random.choice(photos), .1) if chance(.5) else octaves())*u(.5, 1.2, 1, 3, 1, 1))[:, :, y:],
            ],
            2,
        )
    for _ in range(random.choice([0, 0, 0, 1, 2, 4])):  # posters, shelves, frames
        h, w = random.randint(6, 70), random.randint(4, 60)
        y, z = random.randint(0, SIDE-h), random.randint(0, SIDE-w)
        x[:, :, y : y+h, z : z+w] = (
            (crop(random.choice(photos), .1)*u(.4, 1.5, 1, 3, 1, 1))[:, :, :h, :w]
            if chance(.5)
            else u(0, 1, 1, 3, 1, 1)
        )
    for _ in range(random.choice([0, 0, 0, 1, 2])):  # others, behind and out of focus
        f = place(
            others[random.randrange(len(others))][None].float()/255,
            random.uniform(.2, .6),
            random.choice([-1, 1])*random.uniform(.5, 1),
            random.uniform(-.6, .6),
        )
        f = blur(f, random.choice([0, 1, 2, 3]))
        x = f[:, :3]+x*(1-f[:, 3:])
    return blur(x, random.choice([0, 0, 0, 1, 2, 4, 7])).clamp(0, 1)


def lit(f, photos, bg):
    """A premultiplied figure in the light of its background, perhaps with cloth or fur on it."""
    rgb, a = f[:, :3], f[:, 3:]
    if chance(.45):
        t = crop(random.choice(photos), .1).mean(1, keepdim=True) if chance(.7) else octaves().mean(1, keepdim=True)
        rgb = rgb*(1+random.uniform(.3, 1)*(t/(t.mean()+.05)-1)).clamp(.2, 1.8)
    k = random.uniform(0, .6)
    rgb = rgb*((bg.mean((2, 3), keepdim=True)+.1)/.55)**k*u(.7, 1.25, 1, 1, 1, 1)*u(.88, 1.12, 1, 3, 1, 1)
    ramp = torch.linspace(-1, 1, SIDE)*random.uniform(-.35, .35)
    return torch.minimum(rgb*(1+(ramp[:, None] if chance(.5) else ramp)), a), a


def shade(a, bg):
    """The background with the figure's shadow on it: where it stands, or on the wall behind."""
    rows = (a[0, 0] > .5).any(1).nonzero()
    if len(rows) and chance(.5):
        foot = rows[-1].item()
        near = a[:, :, max(0, foot-12):foot+1].amax(2, keepdim=True)
        y = torch.arange(SIDE).sub(foot).div(random.uniform(2, 8)).square().neg().exp()
        s = near*y[None, None, :, None]
        bg = bg*(1-random.uniform(.2, .8)*blur(s, random.randint(1, 5)))
    if chance(.25):
        bg = bg*(
            1
            - random.uniform(.1, .6)
            * blur(a.roll((random.randint(-8, 12), random.randint(-14, 14)), (2, 3)), random.randint(1, 5))
        )
    return bg


I = torch.arange(8.)
DCT = torch.where(I[:, None] == 0, 8**-.5, .5*torch.cos((2*I+1)*I[:, None]*math.pi/16))


def finish(x):
    """What a camera and a file do to a picture [1, 3, SIDE, SIDE]."""
    x = x*random.uniform(.75, 1.25)*u(.92, 1.08, 1, 3, 1, 1)
    grey = x.mean(1, keepdim=True)
    x = (grey+(x-grey)*random.choice([1, random.uniform(.3, 1.4), 0 if chance(.1) else 1])).clamp(
        1e-4, 1
    )**random.uniform(.7, 1.35)
    if chance(.4): x = x+(blur(x, 1)-x)*random.uniform(-.5, 1)
    if chance(.6): x = x+torch.randn_like(x)*random.uniform(0, .06)
    if chance(.3):
        b = x.reshape(1, 3, SIDE//8, 8, SIDE//8, 8).transpose(3, 4)
        q = (1+I+I[:, None])*random.uniform(.01, .06)
        x = (DCT.T@((DCT@b@DCT.T/q).round()*q)@DCT).transpose(3, 4).reshape(x.shape)
    return x.clamp(0, 1)


def studio(rng, side=256, colour=None):
    """A ground of one colour, darker to its corners or one side, perhaps with a floor: u8 [3, side, side]."""
    y, x = np.meshgrid(*[np.linspace(-1, 1, side)]*2, indexing='ij')
    grey = rng.random() if rng.random() < .5 else 1-.15*rng.random()
    if colour is None: colour = (grey+rng.normal(size=3)*rng.choice([0, .02, .12])).clip(0, 1)
    light = 1-rng.uniform(0, .3)*(x*x+y*y)/2+rng.uniform(-.15, .15)*(x*rng.normal()+y*rng.normal())
    page = colour[:, None, None]*light
    if rng.random() < .4:
        floor = 1/(1+np.exp(-(y-rng.uniform(.3, .8))/rng.uniform(.002, .15)))
        page = page*(1-rng.uniform(-.1, .4)*floor)
    return torch.from_numpy((page*255).clip(0, 255).astype(np.uint8))


def on_paper(rng, subjects, close=0., near=0.):
    """A picture of a figure before a ground of one colour, with its shadow, and the subject's share of each pixel, as
    `composite` gives them. It is whole, or with a chance of `close` cut off by the lower border; with one of `near`
    the ground has a colour like one of its own."""
    f = subjects[random.randrange(len(subjects))][None].float()/255
    colour = None
    if chance(near):
        own = f[0, :3, f[0, 3] > .9]
        own = own[:, random.randrange(own.shape[1])].numpy()
        colour = (own*random.uniform(.8, 1.2)+.02*rng.normal(size=3)).clip(0, 1)
    if chance(close):
        height, x = random.uniform(1, 2), random.uniform(-.3, .3)
        y = height-1+random.uniform(-.05, .3)
    else:
        height = random.uniform(.4, .9)
        x, y = random.uniform(-1, 1)*(1-height)*.5, random.uniform(0, 1-height)
    f = place(f, height, x, y, 1, random.gauss(0, .05))
    bg = F.interpolate(studio(rng, SIDE, colour)[None].float()/255, (SIDE, SIDE))
    rgb, a = f[:, :3], f[:, 3:]
    x = torch.minimum(rgb*u(.8, 1.2, 1, 1, 1, 1), a)+shade(a, bg)*(1-a)
    return (x+torch.randn_like(x)*random.uniform(0, .012)).clamp(0, 1), a


def composite(photos, subjects, blobs=.12, whole=.62, portrait=.8):
    """One picture and the subject's share of each pixel: f32 [1, 3, SIDE, SIDE], [1, 1, SIDE, SIDE].

    A share `whole` of the figures is seen whole, one `portrait` of the others from the head on; the rest fill the
    picture."""
    f = blob(photos) if chance(blobs) else subjects[random.randrange(len(subjects))][None].float()/255
    if chance(.5): f = f.flip(3)
    if chance(whole): height, cy = random.uniform(.35, 1), None  # whole
    elif chance(portrait):  # a portrait: the head a little below the top, the rest cut off by the lower border
        height = random.uniform(1, 2.3)
        cy = height-1+random.uniform(-.05, .3)
    else:  # so close that the head is cut off, too
        height = random.uniform(1.6, 3.2)
        cy = height-1-random.uniform(.05, .25)*height
    free = max(.12, 1-height)
    cx, cy = max(-.7, min(.7, random.gauss(0, .4)))*free, random.uniform(-free, free) if cy is None else cy
    f = place(f, height, cx, cy, random.uniform(.7, 1.4), random.gauss(0, .12))
    bg = background(photos, subjects)
    rgb, a = lit(f, photos, bg)
    return finish(rgb+shade(a, bg)*(1-a)), a
