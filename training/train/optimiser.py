"""Muon for the matrices inside the network, AdamW for everything else, one schedule over both."""
import torch


def orthogonal(g, kind=torch.float32, steps=4):
    """Newton-Schulz: the nearest half-orthogonal matrix, roughly, of each matrix of a batch [b, m, n].

    Muon's quintic (Jordan et al. 2024) in numbers of a `kind`: bf16 is three times as fast as f32, but on a CPU
    without instructions for it half as fast."""
    tall = g.shape[1] > g.shape[2]
    x = (g.mT if tall else g).to(kind)
    x = x/(x.norm(dim=(1, 2), keepdim=True)+1e-7)
    for _ in range(steps):
        a = x@x.mT
        x = 3.4445*x+(-4.7750*a+2.0315*a@a)@x
    return (x.mT if tall else x).float()


class Muon(torch.optim.Optimizer):
    """Momentum, orthogonalised; scaled so that AdamW's learning rate fits (Liu et al. 2025)."""

    def __init__(self, params, lr, kind=torch.float32, momentum=.95, weight_decay=.02):
        self.kind = kind
        super().__init__(params, dict(lr=lr, momentum=momentum, weight_decay=weight_decay))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            shapes = {}
            for p in group['params']:
                if p.grad is None: continue
                m = self.state[p].setdefault('momentum', torch.zeros_like(p))
                m.lerp_(p.grad, 1-group['momentum'])
                shapes.setdefault(p.shape, []).append((p, p.grad.lerp(m, group['momentum'])))
            for shape, pairs in shapes.items():
                flat = torch.stack([g.flatten(1) for _, g in pairs])  # a convolution's kernel is one matrix
                update = orthogonal(flat, self.kind)*(.2*max(flat.shape[1:])**.5)
                for (p, _), u in zip(pairs, update):
                    p.mul_(1-group['lr']*group['weight_decay']).add_(u.view(shape), alpha=-group['lr'])


OUTER = ('proj_in', 'proj_out', 'proj_query', 'quant', 'embedding', 'null_', 'tokens', 'time_proj', 'guess', 'seen')


def muon(net, lr, kind):
    """Muon for the matrices inside a network, AdamW for the rest."""
    inner = lambda n, p: p.ndim == 2 and not any(k in n for k in OUTER)
    named = list(net.named_parameters())
    rest = torch.optim.AdamW([p for n, p in named if not inner(n, p)], lr, weight_decay=.01, betas=(.9, .98))
    return [Muon([p for n, p in named if inner(n, p)], lr, kind), rest]


def adam(net, lr, weight_decay):
    """AdamW alone, and no clipping, for networks as small as those of faces."""
    return Optimiser(net, lr, clip=None, parts=[torch.optim.AdamW(net.parameters(), lr, weight_decay=weight_decay)])


class Optimiser:
    """One schedule over several optimisers; `parts` instead of `muon`'s."""

    def __init__(self, net, lr, kind=torch.float32, clip=1., parts=None):
        self.params, self.lr, self.clip = list(net.parameters()), lr, clip
        self.parts = parts or muon(net, lr, kind)

    def step(self, loss, scale):
        """One step on `loss` at `scale` times the learning rate."""
        for o in self.parts:
            for g in o.param_groups: g['lr'] = self.lr*scale
            o.zero_grad(set_to_none=True)
        loss.backward()
        if self.clip: torch.nn.utils.clip_grad_norm_(self.params, self.clip)
        for o in self.parts: o.step()

    def state(self): return [o.state_dict() for o in self.parts]

    def load(self, states):
        for o, s in zip(self.parts, states): o.load_state_dict(s)
