"""New colours for a figure, one for each of its distinct colours."""
import numpy as np
from data.colour import linear, srgb


def hsv(c):
    """[n,3] sRGB -> hue, saturation, value, all 0..1"""
    v, low = c.max(1), c.min(1)
    d = np.maximum(v-low, 1e-9)
    r, g, b = c.T
    h = np.where(v == r, (g-b)/d % 6, np.where(v == g, (b-r)/d+2, (r-g)/d+4))/6
    return np.stack([h, (v-low)/np.maximum(v, 1e-9), v], 1)


def rgb(c):
    """the inverse of hsv"""
    k = (np.array([5, 3, 1])+c[:, :1]*6) % 6
    return c[:, 2:]*(1-c[:, 1:2]*np.clip(np.minimum(k, 4-k), 0, 1))


def recolour(parts, sort, tones, rng):
    """another colour for each distinct colour of a figure {slot: (V, F, C linear)}: near shades move together, eyes
    stay, people's skin (the head's commonest colour) becomes one of `tones` (sRGB 0..255). sort: people, animals or
    monsters"""
    colour = srgb(np.concatenate([p[2] for p in parts.values()]).clip(0, 1))
    slot = np.repeat(list(parts), [len(p[2]) for p in parts.values()])
    # clusters: the commonest colour leads all that are near, so that the shades of one cloth move together
    coarse, group = np.unique((colour*24).round(), axis=0, return_inverse=True)
    coarse, group = coarse/24, group.reshape(-1)
    weight = np.bincount(group)
    leader = np.full(len(coarse), -1)
    for i in np.argsort(-weight):
        if leader[i] < 0: leader[(leader < 0) & (np.abs(coarse-coarse[i]).max(1) < .09)] = i
    double = lambda V, F: np.linalg.norm(np.cross(V[F[:, 1]]-V[F[:, 0]], V[F[:, 2]]-V[F[:, 0]]), axis=1)
    area = np.concatenate(
        [np.bincount(F.reshape(-1), np.repeat(double(V, F), 3), len(V)) for V, F, _ in parts.values()]
    )
    share, face = (
        np.bincount(leader[group], area, len(coarse))/area.sum(),
        np.bincount(leader[group], area*(slot == 'head'), len(coarse)),
    )
    out = colour.copy()
    for i in np.unique(leader):
        k = leader[group] == i
        h, s, v = hsv(coarse[i:i+1])[0]
        if sort == 'people' and i == face.argmax() and s > .1:  # skin
            if rng.random() < .7:
                tone = tones[rng.integers(len(tones))]/255.*rng.uniform(.92, 1.05)
                out[k] = colour[k]*(tone/np.maximum(colour[k & (slot == 'head')].mean(0), .02))
            continue
        if (share[i] < .015 and s < .2) or rng.random() < .2: continue  # eyes, teeth, buttons; and some as they were
        new = hsv(colour[k])
        new[:, 0] = (new[:, 0]+(rng.uniform(0, 1) if sort != 'animals' else rng.normal()*.04)) % 1
        # dye grey cloth
        if s < 0.15 and sort != 'animals' and rng.random() < 0.4:
            new[:, 0], new[:, 1] = rng.random(), rng.uniform(.3, .9)
        target = v if v > .25 and rng.random() < .5 else rng.beta(2, 1.5)
        new[:, 1] = np.clip(new[:, 1]*rng.uniform(.5, 1.4), 0, 1)
        new[:, 2] = np.clip((new[:, 2]-v)+target, .02, 1) if v < .1 else np.clip(new[:, 2]*(.15+.85*target)/v, .02, 1)
        out[k] = rgb(new)
    out, n = np.clip(out, 0, 1), np.cumsum([len(p[2]) for p in parts.values()])[:-1]
    return {s: (p[0], p[1], c) for (s, p), c in zip(parts.items(), np.split(linear(out), n))}
