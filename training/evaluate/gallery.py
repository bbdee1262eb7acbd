"""Draw the pictures of assets/GALLERY.md: what is done for who prints, moves and shows a figurine.

    python -m evaluate.gallery FOLDER [--gen3d BINARY] [--browser chromium] [--shared ../../shared] [--only NAME,NAME]

Blender's window takes blender and xvfb-run; bones and what is drawn of a .usdz take a Python with Blender as a module,
which .ci/judges installs.
"""
import argparse, os, shutil, subprocess, tempfile
import numpy as np
from PIL import Image, ImageDraw
from evaluate.showcase import WAVING, browsed, opened, path_of, strip

TILE = 240, 300


def preview(a, folder, words, *flags, out='x.stl'):
    """The preview of a figurine of photos (names in the shared folder, or paths), or of words with a space, and what
    was said."""
    picture = os.path.join(folder, 'x.png')
    run = subprocess.run(
        [
            a.gen3d, *[word if ' ' in word else path_of(a, word) for word in words], *flags,
            '-o', os.path.join(folder, out),
            '--preview', picture, '--no-cache', '-v',
        ],
        check=True, capture_output=True, text=True,
    )
    told = ('orient', 'hollow:', 'lean', 'strut', 'moved', 'filaments:')
    notes = [line for line in run.stderr.splitlines() if any(w in line for w in told)]
    print(*words, *flags, *notes, sep='\n    ')
    return Image.open(picture).convert('RGB')


def stl(path):
    """Triangles [n, 3, 3], millimetres, +Z up, facing -Y."""
    with open(path, 'rb') as f: raw = f.read()
    return np.frombuffer(raw, np.dtype([('n', '<3f4'), ('v', '<9f4'), ('a', '<u2')]), offset=84)['v'].reshape(-1, 3, 3)


def section(path, size=(480, 600)):
    """What a saw through the middle would show from the left: material is dark."""
    t = stl(path)
    low, high = t.reshape(-1, 3).min(0), t.reshape(-1, 3).max(0)
    x = (low[0]+high[0])/2+.137
    scale = .86*min(size[0]/(high[1]-low[1]), size[1]/(high[2]-low[2]))
    segments = []
    for tri in t[(t[:, :, 0].min(1) < x) & (t[:, :, 0].max(1) > x)]:
        ends = []
        for p, q in zip(tri, np.roll(tri, -1, 0)):
            if (p[0] < x) != (q[0] < x): ends.append((p+(q-p)*(x-p[0])/(q[0]-p[0]))[1:])
        if len(ends) == 2: segments.append(ends)
    s = (np.array(segments)-(low+high)[1:]/2)*[scale, -scale]+np.array(size)/2
    out = Image.new('RGB', size, (222, 224, 226))
    draw = ImageDraw.Draw(out)
    for row in range(size[1]):
        y = row+.5
        cut = s[(s[:, 0, 1] < y) != (s[:, 1, 1] < y)]
        at = np.sort(cut[:, 0, 0]+(y-cut[:, 0, 1])*(cut[:, 1, 0]-cut[:, 0, 0])/(cut[:, 1, 1]-cut[:, 0, 1]))
        for left, right in zip(at[::2], at[1::2]): draw.line((left, row, right, row), fill=(92, 78, 66))
    return out


def net(path, size=(480, 600), yaw=.5):
    """The faces of an .obj with their edges, from the front left."""
    points, faces = [], []
    with open(path) as f:
        for line in f:
            word, *rest = line.split() or ['']
            if word == 'v': points.append([float(v) for v in rest[:3]])
            if word == 'f': faces.append([int(v.split('/')[0])-1 for v in rest])
    p = np.array(points)
    c, s = np.cos(yaw), np.sin(yaw)
    p = p@np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])
    low, high = p.min(0), p.max(0)
    scale = .86*min(size[0]/(high[0]-low[0]), size[1]/(high[1]-low[1]))
    at = (p-(low+high)/2)[:, :2]*[scale, -scale]+np.array(size)/2
    out = Image.new('RGB', size, (222, 224, 226))
    draw = ImageDraw.Draw(out)
    for face in sorted(faces, key=lambda face: p[face, 2].mean()):
        u, v = p[face[1]]-p[face[0]], p[face[2]]-p[face[0]]
        n = np.cross(u, v)
        n /= np.linalg.norm(n)+1e-12
        if n[2] <= 0: continue
        shade = int(120+110*max(0, n@[-.4, .5, .77]))
        draw.polygon([tuple(at[v]) for v in face], fill=(shade, shade, shade-6), outline=(40, 60, 90))
    return out


