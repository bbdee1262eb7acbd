"""The autoencoder of a part: points on its surface become tokens, and these a signed distance and colours."""
import math
import torch
import torch.nn as nn
from networks.config import CHANNELS, CONFIG, TOKENS
from networks.layers import Attention, Feed


def frequencies(p, n):
    """[.., 3] -> [.., 3 + 6 n], axis-major."""
    a = p[..., None]*2.**torch.arange(n, device=p.device)
    return torch.cat([p, a.sin().flatten(-2), a.cos().flatten(-2)], -1).to(p.dtype)


class VaeBlock(nn.Module):
    def __init__(self, w, heads, cross=False, hidden=None):
        super().__init__()
        self.cross = cross
        if cross: self.norm2, self.attn2 = nn.LayerNorm(w), Attention(w, heads, norm_cross=True)
        else: self.norm1, self.attn1 = nn.LayerNorm(w), Attention(w, heads)
        self.norm3, self.ff = nn.LayerNorm(w), Feed(w, hidden)

    def forward(self, x, c=None):
        x = x+(self.attn2(self.norm2(x), c) if self.cross else self.attn1(self.norm1(x)))
        return x+self.ff(self.norm3(x))


class Decoder(nn.Module):
    def __init__(self, c):
        super().__init__()
        w, h, n = c['width_decoder'], c['num_attention_heads'], c['num_layers_decoder']
        self.frequency = c['embed_frequency']
        self.blocks = nn.ModuleList(
            [VaeBlock(w, h) for _ in range(n)]+[VaeBlock(w, h, cross=True, hidden=c.get('hidden_query'))]
        )
        self.proj_query, self.norm_out, self.proj_out = (
            nn.Linear(3+6*self.frequency, w),
            nn.LayerNorm(w),
            nn.Linear(w, c['out_channels']),
        )

    def trunk(self, h):
        for b in self.blocks[:-1]: h = b(h)
        return h

    def query(self, h, p):
        """Trunk [b, tokens, w] and local points [b, m, 3] -> signed distance / truncation and sRGB, [b, m, 4]."""
        return self.proj_out(self.norm_out(self.blocks[-1](self.proj_query(frequencies(p, self.frequency)), h)))


def anchors(device):
    """TOKENS points spread evenly on a sphere in the part's frame, [1, TOKENS, 3]: a Fibonacci lattice."""
    i = torch.arange(TOKENS, device=device)+.5
    y, a = 1-2*i/TOKENS, i*math.pi*(1+5**.5)
    r = (1-y*y).sqrt()
    return .9*torch.stack([r*a.cos(), y, r*a.sin()], -1)[None]


class Vae(nn.Module):
    def __init__(self, c=CONFIG['vae']):
        super().__init__()
        w, h = c['width_decoder'], c['num_attention_heads']
        self.config, self.frequency = c, c['embed_frequency']
        encoder = nn.Module()
        encoder.proj_in, encoder.tokens = nn.Linear(3+6*self.frequency+6, w), nn.Parameter(torch.randn(TOKENS, w)*.02)
        encoder.blocks = nn.ModuleList([VaeBlock(w, h, cross=True)]+[VaeBlock(w, h) for _ in range(2)])
        encoder.norm_out = nn.LayerNorm(w)
        self.encoder, self.quant, self.post_quant, self.decoder = (
            encoder,
            nn.Linear(w, 2*CHANNELS),
            nn.Linear(CHANNELS, w),
            Decoder(c),
        )

    def encode(self, s):
        """Local surface samples [b, n, 9] (point, normal, colour) -> mean and log variance, [b, TOKENS, CHANNELS]
        each."""
        h = self.encoder.proj_in(torch.cat([frequencies(s[..., :3], self.frequency), s[..., 3:]], -1))
        # Each token starts from the sample nearest to its anchor: were it any sample, a shape would have many
        # encodings, and the transformer would have to learn them all.
        nearest = torch.cdist(anchors(s.device), s[..., :3]).argmin(-1)
        x = h.gather(1, nearest[..., None].expand(-1, -1, h.shape[-1]))+self.encoder.tokens
        for b in self.encoder.blocks: x = b(x, h)
        return self.quant(self.encoder.norm_out(x)).chunk(2, -1)

    def decode(self, z, p): return self.decoder.query(self.decoder.trunk(self.post_quant(z)), p)


def vae_of(state):
    """The network that tensors `state` belong to, without them: it may be one that train.slim narrowed."""
    c = CONFIG['vae']
    hidden = len(state[f"decoder.blocks.{c['num_layers_decoder']}.ff.net.0.proj.bias"])
    return Vae(c if hidden == 4*c['width_decoder'] else {**c, 'hidden_query': hidden})


def local_frame(s):
    """Surface points [.., n, >=3] -> centre and half sizes [.., 3] of the part's frame: its box,
    thin axes no less than a third of the longest, so that blades and staffs are resolved."""
    lo, hi = s[..., :3].amin(-2), s[..., :3].amax(-2)
    half = (hi-lo)/2
    return (lo+hi)/2, torch.maximum(half, half.amax(-1, keepdim=True)*.33).clamp(min=.02)*1.03
