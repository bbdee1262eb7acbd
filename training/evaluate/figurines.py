"""Measure the figurine model beside its floors, its nearest neighbour and its ceiling.

    # held-out grammar figures: pictures and ground truth (--half: of those with a waist, in photos that end there;
    # --toys: people and robots, realistic in the photo, toys else)
    python -m evaluate.figurines grammar SET --figures 64
    python -m evaluate.figurines characters SET --from DIR    # the held-out characters, as data.characters left them
    # figurines of the program, floors, nearest neighbour, ceiling
    python -m evaluate.figurines run SET --run RUN --gen3d BINARY
    python -m evaluate.figurines table SET                    # scores, as a table

SET/front.tsv lists the pictures with their ground truth, SET/sides.tsv the side and back pictures; SET/<name>/<id>.glb
are the outputs of `gen3d`, `mannequin`, `cutout`, `inflated`, `nearest`, `ceiling`. hair_right and item_right: how
often hair or headwear, and an item in a hand, are there when they should be, and not when not. All other scores are
those of ../shared/eval/score.py. Needs scikit-image, scipy.
"""

import argparse, csv, glob, json, os, random, struct, subprocess, sys
import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from data.colour import srgb

NAMES = ['gen3d', 'nearest', 'ceiling', 'inflated', 'cutout', 'mannequin']
LINES = [
    'likeness',
    'side_back',
    'hair_right',
    'item_right',
    'iou',
    'delta_e_blur',
    'structure',
    'f05',
    'vol_iou',
    'part_iou',
    'part_f05',
    'label_iou',
    'healthy',
    'side_ratio',
]


def manifests(folder, ids):
    with open(f'{folder}/front.tsv', 'w') as front, open(f'{folder}/sides.tsv', 'w') as sides:
        front.write('id\tfile\tgt\n'), sides.write('id\tfile\tyaw\tout\tview\n')
        for i in ids:
            front.write(f'{i}\t{i}.png\t{i}.glb\n')
            for view, yaw in (('side', -90), ('back', 180)):
                sides.write(f'{i}_{view}\t{i}_{view}.png\t{yaw}\t{i}\t{view}\n')


def make_grammar_set(a):
    from data.grammar import rules, triangles
    from evaluate import meshing
    from data import picture
    from data.grammar.shards import HELD_OUT
    os.makedirs(a.set, exist_ok=True)
    ids = []
    for k in range(a.figures):
        P, caption = rules.figure(HELD_OUT+k, 'chibi' if a.toys else None)
        if a.toys and not rules.has_style(caption): continue
        photographed = rules.figure(HELD_OUT+k, 'real')[0] if a.toys else P
        R, i = random.Random(HELD_OUT+k), f'grammar_{k:03d}'
        for name, view in (('', (R.uniform(-35, 35), R.uniform(0, 15))), ('_side', (-90, 5)), ('_back', (180, 5))):
            im, seen = picture.shoot(P if name else photographed, R, view, 512, margin=.1)
            if a.half and not name:
                whole = im.shape
                im, _ = picture.halved(R, im, seen)
                if im.shape == whole: break  # it has no waist
            Image.fromarray((im*255+.5).astype(np.uint8), 'RGBA').save(f'{a.set}/{i}{name}.png')
        else:
            meshing.write(a.shared, f'{a.set}/{i}.glb', triangles.primitives(P))
            ids.append(i)
    manifests(a.set, ids)


def copy_characters(a):
    import shutil
    os.makedirs(a.set, exist_ok=True)
    ids = sorted(os.path.basename(f)[:-4] for f in glob.glob(f'{a.source}/*.glb'))
    for f in glob.glob(f'{a.source}/*.png')+glob.glob(f'{a.source}/*.glb'): shutil.copy(f, a.set)
    manifests(a.set, ids)


def rows(path):
    with open(path) as f: return list(csv.DictReader(f, delimiter='\t'))


def small(rgba):
    """Pictures u8 [n, 128, 128, 4] -> features [n, 3 * 16 * 16 + 32 * 32] of colour and outline for the nearest
    neighbour."""
    x = torch.as_tensor(rgba).permute(0, 3, 1, 2).float()/255
    colour = F.adaptive_avg_pool2d(x[:, :3]*x[:, 3:]+1-x[:, 3:], 16).flatten(1)
    return torch.cat([colour, F.adaptive_avg_pool2d(x[:, 3:], 32).flatten(1)*.5], 1)


@torch.no_grad()
def nearest_and_ceiling(a):
    """Retrieval from the training figures by picture, and the ground truth through the VAE."""
    from data import picture
    from evaluate import meshing
    from networks import codec
    sys.path.insert(0, os.path.join(a.shared, 'eval'))
    import score
    vae, feats, at = codec.load_vae(a.run), [], []
    with open(f'{a.run}/shards.tsv') as f: shards = [l.rstrip('\n').split('\t') for l in f]
    for latents, shard in shards:
        im = np.load(shard)['image']
        for view in range(im.shape[1]):
            feats.append(small(im[:, view])), at.extend((latents, k) for k in range(len(im)))
    feats = torch.cat(feats)
    for name in ('nearest', 'ceiling'): os.makedirs(f'{a.set}/{name}', exist_ok=True)
    for r in rows(f'{a.set}/front.tsv'):
        im = np.asarray(picture.frame(np.float32(Image.open(f"{a.set}/{r['file']}").convert('RGBA'))/255))
        s, k = at[((feats-small(im[None]))**2).sum(1).argmin()]
        meshing.write(a.shared, f"{a.set}/nearest/{r['id']}.glb", meshing.figure(vae, torch.from_numpy(np.load(s)[k])))
        meshing.write(
            a.shared,
            f"{a.set}/ceiling/{r['id']}.glb",
            meshing.figure(vae, through_vae(vae, score.Model(f"{a.set}/{r['gt']}"))),
        )


