"""Write the trained figurine model as the one GGUF file that the program reads.

    python -m train.export RUN ../assets/figurine.gguf [--type q8_0] [--cutout U2NETP.onnx]

Matrices inside the blocks are quantized; norms, biases, embeddings and the first and last layers, which are small and
to which errors are most visible, stay f16 or f32. Needs the package gguf.
"""
import argparse, hashlib, json, os
import gguf
import numpy as np
import torch
import networks
from networks import codec, u2net
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
    x = x.float().numpy()
    quantized = x.ndim == 2 and not any(k in name for k in KEEP) and x.shape[1] % 32 == 0
    t = gguf.GGMLQuantizationType[kind.upper() if quantized else 'F16' if x.ndim > 1 else 'F32']
    return np.ascontiguousarray(gguf.quants.quantize(x, t)), t


def export(run, path, kind, cut):
    vae = codec.load_vae(run)
    config, all_ = {**networks.CONFIG, 'vae': vae.config}, tensors(run, vae)
    with open(os.path.join(run, 'words.txt')) as f: words = f.read()
    config['text_encoder'] = {**config['text_encoder'], 'words': len(all_['text_encoder.words.weight'])}
    if cut and cut.endswith('.gguf'):
        file, kept = gguf.GGUFReader(cut), recover.tensors(cut)
        config['cutout'] = json.loads(file.fields['gen3d.config'].contents())['cutout']
        all_.update({k: v for k, v in kept.items() if k.startswith('cutout.')})
    elif cut:
        config['cutout'] = u2net.CONFIG
        all_.update({k: torch.tensor(v) for k, v in u2net.tensors(cut).items()})
    w, digest = gguf.GGUFWriter(path+'.tmp', 'gen3d'), hashlib.sha256()
    w.add_name('figurine')
    w.add_license('MIT OR Apache-2.0')
    w.add_string('general.source', ORIGIN)
    w.add_string('gen3d.config', json.dumps(config))
    w.add_string('gen3d.words', words)
    for name, x in sorted(all_.items()):
        data, t = stored(name, x, kind)
        digest.update(name.encode()), digest.update(data.tobytes())
        w.add_tensor(name, data, raw_dtype=t)
    w.add_string('gen3d.sha256', digest.hexdigest())
    w.write_header_to_file(), w.write_kv_data_to_file(), w.write_tensors_to_file(), w.close()
    os.replace(path+'.tmp', path)
    print(path, os.path.getsize(path), 'bytes', digest.hexdigest())


if __name__ == '__main__':
    a = argparse.ArgumentParser()
    a.add_argument('run')
    a.add_argument('out')
    a.add_argument('--type', default='q8_0', choices=['q8_0', 'f16', 'f32'])
    a.add_argument('--cutout', help='the published network of networks.u2net, or a file that this wrote')
    a = a.parse_args()
    export(a.run, a.out, a.type, a.cutout)
