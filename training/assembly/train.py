"""Train the transformer that tells figures from words.

    python -m assembly.train OUT.pt --data 'DIR/assembly_*.npz' --weights ../assets/figurine.gguf --steps 4000
        [--start A.pt] [--bf16] [--peer OTHER.pt]
    python -m assembly.train --sheet SHEET.png --start OUT.pt --weights ../assets/figurine.gguf --words 'a dragon' ..

OUT.pt holds `raw`, `ema` (an average of the weights), `step`. Shards whose number ends in 00 only watch the loss. Of
two processes, each with the other's OUT.pt as --peer, both go on from the mean of their weights every PEER steps.
"""
import argparse, random, time
import numpy as np
import torch
from assembly.data import solids_of
from assembly.network import LABELS, LENGTH, LONGEST, Assembler, sample
from assembly.optimise import Averaged, meet, optimiser, rate, save
from assembly.primitives import COLOUR, END, MOST, NUMBERS, coloured, mirrored, solids
from assembly.shards import Shards, turned, vocabulary
from data.captions import ids
from maps.checkpoint import load

SILENT, RELOAD, PEER = .1, 100, 40
# Words say most about the first rows, of which every second step learns alone, from SHORT times as many figures.
FIRST, SHORT = 16, 4
LABELLED, COLOURED = 4, 8  # times that labels and colours count, which are few beside all numbers
OUTER = ('words', 'gist', 'told', 'place', 'begin', 'seen', 'at.', 'label', 'number', 'mixed')


class Figures(Shards):
    """Rows and captions of shards."""

    def opened(self, z):
        z = dict(z)
        told = [(coloured(solids_of(z, i)), z['text'][i]) for i in range(len(z['text']))]
        return [(packed(rows), text) for rows, text in told if len(rows) <= LONGEST]

    def grow(self):
        super().grow()
        self.rows, self.watched = ([r for rows in self.of(w) for r in rows] for w in (False, True))

    def example(self, row, R):
        (labels, number), texts = row
        text = str(R.choice(list(texts)))
        if turned(text, R):
            labels, number = labels.copy(), number.copy()
            for r in np.flatnonzero((labels[:, 2] == 0) & (labels[:, 0] != COLOUR)):
                n = NUMBERS[labels[r, 0]]
                labels[r, 1], number[r, :n] = mirrored(labels[r, 0], labels[r, 1], number[r, :n])
        return ids('' if R.random() < SILENT else text, self.known)[:LENGTH], labels, number

    def batch(self, n, R, rows=None):
        """Figures of about the same number of rows, so that little is computed in vain."""
        drawn = sorted(R.choices(rows or self.rows, k=8*n), key=lambda r: len(r[0][0]))
        at = R.randrange(7*n+1)
        return collate([self.example(r, R) for r in drawn[at:at+n]])


def packed(rows):
    """Labels u8 [n, 5] and numbers f32 [n, MOST] of rows."""
    number = np.zeros((len(rows), MOST), np.float32)
    for to, (*_, n) in zip(number, rows): to[:len(n)] = n
    return np.array([r[:-1] for r in rows], np.uint8), number


def collate(examples):
    words = torch.tensor([e[0] for e in examples])
    words = words[:, :max(1, int((words > 0).sum(1).max()))]
    count = torch.tensor([len(e[1]) for e in examples])
    b, n = len(examples), int(count.max())
    labels, number = torch.zeros(b, n, 1+len(LABELS), dtype=torch.long), torch.zeros(b, n, MOST)
    for i, (_, l, x) in enumerate(examples):
        labels[i, :len(l)], number[i, :len(l)] = torch.from_numpy(l.astype(np.int64)), torch.from_numpy(x)
    solid = (labels[..., :1] != COLOUR).numpy()
    last = np.maximum.accumulate(np.where(solid[..., 0], np.arange(n), -1), 1)  # the last solid at each row
    place = np.take_along_axis(number[..., :3].numpy(), last.clip(0)[..., None], 1)*(last >= 0)[..., None]
    place = torch.from_numpy(place.astype(np.float32))
    before = torch.nn.functional.pad(place, (0, 0, 1, 0))[:, :-1]*torch.from_numpy(solid)
    return words, dict(zip(('kind', *LABELS), labels.unbind(2))), number, place, before, count


