"""Real artists' characters (CC0, ../shared/data) as training samples: shards of pictures, surface points and field
values.

    python -m data.characters --out DIR --shards 0:50            # training shards chars_0000.npz ..., 64 figures each
    python -m data.characters --held --out DIR                   # the held-out identities: held_0000.npz ..., GLB, PNG
    python -m data.characters --sheet SHARD.npz sheet.png        # look at a shard
    (--shared ../../shared; needs numpy, scipy, pillow, numba, and DracoPy for one pack; one thread, about 0.25 s a
        figure on a free core)

Restartable: a shard that exists is skipped; each shard's content follows from its number alone.

Each figure is one character in one pose (a frame of one of its clips, arms down, rest, or random limbs), perhaps with
another's hair of its pack, recoloured, with a prop in a hand, mirrored; turned so that hips and shoulders face +Z.
Frame: +Y up, facing +Z, body axis at x = z = 0, box centred in y, max(height/2, |x|, |z|) = 0.95.

A shard (np.savez): `image` u8 [n,5,128,128,4] straight alpha (two photos, then the views left, right, back), `yaw` f32
[n,5] degrees (> 0: face to image right), `seen` f16 [n,5,32,32,4] (what each fourth pixel shows: slot + 1 or 0,
position), `present` bool [n,10], `surface` f16 [k,1024,9] (position, normal, sRGB colour), `query` f16 [k,1536,7]
(position, signed distance, sRGB colour), `part_of` i32 [k,2] (figure, slot) in figure then slot order, `name`,
`identity` [n]; in a shard of --pairs `toy` i32 [n], the number of the figure that is this one with a toy's
proportions, or -1. Held out: a tenth of the identities of people, of animals and of monsters, listed in held_out.txt:
identities of one name count as one over all packs, as do those that share a mesh.
"""
import argparse, csv, functools, glob, hashlib, os, re, sys, time, types
import numpy as np
from PIL import Image
from data import people
from data.colour import linear, srgb
from data.meshes import Part
from data.picture import HALF, VIEWS, cells, halved
from data.raster import Camera, Light, preprocess, random_light, render
from data.recolour import recolour
from data.slots import PARTS

HERE = os.path.dirname(os.path.abspath(__file__))
MIRROR = {'arm_left': 'arm_right', 'arm_right': 'arm_left', 'item_left': 'item_right', 'item_right': 'item_left'}
ANIMALS = r'b2b_farm|qtrn_animals|qtrn_dinosaurs'
PEOPLE = r'b2b_(men|women|posed|knight)|kenney|qtrn_(modular|ultimate)'
SKINS = r'qtrn_ultimate(?!.*(Zombie|Cow\.glb|Pug))'  # their skin material is near black
SWAPS = r'qtrn_(modular|ultimate)|b2b_(men|women)'  # one skeleton and one head a pack: hair may go from one to another
DULL = r'death|dead|defeat|roll|hit|recieve|swim|spawn|duck|sleep|lie'
WILD = r'attack|punch|kick|slash|dance|sword|shoot|stab|jump|bite|headbutt|fall'
HELD = (
    r'medieval_weapons_pack/|single_knight_pack/(Club|Katana|ShortSword|Sword)|survival_pack/(Axe|Knife|Pan|'
    r'Pistol|Revolver|Shotgun|Shovel|WoodenTorch|Torch|'
    r'Compass|Flare|Radio|FirstAid|Raft_P)|rpg_items_pack/(Axe|Bone|Book|Bow|Chalice|Crystal[145]\.|Dagger|Fish|'
    r'Hammer|Heart|Key|Potion[1-589]\d?_F|Scroll|Star|Sword)'
)
# a part that is more open than this is a sheet (see meshes.py)
OPEN = dict(back=.3, hair=.55, item_left=.55, item_right=.55)
FIGURES, PICTURES, SURFACE, QUERIES = 64, 2, 1024, 1536


# ---- which files, and which of them are held out ----

def kind(pack):
    return 'animals' if re.search(ANIMALS, pack) else 'people' if re.search(PEOPLE, pack) else 'monsters'


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


@functools.cache
def characters(shared):
    """[(path, pack, identity)] of the usable files"""
    rows = list(csv.DictReader(open(f'{shared}/data/meshes.tsv'), delimiter='\t'))
    skip = {r['file'] for r in csv.DictReader(open(f'{shared}/data/skip.tsv'), delimiter='\t')}
    return [
        (f"{shared}/data/{r['file']}", r['pack'], r['identity'])
        for r in rows
        if r['file'].startswith('characters/') and r['file'] not in skip
    ]


