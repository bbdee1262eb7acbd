"""Teach the published U2-Net-P what people photograph figurines for: figures that fill the picture, or leave it.

    python -m train.cutout U2NETP.onnx OUT.onnx --pool 'POOL/characters_*.npz=3' 'POOL/models_*.npz=2' --steps 900
    python -m train.cutout U2NETP.onnx OUT.onnx --mean TUNED.onnx .6     # between the two, which forgets less

The pictures are composites as data/composites.py makes them: figures of a pool (data/figures.py) and of
the grammar before photographs, other figures out of focus, posters, shadows, noise, blocks of compression. With
--teacher a share of the pictures are photographs without a figure, and what a larger network finds in them is what
there is to learn: so it does not forget what real things look like. OUT is the published file with other numbers in
it, so that `networks.u2net` and `evaluate.cutouts onnx` take it. Subjects, scenes and photos that `evaluate.cutouts`
measures on are not among what it learns from.
"""
import argparse, random
import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from data import composites, picture
from data.grammar import rules
from data.raster import Camera, random_light, render
from data.views import Pool, camera, repainted
from networks import u2net
from train.loop import descend
from train.optimiser import adam

FIGURE = 352  # pixels of a subject's longer side, about
FRESH = .25  # share of the subjects that are drawn anew for a picture; the others were drawn before
KEPT = 160
GRAMMAR = .3  # share of the subjects that are figures of the grammar
SEEN = {'whole': .5, 'portrait': .6}  # shares, as data/composites.py knows them: close-ups are what it errs in most
PAPER = .3  # share of the pictures whose ground is of one colour
STAY = 2  # levels that stay as they are: the first see edges, which are known, and teaching them costs most
TAUGHT = .25  # share of the pictures that a teacher answers
ANSWERED = 600  # pictures that it answers, once
SIDES = 192, 224, 256, 320  # of a batch: smaller ones cost less, and teach the same at another scale


def drawn(pool, rng, R):
    """A subject: RGBA u8 [4, FIGURE, FIGURE], standing on the lower border; None if little is seen."""
    if rng.random() < GRAMMAR:
        shot = picture.shoot(rules.figure(int(rng.integers(9_000_000)))[0], R, picture.angles(R), FIGURE, .02)
        if shot is None: return None
        shot = shot[0]
    else:
        V, faces, C, S, *_ = pool.figure(pool.pick(rng))
        of = np.zeros(len(V), int)
        of[faces] = S[:, None]
        if rng.random() < .5: C = repainted(V, C, of, rng)
        if rng.random() < .5: V, faces = V*[-1, 1, 1], faces[:, ::-1]
        shot = render(V[faces], C[faces], Camera(*camera(rng)), random_light(rng), FIGURE-4)
    h, w = shot.shape[:2]
    if h*w < FIGURE**2/12 or max(h, w) > FIGURE: return None
    page = np.zeros((FIGURE, FIGURE, 4), np.uint8)
    y, x = FIGURE-h, (FIGURE-w)//2
    page[y:, x:x+w] = shot.clip(0, 1)*255+.5
    return torch.from_numpy(page).permute(2, 0, 1)


def answers(scenes, teacher):
    """Windows of scenes, f32 [1, 3, 320, 320], and what the teacher finds there, [1, 1, 320, 320]."""
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(teacher, options, providers=['CPUExecutionProvider'])
    composites.SIDE, out = u2net.CONFIG['side'], []
    for _ in range(ANSWERED):
        x = composites.finish(composites.crop(random.choice(scenes), .15))
        page = Image.fromarray((x[0].permute(1, 2, 0).numpy()*255+.5).astype(np.uint8))
        out.append((x.half(), torch.from_numpy(u2net.found(session, page))[None, None].half()))
    return out


