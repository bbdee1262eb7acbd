"""A decoder whose points cost less: the block that is asked at every point gets a narrower feed-forward, and learns to
answer as the one that is.

    python -m train.slim RUN --data DIR [DIR ..] --steps 5600 [--hidden 192] [--figures 2400] [--start RUN/slim.pt]

RUN holds the wide decoder, as train.recover left it, and dit.pt. Latents are drawn as the program draws them, from
pictures and from captions of the shards, and decoder and copy are asked the same points of the same parts: no truth is
needed. The layers before that block run once a part and may change at no cost. Writes RUN/slim.pt, which takes the
place of vae.pt in a copy of RUN; the wide one is what it learns from.
"""
import argparse, math, os, random
import torch
import torch.nn.functional as F
import networks
from data import captions
from networks import CHANNELS, ROWS, TOKENS, codec, sampling
from train import dataset
from train.loop import descend, numbers, save
from train.optimiser import Optimiser

HELD = 512  # parts that only watch


@torch.no_grad()
def conditions(net, known, R, shard, figures):
    """Condition tokens of `figures` pictures of a shard and of as many captions of `known` words, a batch each."""
    images = dataset.mapped(shard, 'image')
    images = torch.cat([images[:, k] for k in range(dataset.PHOTOS)])
    for shots in images[torch.randperm(len(images))[:figures]].split(32):
        yield net.condition({0: net.image_encoder(dataset.pictures(shots)[0])})
    facts = captions.facts(shard)
    texts = [captions.sentence(f, R, R.choice((.9, .75, .5, .1))) for f in R.choices(facts, k=figures)]
    for rows in torch.tensor([captions.ids(t, known) for t in texts]).split(32):
        yield net.condition({}, net.read(rows)[0])


@torch.no_grad()
def drawn(run, folders, figures):
    """VAE tokens [k, 16, 16] of every part that the transformer makes of `figures` pictures and as many captions, at
    several temperatures."""
    net, _, stats = sampling.load(run)
    known, R = captions.load_words(run), random.Random(0)
    out, files = [], dataset.alternating(folders)
    for i, f in enumerate(files):
        for cond in conditions(net, known, R, f, math.ceil(figures/len(files))):
            x = sampling.sample(net, cond, 8, 1.5, temperature=.3+.3*(i % 3), seed=i)
            there = x[:, :, ROWS, 6] > 0
            out.append(codec.denormalise(x, stats)[there][:, :ROWS].reshape(-1, TOKENS, CHANNELS))
    return torch.cat(out)


def narrowed(vae, hidden):
    """A copy of the decoder's network with the `hidden` neurons of the last feed-forward that say most."""
    config = {**networks.CONFIG['vae'], 'hidden_query': hidden}
    slim, state = networks.Vae(config), dict(vae.state_dict())
    block = f"decoder.blocks.{config['num_layers_decoder']}.ff.net"
    up, down = state[f'{block}.0.proj.weight'], state[f'{block}.2.weight']
    assert hidden < len(up), (
        f'the decoder has {len(up)} neurons there already: it is the wide one that can be narrowed'
    )
    keep = (up.norm(dim=1)*down.norm(dim=0)).topk(hidden).indices
    for name in (f'{block}.0.proj.weight', f'{block}.0.proj.bias'): state[name] = state[name][keep]
    state[f'{block}.2.weight'] = down[:, keep]
    slim.load_state_dict(state)
    return slim


def difference(slim, vae, z, points):
    """How far the copy is off: what it goes down (distance, colours), and to be told the IoU of the insides and the
    mean errors of both near the surface."""
    p = (torch.rand(len(z), points, 3)*2-1)*1.1
    with torch.no_grad(): truth = vae.decode(z, p)
    made = slim.decode(z, p)
    d = truth[..., 0]
    weight = .2+3*torch.exp(-(d/.25)**2)
    shape = (F.smooth_l1_loss(made[..., 0], d, beta=.02, reduction='none')*weight).sum()/weight.sum()
    near = torch.exp(-(d/.4)**2)
    by_surface = lambda x: (x*near).sum()/near.sum()
    paint = by_surface(F.smooth_l1_loss(made[..., 1:], truth[..., 1:], beta=.02, reduction='none').mean(-1))
    inside, there = made[..., 0] < 0, d < 0
    iou = (inside & there).sum(-1)/((inside | there).sum(-1)+1e-6)
    return (
        shape,
        paint,
        iou.mean(),
        by_surface((made[..., 0]-d).abs()),
        by_surface((made[..., 1:]-truth[..., 1:]).abs().mean(-1)),
    )


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument('run')
    a.add_argument('--data', nargs='+', required=True)
    a.add_argument('--steps', type=int, default=5600)
    a.add_argument('--hidden', type=int, default=192)
    a.add_argument('--start', help='go on with what this wrote before')
    a.add_argument('--figures', type=int, default=2400)
    a.add_argument('--batch', type=int, default=64)
    a.add_argument('--points', type=int, default=256)
    a.add_argument('--lr', type=float, default=2e-3)
    a.add_argument('--threads', type=int, default=2)
    a = a.parse_args()
    torch.set_num_threads(a.threads)
    torch.manual_seed(0)
    kept, path = (os.path.join(a.run, name) for name in ('drawn.pt', 'slim.pt'))
    vae = codec.load_vae(a.run)
    slim = narrowed(vae, a.hidden)
    if a.start: slim.load_state_dict(torch.load(a.start)['vae'])
    if not os.path.exists(kept): torch.save(drawn(a.run, a.data, a.figures), kept)
    z = torch.load(kept)
    # a run that is gone on with holds out the same
    z = z[torch.randperm(len(z), generator=torch.Generator().manual_seed(0))]
    for name, p in slim.named_parameters(): p.requires_grad = name.startswith(('decoder', 'post_quant'))
    print(len(z), 'parts: shape, colour, iou, distance in shares of the truncation, colours', flush=True)

    def lesson(done):
        watched = difference(slim, vae, z[HELD:][torch.randint(len(z)-HELD, (a.batch,))], a.points)
        return watched[0]+watched[1], watched

    @torch.no_grad()
    def pause(step, text):
        held = torch.tensor([difference(slim, vae, y, 512) for y in z[:HELD].split(64)]).mean(0)
        print(f'{text}, held out {numbers(held)}', flush=True)
        save(path, vae=slim.state_dict())

    descend(Optimiser(slim, a.lr), lesson, pause, a.steps, every=140)


if __name__ == '__main__': main()
