"""A small software rasterizer: triangles to an antialiased RGBA picture, and the program's crop and resize.

    picture = render(P, C, camera, light)    # float RGBA, straight alpha, cropped to the figure
    image = preprocess(picture)              # uint8 [128,128,4], the geometry of `gen3d`'s image preprocessing
    picture, seen = render(P, C, camera, light, of=slots)    # and what each pixel shows

yaw > 0 turns the figure's face towards image right; pitch > 0 looks down on it. The camera looks at the origin.
"""
import numpy as np
from dataclasses import dataclass
from numba import njit
from PIL import Image
from data.picture import crop as crop_of


@dataclass
class Camera:
    """angles in degrees; fov is the full angle of view of a sphere of radius 1.1 around the origin"""
    yaw: float = 0
    pitch: float = 8
    fov: float = 25

    def rotation(self):
        a, b = np.radians([self.yaw, self.pitch])
        tilt = np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
        return tilt@np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])


@dataclass
class Light:
    """key light from `direction` (view space, x right, y up, z to the camera), sky and ground light, in linear
    units"""
    direction: tuple = (-.35, .6, .72)
    key: tuple = (.55, .55, .55)
    sky: tuple = (.5, .5, .5)
    ground: tuple = (.3, .3, .3)
    gloss: float = .03
    shine: float = 20.
    smooth: bool = True


def random_light(rng):
    """mostly from the front half; sums to about the albedo on the lit side"""
    side = rng.uniform(-80, 80) if rng.random() < .85 else rng.uniform(-180, 180)
    a, e = np.radians([side, rng.uniform(-5, 70)])
    ambient, tint = rng.uniform(.3, .8), lambda: 1+rng.normal(size=3)*.035
    total = rng.uniform(.85, 1.12)
    return Light(
        (np.sin(a)*np.cos(e), np.sin(e), np.cos(a)*np.cos(e)),
        tuple((total-ambient*.8)*1.15*tint()),
        tuple(ambient*tint()),
        tuple(ambient*rng.uniform(.35, .9)*tint()),
        rng.choice([0, rng.uniform(0, .15)]),
        rng.uniform(8, 50),
        rng.random() < .65,
    )


@njit(cache=True, fastmath=True)
def rasterize(X, Y, Z, W, H):
    """nearest triangle per pixel and its perspective-correct weights. X, Y pixels, Z distance to the camera, all
    [m,3]"""
    depth, hit, bary = np.zeros((H, W)), np.full((H, W), -1), np.zeros((H, W, 2))
    for t in range(len(X)):
        x0, x1, x2, y0, y1, y2 = X[t, 0], X[t, 1], X[t, 2], Y[t, 0], Y[t, 1], Y[t, 2]
        area = (x1-x0)*(y2-y0)-(x2-x0)*(y1-y0)
        if abs(area) < 1e-12: continue
        i0, i1, i2 = 1/Z[t, 0], 1/Z[t, 1], 1/Z[t, 2]
        for py in range(max(0, int(np.ceil(min(y0, y1, y2)-.5))), min(H-1, int(np.floor(max(y0, y1, y2)-.5)))+1):
            for px in range(max(0, int(np.ceil(min(x0, x1, x2)-.5))), min(W-1, int(np.floor(max(x0, x1, x2)-.5)))+1):
                x, y = px+.5, py+.5
                b1 = ((x-x0)*(y2-y0)-(x2-x0)*(y-y0))/area
                b2 = ((x1-x0)*(y-y0)-(x-x0)*(y1-y0))/area
                if b1 < 0 or b2 < 0 or b1+b2 > 1: continue
                inverse = (1-b1-b2)*i0+b1*i1+b2*i2
                if inverse > depth[py, px]:
                    depth[py, px], hit[py, px] = inverse, t
                    bary[py, px, 0], bary[py, px, 1] = b1*i1/inverse, b2*i2/inverse
    return hit, bary


