"""A denoiser over the latents of drawings of figures, told by words, by what is known of a figure's front, or by both.

State: f32 [b, LATENT, 16, 16], latents of maps/autoencoder.py whose channels have a mean of 0, and
all together a deviation of 1. Known:
[b, 5, 128, 128], alpha and near colours where they are known, else 0, and where that is (1). Words: rows of the table
of word vectors [b, up to LENGTH], 0 for none. Layout: see maps/layout.py, 0 for none.

A rectified flow (Liu et al. 2022): at time t, from 0 to 1, the state is t of the figure and 1-t of noise. The network
tells the clean latents (Li and He 2025, "Back to basics: let denoising generative models denoise") by a U-Net of two
levels, in whose middle the places and the words attend to one another.
"""
import math
import torch
import torch.nn as nn
import torch.nn.functional as F
from data.fronts import NONE
from maps.autoencoder import LATENT, SIDE
from maps.layout import PAINTED, painted

KNOWN, SCALE, LENGTH = 5, 8, 24  # channels known; pixels a side of a latent; words
EARLY = 3  # so much denser are the steps of a sample where all is noise than in equal ones


def moments(t):
    """Times [b] as numbers [b, 64]."""
    f = torch.exp(torch.linspace(0, math.log(1000), 32, device=t.device))
    return torch.cat([torch.sin(t[:, None]*f), torch.cos(t[:, None]*f)], 1)


def gist(table, ids):
    """The mean of the vectors `table` [1 + words, size] of rows of words [b, n]."""
    return table[ids].sum(1)/(ids > 0).sum(1, keepdim=True).clamp(min=1)


class Residual(nn.Module):
    """Two convolutions, told the time."""

    def __init__(self, i, o, told):
        super().__init__()
        self.norm1, self.conv1 = nn.GroupNorm(8, i), nn.Conv2d(i, o, 3, 1, 1)
        self.norm2, self.conv2 = nn.GroupNorm(8, o), nn.Conv2d(o, o, 3, 1, 1)
        self.told = nn.Linear(told, 2*o)
        self.skip = nn.Conv2d(i, o, 1) if i != o else nn.Identity()
        nn.init.zeros_(self.conv2.weight), nn.init.zeros_(self.conv2.bias)

    def forward(self, x, t):
        scale, shift = self.told(t)[:, :, None, None].chunk(2, 1)
        h = self.conv1(F.silu(self.norm1(x)))
        return self.skip(x)+self.conv2(F.silu(self.norm2(h)*(1+scale)+shift))


