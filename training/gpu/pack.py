"""Pack figures small enough to travel to a lent GPU: shards of data/figures.py, compressed, up to a number of
megabytes.

    python -m gpu.pack POOL runs/pack --megabytes 30      (run in training/)

Characters and models are packed in turn, small figures first within a shard; solids and creatures are not, for they
are made there.
"""
import argparse, glob, os, sys
import numpy as np

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
KINDS = ('characters', 'models', 'held', 'development')
MOST = 9000  # triangles of a figure worth its bytes


def subset(z, keep):
    """The figures `keep` of a shard."""
    out = {k: [] for k in ('vertex', 'colour', 'face', 'slot')}
    vertices, faces = [0], [0]
    for i in keep:
        v, f = slice(*z['first_vertex'][i:i+2]), slice(*z['first_face'][i:i+2])
        for k, at in (('vertex', v), ('colour', v), ('face', f), ('slot', f)): out[k].append(z[k][at])
        vertices.append(vertices[-1]+v.stop-v.start), faces.append(faces[-1]+f.stop-f.start)
    arrays = {k: np.concatenate(v) for k, v in out.items()}
    return dict(
        arrays,
        first_vertex=np.array(vertices),
        first_face=np.array(faces),
        **{k: z[k][keep] for k in ('name', 'labelled', 'fronted')},
    )


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument('pool')
    a.add_argument('out')
    a.add_argument('--megabytes', type=float, default=30)
    a = a.parse_args()
    os.makedirs(a.out, exist_ok=True)
    shards = {k: sorted(glob.glob(f'{a.pool}/{k}_*.npz')) for k in KINDS}
    order = [s for row in range(max(map(len, shards.values()))) for s in (shards[k][row:row+1] for k in KINDS)]
    size = figures = 0
    for path in sum(order, []):
        z = dict(np.load(path))
        keep = np.flatnonzero(np.diff(z['first_face']) <= MOST)
        if 'held' in path or 'development' in path: keep = keep[:48]
        to = os.path.join(a.out, os.path.basename(path))
        np.savez_compressed(to, **subset(z, keep))
        if size+os.path.getsize(to) > a.megabytes*1e6:
            os.remove(to)
            break
        size, figures = size+os.path.getsize(to), figures+len(keep)
    print(a.out, figures, 'figures', f'{size/1e6:.1f} MB')


if __name__ == '__main__': main()
