"""Train the network of part maps.

    python -m maps.train OUT.pt --data 'POOL/characters_*.npz=3' 'POOL/models_*.npz=2' --steps 1000 [--start A.pt]
        [--bf16] [--device cuda]

Each set of shards (data/figures.py) is followed by its share. The learning rate rises over --warm steps, stays, and
falls to nothing over the last --fall share of them. OUT.pt is written every few minutes: `raw`, `ema` (an average of
the weights), `step`. A second call with --start OUT.pt --from raw --first STEP goes on.
"""
import argparse, itertools, os, sys, time
import numpy as np
import torch
import torch.multiprocessing as mp
import torch.nn.functional as F

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from data.views import GRID, Pool, inflated
from maps.checkpoint import unpacked
from maps.network import K, WHOLE, MapNet, blocks_of, encoded, halves
from train.optimiser import Muon

P = GRID*GRID
RELOAD = 60  # batches after which a feeder looks for new shards


def prepared(view):
    """A view as arrays for `collate`."""
    image, index, depth, colour, camera = view
    im = image.astype(np.float32)/255
    pixel = index % P
    near, far, back = np.full(P, -9, np.float32), np.full(P, 9, np.float32), np.zeros((P, 3), np.float32)
    np.maximum.at(near, pixel, depth[:, 0]), np.minimum.at(far, pixel, depth[:, 1])
    last = depth[:, 1] <= far[pixel]+1e-6
    back[pixel[last]] = colour[last, 3:]/255
    seen = np.flatnonzero(near > -9)
    return (
        encoded(im),
        inflated(im[..., 3])[None].astype(np.float32),
        index.astype(np.int64),
        depth,
        colour.astype(np.float32)/255,
        camera,
        seen,
        np.stack([near[seen], far[seen]], 1),
        back[seen],
    )


