"""An optimiser, an average of the weights, and a peer on another core."""
import copy, os, time
import torch
from train.optimiser import Muon, Optimiser

FRESH = 300  # seconds after which a peer's weights are old


class Averaged:
    """`net`: an average over the steps of a network's weights."""

    def __init__(self, net, keep=.998): self.net, self.keep = copy.deepcopy(net), keep

    @torch.no_grad()
    def follow(self, net, step):
        keep = min(self.keep, 1-1/(step/5+1.5))
        for m, n in zip(self.net.parameters(), net.parameters()): m.lerp_(n, 1-keep)


def optimiser(net, lr, kind, outer):
    """Muon for the matrices inside, AdamW for the rest and for what has one of `outer` in its name."""
    inner = lambda n, p: p.ndim >= 2 and not any(k in n for k in outer)
    named = list(net.named_parameters())
    parts = [
        Muon([p for n, p in named if inner(n, p)], lr, kind),
        torch.optim.AdamW([p for n, p in named if not inner(n, p)], lr, weight_decay=.01, betas=(.9, .98)),
    ]
    return Optimiser(net, lr, parts=parts)


def rate(a, step):
    """The learning rate's scale: it rises over --warm steps, and falls over the last --fall share of --steps."""
    return min(1, (step-a.first+1)/a.warm)*min(1, max(.01, (a.steps-step)/(a.steps*a.fall)))


def save(what, path):
    """All of a file, or none."""
    torch.save(what, path+'.part')
    os.replace(path+'.part', path)


def meet(net, own, peer):
    """Publishes a network's weights, and goes on from the mean with a peer's."""
    save(net.state_dict(), own+'.now')
    path = peer+'.now'
    if not os.path.exists(path) or time.time()-os.path.getmtime(path) > FRESH: return
    theirs = torch.load(path)
    with torch.no_grad():
        for name, p in net.named_parameters(): p.lerp_(theirs[name], .5)
