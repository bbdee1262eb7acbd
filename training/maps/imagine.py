"""Train the denoiser of figures from words, and of what is not known of one.

    python -m maps.imagine OUT.pt (--autoencoder AE.pt | --start A.pt) --data 'DIR/fronts_*.npz'
        --weights ../assets/figurine.gguf --steps 4000 [--bf16] [--peer OTHER.pt]
    python -m maps.imagine --sheet SHEET.png --start OUT.pt --weights ../assets/figurine.gguf --words 'a red dragon' ..

Each picture comes with one of its captions, or none, and with nothing known of it, with its front, or with its front
but for a hole. Of two processes, each with the other's OUT.pt as --peer, both go on from the mean of their weights
every PEER steps: one a core is faster than one on two. The learning rate rises over --warm steps, stays, and falls to
nothing over the last --fall share. OUT.pt holds `raw`, `ema` (an average of the weights), `autoencoder`, `step` and
the words that were `taught`. Shards whose number ends in 00 only watch the loss.
"""
import argparse, glob, random, re, time
import numpy as np
import torch
import torch.nn.functional as F
from data.captions import ids
from data.fronts import NONE, UNTOLD, tile
from data.slots import SWAP
from maps.autoencoder import Autoencoder, SIDE, decoded, encoded
from maps.checkpoint import unpacked
from maps.denoiser import KNOWN, LENGTH, Denoiser, sample
from maps.optimise import Averaged, meet, optimiser, rate, save
from networks.weights_file import Weights

SILENT, SEEN, HOLED = .12, .25, .5  # shares: without words; with something known; of these with a hole
RELOAD = 200  # steps after which new shards are looked for
PARTS = .1  # how much is thought of the parts
MIRRORED = torch.arange(256)
MIRRORED[:NONE] = torch.tensor(SWAP)  # slots, in the mirror
PEER = 40  # steps between two means of weights with a peer
OUTER = ('stem', 'latents', 'time.', 'words', 'gist', 'place', 'told')


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
            self.shards[f] = torch.from_numpy(z['picture']), z['text'], torch.from_numpy(z['slots'])
        train = [s for f, s in self.shards.items() if not f.endswith('00.npz')]
        self.rows = [(s, i) for s in train for i in range(len(s[0]))]

    def words(self):
        """All words that captions have, in order."""
        texts = (t for _, rows, _ in self.shards.values() for t in rows.flat)
        return sorted({w for t in texts for w in re.findall('[a-z]+', t.lower())})

    def watched(self, n=64):
        shard, R = next(s for f, s in self.shards.items() if f.endswith('00.npz')), random.Random(4)
        return [self.example(*(of[i] for of in shard), R) for i in range(n)]

    def example(self, picture, texts, slots, R):
        """A picture, rows of words, what is known, and slots."""
        text, u = str(R.choice(list(texts))), R.random()
        if R.random() < .5 and not re.search('left|right', text):
            picture, slots = picture.flip(1), MIRRORED[slots.flip(1).long()]
        known = torch.zeros(KNOWN, SIDE, SIDE)
        if u < SEEN:
            known[:4], known[4] = encoded(picture[None])[0, :4], 1
            if u < SEEN*HOLED:
                h, w = (int(R.uniform(.15, .7)*SIDE) for _ in 'hw')
                y, x = R.randrange(SIDE-h), R.randrange(SIDE-w)
                known[:, y:y+h, x:x+w] = 0
        silent = R.random() < (.5 if SEEN*HOLED < u < SEEN else SILENT)
        return picture, ids('' if silent else text, self.known)[:LENGTH], known, slots

    def batch(self, n, R):
        return collate([self.example(*(of[i] for of in s), R) for s, i in R.choices(self.rows, k=n)])


def collate(rows):
    picture, words, known, slots = zip(*rows)
    words = torch.tensor(words)
    words = words[:, :max(1, int((words > 0).sum(1).max()))]
    return encoded(torch.stack(picture)), words, torch.stack(known), torch.stack(slots)


def error(net, batch, t, noise, bf16):
    """How far the latents are off, more where little noise is left, and the parts; and the latents in the plain mean.
    """
    clean, words, known, slots = batch
    at = t[:, None, None, None]
    with torch.autocast('cpu', torch.bfloat16, enabled=bf16):
        told, parts = net(at*clean+(1-at)*noise, t, words, known, parts=True)
    off = (told.float()-clean).square().mean((1, 2, 3))
    parts = F.cross_entropy(parts.float(), slots.long(), ignore_index=UNTOLD)
    return (off/(1-t).clamp(min=.2)).mean()+PARTS*parts, off.mean()


