"""Faces: what the front of a head shows, as a few numbers, a small diffusion network that thinks of these, and another
that paints them.

    python -m train.faces RUN --steps 9000                             # RUN/faces.pt, which train.export takes along
    python -m train.faces RUN --paint DATA/characters --steps 1800     # the painter of those faces, into the same file

The part VAE keeps a part's shape and its broad colours; eyes and mouths are too small for it. Seen from the front in
the frame of its box a head is a small picture, and the principal components of such pictures keep eyes, brows, mouth
and muzzle where they are. The transformer did learn their weights in the head's box token, but for all that is told of
a figure faces differ, and after an hour it gave the mean of them, two shadows. A network of half a million weights
that sees nothing but the head's latents learns to draw one in three minutes. The program lays it on the front of heads
that no photo shows (src/model/face.rs).

The sum of a few pictures is a blur with ripples, for an eye that sits higher is no sum of eyes. But it shows which eye
is meant, and where: the painter, a few convolutions, paints that one, in pixels a quarter as wide.
"""
import argparse, glob, os
import numpy as np
import torch
import torch.nn.functional as F
from data import primitives
from data.grammar import rules
from data.slots import PARTS
from networks import MAIN, ROWS, local_frame
from networks.codec import load_stats, normalise
from networks.faces import FACE, Net, Painter
from train.dataset import watches
from train.loop import descend
from train.optimiser import adam

HEAD = PARTS.index(FACE['slot'])
SPREAD = .45  # of a sample over the picture, in pixels
# deviation of the first weight: in the mean of all about 1. All are scaled alike, so that an error of one is as bad in
# the picture as that of another
FIRST = 4.
# deviation of what is added to a head's latents: those that the transformer makes are not those of training figures
ROUGH = .4
BOLD = 6.  # what differs from the main colour counts so much more for the painter, lest it leaves out what is small


def front(surface):
    """Of surface samples [k, 1024, 9] the places in the frame of the head's box, how much each is seen from the front
    [k, 1024], and its colour less the main one; what is in front hides what is behind, softly."""
    centre, half = local_frame(surface)
    p, n, c = (surface[..., :3]-centre[:, None])/half[:, None], surface[..., 3:6], surface[..., 6:9]
    return p, ((n[..., 2] > .15) & (p[..., 2] > .1))*(3*p[..., 2]).exp(), c-c.median(1, True).values


