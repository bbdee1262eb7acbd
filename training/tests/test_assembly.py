"""Do a figure's primitives say what it was made of?"""
import unittest
import numpy as np
from assembly.primitives import (
    ALIKE, COLOUR, MOST, NUMBERS, PALETTE, SHEET, coloured, mirrored, rows, solids, surface,
)
from data.creatures import KINDS, draft
from data.creatures.figure import middle_and_scale
from data.slots import SLOTS
try:
    import torch
    from assembly.export import stored
    from maps.checkpoint import packed, unpacked
except ImportError: torch = None


def figures(count, seed=4):
    rng = np.random.default_rng(seed)
    return [draft(rng, kind)[0] for kind in rng.choice(list(KINDS), count)]


class Primitives(unittest.TestCase):
    def test_they_fill_the_box_of_each_part(self):
        off = []
        for figure in figures(30):
            V, F, _, S = surface(rows(figure))
            middle, k = middle_and_scale(*figure.box())
            for slot in {piece[0] for piece in figure.pieces}:
                true = np.concatenate([(v-middle)*k for s, v, _, _ in figure.pieces if s == slot])
                made = V[np.unique(F[S == SLOTS.index(slot)])]
                off.append(max(np.abs(true.min(0)-made.min(0)).max(), np.abs(true.max(0)-made.max(0)).max()))
        self.assertLess(np.median(off), .015)
        self.assertLess(max(off), .3, 'a tail that curls is the worst of them')

    def test_a_mirror_image_of_a_mirror_image_is_the_same(self):
        for kind, slot, _, n in rows(figures(1)[0]):
            there, m = mirrored(kind, slot, n)
            back, same = mirrored(kind, there, m)
            self.assertEqual(back, slot)
            self.assertLess(np.abs(same-n).max(), 1e-9)

    def test_colours_are_told_once_and_come_back(self):
        for figure in figures(10):
            told = rows(figure)
            network = coloured(told)
            count = sum(r[0] == COLOUR for r in network)
            self.assertLessEqual(count, PALETTE)
            self.assertLess(count, len(told), 'solids share colours')
            for r in network: self.assertEqual(len(r[-1]), NUMBERS[r[0]])
            for (kind, slot, both, n), same in zip(told, solids(network)):
                self.assertEqual((kind, slot, both), same[:3])
                self.assertLess(np.abs(n[:-7]-same[3][:-7]).max(), 1e-9)
                if count < PALETTE: self.assertLess(np.abs(n-same[3]).max(), ALIKE)

    def test_pairs_of_a_face_that_looks_ahead_are_told_once(self):
        both = [r for figure in figures(40) for r in rows(figure) if r[2]]
        self.assertGreater(len(both), 40)
        self.assertTrue(all(n[0] >= 0 for kind, _, _, n in both if kind != SHEET), 'told on the left')

    @unittest.skipIf(torch is None, 'PyTorch is not installed')
    def test_what_is_kept_of_a_network_keeps_its_means_and_scales(self):
        state = {'mean': torch.randn(7, MOST)*6, 'scale': torch.rand(7, MOST)+.02, 'up.weight': torch.randn(64, 64)}
        kept = unpacked(packed(state))
        for name in ('mean', 'scale'):
            self.assertTrue(torch.equal(kept[name], state[name]), name)
            told = np.asarray(stored(name, state[name])[0]).view(np.float32).ravel()
            self.assertTrue(np.array_equal(told, state[name].numpy().ravel()), name)
        self.assertLess((kept['up.weight']-state['up.weight']).abs().max(), .02)


if __name__ == '__main__': unittest.main()
