"""Labelled signed-distance primitives: evaluated, sampled and drawn, compiled by numba.

A figure is an array [n, WIDTH] of primitive rows, sorted by part slot. Distances inside a part are
joined by a smooth minimum; a row with op PAINT adds no matter but colours the surface it encloses,
which is how eyes, belts and stripes stay crisp. All colours are sRGB in 0..1.
"""
import math
import numpy as np
from numba import njit

ELLIPSOID, BOX, CONE, FRUSTUM, TORUS = range(5)
MATTER, PAINT = 0, 1
PLAIN, STRIPES, CHECKS, DOTS, FADE = range(5)
# columns of a row: the local frame is local = R (x - centre)
KIND, CENTRE, ROT, SIZE, BLEND, COLOUR, COLOUR2, PATTERN, FREQUENCY, SLOT, OP, WIDTH = (
    0,
    1,
    4,
    13,
    17,
    18,
    21,
    24,
    25,
    26,
    27,
    28,
)


@njit(fastmath=True, cache=True)
def distance(p, x, y, z):
    """Signed distance of one primitive row; also the local coordinates, for patterns."""
    x, y, z = x-p[1], y-p[2], z-p[3]
    u, v, w = p[4]*x+p[5]*y+p[6]*z, p[7]*x+p[8]*y+p[9]*z, p[10]*x+p[11]*y+p[12]*z
    kind, a, b, c, r = int(p[0]), p[13], p[14], p[15], p[16]
    if kind == ELLIPSOID:  # radii a, b, c
        k0 = math.sqrt((u/a)**2+(v/b)**2+(w/c)**2)
        k1 = math.sqrt((u/a/a)**2+(v/b/b)**2+(w/c/c)**2)+1e-9
        d = k0*(k0-1)/k1
        if k0 < 0.2: d = -min(a, min(b, c))*(1-k0)
    elif kind == BOX:  # half sizes a, b, c, rounding r
        q0, q1, q2 = abs(u)-a+r, abs(v)-b+r, abs(w)-c+r
        d = math.sqrt(max(q0, 0.)**2+max(q1, 0.)**2+max(q2, 0.)**2)+min(max(q0, max(q1, q2)), 0.)-r
    elif kind == CONE:  # round cone from the origin to (0, a, 0), radii b and c
        t = min(max(v/a, 0.), 1.)
        d = math.sqrt(u*u+(v-t*a)**2+w*w)-(b+(c-b)*t)
    elif kind == FRUSTUM:  # half height a, radii b below and c above, rounding r
        rho = math.sqrt(u*u+w*w)
        t = min(max((v+a)/(2*a), 0.), 1.)
        side = (rho-(b+(c-b)*t))*(2*a)/math.sqrt(4*a*a+(b-c)**2)+r
        cap = abs(v)-a+r
        d = math.sqrt(max(side, 0.)**2+max(cap, 0.)**2)+min(max(side, cap), 0.)-r
    else:  # TORUS: radius a around local y, tube b, tube height c
        s = (math.sqrt(u*u+w*w)-a)/b
        t = v/c
        k0 = math.sqrt(s*s+t*t)
        k1 = math.sqrt((s/b)**2+(t/c)**2)+1e-9
        d = k0*(k0-1)/k1 if k0 > 0.2 else -min(b, c)*(1-k0)
    return d, u, v, w


@njit(fastmath=True, cache=True)
def part_distance(P, lo, hi, x, y, z):
    d = 1e3
    for i in range(lo, hi):
        if P[i, OP] == PAINT: continue
        e = distance(P[i], x, y, z)[0]
        k = P[i, BLEND]
        h = max(k-abs(d-e), 0.)
        d = min(d, e)-(h*h*0.25/k if k > 0 else 0.)
    return d


