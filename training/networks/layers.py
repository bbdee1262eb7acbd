"""Layers that several of the networks are made of, with the tensor names of the published checkpoints."""
import torch
import torch.nn as nn
import torch.nn.functional as F


class Feed(nn.Module):
    def __init__(self, w, hidden=None):
        super().__init__()
        proj, hidden = nn.Module(), hidden or 4*w
        proj.proj = nn.Linear(w, hidden)
        self.net = nn.ModuleList([proj, nn.Identity(), nn.Linear(hidden, w)])

    def forward(self, x): return self.net[2](F.gelu(self.net[0].proj(x)))


def rms(norm, x):
    """`norm` of x in the type of x, for which there is one fast step: its weight is f32 where the rest is autocast."""
    return F.rms_norm(x, norm.normalized_shape, norm.weight.to(x.dtype), norm.eps)


def attend(q, k, v):
    """Attention of q, k, v [b, heads, n, hd], all of it written down: for sequences this short PyTorch's own is half
    as fast again on a CPU."""
    with torch.autocast(q.device.type, enabled=False): return (q*q.shape[-1]**-.5@k.mT).softmax(-1)@v


class Attention(nn.Module):
    """q from x, keys and values from c; RMS-normalised per head with `qk_norm`."""

    def __init__(self, w, heads, c=None, qk_norm=False, norm_cross=False):
        super().__init__()
        self.heads, c = heads, c or w
        if norm_cross: self.norm_cross = nn.LayerNorm(c)
        self.to_q, self.to_k, self.to_v = (
            nn.Linear(w, w, bias=False),
            nn.Linear(c, w, bias=False),
            nn.Linear(c, w, bias=False),
        )
        if qk_norm: self.norm_q, self.norm_k = nn.RMSNorm(w//heads, eps=1e-6), nn.RMSNorm(w//heads, eps=1e-6)
        self.to_out = nn.ModuleList([nn.Linear(w, w)])
        self.qk_norm, self.norm_c = qk_norm, norm_cross

    def keys(self, c):
        if self.norm_c: c = self.norm_cross(c)
        # [b, heads, keys, hd]
        k, v = (m(c).unflatten(-1, (self.heads, -1)).transpose(1, 2) for m in (self.to_k, self.to_v))
        return (rms(self.norm_k, k) if self.qk_norm else k), v

    def forward(self, x, c=None, kv=None):
        k, v = kv or self.keys(x if c is None else c)
        q = self.to_q(x).unflatten(-1, (self.heads, -1)).transpose(1, 2)
        if self.qk_norm: q = rms(self.norm_q, q)
        return self.to_out[0](attend(q, k, v).transpose(1, 2).flatten(2))


class EncoderLayer(nn.Module):
    def __init__(self, w, heads, ratio, eps):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(w, eps=eps), nn.LayerNorm(w, eps=eps)
        self.attention = nn.ModuleDict(
            {
                'attention': nn.ModuleDict({k: nn.Linear(w, w) for k in ('query', 'key', 'value')}),
                'output': nn.ModuleDict({'dense': nn.Linear(w, w)}),
            }
        )
        self.layer_scale1, self.layer_scale2 = nn.Module(), nn.Module()
        self.layer_scale1.lambda1, self.layer_scale2.lambda1 = nn.Parameter(torch.ones(w)), nn.Parameter(torch.ones(w))
        self.mlp = nn.ModuleDict({'fc1': nn.Linear(w, ratio*w), 'fc2': nn.Linear(ratio*w, w)})

    def forward(self, x):
        h, a = self.norm1(x), self.attention['attention']
        q, k, v = (a[n](h).unflatten(-1, (self.heads, -1)).transpose(1, 2) for n in ('query', 'key', 'value'))
        x = x+self.layer_scale1.lambda1*self.attention['output']['dense'](attend(q, k, v).transpose(1, 2).flatten(2))
        return x+self.layer_scale2.lambda1*self.mlp['fc2'](F.gelu(self.mlp['fc1'](self.norm2(x))))
