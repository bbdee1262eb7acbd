"""Put a trained network that tells figures from words into the file of weights that the program reads.

    python -m assembly.export OUT.pt ../assets/figurine.gguf [OUT.gguf]          (run in training/)

All other tensors stay as they are. Matrices are in 8 bits where their rows have a multiple of 32 numbers; means and
scales of numbers are exact.
"""
import sys
import torch
from assembly.train import trained
from data.slots import SLOTS
from maps import export as maps_export
from networks.weights_file import Weights, stored as exactly

EXACT = 'mean', 'scale'  # in f16 a held-out figure loses a tenth


def config(net, temperature=.4):
    block = net.blocks[0]
    return dict(
        slots=SLOTS,
        width=net.begin.shape[-1],
        blocks=len(net.blocks),
        heads=block.heads,
        mlp_ratio=block.up.out_features//block.up.in_features,
        inner=net.hint.out_features,
        mixed=net.mixed.out_features//3,
        colours=len(net.labels_seen['first']),
        length=net.word_place.shape[0],
        longest=net.place.shape[0]-1,
        temperature=temperature,
    )


def tables(net):
    """The network's tensors, those of more than two sides as matrices of their rows."""
    return {k: v.flatten(0, -2) if v.ndim > 2 else v for k, v in net.state_dict().items()}


def stored(name, x):
    """The bytes of one tensor and their type."""
    return exactly(x.numpy(), 'f32') if name in EXACT else maps_export.stored(name, x)


def export(path, source, out):
    weights = Weights(source)
    net = trained(path, torch.from_numpy(weights.values('text_encoder.words.weight')))
    weights.config['assembly'] = config(net)
    weights.replace('assembly.', {k: stored(k, v) for k, v in tables(net).items()})
    weights.write(out)


if __name__ == '__main__': export(sys.argv[1], sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else sys.argv[2])