@njit(fastmath=True, cache=True)
def part_colour(P, lo, hi, x, y, z, out):
    best, at, u, v, w = 1e3, lo, 0., 0., 0.
    for i in range(lo, hi):
        e, a, b, c = distance(P[i], x, y, z)
        if P[i, OP] == PAINT: e = -1e3-i if e < 0 else 1e6
        if e < best: best, at, u, v, w = e, i, a, b, c
    p = P[at]
    kind, f, second = int(p[PATTERN]), p[FREQUENCY], 0.
    if kind == STRIPES: second = 1. if math.sin(v*f) > 0 else 0.
    elif kind == CHECKS: second = 1. if math.sin(u*f)*math.sin(v*f)*(1 if math.sin(w*f) > 0 else -1) > 0 else 0.
    elif kind == DOTS: second = 1. if math.cos(u*f)+math.cos(v*f)+math.cos(w*f) > 1.6 else 0.
    elif kind == FADE: second = min(max(v*f+.5, 0.), 1.)
    for j in range(3): out[j] = p[COLOUR+j]*(1-second)+p[COLOUR2+j]*second


@njit(fastmath=True, cache=True)
def part_gradient(P, lo, hi, x, y, z, e, out):
    """Unit normal by the tetrahedral difference."""
    a = part_distance(P, lo, hi, x+e, y-e, z-e)
    b = part_distance(P, lo, hi, x-e, y-e, z+e)
    c = part_distance(P, lo, hi, x-e, y+e, z-e)
    d = part_distance(P, lo, hi, x+e, y+e, z+e)
    out[0], out[1], out[2] = a-b-c+d, -a-b+c+d, -a+b-c+d
    n = math.sqrt(out[0]**2+out[1]**2+out[2]**2)+1e-9
    for j in range(3): out[j] /= n


@njit(fastmath=True, cache=True)
def bound(p):
    """Centre and radius of a sphere around one primitive."""
    kind, a, b, c = int(p[0]), p[13], p[14], p[15]
    x, y, z = p[1], p[2], p[3]
    if kind == ELLIPSOID: r = max(a, max(b, c))
    elif kind == BOX: r = math.sqrt(a*a+b*b+c*c)
    elif kind == CONE:
        r = a/2+max(b, c)
        x, y, z = x+p[7]*a/2, y+p[8]*a/2, z+p[9]*a/2
    elif kind == FRUSTUM: r = math.sqrt(a*a+max(b, c)**2)
    else: r = a+max(b, c)
    return x, y, z, r


@njit(cache=True)
def slot_ranges(P, slots):
    """First row and end row of every slot, [slots, 2]."""
    out = np.zeros((slots, 2), np.int64)
    for s in range(slots):
        lo, hi = len(P), 0
        for i in range(len(P)):
            if int(P[i, SLOT]) == s: lo, hi = min(lo, i), max(hi, i+1)
        out[s, 0], out[s, 1] = min(lo, hi), hi
    return out


@njit(cache=True)
def slot_bounds(P, ranges):
    """A sphere around every slot's matter, [slots, 4] (x, y, z, radius; radius < 0: empty)."""
    out = np.full((len(ranges), 4), -1.)
    for s in range(len(ranges)):
        lo, hi = np.full(3, 1e9), np.full(3, -1e9)
        for i in range(ranges[s, 0], ranges[s, 1]):
            if P[i, OP] == PAINT: continue
            x, y, z, r = bound(P[i])
            c = (x, y, z)
            for j in range(3): lo[j], hi[j] = min(lo[j], c[j]-r), max(hi[j], c[j]+r)
        if lo[0] > hi[0]: continue
        for j in range(3): out[s, j] = (lo[j]+hi[j])/2
        out[s, 3] = math.sqrt(((hi-lo)**2).sum())/2
    return out


