"""Tiny weights of the network of part maps and of the one that draws, with seeded random values, and what PyTorch
computes with them, for tests/data/part_maps and tests/data/drawing.

    python -m maps.golden ../tests/data     (run in training/; needs safetensors and gguf)
"""
import os, sys
import numpy as np
import torch
from safetensors.torch import save_file

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from data.fronts import NONE
from data.slots import SLOTS
from data.views import inflated
from maps import portrait
from maps.arrange import Arranger
from maps.autoencoder import LATENT, Decoder
from maps.denoiser import KNOWN, SCALE, Denoiser
from maps.export import drawing as tensors_of, drawing_config, layouts_config, matrix, portrait_config
from maps.layout import NUMBERS, painted
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


def drawing(out):
    torch.manual_seed(4), os.makedirs(out, exist_ok=True)
    side, length, words, size = 32, 6, 9, 32
    table = lively(torch.randn(words, size))
    net, decoder = Denoiser(table, (8, 16), 2, 4, side//SCALE, length).eval(), Decoder(16, 8, 8)
    layouts = Arranger(table, 32, 2, 4, length=length).eval()
    heads, thinker = portrait.Decoder(8, 8, 8, 2), portrait.Thinker(table, 16, 2, 4*2*2)
    for one in (net, decoder, layouts, heads, thinker):
        one.load_state_dict({k: lively(v) for k, v in one.state_dict().items()})
    state, known = torch.randn(1, LATENT, side//SCALE, side//SCALE), torch.zeros(1, KNOWN, side, side)
    known[:, :, :20] = torch.rand(1, KNOWN, 20, side)
    arranged, code, look = torch.randn(1, NONE, NUMBERS), torch.randn(1, portrait.CODE), torch.rand(1, 16)
    layout, time, told = layouts.layout(arranged), torch.tensor([.3]), {}
    for i in [3, 1], []:  # the third and the first word, and none
        ids = torch.tensor([i+[0]*(length-len(i))])
        told[f'told_{len(i)}'] = net(state, time, ids, known, layout*bool(i))
        told[f'arranged_{len(i)}'] = layouts.clean(arranged, time, ids)
        if i: told['code_2'] = thinker(code, time, ids, look)
    told.update(state=state, known=known, pixels=decoder(net.drawn(state)), arranged=arranged)
    told.update(maps=painted(layout, side//SCALE), code=code, look=look, head=heads(code))
    save_file({k: v.contiguous() for k, v in told.items()}, f'{out}/golden.safetensors')
    config = {**drawing_config(net, decoder, 2, 1.5), 'side': side, 'length': length}
    config.update(layouts=layouts_config(layouts, 2), portrait=portrait_config(thinker, heads, 2))
    weights = Weights(None, 'tiny networks that draw', 'CC0-1.0', 'random numbers', config=dict(drawing=config))
    beside = dict(decoder=decoder, layouts=layouts, portrait=thinker)
    drawn = tensors_of(net, **beside, **{'portrait.decoder': heads})
    tensors = {f'drawing.{k}': matrix(k, v).numpy() for k, v in drawn.items()}
    tensors['text_encoder.words.weight'] = table.numpy()
    weights.replace('', {k: stored(v, 'f32') for k, v in tensors.items()})
    weights.write(f'{out}/weights.gguf')
    print(told['told_2'].abs().max(), told['pixels'].abs().max())


if __name__ == '__main__':
    torch.set_grad_enabled(False), torch.set_num_threads(1)
    part_maps(f'{sys.argv[1]}/part_maps'), drawing(f'{sys.argv[1]}/drawing')
