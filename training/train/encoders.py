"""Teach the image encoder what its pictures show, and the text encoder what its words mean, before the transformer
learns from them.

    python -m train.encoders RUN --steps 1000 [--resume]
    python -m train.encoders RUN --text --steps 1000 --start RUN/encoder.pt

A picture through the encoder alone costs a twentieth of a transformer's batch, and the places of visible points are a
dense lesson: from each patch the slot and the place in the figurine's frame of what it shows, from the class token all
latents. Writes RUN/encoder.pt (with --text, RUN/text.pt) for train.transformer's --start.
"""
import argparse, os
import torch
import torch.nn.functional as F
import networks
from train import dataset
from networks import CELLS, MAIN, ROWS, codec
from train.loop import descend, numbers, save
from train.optimiser import Optimiser


def weights(x):
    """How much each number of latents [b, 10, 5, 64] counts: boxes and presence, which decide what the figure looks
    like more than anything, about as much as all of the shape. Absent parts count like present ones: where they
    counted less, the transformer drew the rows of doubtful parts as if they were there, believed its own drawing, and
    gave two figures in three an item that the picture did not have."""
    w = torch.ones_like(x)
    w[:, :, ROWS, :7], w[:, :, ROWS, 7:] = 24., .02
    w[:, :, ROWS, MAIN] = 12.
    return w


def weighted(a, b, w): return (w*(a-b)**2).sum()/w.sum()


def encoder_losses(guess, slot, place, x, seen):
    """Of the latents x [b, 10, 5, 64] guessed, and of the slot and place guessed of each cell of `seen` [b, 32, 32,
    4]."""
    n = seen.shape[1]//CELLS
    # [b, patches, cells, 4]
    cells = seen.float().view(-1, n, CELLS, n, CELLS, 4).transpose(2, 3).flatten(3, 4).flatten(1, 2)
    kind = cells[..., 0].round().long()
    there = (kind > 0).float()
    far = ((place-cells[..., 1:]).abs().sum(-1)*there).sum()/there.sum()
    return weighted(guess, x, weights(x)), F.cross_entropy(slot.flatten(0, 2), kind.flatten()), far


def text_losses(net, figures, ids, device):
    """Of the latents guessed from a caption."""
    x = figures.pick(ids)[0].to(device)
    return [weighted(net.read(figures.rows(figures.captions(ids)).to(device))[1], x, weights(x))]


@torch.no_grad()
def held_losses(net, figures, device, text):
    if text: return [float(text_losses(net, figures, figures.held, device)[0])]
    out = []
    for k in range(0, min(len(figures.held), 512), 64):
        x, im, seen = (v.to(device) for v in figures.pick(figures.held[k:k+64], view=0))
        pictures, seen = dataset.pictures(im, seen, augment=False)
        out.append(torch.stack(encoder_losses(*net.encode(pictures)[1:], x, seen)))
    return torch.stack(out).mean(0).tolist()


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument('run')
    a.add_argument('--steps', type=int, default=1000)
    a.add_argument('--pictures', type=int, default=48, help='pictures or captions a batch')
    a.add_argument('--lr', type=float, default=2e-3)
    a.add_argument('--share', type=float, default=.4, help='share of characters in a batch')
    a.add_argument('--device', default='cuda' if torch.cuda.is_available() else 'cpu')
    a.add_argument('--threads', type=int, default=1)
    a.add_argument('--text', action='store_true', help='teach the text encoder, not that of pictures')
    a.add_argument('--start', help='begin from the smoothed weights of another checkpoint')
    a.add_argument('--resume', action='store_true')
    a = a.parse_args()
    torch.set_num_threads(a.threads)
    torch.manual_seed(0)
    path, figures = os.path.join(a.run, 'text.pt' if a.text else 'encoder.pt'), dataset.Figures(a.run, a.share)
    net, start = networks.Figurine(codec.table(a.run)).to(a.device), 0
    if a.start: net.load_state_dict(torch.load(a.start, map_location=a.device)['ema'], strict=False)
    opt = Optimiser(net, a.lr)
    if a.resume and os.path.exists(path):
        saved = torch.load(path, map_location=a.device)
        net.load_state_dict(saved['ema']), opt.load(saved['opt'])
        start = saved['step']
    print([len(g) for g in figures.groups], 'figures', flush=True)

    def lesson(done):
        if a.text: parts = text_losses(net, figures, figures.choose(a.pictures), a.device)
        else:
            x, im, seen = (v.to(a.device) for v in figures.batch(a.pictures))
            pictures, seen = dataset.pictures(im, seen)
            parts = encoder_losses(*net.encode(pictures)[1:], x, seen)
        return sum(parts), parts

    def pause(step, text):
        print(f'{text}, held out {numbers(held_losses(net, figures, a.device, a.text))}', flush=True)
        save(path, ema=net.state_dict(), opt=opt.state(), step=step)
        figures.grow()

    descend(opt, lesson, pause, a.steps, start, warm=50, every=100)


if __name__ == '__main__': main()
