"""The figurine networks, with the tensor names of the published checkpoints (SPEC section 0).

Attention projections are in ordinary head order: the exporter writes them as they are.
"""
import math
import torch
import torch.nn as nn
import torch.nn.functional as F

SLOTS = ['base', 'legs', 'torso', 'arm_left', 'arm_right', 'head', 'hair', 'item_left', 'item_right', 'back']
TRUNCATION = .1  # of the mean half size of a part's box
TOKENS, CHANNELS, PACK = 16, 16, 4  # the VAE's, and how many of its tokens are one token of the transformer
ROWS = TOKENS//PACK  # packed rows of a part, followed by its box row
MAIN = slice(7, 10)  # of the box row: the part's main colour (the median over its surface), after centre, log half sizes and presence
CELLS = 4  # of an image patch, each way: what each shows is known in training
CONFIG = {
    'transformer': dict(num_attention_heads=4, width=256, in_channels=64, num_layers=9, cross_attention_dim=256, max_num_parts=10, enable_part_embedding=True,
                        enable_local_cross_attn=True, enable_global_cross_attn=True, global_attn_block_ids=[0, 2, 4, 6, 8], token_embedding=5),
    'vae': dict(latent_channels=16, num_attention_heads=4, width_decoder=128, num_layers_decoder=4, embedding_type='frequency', embed_frequency=8,
                embed_include_pi=False, out_channels=4, field='signed_distance'),
    'image_encoder': dict(hidden_size=256, num_hidden_layers=4, num_attention_heads=4, mlp_ratio=4, patch_size=16, image_size=128, layer_norm_eps=1e-6),
    'feature_extractor': dict(shortest_edge=146, crop=128, mean=[.485, .456, .406], std=[.229, .224, .225]),
    'scheduler': dict(num_train_timesteps=1000, shift=1.0),
    'sampling': dict(tokens=5, steps=8, solver='multistep', guidance=1.5, prompt_guidance=2., temperature=.3, part_ids='per_object'),
    'figurine': dict(slots=SLOTS, pack=PACK, truncation=TRUNCATION, box_token=True, main_colour=True, seen=CELLS, face=dict(slot='head', weights=48, side=24, width=256, blocks=3, steps=16, painter=dict(finer=4, width=48, blocks=3))),
    'condition': dict(views=['front', 'left', 'right', 'back']),
    'text_encoder': dict(words=0, word_size=96, length=32, slots=len(SLOTS), hidden_size=256, num_hidden_layers=3, num_attention_heads=4, mlp_ratio=4, layer_norm_eps=1e-6),
}


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
    """Attention of q, k, v [b, heads, n, hd], all of it written down: for sequences this short PyTorch's own is half as fast again on a CPU."""
    with torch.autocast(q.device.type, enabled=False): return (q*q.shape[-1]**-.5@k.mT).softmax(-1)@v


