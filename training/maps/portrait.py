"""Train what draws the heads of drawings again, larger: their eyes are too small for the denoiser's latents.

    python -m maps.portrait OUT.pt --data 'DIR/fronts_*.npz' --weights ../assets/figurine.gguf --coder 1800 --flow 6000
        [--start A.pt] [--bf16]
    python -m maps.portrait --sheet SHEET.png --start OUT.pt --data .. --weights ..

A head, cut out by its ellipse of the layout and enlarged to SIDE pixels, becomes a code of CODE numbers, and from
that a head again, whatever noise there is on the code (as in maps/autoencoder.py). A small flow draws such codes,
told the words and what the head looks like from far away, ROWS pixels a side. OUT.pt holds averages of both, `coder`
and `flow`. Shards whose number ends in 00 only watch the loss.
"""
import argparse, random, time
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from data.captions import ids
from data.fronts import UNTOLD
from data.slots import SLOTS
from maps import denoiser
from maps.autoencoder import Autoencoder, Smooth, encoded
from maps.denoiser import LENGTH, gist, moments
from maps.layout import measured, shaken, squares
from maps.optimise import Averaged, optimiser, rate, save
from maps.pictures import SILENT, Pictures, turned, vocabulary
from train.optimiser import adam

HEAD = SLOTS.index('head')
SIDE, PATCH, CODE, ROWS = 48, 4, 64, 3
PLACES, LOOK = SIDE//PATCH//2, 4*ROWS**2
AROUND, LEAST = 2.1, .06  # half of a window's side, in the larger deviation of the head's ellipse; the least of that
CUTS = 2  # windows of each head, shaken
ROUGH = .1  # of the noise on the looks that the flow is told
BATCH = 64  # heads; four times as many codes
OUTER = 'stem', '.code', 'first', 'last'


def window(layout):
    """Middles [b, 2] and halves of the sides [b] of heads' windows, in pictures from -1 to 1."""
    head = layout[:, HEAD]
    return head[:, 1:3], AROUND*head[:, 3:5].amax(1).clamp(min=LEAST)


def cut(picture, middle, half):
    """Windows [b, c, SIDE, SIDE] of pictures [b, c, h, w], whose borders go on beyond them."""
    x, y = (middle[:, k, None]+squares(SIDE)*half[:, None] for k in (0, 1))
    places = torch.stack([x[:, None].expand(-1, SIDE, -1), y[:, :, None].expand(-1, -1, SIDE)], 3)
    return F.grid_sample(picture, places, padding_mode='border', align_corners=False)


def looks(front):
    """Heads [b, 4, SIDE, SIDE] from far away, [b, LOOK]."""
    return F.adaptive_avg_pool2d(front, ROWS).flatten(1)


def fronts(drawing):
    """Alpha, 0 to 1, and the near colours of drawings (maps/autoencoder.py), [b, 4, h, w]."""
    return torch.cat([((drawing[:, :1]+1)/2).clamp(0, 1), drawing[:, 1:4].clamp(-1, 1)], 1)


class Encoder(nn.Module):
    """Heads [b, 5, SIDE, SIDE], alpha from 0 to 1, colours from -1 to 1 times alpha, and where the head itself is,
    from 0 to 1, as codes."""

    def __init__(self, a=128, b=96):
        super().__init__()
        self.stem, self.in0 = nn.Conv2d(5*PATCH**2, b, 3, 1, 1), Smooth(b)
        self.down, self.in1, self.code = nn.Conv2d(b, a, 3, 2, 1), Smooth(a), nn.Linear(a*PLACES**2, CODE)

    def forward(self, x):
        x = self.in0(self.stem(F.pixel_unshuffle(x, PATCH)))
        code = self.code(self.in1(self.down(x)).flatten(1))
        return code*torch.rsqrt(code.float().square().mean(1, keepdim=True)+1e-6)


class Decoder(nn.Module):
    """Codes as colours, straight, from -1 to 1, and where the head is: [b, 4, SIDE, SIDE]."""

    def __init__(self, a=128, b=96, c=48, places=PLACES):
        super().__init__()
        self.places = places
        self.first, self.at0 = nn.Linear(CODE, a*places**2), Smooth(a)
        self.up, self.at1 = nn.Conv2d(a, b, 3, 1, 1), Smooth(b)
        self.fine, self.at2, self.last = nn.Conv2d(b, 4*c, 3, 1, 1), Smooth(c), nn.Conv2d(c, 4*4, 3, 1, 1)

    def forward(self, code):
        x = self.at0(self.first(code).unflatten(1, (-1, self.places, self.places)))
        x = self.at1(F.interpolate(self.up(x), scale_factor=2, mode='nearest'))
        return F.pixel_shuffle(self.last(self.at2(F.pixel_shuffle(self.fine(x), 2))), 2)


