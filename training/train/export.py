"""Write the trained figurine model as the one GGUF file that the program reads.

    python -m train.export RUN ../assets/figurine.gguf [--type q8_0] [--cutout U2NETP.onnx]

Matrices inside the blocks are quantized; norms, biases, embeddings and the first and last layers, which are small and
to which errors are most visible, stay f16 or f32. Needs the package gguf.
"""
import argparse, os
import torch
import networks
from networks import codec, u2net, weights_file
from train import recover

ORIGIN = (
    'Trained from scratch by the gen3d project on its own grammar of figurines and on CC0 characters by Quaternius, '
    'Kenney and MakeHuman; word vectors distilled from all-MiniLM-L6-v2 (Apache-2.0); see assets/MODEL.md'
)
KEEP = (
    'embed',
    'proj_in',
    'proj_out',
    'proj_query',
    'post_quant',
    'null_',
    'time_proj',
    'norm',
    'token',
    'face.basis',
)


def tensors(run, vae):
    """Every tensor that inference needs, by the name it has in the file."""
    saved = torch.load(os.path.join(run, 'dit.pt'), map_location='cpu')
    saved['stats']['text_encoder.words.weight'] = codec.table(run)
    out = {f'vae.{k}': v for k, v in vae.state_dict().items() if k.startswith(('decoder', 'post_quant'))}
    looks = {f'face.{k}': v for k, v in torch.load(os.path.join(run, 'faces.pt'), map_location='cpu').items()}
    return {**out, **{k: v for k, v in saved['ema'].items() if not k.startswith('guess')}, **saved['stats'], **looks}


def stored(name, x, kind):
    """The bytes of one tensor and the type they are in."""
    quantized = x.ndim == 2 and not any(k in name for k in KEEP) and x.shape[1] % 32 == 0
    return weights_file.stored(x.float().numpy(), kind if quantized else 'f16' if x.ndim > 1 else 'f32')


def export(run, path, kind, cut):
    vae = codec.load_vae(run)
    config, all_ = {**networks.CONFIG, 'vae': vae.config}, tensors(run, vae)
    with open(os.path.join(run, 'words.txt')) as f: words = f.read()
    config['text_encoder'] = {**config['text_encoder'], 'words': len(all_['text_encoder.words.weight'])}
    if cut and cut.endswith('.gguf'):
        config['cutout'] = weights_file.Weights(cut).config['cutout']
        all_.update({k: v for k, v in recover.tensors(cut).items() if k.startswith('cutout.')})
    elif cut:
        config['cutout'] = u2net.CONFIG
        all_.update({k: torch.tensor(v) for k, v in u2net.tensors(cut).items()})
    weights = weights_file.Weights(source=ORIGIN, words=words, config=config)
    weights.replace('', {name: stored(name, x, kind) for name, x in all_.items()})
    weights.write(path)


if __name__ == '__main__':
    a = argparse.ArgumentParser()
    a.add_argument('run')
    a.add_argument('out')
    a.add_argument('--type', default='q8_0', choices=['q8_0', 'f16', 'f32'])
    a.add_argument('--cutout', help='the published network of networks.u2net, or a file that this wrote')
    a = a.parse_args()
    export(a.run, a.out, a.type, a.cutout)
