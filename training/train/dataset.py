"""Shards of figures in memory, and the augmentation of pictures."""
import glob, json, os, random, struct, zipfile
import numpy as np
import torch
import torch.nn.functional as F
from data import captions
from networks import ROWS
from networks.codec import load_stats, normalise

MEAN, STD = torch.tensor([.485, .456, .406]), torch.tensor([.229, .224, .225])


def shards(folder):
    return sorted(glob.glob(os.path.join(folder, '*.npz')))


def alternating(folders):
    """The shards of several folders in turn, as far as the one with the fewest has any."""
    return [f for turn in zip(*map(shards, folders)) for f in turn]


def parts(folders, held=False):
    """Surface [k, 1024, 9] and query [k, 1536, 7] of every part that has queries, f16 tensors.

    The first shard of each folder is held out of the VAE's training."""
    S, Q = [], []
    for f in [f for d in folders for f in (shards(d)[:1] if held else shards(d)[1:])]:
        with np.load(f) as z:
            if z['query'].shape[1] < 100: continue
            S.append(torch.from_numpy(z['surface'])), Q.append(torch.from_numpy(z['query']))
    return torch.cat(S), torch.cat(Q)


def pictures(rgba, seen=None, augment=True):
    """u8 [b, 128, 128, 4] -> normalised pictures [b, 3, 128, 128] on white, augmented as photos vary; and what their
    cells show (f16 [b, 32, 32, 4], see primitives.draw), moved alike."""
    x = rgba.permute(0, 3, 1, 2).float()/255
    rgb, a, b = x[:, :3], x[:, 3:], len(x)
    if augment:
        u = lambda lo, hi, *s: torch.empty(b, *s, 1, 1, device=x.device).uniform_(lo, hi)
        k = torch.rand(b, 1, 1, 1, device=x.device)
        # a mask a pixel too wide or too tight
        a = torch.where(k < .1, F.max_pool2d(a, 3, 1, 1), torch.where(k > .9, -F.max_pool2d(-a, 3, 1, 1), a))
        rgb = (rgb*u(.75, 1.2, 1)*u(.92, 1.08, 3)+u(-.04, .04, 1))
        grey = rgb.mean(1, keepdim=True)
        rgb = grey+(rgb-grey)*u(.7, 1.2, 1)
        rgb = (rgb.clamp(0, 1)+1e-4)**u(.8, 1.25, 1)
        soft = F.avg_pool2d(rgb, 3, 1, 1, count_include_pad=False)
        rgb = rgb+(soft-rgb)*u(-.3, .9, 1)+torch.randn_like(rgb)*u(0, .04, 1)
        for n in (5, 14, 32):  # folds, dirt and light from everywhere
            noise = F.interpolate(
                torch.randn(b, 1, n, n, device=x.device), rgb.shape[2:], mode='bilinear', align_corners=False
            )
            rgb = rgb*(1+noise*u(0, .14, 1)*(torch.rand(b, 1, 1, 1, device=x.device) < .5))
    y = (rgb*a+1-a).clamp(0, 1)
    if augment:  # a shift of a few pixels and a little zoom, as crops of real masks have
        t = torch.zeros(b, 2, 3, device=x.device)
        s = torch.empty(b, device=x.device).uniform_(.93, 1.07)
        t[:, 0, 0] = t[:, 1, 1] = s
        t[:, :, 2] = torch.empty(b, 2, device=x.device).uniform_(-.05, .05)
        y = 1-F.grid_sample(1-y, F.affine_grid(t, y.shape, align_corners=False), align_corners=False)
        if seen is not None:
            grid = F.affine_grid(t, (b, 4, *seen.shape[1:3]), align_corners=False)
            seen = F.grid_sample(seen.permute(0, 3, 1, 2).float(), grid, mode='nearest', align_corners=False).permute(
                0, 2, 3, 1
            )
    return (y-MEAN.to(x.device)[:, None, None])/STD.to(x.device)[:, None, None], seen


PHOTOS = 2  # the first pictures of a figure, from anywhere in front; then come the views left, right and back, if any