def coder(): return Autoencoder(Encoder(), Decoder())


class Thinker(nn.Module):
    """Clean codes of noisy ones, told the time, what the words say together, and the head's look."""

    def __init__(self, table, c=384, blocks=4, look=LOOK):
        super().__init__()
        self.register_buffer('table', torch.cat([torch.zeros(1, table.shape[1]), table]), persistent=False)
        self.time, self.gist, self.look = nn.Linear(64, c), nn.Linear(table.shape[1], c), nn.Linear(look, c)
        self.stem, self.last, self.out = nn.Linear(CODE, c), nn.LayerNorm(c), nn.Linear(c, CODE)
        self.norms = nn.ModuleList([nn.LayerNorm(c) for _ in range(blocks)])
        self.ups = nn.ModuleList([nn.Linear(2*c, 2*c) for _ in range(blocks)])
        self.downs = nn.ModuleList([nn.Linear(2*c, c) for _ in range(blocks)])
        for down in self.downs: nn.init.zeros_(down.weight), nn.init.zeros_(down.bias)

    def forward(self, code, t, ids, look):
        told = F.silu(self.time(moments(t))+self.gist(gist(self.table, ids))+self.look(look))
        x = self.stem(code)
        for norm, up, down in zip(self.norms, self.ups, self.downs):
            x = x+down(F.gelu(up(torch.cat([norm(x), told], 1))))
        return self.out(self.last(x))


class Heads:
    """The heads of shards, CUTS windows of each, and the captions of their pictures."""

    def __init__(self, known, shards):
        self.known, self.heads, self.texts = known, [], []
        for picture, texts, slots in shards:
            there = ((slots == HEAD).sum((1, 2)) > 3) & (slots[:, 0, 0] != UNTOLD)
            picture, slots, texts = picture[there], slots[there], texts[there.numpy()]
            layout, front = measured(slots, picture), fronts(encoded(picture))
            own = F.interpolate((slots == HEAD)[:, None].float(), front.shape[2:], mode='bilinear')*front[:, :1]
            for _ in range(CUTS):
                self.heads.append((cut(torch.cat([front, own], 1), *window(shaken(layout)))*127).round().char())
                self.texts.extend(map(list, texts))
        self.heads = torch.cat(self.heads)

    def pick(self, n, R):
        """Which heads, whether each is mirrored, and words."""
        rows = [R.randrange(len(self.heads)) for _ in range(n)]
        texts = ['' if R.random() < SILENT else str(R.choice(self.texts[i])) for i in rows]
        words = torch.tensor([ids(text, self.known)[:LENGTH] for text in texts])
        return rows, torch.tensor([turned(text, R) for text in texts]), words

    def batch(self, n, R):
        """Heads [n, 5, SIDE, SIDE] and words."""
        rows, turn, words = self.pick(n, R)
        heads = self.heads[rows].float()/127
        return torch.where(turn[:, None, None, None], heads.flip(3), heads), words

    @torch.no_grad()
    def encode(self, encoder):
        """Codes and looks of all heads, as they are and mirrored: [2, heads, ..]."""
        parts = [x.float()/127 for x in self.heads.split(256)]
        both = lambda of: torch.stack([torch.cat([of(x) for x in parts]), torch.cat([of(x.flip(3)) for x in parts])])
        self.codes, self.looks = both(encoder), both(lambda x: looks(x[:, :4]))

    def coded(self, n, R):
        """Codes, words and looks."""
        rows, turn, words = self.pick(n, R)
        return self.codes[turn.long(), rows], words, self.looks[turn.long(), rows]


def off_pixels(net, heads, noise, bf16):
    """How far heads are off that went through codes with noise, where they are the head's, and the edges in them."""
    with torch.autocast('cpu', torch.bfloat16, enabled=bf16): told = net(heads, noise).float()
    alpha, colours, own = heads[:, :1], heads[:, 1:4], heads[:, 4:]
    off = (told[:, :3]*alpha-colours)*own
    return off.abs().mean()+sum(off.diff(dim=d).abs().mean() for d in (2, 3))+.3*(told[:, 3:]-own).abs().mean()


def off_codes(net, batch, t, noise, rough):
    """How far codes are off, more where little noise is left."""
    (clean, words, look), now = batch, t[:, None]
    off = (net(now*clean+(1-now)*noise, t, words, look+ROUGH*rough)-clean).square().mean(1)
    return (off/(1-t).clamp(min=.2)).mean()


def recoloured(heads, R):
    """Heads with exchanged colours, as often as not."""
    return heads[:, [0, *R.sample((1, 2, 3), 3), 4]] if R.random() < .5 else heads


def chance(n):
    """Times, noise on codes and on looks."""
    return torch.sigmoid(torch.randn(n)*1.2-.8), torch.randn(n, CODE), torch.randn(n, LOOK)


