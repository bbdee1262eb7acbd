"""The diffusion transformer over the tokens of all parts of a figure."""
import math
import torch
import torch.nn as nn
import torch.nn.functional as F
from networks.config import CONFIG
from networks.layers import Attention, Feed


class Block(nn.Module):
    def __init__(self, w, heads, c, skip):
        super().__init__()
        self.norm1, self.attn1 = nn.LayerNorm(w), Attention(w, heads, qk_norm=True)
        self.norm2, self.attn2 = nn.LayerNorm(w), Attention(w, heads, c, qk_norm=True)
        self.norm3, self.ff = nn.LayerNorm(w), Feed(w)
        if skip: self.skip_linear, self.skip_norm = nn.Linear(2*w, w), nn.LayerNorm(w)

    def forward(self, h, cond, parts, glob, repeat, skip=None):
        """h [rows, parts * s, w]; local blocks attend within a part, global ones within a figure."""
        if skip is not None: h = self.skip_norm(self.skip_linear(torch.cat([skip, h], -1)))
        x = self.norm1(h)
        if glob: h = h+self.attn1(x)
        else: h = h+self.attn1(x.unflatten(1, (parts, -1)).flatten(0, 1)).unflatten(0, (-1, parts)).flatten(1, 2)
        kv = [t.repeat_interleave(repeat, 0) if repeat > 1 else t for t in self.attn2.keys(cond)]
        h = h+self.attn2(self.norm2(h), kv=kv)
        return h+self.ff(self.norm3(h))


class Transformer(nn.Module):
    """Velocity [rows, parts, tokens, channels]."""

    def __init__(self, c=CONFIG['transformer']):
        super().__init__()
        w, n, self.c = c['width'], c['num_layers'], c
        self.time_proj = nn.ModuleDict({'linear_1': nn.Linear(w, 4*w), 'linear_2': nn.Linear(4*w, w)})
        self.part_embedding, self.token_embedding = (
            nn.Embedding(c['max_num_parts'], w),
            nn.Embedding(c['token_embedding'], w),
        )
        nn.init.normal_(self.part_embedding.weight, std=.02), nn.init.normal_(self.token_embedding.weight, std=.02)
        self.proj_in = nn.Linear(c['in_channels'], w)
        self.blocks = nn.ModuleList(
            [Block(w, c['num_attention_heads'], c['cross_attention_dim'], i > n//2) for i in range(n)]
        )
        self.norm_out, self.proj_out = nn.LayerNorm(w), nn.Linear(w, c['in_channels'])
        nn.init.zeros_(self.proj_out.weight), nn.init.zeros_(self.proj_out.bias)

    def forward(self, x, t, cond):
        """x [rows, parts, tokens, channels], t [rows] in 0..1000, cond [rows / repeat, keys, c]: one condition may
        serve several rows."""
        rows, parts, n = x.shape[0], x.shape[1], self.c['num_layers']
        half = self.c['width']//2
        a = t[:, None]*torch.exp(-math.log(1e4)*torch.arange(half, device=x.device)/half)
        temb = self.time_proj['linear_2'](
            F.gelu(self.time_proj['linear_1'](torch.cat([a.sin(), a.cos()], -1).to(x.dtype)))
        )
        h = torch.cat([temb[:, None, None].expand(-1, parts, -1, -1), self.proj_in(x)+self.token_embedding.weight], 2)
        h = (h+self.part_embedding.weight[:parts, None]).flatten(1, 2)  # [rows, parts * (1 + tokens), w]
        stack, repeat = [], rows//len(cond)
        for i, b in enumerate(self.blocks):
            h = b(h, cond, parts, i in self.c['global_attn_block_ids'], repeat, stack.pop() if i > n//2 else None)
            if i < n//2: stack.append(h)
        return self.proj_out(self.norm_out(h).unflatten(1, (parts, -1))[:, :, 1:])