def held_out(shared):
    """identities never trained on: of each kind the tenth (rounded up) whose hash comes first"""
    of = {}
    for _, pack, identity in characters(shared): of.setdefault(identity, kind(pack))
    out = []
    for k in ('people', 'animals', 'monsters'):
        names = sorted((i for i in of if of[i] == k), key=lambda i: digest('held out '+i))
        out += names[:-(-len(names)//10)]
    return sorted(out)


@functools.cache
def props(shared):
    return sorted(f for f in glob.glob(f'{shared}/data/props/*/*.glb') if re.search(HELD, f))


# ---- a figure: {slot: (V, F, C linear)} ----

def heading(pose, g):
    """direction of the left hip and shoulder as seen from the right ones, in the ground plane, or None"""
    W, sides = g.world(), []
    for side in ('left', 'right'):
        nodes = pose.limbs(g, side)
        sides.append([W[i][:3, 3] for i in (nodes[0], nodes[3]) if i is not None and i in W])
    if not sides[0] or len(sides[0]) != len(sides[1]): return None
    d = sum(a-b for a, b in zip(*sides))
    return None if np.hypot(d[0], d[2]) < 1e-6 else np.arctan2(d[2], d[0])


def choose_pose(pose, path, rng):
    """(tag, clip, fraction, 'rest' | 'down' | 'limbs' | 'clip', seed)"""
    names = sorted(c for c in pose.clips(pose.ml.Gltf(path)) if not re.search(DULL, c, re.I))
    calm = [c for c in names if not re.search(WILD, c, re.I)] or names
    u, at = rng.random(), rng.random()
    if u < .06: return 'rest', None, 0, 'rest'
    if u < .22: return 'down', None, 0, 'down'
    if not names: return 'limbs', None, at, 'limbs'
    clip = str(rng.choice(calm if rng.random() < .7 else names))
    return f'{clip}@{at:.2f}', clip, at, 'clip'


def build(pose, path, how, skin=None, item=None):
    """posed parts, turned so that hips and shoulders face as they do at rest"""
    _, clip, at, mode = how
    turned = [0.]

    def edit(g):
        before = heading(pose, g)
        pose.pose_edit(
            clip if mode == 'clip' else None,
            at,
            mode == 'down',
            np.random.default_rng(int(at*1e6)) if mode == 'limbs' else None,
        )(g)
        after = heading(pose, g)
        if before is not None and after is not None: turned[0] = after-before
    parts = pose.build(path, edit, skin, item)
    c, s = np.cos(turned[0]), np.sin(turned[0])
    R = np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])
    parts = {k: (V@R.T, F, C) for k, (V, F, C) in parts.items()}
    if skin is not None and 'head' in parts:  # eyes and brows were white on near black; on a skin tone they are dark
        V, F, C = parts['head']
        parts['head'] = V, F, np.where((np.abs(C-[1, 1, .94]).max(1) < .02)[:, None], [.015, .011, .009], C)
    return parts


def mirror(parts):
    return {MIRROR.get(s, s): (V*[-1, 1, 1], F[:, ::-1], C) for s, (V, F, C) in parts.items()}


def swap_hair(pose, shared, held, path, pack, how, skin, parts, rng):
    """the hair or hat of another figure of the pack, if both heads, in this pose, are of nearly one size"""
    others = [p for p, k, i in characters(shared) if k == pack and p != path and i not in held]
    donor = str(rng.choice(others))
    if how[3] == 'limbs' or (how[1] and how[1] not in pose.clips(pose.ml.Gltf(donor))): return None
    other = build(pose, donor, how, skin)
    if 'hair' not in other or 'head' not in parts or 'head' not in other: return None
    (a, b), (c, d) = [(p['head'][0].min(0), p['head'][0].max(0)) for p in (parts, other)]
    k = (b-a)/(d-c)
    if np.ptp(k)/k.mean() > .08: return None
    V, F, C = other['hair']
    return {**parts, 'hair': ((V-(c+d)/2)*k.mean()+(a+b)/2, F, C)}


