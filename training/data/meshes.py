"""Open, overlapping, artist-made meshes as solids: signed distance, colour and surface samples of one part.

    part = Part(V, F, C)              # vertices [n,3], triangles [m,3], sRGB vertex colours [n,3]
    part.surface(1024, rng)           # [1024,9]  x y z  nx ny nz  r g b
    part.field(points)                # signed distance [k] (negative inside) and colour of the closest surface [k,3]
    part.queries(1536, rng)           # [1536,7]  x y z  distance  r g b

What makes such a mesh a solid, in this order:
1. Vertices are welded by position and the mesh falls into connected pieces.
2. Open borders are capped: each boundary loop is closed by a fan to its centroid, in the border's colours.
3. A piece that encloses next to nothing (a cape, a card of hair, a painted eye) is a sheet: it becomes a slab of half
   thickness `SHEET` around the triangles. All others are turned outward and are solid.
4. Inside is where the winding number of all solid pieces together is above one half (robust to overlaps and small
   flaws: Jacobson et al. 2013; the tree with dipoles of distant clusters is Barill et al. 2018), or within a slab.
5. Triangles buried inside other pieces are no surface: they count for the sign, not for the distance.

Units: the figure's model frame, [-1,1]^3. All functions are single threaded.
"""
import numpy as np
from numba import njit
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

SHEET = .008        # half thickness given to a sheet
THIN = .006         # a closed piece with 2*volume/area below this is a sheet
LIFT = 1.5e-3       # how far above a triangle one must be outside for it to be surface


# ---- a bounding volume tree over triangles [m,3,3]; a leaf holds up to 4 ----

