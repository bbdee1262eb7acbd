"""The encoders of pictures (a vision transformer of the DINOv2 class) and of words."""
import torch
import torch.nn as nn
import torch.nn.functional as F
from networks.config import CONFIG
from networks.layers import EncoderLayer


class ImageEncoder(nn.Module):
    def __init__(self, c=CONFIG['image_encoder']):
        super().__init__()
        w, n = c['hidden_size'], (c['image_size']//c['patch_size'])**2
        self.patch = c['patch_size']
        e = nn.Module()
        e.cls_token, e.position_embeddings = (
            nn.Parameter(torch.randn(1, 1, w)*.02),
            nn.Parameter(torch.randn(1, n+1, w)*.3),
        )
        e.patch_embeddings = nn.ModuleDict({'projection': nn.Conv2d(3, w, self.patch, self.patch)})
        self.embeddings, self.encoder = (
            e,
            nn.ModuleDict(
                {
                    'layer': nn.ModuleList(
                        [
                            EncoderLayer(w, c['num_attention_heads'], c['mlp_ratio'], c['layer_norm_eps'])
                            for _ in range(c['num_hidden_layers'])
                        ]
                    )
                }
            ),
        )
        self.layernorm = nn.LayerNorm(w, eps=c['layer_norm_eps'])

    def forward(self, x):
        """Normalised pictures [b, 3, side, side] -> tokens [b, 1 + patches, width]."""
        p, b = self.patch, len(x)
        proj = self.embeddings.patch_embeddings['projection']
        # [b, patches, 3 p p]: a product is faster than a convolution
        x = x.unflatten(2, (-1, p)).unflatten(4, (-1, p)).permute(0, 2, 4, 1, 3, 5).flatten(3).flatten(1, 2)
        h = (
            torch.cat([self.embeddings.cls_token.expand(b, -1, -1), F.linear(x, proj.weight.flatten(1), proj.bias)], 1)
            + self.embeddings.position_embeddings
        )
        for layer in self.encoder['layer']: h = layer(h)
        return self.layernorm(h)


class TextEncoder(nn.Module):
    """Words of fixed vectors (see words.py) and places in the sentence -> tokens of the words, and one of each slot,
    which gathers what is said of it."""

    def __init__(self, table, c=CONFIG['text_encoder']):
        super().__init__()
        w = c['hidden_size']
        # row 0: no word
        self.register_buffer('words', torch.cat([torch.zeros(1, c['word_size']), table]), persistent=False)
        self.proj = nn.Linear(c['word_size'], w)
        self.position_embeddings, self.slot_tokens = (
            nn.Parameter(torch.randn(c['length'], w)*0.3),
            nn.Parameter(torch.randn(c['slots'], w)*0.3),
        )
        self.encoder = nn.ModuleDict(
            {
                'layer': nn.ModuleList(
                    [
                        EncoderLayer(w, c['num_attention_heads'], c['mlp_ratio'], c['layer_norm_eps'])
                        for _ in range(c['num_hidden_layers'])
                    ]
                )
            }
        )
        self.layernorm = nn.LayerNorm(w, eps=c['layer_norm_eps'])

    def forward(self, ids):
        """Rows of the word table [b, length] -> tokens [b, length + slots, width]."""
        h = torch.cat(
            [self.proj(self.words[ids])+self.position_embeddings, self.slot_tokens.expand(len(ids), -1, -1)], 1
        )
        for layer in self.encoder['layer']: h = layer(h)
        return self.layernorm(h)
