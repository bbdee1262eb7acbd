"""Train the diffusion transformer on frozen latents (rectified flow, SPEC section 3), and the image encoder along.

    python train_dit.py RUN --minutes 60 [--start RUN/encoder.pt RUN/text.pt] [--views 3 --texts 5] [--workers 2] [--resume]

Workers are pinned to a core each, train on their own and average their weights every minute, weighted by
the steps each has made: nobody waits for a core that another program shares. RUN/dit.pt holds the averaged and
the smoothed weights, the optimiser and the minutes spent; --resume continues the schedule from there.
"""
import argparse, math, os, random, time
import numpy as np
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
import changes, dataset, networks
from dataset import Figures
from networks import MAIN, ROWS
from train_encoder import encoder_losses, weighted, weights
from optimiser import Optimiser

PICTURED = .75  # share of the batches of captions that show a photo as well
CHANGED = .8  # share of the figures of these of which the words say something else than the photo
STYLED = .2  # share of these that have been built as toys, too
REAL = .2  # share of characters where words stand alone: their names say more than words mean, and their poses are anybody's
ROLES = .4  # share of those of whom what they wear makes a knight or a king, where words stand alone: there are many such words, and few of each
COLOUR = 6  # weight of a part's main colour where words stand beside a photo: else who becomes a robot loses the photo's colours before anything else


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
    """Condition of n figures by a photo, or none, and some of their other views: x, views, and the losses of the encoder."""
    ids = figures.choose(n, figures.around)
    shown = [i for i, p in enumerate((.85, .6, .6, .6)) if torch.rand(()) < p] or [0]
    shots = [figures.pick(ids, None if i == 0 else dataset.PHOTOS+i-1) for i in shown]
    x, im, seen = (torch.cat(v).to(device) for v in zip(*shots))
    pictures, seen = dataset.pictures(im, seen)
    tokens, *guesses = net.encode(pictures)
    return x[:n], dict(zip(shown, tokens.split(n))), encoder_losses(*guesses, x, seen)


def by_words(net, figures, n, device):
    """Condition of n figures by a caption, now and then with a photo that most captions change: x, views, text, and the loss of the text encoder."""
    shown = torch.rand(()) < PICTURED
    ids = figures.choose(n, share=None if shown else REAL)
    if not shown: ids = [figures.R.choice(figures.roles) if figures.R.random() < ROLES else i for i in ids]
    if shown and figures.toys: ids = [figures.R.choice(list(figures.toys)) if figures.R.random() < STYLED else i for i in ids]
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
    """The figures kept aside told in words, and changed by words beside their photo: latents, rows of words, pictures, always the same."""
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
    """Losses of the figures kept aside, with fixed times and noise: the flow's under a photo, the image encoder's three, the flow's under words, and under both."""
    g, out, words = torch.Generator().manual_seed(3), [], []

    def noisy(x, least=0.):
        t = least+(1-least)*(torch.arange(len(x))+.5)/len(x)
        return t.to(device), torch.randn(x.shape, generator=g).to(device), torch.zeros(len(x), dtype=torch.bool, device=device)
    for k in range(0, min(len(figures.held), 256), 32):
        x, im, seen = (v.to(device) for v in figures.pick(figures.held[k:k+32], view=0))
        out.append(torch.stack(loss(net, x, *dataset.pictures(im, seen, augment=False), *noisy(x))))
    for x, rows, im in lessons:
        views = {} if im is None else {0: net.image_encoder(dataset.pictures(im.to(device), augment=False)[0])}
        words.append(flow(net, x.to(device), views, net.read(rows.to(device))[0], *noisy(x, .3)))  # with less noise words have nothing to say
    return torch.stack(out).mean(0).tolist()+torch.stack(words).tolist()


def average(net, steps):
    """Average the weights over the workers, each weighted by the steps it made since the last time."""
    share = torch.tensor(float(max(steps, 1)))
    total = share.clone()
    dist.all_reduce(total)
    learning = [p for p in net.parameters() if p.requires_grad]  # what is frozen stays as it is to the bit
    flat = torch.nn.utils.parameters_to_vector(learning).detach()*(share/total)
    dist.all_reduce(flat)
    torch.nn.utils.vector_to_parameters(flat, learning)


