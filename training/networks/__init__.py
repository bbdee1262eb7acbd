"""The figurine networks, with the tensor names of the published checkpoints.

Attention projections are in ordinary head order: the exporter writes them as they are. What the networks compute is
told in `src/model/architecture.md`.
"""
from networks.config import CELLS, CHANNELS, CONFIG, MAIN, PACK, PARTS, ROWS, TOKENS, TRUNCATION
from networks.encoders import ImageEncoder, TextEncoder
from networks.figurine import Condition, Figurine
from networks.transformer import Transformer
from networks.vae import Vae, local_frame, vae_of

__all__ = [
    'CELLS',
    'CHANNELS',
    'CONFIG',
    'MAIN',
    'PACK',
    'PARTS',
    'ROWS',
    'TOKENS',
    'TRUNCATION',
    'Condition',
    'Figurine',
    'ImageEncoder',
    'TextEncoder',
    'Transformer',
    'Vae',
    'local_frame',
    'vae_of',
]