def through_vae(vae, m):
    """The latents [10, 5, 64] of a ground-truth model, from points on its parts."""
    import networks
    from networks import codec
    R, x = np.random.default_rng(0), torch.zeros(10, networks.ROWS+1, networks.PACK*networks.CHANNELS)
    x[:, -1, 6] = -1
    for i, name in enumerate(m.names):
        if name not in networks.PARTS: continue
        T = m.F[m.part == i]
        if not len(T): continue
        cross = np.cross(m.V[T[:, 1]]-m.V[T[:, 0]], m.V[T[:, 2]]-m.V[T[:, 0]])
        area = np.linalg.norm(cross, axis=1)
        t = R.choice(len(T), 1024, p=area/area.sum())
        w = R.dirichlet((1, 1, 1), 1024)
        p, c = (np.einsum('ij,ijk->ik', w, A[T[t]][..., :3]) for A in (m.V, m.C))
        s = np.concatenate([p, cross[t]/(area[t, None]+1e-12), srgb(c)], 1).astype(np.float16)
        x[networks.PARTS.index(name)] = codec.encode(vae, torch.from_numpy(s)[None])[0]
    return x


def run(a):
    front = rows(f'{a.set}/front.tsv')
    if 'nearest' in a.only: nearest_and_ceiling(a)
    if 'floors' in a.only:
        subprocess.run([sys.executable, f'{a.shared}/eval/floors.py', 'make', f'{a.set}/front.tsv', a.set], check=True)
    if 'gen3d' in a.only:
        os.makedirs(f'{a.set}/gen3d', exist_ok=True)
        for r in front:
            subprocess.run(
                [a.gen3d, f"{a.set}/{r['file']}", '-o', f"{a.set}/gen3d/{r['id']}.glb", '--quiet', *a.flags],
                check=False,
            )


def slots(path):
    """The names of a GLB's nodes; none if there is no file."""
    if not os.path.exists(path): return set()
    with open(path, 'rb') as f:
        length = struct.unpack('<12xI4x', f.read(20))[0]
        return {n.get('name') for n in json.loads(f.read(length)).get('nodes', [])}


def presence(folder, name, kinds):
    """Share of the figures' slots `kinds` that are there, or not there, as in the ground truth."""
    right = [
        (k in slots(f"{folder}/{name}/{r['id']}.glb")) == (k in slots(f"{folder}/{r['gt']}"))
        for r in rows(f'{folder}/front.tsv')
        for k in kinds
    ]
    return sum(right)/len(right)


def table(a):
    sys.path.insert(0, os.path.join(a.shared, 'eval'))
    import score
    print('| '+' | '.join(['', *LINES])+' |\n|'+'---|'*(len(LINES)+1))
    for name in [n for n in NAMES if os.path.isdir(f'{a.set}/{n}') and (not a.only or n in a.only)]:
        front = score.score_set(f'{a.set}/front.tsv', f'{a.set}/{name}', True)
        sides = (
            score.score_set(f'{a.set}/sides.tsv', f'{a.set}/{name}', True, ('image',))
            if rows(f'{a.set}/sides.tsv')
            else None
        )
        json.dump(dict(front=front, sides=sides), open(f'{a.set}/{name}.json', 'w'))
        v = {k: s['median'] for k, s in front['summary'].items()}
        v['hair_right'], v['item_right'] = (
            presence(a.set, name, ['hair']),
            presence(a.set, name, ['item_left', 'item_right']),
        )
        v['side_back'] = sides['summary']['likeness']['median'] if sides else float('nan')
        print('| '+' | '.join([name, *(f'{v.get(k, float("nan")):.3g}' for k in LINES)])+' |', flush=True)


if __name__ == '__main__':
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument('what', choices=['grammar', 'characters', 'run', 'table'])
    a.add_argument('set')
    a.add_argument('--figures', type=int, default=64)
    a.add_argument('--half', action='store_true')
    a.add_argument('--toys', action='store_true')
    a.add_argument('--from', dest='source')
    a.add_argument('--run')
    a.add_argument('--gen3d', default='../target/release/gen3d')
    a.add_argument('--flags', type=str.split, default=[], help='more for the program, as one string')
    a.add_argument('--only', default='', help='run: any of nearest,floors,gen3d (default all); table: names')
    a.add_argument('--shared', default='../../shared')
    a = a.parse_args()
    if a.what == 'run' and not a.only: a.only = 'nearest,floors,gen3d'
    torch.set_num_threads(1)
    dict(grammar=make_grammar_set, characters=copy_characters, run=run, table=table)[a.what](a)
