"""Shards of figures with captions, and the words that these are read with.

Shards whose number ends in 00 only watch the loss.
"""
import glob, re
import numpy as np
import torch
from networks.weights_file import Weights


def vocabulary(path):
    """{word: row from 1 on} and the vectors [words, n] of a file of weights."""
    weights = Weights(path)
    known = {w: i+1 for i, w in enumerate(weights.words.split('\n'))}
    return known, torch.from_numpy(weights.values('text_encoder.words.weight'))


def turned(text, R):
    """Whether a figure is mirrored: every second, but for those whose text tells of sides."""
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
