"""Do meshes become the solids they stand for? Run: python -m unittest discover training"""
import unittest
import numpy as np
from data.meshes import SHEET, Part
from data.raster import Camera, preprocess, render


def tube(n=48, rows=12, radius=.3, half=.4, lids=True):
    """a cylinder around y, outward; without lids it is open at both ends"""
    a = np.arange(n)*2*np.pi/n
    V = [np.stack([radius*np.sin(a), np.full(n, y), radius*np.cos(a)], 1) for y in np.linspace(-half, half, rows)]
    i, j = np.arange(n), (np.arange(n)+1) % n
    F = [
        np.concatenate(
            [
                np.stack([r*n+i, r*n+j, r*n+n+j], 1),
                np.stack([r*n+i, r*n+n+j, r*n+n+i], 1),
            ]
        )
        for r in range(rows-1)
    ]
    V = np.concatenate(V+[[[0, -half, 0], [0, half, 0]]])
    top, low = (rows-1)*n, rows*n
    if lids: F += [np.stack([j, i, np.full(n, low)], 1), np.stack([top+i, top+j, np.full(n, low+1)], 1)]
    return V, np.concatenate(F), np.tile([.8, .2, .1], (len(V), 1))


def truth(Q, radius=.3, half=.4):
    d = np.stack([np.hypot(Q[:, 0], Q[:, 2])-radius, np.abs(Q[:, 1])-half], 1)
    return np.minimum(d.max(1), 0)+np.linalg.norm(np.maximum(d, 0), axis=1)


class Solids(unittest.TestCase):
    def setUp(self):
        self.rng = np.random.default_rng(1)
        self.Q = self.rng.uniform(-.6, .6, (2000, 3))

    def check(self, part, why):
        D, C = part.field(self.Q)
        self.assertLess(np.abs(D-truth(self.Q)).max(), .003, why)
        self.assertLess(np.abs(C-[.8, .2, .1]).max(), 1e-6, 'colour: '+why)

    def test_closed(self):
        self.check(Part(*tube()), 'a closed cylinder has the distance of a cylinder')

    def test_holes_are_capped(self):
        self.check(Part(*tube(lids=False)), 'an open tube is a cylinder once its two holes are capped')

    def test_inside_out(self):
        V, F, C = tube()
        self.check(Part(V, F[:, ::-1], C), 'a piece wound inward is turned outward')

    def test_buried_piece_is_no_surface(self):
        V, F, C = tube()
        self.check(
            Part(np.r_[V, V*.5], np.r_[F, F+len(V)], np.r_[C, C]),
            'a piece inside another leaves no trace in the distance',
        )

    def test_sheet_has_two_sides(self):
        V = np.array([[-.5, -.5, 0], [.5, -.5, 0], [.5, .5, 0], [-.5, .5, 0]])
        D, _ = Part(V, np.array([[0, 1, 2], [0, 2, 3]]), V*0).field(
            [[0, 0, 0], [0, 0, .1], [0, 0, -.1], [.1, .2, SHEET]]
        )
        self.assertTrue(np.allclose(D, [-SHEET, .1-SHEET, .1-SHEET, 0], atol=1e-6), f'a sheet is a slab: {D}')

    def test_surface_and_queries_agree(self):
        p = Part(*tube())
        S = p.surface(512, self.rng)
        out, inn = p.field(S[:, :3]+.02*S[:, 3:6])[0], p.field(S[:, :3]-.02*S[:, 3:6])[0]
        self.assertTrue((out > 0).all() and (inn < 0).all(), 'surface normals point out of the solid')
        q = p.queries(512, self.rng)
        self.assertTrue(
            np.array_equal(q[:, :3], q[:, :3].astype(np.float16)), 'stored query points are those that were measured'
        )
        self.assertLess(np.abs(q[:, 3]-truth(q[:, :3])).max(), .003, 'the distances belong to the points')


class Pictures(unittest.TestCase):
    def test_positive_yaw_turns_the_face_to_image_right(self):
        V, F, C = tube(radius=.2, half=.2)
        nose = V*.4+[0, 0, .4]
        P, K = np.r_[V[F], nose[F]], np.r_[C[F]*0+.1, C[F]*0+.9]
        image = preprocess(render(P, K, Camera(yaw=50, pitch=0)))
        self.assertEqual(image.shape, (128, 128, 4))
        bright = np.argwhere((image[..., 0] > 150) & (image[..., 3] > 200))[:, 1].mean()
        self.assertGreater(
            bright, np.argwhere(image[..., 3] > 200)[:, 1].mean()+10, 'the nose, at +z, is on the right'
        )


if __name__ == '__main__': unittest.main()
