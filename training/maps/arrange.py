"""Train the network that tells from words which parts a drawing has, where they are, and of which colour.

    python -m maps.arrange OUT.pt --data 'DIR/fronts_*.npz' --weights ../assets/figurine.gguf --steps 3000 [--bf16]

A layout (maps/layout.py) by a rectified flow, as the denoiser of drawings (maps/denoiser.py) makes these: the parts
and the words attend to one another. OUT.pt holds `raw`, `ema` and `step`. Shards whose number ends in 00 only watch
the loss.
"""
import argparse, random, time
import torch
import torch.nn as nn
import torch.nn.functional as F
from data.captions import ids
from data.fronts import NONE, UNTOLD
from maps.checkpoint import load
from maps.denoiser import LENGTH, Block, Told, flow
from maps.layout import NUMBERS, measured
from maps.optimise import Averaged, optimiser, rate, save
from maps.pictures import MIRRORED, SILENT, Pictures, turned, vocabulary

BATCH, WATCHED = 256, 512


class Arranger(Told):
    """State: a layout as `normal` makes it, f32 [b, parts, NUMBERS]."""

    def __init__(self, table, c=192, blocks=5, heads=6, parts=NONE, length=LENGTH):
        super().__init__(table, c, length)
        self.register_buffer('mean', torch.zeros(parts, NUMBERS)), self.register_buffer('scale', torch.ones(NUMBERS))
        self.stem, self.place = nn.Linear(NUMBERS, c), nn.Parameter(torch.randn(1, parts, c)*.02)
        self.blocks = nn.ModuleList([Block(c, c, heads) for _ in range(blocks)])
        self.last, self.told = nn.LayerNorm(c), nn.Linear(c, NUMBERS)

    def forward(self, state, t, ids):
        """The clean state; its first number, whether a part is there, as a logit."""
        m = self.moment(t, ids)
        tokens, missing = self.beside(self.stem(state)+self.place, ids)
        for block in self.blocks: tokens = block(tokens, m, missing)
        return self.told(self.last(tokens[:, :state.shape[1]]))

    def clean(self, state, t, ids):
        """The same, its first number from -1 to 1."""
        out = self(state, t, ids)
        return torch.cat([torch.tanh(out[..., :1]/2), out[..., 1:]], 2)

    def normal(self, layout):
        """States of layouts: deviations as logarithms, all but the first number without its part's mean."""
        there, wide = layout[..., :1], layout[..., 3:5].clamp(min=.02).log()
        state = torch.cat([layout[..., 1:3], wide, layout[..., 5:]], 2)
        return torch.cat([there*2-1, (state-self.mean[:, 1:])/self.scale[1:]*there], 2)

    def layout(self, state):
        """The reverse; a part is there where its first number is above 0."""
        there, rest = (state[..., :1] > 0).float(), state[..., 1:]*self.scale[1:]+self.mean[:, 1:]
        place, wide, both, hue = rest.split((2, 2, 1, 3), 2)
        return torch.cat([there, place, wide.exp(), both.clamp(-.97, .97), hue.clamp(-1, 1)], 2)*there

    def measure(self, layout):
        there, wide = layout[..., :1], layout[..., 3:5].clamp(min=.02).log()
        state = torch.cat([there, layout[..., 1:3], wide, layout[..., 5:]], 2)
        n = there.sum(0).clamp(min=1)
        self.mean.copy_((state*there).sum(0)/n)
        self.scale.copy_((((state-self.mean)*there).square().sum((0, 1))/n.sum()).sqrt().clamp(min=.05))


@torch.no_grad()
def sample(net, ids, steps=16, guidance=1.5, seed=0, temperature=1.):
    """Layouts [b, NONE, NUMBERS] for words [b, LENGTH]."""
    g = torch.Generator().manual_seed(seed)
    x = torch.randn(len(ids), NONE, NUMBERS, generator=g)*temperature
    return net.layout(flow(x, lambda x, t, told: net.clean(x, t, ids*told), steps, guidance))


