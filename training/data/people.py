"""A realistic body (MakeHuman's, CC0) in many ages, builds, clothes and poses, as figures for characters.py.

    parts, name = person(shared, rng)       # {slot: (V [n,3], F [m,3], C [n,3] linear)}, and who it is, as a path

Photos show people of such proportions, where toys have large heads. Clothes are the body's own skin, thicker and in
folds; hair and skirts are the helper meshes that come with the body for fitting such things.
"""
import functools, gzip, json
import numpy as np
from scipy.spatial.transform import Rotation
from data.colour import linear
from data.recolour import rgb

AGES, HAIRS = ('child', 'young', 'old'), ('short', 'long', 'bald')
HAIR_COLOURS = (
    np.array(
        [
            (28, 22, 20),
            (62, 42, 28),
            (104, 68, 40),
            (150, 104, 60),
            (206, 168, 104),
            (150, 60, 30),
            (190, 190, 190),
            (235, 232, 225),
        ]
    )
    / 255
)
BONES = dict(
    head=('head', 'neck_01'),
    arm_left=('upperarm_l', 'lowerarm_l', 'hand_l', 'thumb', 'index', 'middle', 'ring', 'pinky'),
    legs=('thigh', 'calf', 'foot', 'ball'),
)


class Body:
    """The mesh at rest, decimetres, its groups, rig and weights."""

    def __init__(self, shared):
        self.folder = f'{shared}/data/bodies/makehuman'
        V, self.group, of = [], {}, None
        with open(f'{self.folder}/base.obj') as f:
            for line in f:
                kind, *rest = line.split() or ['']
                if kind == 'v': V.append([float(x) for x in rest[:3]])
                elif kind == 'g': of = self.group.setdefault(rest[0], [])
                elif kind == 'f': of.append([int(t.split('/')[0])-1 for t in rest])
        self.V, self.group = np.array(V), {k: np.array(F) for k, F in self.group.items()}
        with open(f'{self.folder}/rig.game_engine.json') as f: self.rig = json.load(f)
        with open(f'{self.folder}/weights.game_engine.json') as f: weights = json.load(f)['weights']
        self.bones = list(self.rig)
        self.W = np.zeros((len(V), len(self.bones)))
        for k, bone in enumerate(self.bones):
            at = np.array(weights.get(bone) or np.zeros((0, 2)))
            self.W[at[:, 0].astype(int), k] = at[:, 1]

    @functools.cache
    def target(self, name):
        """Offsets [n, 3] of a shape target."""
        D = np.zeros_like(self.V)
        with gzip.open(f'{self.folder}/targets/macrodetails/{name}.target.gz', 'rt') as f:
            rows = np.array([[float(x) for x in l.split()] for l in f if l.strip() and l[0] != '#'])
        if len(rows): D[rows[:, 0].astype(int)] = rows[:, 1:]  # the middle of all is the base itself
        return D

    def shaped(self, rng, sex, age):
        """Vertices of a body somewhere between two corners of the shape space."""
        V = self.V.copy()
        share = rng.uniform()
        for part in (share, 1-share):
            muscle, weight = rng.choice(['min', 'average', 'max']), rng.choice(['min', 'average', 'average', 'max'])
            build = f'{muscle}muscle-{weight}weight'
            race = rng.choice(['caucasian', 'asian', 'african'])
            V += part*(self.target(f'{race}-{sex}-{age}')+self.target(f'universal-{sex}-{age}-{build}'))
            if rng.random() < .5:
                V += part*self.target(
                    f'proportions/{sex}-{age}-{build}-{rng.choice(["ideal", "uncommon"])}proportions'
                )
        return V

    def joint(self, V, bone):
        """Where a bone begins."""
        head = self.rig[bone]['head']
        at = (
            np.unique(self.group[head['cube_name']])
            if head['strategy'] == 'CUBE'
            else head['vertex_indices']
            if head['strategy'] == 'MEAN'
            else [head['vertex_index']]
        )
        return V[at].mean(0)

    def posed(self, V, W, turns):
        """Vertices, the body's and perhaps more behind them, of weights W, with bones turned: {bone: Rotation about
        its beginning, in the axes of the rest pose}."""
        M = {}
        def matrix(bone):
            if bone not in M:
                parent, at = self.rig[bone]['parent'], self.joint(V, bone)
                own = np.eye(4)
                if bone in turns: own[:3, :3] = turns[bone].as_matrix()
                own[:3, 3] = at-own[:3, :3]@at
                M[bone] = (matrix(parent) if parent else np.eye(4))@own
            return M[bone]
        A = np.stack([matrix(b) for b in self.bones])[:, :3]
        T = np.einsum('nb,bij->nij', W, A)
        return np.einsum('nij,nj->ni', T[..., :3], V)+T[..., 3]