@njit(cache=True, fastmath=True)
def build_tree(P):
    """-> order [m] of the triangles; box [k,6] and link [k,3] (left child or -1, first, count) of each node;
    moment [k,7] (area vector, centre, radius) for the winding number far away"""
    m = len(P)
    centre = np.empty((m, 3))
    vector = np.empty((m, 3))
    for i in range(m):
        a, b, c = P[i, 0], P[i, 1], P[i, 2]
        centre[i] = (a+b+c)/3
        u, v = b-a, c-a
        vector[i, 0], vector[i, 1], vector[i, 2] = (
            .5*(u[1]*v[2]-u[2]*v[1]),
            .5*(u[2]*v[0]-u[0]*v[2]),
            .5*(u[0]*v[1]-u[1]*v[0]),
        )
    order = np.arange(m)
    box, link, moment = np.empty((2*m+1, 6)), np.empty((2*m+1, 3), np.int64), np.empty((2*m+1, 7))
    link[0] = (-1, 0, m)
    n, node = 1, 0
    while node < n:  # nodes are appended behind: breadth first
        first, count = link[node, 1], link[node, 2]
        ids = order[first:first+count]
        lo, hi, clo, chi = np.full(3, 1e9), np.full(3, -1e9), np.full(3, 1e9), np.full(3, -1e9)
        area, N, mid = 1e-20, np.zeros(3), np.zeros(3)
        for i in ids:
            w = np.sqrt((vector[i]**2).sum())
            area += w
            N += vector[i]
            mid += w*centre[i]
            for k in range(3):
                clo[k], chi[k] = min(clo[k], centre[i, k]), max(chi[k], centre[i, k])
                for j in range(3): lo[k], hi[k] = min(lo[k], P[i, j, k]), max(hi[k], P[i, j, k])
        mid = mid/area if area > 1e-18 else (lo+hi)/2
        r = 0.
        for i in ids:
            for j in range(3): r = max(r, ((P[i, j]-mid)**2).sum())
        box[node, :3], box[node, 3:] = lo, hi
        moment[node, :3], moment[node, 3:6], moment[node, 6] = N, mid, np.sqrt(r)
        if count > 4:
            axis = np.argmax(chi-clo)
            order[first:first+count] = ids[np.argsort(centre[ids, axis])]
            link[node, 0] = n
            link[n] = (-1, first, count//2)
            link[n+1] = (-1, first+count//2, count-count//2)
            n += 2
        node += 1
    return order, box[:n], link[:n], moment[:n]


@njit(cache=True, fastmath=True)
def winding(P, tree, x, y, z):
    """winding number of a closed, outward surface at a point: 1 inside, 0 outside"""
    order, box, link, moment = tree
    b = box[0]
    if x < b[0] or y < b[1] or z < b[2] or x > b[3] or y > b[4] or z > b[5]: return 0.
    stack = np.empty(64, np.int64)
    stack[0], top, total = 0, 1, 0.
    while top:
        top -= 1
        node = stack[top]
        left = link[node, 0]
        dx, dy, dz = moment[node, 3]-x, moment[node, 4]-y, moment[node, 5]-z
        d2 = dx*dx+dy*dy+dz*dz
        if d2 > 4*moment[node, 6]**2:
            total += (dx*moment[node, 0]+dy*moment[node, 1]+dz*moment[node, 2])/(d2*np.sqrt(d2))
        elif left >= 0:
            stack[top], stack[top+1] = left, left+1
            top += 2
        else:
            for k in range(link[node, 1], link[node, 1]+link[node, 2]):
                t = P[order[k]]
                ax, ay, az, bx, by, bz, cx, cy, cz = (
                    t[0, 0]-x,
                    t[0, 1]-y,
                    t[0, 2]-z,
                    t[1, 0]-x,
                    t[1, 1]-y,
                    t[1, 2]-z,
                    t[2, 0]-x,
                    t[2, 1]-y,
                    t[2, 2]-z,
                )
                la, lb, lc = np.sqrt(ax*ax+ay*ay+az*az), np.sqrt(bx*bx+by*by+bz*bz), np.sqrt(cx*cx+cy*cy+cz*cz)
                det = ax*(by*cz-bz*cy)+ay*(bz*cx-bx*cz)+az*(bx*cy-by*cx)
                den = la*lb*lc+(ax*bx+ay*by+az*bz)*lc+(bx*cx+by*cy+bz*cz)*la+(cx*ax+cy*ay+cz*az)*lb
                total += 2*np.arctan2(det, den)
    return total/(4*np.pi)


@njit(cache=True, fastmath=True)
def corner_weights(t, x, y, z):
    """barycentric weights (second and third corner) of the point of triangle t closest to a point (Ericson 2005,
    5.1.5)"""
    abx, aby, abz = t[1, 0]-t[0, 0], t[1, 1]-t[0, 1], t[1, 2]-t[0, 2]
    acx, acy, acz = t[2, 0]-t[0, 0], t[2, 1]-t[0, 1], t[2, 2]-t[0, 2]
    px, py, pz = x-t[0, 0], y-t[0, 1], z-t[0, 2]
    d1, d2 = abx*px+aby*py+abz*pz, acx*px+acy*py+acz*pz
    if d1 <= 0 and d2 <= 0: return 0., 0.
    bb, cc, bc = abx*abx+aby*aby+abz*abz, acx*acx+acy*acy+acz*acz, abx*acx+aby*acy+abz*acz
    d3, d4 = d1-bb, d2-bc
    if d3 >= 0 and d4 <= d3: return 1., 0.
    vc = d1*d4-d3*d2
    if vc <= 0 and d1 >= 0 and d3 <= 0: return d1/(d1-d3+1e-30), 0.
    d5, d6 = d1-bc, d2-cc
    if d6 >= 0 and d5 <= d6: return 0., 1.
    vb = d5*d2-d1*d6
    if vb <= 0 and d2 >= 0 and d6 <= 0: return 0., d2/(d2-d6+1e-30)
    va = d3*d6-d5*d4
    if va <= 0 and d4-d3 >= 0 and d5-d6 >= 0:
        w = (d4-d3)/(d4-d3+d5-d6+1e-30)
        return 1-w, w
    s = 1/(va+vb+vc+1e-30)
    return vb*s, vc*s


@njit(cache=True, fastmath=True)
def closest(P, tree, x, y, z):
    """(triangle, second and third barycentric weight, distance) of the closest surface point"""
    order, box, link, moment = tree
    stack, key = np.empty(64, np.int64), np.empty(64)
    stack[0], key[0], top = 0, 0., 1
    best, at, bv, bw = 1e30, 0, 0., 0.
    gap = np.empty(2)
    while top:
        top -= 1
        node = stack[top]
        if key[top] >= best: continue
        left = link[node, 0]
        if left < 0:
            for k in range(link[node, 1], link[node, 1]+link[node, 2]):
                t = P[order[k]]
                v, w = corner_weights(t, x, y, z)
                u = 1-v-w
                dx, dy, dz = (
                    u*t[0, 0]+v*t[1, 0]+w*t[2, 0]-x,
                    u*t[0, 1]+v*t[1, 1]+w*t[2, 1]-y,
                    u*t[0, 2]+v*t[1, 2]+w*t[2, 2]-z,
                )
                d = dx*dx+dy*dy+dz*dz
                if d < best: best, at, bv, bw = d, order[k], v, w
            continue
        for j in range(2):
            b = box[left+j]
            dx, dy, dz = max(b[0]-x, x-b[3], 0.), max(b[1]-y, y-b[4], 0.), max(b[2]-z, z-b[5], 0.)
            gap[j] = dx*dx+dy*dy+dz*dz
        near = 0 if gap[0] <= gap[1] else 1
        for j in (1-near, near):  # the nearer child on top
            if gap[j] < best:
                stack[top], key[top] = left+j, gap[j]
                top += 1
    return at, bv, bw, np.sqrt(best)


# ---- the solid: triangles, which of them are sheets, trees ----

@njit(cache=True, fastmath=True)
def normal_of(t):
    ux, uy, uz, vx, vy, vz = (
        t[1, 0]-t[0, 0],
        t[1, 1]-t[0, 1],
        t[1, 2]-t[0, 2],
        t[2, 0]-t[0, 0],
        t[2, 1]-t[0, 1],
        t[2, 2]-t[0, 2],
    )
    x, y, z = uy*vz-uz*vy, uz*vx-ux*vz, ux*vy-uy*vx
    r = 1/(np.sqrt(x*x+y*y+z*z)+1e-30)
    return x*r, y*r, z*r


@njit(cache=True, fastmath=True)
def exposed(P, lifts, solid, tree):
    """which triangles are seen from outside: lifted by one of `lifts`, their middle or a place near a corner is
    outside"""
    out = np.zeros(len(P), np.bool_)
    for i in range(len(P)):
        nx, ny, nz = normal_of(P[i])
        x, y, z = P[i, :, 0].sum()/3, P[i, :, 1].sum()/3, P[i, :, 2].sum()/3
        for j in range(4):
            for lift in lifts:
                if out[i]: break
                a, k = (0., 0) if j == 0 else (.8, j-1)
                out[i] = (
                    winding(
                        solid,
                        tree,
                        x+a*(P[i, k, 0]-x)+lift*nx,
                        y+a*(P[i, k, 1]-y)+lift*ny,
                        z+a*(P[i, k, 2]-z)+lift*nz,
                    )
                    < .5
                )
    return out


@njit(cache=True, fastmath=True)
def draw_surface(count, P, C, is_sheet, cumulative, U, solid, tree, half):
    """up to `count` points of the outer surface from the uniform numbers U [n,4]"""
    out, n = np.empty((count, 9)), 0
    for i in range(len(U)):
        if n == count: break
        t = min(np.searchsorted(cumulative, U[i, 0]*cumulative[-1]), len(P)-1)
        s = np.sqrt(U[i, 1])
        a, b, c = 1-s, s*(1-U[i, 2]), s*U[i, 2]
        side, lift = -1. if is_sheet[t] and U[i, 3] < .5 else 1., half if is_sheet[t] else 0.
        N = normal_of(P[t])
        for k in range(3):
            out[n, 3+k] = side*N[k]
            out[n, k] = a*P[t, 0, k]+b*P[t, 1, k]+c*P[t, 2, k]+lift*out[n, 3+k]
            out[n, 6+k] = a*C[t, 0, k]+b*C[t, 1, k]+c*C[t, 2, k]
        if (
            len(solid)
            and winding(
                solid, tree, out[n, 0]+LIFT*out[n, 3], out[n, 1]+LIFT*out[n, 4], out[n, 2]+LIFT*out[n, 5]
            )
            >= .5
        ):
            continue
        n += 1
    return out[:n]


@njit(cache=True, fastmath=True)
def field_of(Q, solid, tree, outer, outer_colour, outer_tree, sheet, sheet_colour, sheet_tree, half):
    """signed distance [k] and colour [k,3] at points Q [k,3]"""
    D, C = np.full(len(Q), 1e9), np.zeros((len(Q), 3))
    for i in range(len(Q)):
        x, y, z = Q[i]
        if len(outer):
            t, v, w, d = closest(outer, outer_tree, x, y, z)
            D[i] = -d if winding(solid, tree, x, y, z) > .5 else d
            C[i] = (1-v-w)*outer_colour[t, 0]+v*outer_colour[t, 1]+w*outer_colour[t, 2]
        if len(sheet):
            t, v, w, d = closest(sheet, sheet_tree, x, y, z)
            if d-half < D[i]:
                D[i] = d-half
                C[i] = (1-v-w)*sheet_colour[t, 0]+v*sheet_colour[t, 1]+w*sheet_colour[t, 2]
    return D, C


def boundary_loops(F, n):
    """closed chains of vertex ids around the holes of triangles F over n vertices, against the faces' direction. What
    is left of all directed edges after opposite ones cancel: capping these makes the winding number whole
    everywhere."""
    a, b = F[:, [0, 1, 2]].reshape(-1), F[:, [1, 2, 0]].reshape(-1)
    key, count = np.unique(np.concatenate([a*n+b, b*n+a]), return_inverse=True)
    net = np.bincount(count, np.repeat([1, -1], len(a))).round().astype(int)
    after = {}
    for k, c in zip(key[net > 0], net[net > 0]): after.setdefault(int(k//n), []).extend([int(k % n)]*int(c))
    loops = []
    while after:
        path, seen = [next(iter(after))], {}
        seen[path[0]] = 0
        while True:
            v = path[-1]
            if v not in after: break
            w = after[v].pop()
            if not after[v]: del after[v]
            if w in seen:
                loops.append(path[seen[w]:][::-1])
                for u in path[seen[w]+1:]: del seen[u]
                path = path[:seen[w]+1]
            else:
                seen[w] = len(path)
                path.append(w)
    return [l for l in loops if len(l) > 2]


class Part:
    """One closed part. P [m,3,3] triangles (caps included), C [m,3,3] their corners' sRGB colours, sheet [m] bool."""

    def __init__(self, V, F, C, open_limit=.55):
        """open_limit: a piece whose one large hole has more than this share of its area is a sheet"""
        _, first, weld = np.unique((V*1e5).round(), axis=0, return_index=True, return_inverse=True)
        weld = weld.reshape(-1)
        Vw, Fw = np.asarray(V, float)[first], weld[F]
        ok = (Fw[:, 0] != Fw[:, 1]) & (Fw[:, 1] != Fw[:, 2]) & (Fw[:, 2] != Fw[:, 0])
        Fw, P, C = Fw[ok], Vw[Fw[ok]], np.asarray(C, float)[F[ok]]
        n = len(Vw)
        g = coo_matrix((np.ones(2*len(Fw)), (Fw[:, [0, 1]].reshape(-1), Fw[:, [1, 2]].reshape(-1))), (n, n))
        comp = connected_components(g, False)[1]
        area = lambda T: .5*np.linalg.norm(np.cross(T[:, 1]-T[:, 0], T[:, 2]-T[:, 0]), axis=1)
        piece, pieces = comp[Fw[:, 0]], comp.max()+1 if len(comp) else 0
        bare = np.bincount(piece, area(P), pieces)
        colour = np.zeros((n, 3))
        colour[Fw.reshape(-1)] = C.reshape(-1, 3)
        caps, cap_colours, cap_piece, holes = [], [], [], [[] for _ in range(pieces)]
        for loop in boundary_loops(Fw, n):
            a, b = np.array(loop), np.roll(loop, -1)
            T = np.stack([Vw[a], Vw[b], np.broadcast_to(Vw[a].mean(0), (len(a), 3))], 1)
            caps.append(T)
            cap_colours.append(np.stack([colour[a], colour[b], (colour[a]+colour[b])/2], 1))
            cap_piece.append(np.full(len(a), comp[a[0]]))
            holes[comp[a[0]]].append(np.linalg.norm(np.cross(T[:, 1]-T[:, 0], T[:, 2]-T[:, 0]).sum(0))/2)
        is_cap = np.r_[np.zeros(len(P), bool), np.ones(sum(map(len, caps)), bool)]
        P, C, piece = np.concatenate([P]+caps), np.concatenate([C]+cap_colours), np.concatenate([piece]+cap_piece)
        volume = np.bincount(piece, np.einsum('ij,ij->i', P[:, 0], np.cross(P[:, 1], P[:, 2]))/6, pieces)
        full = np.bincount(piece, area(P), pieces)
        one_hole = np.array(
            [len(h) > 0 and max(h) > open_limit*b and sum(x > .2*b for x in h) == 1 for h, b in zip(holes, bare)],
            bool,
        )
        flat = one_hole | (2*np.abs(volume) < THIN*full)
        flip = (volume < 0)[piece] & ~flat[piece]
        P[flip], C[flip] = P[flip][:, ::-1], C[flip][:, ::-1]
        keep = ~(flat[piece] & is_cap)  # a sheet stays open
        self.P, self.C, self.sheet = P[keep], C[keep], flat[piece][keep]
        self._trees(area, alone=(np.unique(piece[~flat[piece]]).size < 2))

    def _trees(self, area, alone):
        none = np.zeros((0, 3, 3))
        no_tree = (np.zeros(0, np.int64), np.zeros((0, 6)), np.zeros((0, 3), np.int64), np.zeros((0, 7)))
        tree = lambda T: build_tree(T) if len(T) else no_tree
        solid, self.surface_faces = self.P[~self.sheet], np.ones(len(self.P), bool)
        self.solid = (solid, tree(solid)) if len(solid) else (none, no_tree)
        if len(solid):
            if not alone: self.surface_faces[~self.sheet] = exposed(solid, np.array([LIFT]), *self.solid)
            if self.sheet.any():
                self.surface_faces[self.sheet] = exposed(self.P[self.sheet], np.array([-SHEET, SHEET]), *self.solid)
        o, s = self.surface_faces & ~self.sheet, self.surface_faces & self.sheet
        self.args = self.solid+(
            self.P[o],
            self.C[o],
            self.solid[1] if o.sum() == len(solid) else tree(self.P[o]),
            self.P[s],
            self.C[s],
            tree(self.P[s]),
            SHEET,
        )
        self.area = area(self.P)*self.surface_faces*(1+self.sheet)

    def box(self):
        """lower and upper corner"""
        T = self.P[self.surface_faces] if self.surface_faces.any() else self.P
        pad = SHEET if self.sheet.any() else 0
        return T.min((0, 1))-pad, T.max((0, 1))+pad

    def surface(self, count, rng):
        """[count,9] points of the outer surface, uniform by area, or None where there is none"""
        if self.area.sum() <= 0: return None
        got = draw_surface(
            count, self.P, self.C, self.sheet, np.cumsum(self.area), rng.random((4*count, 4)), *self.solid, SHEET
        )
        if not len(got): return None
        return got if len(got) == count else got[rng.integers(len(got), size=count)]

    def field(self, Q):
        return field_of(np.ascontiguousarray(Q, float), *self.args)

    def queries(self, count, rng, surface=None):
        """[count,7]: half near the surface (noise of sigma 0.01 and 0.05), a quarter uniform in the box grown by 15 %,
        a quarter in the box grown by 35 %. Points are rounded to float16 first, so that stored point and value
        agree."""
        near = (
            self.surface(count//2, rng) if surface is None else surface[rng.integers(len(surface), size=count//2)]
        )[:, :3]
        near = near+rng.normal(size=near.shape)*np.where(np.arange(len(near)) % 2, .01, .05)[:, None]
        (lo, hi), rest = self.box(), count-len(near)
        grow = np.where(np.arange(rest) % 2, 1.15, 1.35)[:, None]
        free = (lo+hi)/2+(rng.random((rest, 3))-.5)*np.maximum(hi-lo, .02)*grow
        Q = np.concatenate([near, free]).astype(np.float16).astype(float)
        D, C = self.field(Q)
        return np.c_[Q, D, C]
