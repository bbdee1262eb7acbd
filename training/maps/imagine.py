"""Train the denoiser of figures from words, and of what is not known of one.

    python -m maps.imagine OUT.pt --data 'DIR/fronts_*.npz' --weights ../assets/figurine.gguf --steps 4000
        [--start A.pt] [--bf16] [--peer OTHER.pt]
    python -m maps.imagine --sheet SHEET.png --start OUT.pt --weights ../assets/figurine.gguf --words 'a red dragon' ..

Each picture comes with one of its captions, or none, and with nothing known of it, with its front, or with its front
but for a hole. Of two processes, each with the other's OUT.pt as --peer, both go on from the mean of their weights
every PEER steps: one a core is faster than one on two. The learning rate rises over --warm steps, stays, and falls to
nothing over the last --fall share. OUT.pt holds `raw`, `ema` (an average of the weights) and `step`. Shards whose
number ends in 00 only watch the loss.
"""
import argparse, glob, os, random, re, time
import numpy as np
import torch
from data.captions import ids
from data.fronts import tile
from maps.denoiser import KNOWN, LENGTH, SIDE, Denoiser, decoded, encoded, sample
from networks.weights_file import Weights
from train.optimiser import Muon

SILENT, SEEN, HOLED = .12, .3, .5  # shares: without words; with something known; of these with a hole
RELOAD = 200  # steps after which new shards are looked for
PEER, FRESH = 40, 300  # steps between two means of weights with a peer, and how old its may be, seconds


def vocabulary(path):
    """{word: row from 1 on} and the vectors [words, n] of a file of weights."""
    weights = Weights(path)
    known = {w: i+1 for i, w in enumerate(weights.words.split('\n'))}
    return known, torch.from_numpy(weights.values('text_encoder.words.weight'))


class Pictures:
    """The pictures and captions of shards."""

    def __init__(self, pattern, known):
        self.pattern, self.known, self.shards = pattern, known, {}
        self.grow()

    def grow(self):
        for f in sorted(glob.glob(self.pattern)):
            if f in self.shards: continue
            z = np.load(f)
            self.shards[f] = torch.from_numpy(z['picture']), z['text']
        train = [s for f, s in self.shards.items() if not f.endswith('00.npz')]
        self.rows = [(s, i) for s in train for i in range(len(s[0]))]

    def watched(self, n=64):
        (picture, text), R = next(s for f, s in self.shards.items() if f.endswith('00.npz')), random.Random(4)
        return [self.example(picture[i], text[i], R) for i in range(n)]

    def example(self, picture, texts, R):
        """A picture, rows of words, and what is known."""
        text, u = str(R.choice(list(texts))), R.random()
        if R.random() < .5 and not re.search('left|right', text): picture = picture.flip(1)
        known = torch.zeros(KNOWN, SIDE, SIDE)
        if u < SEEN:
            known[:4], known[4] = encoded(picture[None])[0, :4], 1
            if u < SEEN*HOLED:
                h, w = (int(R.uniform(.15, .7)*SIDE) for _ in 'hw')
                y, x = R.randrange(SIDE-h), R.randrange(SIDE-w)
                known[:, y:y+h, x:x+w] = 0
        silent = R.random() < (.5 if SEEN*HOLED < u < SEEN else SILENT)
        return picture, ids('' if silent else text, self.known)[:LENGTH], known

    def batch(self, n, R): return collate([self.example(s[0][i], s[1][i], R) for s, i in R.choices(self.rows, k=n)])


def collate(rows):
    picture, words, known = zip(*rows)
    return encoded(torch.stack(picture)), torch.tensor(words), torch.stack(known)


def error(net, batch, t, noise, bf16):
    """How far the figures are off, more where little noise is left, and in the plain mean of a batch."""
    clean, words, known = batch
    at = t[:, None, None, None]
    with torch.autocast('cpu', torch.bfloat16, enabled=bf16): told = net(at*clean+(1-at)*noise, t, words, known)
    off = (told.float()-clean).square().mean((1, 2, 3))
    return (off/(1-t).clamp(min=.1)).mean(), off.mean()


def times(n, g=None):
    """Times of which most have very much noise: in a twentieth of a picture of so many pixels one sees already what
    it is, and flat colours are soon clean."""
    return torch.sigmoid(torch.randn(n, generator=g)*1.3-2.3)


def optimisers(net, lr, kind):
    """Muon for the matrices inside, AdamW for the rest."""
    outer = ('stem', 'maps.', 'time.', 'words', 'gist', 'place', 'told')
    inner = lambda n, p: p.ndim >= 2 and not any(k in n for k in outer)
    named = list(net.named_parameters())
    return [
        Muon([p for n, p in named if inner(n, p)], lr, kind),
        torch.optim.AdamW([p for n, p in named if not inner(n, p)], lr, weight_decay=.01, betas=(.9, .98)),
    ]


