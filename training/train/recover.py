"""A run to go on with, from the file that ships, where data and checkpoints are gone.

    # RUN/shipped.pt, vae.pt, words and statistics
    python -m train.recover RUN ../assets/figurine.gguf
    # an encoder for the decoder of RUN/vae.pt
    python -m train.recover RUN --data DIR [DIR ..] --steps 1400 [--figures 4000]
    # once train.encode and data.captions are through: RUN/start.pt
    python -m train.recover RUN --heads

The file has no VAE encoder, for the program needs none. A new one is taught in front of the frozen decoder; but that
takes tokens in any order, and many latents for one shape, while the transformer knows only what the old encoder gave.
What it thinks of a figure's pictures in one step, from pure noise, is about the mean of that: to this the new encoder
is drawn, at first strongly. Nor has the file the heads that only teach (networks.Figurine): these are fitted to the
encoders as they are, lest their first steps unteach those.
"""
import argparse, math, os
import gguf
import numpy as np
import torch
import networks
from train import dataset
from networks import CHANNELS, ROWS, TOKENS, codec
from train.loop import descend, numbers, save
from train.optimiser import Optimiser
from train.vae import agreement, batch


def tensors(path):
    """Every tensor of a file, in f32."""
    return {
        t.name: torch.from_numpy(gguf.quants.dequantize(t.data, t.tensor_type).astype(np.float32))
        for t in gguf.GGUFReader(path).tensors
    }


def unpack(path, run):
    """Write what `path` holds as the checkpoints that the other steps read."""
    os.makedirs(run, exist_ok=True)
    state = tensors(path)
    np.save(os.path.join(run, 'words.npy'), state.pop('text_encoder.words.weight').numpy())
    with open(os.path.join(run, 'words.txt'), 'w') as f:
        f.write(gguf.GGUFReader(path).fields['gen3d.words'].contents())
    take = lambda test: {k: state.pop(k) for k in list(state) if test(k)}
    stats = take(lambda k: k.startswith(('latent.', 'box.', 'colour.')))
    np.savez(os.path.join(run, 'stats.npz'), **{k: v.numpy() for k, v in stats.items()})
    torch.save({k[5:]: v for k, v in take(lambda k: k.startswith('face.')).items()}, os.path.join(run, 'faces.pt'))
    take(lambda k: k.startswith('cutout.'))  # train.export takes it from the file
    decoder = {k[4:]: v for k, v in take(lambda k: k.startswith('vae.')).items()}
    vae = networks.vae_of(decoder)
    missing, _ = vae.load_state_dict(decoder, strict=False)
    assert all(k.startswith(('encoder', 'quant')) for k in missing), missing
    torch.save(dict(vae=vae.state_dict()), os.path.join(run, 'vae.pt'))
    missing, unknown = networks.Figurine(codec.table(run)).load_state_dict(state, strict=False)
    assert not unknown and all(k.startswith('guess') for k in missing), (missing, unknown)
    torch.save(dict(ema=state, stats=stats), os.path.join(run, 'shipped.pt'))


