"""Train the diffusion transformer on frozen latents (rectified flow), and the image encoder along.

    python -m train.transformer RUN --steps 400 [--start RUN/encoder.pt RUN/text.pt] [--views 3 --texts 5] [--workers
        2] [--resume]

Workers are pinned to a core each, train on their own and average their weights every few steps. RUN/dit.pt holds the
averaged and the smoothed weights, the optimiser and the step; --resume continues the schedule from there.
"""
import argparse, math, os, random
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
import networks
from train import changes, dataset
from train.dataset import Figures
from networks import MAIN, ROWS, codec
from train.encoders import encoder_losses, weighted, weights
from train.loop import descend, numbers, save
from train.optimiser import Optimiser

PICTURED = .75  # share of the batches of captions that show a photo as well
CHANGED = .8  # share of the figures of these of which the words say something else than the photo
STYLED = .2  # share of these that have been built as toys, too
# share of characters where words stand alone: their names say more than words mean, and their poses are anybody's
REAL = .2
# share of those of whom what they wear makes a knight or a king, where words stand alone: there are many such words,
# and few of each
ROLES = .4
# weight of a part's main colour where words stand beside a photo: else who becomes a robot loses the photo's colours
# before anything else
COLOUR = 6


def flow(net, x, views, text, t, noise, drop):
    """Rectified-flow loss of x [b, 10, 5, 64] under condition tokens; t and noise for b * repeat rows."""
    y = x.repeat_interleave(len(t)//len(x), 0)
    s = t[:, None, None, None]
    w = weights(y)
    if views and text is not None: w[:, :, ROWS, MAIN] *= COLOUR
    return weighted(net(views, text, drop, (1-s)*y+s*noise, t*1000), y-noise, w)


def loss(net, x, pictures, seen, t, noise, drop):
    """The flow's loss under a photo each, and those of the image encoder."""
    tokens, *guesses = net.encode(pictures)
    return flow(net, x, {0: tokens}, None, t, noise, drop), *encoder_losses(*guesses, x, seen)


def by_views(net, figures, n, device):
    """Condition of n figures by a photo, or none, and some of their other views: x, views, and the losses of the
    encoder."""
    ids = figures.choose(n, figures.around)
    shown = [i for i, p in enumerate((.85, .6, .6, .6)) if torch.rand(()) < p] or [0]
    shots = [figures.pick(ids, None if i == 0 else dataset.PHOTOS+i-1) for i in shown]
    x, im, seen = (torch.cat(v).to(device) for v in zip(*shots))
    pictures, seen = dataset.pictures(im, seen)
    tokens, *guesses = net.encode(pictures)
    return x[:n], dict(zip(shown, tokens.split(n))), encoder_losses(*guesses, x, seen)


def by_words(net, figures, n, device):
    """Condition of n figures by a caption, now and then with a photo that most captions change: x, views, text, and
    the loss of the text encoder."""
    shown = torch.rand(()) < PICTURED
    ids = figures.choose(n, share=None if shown else REAL)
    if not shown: ids = [figures.R.choice(figures.roles) if figures.R.random() < ROLES else i for i in ids]
    if shown and figures.toys:
        ids = [figures.R.choice(list(figures.toys)) if figures.R.random() < STYLED else i for i in ids]
    x, im, _ = figures.pick(ids)
    texts = figures.captions(ids)
    if shown:
        for k, i in enumerate(ids):
            if torch.rand(()) < CHANGED and (changed := changes.change(figures, i)): x[k], texts[k] = changed
    text, guess = net.read(figures.rows(texts).to(device))
    x = x.to(device)
    views = {0: net.image_encoder(dataset.pictures(im.to(device))[0])} if shown else {}
    # What a change does not name is not the text's to guess.
    return x, views, text, torch.zeros((), device=device) if shown else weighted(guess, x, weights(x))


def batch_loss(net, figures, a):
    """The loss of one batch of pictures, views and captions, and what there is to tell of it."""
    def noisy(n):
        t = torch.sigmoid(torch.randn(n*a.repeat)+a.late)
        t[torch.rand(len(t)) < a.blind] = 1.
        return t.to(a.device), torch.randn(len(t), *figures.x[0].shape).to(a.device), (torch.rand(n) < .1).to(a.device)
    total, rows, parts = 0., 0, torch.zeros(4, device=a.device)
    if a.pictures:
        x, im, seen = (v.to(a.device) for v in figures.batch(a.pictures))
        parts = loss(net, x, *dataset.pictures(im, seen), *noisy(len(x)))
        total, rows = (parts[0]+a.guess*sum(parts[1:]))*a.pictures, a.pictures
    if a.views and figures.around[0]:
        x, views, encoder = by_views(net, figures, a.views, a.device)
        total, rows = total+(flow(net, x, views, None, *noisy(a.views))+a.guess*sum(encoder))*a.views, rows+a.views
    spoken = torch.zeros((), device=a.device)
    if a.texts:
        x, views, text, guess = by_words(net, figures, a.texts, a.device)
        spoken = flow(net, x, views, text, *noisy(a.texts))
        total, rows = total+(spoken+a.guess*guess)*a.texts, rows+a.texts
    return total/rows, (*parts, spoken)


def asked(figures):
    """The figures kept aside told in words, and changed by words beside their photo: latents, rows of words, pictures,
    always the same."""
    R, figures.R = figures.R, random.Random(9)
    with torch.random.fork_rng():
        torch.manual_seed(9)
        changed = [(i, *change) for i in figures.held[:256] if (change := changes.change(figures, i))]
        told = figures.pick(figures.held[:256], view=0)[0], figures.rows(figures.captions(figures.held[:256])), None
    figures.R = R
    ids, x, texts = zip(*changed)
    return told, (torch.stack(x), figures.rows(texts), figures.pick(ids, view=0)[1])


@torch.no_grad()
def held_loss(net, figures, lessons, device):
    """Losses of the figures kept aside, with fixed times and noise: the flow's under a photo, the image encoder's
    three, the flow's under words, and under both."""
    g, out, words = torch.Generator().manual_seed(3), [], []

    def noisy(x, least=0.):
        t = least+(1-least)*(torch.arange(len(x))+.5)/len(x)
        return (
            t.to(device),
            torch.randn(x.shape, generator=g).to(device),
            torch.zeros(len(x), dtype=torch.bool, device=device),
        )

    for k in range(0, min(len(figures.held), 256), 32):
        x, im, seen = (v.to(device) for v in figures.pick(figures.held[k:k+32], view=0))
        out.append(torch.stack(loss(net, x, *dataset.pictures(im, seen, augment=False), *noisy(x))))
    for x, rows, im in lessons:
        views = {} if im is None else {0: net.image_encoder(dataset.pictures(im.to(device), augment=False)[0])}
        # with less noise words have nothing to say
        words.append(flow(net, x.to(device), views, net.read(rows.to(device))[0], *noisy(x, .3)))
    return torch.stack(out).mean(0).tolist()+torch.stack(words).tolist()


def average(net, workers):
    """Average the weights over the workers."""
    learning = [p for p in net.parameters() if p.requires_grad]  # what is frozen stays as it is to the bit
    flat = torch.nn.utils.parameters_to_vector(learning).detach()/workers
    dist.all_reduce(flat)
    torch.nn.utils.vector_to_parameters(flat, learning)


def began(a, figures, rank):
    """The networks, their optimiser, the step that they stand at and their smoothed weights: new, from --start, or as
    --resume finds them."""
    path = os.path.join(a.run, 'dit.pt')
    saved = torch.load(path, map_location=a.device) if a.resume and os.path.exists(path) else None
    torch.manual_seed(0)  # every worker begins with the same weights
    net = networks.Figurine(codec.table(a.run)).to(a.device)
    torch.manual_seed(100+rank)
    for start in [] if saved else a.start:
        net.load_state_dict(torch.load(start, map_location=a.device)['ema'], strict=False)
    for name, p in net.named_parameters(): p.requires_grad_(not a.only or name.startswith(tuple(a.only)))
    opt = Optimiser(net, a.lr, torch.bfloat16 if a.bf16 else torch.float32)
    if not saved: return net, opt, 0, None
    net.load_state_dict(saved['net']), opt.load(saved['opt'])
    return net, opt, saved['step'], saved['ema']


def work(rank, a):
    if a.workers > 1:
        os.sched_setaffinity(0, {rank})
        if rank: os.nice(3)
        os.environ.update(MASTER_ADDR='127.0.0.1', MASTER_PORT='29511')
        dist.init_process_group('gloo', rank=rank, world_size=a.workers)
    torch.set_num_threads(a.threads)
    figures, path = Figures(a.run, a.share), os.path.join(a.run, 'dit.pt')
    net, opt, start, ema = began(a, figures, rank)
    lessons = asked(figures)
    if rank == 0:
        print(
            [len(g) for g in figures.groups],
            'figures',
            sum(p.numel() for p in net.parameters()),
            'weights',
            flush=True,
        )

    def lesson(done):
        with torch.autocast(a.device, torch.bfloat16, enabled=a.bf16): return batch_loss(net, figures, a)

    @torch.no_grad()
    def pause(step, text):
        nonlocal ema
        if a.workers > 1: average(net, a.workers)
        k = 1-math.exp(-a.sync/(a.smooth*max(.02, step/a.steps)))  # smooth over a share of the steps so far
        state = net.state_dict()
        ema = (
            {n: v.clone() for n, v in state.items()}
            if ema is None
            else {n: e.lerp(state[n], k) for n, e in ema.items()}
        )
        if rank == 0 and (step//a.sync % a.save == 0 or step == a.steps):
            smooth = networks.Figurine(codec.table(a.run)).to(a.device)
            smooth.load_state_dict(ema)
            held = held_loss(net, figures, lessons, a.device), held_loss(smooth, figures, lessons, a.device)
            print(f'{text}, held out {numbers(held[0])}, smoothed {numbers(held[1])}', flush=True)
            save(path, net=net.state_dict(), ema=ema, opt=opt.state(), step=step, held=held, stats=figures.stats)
        figures.grow()

    descend(opt, lesson, pause, a.steps, start, a.warm, a.sync)


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument('run')
    a.add_argument('--steps', type=int, default=400, help='of each worker')
    a.add_argument('--pictures', type=int, default=32, help='pictures a batch')
    a.add_argument('--views', type=int, default=0, help='further figures a batch that are shown from more sides')
    a.add_argument('--texts', type=int, default=0, help='further figures a batch that are told in words')
    a.add_argument('--only', nargs='+', default=[],
                   help='train the weights alone whose names start so; with --pictures 0 --views 0 by words alone')
    a.add_argument('--repeat', type=int, default=4, help='noise levels a picture')
    a.add_argument('--lr', type=float, default=1.5e-3)
    a.add_argument('--late', type=float, default=.8, help='mean of the logit-normal times: > 0 favours noise')
    a.add_argument('--blind', type=float, default=.15, help='share of rows of pure noise')
    a.add_argument('--guess', type=float, default=.5, help='weight of the losses that only teach the encoder')
    a.add_argument('--warm', type=int, default=100, help='steps until the full learning rate')
    a.add_argument('--share', type=float, default=.35, help='share of characters in a batch')
    a.add_argument(
        '--smooth', type=float, default=12.0, help='steps of weights that the smoothed copy averages, at the end'
    )
    a.add_argument('--sync', type=int, default=6, help='steps between averagings')
    a.add_argument('--save', type=int, default=3, help='checkpoint every so many averagings')
    a.add_argument('--workers', type=int, default=1)
    a.add_argument('--threads', type=int, default=1)
    a.add_argument('--bf16', action='store_true', help='products in bf16: twice as fast on a CPU that knows them')
    a.add_argument('--device', default='cuda' if torch.cuda.is_available() else 'cpu')
    a.add_argument(
        '--start',
        nargs='+',
        default=[],
        help='begin from the smoothed weights of other checkpoints, the last one first asked',
    )
    a.add_argument('--resume', action='store_true')
    a = a.parse_args()
    if a.workers > 1: mp.spawn(work, args=(a,), nprocs=a.workers)
    else: work(0, a)


if __name__ == '__main__': main()
