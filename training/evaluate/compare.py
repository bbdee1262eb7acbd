"""Make and score figurines of a set (of evaluate.models or evaluate.figurines), one column a way of making them.

    # SET/NAME/<id>.glb of each picture of front.tsv
    python -m evaluate.compare SET make NAME --gen3d BINARY [--views left back] [--flags '..']
    # inflated outlines, cardboard, mannequins
    python -m evaluate.compare SET floors
    python -m evaluate.compare SET table NAME .. [--against OTHER ..]          # medians, won and lost, by kind

Scores are those of ../shared/eval/score.py, kept in SET/NAME.json until the folder's figurines change.
"""
import argparse, collections, csv, json, os, subprocess, sys
import numpy as np

LINES = ['likeness', 'side_back', 'iou', 'f02', 'f05', 'vol_iou', 'part_iou', 'part_f05', 'healthy', 'penetration']
WON = dict(likeness=.3, side_back=.3, f05=.003, vol_iou=.003)  # by how much one must be better to have won


def rows(path):
    with open(path) as f: return list(csv.DictReader(f, delimiter='\t'))


def scored(a, name):
    """{id: {measure: value}} of a way of making figurines, the sides' likeness among them."""
    path, folder = f'{a.set}/{name}.json', f'{a.set}/{name}'
    newest = max([os.path.getmtime(os.path.join(folder, f)) for f in os.listdir(folder)], default=0)
    if not os.path.exists(path) or os.path.getmtime(path) < newest:
        sys.path.insert(0, f'{a.shared}/eval')
        import score
        front = score.score_set(f'{a.set}/front.tsv', folder, True)
        sides = score.score_set(f'{a.set}/sides.tsv', folder, True, ('image',))
        with open(path, 'w') as f: json.dump(dict(front=front, sides=sides), f)
    with open(path) as f: both = json.load(f)
    out = {r['id']: dict(r) for r in both['front']['rows']}
    side = collections.defaultdict(list)
    for r, line in zip(both['sides']['rows'], rows(f'{a.set}/sides.tsv')): side[line['out']].append(r['likeness'])
    for i, v in side.items():
        if i in out: out[i]['side_back'] = float(np.mean(v))
    return out


def table(a):
    ways = {name: scored(a, name) for name in a.names}
    kinds = {r['id']: r.get('kind') or 'figure' for r in rows(f'{a.set}/front.tsv')}
    print('| medians | '+' | '.join(LINES)+' |\n|'+'---|'*(len(LINES)+1))
    for name, of in ways.items():
        median = lambda k: (
            np.median([r[k] for r in of.values() if k in r]) if any(k in r for r in of.values()) else float('nan')
        )
        print(f'| {name} | '+' | '.join(f'{median(k):.3g}' for k in LINES)+' |')
    for other in a.against:
        for name in a.names:
            if name == other: continue
            of, than = ways[name], scored(a, other)
            text = []
            for k, least in WON.items():
                d = [of[i][k]-than[i][k] for i in of if i in than and k in of[i] and k in than[i]]
                text.append(f'{k} {sum(x > least for x in d)}:{sum(x < -least for x in d)}')
            print(f'{name} against {other}: '+', '.join(text))
    print('\n| F@.05 by kind | '+' | '.join(a.names)+' |\n|'+'---|'*(len(a.names)+1))
    for kind in sorted(set(kinds.values())):
        ids = [i for i in kinds if kinds[i] == kind]
        print(
            f'| {kind} ({len(ids)}) | '
            + ' | '.join(
                f"{np.median([ways[n][i].get('f05', 0) for i in ids if i in ways[n]] or [0]):.3f}" for n in a.names
            )
            + ' |'
        )


def make(a):
    os.makedirs(f'{a.set}/{a.names[0]}', exist_ok=True)
    for r in rows(f'{a.set}/front.tsv'):
        out = f"{a.set}/{a.names[0]}/{r['id']}.glb"
        view = lambda side: f"{a.set}/{r['id']}_{'side' if side == 'left' else side}.png"
        views = [word for side in a.views for word in (f'--{side}', view(side))]
        subprocess.run(
            [a.gen3d, f"{a.set}/{r['file']}", *views, '-o', out, '--quiet', '--no-cache', '--force', *a.flags],
            check=False,
        )


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument('set')
    a.add_argument('what', choices=['make', 'floors', 'table'])
    a.add_argument('names', nargs='*')
    a.add_argument('--against', nargs='*', default=['inflated'])
    a.add_argument('--gen3d', default='../target/release/gen3d')
    a.add_argument('--flags', type=str.split, default=[])
    a.add_argument('--views', nargs='*', default=[], choices=['left', 'right', 'back'], help='further views')
    a.add_argument('--shared', default='../../shared')
    a = a.parse_args()
    if a.what == 'floors':
        subprocess.run([sys.executable, f'{a.shared}/eval/floors.py', 'make', f'{a.set}/front.tsv', a.set], check=True)
    else: dict(make=make, table=table)[a.what](a)


if __name__ == '__main__': main()