@njit(fastmath=True, cache=True)
def sample_part(P, lo, hi, surface, query, seed):
    """Fill surface [n, 9] (point, normal, colour) and query [m, 7] (point, signed distance, colour).

    Half of the queries lie near the surface, half uniformly in the part's box. Returns whether
    the part could be sampled."""
    np.random.seed(seed)
    matter = [i for i in range(lo, hi) if P[i, OP] == MATTER]
    if len(matter) == 0: return False
    n, m = len(surface), len(query)
    near = m//2
    weight = np.zeros(len(matter))
    for k in range(len(matter)): weight[k] = bound(P[matter[k]])[3]+.02
    weight = np.cumsum(weight/weight.sum())
    g, col = np.zeros(3), np.zeros(3)
    box = np.empty((2, 3)); box[0] = 1e9; box[1] = -1e9
    done, tries, need = 0, 0, n+near
    points = np.empty((need, 3))
    while done < need and tries < 12*need:
        tries += 1
        k = min(np.searchsorted(weight, np.random.rand()), len(matter)-1)
        cx, cy, cz, r = bound(P[matter[k]])
        x, y, z = cx+np.random.uniform(-r, r), cy+np.random.uniform(-r, r), cz+np.random.uniform(-r, r)
        d = distance(P[matter[k]], x, y, z)[0]  # bring slim primitives' points near before the exact steps
        if abs(d) > .35*r+.02: continue
        for _ in range(5):
            d = part_distance(P, lo, hi, x, y, z)
            if abs(d) < 5e-4: break
            part_gradient(P, lo, hi, x, y, z, 1e-3, g)
            d = min(max(d, -.2), .2)*.95
            x, y, z = x-d*g[0], y-d*g[1], z-d*g[2]
        if abs(part_distance(P, lo, hi, x, y, z)) > 2e-3: continue
        points[done, 0], points[done, 1], points[done, 2] = x, y, z
        for j in range(3): box[0, j], box[1, j] = min(box[0, j], points[done, j]), max(box[1, j], points[done, j])
        done += 1
    if done < need: return False
    for i in range(n):
        x, y, z = points[i]
        part_gradient(P, lo, hi, x, y, z, 1e-3, g)
        part_colour(P, lo, hi, x, y, z, col)
        for j in range(3): surface[i, j], surface[i, 3+j], surface[i, 6+j] = points[i, j], g[j], col[j]
    for i in range(m):
        if i < near:
            s = .01 if i % 2 == 0 else .05
            x, y, z = (
                points[n+i, 0]+s*np.random.randn(),
                points[n+i, 1]+s*np.random.randn(),
                points[n+i, 2]+s*np.random.randn(),
            )
        else:
            c = (box[0]+box[1])/2
            h = (box[1]-box[0])/2*1.15+.01
            x, y, z = (
                c[0]+h[0]*np.random.uniform(-1, 1),
                c[1]+h[1]*np.random.uniform(-1, 1),
                c[2]+h[2]*np.random.uniform(-1, 1),
            )
        d = part_distance(P, lo, hi, x, y, z)
        part_colour(P, lo, hi, x, y, z, col)
        query[i, 0], query[i, 1], query[i, 2], query[i, 3] = x, y, z, d
        for j in range(3): query[i, 4+j] = col[j]
    return True


@njit(fastmath=True, cache=True)
def evaluate(P, lo, hi, points):
    """Signed distance [m] and colour [m, 3] of one part at points [m, 3]."""
    d, c = np.empty(len(points)), np.empty((len(points), 3))
    for i in range(len(points)):
        d[i] = part_distance(P, lo, hi, points[i, 0], points[i, 1], points[i, 2])
        part_colour(P, lo, hi, points[i, 0], points[i, 1], points[i, 2], c[i])
    return d, c


