"""Pictures and ground truth of the models that nothing learns from.

    python -m evaluate.models SET outsiders|development [--shared ../../shared]      (run in training/)

`outsiders`: models by artists nothing was ever trained or chosen on. `development`: whole packs left out of training,
on which choices are made. SET/front.tsv lists the pictures (yaw -35 to 35 degrees, pitch 0 to 15, fixed by a seed)
with their ground truth, kind and camera; SET/sides.tsv the side and back pictures, which figures are scored by;
SET/<id>_right.png is a further view to make them of. Models whose front nobody could tell are left out.
"""
import argparse, csv, os, sys
import numpy as np
from PIL import Image

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from data.figures import DEVELOPMENT, TURN, model
from data.raster import Camera, random_light, render


def chosen(shared, which):
    with open(f'{shared}/data/models/models.tsv') as f: rows = list(csv.DictReader(f, delimiter='\t'))
    test = (
        (lambda r: r['use'] == 'outsider')
        if which == 'outsiders'
        else (lambda r: r['use'] == 'train' and r['pack'] in DEVELOPMENT)
    )
    return [r for r in rows if test(r) and r['front'] in TURN]


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument('set')
    a.add_argument('which', choices=['outsiders', 'development'])
    a.add_argument('--shared', default='../../shared')
    a = a.parse_args()
    sys.path[:0] = [f'{a.shared}/data/tools', f'{a.shared}/eval']
    import floors, meshload, pose
    os.makedirs(a.set, exist_ok=True)
    with open(f'{a.set}/front.tsv', 'w') as front, open(f'{a.set}/sides.tsv', 'w') as sides:
        front.write('id\tfile\tgt\tkind\ttrue_yaw\ttrue_pitch\n'), sides.write('id\tfile\tyaw\tout\tview\tkind\n')
        for n, r in enumerate(chosen(a.shared, a.which)):
            rng, name = np.random.default_rng([17, n]), r['identity'].replace('/', '_')+f'_{n:02d}'
            try: V, F, C, _ = model(meshload, pose, f"{a.shared}/data/models/{r['file']}", r['front'])
            except Exception as e:
                print('left out', name, repr(e)[:80])
                continue
            floors.write_glb(f'{a.set}/{name}.glb', dict(body=(V, F, C)))
            yaw, pitch = rng.uniform(-35, 35), rng.uniform(0, 15)
            views = dict(side=(-90, 5), back=(180, 5), right=(90, 5))
            for view, (y, p) in (('', (yaw, pitch)), *((f'_{k}', v) for k, v in views.items())):
                im = render(V[F], C[F], Camera(y, p, 25), random_light(rng), 512)
                im = np.pad(im, ((24, 24), (24, 24), (0, 0)))
                Image.fromarray((im*255+.5).astype(np.uint8), 'RGBA').save(f'{a.set}/{name}{view}.png')
                if view in ('_side', '_back'):
                    sides.write(f'{name}{view}\t{name}{view}.png\t{y}\t{name}\t{view[1:]}\t{r["kind"]}\n')
            front.write(f'{name}\t{name}.png\t{name}.glb\t{r["kind"]}\t{yaw:.1f}\t{pitch:.1f}\n')
    print(a.set, 'written')


if __name__ == '__main__': main()
