"""Figures to draw training pictures from: triangles with colours and slots, quantized, in shards.

    python -m data.figures OUT KIND --shards 0:20 [--shared ../../shared]      (run in training/)

KIND is `characters` (artists' figures in many poses, every seventh a realistic person), `models` (the models marked
`train`, less the development set, whole figures without slots), `solids` (random composites), `creatures`
(data/creatures), `grammar` (data/grammar), or `held` (the held-out characters) or `development` (the models that
choices are made on), for the losses that are watched. A shard that exists is skipped; what is in it follows from its
number.

A shard (np.savez) holds n figures one behind the other: `vertex` i16 [v,3] of 1/32000 of the frame, `colour` u8 [v,3]
sRGB, `face` u16 [f,3] within the figure, `slot` u8 [f], `first_vertex`, `first_face` i64 [n+1], `labelled` bool [n]
(whether slots are known), `fronted` bool [n] (whether it is known where the face points), `name` [n]. Frame: +Y up,
facing +Z, centred box, within [-1,1]^3.
"""
import argparse, csv, functools, os, re, sys, time, types
import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
from data.colour import linear, srgb
from data.grammar.shards import HELD_OUT
from data.slots import SLOTS

FIGURES, FULL = 96, 32000
GRID, FACE = 24, 44  # cells along the box of a part of the grammar, and of a head, on which there is a face
DEVELOPMENT = ('b2b_oldhuman', 'b2b_animals2')  # whole packs that nothing learns from: choices are made on them
TURN = {'+Z': 0, '-Z': 180, '+X': -90, '-X': 90}
WEIGHT = dict(vehicle=.25, object=.6, fish=.5)  # of kinds of which there are many, or few who would photograph them
DULL = r'death|dead|defeat|roll|hit|recieve|swim|spawn|duck|sleep|lie'


def framed(V):
    """Into the frame: the box centred, half the height or nearly half the depth's diagonal .95."""
    lo, hi = V.min(0), V.max(0)
    V = (V-(lo+hi)/2)*(.95/max((hi[1]-lo[1])/2, np.hypot(*(hi-lo)[[0, 2]])/2*.9))
    if not np.isfinite(V).all(): raise ValueError('not finite')
    return V


def welded(P, C):
    """Triangles [m,3,3] with linear colours -> vertices, faces, colours, equal corners being one."""
    key = np.c_[P.reshape(-1, 3).round(5), C.reshape(-1, 3).round(3)]
    _, first, inverse = np.unique(key, axis=0, return_index=True, return_inverse=True)
    return P.reshape(-1, 3)[first], inverse.reshape(-1, 3), C.reshape(-1, 3)[first]


def joined(parts):
    """{slot: (V, F, C)} -> vertices, faces, colours, slot of each face. A slot `legs` becomes a leg on either side."""
    V, F, C, S, n = [], [], [], [], 0
    for name, (v, f, c) in parts.items():
        if not len(f): continue
        if name == 'legs': s = np.where(v[f].mean(1)[:, 0] > 0, SLOTS.index('leg_left'), SLOTS.index('leg_right'))
        else: s = np.full(len(f), SLOTS.index(name))
        V.append(v), F.append(f+n), C.append(c), S.append(s)
        n += len(v)
    return np.concatenate(V), np.concatenate(F), np.concatenate(C), np.concatenate(S)


class Characters:
    """Artists' characters in random poses and colours, and realistic people; or those held out."""

    def __init__(self, shared, held):
        sys.path.insert(0, f'{shared}/data/tools')
        import pose, slots, meshload
        from data import characters, people
        slots.re = types.SimpleNamespace(search=functools.cache(re.search), match=functools.cache(re.match), I=re.I)
        self.shared, self.pose, self.tool, self.people, self.held = shared, pose, characters, people, held
        pose.SLOTS = SLOTS
        label = slots.label

        def with_sides(m, path):
            """Legs by the side that their bones name, else by where they are."""
            out = label(m, path)
            legs = np.flatnonzero(out == 'legs')
            x = m['V'][m['F'][legs]].mean(1)[:, 0]
            middle = np.median(m['V'][:, 0])
            bone = m['vjoint'][m['F'][legs]]
            side = {b: meshload.side(str(b).rpartition('/')[2] or str(b)) for b in np.unique(bone)}
            named = np.array([[side[b] for b in t] for t in bone]).reshape(-1, 3)
            left, right = (named == 'L').sum(1), (named == 'R').sum(1)
            if re.search(slots.WRONG_SIDE, path): left, right = right, left
            out[legs] = np.where(np.where(left == right, x > middle, left > right), 'leg_left', 'leg_right')
            return out
        pose.label = with_sides
        characters.MIRROR.update(leg_left='leg_right', leg_right='leg_left')
        out = set(characters.held_out(shared))
        self.out, self.by = out, {}
        for path, pack, identity in characters.characters(shared):
            if (identity in out) == held: self.by.setdefault(f'{pack}/{identity}', []).append((path, pack))
        weight = np.sqrt([len(v) for v in self.by.values()])
        self.weight = weight/weight.sum()

    def draw(self, rng):
        if not self.held and rng.random() < .15: parts, name = self.people.person(self.shared, rng)
        else:
            group = list(self.by.values())[rng.choice(len(self.by), p=self.weight)]
            path, pack = group[rng.integers(len(group))]
            parts, done = self.tool.random_figure(self.pose, self.shared, self.out, path, pack, rng)
            name = f'{pack}/{os.path.basename(path)[:-4]}/{done}'
        V, F, C, S = joined(parts)
        return framed(V), F, C, S, name, True, True


