"""Are figures with other proportions and other heads still figures?"""
import unittest
import numpy as np
from data.slots import SLOTS
from data.views import FULL, Pool, warped


def cube(centre, half): return np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)])*half+centre


FACES = np.array([[0, 1, 3], [0, 3, 2], [4, 6, 7], [4, 7, 5], [0, 4, 5], [0, 5, 1]])


def shard(size):
    """Two equal figures, a torso with a head of so many units, as data.figures writes them."""
    V = np.concatenate([cube([0, -.3, 0], .4), cube([0, .1+size, 0], size)])
    F, S = np.concatenate([FACES, FACES+8]), np.repeat([SLOTS.index('torso'), SLOTS.index('head')], 6)
    return dict(
        vertex=np.tile((V*FULL).round().astype(np.int16), (2, 1)),
        colour=np.tile(np.full((16, 3), 99, np.uint8), (2, 1)),
        face=np.tile(F.astype(np.uint16), (2, 1)),
        slot=np.tile(S.astype(np.uint8), 2),
        first_vertex=np.array([0, 16, 32]),
        first_face=np.array([0, 12, 24]),
        labelled=np.array([True, True]),
        fronted=np.array([True, True]),
        name=np.array(['a', 'b']),
    )


class Views(unittest.TestCase):
    def test_other_proportions_are_smooth(self):
        rng = np.random.default_rng(1)
        V = rng.uniform(-.9, .9, (200, 3))
        moved = False
        for _ in range(20):
            W, near = (warped(V+d, np.random.default_rng(_)) for d in (0, 1e-3))
            moved |= np.abs(W-V).max() > .1
            self.assertTrue(np.isfinite(W).all())
            self.assertLess(np.abs(near-W).max(), 5e-3, 'neighbours stay neighbours')
        self.assertTrue(moved, 'proportions are others')

    def test_a_figure_gets_anothers_head_on_its_neck(self):
        pool = Pool([])
        pool.groups, pool.shares = [[shard(.1)]], np.ones(1)
        figure = pool.figure((shard(.3), 0))
        V, F, C, S = pool.headed(*figure[:4], np.random.default_rng(2))
        head = V[np.unique(F[S == SLOTS.index('head')])]
        self.assertEqual(len(F), 12, 'one head, and the torso')
        self.assertAlmostEqual(head[:, 1].min(), .1, 3, 'it stands where the other stood')
        self.assertGreater(np.ptp(head[:, 1]), .3, 'and is about as large')


if __name__ == '__main__': unittest.main()
