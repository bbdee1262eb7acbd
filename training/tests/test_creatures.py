"""Are random creatures closed, outward, labelled, and the same for the same seed?

Run in training/: python -m unittest
"""
import unittest
import numpy as np
from data.creatures import FEWEST, KINDS, MOST, SLOTS, creature
from data.creatures.shapes import volume

SEEDS = 200


def pieces(F, n):
    """Which connected piece each face belongs to, by the lowest vertex of it."""
    root = np.arange(n)
    while True:
        low = root[F].min(1)
        new = root.copy()
        for k in range(3): np.minimum.at(new, F[:, k], low)
        new = new[new]
        if (new == root).all(): return root[F[:, 0]]
        root = new


class Creatures(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.made = [creature(np.random.default_rng(s)) for s in range(SEEDS)]

    def each(self):
        for seed, (parts, name) in enumerate(self.made):
            for slot, part in parts.items(): yield f'seed {seed}, {name}, {slot}', part

    def test_numbers_and_slots(self):
        for seed, (parts, name) in enumerate(self.made):
            self.assertLessEqual(set(parts), set(SLOTS), name)
            box = np.concatenate([V for V, _, _ in parts.values()])
            np.testing.assert_allclose(np.abs(box).max(), .95, atol=1e-6, err_msg=f'{name} does not fill its box')
        for why, (V, F, C) in self.each():
            self.assertTrue(np.isfinite(V).all() and np.isfinite(C).all(), f'{why}: not finite')
            self.assertTrue(C.shape == V.shape and C.min() >= 0 and C.max() <= 1, f'{why}: colours')
            self.assertTrue(F.min() >= 0 and F.max() < len(V), f'{why}: faces name places that are not there')

    def test_closed(self):
        """Every edge of a part is used once in each direction: no holes, and neighbours agree which side is out."""
        for why, (V, F, _) in self.each():
            there = np.concatenate([F[:, [0, 1]], F[:, [1, 2]], F[:, [2, 0]]])@np.array([len(V), 1])
            back = np.concatenate([F[:, [1, 0]], F[:, [2, 1]], F[:, [0, 2]]])@np.array([len(V), 1])
            self.assertEqual(len(np.unique(there)), len(there), f'{why}: an edge is used twice in one direction')
            self.assertTrue((np.sort(there) == np.sort(back)).all(), f'{why}: not closed')

    def test_outward(self):
        """Every connected piece has a positive volume."""
        for why, (V, F, _) in self.each():
            piece = pieces(F, len(V))
            for p in np.unique(piece):
                self.assertGreater(volume(V, F[piece == p]), 0, f'{why}: a piece is inside out or flat')

    def test_budget(self):
        for seed, (parts, name) in enumerate(self.made):
            n = sum(len(F) for _, F, _ in parts.values())
            self.assertTrue(FEWEST <= n <= MOST, f'seed {seed}, {name}: {n} triangles')

    def test_same_seed_same_figure(self):
        for seed in range(0, SEEDS, 20):
            again, name = creature(np.random.default_rng(seed))
            self.assertEqual(name, self.made[seed][1])
            for slot, part in again.items():
                for a, b in zip(part, self.made[seed][0][slot]): np.testing.assert_array_equal(a, b)

    def test_kinds(self):
        """Every kind can be asked for, and the heads and bodies that labels are about are there."""
        for kind in KINDS:
            for seed in range(4):
                parts, name = creature(np.random.default_rng([9, seed]), kind)
                self.assertTrue(name.startswith(kind+':'))
                self.assertTrue('head' in parts or 'torso' in parts, f'{name} has neither head nor torso')


if __name__ == '__main__': unittest.main()
