"""Sample figurines in PyTorch: to look at a checkpoint, and to time the same weights beside the program.

    python -m evaluate.sample look RUN PICTURE.png .. --out DIR [--steps 20] [--guidance 1.5]     # GLB files
    # JSON, as examples/bench.rs prints
    python -m evaluate.sample bench RUN [--type f32|bf16] [--threads 2]
    # a guided step of 4 parts of 512 tokens; PartCrafter has 21 blocks
    python -m evaluate.sample wide [--type f32|bf16] [--threads 2] [--blocks 5]
"""
import argparse, json, os, statistics, time
import numpy as np
import torch
from PIL import Image
import networks
from networks import codec, sampling
from train import dataset
from networks import ROWS


def look(a):
    from evaluate import meshing
    from data import picture
    net, vae, stats = sampling.load(a.run)
    os.makedirs(a.out, exist_ok=True)
    shots = [np.asarray(picture.frame(np.float32(Image.open(p).convert('RGBA'))/255)) for p in a.pictures]
    cond = net.condition({0: net.image_encoder(dataset.pictures(torch.from_numpy(np.stack(shots)), augment=False)[0])})
    x = sampling.sample(net, cond, a.steps, a.guidance, a.temperature)
    for p, latents in zip(a.pictures, codec.denormalise(x, stats)):
        meshing.write(a.shared, os.path.join(a.out, os.path.basename(p)[:-4]+'.glb'), meshing.figure(vae, latents))


@torch.no_grad()
def bench(a):
    torch.set_num_threads(a.threads)
    net, vae, _ = sampling.load(a.run)
    kind = dict(f32=torch.float32, bf16=torch.bfloat16)[a.type]
    net, vae = net.to(kind), vae.to(kind)
    im, x = torch.randn(1, 3, 128, 128, dtype=kind), torch.randn(1, 10, ROWS+1, 64, dtype=kind)
    cond = net.condition({0: net.image_encoder(im)})
    z, p = torch.randn(7, 16, 16, dtype=kind), torch.rand(1, 1_000_000, 3).to(kind)*2-1
    h = vae.decoder.trunk(vae.post_quant(z))
    def points():
        for q in p.split(50_000, 1): vae.decoder.query(h[:1], q)
    out = {}
    for name, f in (
        ('encoder', lambda: net.image_encoder(im)),
        ('guided_step', lambda: sampling.velocity(net, cond, x, 0.5, 2.0)),
        ('trunk', lambda: vae.decoder.trunk(vae.post_quant(z))),
        ('million_points', points),
    ):
        f()
        times = []
        for _ in range(3 if name == 'million_points' else 9):
            t = time.perf_counter()
            f()
            times.append(time.perf_counter()-t)
        out[name] = statistics.median(times)
    print(json.dumps(dict(type=a.type, threads=a.threads, seconds=out)))


@torch.no_grad()
def wide(a):
    torch.set_num_threads(a.threads)
    kind = dict(f32=torch.float32, bf16=torch.bfloat16)[a.type]
    net = (
        networks.Transformer(
            dict(
                width=2048,
                num_layers=a.blocks,
                num_attention_heads=16,
                cross_attention_dim=1024,
                in_channels=64,
                max_num_parts=32,
                token_embedding=512,
                global_attn_block_ids=list(range(0, a.blocks, 2)),
            )
        )
        .to(kind)
        .eval()
    )
    x, cond = torch.randn(2, 4, 512, 64, dtype=kind), torch.randn(2, 257, 1024, dtype=kind)
    times = []
    for _ in range(2): # the first is not counted
        t = time.perf_counter()
        net(x, torch.full((2,), 620., dtype=kind), cond)
        times.append(time.perf_counter()-t)
    print(json.dumps(dict(type=a.type, threads=a.threads, seconds=dict(guided_step=times[-1]))))


if __name__ == '__main__':
    a = argparse.ArgumentParser()
    a.add_argument('what', choices=['look', 'bench', 'wide'])
    a.add_argument('run', nargs='?')
    a.add_argument('pictures', nargs='*')
    a.add_argument('--out', default='.')
    a.add_argument('--steps', type=int, default=20)
    a.add_argument('--guidance', type=float, default=1.5)
    a.add_argument('--temperature', type=float, default=.3)
    a.add_argument('--type', default='f32')
    a.add_argument('--threads', type=int, default=2)
    a.add_argument('--blocks', type=int, default=5)
    a.add_argument('--shared', default='../../shared')
    a = a.parse_args()
    dict(look=look, bench=bench, wide=wide)[a.what](a)
