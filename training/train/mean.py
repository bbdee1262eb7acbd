"""The mean of the smoothed weights of several checkpoints: the ends of a run's cycles of the learning rate, together
better than each.

    python -m train.mean RUN/dit.pt A.pt .5 B.pt .5 [--text C.pt]

What comes out can be exported, and training can start from it. --text takes the text encoder of another checkpoint as
it is.
"""
import argparse
import torch


def mean(paths, shares):
    """A checkpoint of the weights that are `shares` of those at `paths`."""
    parts = [torch.load(path, map_location='cpu') for path in paths]
    ema = {name: sum(part['ema'][name]*share for part, share in zip(parts, shares)) for name in parts[0]['ema']}
    return dict(ema=ema, stats=parts[0]['stats'])


if __name__ == '__main__':
    a = argparse.ArgumentParser()
    a.add_argument('out')
    a.add_argument('parts', nargs='+', help='checkpoints, each with its share')
    a.add_argument('--text')
    a = a.parse_args()
    shares = [float(share) for share in a.parts[1::2]]
    if len(a.parts) % 2 or abs(sum(shares)-1) > 1e-6:
        raise SystemExit('each checkpoint has a share, and the shares add up to one')
    out = mean(a.parts[::2], shares)
    if a.text:
        out['ema'] |= {
            k: v for k, v in torch.load(a.text, map_location='cpu')['ema'].items() if k.startswith('text_encoder')
        }
    torch.save(out, a.out)