def to_frame(parts):
    """into [-1,1]^3: y centred, max(height/2, |x|, |z|) = 0.95"""
    V = np.concatenate([p[0] for p in parts.values()])
    lo, hi = V.min(0), V.max(0)
    middle = np.array([0, (lo[1]+hi[1])/2, 0])
    scale = .95/max((hi[1]-lo[1])/2, np.abs(V[:, [0, 2]]).max())
    return {s: ((V-middle)*scale, F, C) for s, (V, F, C) in parts.items()}


def random_figure(pose, shared, held, path, pack, rng):
    """-> parts in the frame, and what was done"""
    how = choose_pose(pose, path, rng)
    skin = pose.TONES[rng.integers(len(pose.TONES))] if re.search(SKINS, path) else None
    item = str(rng.choice(props(shared))) if rng.random() < .3 and pack != 'b2b_posed' else None  # no hand bones there
    tags = [how[0]]
    try: parts = build(pose, path, how, skin, item) if item else None
    except ValueError: parts = None  # no arm to hold it
    if parts is None or 'item_left' in parts: item, parts = None, build(pose, path, how, skin)
    if item: tags.append(os.path.basename(item)[:-4])
    # a symmetric pose: the other hand's item from the mirror image
    if item and how[3] in ('rest', 'down') and rng.random() < .35:
        second = str(rng.choice(props(shared)))
        parts['item_left'] = mirror(build(pose, path, how, skin, second))['item_left']
        tags.append(os.path.basename(second)[:-4])
    if re.search(SWAPS, pack) and rng.random() < .35:
        other = swap_hair(pose, shared, held, path, pack, how, skin, parts, rng)
        if other: parts = other; tags.append('hair')
    if rng.random() < .6: parts = recolour(parts, kind(pack), pose.TONES, rng); tags.append('colour')
    if rng.random() < .5: parts = mirror(parts); tags.append('mirror')
    return to_frame(parts), '+'.join(tags)


# ---- samples ----

def solids(parts):
    """{slot: Part} of the parts worth keeping"""
    out = {}
    for s in PARTS:
        if s not in parts: continue
        V, F, C = parts[s]
        if len(F) < 8 or np.ptp(V, 0).max()/2 < .015: continue
        out[s] = Part(V, F, srgb(np.clip(C, 0, 1)), OPEN.get(s, .9))
    return out


def samples(solid, rng):
    """surface, query and slot number of each part"""
    out = []
    for s, p in solid.items():
        surface = p.surface(SURFACE, rng)
        if surface is not None:
            out.append(
                (surface.astype(np.float16), p.queries(QUERIES, rng, surface).astype(np.float16), PARTS.index(s))
            )
    return out


def triangles(parts):
    """corners and linear colours [m,3,3], and the slot of each triangle [m]"""
    of = np.concatenate([np.full(len(F), PARTS.index(s)) for s, (_, F, _) in parts.items()])
    return (
        np.concatenate([V[F] for V, F, _ in parts.values()]),
        np.concatenate([C[F] for _, F, C in parts.values()]),
        of,
    )


def random_camera(rng, yaw=None):
    yaw = yaw if yaw is not None else rng.uniform(-60, 60) if rng.random() < .93 else rng.uniform(-180, 180)
    return Camera(yaw, rng.uniform(-5, 25), rng.uniform(15, 45))


def write(path, figures, **more):
    """figures: list of dicts of name, identity, image, seen, yaw, parts; more: arrays that go along"""
    present, surface, query, part_of = np.zeros((len(figures), len(PARTS)), bool), [], [], []
    for i, f in enumerate(figures):
        for a, b, slot in f['parts']:
            present[i, slot] = True
            surface.append(a); query.append(b); part_of.append((i, slot))
    with open(path+'.part', 'wb') as out:
        np.savez(
            out,
            image=np.stack([f['image'] for f in figures]),
            seen=np.stack([f['seen'] for f in figures]),
            yaw=np.array([f['yaw'] for f in figures], np.float32),
            present=present,
            surface=np.stack(surface),
            query=np.stack(query),
            part_of=np.array(part_of, np.int32),
            name=np.array([f['name'] for f in figures]),
            identity=np.array([f['identity'] for f in figures]),
            **more,
        )
    os.replace(path+'.part', path)