def neighbours(index, n):
    """Pairs of positions in sorted `index` [k] (< n, rows of GRID) that lie beside or below one another."""
    at = np.full(n+GRID+1, -1, np.int64)
    at[index] = np.arange(len(index))
    right, below = at[index+1], at[index+GRID]
    right[index % GRID == GRID-1] = -1
    below[(index//GRID) % GRID == GRID-1] = -1
    a, b = np.flatnonzero(right >= 0), np.flatnonzero(below >= 0)
    return np.r_[a, b], np.r_[right[a], below[b]]


def collate(views):
    rows = [prepared(v) for v in views]
    b, camera = len(rows), np.stack([r[5] for r in rows])
    labelled = camera[:, 3] > .5
    occupied = np.zeros((b, K*P), bool)
    for i, r in enumerate(rows):
        if labelled[i]: occupied[i, r[2]] = True
    known = [(i, r) for i, r in enumerate(rows) if labelled[i]] or [
        (0, (0, 0, np.zeros(0, np.int64), np.zeros((0, 2), np.float32), np.zeros((0, 6), np.float32)))
    ]
    part = np.concatenate([r[2]+i*K*P for i, r in known])
    whole = np.concatenate([r[6]+i*P for i, r in enumerate(rows)])
    out = dict(
        rgba=np.stack([r[0] for r in rows]),
        inflated=np.stack([r[1] for r in rows]),
        camera=camera,
        occupied=occupied,
        part=part,
        depth=np.concatenate([r[3] for _, r in known]),
        colour=np.concatenate([r[4] for _, r in known]),
        beside=np.stack(neighbours(part, b*K*P)),
        whole=whole,
        whole_depth=np.concatenate([r[7] for r in rows]),
        back=np.concatenate([r[8] for r in rows]),
        whole_beside=np.stack(neighbours(whole, b*P)),
    )
    return {k: torch.from_numpy(np.ascontiguousarray(v)) for k, v in out.items()}


def jumps(z, d, pairs):
    """How far the steps between neighbours are off, bounded: an outline within the figure is one pixel's matter."""
    a, b = pairs
    return ((z[a]-z[b])-(d[a]-d[b])).abs().clamp(max=.15).mean()


def spans(z, depth, whole, b, strides=(4, 16)):
    """How far differences of middle depth between pixels farther apart are off: z [b,P], depth [n] at `whole` [n]."""
    true, there = torch.zeros(b*P, device=z.device), torch.zeros(b*P, dtype=torch.bool, device=z.device)
    true[whole], there[whole] = depth, True
    off, there, total = (z-true.view(b, P)).view(b, GRID, GRID), there.view(b, GRID, GRID), 0.
    for s in strides:
        for dim in (1, 2):
            n = GRID-s
            both = there.narrow(dim, 0, n) & there.narrow(dim, s, n)
            total = total+(off.narrow(dim, 0, n)-off.narrow(dim, s, n))[both].abs().clamp(max=.6).mean()
    return total/(2*len(strides))


def lone(out, t, small, labelled, b):
    """Of figures without slots, where the network sees one part alone: how far its sheets are off those of the
    whole."""
    on = (out[:, :K] > 0).flatten(2).permute(0, 2, 1).reshape(-1, K)[t['whole']]
    at = torch.nonzero((on.sum(1) == 1) & ~labelled.repeat_interleave(P)[t['whole']])[:, 0]
    if not len(at): return out.sum()*0
    part, pixel = on[at].int().argmax(1), t['whole'][at]
    channel = lambda k: out.flatten(2).permute(0, 2, 1).reshape(b*P, -1)[pixel, k*K+part]
    z = sheets(channel(1), halves(channel(2), small.flatten(1).reshape(-1)[pixel]))
    return (z-t['whole_depth'][at]).abs().mean()


def sheets(middle, half): return torch.stack([middle+half, middle-half], 1)


def losses(net, t, bf16=False):
    """-> the loss, and numbers to watch."""
    with torch.autocast(t['rgba'].device.type, torch.bfloat16, enabled=bf16):
        out, camera = net(t['rgba'].contiguous(memory_format=torch.channels_last), t['inflated'])
    out, b, labelled = out.float(), len(t['rgba']), t['camera'][:, 3] > .5
    small = F.avg_pool2d(t['inflated'], 2)[:, 0]  # [b, 64, 64]
    occupancy = (
        F.binary_cross_entropy_with_logits(out[:, :K].flatten(1)[labelled], t['occupied'][labelled].float())
        if labelled.any()
        else out.sum()*0
    )
    part = out[:, K:WHOLE].view(b, 8, K, P).permute(0, 2, 3, 1).reshape(-1, 8)[t['part']]
    at = small.flatten(1)[:, None].expand(b, K, P).reshape(-1)[t['part']]
    z = sheets(part[:, 0], halves(part[:, 1], at))
    whole, base = (
        out[:, WHOLE:].view(b, 7, P).permute(0, 2, 1).reshape(-1, 7)[t['whole']],
        small.flatten(1).reshape(-1)[t['whole']],
    )
    half = halves(whole[:, 1], base)
    zw = sheets(whole[:, 0], half)
    off = (
        torch.stack(
            [(whole[:, 0]-t['whole_depth'].mean(1)), half-(t['whole_depth'][:, 0]-t['whole_depth'][:, 1])/2], 1
        )
        .detach()
        .abs()
    )
    spread = whole[:, 5:7].clamp(-6, 2)
    fronted, yaw = t['camera'][:, 4], camera.float()
    n = {}
    n['part'] = (z-t['depth']).abs().mean() if len(z) else out.sum()*0
    n['step'] = jumps(z, t['depth'], t['beside']) if len(z) else out.sum()*0
    n['paint'] = (part[:, 2:].sigmoid()-t['colour']).abs().mean() if len(z) else out.sum()*0
    n['whole'], n['wstep'] = (zw-t['whole_depth']).abs().mean(), jumps(zw, t['whole_depth'], t['whole_beside'])
    n['span'] = spans(out[:, WHOLE].flatten(1), t['whole_depth'].mean(1), t['whole'], b)
    n['lone'] = lone(out, t, small, labelled, b)
    n['back'] = (whole[:, 2:5].sigmoid()-t['back']).abs().mean()
    n['spread'] = (off*torch.exp(-spread)+spread).mean()
    n['yaw'] = (
        (yaw-t['camera'][:, :3]*torch.tensor([1.0, 1, 2], device=yaw.device)).pow(2).mean(1)*fronted
    ).sum()/fronted.sum().clamp(min=1)
    n['occ'] = occupancy
    loss = (
        occupancy*12
        + n['part']*6
        + n['step']*10
        + n['paint']*2
        + n['whole']*6
        + n['span']*3
        + n['lone']*3
        + n['wstep']*10
        + n['back']*2
        + n['yaw']*3
        + n['spread']*0.1
    )
    with torch.no_grad():
        on, true = (out[:, :K].flatten(2) > 0)[labelled], t['occupied'].view(b, K, P)[labelled]
        there = true.sum(2) > 15
        n['iou'] = ((on & true).sum(2)/(on | true).sum(2).clamp(min=1))[there].float().mean()
        n['mid'], n['half'] = off.mean(0)
        n['flat'] = t['whole_depth'].mean(1).abs().mean()
        n['balloon'] = (base-(t['whole_depth'][:, 0]-t['whole_depth'][:, 1])/2).abs().mean()
        e = torch.atan2(yaw[:, 0], yaw[:, 1])-torch.atan2(t['camera'][:, 0], t['camera'][:, 1])
        n['degrees'] = (
            torch.atan2(e.sin(), e.cos()).abs().rad2deg()[fronted > .5].median()
            if (fronted > .5).any()
            else e.sum()*float('nan')
        )
    return loss, {k: float(v.detach()) for k, v in n.items()}


def batch(pool, rng, size, **how):
    views = []
    while len(views) < size:
        view = pool.view(rng, pool.pick(rng), **how)
        if view is not None: views.append(view)
    return collate(views)


def feeder(data, shares, queue, size, seed):
    torch.set_num_threads(1)
    pool, rng = Pool(data, shares), np.random.default_rng(seed)
    print([sum(len(z['name']) for z in g) for g in pool.groups], 'figures', flush=True)
    for made in itertools.count(1):
        queue.put(batch(pool, rng, size))
        if made % RELOAD == 0: pool = Pool(data, shares)  # shards that came since


def watched(folder):
    """Fixed undamaged views of the held-out characters and of the development set, from the front half."""
    out = {}
    for name, count in (('held', 3), ('development', 2)):
        pool, rng, sets = Pool([f'{folder}/{name}_*.npz']), np.random.default_rng(5), []
        if not pool.groups[0]: continue
        for _ in range(count):
            views = []
            while len(views) < 32:
                view = pool.view(rng, pool.pick(rng), (rng.uniform(-45, 45), rng.uniform(0, 15), 25), clean=True)
                if view is not None: views.append(view)
            sets.append(collate(views))
        out[name] = sets
    return out


def optimisers(net, lr, encoder, kind):
    """Muon for what is inside, AdamW for the first and the last layers, the encoder slower."""
    outer = ('maps.', 'stem.', 'camera.', 'embeddings', 'seen', 'position')
    inner = lambda n, p: p.ndim >= 2 and not any(k in n for k in outer)
    named, slow = list(net.named_parameters()), lambda n: n.startswith(('image_encoder', 'seen'))
    group = lambda test: [
        dict(params=[p for n, p in named if test(n, p) and slow(n)], scale=encoder),
        dict(params=[p for n, p in named if test(n, p) and not slow(n)], scale=1.),
    ]
    return [
        Muon(group(inner), lr, kind),
        torch.optim.AdamW(group(lambda n, p: not inner(n, p)), lr, weight_decay=.01, betas=(.9, .98)),
    ]


def started(net, state):
    """`state`, of a network of as many blocks or fewer, with the new blocks as they are."""
    new = {k: v for k, v in net.state_dict().items() if k.startswith('blocks.')}
    return {**new, **state}


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument('out')
    a.add_argument('--data', nargs='+', required=True, help='PATTERN=SHARE')
    a.add_argument('--steps', type=int, required=True)
    a.add_argument('--first', type=int, default=0)
    a.add_argument('--start')
    a.add_argument('--from', dest='which', default='ema')
    a.add_argument('--blocks', type=int, help='of attention in the middle, as many as --start has or more; or 2')
    a.add_argument('--batch', type=int, default=32)
    a.add_argument('--lr', type=float, default=1.5e-3)
    a.add_argument(
        '--encoder', type=float, default=0.25, help='learning rate of the image encoder beside that of the rest'
    )
    a.add_argument('--warm', type=int, default=60)
    a.add_argument('--fall', type=float, default=.6)
    a.add_argument('--feeders', type=int, default=1)
    a.add_argument('--threads', type=int, default=1)
    a.add_argument('--minutes', type=float, default=5, help='between checkpoints')
    a.add_argument('--bf16', action='store_true')
    a.add_argument('--device', default='cpu')
    a.add_argument('--seed', type=int, default=0)
    a = a.parse_args()
    torch.set_num_threads(a.threads)
    data, shares = zip(*((d.rsplit('=', 1)[0], float(d.rsplit('=', 1)[1])) for d in a.data))
    queue = mp.Queue(4)
    for i in range(a.feeders):
        mp.Process(target=feeder, args=(data, shares, queue, a.batch, a.seed+i), daemon=True).start()
    move = lambda t: {k: v.to(a.device, non_blocking=True) for k, v in t.items()}
    held = {k: [move(t) for t in v] for k, v in watched(os.path.dirname(data[0])).items()}
    state = unpacked(torch.load(a.start, map_location=a.device)[a.which]) if a.start else {}
    fresh = lambda: MapNet(blocks=a.blocks or blocks_of(state) or 2).to(a.device)
    net, ema = fresh().to(memory_format=torch.channels_last), fresh()
    if state: net.load_state_dict(started(net, state))
    ema.load_state_dict(net.state_dict())
    opts = optimisers(net, a.lr, a.encoder, torch.bfloat16 if a.bf16 else torch.float32)
    begun = last = time.time()
    run = {}
    for step in range(a.first, a.steps):
        scale = min(1, (step-a.first+1)/a.warm)*min(1, max(.01, (a.steps-step)/(a.steps*a.fall)))
        net.train()
        loss, n = losses(net, move(queue.get()), a.bf16)
        for o in opts: o.zero_grad(set_to_none=True)
        if not torch.isfinite(loss): print('not finite', flush=True); continue
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.)
        for o in opts:
            for g in o.param_groups: g['lr'] = a.lr*g['scale']*scale
            o.step()
        keep = min(.998, 1-1/((step-a.first)/5+1.5))
        with torch.no_grad():
            for mean, now in zip(ema.state_dict().values(), net.state_dict().values()):
                if mean.dtype.is_floating_point: mean.lerp_(now, 1-keep)
                else: mean.copy_(now)
        for k, v in n.items():
            if v == v: run[k] = run.get(k, v)*.98+v*.02
        if time.time()-last > a.minutes*60 or step+1 == a.steps or step == a.first+4:
            last = time.time()
            ema.eval()
            show = lambda d: ' '.join(f'{k} {v:.3f}' for k, v in d.items())
            print(
                f'step {step + 1} {(last - begun) / 60:.1f} min, '
                f'{(step + 1 - a.first) * a.batch / (last - begun):.1f} views/s\n  run  {show(run)}',
                flush=True,
            )
            with torch.no_grad():
                for name, sets in held.items():
                    each = [losses(ema, t)[1] for t in sets]
                    print(
                        f'  {name:5.5s}',
                        show({k: float(np.nanmean([e[k] for e in each])) for k in each[0]}),
                        flush=True,
                    )
            torch.save(dict(ema=ema.state_dict(), raw=net.state_dict(), step=step+1), a.out+'.part')
            os.replace(a.out+'.part', a.out)


if __name__ == '__main__': main()
