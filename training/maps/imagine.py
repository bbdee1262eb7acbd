"""Train the denoiser of figures from words, and of what is not known of one.

    python -m maps.imagine OUT.pt (--autoencoder AE.pt | --start A.pt) --data 'DIR/fronts_*.npz'
        --weights ../assets/figurine.gguf --steps 4000 [--bf16] [--peer OTHER.pt]
    python -m maps.imagine --sheet SHEET.png --start OUT.pt --weights ../assets/figurine.gguf --words 'a red dragon' ..
        [--layouts LAYOUTS.pt]

Each picture comes with one of its captions, or none, with its layout (maps/layout.py) or none, and with nothing known
of it, with its front, or with its front but for a hole. Of two processes, each with the other's OUT.pt as --peer, both
go on from the mean of their weights every PEER steps: one a core is faster than one on two. The learning rate rises
over --warm steps, stays, and falls to nothing over the last --fall share. OUT.pt holds `raw`, `ema` (an average of the
weights), `autoencoder`, `step` and the words that were `taught`. Shards whose number ends in 00 only watch the loss.
"""
import argparse, random, time
import numpy as np
import torch
import torch.nn.functional as F
from data.captions import ids
from data.fronts import NONE, UNTOLD, tile
from maps import arrange
from maps.autoencoder import Autoencoder, SIDE, decoded
from maps.checkpoint import load, unpacked
from maps.denoiser import KNOWN, LENGTH, Denoiser, sample
from maps.layout import NUMBERS, seen
from maps.optimise import Averaged, meet, optimiser, rate, save
from maps.pictures import Pictures, collate, vocabulary

RELOAD = 200  # steps after which new shards are looked for
PARTS = .1  # how much is thought of the parts
PEER = 40  # steps between two means of weights with a peer
OUTER = ('stem', 'layout', 'latents', 'time.', 'words', 'gist', 'place', 'told')


def error(net, batch, t, noise, bf16):
    """How far the latents are off, more where little noise is left, and the parts; and the latents in the plain mean.
    """
    clean, words, known, layout, slots = batch
    at = t[:, None, None, None]
    with torch.autocast('cpu', torch.bfloat16, enabled=bf16):
        told, parts = net(at*clean+(1-at)*noise, t, words, known, layout, parts=True)
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
    if start: load(net, start[a.which])
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
    """Two figures of each of --words, front above back; above them their layouts, where these are told first."""
    from PIL import Image
    known, table = vocabulary(a.weights)
    net, coder, trained = Denoiser(table), Autoencoder(), torch.load(a.start)
    load(net, trained['ema']), load(coder, trained['autoencoder'])
    words = torch.tensor([ids(w, known)[:LENGTH] for w in a.words for _ in range(2)])
    layout = torch.zeros(len(words), NONE, NUMBERS)
    if a.layouts:
        arranger = arrange.Arranger(table)
        load(arranger, arrange.trained(a.layouts))
        layout = arrange.sample(arranger, words, seed=a.seed, temperature=a.temperature)
    blank = torch.zeros(len(words), KNOWN, SIDE, SIDE)
    x = sample(net, words, blank, layout, a.sampling, a.guidance, a.seed, a.temperature)
    with torch.no_grad(): drawings = coder.decoder(net.drawn(x))
    tiles = [tile(picture) for picture in decoded(drawings).numpy()]
    if a.layouts: tiles = [np.concatenate([seen(l), t]) for l, t in zip(layout, tiles)]
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
    a.add_argument('--layouts', metavar='LAYOUTS.pt', help='by maps.arrange: words tell layouts, and these drawings')
    a.add_argument('--temperature', type=float, default=.8, help='of the noise that a sample begins with')
    a = a.parse_args()
    torch.set_num_threads(1)
    sheet(a) if a.sheet else learn(a)


if __name__ == '__main__': main()