def shown(parts, name, identity, rng):
    """A training figure with its pictures, or None if none of its parts can be sampled"""
    P, C, of = triangles(parts)
    cameras = [random_camera(rng) for _ in range(PICTURES)]+[
        random_camera(rng, yaw+rng.uniform(-15, 15)) for yaw in VIEWS.values()
    ]
    shots = [render(P, C, c, random_light(rng), of=of) for c in cameras]
    for k in range(PICTURES):
        if rng.random() < HALF: shots[k] = halved(rng, *shots[k])
    image, seen = np.stack([preprocess(im) for im, _ in shots]), np.stack([cells(*s) for s in shots])
    found = samples(solids(parts), rng)
    return (
        dict(name=name, identity=identity, image=image, seen=seen, yaw=[c.yaw for c in cameras], parts=found)
        if found
        else None
    )


def pairs_shard(shared, number, path):
    """32 realistic people, each followed by itself as a toy"""
    rng, figures = np.random.default_rng([20, number]), []
    while len(figures) < FIGURES:
        try: both = [shown(to_frame(parts), name, 'makehuman', rng) for parts, name in people.pair(shared, rng)]
        except (ValueError, IndexError) as e:
            print('left out a person', repr(e), flush=True); continue
        if all(both): figures += both
    write(path, figures, toy=np.array([i+1 if i % 2 == 0 else -1 for i in range(FIGURES)], np.int32))


def train_shard(pose, shared, number, path, real):
    """64 figures: a share of them `real`istic people, the others identities by the root of how many files they have,
    each file of one alike"""
    held, rng, by = set(held_out(shared)), np.random.default_rng([20, number]), {}
    for p, pack, i in characters(shared):
        if i not in held: by.setdefault(f'{pack}/{i}', []).append((p, pack, i))
    weight = np.sqrt([len(v) for v in by.values()])
    figures = []
    while len(figures) < FIGURES:
        group = list(by.values())[rng.choice(len(by), p=weight/weight.sum())]
        file, pack, identity = group[rng.integers(len(group))]
        try:
            if rng.random() < real:
                parts, name = people.person(shared, rng)
                parts, identity = to_frame(parts), 'makehuman'
            else:
                parts, tag = random_figure(pose, shared, held, file, pack, rng)
                name = f'{pack}/{os.path.basename(file)[:-4]}/{tag}'
            figure = shown(parts, name, identity, rng)
        except (ValueError, IndexError) as e:
            print('left out', file, repr(e), flush=True); continue
        if figure: figures.append(figure)
    write(path, figures)