def meet(net, own, peer):
    """Publishes a network's weights, and goes on from the mean with a peer's."""
    torch.save(net.state_dict(), own+'.now.part')
    os.replace(own+'.now.part', own+'.now')
    path = peer+'.now'
    if not os.path.exists(path) or time.time()-os.path.getmtime(path) > FRESH: return
    theirs = torch.load(path)
    with torch.no_grad():
        for name, p in net.named_parameters(): p.lerp_(theirs[name], .5)


def learn(a):
    known, table = vocabulary(a.weights)
    pictures, R = Pictures(a.data, known), random.Random(a.seed)
    torch.manual_seed(a.seed)
    net, ema = Denoiser(table), Denoiser(table)
    if a.start: net.load_state_dict(torch.load(a.start)[a.which])
    ema.load_state_dict(net.state_dict())
    net = net.to(memory_format=torch.channels_last)
    opts = optimisers(net, a.lr, torch.bfloat16 if a.bf16 else torch.float32)
    g = torch.Generator().manual_seed(1)
    watched = collate(pictures.watched())
    fixed = times(len(watched[0]), g), torch.randn(watched[0].shape, generator=g)
    run, begun, last = None, time.time(), time.time()
    for step in range(a.first, a.steps):
        scale = min(1, (step-a.first+1)/a.warm)*min(1, max(.01, (a.steps-step)/(a.steps*a.fall)))
        batch = pictures.batch(a.batch, R)
        loss, off = error(net, batch, times(a.batch), torch.randn_like(batch[0]), a.bf16)
        for o in opts: o.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.)
        for o in opts:
            for group in o.param_groups: group['lr'] = a.lr*scale
            o.step()
        keep = min(.998, 1-1/((step-a.first)/5+1.5))
        with torch.no_grad():
            for m, n in zip(ema.parameters(), net.parameters()): m.lerp_(n, 1-keep)
        run = loss.item() if run is None else run*.98+loss.item()*.02
        if (step+1) % RELOAD == 0: pictures.grow()
        if a.peer and (step+1) % PEER == 0: meet(net, a.out, a.peer)
        if time.time()-last > a.minutes*60 or step+1 == a.steps or step == a.first+4:
            last = time.time()
            with torch.no_grad(): held = error(ema, watched, *fixed, a.bf16)
            print(
                f'step {step+1} {(last-begun)/60:.1f} min {(step+1-a.first)*a.batch/(last-begun):.1f} pictures/s of '
                f'{len(pictures.rows)}: run {run:.4f} held {held[0]:.4f} {held[1]:.4f}',
                flush=True,
            )
            torch.save(dict(ema=ema.state_dict(), raw=net.state_dict(), step=step+1), a.out+'.part')
            os.replace(a.out+'.part', a.out)


def sheet(a):
    """Two figures of each of --words, front above back."""
    from PIL import Image
    known, table = vocabulary(a.weights)
    net = Denoiser(table)
    net.load_state_dict(torch.load(a.start)['ema'])
    words = torch.tensor([ids(w, known)[:LENGTH] for w in a.words for _ in range(2)])
    x = sample(net, words, torch.zeros(len(words), KNOWN, SIDE, SIDE), a.sampling, a.guidance, a.seed)
    tiles = [tile(picture) for picture in decoded(x).numpy()]
    tiles += [np.full_like(tiles[0], 255)]*(-len(tiles) % 12)
    Image.fromarray(np.concatenate([np.concatenate(tiles[i:i+12], 1) for i in range(0, len(tiles), 12)])).save(a.sheet)


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument('out', nargs='?')
    a.add_argument('--data')
    a.add_argument('--weights', required=True, help='the .gguf whose words and their vectors are used')
    a.add_argument('--steps', type=int, default=4000)
    a.add_argument('--first', type=int, default=0)
    a.add_argument('--start')
    a.add_argument('--from', dest='which', default='ema')
    a.add_argument('--peer', metavar='OTHER.pt')
    a.add_argument('--batch', type=int, default=32)
    a.add_argument('--lr', type=float, default=1e-3)
    a.add_argument('--warm', type=int, default=60)
    a.add_argument('--fall', type=float, default=.5)
    a.add_argument('--minutes', type=float, default=4, help='between checkpoints')
    a.add_argument('--bf16', action='store_true')
    a.add_argument('--seed', type=int, default=0)
    a.add_argument('--sheet', metavar='PNG', help='draw --words by --start')
    a.add_argument('--words', nargs='+', default=[])
    a.add_argument('--sampling', type=int, default=12, help='steps of a sample')
    a.add_argument('--guidance', type=float, default=2.5)
    a = a.parse_args()
    torch.set_num_threads(1)
    sheet(a) if a.sheet else learn(a)


if __name__ == '__main__': main()