def times(n, g=None):
    """Times of which most have much noise, for there it is settled what a figure is."""
    return torch.sigmoid(torch.randn(n, generator=g)*1.2-1.5)


class Latents:
    """Batches of latents by a trained autoencoder."""

    def __init__(self, trained, bf16):
        self.net, self.bf16 = Autoencoder(), bf16
        self.net.load_state_dict(trained)
        self.encoder = self.net.encoder.requires_grad_(False).to(memory_format=torch.channels_last)

    @torch.no_grad()
    def of(self, clean):
        with torch.autocast('cpu', torch.bfloat16, enabled=self.bf16): return self.encoder(clean).float()

    def batch(self, net, batch):
        """A batch whose drawings are states of `net`."""
        return net.latent(self.of(batch[0])), *batch[1:]

    def measure(self, net, clean):
        """Tells `net` the mean of each channel and the deviation of all: what matters more stays larger."""
        z = self.of(clean)
        net.mean.copy_(z.mean((0, 2, 3)))
        net.deviation.fill_((z-net.mean[:, None, None]).std())


def learn(a):
    known, table = vocabulary(a.weights)
    pictures, R = Pictures(a.data, known), random.Random(a.seed)
    torch.manual_seed(a.seed)
    start = torch.load(a.start) if a.start else None
    coder = unpacked(start['autoencoder']) if start else torch.load(a.autoencoder)['ema']
    net, latents = Denoiser(table), Latents(coder, a.bf16)
    watched = collate(pictures.watched())
    if start: net.load_state_dict(unpacked(start[a.which]))
    else: latents.measure(net, watched[0])
    watched = latents.batch(net, watched)
    ema = Averaged(net)
    net = net.to(memory_format=torch.channels_last)
    descent = optimiser(net, a.lr, torch.bfloat16 if a.bf16 else torch.float32, OUTER)
    g = torch.Generator().manual_seed(1)
    fixed = times(len(watched[0]), g), torch.randn(watched[0].shape, generator=g)
    run, begun, last = None, time.time(), time.time()
    for step in range(a.first, a.steps):
        batch = latents.batch(net, pictures.batch(a.batch, R))
        loss, off = error(net, batch, times(a.batch), torch.randn_like(batch[0]), a.bf16)
        descent.step(loss, rate(a, step))
        ema.follow(net, step-a.first)
        run = loss.item() if run is None else run*.98+loss.item()*.02
        if (step+1) % RELOAD == 0: pictures.grow()
        if a.peer and (step+1) % PEER == 0: meet(net, a.out, a.peer)
        if time.time()-last > a.minutes*60 or step+1 == a.steps or step == a.first+4:
            last = time.time()
            with torch.no_grad(): held = error(ema.net, watched, *fixed, a.bf16)
            print(
                f'step {step+1} {(last-begun)/60:.1f} min {(step+1-a.first)*a.batch/(last-begun):.1f} pictures/s of '
                f'{len(pictures.rows)}: run {run:.4f} held {held[0]:.4f} {held[1]:.4f}',
                flush=True,
            )
            kept = dict(autoencoder=latents.net.state_dict(), taught=pictures.words(), step=step+1)
            save(dict(ema=ema.net.state_dict(), raw=net.state_dict(), **kept), a.out)


def sheet(a):
    """Two figures of each of --words, front above back."""
    from PIL import Image
    known, table = vocabulary(a.weights)
    net, coder, trained = Denoiser(table), Autoencoder(), torch.load(a.start)
    net.load_state_dict(unpacked(trained['ema'])), coder.load_state_dict(unpacked(trained['autoencoder']))
    words = torch.tensor([ids(w, known)[:LENGTH] for w in a.words for _ in range(2)])
    x = sample(net, words, torch.zeros(len(words), KNOWN, SIDE, SIDE), a.sampling, a.guidance, a.seed)
    with torch.no_grad(): drawings = coder.decoder(net.drawn(x))
    tiles = [tile(picture) for picture in decoded(drawings).numpy()]
    tiles += [np.full_like(tiles[0], 255)]*(-len(tiles) % 12)
    Image.fromarray(np.concatenate([np.concatenate(tiles[i:i+12], 1) for i in range(0, len(tiles), 12)])).save(a.sheet)


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument('out', nargs='?')
    a.add_argument('--data')
    a.add_argument('--autoencoder', metavar='AE.pt', help='by maps.autoencoder, where there is no --start')
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