def window(a, folder):
    """Blender's window while the add-on is used: a figurine that arrived, and an error. Paths in it are of a folder of
    its own."""
    desk = os.path.join(folder, 'desk')
    os.makedirs(desk)
    for name in ['blender/gen3d.py', 'twintails_cut.png']: shutil.copy(f'../examples/{name}', desk)
    subprocess.run(
        [
            'xvfb-run', '-a', '-s', '-screen 0 1280x800x24', 'blender', '--factory-startup', '--enable-event-simulate',
            '--window-geometry', '0', '0', '1280', '800',
            '--python', '../tests/addon_window.py', '--', f'{desk}/gen3d.py',
            a.gen3d, f'{desk}/twintails_cut.png', desk,
        ],
        check=True, capture_output=True, env={**os.environ, 'BLENDER_USER_RESOURCES': f'{desk}/user'}, timeout=300,
    )
    return [Image.open(f'{desk}/{name}.png').convert('RGB') for name in ['made', 'failed']]


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument('out')
    a.add_argument('--gen3d', default='../target/release/gen3d')
    a.add_argument('--browser', default='chromium')
    a.add_argument(
        '--bpy', default='../target/judges/blender/bin/python', help='a Python that has Blender as a module'
    )
    a.add_argument('--shared', default='../../shared')
    a.add_argument('--only', default='', help='strips of these names, with commas between')
    a = a.parse_args()
    os.makedirs(a.out, exist_ok=True)
    dwarf, goblin = 'typical_humanoid_dwarf', 'typical_humanoid_goblin'
    with tempfile.TemporaryDirectory() as folder:
        show = lambda *words, **more: preview(a, folder, [words[0]], *words[1:], **more)
        file = lambda name: os.path.join(folder, name)

        def hollow():
            sawn = []
            walls = [(dwarf, '2mm'), ('popmart_1', '2mm'), ('mushroom_1', '3mm')]
            for words in [(dwarf,), *((photo, '--hollow', wall) for photo, wall in walls)]:
                show(*words)
                sawn.append(section(file('x.stl')))
            return sawn

        def quads():
            nets = []
            for count in ['4000', '16000']:
                show(goblin, '--quads', count, out='x.obj')
                nets.append(net(file('x.obj')))
            return nets+[show(goblin, '--quads', '16000', '--view', '29,5', out='x.obj')]

        strips = {
            'body': lambda: [
                preview(a, folder, [words], '--clay', '--view', view, '--seed', seed, out=out)
                for words, view, seed in [
                    ('a knight with a shield and a sword', '60,15', '3'), ('a robot with a hammer', '-40,12', '2'),
                    ('a dragon', '200,15', '3'),
                ] for out in ['x.glb', 'x.stl']
            ],
            'stands': lambda: [
                show(name, '--clay', '--view', '90,3', *more, out=out)
                for name in ['rabbit_1', 'orangeguy_1']
                for out, more in [('x.glb', []), ('x.stl', []), ('x.stl', ['--base', 'disk'])]
            ],
            'orient': lambda: [
                show(name, '--orient', '--view', view)
                for name, view in [(name, '50,25') for name in (dwarf, goblin, 'popmart_1', 'mushroom_1')]
            ],
            'hollow': hollow,
            'filaments': lambda: [
                show(dwarf, out='x.glb'), *[show(dwarf, '--filaments', n, out='x.3mf') for n in ['2', '4', '8']],
            ],
            'poses': lambda: [
                show(name, '--pose', pose, '--view', '15,8', out='x.glb')
                for name in [goblin, 'typical_humanoid_block_robot'] for pose in ['photo', 'a', 't']
            ],
            'bones': lambda: [
                opened(a, folder, goblin, 'glb'), opened(a, folder, goblin, 'glb', *WAVING),
                opened(a, folder, 'rabbit_2', 'glb', 'RightLowerLeg=60,0,0', 'LeftUpperArm=0,-60,0'),
            ],
            'colours': lambda: [
                show(dwarf, '--texture', more, '--view', '8,5', out='x.glb') for more in ['1024', 'off']
            ]+[show(dwarf, '--clay', '--view', '8,5', out='x.glb')],
            'views': lambda: [show(goblin, '--view', view, *more, out='x.glb') for view, more in [
                ('sheet', []), ('sheet', ['--clay']), ('-60,35', []), ('200,-10', []),
            ]],
            'page': lambda: [browsed(a, folder, name, '30,10') for name in ['tiger_2', dwarf]],
            'plinths': lambda: [
                show(dwarf, '--name', 'ANNA', '--view', '20,10', out='x.3mf'),
                show('popmart_1', '--name', 'Åse & Žofia', '--base', 'hex', '--view', '20,10', out='x.3mf'),
                preview(
                    a, folder, [dwarf, 'mushroom_1', 'popmart_1'],
                    '--together', '--heights', '120,60,100', '--view', '15,10',
                ),
            ],
            'quads': quads,
            'usdz': lambda: [opened(a, folder, photo, 'usdz') for photo in ['tiger_2', dwarf, goblin]],
            'blender': lambda: window(a, folder),
        }
        wide = {'blender': (640, 400), 'page': (300, 300)}
        for name, pictures in strips.items():
            if not a.only or name in a.only.split(','):
                out = os.path.join(a.out, f'{name}.jpg')
                strip(pictures(), wide.get(name, TILE)).save(out, quality=82, optimize=True)


if __name__ == '__main__': main()