class Block(nn.Module):
    """Attention among places and words, then a small network at each, both told the time."""

    def __init__(self, c, told, heads=8):
        super().__init__()
        self.heads = heads
        self.norm1, self.qkv, self.out = nn.LayerNorm(c), nn.Linear(c, 3*c), nn.Linear(c, c)
        self.norm2, self.up, self.down = nn.LayerNorm(c), nn.Linear(c, 3*c), nn.Linear(3*c, c)
        self.told = nn.Linear(told, 4*c)
        for last in (self.out, self.down): nn.init.zeros_(last.weight), nn.init.zeros_(last.bias)

    def forward(self, x, t, missing):
        """x [b, n, c]; `missing` [b, 1, 1, n]: 0, or a large negative number at what is not there."""
        s1, d1, s2, d2 = self.told(t)[:, None].chunk(4, 2)
        q, k, v = self.qkv(self.norm1(x)*(1+s1)+d1).unflatten(2, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        a = (q*q.shape[-1]**-.5@k.mT+missing).softmax(-1)@v
        x = x+self.out(a.transpose(1, 2).flatten(2))
        return x+self.down(F.gelu(self.up(self.norm2(x)*(1+s2)+d2)))


class Told(nn.Module):
    """What a network of width `c` is told beside its state: the time, and words by vectors `table` [words, size]."""

    def __init__(self, table, c, length):
        super().__init__()
        self.register_buffer('table', torch.cat([torch.zeros(1, table.shape[1]), table]), persistent=False)
        self.words, self.word_place = nn.Linear(table.shape[1], c), nn.Parameter(torch.randn(length, c)*.02)
        # what all words together say, told with the time
        self.gist = nn.Linear(table.shape[1], c, bias=False)
        nn.init.zeros_(self.gist.weight)
        self.time = nn.Sequential(nn.Linear(64, c), nn.SiLU(), nn.Linear(c, c))

    def moment(self, t, ids):
        """Times [b] and rows of words as vectors [b, c]."""
        return F.silu(self.time(moments(t))+self.gist(gist(self.table, ids)))

    def beside(self, tokens, ids):
        """Tokens [b, n, c] and those of the words; and what is missing of all, see `Block`."""
        words = self.words(self.table[ids])+self.word_place[:ids.shape[1]]
        missing = F.pad((ids == 0).float()*-1e4, (tokens.shape[1], 0))[:, None, None]
        return torch.cat([tokens, words], 1), missing


class Denoiser(Told):
    """`table`: vectors of the words, [words, size].

    Half of the blocks on, a product tells what part is at each latent, for training alone: what has to know where a
    head is draws better ones (as features of another network do in Yu et al. 2024, "Representation alignment for
    generation").
    """

    def __init__(self, table, widths=(128, 256), blocks=8, heads=8, side=SIDE//SCALE, length=LENGTH):
        a, c = widths
        super().__init__(table, c, length)
        # mean of the latents' channels, and the deviation of all
        self.register_buffer('mean', torch.zeros(LATENT)), self.register_buffer('deviation', torch.ones(LATENT))
        self.stem = nn.Conv2d(LATENT+KNOWN*SCALE**2, a, 1)
        self.layout = nn.Conv2d(PAINTED, a, 3, 1, 1)
        nn.init.zeros_(self.layout.weight), nn.init.zeros_(self.layout.bias)
        self.in0, self.down = Residual(a, a, c), nn.Conv2d(a, c, 3, 2, 1)
        self.place = nn.Parameter(torch.randn(1, (side//2)**2, c)*.02)
        self.blocks = nn.ModuleList([Block(c, c, heads) for _ in range(blocks)])
        self.up, self.up0 = nn.Conv2d(c, a, 1), Residual(2*a, a, c)
        self.parts = nn.Linear(c, 4*(NONE+1))
        self.last, self.latents = nn.GroupNorm(8, a), nn.Conv2d(a, LATENT, 3, 1, 1)

    def forward(self, state, t, ids, known, layout, parts=False):
        """Clean latents; with `parts` the logits of what part is at each, [b, NONE+1, 16, 16], as well."""
        m = self.moment(t, ids)
        x0 = self.stem(torch.cat([state, F.pixel_unshuffle(known, SCALE)], 1))
        x0 = self.in0(x0+self.layout(painted(layout, state.shape[-1])), m)
        x = self.down(x0)
        h, w = x.shape[2:]
        tokens, missing = self.beside(x.flatten(2).mT+self.place, ids)
        half = len(self.blocks)//2
        for block in self.blocks[:half]: tokens = block(tokens, m, missing)
        if parts: seen = F.pixel_shuffle(self.parts(tokens[:, :h*w]).mT.unflatten(2, (h, w)), 2)
        for block in self.blocks[half:]: tokens = block(tokens, m, missing)
        x = self.up(tokens[:, :h*w].mT.unflatten(2, (h, w)))
        x = self.up0(torch.cat([F.interpolate(x, scale_factor=2, mode='nearest'), x0], 1), m)
        clean = self.latents(F.silu(self.last(x)))
        return (clean, seen) if parts else clean

    def latent(self, z):
        """Latents of the autoencoder as states."""
        return (z-self.mean[:, None, None])/self.deviation[:, None, None]

    def drawn(self, state):
        """The reverse."""
        return state*self.deviation[:, None, None]+self.mean[:, None, None]


def flow(x, clean, steps, guidance):
    """From noise to a state without, by Euler's steps; `clean(x, t, told)` tells the latter."""
    times = torch.linspace(0, 1, steps+1)
    times = times/(times+EARLY*(1-times))
    for a, b in zip(times[:-1], times[1:]):
        t = a.expand(len(x))
        told = clean(x, t, True)
        if guidance != 1: told = told+(guidance-1)*(told-clean(x, t, False))
        x = told if b == 1 else x+(b-a)*(told-x)/(1-a)
    return x


@torch.no_grad()
def sample(net, ids, known, layout, steps=12, guidance=2.5, seed=0, temperature=1.):
    """Clean states [b, LATENT, 16, 16] for words [b, LENGTH], what is known [b, 5, 128, 128], and a layout."""
    g = torch.Generator().manual_seed(seed)
    x = torch.randn(len(ids), LATENT, SIDE//SCALE, SIDE//SCALE, generator=g)*temperature
    return flow(x, lambda x, t, told: net(x, t, ids*told, known, layout*told), steps, guidance)
