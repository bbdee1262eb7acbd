"""Drawings of figures as few numbers, and back: the latents that maps/denoiser.py makes.

    python -m maps.autoencoder OUT.pt --data 'DIR/fronts_*.npz' --steps 2000 [--start A.pt] [--bf16] [--peer OTHER.pt]
    python -m maps.autoencoder --sheet SHEET.png --start OUT.pt --data 'DIR/fronts_0000.npz'

A drawing, f32 [b, 7, 128, 128] (see `encoded`), becomes latents [b, LATENT, 16, 16], of unit length (root mean square)
at each place. They are told to the decoder with noise of SPREAD, so that what lies near the latents of a drawing is a
clean drawing, too (as in Rombach et al. 2022, with the noise instead of a divergence). Shards whose number ends in 00
only watch the loss.
"""
import argparse, glob, random, time
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from data.fronts import tile
from maps.optimise import Averaged, meet, optimiser, rate, save

STATE, SIDE, PATCH, LATENT, SPREAD = 7, 128, 4, 24, .25


class Smooth(nn.Module):
    """Two convolutions beside what comes in."""

    def __init__(self, c):
        super().__init__()
        self.norm1, self.conv1 = nn.GroupNorm(8, c), nn.Conv2d(c, c, 3, 1, 1)
        self.norm2, self.conv2 = nn.GroupNorm(8, c), nn.Conv2d(c, c, 3, 1, 1)
        nn.init.zeros_(self.conv2.weight), nn.init.zeros_(self.conv2.bias)

    def forward(self, x):
        return x+self.conv2(F.silu(self.norm2(self.conv1(F.silu(self.norm1(x))))))


class Encoder(nn.Module):
    def __init__(self, a=64, b=128):
        super().__init__()
        self.stem, self.in0 = nn.Conv2d(STATE*PATCH**2, a, 3, 1, 1), Smooth(a)
        self.down, self.in1, self.in2 = nn.Conv2d(a, b, 3, 2, 1), Smooth(b), Smooth(b)
        self.last = nn.Conv2d(b, LATENT, 1)

    def forward(self, x):
        x = self.in0(self.stem(F.pixel_unshuffle(x, PATCH)))
        x = self.last(self.in2(self.in1(self.down(x))))
        return x*torch.rsqrt(x.square().mean(1, keepdim=True)+1e-6)


class Decoder(nn.Module):
    def __init__(self, a=160, b=96, c=32):
        super().__init__()
        self.first, self.at0, self.at1 = nn.Conv2d(LATENT, a, 3, 1, 1), Smooth(a), Smooth(a)
        self.up, self.at2, self.at3 = nn.Conv2d(a, b, 3, 1, 1), Smooth(b), Smooth(b)
        self.fine, self.at4 = nn.Conv2d(b, c*4, 3, 1, 1), Smooth(c)
        self.last = nn.Conv2d(c, STATE*4, 3, 1, 1)

    def forward(self, z):
        x = self.at1(self.at0(self.first(z)))
        x = self.at3(self.at2(F.interpolate(self.up(x), scale_factor=2, mode='nearest')))
        x = self.at4(F.pixel_shuffle(self.fine(x), 2))
        return F.pixel_shuffle(self.last(x), 2)


class Autoencoder(nn.Module):
    """Of drawings, or of what other two networks are for."""

    def __init__(self, encoder=None, decoder=None):
        super().__init__()
        self.encoder, self.decoder = encoder or Encoder(), decoder or Decoder()

    def forward(self, x, noise):
        return self.decoder(self.encoder(x)+SPREAD*noise)


def encoded(picture):
    """u8 [b, 128, 128, 7] of data/fronts.py as a drawing [b, 7, 128, 128]: alpha and colours from -1 to 1, the colours
    times alpha."""
    x = picture.permute(0, 3, 1, 2).float()/255
    return torch.cat([x[:, :1]*2-1, (x[:, 1:]*2-1)*x[:, :1]], 1)


def decoded(state):
    """A drawing as pictures u8 [b, 128, 128, 7], straight."""
    a = ((state[:, :1]+1)/2).clamp(0, 1)
    c = (state[:, 1:]/a.clamp(min=.05)+1)/2
    return (torch.cat([a, c.clamp(0, 1)], 1)*255+.5).byte().permute(0, 2, 3, 1)


