"""Train the part maps on a lent GPU, with figures from runs/pack and others made on its cores.

    python -m gpu.train OUT --steps 2000 [--start runs/start.pt] [--shards 24]      (run in training/)

Makes so many shards of solids and creatures on all cores, then trains for so many steps. How long these take,
`--shards 0 --steps 40` tells beforehand: it prints the views a second. It then cuts the averaged weights, in f16,
into pieces of at most 15 MiB: OUT/weights.000, .. (`cat` makes them one again), which `python -m gpu.train --join
OUT/weights.* -o runs/gpu.pt` reads.
"""
import argparse, io, os, subprocess, sys, time
import torch

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PIECE = 15 << 20


def made(pool, cores, shards):
    """So many shards of solids and creatures, one process a core."""
    running, at = [], 0
    while at < shards:
        running = [p for p in running if p.poll() is None]
        while len(running) < cores and at < shards:
            kind = ('creatures', 'creatures', 'solids')[at % 3]
            running.append(
                subprocess.Popen(
                    [sys.executable, '-m', 'data.figures', pool, kind, '--shards', f'{at}:{at + 1}'],
                    cwd=HERE,
                    stdout=subprocess.DEVNULL,
                )
            )
            at += 1
        time.sleep(.5)
    for p in running: p.wait()


def train(pool, out, steps, a, *more):
    data = [
        f'{pool}/{k}_*.npz={share}' for k, share in (('characters', 3), ('models', 3), ('creatures', 3), ('solids', 1))
    ]
    bf16 = ['--bf16'] if a.device == 'cuda' else []
    subprocess.run(
        [
            sys.executable,
            '-m',
            'maps.train',
            out,
            '--data',
            *data,
            '--steps',
            str(steps),
            '--batch',
            str(a.batch),
            '--device',
            a.device,
            '--feeders',
            str(max(1, a.cores-1)),
            *bf16,
            *more,
        ],
        cwd=HERE,
        check=True,
    )


def pieces(path, out):
    state = torch.load(path, map_location='cpu')
    half = {k: v.half() if v.is_floating_point() else v for k, v in state['ema'].items()}
    file = io.BytesIO()
    torch.save(dict(ema=half, step=state['step']), file)
    data = file.getvalue()
    for n in range(0, len(data), PIECE):
        with open(f'{out}/weights.{n//PIECE:03d}', 'wb') as f: f.write(data[n:n+PIECE])


def join(files, out):
    state = torch.load(io.BytesIO(b''.join(open(f, 'rb').read() for f in sorted(files))), map_location='cpu')
    whole = {k: v.float() if v.is_floating_point() else v for k, v in state['ema'].items()}
    torch.save(dict(ema=whole, raw=whole, step=state['step']), out)


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument('out', nargs='?')
    a.add_argument('--steps', type=int, default=2000)
    a.add_argument('--shards', type=int, default=24, help='of solids and creatures, made beforehand')
    a.add_argument('--start')
    a.add_argument('--pack', default='runs/pack')
    a.add_argument('--batch', type=int, default=256)
    a.add_argument('--cores', type=int, default=os.cpu_count())
    a.add_argument('--device', default='cuda')
    a.add_argument('--join', nargs='+')
    a.add_argument('-o', dest='to')
    a = a.parse_args()
    if a.join: return join(a.join, a.to)
    os.chdir(HERE)
    os.makedirs(a.out, exist_ok=True)
    made(a.pack, a.cores, a.shards)
    start = ['--start', a.start] if a.start else []
    train(a.pack, f'{a.out}/maps.pt', a.steps, a, *start, '--minutes', '2')
    pieces(f'{a.out}/maps.pt', a.out)
    os.remove(f'{a.out}/maps.pt')


if __name__ == '__main__': main()
