"""Put a trained network of part maps into the file of weights that the program reads.

    python -m maps.export MAPS.pt ../assets/figurine.gguf [OUT.gguf]

All other tensors stay as they are. Convolutions, with their batch normalisation folded in, become matrices of a row an
output. Matrices are in 8 bits where their rows have a multiple of 32 numbers, else in f16.
"""
import hashlib, json, os, sys
import gguf
import numpy as np
import torch

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from data.slots import SLOTS
from data.views import SIDE
from maps.network import folded, loaded
from networks import CELLS
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
    t = gguf.GGMLQuantizationType['Q8_0' if quantized else 'F16' if x.ndim > 1 else 'F32']
    return np.ascontiguousarray(gguf.quants.quantize(x, t)), t


def export(path, source, out):
    net = loaded(torch.load(path, map_location='cpu')['ema'])
    file = gguf.GGUFReader(source)
    text = lambda key: file.fields[key].contents()
    about = json.loads(text('gen3d.config'))
    about['part_maps'] = config(net)
    tensors = {t.name: (np.array(t.data), t.tensor_type) for t in file.tensors if not t.name.startswith('part_maps.')}
    tensors.update({f'part_maps.{k}': stored(k, v) for k, v in folded(net.state_dict()).items()})
    w, digest = gguf.GGUFWriter(out+'.part', 'gen3d'), hashlib.sha256()
    w.add_name(text('general.name')), w.add_license(text('general.license'))
    for key in ('general.source', 'gen3d.words'): w.add_string(key, text(key))
    w.add_string('gen3d.config', json.dumps(about))
    for name, (data, kind) in sorted(tensors.items()):
        digest.update(name.encode()), digest.update(data.tobytes())
        w.add_tensor(name, data, raw_dtype=kind)
    w.add_string('gen3d.sha256', digest.hexdigest())
    w.write_header_to_file(), w.write_kv_data_to_file(), w.write_tensors_to_file(), w.close()
    os.replace(out+'.part', out)
    print(out, os.path.getsize(out), 'bytes', digest.hexdigest())


if __name__ == '__main__': export(sys.argv[1], sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else sys.argv[2])
