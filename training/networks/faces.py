"""The two networks that draw a face on a head: one thinks of a face as a few numbers, one paints it."""
import math
import torch
import torch.nn as nn
import torch.nn.functional as F
from networks.config import CONFIG, MAIN, ROWS

FACE = CONFIG['figurine']['face']
OCTAVES = 8  # of the time that the first is told


class Block(nn.Module):
    def __init__(self, w):
        super().__init__()
        self.norm, self.up, self.down = nn.LayerNorm(w), nn.Linear(w, w), nn.Linear(w, w)

    def forward(self, x): return x+self.down(F.gelu(self.up(self.norm(x))))


class Net(nn.Module):
    """Velocity of a face's weights [k, weights] at time t [k] in 0..1 (1 is noise) on a head of latents [k, 266]."""

    def __init__(self, c=FACE, seen=ROWS*64+MAIN.stop):
        super().__init__()
        w = c['width']
        self.proj_in, self.proj_out, self.norm_out = (
            nn.Linear(c['weights']+seen+2*OCTAVES, w),
            nn.Linear(w, c['weights']),
            nn.LayerNorm(w),
        )
        self.blocks = nn.ModuleList(Block(w) for _ in range(c['blocks']))

    def forward(self, x, t, head):
        f = math.pi*2**torch.arange(OCTAVES)*t[:, None]
        h = self.proj_in(torch.cat([x, head, f.sin(), f.cos()], 1))
        for b in self.blocks: h = b(h)
        return self.proj_out(self.norm_out(h))


class Painter(nn.Module):
    """Pictures of faces [k, side * side / 2 * 3] as `pictures` and their components have them, in many more pixels:
    [k, side * finer, side * finer / 2, 3]."""

    def __init__(self, c=FACE):
        super().__init__()
        w, conv = c['painter']['width'], lambda i, o: nn.Conv2d(i, o, 3, padding=1)
        self.side, self.finer = c['side'], c['painter']['finer']
        self.first, self.last = conv(5, w), conv(w, 3*self.finer**2)
        self.blocks = nn.ModuleList(
            nn.ModuleDict(dict(up=conv(w, w), down=conv(w, w))) for _ in range(c['painter']['blocks'])
        )
        nn.init.zeros_(self.last.weight), nn.init.zeros_(self.last.bias)

    def forward(self, faces):
        half = faces.view(-1, self.side, self.side//2, 3).permute(0, 3, 1, 2)
        x = torch.cat([half.flip(3), half], 3)
        axis = (torch.arange(self.side)+.5)*2/self.side-1
        y, across = torch.meshgrid(axis, axis.abs(), indexing='ij')
        h = self.first(torch.cat([x, torch.stack([across, y]).expand(len(x), -1, -1, -1)], 1))
        for b in self.blocks: h = h+b['down'](F.gelu(b['up'](F.gelu(h))))
        fine = F.pixel_shuffle(self.last(F.gelu(h)), self.finer)+F.interpolate(
            x, scale_factor=self.finer, mode='nearest'
        )
        return fine[..., fine.shape[3]//2:].permute(0, 2, 3, 1)


def sample(net, noise, head, steps=FACE['steps']):
    """Weights of faces [k, weights] on heads of latents [k, 266], from noise."""
    x = noise
    for i in range(steps): x = x+net(x, torch.full((len(x),), 1-i/steps), head)/steps
    return x
