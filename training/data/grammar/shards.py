"""Write shards of grammar figures for training.

    python -m data.grammar.shards OUT --first 0 --shards 200       # 64 figures a shard, resumable
    # people and robots only, each as they are, and as a toy
    python -m data.grammar.shards OUT --first 3000 --shards 20 --pairs
Held-out figures start at seed HELD_OUT; nothing below it is ever used to evaluate.

A shard holds `image` u8 [n, 5, 128, 128, 4] (two photos from anywhere in front, then the views left, right and back),
`yaw` f32 [n, 5], `seen` f16 [n, 5, 32, 32, 4] (what each fourth pixel shows: slot + 1 or 0, place), `present` bool [n,
10], `surface` f16 [k, 1024, 9] (point, normal, colour), `query` f16 [k, 1536, 7] (point, signed distance, colour) and
`part_of` i32 [k, 2] (figure, slot) for the k parts that are present, `caption` [n]. In a shard of pairs `toy` i32 [n]
is the number of the figure that is this one with a toy's proportions, or -1.
"""
import argparse, os, random
import numpy as np
from data import picture, primitives as pr
from data.grammar import rules

FIGURES, PICTURES, SURFACE, QUERY, HELD_OUT = 64, 2, 1024, 1536, 10_000_000


def sample(seed, pictures=PICTURES, queries=QUERY, style=None):
    """One figure: images, yaws, seen, present, surface points, queries, slots, caption; None if a part cannot be
    sampled."""
    P, caption = rules.figure(seed, style)
    R = random.Random(seed+1)
    shots = [picture.take(P, R) for _ in range(pictures)]+[picture.take(P, R, name) for name in picture.VIEWS]
    present, surface, query, slots = np.zeros(10, bool), [], [], []
    for slot, (lo, hi) in enumerate(pr.slot_ranges(P, 10)):
        if hi == lo: continue
        s, q = np.zeros((SURFACE, 9)), np.zeros((queries, 7))
        if not pr.sample_part(P, lo, hi, s, q, seed % 2**31+slot): return None
        present[slot] = True
        surface.append(s.astype(np.float16)), query.append(q.astype(np.float16)), slots.append(slot)
    if any(s is None for s in shots): return None
    images, yaws, seen = zip(*shots)
    return (
        np.stack([np.asarray(im) for im in images]),
        np.float32(yaws),
        np.stack(seen),
        present,
        surface,
        query,
        slots,
        caption,
    )


def pair(seed, queries):
    """A person or robot in realistic proportions and in a toy's, as `sample` gives them; nothing for other kinds."""
    if not rules.has_style(rules.figure(seed)[1]): return []
    both = [sample(seed, queries=queries, style=style) for style in ('real', 'chibi')]
    return both if all(both) else []


def shard(path, first, queries, pairs):
    out = dict(image=[], yaw=[], seen=[], present=[], surface=[], query=[], part_of=[], caption=[])
    for seed in range(first, first+FIGURES):
        for s in pair(seed, queries) if pairs else filter(None, [sample(seed, queries=queries)]):
            i = len(out['image'])
            for k, v in zip(('image', 'yaw', 'seen', 'present'), s): out[k].append(v)
            out['surface'] += s[4]
            out['query'] += s[5]
            out['part_of'] += [(i, slot) for slot in s[6]]
            out['caption'].append(s[7])
    if pairs: out['toy'] = [i+1 if i % 2 == 0 else -1 for i in range(len(out['image']))]
    with open(path+'.tmp', 'wb') as f:
        np.savez(f, **{k: np.int32(v) if k in ('part_of', 'toy') else np.array(v) for k, v in out.items()})
    os.replace(path+'.tmp', path)


if __name__ == '__main__':
    a = argparse.ArgumentParser()
    a.add_argument('out')
    a.add_argument('--first', type=int, default=0, help='index of the first shard')
    a.add_argument('--shards', type=int, default=200)
    a.add_argument(
        '--step', type=int, default=1, help='write every STEP-th shard, to share the work between processes'
    )
    a.add_argument(
        '--with-queries',
        type=int,
        default=60,
        help='shards below this index keep their query points, which only the VAE needs',
    )
    a.add_argument(
        '--pairs',
        action='store_true',
        help='people and robots, twice each: in realistic proportions and in those of a toy',
    )
    a = a.parse_args()
    os.makedirs(a.out, exist_ok=True)
    for k in range(a.first, a.first+a.shards, a.step):
        path = os.path.join(a.out, f'grammar_{k:06d}.npz')
        if not os.path.exists(path):
            shard(path, k*FIGURES, QUERY if k < a.with_queries or k*FIGURES >= HELD_OUT else 2, a.pairs)
