"""Put a trained network of part maps into the file of weights that the program reads.

    python -m maps.export MAPS.pt ../assets/figurine.gguf [OUT.gguf]

All other tensors stay as they are. Convolutions, with their batch normalisation folded in, become matrices of a row an
output. Matrices are in 8 bits where their rows have a multiple of 32 numbers, else in f16.
"""
import os, sys
import torch

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from data.slots import SLOTS
from data.views import SIDE
from maps.network import folded, loaded
from networks import CELLS, weights_file
from networks import PARTS as CELL_SLOTS

EXACT = ('embed', 'position', 'norm', 'camera', 'token')  # small, and errors in them are most visible


def config(net):
    widths = [
        net.stem.conv.out_channels,
        net.down1[0].conv.out_channels,
        net.down2[0].conv.out_channels,
        net.down3[0].conv.out_channels,
    ]
    return dict(
        slots=SLOTS,
        side=SIDE,
        widths=widths,
        blocks=len(net.blocks),
        heads=net.blocks[0].heads,
        cells=CELLS,
        cell_parts=len(CELL_SLOTS),
    )


def matrix(name, x):
    """Kernels [outputs, inputs, side, side] as rows; all else as it is."""
    return x.flatten(1) if x.ndim == 4 and 'patch_embeddings' not in name else x


def stored(name, x):
    """The bytes of one tensor and their type."""
    x = matrix(name, x.float()).numpy()
    quantized = x.ndim == 2 and x.shape[1] % 32 == 0 and not any(k in name for k in EXACT)
    return weights_file.stored(x, 'q8_0' if quantized else 'f16' if x.ndim > 1 else 'f32')


def export(path, source, out):
    weights, net = weights_file.Weights(source), loaded(torch.load(path, map_location='cpu')['ema'])
    weights.config['part_maps'] = config(net)
    weights.replace('part_maps.', {k: stored(k, v) for k, v in folded(net.state_dict()).items()})
    weights.write(out)


if __name__ == '__main__': export(sys.argv[1], sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else sys.argv[2])
