"""The mean of the smoothed weights of several checkpoints: the ends of a run's cycles of the learning rate, together better than each.

    python mean.py RUN/dit.pt A.pt .5 B.pt .5

What comes out can be exported, and training can start from it.
"""
import sys
import torch


def mean(paths, shares):
    """A checkpoint of the weights that are `shares` of those at `paths`."""
    parts = [torch.load(path, map_location='cpu') for path in paths]
    ema = {name: sum(part['ema'][name]*share for part, share in zip(parts, shares)) for name in parts[0]['ema']}
    return dict(ema=ema, stats=parts[0]['stats'])


if __name__ == '__main__':
    out, *rest = sys.argv[1:]
    shares = [float(share) for share in rest[1::2]]
    if len(rest) < 2 or len(rest) % 2 or abs(sum(shares)-1) > 1e-6: sys.exit(f'{__doc__}\nThe shares add up to one.')
    torch.save(mean(rest[::2], shares), out)
