"""Put a trained network that tells figures from words into the file of weights that the program reads.

    python -m assembly.export OUT.pt ../assets/figurine.gguf [OUT.gguf]          (run in training/)

All other tensors stay as they are. Matrices are in 8 bits where their rows have a multiple of 32 numbers; means and
scales of numbers are exact.
"""
import sys
import torch
from assembly.network import whitened
from assembly.train import trained
from data.slots import SLOTS
from maps import export as maps_export
from networks.weights_file import Weights, stored as exactly

# in f16 means and scales lose a tenth of a held-out figure; in whitened vectors what is small counts
EXACT = 'mean', 'scale', 'words.weight', 'gist.each.weight'


def config(net, temperature=.4, guidance=1.5):
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
        guidance=guidance,
    )


def tables(net, table):
    """The network's tensors, those of more than two sides as matrices of their rows; it takes vectors of words as they
    are in `table`, not whitened."""
    state, (_, matrix, middle) = dict(net.state_dict()), whitened(table)
    for name in ('words', 'gist.each'):
        state[f'{name}.bias'] = state[f'{name}.bias']-state[f'{name}.weight']@matrix.T@middle
        state[f'{name}.weight'] = state[f'{name}.weight']@matrix.T
    return {k: v.flatten(0, -2) if v.ndim > 2 else v for k, v in state.items()}


def stored(name, x):
    """The bytes of one tensor and their type."""
    return exactly(x.numpy(), 'f32') if name in EXACT else maps_export.stored(name, x)


def export(path, source, out):
    weights = Weights(source)
    table = torch.from_numpy(weights.values('text_encoder.words.weight'))
    net = trained(path, table)
    weights.config['assembly'] = config(net)
    weights.replace('assembly.', {k: stored(k, v) for k, v in tables(net, table).items()})
    weights.write(out)


if __name__ == '__main__': export(sys.argv[1], sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else sys.argv[2])