class Models:
    """Models of every kind by many artists, whole figures; or those of the development set, as they are."""

    def __init__(self, shared, development=False):
        sys.path.insert(0, f'{shared}/data/tools')
        import meshload, pose
        self.folder, self.load, self.pose = f'{shared}/data/models', meshload, pose
        with open(f'{self.folder}/models.tsv') as f:
            rows = [
                r
                for r in csv.DictReader(f, delimiter='\t')
                if r['use'] == 'train' and (r['pack'] in DEVELOPMENT) == development
            ]
        self.by = {}
        for r in rows: self.by.setdefault(r['mesh_group'], []).append(r)
        weight = np.array(
            [WEIGHT.get(g[0]['kind'], 1)*(0.25 if g[0]['pack'] == 'valid_people' else 1) for g in self.by.values()]
        )
        self.weight = weight/weight.sum()

    def draw(self, rng):
        group = list(self.by.values())[rng.choice(len(self.by), p=self.weight)]
        r, edit = group[rng.integers(len(group))], None
        path = f"{self.folder}/{r['file']}"
        if r['rig'] == 'skin' and rng.random() < .8:
            names = [c for c in self.pose.clips(self.load.Gltf(path)) if not re.search(DULL, c, re.I)]
            if names: edit = self.pose.pose_edit(str(rng.choice(names)), rng.random())
        return (
            *model(self.load, self.pose, path, r['front'], edit, rng),
            f"{r['pack']}/{r['id']}",
            False,
            r['front'] in TURN,
        )


def model(load, pose, path, front, edit=None, rng=None):
    """A model file as vertices in the frame, faces, colours and slots that say nothing; mirrored every second time if
    there is an rng."""
    m = load.load(path, edit)
    P, C, _ = pose.coloured(m, np.full(len(m['F']), 'torso', object))
    a = np.radians(TURN.get(front, 0))
    P = P@np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]]).T
    if rng is not None and rng.random() < .5: P, C = (P*[-1, 1, 1])[:, ::-1], C[:, ::-1]
    V, F, C = welded(P, C)
    return framed(V), F, C, np.full(len(F), SLOTS.index('torso'))


class Solids:
    def draw(self, rng):
        from data.solids import composite
        V, F, C = composite(rng)
        return framed(V), F, C, np.full(len(F), SLOTS.index('torso')), 'solids', False, False


class Creatures:
    def draw(self, rng):
        from data.creatures import creature
        parts, name = creature(rng)
        V, F, C, S = joined(parts)
        return framed(V), F, C, S, name, True, True


class Grammar:
    """Figures of data/grammar, whose faces and items are of simple solids."""

    def draw(self, rng):
        from data.grammar import rules, triangles
        P, words = rules.figure(int(rng.integers(HELD_OUT)))
        parts = triangles.primitives(P, lambda slot: FACE if slot == 'head' else GRID)
        V, F, C, S = joined({slot: (v, f, linear(c.clip(0, 1))) for slot, (v, f, c) in parts.items()})
        return framed(V), F, C, S, 'grammar: '+words, True, True


SOURCES = dict(
    characters=lambda s: Characters(s, False),
    held=lambda s: Characters(s, True),
    models=Models,
    development=lambda s: Models(s, True),
    solids=lambda s: Solids(),
    creatures=lambda s: Creatures(),
    grammar=lambda s: Grammar(),
)


def write(path, figures):
    """Figures as `draw` gives them -> a shard."""
    first = lambda k: np.cumsum([0]+[len(f[k]) for f in figures])
    arrays = dict(
        vertex=np.concatenate([(f[0]*FULL).round().astype(np.int16) for f in figures]),
        face=np.concatenate([f[1].astype(np.uint16) for f in figures]),
        colour=np.concatenate([(srgb(f[2])*255+.5).clip(0, 255).astype(np.uint8) for f in figures]),
        slot=np.concatenate([f[3].astype(np.uint8) for f in figures]),
        first_vertex=first(0),
        first_face=first(1),
        name=np.array([f[4] for f in figures]),
        labelled=np.array([f[5] for f in figures]),
        fronted=np.array([f[6] for f in figures]),
    )
    with open(path+'.part', 'wb') as out: np.savez(out, **arrays)
    os.replace(path+'.part', path)


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument('out')
    a.add_argument('kind', choices=SOURCES)
    a.add_argument('--shards', default='0:1')
    a.add_argument('--shared', default='../../shared')
    a = a.parse_args()
    os.makedirs(a.out, exist_ok=True)
    source = SOURCES[a.kind](os.path.abspath(a.shared))
    for number in range(*map(int, a.shards.split(':'))):
        path, begun, figures = f'{a.out}/{a.kind}_{number:04d}.npz', time.time(), []
        if os.path.exists(path): continue
        rng = np.random.default_rng([91, list(SOURCES).index(a.kind), number])
        while len(figures) < FIGURES:
            try: figure = source.draw(rng)
            except (ValueError, IndexError, KeyError, AssertionError, TypeError, np.linalg.LinAlgError) as e:
                print('left out', repr(e)[:90], flush=True)
                continue
            if len(figure[0]) < 65536 and len(figure[1]) < 120000: figures.append(figure)
        write(path, figures)
        print(path, f'{(time.time()-begun)/FIGURES*1000:.0f} ms a figure', flush=True)


if __name__ == '__main__': main()