@functools.cache
def body(shared): return Body(shared)


def pose(rng):
    """Turns of the bones: somebody who stands, and does something with the arms."""
    turns, deg = {}, lambda axis, a: Rotation.from_rotvec(np.radians(a)*np.array(axis, float))
    turns['head'] = deg((0, 1, 0), rng.normal()*14)*deg((1, 0, 0), rng.normal()*7)
    turns['spine_02'] = deg((0, 1, 0), rng.normal()*6)*deg((1, 0, 0), rng.normal()*4)
    alike, kind = rng.random() < .5, None
    stride = rng.normal()*14 if rng.random() < .4 else 0
    for side, s in (('l', 1), ('r', -1)):
        if kind is None or not alike:
            kind = rng.choice(['down', 'down', 'down', 'rest', 'bent', 'bent', 'hips', 'out', 'up', 'fore'])
        # At rest the arms hang out by about 45 degrees.
        lift, forth, bend = dict(
            down=(-35, 0, 8),
            rest=(-5, 0, 10),
            bent=(-32, 15, 80),
            hips=(-8, -25, 95),
            out=(42, 0, 5),
            up=(105, 0, 30),
            fore=(-30, 70, 15),
        )[kind]
        lift, forth, bend = lift+rng.normal()*7, forth+rng.normal()*10, max(bend+rng.normal()*12, 0)
        turns[f'upperarm_{side}'] = deg((1, 0, 0), -forth)*deg((0, 0, 1), s*lift)
        axis = (-1, 0, 0) if kind != 'hips' else (-.2, -s, 0)
        turns[f'lowerarm_{side}'] = deg(axis, bend)
        turns[f'thigh_{side}'] = deg((1, 0, 0), -s*stride)*deg((0, 0, 1), s*rng.uniform(-4, 7))
        turns[f'calf_{side}'] = deg((1, 0, 0), max(s*stride, 0)*1.2+abs(rng.normal())*3)
    return turns


def normals(V, F):
    N = np.zeros_like(V)
    cross = np.cross(V[F[:, 1]]-V[F[:, 0]], V[F[:, 2]]-V[F[:, 0]])
    for k in range(3): np.add.at(N, F[:, k], cross)
    return N/np.maximum(np.linalg.norm(N, axis=1, keepdims=True), 1e-9)


def quads(F): return np.concatenate([F[:, :3], F[:, [0, 2, 3]]]) if F.shape[1] == 4 else F


def folds(V, rng, count):
    """A sum of plane waves at points, about -1..1."""
    k = rng.normal(size=(count, 3))*rng.uniform(1.5, 5, (count, 1))
    return np.sin(V@k.T+rng.uniform(0, 6.3, count)).mean(1)*2


def dye(rng):
    """The sRGB colour of a cloth."""
    if rng.random() < .35: return np.full(3, rng.choice([.07, .12, .3, .55, .85, .95]))*rng.uniform(.9, 1.05, 3)
    return rgb(np.array([[rng.random(), rng.uniform(.25, .9), rng.uniform(.15, .95)]]))[0]


def shares(body, W):
    """{slot: [n]}: how far each slot's bones move each vertex."""
    def slot(bone):
        for name, stems in (('head', BONES['head']), ('legs', BONES['legs']), ('arm_left', BONES['arm_left'])):
            if bone.startswith(tuple(s.removesuffix('_l') for s in stems)):
                return 'arm_right' if name == 'arm_left' and bone.endswith('_r') else name
        return 'torso'
    names = [slot(b) for b in body.bones]
    return {k: W[:, [n == k for n in names]].sum(1) for k in ('torso', 'head', 'legs', 'arm_left', 'arm_right')}


def slots_of(body):
    """The slot of each vertex, by the bones that move it most."""
    share = shares(body, body.W)
    return np.array(list(share))[np.stack(list(share.values()), 1).argmax(1)]


