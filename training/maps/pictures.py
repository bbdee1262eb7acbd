"""Pictures and captions of data/fronts.py, as the networks of drawings and of layouts learn from them.

Shards whose number ends in 00 only watch the loss.
"""
import glob, random, re
import numpy as np
import torch
from data.captions import ids
from data.fronts import NONE
from data.slots import SWAP
from maps.autoencoder import SIDE, encoded
from maps.denoiser import KNOWN, LENGTH
from maps.layout import measured, shaken
from networks.weights_file import Weights

SILENT, SEEN, HOLED = .12, .2, .5  # shares: without words; with something known; of these with a hole
LAID = .8  # share of the pictures that come with their layout
MIRRORED = torch.arange(256)
MIRRORED[:NONE] = torch.tensor(SWAP)  # slots, in the mirror


def vocabulary(path):
    """{word: row from 1 on} and the vectors [words, n] of a file of weights."""
    weights = Weights(path)
    known = {w: i+1 for i, w in enumerate(weights.words.split('\n'))}
    return known, torch.from_numpy(weights.values('text_encoder.words.weight'))


def turned(text, R):
    """Whether a picture is mirrored: every second, but for those whose text tells of sides."""
    return R.random() < .5 and not re.search('left|right', text)


class Shards:
    """Shards of a pattern, which may grow; `known`: {word: row}."""

    def __init__(self, pattern, known):
        self.pattern, self.known, self.shards = pattern, known, {}
        self.grow()

    def grow(self):
        for f in sorted(glob.glob(self.pattern)):
            if f not in self.shards: self.shards[f] = self.opened(np.load(f))

    def of(self, watched=False):
        """The shards that are learned from, or those that only watch."""
        return [s for f, s in self.shards.items() if f.endswith('00.npz') == watched]


class Pictures(Shards):
    """The pictures and captions of shards."""

    def opened(self, z): return torch.from_numpy(z['picture']), z['text'], torch.from_numpy(z['slots'])

    def grow(self):
        super().grow()
        self.rows = [(s, i) for s in self.of() for i in range(len(s[0]))]

    def words(self):
        """All words that captions have, in order."""
        texts = (t for _, rows, _ in self.shards.values() for t in rows.flat)
        return sorted({w for t in texts for w in re.findall('[a-z]+', t.lower())})

    def watched(self, n=64):
        shard, R = self.of(watched=True)[0], random.Random(4)
        return [self.example(*(of[i] for of in shard), R) for i in range(n)]

    def example(self, picture, texts, slots, R):
        """A picture, rows of words, what is known, slots, and whether the layout is told."""
        text, u = str(R.choice(list(texts))), R.random()
        if turned(text, R):
            picture, slots = picture.flip(1), MIRRORED[slots.flip(1).long()]
        known = torch.zeros(KNOWN, SIDE, SIDE)
        if u < SEEN:
            known[:4], known[4] = encoded(picture[None])[0, :4], 1
            if u < SEEN*HOLED:
                h, w = (int(R.uniform(.15, .7)*SIDE) for _ in 'hw')
                y, x = R.randrange(SIDE-h), R.randrange(SIDE-w)
                known[:, y:y+h, x:x+w] = 0
        silent = R.random() < (.5 if SEEN*HOLED < u < SEEN else SILENT)
        return picture, ids('' if silent else text, self.known)[:LENGTH], known, slots, R.random() < LAID

    def batch(self, n, R):
        return collate([self.example(*(of[i] for of in s), R) for s, i in R.choices(self.rows, k=n)])


def collate(rows):
    picture, words, known, slots, laid = zip(*rows)
    words = torch.tensor(words)
    words = words[:, :max(1, int((words > 0).sum(1).max()))]
    picture, slots = torch.stack(picture), torch.stack(slots)
    layout = shaken(measured(slots, picture)*torch.tensor(laid)[:, None, None])
    return encoded(picture), words, torch.stack(known), layout, slots
