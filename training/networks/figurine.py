"""The network that a photo or words go through: the encoders, the condition, the transformer, and heads that only
teach."""
import torch
import torch.nn as nn
from networks.config import CELLS, CONFIG, PARTS, ROWS
from networks.encoders import ImageEncoder, TextEncoder
from networks.transformer import Transformer


class Condition(nn.Module):
    """The sequence of condition tokens: each view's image tokens or its null token, then the text's tokens or its null
    token."""

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
        out = [
            views[i]+self.view_embedding.weight[i] if i in views else null(n)
            for i, n in enumerate(self.null_view.weight)
        ]
        return torch.cat(out+[null(self.null_text.weight[0]) if text is None else text], 1)


class Figurine(nn.Module):
    """The encoders, the condition and the transformer; and heads that only teach the encoders, much faster than noise
    does."""

    def __init__(self, table=None):
        super().__init__()
        self.image_encoder, self.condition, self.transformer = ImageEncoder(), Condition(), Transformer()
        c = CONFIG['transformer']
        latents = c['max_num_parts']*(ROWS+1)*c['in_channels']
        self.guess = nn.Linear(c['cross_attention_dim'], latents)
        self.seen = nn.Linear(c['cross_attention_dim'], CELLS**2*(len(PARTS)+4))
        if table is not None:
            self.text_encoder, self.guess_text = (
                TextEncoder(table),
                nn.Linear(c['cross_attention_dim'], latents//len(PARTS)),
            )

    def encode(self, pictures):
        """Normalised pictures [b, 3, side, side] -> tokens [b, 1 + patches, width]; the latents [b, 10, 5, 64] guessed
        from the class token; and from each patch the logits [b, patches, cells, 1 + 10] of nothing or a slot, and the
        place [.., 3] of what it shows."""
        tokens = self.image_encoder(pictures)
        guess = self.guess(tokens[:, 0]).view(len(pictures), len(PARTS), ROWS+1, -1)
        seen = self.seen(tokens[:, 1:]).unflatten(-1, (CELLS**2, -1))
        return tokens, guess, seen[..., :-3], seen[..., -3:]

    def read(self, ids):
        """Rows of the word table [b, length] -> tokens [b, length + slots, width], and the latents [b, 10, 5, 64],
        each part's guessed from its slot's token."""
        tokens = self.text_encoder(ids)
        return tokens, self.guess_text(tokens[:, -len(PARTS):]).unflatten(-1, (ROWS+1, -1))

    def forward(self, views, text, drop, x, t):
        """Velocity of x under the tokens of views and text (see `Condition`); `drop` [b] zeroes whole conditions."""
        return self.transformer(x, t, self.condition(views, text)*(~drop)[:, None, None])
