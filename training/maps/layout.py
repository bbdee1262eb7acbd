"""Where the parts of a drawing are and which colour they have: an ellipse each.

A layout, f32 [b, SLOTS, NUMBERS]: whether a part is there (0 or 1), its middle x and y from -1 to 1 (y downwards), the
deviations along x and y of what is in it, in the same unit, how much the two go together (-1 to 1), and its mean
colour, sRGB from -1 to 1. All of a part that is not there is 0, and all of a layout that nobody told.

Words tell a layout easily, and a drawing hardly; a layout tells most of a drawing (as in Zheng et al. 2023,
"LayoutDiffusion").
"""
import torch
import torch.nn.functional as F
from data.fronts import NONE, ROWS, SIDE

NUMBERS, PAINTED = 9, 4*NONE+1  # PAINTED: channels of `painted`
LEAST = 1/ROWS**2/3  # variance of a single square


def squares(n=ROWS):
    """Middles of squares along one side, -1 to 1."""
    return (torch.arange(n)+.5)/n*2-1


def measured(slots, picture):
    """The layouts of pictures u8 [b, SIDE, SIDE, 7] with slots u8 [b, ROWS, ROWS], see data/fronts.py."""
    part = F.one_hot(slots.long().clamp(max=NONE), NONE+1)[..., :NONE].permute(0, 3, 1, 2).float()
    n = part.sum((2, 3)).clamp(min=1)
    mean = lambda v: (part*v).sum((2, 3))/n
    x, y = squares()[None, None, None], squares()[None, None, :, None]
    mx, my = mean(x), mean(y)
    vx, vy, vxy = mean(x*x)-mx*mx+LEAST, mean(y*y)-my*my+LEAST, mean(x*y)-mx*my
    # colours of squares, of what is in the picture there
    page = picture.permute(0, 3, 1, 2).float()/255
    alpha = F.avg_pool2d(page[:, :1], SIDE//ROWS)
    colour = F.avg_pool2d(page[:, 1:4]*page[:, :1], SIDE//ROWS)/alpha.clamp(min=1/255)*2-1
    hues = [mean(colour[:, None, k]) for k in range(3)]
    there = (part.sum((2, 3)) > 0).float()
    return torch.stack([there, mx, my, vx.sqrt(), vy.sqrt(), vxy*torch.rsqrt(vx*vy), *hues], 2)*there[..., None]


def painted(layout, rows=ROWS):
    """Maps of layouts, [b, PAINTED, rows, rows]: each part's ellipse, its colours in there, and that there is one."""
    there, mx, my, sx, sy, both, *hues = (v[..., None, None] for v in layout.unbind(2))
    x, y = squares(rows)[None, None, None], squares(rows)[None, None, :, None]
    x, y = (x-mx)/sx.clamp(min=.01), (y-my)/sy.clamp(min=.01)
    far = (x*x-2*both*x*y+y*y)/(1-both*both).clamp(min=.02)  # 4 at the border of an even ellipse
    inside = torch.sigmoid(4-far)*there
    told = (layout[..., 0].amax(1) > 0).float()[:, None, None, None].expand(-1, 1, rows, rows)
    return torch.cat([inside, *(inside*h for h in hues), told], 1)


def shaken(layout):
    """Layouts that are not quite right, as words tell them: so a denoiser does not believe them to the pixel."""
    there, place, wide, both, hue = layout.split((1, 2, 2, 1, 3), 2)
    n, amount = torch.randn_like, torch.rand(len(layout), 1, 1)
    place = place+n(place)*.04*amount
    wide = wide*torch.exp(n(wide)*.15*amount)
    both = (both+n(both)*.15*amount).clamp(-.97, .97)
    hue = (hue+n(hue)*.12*amount).clamp(-1, 1)
    return torch.cat([there, place, wide, both, hue], 2)*there


def seen(layout):
    """One layout to look at, u8 [SIDE, SIDE, 3]: the ellipses in their colours on white, one above the other."""
    maps = F.interpolate(painted(layout[None]), (SIDE, SIDE), mode='bilinear')[0]
    page = torch.ones(3, SIDE, SIDE)
    for k in range(NONE):
        hue, inside = (layout[k, 6:]+1)[:, None, None]/2, (maps[k]*1.2).clamp(max=1)
        page = page*(1-inside)+hue*inside
    return (page.permute(1, 2, 0).numpy()*255+.5).astype('u1')