def measure(net, figures):
    """Means and deviations of the numbers of each kind."""
    _, labels, number, _, before, count = collate([figures.example(r, random.Random(1)) for r in figures.rows[:3000]])
    there = torch.arange(number.shape[1]) < count[:, None]
    moved = torch.cat([number[..., :3]-before, number[..., 3:]], -1)
    for k in range(END):
        x = moved[there & (labels['kind'] == k)]
        net.mean[k], net.scale[k] = x.mean(0), x.std(0).clamp(min=.02)


@torch.no_grad()
def held(net, batches):
    """Losses of labels, numbers and colours per figure: of all rows, of the first, and how much of each words save."""
    mean = lambda words, *most: np.mean([[v.item() for v in net(b[0]*words, *b[1:], *most)] for b in batches], 0)
    all_, first = mean(1), mean(1, FIRST)
    return all_, first, mean(0)-all_, mean(0, FIRST)-first


def learn(a):
    known, table = vocabulary(a.weights)
    figures, R = Figures(a.data, known), random.Random(a.seed)
    torch.manual_seed(a.seed)
    net = Assembler(table)
    if a.start: load(net, torch.load(a.start)['ema'])
    else: measure(net, figures)
    print(len(figures.rows), 'figures', sum(p.numel() for p in net.parameters()), 'weights', flush=True)
    watch = [figures.batch(64, random.Random(4+i), figures.watched) for i in range(4)]
    ema, begun, run = Averaged(net, .998), time.time(), [None, None]
    last = begun
    descent = optimiser(net, a.lr, torch.bfloat16 if a.bf16 else torch.float32, OUTER)
    for step in range(a.first, a.steps):
        if step % RELOAD == RELOAD-1: figures.grow()
        short = step % 2 == 1
        batch = figures.batch(a.batch*SHORT if short else a.batch, R)
        rows = batch[-1].clamp(max=FIRST) if short else batch[-1]
        with torch.autocast('cpu', torch.bfloat16, enabled=a.bf16):
            labels, numbers, colours = net(*batch, FIRST) if short else net(*batch)
        loss = labels*LABELLED+numbers+colours*(COLOURED-1)
        descent.step(loss/(2*rows.float().mean()), rate(a, step))
        ema.follow(net, step)
        now = np.array([labels.item(), numbers.item(), colours.item()])
        run[short] = now if run[short] is None else run[short]*.98+now*.02
        if a.peer and step % PEER == PEER-1: meet(net, a.out, a.peer)
        if time.time()-last > a.minutes*60 or step+1 == a.steps or step == a.first+4:
            last = time.time()
            told = [run[0], run[1], *held(ema.net, watch)]
            print(f'step {step+1} {(last-begun)/60:.1f} min of {len(figures.rows)} figures:', *(
                f'{name} {now[0]:.1f} {now[1]:.1f} {now[2]:.1f}' for name, now in
                zip(('run', 'run first', 'held', 'held first', 'words save', 'of first'), told) if now is not None
            ), flush=True)
            save(dict(ema=ema.net.state_dict(), raw=net.state_dict(), step=step+1), a.out)


def trained(path, table):
    """The network of a file of this, or of maps/checkpoint.py."""
    net = Assembler(table)
    load(net, torch.load(path, map_location='cpu')['ema'])
    return net.eval()


def sheet(a):
    from assembly.data import sheet as draw
    known, table = vocabulary(a.weights)
    net = trained(a.start, table)
    words = torch.tensor([ids(w, known)[:LENGTH] for w in a.words])
    begun = time.time()
    made = sample(net, words, a.temperature, a.guidance, a.seed)
    print([len(m) for m in made], f'{time.time()-begun:.1f} s')
    draw(a.sheet, [solids(rows) for rows in made])


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument('out', nargs='?')
    a.add_argument('--data')
    a.add_argument('--weights', required=True)
    a.add_argument('--start')
    a.add_argument('--steps', type=int, default=4000)
    a.add_argument('--first', type=int, default=0)
    a.add_argument('--batch', type=int, default=64)
    a.add_argument('--lr', type=float, default=2e-3)
    a.add_argument('--warm', type=int, default=100)
    a.add_argument('--fall', type=float, default=.5)
    a.add_argument('--minutes', type=float, default=3)
    a.add_argument('--peer')
    a.add_argument('--bf16', action='store_true')
    a.add_argument('--sheet')
    a.add_argument('--words', nargs='+', default=[])
    a.add_argument('--temperature', type=float, default=.7)
    a.add_argument('--guidance', type=float, default=1.5)
    a.add_argument('--seed', type=int, default=0)
    a = a.parse_args()
    torch.set_num_threads(1)
    sheet(a) if a.sheet else learn(a)


if __name__ == '__main__': main()