def pictures(surface):
    """Surface samples [k, 1024, 9] -> what the front of each shows, less its main colour: sRGB [k, side * side / 2 *
    3], rows from below, columns from the middle outwards: both sides are taken for one, so that two eyes are alike and
    twice as many samples tell of each."""
    side, (p, seen, c) = FACE['side'], front(surface)
    cells = (torch.arange(side)+.5)*2/side-1
    near = lambda x, cells: torch.exp(-((x[..., None]-cells)*side/2/SPREAD)**2/2)  # [k, samples, cells]
    rows, columns = near(p[..., 1], cells)*seen[..., None], near(p[..., 0].abs(), cells[side//2:])
    total = torch.einsum('kny,knx->kyx', rows, columns)
    paint = torch.einsum('kny,knx,knc->kyxc', rows, columns, c)
    return (paint/(total[..., None]+1e-3)).flatten(1)


def components(X):
    """Mean [pixels] and basis [weights, pixels] of pictures [n, pixels]: one is mean + weights @ basis."""
    mean = X.double().mean(0)
    e, v = torch.linalg.eigh((X-mean).T@(X-mean)/len(X))
    return mean.float(), (v[:, -FACE['weights']:].flip(1).T*e[-1].sqrt()/FIRST).float()


def latents(x):
    """What the network sees of a head: its normalised latents [k, 5, 64] up to the main colour -> [k, 266]."""
    return torch.cat([x[:, :ROWS].flatten(1), x[:, ROWS, :MAIN.stop]], 1)


def heads(run):
    """Pictures [n, pixels] and latents [n, 266] of the heads of all figures, and which of them only watch."""
    stats, out, figures = load_stats(run), [], 0
    with open(os.path.join(run, 'shards.tsv')) as f: lines = [l.rstrip('\n').split('\t') for l in f]
    for path, shard in lines:
        with np.load(shard) as z:
            k = np.flatnonzero(z['part_of'][:, 1] == HEAD)
            of, surface = z['part_of'][k, 0], torch.from_numpy(z['surface'][k]).float()
        x = np.load(path)
        out.append(
            (
                pictures(surface),
                latents(normalise(torch.from_numpy(x[of, HEAD]), stats)),
                torch.tensor([watches(figures+int(i)) for i in of]),
            )
        )
        figures += len(x)
    return (torch.cat(v) for v in zip(*out))


def learn(a):
    shown, head, watching = heads(a.run)
    mean, basis = components(shown)
    y, net = (shown-mean)@torch.linalg.pinv(basis), Net()
    known, held = (~watching).nonzero()[:, 0], watching.nonzero()[:, 0]
    g = torch.Generator().manual_seed(1)
    t, noise = (torch.arange(len(held))+.5)/len(held), torch.randn(len(held), y.shape[1], generator=g)
    loss = lambda net, y, head, t, noise: ((net((1-t[:, None])*y+t[:, None]*noise, t, head)-(y-noise))**2).mean()

    def drawn(net):
        k = known[torch.randint(len(known), (a.batch,))]
        return loss(
            net,
            y[k],
            head[k]+ROUGH*torch.randn(len(k), head.shape[1]),
            torch.sigmoid(torch.randn(len(k))+.3),
            torch.randn(len(k), y.shape[1]),
        )

    smooth = taught(a, net, Net(), drawn, lambda net: loss(net, y[held], head[held], t, noise), decay=.02, pace=.002)
    torch.save(dict(mean=mean, basis=basis, **smooth.state_dict()), os.path.join(a.run, 'faces.pt'))


def taught(a, net, smooth, loss, watched, decay, pace):
    """`net` goes down its loss(net); what comes back is `smooth`, its running mean, of which watched(smooth) is
    told."""
    smooth.load_state_dict(net.state_dict())

    def lesson(done):
        with torch.no_grad():
            for s, p in zip(smooth.parameters(), net.parameters()): s.lerp_(p, pace)
        error = loss(net)
        return error, (error,)

    @torch.no_grad()
    def pause(step, text): print(f'{text}, held out {watched(smooth):.4f}', flush=True)

    descend(adam(net, a.lr, decay), lesson, pause, a.steps, warm=200, every=a.every)
    return smooth


def surfaces(folders, drawn):
    """Surface samples f16 [n, 1024, 9] of the heads of so many figures of the grammar, and of those in all shards
    below the folders."""
    out = [np.zeros((0, 1024, 9), np.float16)]
    for seed in range(drawn):
        P, _ = rules.figure(seed)
        (lo, hi), s = primitives.slot_ranges(P, len(PARTS))[HEAD], np.zeros((1024, 9))
        if hi > lo and primitives.sample_part(P, lo, hi, s, np.zeros((2, 7)), seed+HEAD):
            out.append(s[None].astype(np.float16))
    for path in sorted(p for folder in folders for p in glob.glob(f'{folder}/*.npz')):
        with np.load(path) as z: out.append(z['surface'][z['part_of'][:, 1] == HEAD])
    return torch.from_numpy(np.concatenate(out))


def learn_to_paint(a):
    saved = torch.load(os.path.join(a.run, 'faces.pt'))
    S, back = surfaces(a.paint, a.drawn), torch.linalg.pinv(saved['basis'])
    faces = torch.cat([(pictures(s.float())-saved['mean'])@back for s in S.split(256)])
    watching = torch.tensor([watches(i) for i in range(len(S))])
    known, held = (~watching).nonzero()[:, 0], watching.nonzero()[:, 0]

    def error(painter, k, rough=0.):
        p, seen, c = front(S[k].float())
        face = faces[k]+rough*torch.rand(len(k), 1)*torch.randn(len(k), faces.shape[1])
        place = torch.stack([p[..., 0].abs()*2-1, p[..., 1]], -1)[:, None]
        shown = F.grid_sample(
            painter(saved['mean']+face@saved['basis']).permute(0, 3, 1, 2),
            place,
            padding_mode='border',
            align_corners=False,
        )[:, :, 0]
        weight = seen*(1+BOLD*c.abs().mean(-1))
        return ((shown.transpose(1, 2)-c).abs().mean(-1)*weight).sum()/weight.sum()

    drawn = lambda painter: error(painter, known[torch.randint(len(known), (a.batch//12,))], a.rough)
    smooth = taught(a, Painter(), Painter(), drawn, lambda painter: error(painter, held[:256]), decay=.01, pace=.005)
    kept = {k: v for k, v in saved.items() if not k.startswith('painter.')}
    torch.save(
        dict(kept, **{f'painter.{k}': v for k, v in smooth.state_dict().items()}), os.path.join(a.run, 'faces.pt')
    )


if __name__ == '__main__':
    a = argparse.ArgumentParser()
    a.add_argument('run')
    a.add_argument(
        '--paint',
        nargs='+',
        metavar='DIR',
        help='teach the painter, from heads of the grammar and those in the shards of these folders',
    )
    a.add_argument(
        '--drawn', type=int, default=8000, help='figures of the grammar whose heads the painter learns from, too'
    )
    a.add_argument(
        '--rough',
        type=float,
        default=.5,
        help='deviation, at most, of what is added to the weights that the painter learns from',
    )
    a.add_argument('--steps', type=int, default=9000)
    a.add_argument('--every', type=int, default=500, help='steps between two lines')
    a.add_argument('--batch', type=int, default=384)
    a.add_argument('--lr', type=float, default=2e-3)
    a.add_argument('--threads', type=int, default=1)
    a = a.parse_args()
    torch.set_num_threads(a.threads)
    torch.manual_seed(0)
    learn_to_paint(a) if a.paint else learn(a)