@torch.no_grad()
def thought(net, images):
    """Latents [b, 10, 5, 64] that the transformer takes for the likeliest of figures u8 [b, 5, 128, 128, 4] at the
    first step."""
    shown = lambda k: net.image_encoder(dataset.pictures(images[:, k], augment=False)[0])
    views = {0: shown(0), **{i+1: shown(dataset.PHOTOS+i) for i in range(3)}}
    noise = .3*torch.randn(len(images), len(networks.PARTS), ROWS+1, TOKENS//ROWS*CHANNELS)
    return noise+net(views, None, torch.zeros(len(images), dtype=torch.bool), noise, torch.full((len(images),), 1000.))


def lessons(run, folders, figures):
    """Surface and queries of every part that has queries, and the tokens [k, 16, 16] that the transformer thinks of,
    normalised."""
    net = networks.Figurine(codec.table(run))
    net.load_state_dict(torch.load(os.path.join(run, 'shipped.pt'))['ema'], strict=False)
    net.eval()
    S, Q, Z = [], [], []
    for f in dataset.alternating(folders)[:math.ceil(figures/64)]:
        with np.load(f) as z:
            if z['query'].shape[1] < 100: continue
            x = torch.cat([thought(net, im) for im in torch.from_numpy(z['image']).split(16)])
            at = torch.from_numpy(z['part_of']).long()
            there = x[at[:, 0], at[:, 1], ROWS, 6] > 0
            S.append(torch.from_numpy(z['surface'])[there]), Q.append(torch.from_numpy(z['query'])[there])
            Z.append(x[at[:, 0], at[:, 1], :ROWS].reshape(-1, TOKENS, CHANNELS)[there])
    return torch.cat(S), torch.cat(Q), torch.cat(Z)


def teach(a):
    vae, stats, path = codec.load_vae(a.run), codec.load_stats(a.run), os.path.join(a.run, 'vae.pt')
    S, Q, Z = lessons(a.run, a.data, a.figures)
    known = len(S)-1024  # the others are held out
    print(len(S), 'parts: shape, colour, distance from what is thought, iou', flush=True)
    for name, p in vae.named_parameters(): p.requires_grad = name.startswith(('encoder', 'quant'))

    def lesson(done):
        i = torch.randint(known, (a.batch,))
        s, p, d, c, w = batch(S, Q, i, 512, 288)
        with torch.autocast('cpu', torch.bfloat16, enabled=a.bf16):
            z = vae.encode(s)[0]
            shape, paint, iou = agreement(vae.decode(z, p), d, c, w)
        drawn = (((z-stats['latent.mean'])/stats['latent.std']-Z[i])**2).mean()
        return shape+.8*paint+(.03+a.draw*(1-done)**2)*drawn, (shape, paint, drawn, iou)

    @torch.no_grad()
    def pause(step, text):
        others = (batch(S, Q, i, 1024, 768) for i in torch.arange(known, len(S)).split(64))
        held = [torch.stack(agreement(vae.decode(vae.encode(s)[0], p), d, c, w)) for s, p, d, c, w in others]
        print(f'{text}, held out shape, colour, iou {numbers(torch.stack(held).mean(0))}', flush=True)
        save(path, vae=vae.state_dict())

    descend(Optimiser(vae, a.lr), lesson, pause, a.steps)


def fitted(x, y, ridge=3.):
    """Weight and bias of the linear map from x [n, a] to y [n, b] by least squares."""
    x = torch.cat([x, torch.ones(len(x), 1)], 1)
    w = torch.linalg.solve(x.T@x+ridge*torch.eye(x.shape[1]), x.T@y)
    return w[:-1].T.contiguous(), w[-1].clone()


@torch.no_grad()
def heads(a):
    """RUN/start.pt: RUN/shipped.pt with the heads that guess latents from the class token and from the text's slot
    tokens."""
    saved, figures, net = (
        torch.load(os.path.join(a.run, 'shipped.pt')),
        dataset.Figures(a.run, .5),
        networks.Figurine(codec.table(a.run)),
    )
    net.load_state_dict(saved['ema'], strict=False)
    seen, read, x = [], [], []
    for ids in (figures.choose(64) for _ in range(50)):
        latents, im, _ = figures.pick(ids)
        x.append(latents), seen.append(net.image_encoder(dataset.pictures(im)[0])[:, 0])
        read.append(net.text_encoder(figures.rows(figures.captions(ids)))[:, -len(networks.PARTS):])
    x, seen, read = (torch.cat(v) for v in (x, seen, read))
    for name, tokens, latents in (
        ('guess', seen, x.flatten(1)),
        ('guess_text', read.flatten(0, 1), x.flatten(2).flatten(0, 1)),
    ):
        saved['ema'][f'{name}.weight'], saved['ema'][f'{name}.bias'] = fitted(tokens, latents)
    torch.save(saved, os.path.join(a.run, 'start.pt'))


if __name__ == '__main__':
    a = argparse.ArgumentParser()
    a.add_argument('run')
    a.add_argument('file', nargs='?')
    a.add_argument('--data', nargs='+')
    a.add_argument('--heads', action='store_true')
    a.add_argument('--steps', type=int, default=2000)
    a.add_argument('--figures', type=int, default=4000)
    a.add_argument('--batch', type=int, default=96)
    a.add_argument('--lr', type=float, default=2e-3)
    a.add_argument(
        '--draw',
        type=float,
        default=.5,
        help='how strongly the latents are drawn to what the transformer thinks of, at first',
    )
    a.add_argument('--threads', type=int, default=1)
    a.add_argument('--bf16', action='store_true')
    a = a.parse_args()
    torch.set_num_threads(a.threads)
    if a.file: unpack(a.file, a.run)
    if a.data: teach(a)
    if a.heads: heads(a)