class Layouts:
    """Layouts of shards and their captions; those whose parts nobody knows are left out."""

    def __init__(self, known, shards):
        self.rows, self.known = [], known
        for picture, texts, slots in shards:
            with torch.no_grad(): plain, mirror = (measured(*v) for v in ((slots, picture), mirrored(slots, picture)))
            for i in (slots[:, 0, 0] != UNTOLD).nonzero().flatten().tolist():
                self.rows.append((plain[i], mirror[i], list(texts[i])))

    def batch(self, n, R):
        rows = []
        for plain, mirror, texts in R.choices(self.rows, k=n):
            text = str(R.choice(texts))
            layout = mirror if turned(text, R) else plain
            words = ids('' if R.random() < SILENT else text, self.known)[:LENGTH]
            rows.append((layout, torch.tensor(words)))
        return [torch.stack(v) for v in zip(*rows)]


def mirrored(slots, picture):
    return MIRRORED[slots.flip(2).long()], picture.flip(2)


def error(net, batch, t, noise, bf16):
    layout, words = batch
    clean, at = net.normal(layout), t[:, None, None]
    with torch.autocast('cpu', torch.bfloat16, enabled=bf16): out = net(at*clean+(1-at)*noise, t, words).float()
    there = layout[..., 0]
    off = ((out[..., 1:]-clean[..., 1:]).square().mean(2)*there).sum()/there.sum()
    return F.binary_cross_entropy_with_logits(out[..., 0], there)+off, off


def trained(path):
    """The weights of a file of this, or of maps/checkpoint.py."""
    kept = torch.load(path)
    return kept.get('layouts', kept['ema'])


def learn(a):
    known, table = vocabulary(a.weights)
    pictures, R = Pictures(a.data, known), random.Random(a.seed)
    torch.manual_seed(a.seed)
    net = Arranger(table)
    layouts, watch = Layouts(known, pictures.of()), Layouts(known, pictures.of(watched=True))
    if a.start: load(net, trained(a.start))
    else: net.measure(torch.stack([r[0] for r in layouts.rows]))
    watched, g = watch.batch(WATCHED, random.Random(4)), torch.Generator().manual_seed(1)
    fixed = torch.rand(WATCHED, generator=g)**2, torch.randn(WATCHED, NONE, NUMBERS, generator=g)
    ema, begun = Averaged(net), time.time()
    outer = 'stem', 'words', 'gist', 'place', 'told'
    descent = optimiser(net, a.lr, torch.bfloat16 if a.bf16 else torch.float32, outer)
    for step in range(a.steps):
        t = torch.rand(BATCH)**2  # what a figure is, is settled early
        loss, off = error(net, layouts.batch(BATCH, R), t, torch.randn(BATCH, NONE, NUMBERS), a.bf16)
        descent.step(loss, rate(a, step))
        ema.follow(net, step)
        if (step+1) % a.every == 0 or step+1 == a.steps:
            with torch.no_grad(): held = error(ema.net, watched, *fixed, a.bf16)
            print(
                f'step {step+1} {(time.time()-begun)/60:.1f} min of {len(layouts.rows)}: {loss:.4f} {off:.4f} '
                f'held {held[0]:.4f} {held[1]:.4f}',
                flush=True,
            )
            save(dict(ema=ema.net.state_dict(), raw=net.state_dict(), step=step+1), a.out)


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument('out')
    a.add_argument('--data', required=True)
    a.add_argument('--weights', required=True, help='the .gguf whose words and their vectors are used')
    a.add_argument('--start', metavar='LAYOUTS.pt', help='go on from these, or checkpoints/drawing.pt')
    a.add_argument('--steps', type=int, default=3000)
    a.add_argument('--lr', type=float, default=2e-3)
    a.add_argument('--warm', type=int, default=60)
    a.add_argument('--fall', type=float, default=.5)
    a.add_argument('--every', type=int, default=100, help='steps between checkpoints')
    a.add_argument('--bf16', action='store_true')
    a.add_argument('--seed', type=int, default=0)
    a.set_defaults(first=0)
    a = a.parse_args()
    torch.set_num_threads(1)
    learn(a)


if __name__ == '__main__': main()