@torch.no_grad()
def sample(net, decoder, words, look, steps=10, seed=0, temperature=.8):
    """Heads for words and looks: [b, 4, SIDE, SIDE], see `Decoder`."""
    x = torch.randn(len(words), CODE, generator=torch.Generator().manual_seed(seed))*temperature
    return decoder(denoiser.flow(x, lambda x, t, told: net(x, t, words, look), steps, 1))


def train(net, descent, a, steps, loss, held, keep):
    """Goes on with a network for so many steps; -> the average of its weights."""
    ema, begun, last, a.steps, a.first = Averaged(net, .997), time.time(), time.time(), steps, 0
    for step in range(steps):
        off = loss(net)
        descent.step(off, rate(a, step))
        ema.follow(net, step)
        if time.time()-last > a.minutes*60 or step+1 == steps:
            last = time.time()
            with torch.no_grad(): watched = held(ema.net)
            print(f'step {step+1} {(last-begun)/60:.1f} min: {off:.4f} held {watched:.4f}', flush=True)
            keep(ema.net)
    return ema.net


def learn(a):
    known, table = vocabulary(a.weights)
    pictures, R = Pictures(a.data, known), random.Random(a.seed)
    torch.manual_seed(a.seed)
    heads, watch = (Heads(known, pictures.of(watched)) for watched in (False, True))
    both, net, kept = coder(), Thinker(table), torch.load(a.start) if a.start else {}
    for one, name in (both, 'coder'), (net, 'flow'):
        if name in kept: one.load_state_dict(kept[name])
    keep = lambda name: lambda net: (kept.update({name: net.state_dict()}), save(kept, a.out))
    few, noise = watch.batch(256, random.Random(4))[0], torch.randn(256, CODE)
    both = train(
        both, optimiser(both, a.lr, torch.bfloat16 if a.bf16 else torch.float32, OUTER), a, a.coder,
        lambda net: off_pixels(net, recoloured(heads.batch(BATCH, R)[0], R), torch.randn(BATCH, CODE), a.bf16),
        lambda net: off_pixels(net, few, noise, a.bf16),
        keep('coder'),
    )
    for one in (heads, watch): one.encode(both.encoder)
    few, fixed = watch.coded(8*BATCH, random.Random(4)), chance(8*BATCH)
    train(
        net, adam(net, a.lr/2, .01), a, a.flow,  # Muon would take ten times as long for matrices of these
        lambda net: off_codes(net, heads.coded(4*BATCH, R), *chance(4*BATCH)),
        lambda net: off_codes(net, few, *fixed),
        keep('flow'),
    )


@torch.no_grad()
def sheet(a):
    """Held-out heads; these by way of their codes; their looks; and two that are drawn for each."""
    from PIL import Image
    known, table = vocabulary(a.weights)
    both, net, trained = coder(), Thinker(table), torch.load(a.start)
    both.load_state_dict(trained['coder']), net.load_state_dict(trained['flow'])
    heads, words = Heads(known, Pictures(a.data, known).of(True)).batch(24, random.Random(a.seed))
    front, own = heads[:, :4], heads[:, 4:]
    far = F.interpolate(F.adaptive_avg_pool2d(front, ROWS), (SIDE, SIDE), mode='bilinear')
    rows = [x[:, 1:]/x[:, :1].clamp(min=.05) for x in (front, far)]
    rows.insert(1, both(heads, torch.randn(len(heads), CODE))[:, :3])
    rows += [sample(net, both.decoder, words, looks(front), seed=k, temperature=a.temperature)[:, :3] for k in (0, 1)]
    page = torch.cat([torch.cat(list((row.clamp(-1, 1)+1)/2*own+1-own), 2) for row in rows], 1)
    Image.fromarray((page.permute(1, 2, 0).numpy()*255+.5).clip(0, 255).astype(np.uint8)).save(a.sheet)


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument('out', nargs='?')
    a.add_argument('--data', required=True)
    a.add_argument('--weights', required=True, help='the .gguf whose words and their vectors are used')
    a.add_argument('--coder', type=int, default=1800, help='steps of the coder')
    a.add_argument('--flow', type=int, default=6000, help='steps of the flow')
    a.add_argument('--start')
    a.add_argument('--lr', type=float, default=2e-3)
    a.add_argument('--warm', type=int, default=60)
    a.add_argument('--fall', type=float, default=.5)
    a.add_argument('--minutes', type=float, default=2, help='between checkpoints')
    a.add_argument('--bf16', action='store_true')
    a.add_argument('--seed', type=int, default=0)
    a.add_argument('--sheet', metavar='PNG')
    a.add_argument('--temperature', type=float, default=.8)
    a = a.parse_args()
    torch.set_num_threads(1)
    sheet(a) if a.sheet else learn(a)


if __name__ == '__main__': main()