class Lessons:
    """Normalised pictures [n, 3, side, side] and shares [n, 1, side, side], without end."""

    def __init__(self, pool, shared, seed, teacher=None):
        self.pool, self.rng, self.subjects = pool, np.random.default_rng(seed), []
        self.scenes = composites.scenes(shared, False)
        random.seed(seed), torch.manual_seed(seed)
        self.answered = answers(self.scenes, teacher) if teacher else []

    def taught(self, side):
        both = torch.cat(random.choice(self.answered), 1).float()
        if random.random() < .5: both = both.flip(3)
        both = F.interpolate(both, (side, side), mode='bilinear', antialias=True)
        return both[:, :3], both[:, 3:]

    def subject(self):
        if len(self.subjects) < KEPT or self.rng.random() < FRESH:
            one = None
            while one is None: one = drawn(self.pool, self.rng, random)
            self.subjects = (self.subjects+[one])[-KEPT:]

    def batch(self, n):
        out, composites.SIDE = [], random.choice(SIDES)
        for _ in range(n):
            self.subject()
            if self.answered and random.random() < TAUGHT: x, share = self.taught(composites.SIDE)
            elif random.random() < PAPER: x, share = composites.on_paper(self.rng, self.subjects, .5, .4)
            else: x, share = composites.composite(self.scenes, self.subjects, .06, **SEEN)
            out.append((x/x.max().clamp(min=1/255), share))
        x, share = (torch.cat(v) for v in zip(*out))
        mean, deviation = (torch.from_numpy(v).view(1, 3, 1, 1) for v in (u2net.MEAN, u2net.DEVIATION))
        return (x-mean)/deviation, share


def error(logits, share):
    """Of each map: cross entropy, and how much of the union is not in both."""
    entropy = F.binary_cross_entropy_with_logits(logits, share.expand_as(logits))
    found = torch.sigmoid(logits)
    both = (found*share).sum((2, 3))
    either = (found+share-found*share).sum((2, 3))
    return entropy+.5*(1-(both+1)/(either+1)).mean()


def learn(a):
    net, smooth = u2net.network(a.start or a.onnx), u2net.network(a.start or a.onnx)
    net = net.to(memory_format=torch.channels_last)
    stay = tuple(f'cutout_down_{i}_' for i in range(a.stay))
    for name, p in net.numbers.items(): p.requires_grad_(not name.startswith(stay))
    names = [p.rpartition('=')[::2] if '=' in p else (p, 1) for p in a.pool]
    lessons = Lessons(Pool([p for p, _ in names], [float(w) for _, w in names]), a.shared, a.seed, a.teacher)

    def lesson(done):
        with torch.no_grad():
            for s, p in zip(smooth.parameters(), net.parameters()): s.lerp_(p, .02)
        x, share = lessons.batch(a.batch)
        with torch.autocast('cpu', torch.bfloat16, enabled=a.bf16):
            maps = net(x.to(memory_format=torch.channels_last))
        whole, *levels = (error(m.float(), share) for m in maps)
        return whole+.3*sum(levels), (whole, *levels[:1])

    def pause(step, text):
        print(text, flush=True)
        u2net.save(a.onnx, smooth, a.out)

    descend(adam(net, a.lr, 0.), lesson, pause, a.steps, warm=30, every=a.every)


def mean(a):
    """The published numbers and the tuned ones, mixed."""
    net, other, share = u2net.network(a.onnx), u2net.network(a.mean[0]), float(a.mean[1])
    with torch.no_grad():
        for p, q in zip(net.parameters(), other.parameters()): p.lerp_(q, share)
    u2net.save(a.onnx, net, a.out)


if __name__ == '__main__':
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument('onnx')
    a.add_argument('out')
    a.add_argument('--mean', nargs=2, metavar=('ONNX', 'SHARE'))
    a.add_argument('--start', metavar='FILE', help='go on from these weights, an ONNX or the .gguf that ships')
    a.add_argument('--stay', type=int, default=STAY, help='so many of the finest levels down stay as they are')
    a.add_argument('--pool', nargs='+', default=[])
    a.add_argument('--shared', default='../../shared')
    a.add_argument('--teacher', metavar='U2NET.onnx', help='a larger network, for photographs without a figure')
    a.add_argument('--steps', type=int, default=900)
    a.add_argument('--every', type=int, default=50, help='steps between two lines, and two files')
    a.add_argument('--batch', type=int, default=4)
    a.add_argument('--lr', type=float, default=3e-4)
    a.add_argument('--seed', type=int, default=1)
    a.add_argument('--bf16', action='store_true', help='faster where the processor can')
    a = a.parse_args()
    torch.set_num_threads(1)
    mean(a) if a.mean else learn(a)