def dressed(B, V, rng, sex):
    """Vertices in clothes and their sRGB colours [n, 3], at rest, the colour of the hair, and that of a skirt or
    None."""
    F, at = quads(B.group['body']), lambda bone: B.joint(V, bone)
    skin_tones = np.array([(243, 208, 180), (224, 172, 140), (198, 134, 96), (150, 94, 62), (100, 62, 42)])/255
    C = np.tile(skin_tones[rng.integers(5)]*rng.uniform(.93, 1.05), (len(V), 1))
    C *= 1+.05*folds(V, rng, 6)[:, None]
    slot, y, N = slots_of(B), V[:, 1], normals(V, F)
    thick, out = np.zeros(len(V)), np.isin(np.arange(len(V)), np.unique(F))
    neck, waist, knee, ankle = at('neck_01')[1], at('spine_01')[1], at('calf_l')[1], at('foot_l')[1]
    reach = np.zeros(len(V))  # along an arm: 0 at the shoulder, 1 at the elbow, 2 at the wrist
    for side in 'lr':
        a, b, c = at(f'upperarm_{side}'), at(f'lowerarm_{side}'), at(f'hand_{side}')
        on = slot == ('arm_left' if side == 'l' else 'arm_right')
        along = lambda p, q: np.clip((V-p)@(q-p)/((q-p)@(q-p)), 0, 1)
        reach[on] = (along(a, b)+along(b, c))[on]
    wear = lambda on, colour, by, fold: (
        C.__setitem__(on, colour),
        thick.__setitem__(on, by*(1+fold*folds(V, rng, 8)[on])),
    )
    shirt, trousers = dye(rng), dye(rng)
    hem = waist-rng.uniform(-.2, 1.2)
    skirt = sex == 'female' and rng.random() < .35
    length = (
        rng.choice([ankle-.2, ankle-.2, ankle+.4, knee+rng.uniform(-.6, 1)])
        if not skirt
        else knee+rng.uniform(-2, 3)
    )
    wear(
        out & ((slot == 'legs') | (slot == 'torso')) & (y < hem+0.3) & (y > length),
        trousers,
        rng.uniform(.03, .12),
        .5,
    )
    sleeve = rng.choice([.25, .45, 1.1, 1.9, 1.97, 2.])
    collar = neck+rng.uniform(-.5, .35)
    wear(
        out
        & ((slot == 'torso') & (y > hem) | np.char.startswith(slot, 'arm') & (reach < sleeve) & (reach < 1.98))
        & (y < collar+.25*np.abs(V[:, 0])),
        shirt,
        rng.uniform(.04, .16),
        .5,
    )
    if rng.random() < .35:  # an open jacket, or a tie, or a print
        middle = out & (np.abs(V[:, 0]) < rng.uniform(.1, .5)) & (V[:, 2] > 0) & (slot == 'torso') & (y > hem)
        C[middle] = dye(rng)
    if rng.random() < .2:  # stripes
        band = out & (thick > 0) & (y > hem) & (np.sin(y*rng.uniform(3, 9)) > .2)
        C[band] = dye(rng)
    if rng.random() < .5: wear(out & (slot == 'legs') & (y < ankle+rng.choice([.1, .25, 1.2])), dye(rng)*.6, .08, .1)
    lips = out & (np.linalg.norm((V-V[np.unique(B.group['joint-mouth'])].mean(0))/[.28, .1, .25], axis=1) < 1)
    C[lips] = C[lips]*[.85, .55, .55]
    shade = HAIR_COLOURS[rng.integers(len(HAIR_COLOURS))]*rng.uniform(.85, 1.15)
    for side in 'lr':
        eye = V[np.unique(B.group[f'helper-{side}-eye'])].mean(0)
        d = (V-eye-[0, .19, .1])/[.26, .05, .4]
        C[out & (np.linalg.norm(d, axis=1) < 1)] = shade*.8
        ball = np.unique(B.group[f'helper-{side}-eye'])
        front = V[ball][:, 2]-V[ball][:, 2].max()
        C[ball] = np.where((front > -.05)[:, None], rng.choice([.04, .08]), .93)
    return V+N*thick[:, None], C, shade, trousers if skirt else None


def scalp(B, V, rng):
    """Triangles of the body where hair grows short."""
    F, slot = quads(B.group['body']), slots_of(B)
    at, head = B.joint(V, 'head'), slot == 'head'
    front = V[:, 2]-at[2]+.2
    # from the brow to the neck
    line = at[1]+(V[head, 1].max()-at[1])*(rng.uniform(.62, .75)+.28*front.clip(0, .5)+.5*front.clip(-1.4, 0))
    return F[(head & (V[:, 1] > line))[F].all(1)]


def locks(B, V, rng):
    """Triangles of the helper mesh of long hair that do not hang into the face, down to some length."""
    H = quads(B.group['helper-hair'])
    middle, eyes = V[H].mean(1), V[np.unique(B.group['helper-l-eye'])].mean(0)
    low = rng.uniform(V[np.unique(H), 1].min()-.5, B.joint(V, 'head')[1])
    face = (middle[:, 2] > eyes[2]-.8) & (middle[:, 1] < eyes[1]+.75) & (np.abs(middle[:, 0]) < rng.uniform(.7, 1.1))
    return H[(middle[:, 1] > low) & ~face]