@njit(fastmath=True, cache=True)
def draw(P, ranges, spheres, eye, right, up, forward, tan, centre, size, res, key, ambient, gloss, shadow):
    """Sphere-traced picture, RGBA f32 [res, res, 4], and what each pixel shows, f32 [res, res, 4]: slot + 1 (0:
    nothing), place.

    `tan`: image plane half width at distance 1; the window drawn is the square of half width
    `size` (in units of `tan`) around `centre`. `key` points to the light."""
    out, seen = np.zeros((res, res, 4), np.float32), np.zeros((res, res, 4), np.float32)
    g, col = np.zeros(3), np.zeros(3)
    slots = len(ranges)
    active = np.empty(slots, np.int64)
    for row in range(res):
        for c in range(res):
            sx = (centre[0]+size*((c+.5)/res*2-1))*tan
            sy = (centre[1]-size*((row+.5)/res*2-1))*tan
            dx, dy, dz = (
                forward[0]+right[0]*sx+up[0]*sy,
                forward[1]+right[1]*sx+up[1]*sy,
                forward[2]+right[2]*sx+up[2]*sy,
            )
            q = 1/math.sqrt(dx*dx+dy*dy+dz*dz)
            dx, dy, dz = dx*q, dy*q, dz*q
            n, t, far = 0, 1e9, 0.
            for s in range(slots):  # which parts can this ray meet, and where does it enter the first
                r = spheres[s, 3]
                if r < 0: continue
                ox, oy, oz = spheres[s, 0]-eye[0], spheres[s, 1]-eye[1], spheres[s, 2]-eye[2]
                b = ox*dx+oy*dy+oz*dz
                h = r*r-(ox*ox+oy*oy+oz*oz-b*b)
                if h > 0:
                    active[n] = s
                    n += 1
                    t, far = min(t, b-math.sqrt(h)), max(far, b+math.sqrt(h))
            if n == 0: continue
            hit = -1
            for _ in range(64):
                x, y, z = eye[0]+t*dx, eye[1]+t*dy, eye[2]+t*dz
                d, at = 1e3, 0
                for a in range(n):
                    s = active[a]
                    gap = math.sqrt((x-spheres[s, 0])**2+(y-spheres[s, 1])**2+(z-spheres[s, 2])**2)-spheres[s, 3]
                    if gap > d: continue
                    e = part_distance(P, ranges[s, 0], ranges[s, 1], x, y, z) if gap < .1 else gap
                    if e < d: d, at = e, s
                if d < .003:
                    hit = at
                    break
                t += d*.92
                if t > far: break
            if hit < 0: continue
            lo, hi = ranges[hit]
            part_gradient(P, lo, hi, x, y, z, 2e-3, g)
            part_colour(P, lo, hi, x, y, z, col)
            light = max(g[0]*key[0]+g[1]*key[1]+g[2]*key[2], 0.)
            if shadow and light > 0:
                tt = .03
                for _ in range(24):
                    px, py, pz = x+g[0]*.01+key[0]*tt, y+g[1]*.01+key[1]*tt, z+g[2]*.01+key[2]*tt
                    d = 1e3
                    for s in range(slots):
                        if spheres[s, 3] < 0: continue
                        gap = (
                            math.sqrt(
                                (px-spheres[s, 0])**2+(py-spheres[s, 1])**2+(pz-spheres[s, 2])**2
                            )
                            - spheres[s, 3]
                        )
                        if gap > d: continue
                        e = part_distance(P, ranges[s, 0], ranges[s, 1], px, py, pz) if gap < .1 else gap
                        d = min(d, e)
                    if d < .002:
                        light *= .25
                        break
                    tt += max(d, .01)
                    if tt > 2.5: break
            hx, hy, hz = key[0]-dx, key[1]-dy, key[2]-dz
            spec = max((g[0]*hx+g[1]*hy+g[2]*hz)/math.sqrt(hx*hx+hy*hy+hz*hz), 0.)**24*gloss
            shade = ambient*(.75+.25*g[1])+(1-ambient)*light*1.15
            for j in range(3): out[row, c, j] = min(col[j]*shade+spec, 1.)
            out[row, c, 3] = 1
            seen[row, c, 0], seen[row, c, 1], seen[row, c, 2], seen[row, c, 3] = hit+1, x, y, z
    return out, seen
