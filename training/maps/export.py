"""Put a trained network of part maps, or a denoiser, into the file of weights that the program reads.

    python -m maps.export MAPS.pt ../assets/figurine.gguf [OUT.gguf]

All other tensors stay as they are. Convolutions, with their batch normalisation folded in, become matrices of a row an
output. Matrices are in 8 bits where their rows have a multiple of 32 numbers, else in f16.
"""
import os, sys
import torch

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from data.slots import SLOTS
from data.views import SIDE
from maps import arrange, autoencoder, denoiser, portrait
from maps.checkpoint import load
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


def drawing_config(net, decoder, steps=12, guidance=2.5, temperature=.6):
    block = net.blocks[0]
    return dict(
        side=autoencoder.SIDE,
        scale=denoiser.SCALE,
        channels=autoencoder.LATENT,
        widths=[net.stem.out_channels, net.down.out_channels],
        decoder=[decoder.first.out_channels, decoder.up.out_channels, decoder.at4.conv1.out_channels],
        blocks=len(net.blocks),
        heads=block.heads,
        mlp_ratio=block.up.out_features//block.up.in_features,
        length=denoiser.LENGTH,
        steps=steps,
        guidance=guidance,
        temperature=temperature,
    )


def layouts_config(net, steps=16, guidance=1.5, temperature=.6):
    block = net.blocks[0]
    return dict(
        parts=len(net.mean),
        width=block.up.in_features,
        blocks=len(net.blocks),
        heads=block.heads,
        mlp_ratio=block.up.out_features//block.up.in_features,
        steps=steps,
        guidance=guidance,
        temperature=temperature,
    )


def portrait_config(net, decoder, steps=10, temperature=.9):
    return dict(
        part=portrait.HEAD,
        side=decoder.places*2*portrait.PATCH,
        rows=int((net.look.in_features/4)**.5),
        code=net.out.out_features,
        width=net.out.in_features,
        blocks=len(net.ups),
        decoder=[decoder.up.in_channels, decoder.up.out_channels, decoder.last.in_channels],
        steps=steps,
        temperature=temperature,
    )


def drawing(net, **beside):
    """The tensors of the networks, below `drawing.`; not those that training alone asks."""
    unasked = ('parts.',) if 'layouts' in beside else ('parts.', 'layout.')
    own = {k: v for k, v in net.state_dict().items() if not k.startswith(unasked)}
    return {**own, **{f'{name}.{k}': v for name, of in beside.items() for k, v in of.state_dict().items()}}


def export_drawing(trained, weights):
    table = torch.from_numpy(weights.values('text_encoder.words.weight'))
    net, coder = denoiser.Denoiser(table), autoencoder.Autoencoder()
    beside = dict(decoder=coder.decoder)
    load(net, trained['ema']), load(coder, trained['autoencoder'])
    weights.config['drawing'] = drawing_config(net, coder.decoder)
    if 'layouts' in trained:
        beside['layouts'] = arrange.Arranger(table)
        load(beside['layouts'], trained['layouts'])
        weights.config['drawing']['layouts'] = layouts_config(beside['layouts'])
    if 'portrait' in trained:
        own, heads = portrait.Thinker(table), portrait.coder()
        load(own, trained['portrait']['flow']), load(heads, trained['portrait']['coder'])
        beside.update({'portrait': own, 'portrait.decoder': heads.decoder})
        weights.config['drawing']['portrait'] = portrait_config(own, heads.decoder)
    weights.taught = '\n'.join(trained['taught'])
    weights.replace('drawing.', {k: stored(k, v) for k, v in drawing(net, **beside).items()})


def export(path, source, out):
    trained, weights = torch.load(path, map_location='cpu'), weights_file.Weights(source)
    if 'autoencoder' in trained: export_drawing(trained, weights)
    else:
        net = loaded(trained['ema'])
        weights.config['part_maps'] = config(net)
        weights.replace('part_maps.', {k: stored(k, v) for k, v in folded(net.state_dict()).items()})
    weights.write(out)


if __name__ == '__main__': export(sys.argv[1], sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else sys.argv[2])