class Attention(nn.Module):
    """q from x, keys and values from c; RMS-normalised per head with `qk_norm`."""

    def __init__(self, w, heads, c=None, qk_norm=False, norm_cross=False):
        super().__init__()
        self.heads, c = heads, c or w
        if norm_cross: self.norm_cross = nn.LayerNorm(c)
        self.to_q, self.to_k, self.to_v = nn.Linear(w, w, bias=False), nn.Linear(c, w, bias=False), nn.Linear(c, w, bias=False)
        if qk_norm: self.norm_q, self.norm_k = nn.RMSNorm(w//heads, eps=1e-6), nn.RMSNorm(w//heads, eps=1e-6)
        self.to_out = nn.ModuleList([nn.Linear(w, w)])
        self.qk_norm, self.norm_c = qk_norm, norm_cross

    def keys(self, c):
        if self.norm_c: c = self.norm_cross(c)
        k, v = (m(c).unflatten(-1, (self.heads, -1)).transpose(1, 2) for m in (self.to_k, self.to_v))  # [b, heads, keys, hd]
        return (rms(self.norm_k, k) if self.qk_norm else k), v

    def forward(self, x, c=None, kv=None):
        k, v = kv or self.keys(x if c is None else c)
        q = self.to_q(x).unflatten(-1, (self.heads, -1)).transpose(1, 2)
        if self.qk_norm: q = rms(self.norm_q, q)
        return self.to_out[0](attend(q, k, v).transpose(1, 2).flatten(2))


# ---- part VAE ----

def frequencies(p, n):
    """[.., 3] -> [.., 3 + 6 n], axis-major (SPEC section 6)."""
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
        self.blocks = nn.ModuleList([VaeBlock(w, h) for _ in range(n)]+[VaeBlock(w, h, cross=True, hidden=c.get('hidden_query'))])
        self.proj_query, self.norm_out, self.proj_out = nn.Linear(3+6*self.frequency, w), nn.LayerNorm(w), nn.Linear(w, c['out_channels'])

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
        self.encoder, self.quant, self.post_quant, self.decoder = encoder, nn.Linear(w, 2*CHANNELS), nn.Linear(CHANNELS, w), Decoder(c)

    def encode(self, s):
        """Local surface samples [b, n, 9] (point, normal, colour) -> mean and log variance, [b, TOKENS, CHANNELS] each."""
        h = self.encoder.proj_in(torch.cat([frequencies(s[..., :3], self.frequency), s[..., 3:]], -1))
        # Each token starts from the sample nearest to its anchor: were it any sample, a shape would have many
        # encodings, and the transformer would have to learn them all.
        nearest = torch.cdist(anchors(s.device), s[..., :3]).argmin(-1)
        x = h.gather(1, nearest[..., None].expand(-1, -1, h.shape[-1]))+self.encoder.tokens
        for b in self.encoder.blocks: x = b(x, h)
        return self.quant(self.encoder.norm_out(x)).chunk(2, -1)

    def decode(self, z, p): return self.decoder.query(self.decoder.trunk(self.post_quant(z)), p)


def vae_of(state):
    """The network that tensors `state` belong to, without them: it may be one that slim.py narrowed."""
    c = CONFIG['vae']
    hidden = len(state[f"decoder.blocks.{c['num_layers_decoder']}.ff.net.0.proj.bias"])
    return Vae(c if hidden == 4*c['width_decoder'] else {**c, 'hidden_query': hidden})


def local_frame(s):
    """Surface points [.., n, >=3] -> centre and half sizes [.., 3] of the part's frame: its box,
    thin axes no less than a third of the longest, so that blades and staffs are resolved."""
    lo, hi = s[..., :3].amin(-2), s[..., :3].amax(-2)
    half = (hi-lo)/2
    return (lo+hi)/2, torch.maximum(half, half.amax(-1, keepdim=True)*.33).clamp(min=.02)*1.03


# ---- image encoder, DINOv2 class ----

class EncoderLayer(nn.Module):
    def __init__(self, w, heads, ratio, eps):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(w, eps=eps), nn.LayerNorm(w, eps=eps)
        self.attention = nn.ModuleDict({'attention': nn.ModuleDict({k: nn.Linear(w, w) for k in ('query', 'key', 'value')}), 'output': nn.ModuleDict({'dense': nn.Linear(w, w)})})
        self.layer_scale1, self.layer_scale2 = nn.Module(), nn.Module()
        self.layer_scale1.lambda1, self.layer_scale2.lambda1 = nn.Parameter(torch.ones(w)), nn.Parameter(torch.ones(w))
        self.mlp = nn.ModuleDict({'fc1': nn.Linear(w, ratio*w), 'fc2': nn.Linear(ratio*w, w)})

    def forward(self, x):
        h, a = self.norm1(x), self.attention['attention']
        q, k, v = (a[n](h).unflatten(-1, (self.heads, -1)).transpose(1, 2) for n in ('query', 'key', 'value'))
        x = x+self.layer_scale1.lambda1*self.attention['output']['dense'](attend(q, k, v).transpose(1, 2).flatten(2))
        return x+self.layer_scale2.lambda1*self.mlp['fc2'](F.gelu(self.mlp['fc1'](self.norm2(x))))


class ImageEncoder(nn.Module):
    def __init__(self, c=CONFIG['image_encoder']):
        super().__init__()
        w, n = c['hidden_size'], (c['image_size']//c['patch_size'])**2
        self.patch = c['patch_size']
        e = nn.Module()
        e.cls_token, e.position_embeddings = nn.Parameter(torch.randn(1, 1, w)*.02), nn.Parameter(torch.randn(1, n+1, w)*.3)
        e.patch_embeddings = nn.ModuleDict({'projection': nn.Conv2d(3, w, self.patch, self.patch)})
        self.embeddings, self.encoder = e, nn.ModuleDict({'layer': nn.ModuleList([EncoderLayer(w, c['num_attention_heads'], c['mlp_ratio'], c['layer_norm_eps']) for _ in range(c['num_hidden_layers'])])})
        self.layernorm = nn.LayerNorm(w, eps=c['layer_norm_eps'])

    def forward(self, x):
        """Normalised pictures [b, 3, side, side] -> tokens [b, 1 + patches, width]."""
        p, b = self.patch, len(x)
        proj = self.embeddings.patch_embeddings['projection']
        x = x.unflatten(2, (-1, p)).unflatten(4, (-1, p)).permute(0, 2, 4, 1, 3, 5).flatten(3).flatten(1, 2)  # [b, patches, 3 p p]: a product is faster than a convolution
        h = torch.cat([self.embeddings.cls_token.expand(b, -1, -1), F.linear(x, proj.weight.flatten(1), proj.bias)], 1)+self.embeddings.position_embeddings
        for layer in self.encoder['layer']: h = layer(h)
        return self.layernorm(h)


# ---- text encoder ----

class TextEncoder(nn.Module):
    """Words of fixed vectors (see words.py) and places in the sentence -> tokens of the words, and one of each slot, which gathers what is said of it."""

    def __init__(self, table, c=CONFIG['text_encoder']):
        super().__init__()
        w = c['hidden_size']
        self.register_buffer('words', torch.cat([torch.zeros(1, c['word_size']), table]), persistent=False)  # row 0: no word
        self.proj = nn.Linear(c['word_size'], w)
        self.position_embeddings, self.slot_tokens = nn.Parameter(torch.randn(c['length'], w)*.3), nn.Parameter(torch.randn(c['slots'], w)*.3)
        self.encoder = nn.ModuleDict({'layer': nn.ModuleList([EncoderLayer(w, c['num_attention_heads'], c['mlp_ratio'], c['layer_norm_eps']) for _ in range(c['num_hidden_layers'])])})
        self.layernorm = nn.LayerNorm(w, eps=c['layer_norm_eps'])

    def forward(self, ids):
        """Rows of the word table [b, length] -> tokens [b, length + slots, width]."""
        h = torch.cat([self.proj(self.words[ids])+self.position_embeddings, self.slot_tokens.expand(len(ids), -1, -1)], 1)
        for layer in self.encoder['layer']: h = layer(h)
        return self.layernorm(h)


# ---- diffusion transformer ----

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
    """SPEC section 5 with a token embedding: velocity [rows, parts, tokens, channels]."""

    def __init__(self, c=CONFIG['transformer']):
        super().__init__()
        w, n, self.c = c['width'], c['num_layers'], c
        self.time_proj = nn.ModuleDict({'linear_1': nn.Linear(w, 4*w), 'linear_2': nn.Linear(4*w, w)})
        self.part_embedding, self.token_embedding = nn.Embedding(c['max_num_parts'], w), nn.Embedding(c['token_embedding'], w)
        nn.init.normal_(self.part_embedding.weight, std=.02), nn.init.normal_(self.token_embedding.weight, std=.02)
        self.proj_in = nn.Linear(c['in_channels'], w)
        self.blocks = nn.ModuleList([Block(w, c['num_attention_heads'], c['cross_attention_dim'], i > n//2) for i in range(n)])
        self.norm_out, self.proj_out = nn.LayerNorm(w), nn.Linear(w, c['in_channels'])
        nn.init.zeros_(self.proj_out.weight), nn.init.zeros_(self.proj_out.bias)

    def forward(self, x, t, cond):
        """x [rows, parts, tokens, channels], t [rows] in 0..1000, cond [rows / repeat, keys, c]: one condition may serve several rows."""
        rows, parts, n = x.shape[0], x.shape[1], self.c['num_layers']
        half = self.c['width']//2
        a = t[:, None]*torch.exp(-math.log(1e4)*torch.arange(half, device=x.device)/half)
        temb = self.time_proj['linear_2'](F.gelu(self.time_proj['linear_1'](torch.cat([a.sin(), a.cos()], -1).to(x.dtype))))
        h = torch.cat([temb[:, None, None].expand(-1, parts, -1, -1), self.proj_in(x)+self.token_embedding.weight], 2)
        h = (h+self.part_embedding.weight[:parts, None]).flatten(1, 2)  # [rows, parts * (1 + tokens), w]
        stack, repeat = [], rows//len(cond)
        for i, b in enumerate(self.blocks):
            h = b(h, cond, parts, i in self.c['global_attn_block_ids'], repeat, stack.pop() if i > n//2 else None)
            if i < n//2: stack.append(h)
        return self.proj_out(self.norm_out(h).unflatten(1, (parts, -1))[:, :, 1:])


class Condition(nn.Module):
    """The sequence of condition tokens: each view's image tokens or its null token, then the text's tokens or its null token."""

    def __init__(self, views=4, w=CONFIG['image_encoder']['hidden_size']):
        super().__init__()
        for name, n in (('view_embedding', views), ('null_view', views), ('null_text', 1)):
            e = nn.Embedding(n, w)
            nn.init.normal_(e.weight, std=.02)
            setattr(self, name, e)

    def forward(self, views, text=None):
        """`views` {index: tokens [b, n, w]} and `text` [b, m, w], of which one may be missing -> [b, keys, w]."""
        given = next(iter(views.values())) if views else text
        null = lambda row: row.expand(len(given), 1, -1)
        out = [views[i]+self.view_embedding.weight[i] if i in views else null(n) for i, n in enumerate(self.null_view.weight)]
        return torch.cat(out+[null(self.null_text.weight[0]) if text is None else text], 1)


class Figurine(nn.Module):
    """The encoders, the condition and the transformer; and heads that only teach the encoders, much faster than noise does."""

    def __init__(self, table=None):
        super().__init__()
        self.image_encoder, self.condition, self.transformer = ImageEncoder(), Condition(), Transformer()
        c = CONFIG['transformer']
        latents = c['max_num_parts']*(ROWS+1)*c['in_channels']
        self.guess = nn.Linear(c['cross_attention_dim'], latents)
        self.seen = nn.Linear(c['cross_attention_dim'], CELLS**2*(len(SLOTS)+4))
        if table is not None: self.text_encoder, self.guess_text = TextEncoder(table), nn.Linear(c['cross_attention_dim'], latents//len(SLOTS))

    def encode(self, pictures):
        """Normalised pictures [b, 3, side, side] -> tokens [b, 1 + patches, width]; the latents [b, 10, 5, 64] guessed from the
        class token; and from each patch the logits [b, patches, cells, 1 + 10] of nothing or a slot, and the place [.., 3] of what it shows."""
        tokens = self.image_encoder(pictures)
        guess = self.guess(tokens[:, 0]).view(len(pictures), len(SLOTS), ROWS+1, -1)
        seen = self.seen(tokens[:, 1:]).unflatten(-1, (CELLS**2, -1))
        return tokens, guess, seen[..., :-3], seen[..., -3:]

    def read(self, ids):
        """Rows of the word table [b, length] -> tokens [b, length + slots, width], and the latents [b, 10, 5, 64], each part's guessed from its slot's token."""
        tokens = self.text_encoder(ids)
        return tokens, self.guess_text(tokens[:, -len(SLOTS):]).unflatten(-1, (ROWS+1, -1))

    def forward(self, views, text, drop, x, t):
        """Velocity of x under the tokens of views and text (see `Condition`); `drop` [b] zeroes whole conditions."""
        return self.transformer(x, t, self.condition(views, text)*(~drop)[:, None, None])
