"""From a picture to part maps: a convolutional U-Net over the pixels, with the tokens of an image encoder in its
middle.

In: RGBA f32 [b,4,128,128], colour (c-.5)*2*alpha and alpha*2-1, and `inflated` [b,1,128,128], the half thickness of
the outline blown up like a balloon (data/views.py). Out: maps [b,CHANNELS,64,64], and sine and cosine of yaw and twice
the pitch in radians, [b,3].

Channels: occupancy of each slot (logit); then for each of middle, half thickness, near colour (3), far colour (3) all
slots; then middle, half thickness and far colour (3) of the whole figure, and the logarithms of how far its middle and
half thickness may be off. Depths are in units of half the frame. A half thickness is softplus(channel + the inverse
softplus of the inflated one): a network that says nothing gives the balloon. Colours are sigmoids.
"""
import os, sys
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from data.slots import SLOTS
from maps.checkpoint import unpacked
from networks import CELLS, CONFIG, ImageEncoder
from networks import PARTS as OLD_SLOTS

K = len(SLOTS)
WHOLE = 9*K  # where the channels of the whole figure begin
CHANNELS = WHOLE+7
THIN = .02  # the least half thickness that the inflated outline is taken for


class Conv(nn.Module):
    """3x3 convolution, batch normalisation (folded on export), SiLU."""

    def __init__(self, i, o, stride=1):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(i, o, 3, stride, 1, bias=False), nn.BatchNorm2d(o)

    def forward(self, x): return F.silu(self.norm(self.conv(x)))