def mapped(path, key):
    """An array of a shard, read from the file where it is used: the workers share one copy of it, which the system may
    drop."""
    with zipfile.ZipFile(path) as z: start = z.getinfo(key+'.npy').header_offset
    # np.savez stores arrays as they are, each behind a local header that ends in a name and an extra field
    with open(path, 'rb') as f:
        f.seek(start+26)
        f.seek(sum(struct.unpack('<HH', f.read(4))), os.SEEK_CUR)
        np.lib.format.read_magic(f)
        shape, _, kind = np.lib.format.read_array_header_1_0(f)
        return torch.from_numpy(np.memmap(path, kind, 'c', f.tell(), shape))


def watches(i):
    """Whether figure i only watches the loss."""
    return i % 40 == 7


class Figures:
    """Latents [10, 5, 64], pictures u8 [pictures, 128, 128, 4], what they show f16 [pictures, 32, 32, 4] and facts
    (see captions.py) of every figure that train.encode has encoded; `share` of a batch comes from the characters;
    `toys`: of some the number of the same one with a toy's proportions; `kinds`: the grammar's by what they are;
    `roles`: those of them that have one; `hatted`: those with something on the head. Every 40th figure only watches
    the loss."""

    def __init__(self, run, share):
        self.run, self.share, self.stats = run, share, load_stats(run)
        self.x, self.images, self.seen, self.facts, self.known, self.groups, self.held = (
            [],
            [],
            [],
            [],
            set(),
            ([], []),
            [],
        )
        self.is_character, self.toys, self.kinds, self.roles, self.hatted = set(), {}, {}, [], []
        self.around, self.words, self.R = ([], []), captions.load_words(run), random.Random(5)
        self.grow()

    def grow(self):
        """Load the shards that train.encode has added."""
        with open(os.path.join(self.run, 'shards.tsv')) as f: lines = [l.rstrip('\n').split('\t') for l in f]
        for latents, shard in lines:
            if latents in self.known: continue
            self.known.add(latents)
            x = torch.from_numpy(np.load(latents))
            there = x[:, :, ROWS, 6] > 0
            x[there] = normalise(x[there], self.stats)
            with np.load(shard) as z:
                if 'toy' in z.files:
                    self.toys |= {
                        len(self.x)+i: len(self.x)+int(j)
                        for i, j in enumerate(z['toy'])
                        if j >= 0 and not watches(len(self.x)+j)
                    }
            images, seen = mapped(shard, 'image'), mapped(shard, 'seen')
            with open(os.path.join(self.run, 'captions', os.path.basename(latents)[:-4]+'.json')) as f:
                self.facts += json.load(f)
            for k in range(len(x)):
                kind = 'chars' in os.path.basename(shard)
                group = self.held if watches(len(self.x)) else self.groups[kind]
                group.append(len(self.x))
                if kind: self.is_character.add(len(self.x))
                elif group is not self.held:
                    self.kinds.setdefault(captions.kind_of(self.facts[len(self.x)]), []).append(len(self.x))
                    if captions.has_role(self.facts[len(self.x)]): self.roles.append(len(self.x))
                    if any(map(captions.is_hat, self.facts[len(self.x)]['words'])): self.hatted.append(len(self.x))
                if group is not self.held and images.shape[1] == PHOTOS+3: self.around[kind].append(len(self.x))
                self.x.append(x[k].half()), self.images.append(images[k]), self.seen.append(seen[k])

    @torch.autocast('cpu', enabled=False)  # it knows no f16
    def pick(self, ids, view=None):
        """Latents [b, 10, 5, 64], and a picture each with what it shows: the one of that number, or any photo."""
        views = [torch.randint(PHOTOS, ()) if view is None else view for i in ids]
        stack = lambda of: torch.stack([of[i][v] for i, v in zip(ids, views)])
        return torch.stack([self.x[i] for i in ids]).float(), stack(self.images), stack(self.seen).float()

    def choose(self, n, groups=None, share=None):
        """n figures at random; `groups`: from these instead of all, `share`: so many characters instead of as in any
        batch."""
        groups = groups or self.groups
        share = (self.share if share is None else share) if groups[1] else 0.
        return [g[int(torch.randint(len(g), ()))] for g in (groups[int(torch.rand(()) < share)] for _ in range(n))]

    def batch(self, n): return self.pick(self.choose(n))

    def captions(self, ids):
        """A new caption of each figure, some of a word or two."""
        return [captions.sentence(self.facts[i], self.R, self.R.choice((.9, .75, .5, .1))) for i in ids]

    def rows(self, texts):
        """Texts as rows of the word table [b, length]."""
        return torch.tensor([captions.ids(text, self.words) for text in texts])