def held_set(pose, shared, out):
    """two poses of each held-out file (of at most three files an identity): calm, and random; with ground truth as
    GLB, and pictures"""
    held, count, figures, rows = set(held_out(shared)), {}, [], []
    for file, pack, identity in sorted(characters(shared), key=lambda c: digest(c[0].rpartition('data/')[2])):
        group = f'{pack}/{identity}'
        if identity not in held or count.get(group, 0) >= 3: continue
        count[group] = count.get(group, 0)+1
        rng = np.random.default_rng(int(digest(file.rpartition('data/')[2])[:8], 16))
        names = sorted(pose.clips(pose.ml.Gltf(file)))
        idle = next((c for c in names if re.search('idle|stand', c, re.I)), None)
        poses = [(idle, idle, .3, 'clip') if idle else ('down', None, 0, 'down'), choose_pose(pose, file, rng)]
        skin = pose.TONES[rng.integers(len(pose.TONES))] if re.search(SKINS, file) else None
        for n, how in enumerate(poses):
            parts = to_frame(build(pose, file, how, skin))
            P, C, of = triangles(parts)
            solid, camera, light = solids(parts), random_camera(rng, rng.uniform(-35, 35)), random_light(rng)
            (picture, seen), stem = render(P, C, camera, light, of=of), f'{pack}_{os.path.basename(file)[:-4]}_{n}'
            figures.append(
                dict(
                    name=f'{pack}/{os.path.basename(file)[:-4]}/{how[0]}',
                    identity=identity,
                    image=preprocess(picture)[None],
                    seen=cells(picture, seen)[None],
                    yaw=[camera.yaw],
                    parts=samples(solid, rng),
                )
            )
            pose.write_glb(f'{out}/{stem}.glb', {s: pose.weld(p.P, linear(p.C)) for s, p in solid.items()})
            for suffix, yaw in (('', None), ('_side', -90), ('_back', 180)):
                big = render(
                    P, C, camera if yaw is None else Camera(yaw, 8, 25), light if yaw is None else Light(), 480
                )
                page = np.zeros((512, 512, 4), np.uint8)
                h, w = big.shape[:2]
                page[(512-h)//2:(512-h)//2+h, (512-w)//2:(512-w)//2+w] = (big*255+.5).astype(np.uint8)
                Image.fromarray(page).save(f'{out}/{stem}{suffix}.png')
                rows.append((f'{stem}{suffix}.png', stem+suffix, f'{stem}.glb' if yaw is None else '', yaw or 0, stem))
    write(f'{out}/held_0000.npz', figures)
    with open(f'{out}/manifest.tsv', 'w') as f:  # for eval/score.py set
        f.write('file\tid\tgt\tyaw\tout\n'+''.join('\t'.join(map(str, r))+'\n' for r in rows))
    print(len(figures), 'held-out figures', flush=True)


def sheet(shard, out, start=0, size=128, columns=6, rows=6):
    """of each figure: two pictures, the surface samples by slot from front and side, and the inside of the field seen
    from the front"""
    z = np.load(shard)
    palette = np.array(
        [
            (90, 90, 90),
            (52, 101, 164),
            (115, 170, 80),
            (237, 120, 30),
            (250, 200, 60),
            (240, 170, 150),
            (120, 70, 40),
            (200, 60, 200),
            (220, 30, 60),
            (120, 200, 210),
        ]
    )
    cells = 5
    page = np.full((rows*size, columns//2*cells*size, 3), 255, np.uint8)

    def splat(p, colour, flip):
        im = np.full((size, size, 3), 255, np.uint8)
        o = np.argsort(p[:, 2] if not flip else -p[:, 0])
        x, y = (p[o, 0] if not flip else p[o, 2]), p[o, 1]
        im[((1-y)*size/2).astype(int).clip(0, size-1), ((1+x)*size/2).astype(int).clip(0, size-1)] = colour[o]
        return im
    for n in range(min(rows*columns//2, len(z['name'])-start)):
        i, k = n+start, z['part_of'][:, 0] == n+start
        slot, s, q = z['part_of'][k, 1], z['surface'][k].astype(float), z['query'][k].astype(float)
        by_slot, points = np.repeat(palette[slot], s.shape[1], 0), s.reshape(-1, 9)
        inside = q.reshape(-1, 7)[q.reshape(-1, 7)[:, 3] < 0]
        im = [z['image'][i, j % z['image'].shape[1]].astype(float) for j in (0, 1)]
        cell = [(x[..., :3]*x[..., 3:]/255+(255-x[..., 3:])).astype(np.uint8) for x in im]
        cell += [
            splat(points, by_slot, False),
            splat(points, (points[:, 6:]*255).astype(np.uint8), True),
            splat(inside, (inside[:, 4:]*255).astype(np.uint8), False),
        ]
        page[n//(columns//2)*size:][:size, n % (columns//2)*cells*size:][:, :cells*size] = np.hstack(cell)
    Image.fromarray(page).save(out)


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument('--shared', default='../../shared')
    ap.add_argument('--out', default='data/characters')
    ap.add_argument('--shards', default='0:50', metavar='FROM:TO')
    ap.add_argument('--people', type=float, default=.15, help='share of realistic people, of MakeHuman\'s body')
    ap.add_argument(
        '--pairs', action='store_true', help='realistic people only, twice each: as they are, and as a toy'
    )
    ap.add_argument('--held', action='store_true')
    ap.add_argument('--sheet', nargs=2, metavar=('SHARD', 'PNG'))
    ap.add_argument('--start', type=int, default=0, help='first figure of the sheet')
    a = ap.parse_args()
    if a.sheet: return sheet(*a.sheet, a.start)
    sys.path.insert(0, f'{a.shared}/data/tools')
    import pose, slots
    # it asks the same few names once per triangle
    slots.re = types.SimpleNamespace(search=functools.cache(re.search), match=functools.cache(re.match), I=re.I)
    os.makedirs(a.out, exist_ok=True)
    with open(f'{HERE}/held_out.txt', 'w') as f: f.write('\n'.join(held_out(a.shared))+'\n')
    if a.held: return held_set(pose, a.shared, a.out)
    for n in range(*map(int, a.shards.split(':'))):
        path, start = f'{a.out}/chars_{n:04d}.npz', time.time()
        if os.path.exists(path): continue
        if a.pairs: pairs_shard(a.shared, n, path)
        else: train_shard(pose, a.shared, n, path, a.people)
        print(f'{path} {(time.time()-start)/FIGURES:.2f} s a figure', flush=True)


if __name__ == '__main__': main()