def error(net, clean, noise, bf16):
    """How far drawings are off, and their edges."""
    with torch.autocast('cpu', torch.bfloat16, enabled=bf16): told = net(clean, noise)
    off = told.float()-clean
    edge = off.diff(dim=2).abs().mean()+off.diff(dim=3).abs().mean()
    return off.abs().mean()+.5*edge, off.square().mean()


class Pictures:
    """The pictures of shards."""

    def __init__(self, pattern):
        files = sorted(glob.glob(pattern))
        self.train = [torch.from_numpy(np.load(f)['picture']) for f in files if not f.endswith('00.npz')]
        watched = next(f for f in files if f.endswith('00.npz'))
        self.watched = encoded(torch.from_numpy(np.load(watched)['picture'][:64]))

    def batch(self, n, R):
        rows = []
        for _ in range(n):
            shard = R.choice(self.train)
            picture = shard[R.randrange(len(shard))]
            if R.random() < .5: picture = picture.flip(1)
            if R.random() < .3:
                three = R.sample(range(3), 3)
                picture = picture[..., [0, *(1+k for k in three), *(4+k for k in three)]]
            rows.append(picture)
        return encoded(torch.stack(rows))


def learn(a):
    pictures, R = Pictures(a.data), random.Random(a.seed)
    torch.manual_seed(a.seed)
    net = Autoencoder()
    if a.start: net.load_state_dict(torch.load(a.start)[a.which])
    ema = Averaged(net)
    net = net.to(memory_format=torch.channels_last)
    descent = optimiser(net, a.lr, torch.bfloat16 if a.bf16 else torch.float32, ('stem', 'last', 'first'))
    fixed = torch.randn(64, LATENT, 16, 16, generator=torch.Generator().manual_seed(1))
    run, begun, last = None, time.time(), time.time()
    for step in range(a.first, a.steps):
        loss, _ = error(net, pictures.batch(a.batch, R), torch.randn(a.batch, LATENT, 16, 16), a.bf16)
        descent.step(loss, rate(a, step))
        ema.follow(net, step-a.first)
        run = loss.item() if run is None else run*.98+loss.item()*.02
        if a.peer and (step+1) % a.meet == 0: meet(net, a.out, a.peer)
        if time.time()-last > a.minutes*60 or step+1 == a.steps or step == a.first+4:
            last = time.time()
            with torch.no_grad(): held = error(ema.net, pictures.watched, fixed, a.bf16)
            print(
                f'step {step+1} {(last-begun)/60:.1f} min {(step+1-a.first)*a.batch/(last-begun):.1f} pictures/s: '
                f'run {run:.4f} held {held[0]:.4f} {held[1]:.5f}',
                flush=True,
            )
            save(dict(ema=ema.net.state_dict(), raw=net.state_dict(), step=step+1), a.out)


@torch.no_grad()
def sheet(a):
    """Held-out drawings, as they are, by way of their latents, and of these with noise."""
    from PIL import Image
    net = Autoencoder()
    net.load_state_dict(torch.load(a.start)['ema'])
    clean, rows = Pictures(a.data).watched[:14], []
    z = net.encoder(clean)
    for x in (clean, net.decoder(z), net.decoder(z+SPREAD*torch.randn_like(z))):
        rows.append(np.concatenate([tile(p) for p in decoded(x).numpy()], 1))
    Image.fromarray(np.concatenate(rows)).save(a.sheet)


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument('out', nargs='?')
    a.add_argument('--data')
    a.add_argument('--steps', type=int, default=2000)
    a.add_argument('--first', type=int, default=0)
    a.add_argument('--start')
    a.add_argument('--from', dest='which', default='ema')
    a.add_argument('--peer', metavar='OTHER.pt')
    a.add_argument('--meet', type=int, default=30, help='steps between two means with the peer')
    a.add_argument('--batch', type=int, default=16)
    a.add_argument('--lr', type=float, default=2e-3)
    a.add_argument('--warm', type=int, default=40)
    a.add_argument('--fall', type=float, default=.6)
    a.add_argument('--minutes', type=float, default=3, help='between checkpoints')
    a.add_argument('--bf16', action='store_true')
    a.add_argument('--seed', type=int, default=0)
    a.add_argument('--sheet', metavar='PNG')
    a = a.parse_args()
    torch.set_num_threads(1)
    sheet(a) if a.sheet else learn(a)


if __name__ == '__main__': main()
