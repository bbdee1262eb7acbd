"""The one loop of every training here. Its schedule counts steps, so that a run gives the same on any machine."""
import math, os, time
import torch


def rate(step, steps, warm):
    """Share of the full learning rate at a step: it rises over `warm` steps and falls along a cosine to a
    hundredth."""
    return min(1, (step+1)/warm)*max(.01, math.cos(min(1, step/steps)*math.pi/2))


def descend(opt, lesson, pause, steps, start=0, warm=100, every=200):
    """Go down `lesson(share of the steps that are done) -> (loss, numbers to watch)` from step `start` to `steps`.

    After each `every` steps and at the end `pause(step, text)` tests and saves; `text` tells the steps, the seconds so
    far and the running mean of the numbers."""
    mean, began = None, time.time()
    for step in range(start, steps):
        loss, watched = lesson(step/steps)
        opt.step(loss, rate(step, steps, warm))
        now = torch.stack(tuple(watched)).detach()
        mean = now if mean is None else mean.lerp(now, .02)
        if (step+1) % every == 0 or step+1 == steps:
            pause(step+1, f'{step+1} steps, {time.time()-began:.0f} s, train {numbers(mean)}')


def numbers(values):
    """Numbers as a line tells them; a tensor or a list."""
    return ' '.join(f'{float(v):.4f}' for v in values)


def save(path, **state):
    """Write a checkpoint that is never there by half."""
    torch.save(state, path+'.tmp')
    os.replace(path+'.tmp', path)