def work(rank, a):
    if a.workers > 1:
        os.sched_setaffinity(0, {rank})
        if rank: os.nice(3)
        os.environ.update(MASTER_ADDR='127.0.0.1', MASTER_PORT='29511')
        dist.init_process_group('gloo', rank=rank, world_size=a.workers)
    torch.set_num_threads(a.threads)
    torch.manual_seed(100+rank)
    figures, net, path = Figures(a.run, a.share), networks.Figurine(dataset.table(a.run)).to(a.device), os.path.join(a.run, 'dit.pt')
    spent, step, ema = 0., 0, None
    if not (a.resume and os.path.exists(path)):
        for start in a.start: net.load_state_dict(torch.load(start, map_location=a.device)['ema'], strict=False)
    for name, p in net.named_parameters(): p.requires_grad_(not a.only or name.startswith(tuple(a.only)))
    lessons = asked(figures)
    opt = Optimiser(net, a.lr, torch.bfloat16 if a.bf16 else torch.float32)
    if a.resume and os.path.exists(path):
        saved = torch.load(path, map_location=a.device)
        net.load_state_dict(saved['net']), opt.load(saved['opt'])
        spent, step, ema = saved['spent'], saved['step'], saved['ema']
    elif a.workers > 1:
        torch.manual_seed(0)
        net.load_state_dict(networks.Figurine(dataset.table(a.run)).state_dict()) if not a.start else None
        torch.manual_seed(100+rank)
    if rank == 0: print([len(g) for g in figures.groups], 'figures', sum(p.numel() for p in net.parameters()), 'weights', flush=True)
    if a.workers > 1: dist.barrier()  # a worker that loads for longer would keep the others waiting at every averaging
    t0, synced, told, since, run = time.time(), 0, 0, 0, None
    while True:
        now = time.time()-t0
        done = (spent+now/60)/a.minutes
        if now//a.sync > synced or done >= 1:
            synced = now//a.sync
            if a.workers > 1: average(net, since)
            with torch.no_grad():
                k = 1-math.exp(-a.sync/(a.smooth*60*max(.02, min(done, 1))))  # smooth over a share of the time so far
                state = net.state_dict()
                ema = {n: v.clone() for n, v in state.items()} if ema is None else {n: e.lerp(state[n], k) for n, e in ema.items()}
            if rank == 0 and (synced-told >= a.save or done >= 1):
                told = synced
                smooth = networks.Figurine(dataset.table(a.run)).to(a.device)
                smooth.load_state_dict(ema)
                held = held_loss(net, figures, lessons, a.device), held_loss(smooth, figures, lessons, a.device)
                tell = lambda losses: ' '.join(f'{v:.4f}' for v in losses)
                print(f'{step} steps {spent+now/60:.1f} min, train {tell(run)}, held out {tell(held[0])}, smoothed {tell(held[1])}', flush=True)
                torch.save(dict(net=net.state_dict(), ema=ema, opt=opt.state(), spent=spent+now/60, step=step, held=held, stats=figures.stats), path+'.tmp')
                os.replace(path+'.tmp', path)
            since = 0
            figures.grow()
            if done >= 1: break
        with torch.autocast(a.device, torch.bfloat16, enabled=a.bf16): total, parts = batch_loss(net, figures, a)
        opt.step(total, min(1, (step+1)/a.warm)*max(.01, math.cos(min(1, done)*math.pi/2)))
        step, since = step+1, since+1
        now = torch.stack(parts).detach()
        run = now if run is None else run*.97+now*.03


if __name__ == '__main__':
    a = argparse.ArgumentParser()
    a.add_argument('run')
    a.add_argument('--minutes', type=float, default=60)
    a.add_argument('--pictures', type=int, default=32, help='pictures a batch')
    a.add_argument('--views', type=int, default=0, help='further figures a batch that are shown from more sides')
    a.add_argument('--texts', type=int, default=0, help='further figures a batch that are told in words')
    a.add_argument('--only', nargs='+', default=[], help='train the weights alone whose names start so; with --pictures 0 --views 0 by words alone')
    a.add_argument('--repeat', type=int, default=4, help='noise levels a picture')
    a.add_argument('--lr', type=float, default=1.5e-3)
    a.add_argument('--late', type=float, default=.8, help='mean of the logit-normal times: > 0 favours noise')
    a.add_argument('--blind', type=float, default=.15, help='share of rows of pure noise')
    a.add_argument('--guess', type=float, default=.5, help='weight of the losses that only teach the encoder')
    a.add_argument('--warm', type=int, default=100, help='steps until the full learning rate')
    a.add_argument('--share', type=float, default=.35, help='share of characters in a batch')
    a.add_argument('--smooth', type=float, default=2., help='minutes of weights that the smoothed copy averages, at the end')
    a.add_argument('--sync', type=float, default=60., help='seconds between averagings')
    a.add_argument('--save', type=int, default=3, help='checkpoint every so many averagings')
    a.add_argument('--workers', type=int, default=1)
    a.add_argument('--threads', type=int, default=1)
    a.add_argument('--bf16', action='store_true', help='products in bf16: twice as fast on a CPU that knows them')
    a.add_argument('--device', default='cuda' if torch.cuda.is_available() else 'cpu')
    a.add_argument('--start', nargs='+', default=[], help='begin from the smoothed weights of other checkpoints, the last one first asked')
    a.add_argument('--resume', action='store_true')
    a = a.parse_args()
    if a.workers > 1: mp.spawn(work, args=(a,), nprocs=a.workers)
    else: work(0, a)