class Residual(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.first, self.conv, self.norm = Conv(c, c), nn.Conv2d(c, c, 3, 1, 1, bias=False), nn.BatchNorm2d(c)
        nn.init.zeros_(self.norm.weight)

    def forward(self, x): return F.silu(x+self.norm(self.conv(self.first(x))))


class Block(nn.Module):
    """Attention among all places, then a small network at each. A new one changes nothing."""

    def __init__(self, c, heads=8, places=64):
        super().__init__()
        self.heads = heads
        self.norm1, self.qkv, self.out = nn.LayerNorm(c), nn.Linear(c, 3*c), nn.Linear(c, c)
        self.norm2, self.up, self.down = nn.LayerNorm(c), nn.Linear(c, 2*c), nn.Linear(2*c, c)
        self.position = nn.Parameter(torch.zeros(1, places, c))
        for last in (self.out, self.down): nn.init.zeros_(last.weight), nn.init.zeros_(last.bias)

    def forward(self, x):
        b, c, h, w = x.shape
        t = x.flatten(2).mT+self.position
        q, k, v = self.qkv(self.norm1(t)).view(b, h*w, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        t = t+self.out(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))
        t = t+self.down(F.gelu(self.up(self.norm2(t))))
        return t.mT.view(b, c, h, w)


def encoded(image):
    """A picture [128,128,4] of straight alpha, 0 to 1, as the network takes it: f32 [4,128,128]."""
    colour, alpha = image[..., :3], image[..., 3:]
    return np.concatenate([(colour-.5)*2*alpha, alpha*2-1], -1).transpose(2, 0, 1).astype(np.float32)


def double(x): return F.interpolate(x, scale_factor=2, mode='nearest')


def unsoftplus(x): return x+torch.log(-torch.expm1(-x))


class MapNet(nn.Module):
    """`side` pixels of the picture, twice those of the maps; `encoder`: the sizes of the image encoder, whose patches
    are the coarsest level's places; `told`: numbers that it learned to tell of each cell of a patch, shares of nothing
    and of parts, and a place."""

    def __init__(
        self,
        widths=(32, 64, 144, 256),
        blocks=2,
        heads=8,
        side=128,
        encoder=CONFIG['image_encoder'],
        told=len(OLD_SLOTS)+4,
    ):
        super().__init__()
        a, b, c, d = widths
        self.image_encoder, w, self.places, self.told = ImageEncoder(encoder), encoder['hidden_size'], side//16, told
        self.seen = nn.Linear(w, CELLS**2*told)
        self.stem, self.full = Conv(5, a, 2), nn.Sequential(Conv(a, a), Conv(a, a))
        self.down1 = nn.Sequential(Conv(a+told, b, 2), Residual(b))
        self.down2 = nn.Sequential(Conv(b, c, 2), Residual(c))
        self.down3 = nn.Sequential(Conv(c, d, 2), Residual(d))
        self.tokens, self.token = nn.Linear(w, d), nn.Linear(w, d)
        self.blocks, self.middle = nn.ModuleList([Block(d, heads, self.places**2) for _ in range(blocks)]), Residual(d)
        self.up2 = nn.Sequential(Conv(d+c, c), Residual(c))
        self.up1 = nn.Sequential(Conv(c+b, b), Residual(b))
        self.up0 = nn.Sequential(Conv(b+a, b), Residual(b))
        self.maps = nn.Conv2d(b, CHANNELS, 1)
        self.camera = nn.ModuleList([nn.Linear(d+w, 128), nn.Linear(128, 3)])
        mean, std = torch.tensor([.485, .456, .406]), torch.tensor([.229, .224, .225])
        self.register_buffer('mean', mean.view(3, 1, 1), False), self.register_buffer('std', std.view(3, 1, 1), False)

    def cells(self, tokens):
        """Probabilities of nothing and of slots, and a place, of each cell, at the resolution of the maps:
        [b,told,side/2,side/2]."""
        b, n = len(tokens), self.places
        s = (
            self.seen(tokens)
            .view(b, n, n, CELLS, CELLS, -1)
            .permute(0, 5, 1, 3, 2, 4)
            .reshape(b, -1, n*CELLS, n*CELLS)
            .float()
        )
        s = torch.cat([s[:, :-3].softmax(1), s[:, -3:]], 1)
        return F.interpolate(s, scale_factor=8/CELLS, mode='bilinear')

    def forward(self, rgba, inflated):
        alpha = (rgba[:, 3:].float()+1)/2
        white = rgba[:, :3].float()/2+.5*alpha+1-alpha
        t = self.image_encoder((white.clamp(0, 1)-self.mean)/self.std)
        x0 = self.full(self.stem(torch.cat([rgba, inflated*2], 1)))
        x1 = self.down1(torch.cat([x0, self.cells(t[:, 1:]).to(x0.dtype)], 1))
        x2 = self.down2(x1)
        x3 = self.down3(x2)
        x3 = x3+self.tokens(t[:, 1:]).mT.reshape(x3.shape)+self.token(t[:, 0])[:, :, None, None]
        for block in self.blocks: x3 = block(x3)
        x3 = self.middle(x3)
        seen = torch.cat([x3.mean((2, 3)).float(), t[:, 0].float()], 1)
        x = self.up2(torch.cat([double(x3), x2], 1))
        x = self.up1(torch.cat([double(x), x1], 1))
        x = self.up0(torch.cat([double(x), x0], 1))
        return self.maps(x), self.camera[1](F.gelu(self.camera[0](seen)))


def blocks_of(state):
    """How many blocks of attention the MapNet has whose weights these are."""
    return len({k.split('.')[1] for k in state if k.startswith('blocks.')})


def loaded(state):
    """The MapNet whose weights these are, packed or not (maps/checkpoint.py)."""
    net = MapNet(blocks=blocks_of(state))
    net.load_state_dict(unpacked(state))
    return net


def halves(channel, inflated):
    """Half thickness [..., 64, 64] of a channel, for an inflated outline [..., 64, 64]."""
    return F.softplus(channel+unsoftplus(inflated.clamp(min=THIN)))


def folded(state):
    """Tensors of a MapNet with each batch normalisation folded into its convolution, which gets a bias."""
    out = dict(state)
    for k in [k for k in state if k.endswith('norm.running_mean')]:
        stem = k[:-len('norm.running_mean')]
        mean, var, weight, bias = (
            out.pop(f'{stem}norm.{n}').float() for n in ('running_mean', 'running_var', 'weight', 'bias')
        )
        out.pop(f'{stem}norm.num_batches_tracked', None)
        scale = weight/torch.sqrt(var+1e-5)
        out[f'{stem}conv.weight'] = out[f'{stem}conv.weight'].float()*scale[:, None, None, None]
        out[f'{stem}conv.bias'] = bias-mean*scale
    return out
