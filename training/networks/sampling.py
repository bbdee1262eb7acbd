"""Figurines drawn from the networks in PyTorch, as the program draws them but for its solver and augmented views."""
import os
import torch
import networks
from networks import ROWS, codec


def load(run):
    saved = torch.load(os.path.join(run, 'dit.pt'), map_location='cpu')
    net = networks.Figurine(codec.table(run))
    net.load_state_dict(saved['ema'], strict=False)
    return net.eval(), codec.load_vae(run), saved['stats']


@torch.no_grad()
def velocity(net, cond, x, t, guidance):
    """Guided velocity of latents [b, 10, 5, 64] at time t in 0..1."""
    times = torch.full((2*len(x),), t*1000., dtype=x.dtype)
    u, c = net.transformer(torch.cat([x, x]), times, torch.cat([torch.zeros_like(cond), cond])).chunk(2)
    return u+guidance*(c-u)


@torch.no_grad()
def sample(net, cond, steps, guidance, temperature=1., seed=0):
    """Normalised latents [b, 10, 5, 64] under condition tokens [b, keys, w]."""
    x = temperature*torch.randn(len(cond), 10, ROWS+1, 64, generator=torch.Generator().manual_seed(seed))
    for i in range(steps): x = x+velocity(net, cond, x, 1-i/steps, guidance)/steps
    return x