@njit(cache=True, fastmath=True)
def shade(hit, bary, Q, N, C, up, eye, l, key, sky, ground, gloss, shine, block):
    """sRGB picture with straight alpha [H/block,W/block,4], averaged over blocks of pixels in linear light.
    Q, N, C: view-space corners, normals and linear colours [m,3,3]"""
    H, W = hit.shape
    out = np.zeros((H//block, W//block, 4), np.float32)
    for py in range(H):
        for px in range(W):
            t = hit[py, px]
            if t < 0: continue
            b1, b2 = bary[py, px, 0], bary[py, px, 1]
            b0 = 1-b1-b2
            nx, ny, nz = (
                b0*N[t, 0, 0]+b1*N[t, 1, 0]+b2*N[t, 2, 0],
                b0*N[t, 0, 1]+b1*N[t, 1, 1]+b2*N[t, 2, 1],
                b0*N[t, 0, 2]+b1*N[t, 1, 2]+b2*N[t, 2, 2],
            )
            vx, vy, vz = (
                -(b0*Q[t, 0, 0]+b1*Q[t, 1, 0]+b2*Q[t, 2, 0]),
                -(b0*Q[t, 0, 1]+b1*Q[t, 1, 1]+b2*Q[t, 2, 1]),
                eye-(b0*Q[t, 0, 2]+b1*Q[t, 1, 2]+b2*Q[t, 2, 2]),
            )
            s = 1/(np.sqrt(nx*nx+ny*ny+nz*nz)+1e-12)
            if nx*vx+ny*vy+nz*vz < 0: s = -s  # the back of a sheet
            nx, ny, nz = nx*s, ny*s, nz*s
            lit, spec = max(nx*l[0]+ny*l[1]+nz*l[2], 0.), 0.
            if gloss > 0 and lit > 0:
                r = 1/np.sqrt(vx*vx+vy*vy+vz*vz)
                hx, hy, hz = vx*r+l[0], vy*r+l[1], vz*r+l[2]
                spec = gloss*max((nx*hx+ny*hy+nz*hz)/np.sqrt(hx*hx+hy*hy+hz*hz+1e-12), 0.)**shine
            s = .5+.5*(nx*up[0]+ny*up[1]+nz*up[2])
            for k in range(3):
                c = (b0*C[t, 0, k]+b1*C[t, 1, k]+b2*C[t, 2, k])*(s*sky[k]+(1-s)*ground[k]+key[k]*lit)+spec
                out[py//block, px//block, k] += min(max(c, 0.), 1.)
            out[py//block, px//block, 3] += 1
    for py in range(H//block):
        for px in range(W//block):
            n = out[py, px, 3]
            if n == 0: continue
            for k in range(3):
                c = out[py, px, k]/n
                out[py, px, k] = 12.92*c if c <= .0031308 else 1.055*c**(1/2.4)-.055
            out[py, px, 3] = n/(block*block)
    return out


def corner_normals(P, smooth):
    """[m,3,3]: the face's, or the average at the place, except across creases of more than 60 degrees"""
    N = np.cross(P[:, 1]-P[:, 0], P[:, 2]-P[:, 0])
    unit = N/np.maximum(np.linalg.norm(N, axis=1, keepdims=True), 1e-20)
    flat = np.repeat(unit[:, None], 3, 1)
    if not smooth: return flat
    _, where = np.unique(
        (P.reshape(-1, 3)*1e5).round().astype(np.int64)@np.array([1, 1 << 20, 1 << 40]), return_inverse=True
    )
    total = np.stack([np.bincount(where, np.repeat(N[:, k], 3)) for k in range(3)], 1)[where].reshape(-1, 3, 3)
    total /= np.maximum(np.linalg.norm(total, axis=2, keepdims=True), 1e-20)
    return np.where(((total*flat).sum(2) > .5)[..., None], total, flat)


def render(P, C, camera=Camera(), light=Light(), size=256, supersample=2, of=None):
    """P [m,3,3] triangles, C [m,3,3] linear corner colours -> float32 RGBA [h,w,4], straight alpha, about `size`
    pixels on the longer side and cropped to the figure. With the slot `of` each triangle [m], also what every pixel
    shows, f32 [h,w,4]: slot + 1 (0: nothing), place"""
    R = camera.rotation()
    Q = P@R.T
    eye = 1.1/np.sin(np.radians(camera.fov/2))
    Z = eye-Q[..., 2]
    x, y = Q[..., 0]/Z, -Q[..., 1]/Z
    x0, y0, w, h = x.min(), y.min(), np.ptp(x), np.ptp(y)
    scale = (size*supersample-2)/max(w, h)
    W, H = [int(np.ceil((v*scale+2)/supersample))*supersample for v in (w, h)]
    hit, bary = rasterize((x-x0)*scale+1, (y-y0)*scale+1, Z, W, H)
    l = np.array(light.direction)/np.linalg.norm(light.direction)
    small = shade(
        hit,
        bary,
        Q,
        corner_normals(P, light.smooth)@R.T,
        C,
        R@np.array([0, 1., 0]),
        eye,
        l,
        np.array(light.key),
        np.array(light.sky),
        np.array(light.ground),
        light.gloss,
        light.shine,
        supersample,
    )
    rows, columns = np.flatnonzero(small[..., 3].any(1)), np.flatnonzero(small[..., 3].any(0))
    window = slice(rows[0], rows[-1]+1), slice(columns[0], columns[-1]+1)
    if of is None: return small[window]
    hit, bary = (a[supersample//2::supersample, supersample//2::supersample] for a in (hit, bary))
    weights = np.concatenate([1-bary.sum(-1, keepdims=True), bary], -1)
    seen = np.concatenate([of[hit][..., None]+1, (P[hit]*weights[..., None]).sum(2)], -1)*(hit >= 0)[..., None]
    return small[window], seen[window].astype(np.float32)


def preprocess(picture, shortest=146, crop=128):
    """crop to alpha (done), pad by a tenth to a square, resize the shorter edge, centre crop. -> uint8
    [crop,crop,4]"""
    _, (py, px) = crop_of(picture[..., 3])
    wide = np.pad((picture*255+.5).astype(np.uint8), ((py, py), (px, px), (0, 0)))
    H, W = wide.shape[:2]
    k = shortest/min(W, H)
    small = Image.fromarray(wide).resize((round(W*k), round(H*k)), Image.BICUBIC)  # pillow premultiplies RGBA
    left, top = (small.width-crop)//2, (small.height-crop)//2
    return np.asarray(small.crop((left, top, left+crop, top+crop)))


TILE = 150  # pixels a side of a picture on a sheet of them


def tile(im):
    """A picture f32 or u8 RGBA, fitted into a tile on white."""
    im = im if isinstance(im, Image.Image) else Image.fromarray((im*255+.5).astype(np.uint8), 'RGBA')
    im.thumbnail((TILE-6, TILE-6))
    out = Image.new('RGBA', (TILE, TILE), 'white')
    out.alpha_composite(im.convert('RGBA'), ((TILE-im.width)//2, (TILE-im.height)//2))
    return np.asarray(out.convert('RGB'))