def by_slot(B):
    """{slot: triangles} of the body and its eyes."""
    F, of = quads(B.group['body']), slots_of(B)
    of = of[F]
    of = np.where(of[:, 1] == of[:, 2], of[:, 1], of[:, 0])
    faces = {name: F[of == name] for name in np.unique(of)}
    faces['head'] = np.concatenate([faces['head'], *(quads(B.group[f'helper-{side}-eye']) for side in 'lr')])
    return faces


def toy(B, V, W, rng):
    """The body at rest with a toy's proportions: a large head, short legs and arms, plump all over."""
    head, torso, legs, arms = rng.uniform(1.5, 2.3), rng.uniform(.75, .95), rng.uniform(.4, .6), rng.uniform(.6, .8)
    plump, sink = rng.uniform(1.1, 1.4), rng.uniform(.4, .7)  # toys have no neck
    hip, neck = B.joint(V, 'pelvis'), B.joint(V, 'neck_01')
    tall, wide = np.array([0, 1, 0]), np.array([1, 0, 1])
    ground = V[np.unique(B.group['body']), 1].min()*tall
    top = lambda p: ground+(hip-ground)*legs+(p-hip)*torso  # where a point of the spine goes
    moves = dict(  # slot: a point at rest, where it goes, and what grows about it
        legs=(hip, top(hip), legs*tall+plump*wide),
        torso=(hip, top(hip), torso*tall+plump*wide),
        head=(neck, top(neck)-sink*tall, head*(tall+1.2*wide)),
    )
    for side, slot in (('l', 'arm_left'), ('r', 'arm_right')):
        at = B.joint(V, f'upperarm_{side}')
        moves[slot] = at, top(at*(1-wide)+hip*wide)+(at-hip)*wide*plump, np.full(3, arms)
    share = shares(B, W)
    return sum(share[slot][:, None]*(to+(V-at)*grows) for slot, (at, to, grows) in moves.items())


def drawn(shared, rng):
    """A person at rest: vertices, their weights and colours, {slot: triangles}; the turns of the pose, and who it is
    as a path."""
    B, sex, age = body(shared), rng.choice(['male', 'female']), rng.choice(AGES, p=[.25, .55, .2])
    V, C, shade, skirt = dressed(B, B.shaped(rng, sex, age), rng, sex)
    hair, faces, W = rng.choice(HAIRS, p=[.5, .4, .1] if sex == 'male' else [.3, .68, .02]), by_slot(B), B.W
    if skirt is not None:
        S = quads(B.group['helper-skirt'])
        C[np.unique(S)] = skirt
        low = B.joint(V, 'calf_l')[1]+rng.uniform(-2.5, 3)
        faces['legs'] = np.concatenate([faces['legs'], S[V[S][..., 1].max(1) > low]])
    if hair != 'bald':
        H = scalp(B, V, rng)
        k, F = np.unique(H, return_inverse=True)
        lift = rng.uniform(.06, .3)*(1+.4*folds(V[k], rng, 6)[:, None])
        faces['hair'] = F.reshape(-1, 3)+len(V)
        V, C, W = (
            np.concatenate([V, V[k]+normals(V, quads(B.group['body']))[k]*lift]),
            np.concatenate([C, np.tile(shade, (len(k), 1))]),
            np.concatenate([W, W[k]]),
        )
    if hair == 'long':
        L = locks(B, V, rng)
        C[np.unique(L)] = shade
        faces['hair'] = np.concatenate([faces['hair'], L])
    who = dict(
        child=dict(male='Boy', female='Girl'),
        young=dict(male='Man', female='Woman'),
        old=dict(male='OldMan', female='OldWoman'),
    )[age][sex]
    return V, W, C, faces, pose(rng), f'{who}/{hair}'


def posed(shared, V, W, C, faces, turns):
    """Parts {slot: (V, F, C linear)} of a person at rest, decimetres, once its bones are turned."""
    V, parts = body(shared).posed(V, W, turns), {}
    for name, F in faces.items():
        k, F = np.unique(F, return_inverse=True)
        if len(k): parts[name] = V[k], F.reshape(-1, 3), linear(C[k].clip(0, 1))
    return parts


def person(shared, rng):
    """Parts of a realistic person, as `posed` gives them, and who it is as a path."""
    *figure, who = drawn(shared, rng)
    return posed(shared, *figure), f'makehuman/{who}'


def pair(shared, rng):
    """A person as `person` gives it, and the same one in the same clothes and pose with a toy's proportions."""
    V, W, *rest, who = drawn(shared, rng)
    small = toy(body(shared), V, W, rng)
    return [
        (posed(shared, V, W, *rest), f'makehuman/{who}'),
        (posed(shared, small, W, *rest), f'makehuman/Chibi{who}'),
    ]
