"""Two ways of making figurines of words, as pairs that are judged without knowing which is which.

    python -m evaluate.pairs DIR --a 'gen3d' --b 'gen3d --model NEW.gguf'     makes DIR/pairs_0.png .. and DIR/key.json
    python -m evaluate.pairs DIR --choices 'LRRL=..'                          says how often each was chosen

Each row of a sheet is a prompt: left, then right, each in colour from the front and from behind, and in clay from the
front and in three quarters. Choices are a letter a prompt in order: L, R, or = for neither. The first eight prompts of
a sheet stand in its rows from above.
"""
import argparse, json, os, random, shlex, subprocess, sys
import numpy as np
from PIL import Image, ImageDraw
from evaluate.clay import TILE, shots

PROMPTS = """a knight with a sword and a shield|santa claus|an astronaut|a mermaid|a red dragon|a knight on a horse
a wizard with a purple hat and a staff|a brown bear on a base|a robot|a penguin|a pirate|a blue cat sitting
a woman in a green dress with blonde hair|a king with a golden crown|a green dinosaur|a ghost|a snowman|a mushroom
an octopus|a skeleton|a boy in a yellow shirt and jeans|a witch with a broom|an owl|a viking with an axe
a princess in a pink dress|a frog|a rabbit with a carrot|a monster with one eye|a samurai|an elephant|a pumpkin|a shark
an old man with a white beard|a ninja|an angel with wings|a chef|a yellow duck|a deer|a demon with horns|a spider"""
PROMPTS = [p for line in PROMPTS.split('\n') for p in line.split('|')]
ROWS = 8  # of a sheet


def named(row, text):
    """A row with its prompt above it."""
    page = Image.new('RGB', (row.shape[1], 16), 'white')
    ImageDraw.Draw(page).text((4, 2), text, 'black')
    return np.concatenate([np.asarray(page), row])


def make(a):
    sys.path.insert(0, f'{a.shared}/data/tools')
    import meshload, pose
    R, key, rows, gap = random.Random(a.seed), {}, [], np.full((TILE, 24, 3), 0, np.uint8)
    for n, prompt in enumerate(PROMPTS):
        sides = []
        for way in 'ab':
            out = f'{a.dir}/{n:02d}_{way}.glb'
            line = [*shlex.split(getattr(a, way)), '--prompt', prompt, '-o', out, '--quiet', '--no-cache']
            if not os.path.exists(out): subprocess.run(line)
            sides.append(np.concatenate(shots(meshload, pose, out, [0, 180], [0, -40]), 1))
        key[prompt] = order = R.choice(['ab', 'ba'])
        rows.append(named(np.concatenate([sides['ab'.index(order[0])], gap, sides['ab'.index(order[1])]], 1), prompt))
    for i in range(0, len(rows), ROWS):
        Image.fromarray(np.concatenate(rows[i:i+ROWS])).save(f'{a.dir}/pairs_{i//ROWS}.png')
    with open(f'{a.dir}/key.json', 'w') as f: json.dump(key, f)


def count(a):
    with open(f'{a.dir}/key.json') as f: key = json.load(f)
    assert len(a.choices) == len(key), f'{len(a.choices)} choices for {len(key)} prompts'
    chosen = {p: '=' if c == '=' else order['LR'.index(c)] for (p, order), c in zip(key.items(), a.choices)}
    for way in 'ab=': print(way, sum(c == way for c in chosen.values()), [p for p, c in chosen.items() if c == way])


if __name__ == '__main__':
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument('dir')
    a.add_argument('--a', default='gen3d')
    a.add_argument('--b')
    a.add_argument('--choices')
    a.add_argument('--seed', type=int, default=1)
    a.add_argument('--shared', default='../../shared')
    a = a.parse_args()
    os.makedirs(a.dir, exist_ok=True)
    count(a) if a.choices else make(a)
