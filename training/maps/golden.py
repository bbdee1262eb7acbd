"""Tiny weights of the network of part maps, with seeded random values, and what PyTorch computes with them, for
tests/data/part_maps.

    python -m maps.golden ../tests/data/part_maps     (run in training/; needs safetensors and gguf)
"""
import os, sys
import numpy as np
import torch
from safetensors.torch import save_file

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from data.slots import SLOTS
from data.views import inflated
from maps.export import matrix
from maps.network import MapNet, folded
from networks import CELLS, CONFIG
from networks.weights_file import Weights, stored

SIDE, ENCODER = 64, {**CONFIG['image_encoder'], 'hidden_size': 32, 'num_hidden_layers': 2, 'image_size': 64}


def lively(x):
    """Random values of a useful size, exact in f16: the initial zeros and ones would hide mistakes."""
    noise = torch.randn(x.shape)
    x = 1+.2*noise if x.ndim == 1 and bool((x == 1).all()) else noise*(.2 if x.ndim < 2 else x[0].numel()**-.5)
    return x.half().float()


def part_maps(out):
    torch.manual_seed(3), os.makedirs(out, exist_ok=True)
    net = MapNet((8, 8, 16, 16), 1, 4, SIDE, ENCODER).eval()
    net.load_state_dict(
        {
            k: lively(v).abs()+0.5 if k.endswith('running_var') else lively(v) if v.is_floating_point() else v
            for k, v in net.state_dict().items()
        }
    )
    yy, xx = np.mgrid[:SIDE, :SIDE]/SIDE*2-1
    alpha = np.clip((.7-np.hypot(xx*1.3, yy))*20+.5, 0, 1).astype(np.float32)
    rgba = torch.cat([torch.rand(3, SIDE, SIDE), torch.from_numpy(alpha)[None]])[None]
    balloon = torch.from_numpy(inflated(alpha).astype(np.float32))[None, None]
    x = torch.cat([(rgba[:, :3]-.5)*2*rgba[:, 3:], rgba[:, 3:]*2-1], 1)
    at, hooks = {}, dict(tokens=net.image_encoder, full=net.full, down=net.down3, middle=net.middle)
    for name, module in hooks.items(): module.register_forward_hook(lambda m, i, o, name=name: at.__setitem__(name, o))
    maps, camera = net(x, balloon)
    save_file(
        {k: v.contiguous() for k, v in dict(at, rgba=rgba, inflated=balloon, maps=maps[0], camera=camera[0]).items()},
        f'{out}/golden.safetensors',
    )
    config = dict(slots=SLOTS, side=SIDE, widths=[8, 8, 16, 16], blocks=1, heads=4, cells=CELLS, cell_parts=net.told-4)
    about = dict(image_encoder=ENCODER, part_maps=config)
    weights = Weights(None, 'tiny part maps', 'CC0-1.0', 'random numbers, see README.md', config=about)
    tensors = folded(net.state_dict()).items()
    weights.replace('part_maps.', {k: stored(matrix(k, v).numpy(), 'f32') for k, v in tensors})
    weights.write(f'{out}/weights.gguf')
    print(maps.abs().max(), camera)


if __name__ == '__main__':
    torch.set_grad_enabled(False), torch.set_num_threads(1)
    part_maps(sys.argv[1])
