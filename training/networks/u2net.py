"""U2-Net-P, which cuts the subject out of a photo: in PyTorch, and its weights in a file that the program reads.

    # in place; all other tensors stay the same bytes
    python -m networks.u2net U2NETP.onnx ../assets/figurine.gguf
    # what onnxruntime finds in a picture, for the tests
    python -m networks.u2net U2NETP.onnx --golden ../tests/data PICTURE

Needs the packages gguf and onnx, and onnxruntime for the second.
"""
import argparse, os
import numpy as np

CONFIG = {'side': 320, 'width': 64, 'inner': 16}
DEPTHS = [6, 5, 4, 3, 3, 3]
MEAN, DEVIATION = np.array([.485, .456, .406], np.float32), np.array([.229, .224, .225], np.float32)


def names():
    """The convolutions' names in the order of the published file: levels down, levels up from the coarsest, maps,
    their sum."""
    for way, levels in ('down', range(6)), ('up', range(4, -1, -1)):
        for i in levels:
            d = range(DEPTHS[i])
            yield from [
                f'{way}.{i}.enter',
                *(f'{way}.{i}.down.{j}' for j in d),
                f'{way}.{i}.bottom',
                *(f'{way}.{i}.up.{j}' for j in reversed(d)),
            ]
    yield from [*(f'maps.{i}' for i in range(6)), 'sum']


def tensors(path):
    """What the program reads, by name, from a file such as the published one or from the program's own; batch norms
    are folded into their convolutions already."""
    if path.endswith('.gguf'): return shipped(path)
    import onnx
    graph = onnx.load(path).graph
    known = {x.name: onnx.numpy_helper.to_array(x) for x in graph.initializer}
    convs, order = [n for n in graph.node if n.op_type == 'Conv'], list(names())
    assert len(convs) == len(order), f'{len(convs)} convolutions, {len(order)} are expected'
    return {
        f'cutout.{name}.{part}': known[x]
        for name, conv in zip(order, convs)
        for part, x in zip(('weight', 'bias'), conv.input[1:])
    }


def shipped(path):
    """The same from the file that the program reads."""
    import gguf
    all_ = (t for t in gguf.GGUFReader(path).tensors if t.name.startswith('cutout.'))
    return {t.name: np.array(t.data, np.float32).reshape([int(n) for n in t.shape[::-1]]) for t in all_}


def network(path):
    """The network in PyTorch, from a file such as the published one; it gives logits, the answer first and then those
    of each level's map, from fine to coarse, as large as the picture."""
    import torch
    import torch.nn.functional as F

    known = tensors(path)
    to = lambda x, like: F.interpolate(x, like.shape[2:], mode='bilinear', align_corners=False)

    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.numbers = torch.nn.ParameterDict(
                {k.replace('.', '_'): torch.nn.Parameter(torch.from_numpy(x.copy())) for k, x in known.items()}
            )

        def conv(self, name, x, apart=None):
            weight, bias = (self.numbers[f'cutout_{name}_{part}'.replace('.', '_')] for part in ('weight', 'bias'))
            out = F.conv2d(x, weight, bias, padding=(apart or 1)*(weight.shape[2]//2), dilation=apart or 1)
            return out if apart is None else F.relu(out)

        def level(self, way, i, x):
            depth, halves = DEPTHS[i], i < 4
            apart = lambda j: 1 if halves else 2**j
            x = entered = self.conv(f'{way}.{i}.enter', x, 1)
            skips = []
            for j in range(depth):
                if halves and j: x = F.max_pool2d(x, 2, 2, ceil_mode=True)
                x = self.conv(f'{way}.{i}.down.{j}', x, apart(j))
                skips.append(x)
            x = self.conv(f'{way}.{i}.bottom', x, 2 if halves else apart(depth))
            for j in reversed(range(depth)):
                x = self.conv(f'{way}.{i}.up.{j}', torch.cat([to(x, skips[j]), skips[j]], 1), apart(j))
            return x+entered

        def forward(self, x):
            picture, skips = x, []
            for i in range(6):
                if i: x = F.max_pool2d(x, 2, 2, ceil_mode=True)
                x = self.level('down', i, x)
                skips.append(x)
            maps = [to(self.conv('maps.5', x), picture)]
            for i in range(4, -1, -1):
                x = self.level('up', i, torch.cat([to(x, skips[i]), skips[i]], 1))
                maps.insert(0, to(self.conv(f'maps.{i}', x), picture))
            return self.conv('sum', torch.cat(maps, 1)), *maps

    return Net()


def save(published, net, path):
    """The published file with a network's numbers in it."""
    import onnx
    model, new = onnx.load(published), net.state_dict()
    convs = [n for n in model.graph.node if n.op_type == 'Conv']
    known = {x.name: x for x in model.graph.initializer}
    for name, conv in zip(names(), convs):
        for part, x in zip(('weight', 'bias'), conv.input[1:]):
            numbers = new[f'numbers.cutout_{name}_{part}'.replace('.', '_').replace('numbers_', 'numbers.', 1)].numpy()
            known[x].CopyFrom(onnx.numpy_helper.from_array(np.ascontiguousarray(numbers), x))
    onnx.save(model, path+'.part')
    os.replace(path+'.part', path)


def replace(onnx_path, path):
    """The file anew with this network in the place of the one that it has."""
    from networks import weights_file
    weights = weights_file.Weights(path)
    weights.source, weights.config['cutout'] = source(weights.source), CONFIG
    kind = lambda x: 'f16' if x.ndim > 1 else 'f32'
    found = {k: weights_file.stored(x, kind(x)) for k, x in tensors(onnx_path).items()}
    weights.replace('cutout.', {k.removeprefix('cutout.'): x for k, x in found.items()})
    weights.write(path)


def source(text):
    """Where the weights come from, with this network among them, and that its numbers are no longer the published."""
    plain = 'U2-Net-P by Xuebin Qin et al. (Apache-2.0) to cut out'
    if 'U2-Net-P' not in text: text = text.replace('; see assets/MODEL.md', f'; {plain}; see assets/MODEL.md')
    return text.replace(plain, 'U2-Net-P by Xuebin Qin et al. (Apache-2.0), changed by this project, to cut out')


def pixels(picture):
    """A picture of 320 x 320 as the network wants it."""
    x = np.asarray(picture.convert('RGB'), np.float32)
    return (((x/max(x.max(), 1))-MEAN)/DEVIATION).transpose(2, 0, 1)[None]


def found(session, picture):
    """The subject's share of each pixel of a picture squeezed into a square, 0..1 [320, 320]."""
    return session.run(None, {session.get_inputs()[0].name: pixels(picture)})[0][0, 0]


def golden(onnx_path, folder, picture):
    import onnx, onnxruntime
    from PIL import Image
    side, model = CONFIG['side'], onnx.load(onnx_path)
    for x in model.graph.initializer:  # as they are stored: what 16 bits cost is no matter of the program's
        numbers = onnx.numpy_helper.to_array(x)
        if numbers.ndim > 1:
            x.CopyFrom(onnx.numpy_helper.from_array(numbers.astype(np.float16).astype(np.float32), x.name))
    small = Image.open(picture).convert('RGB').resize((side, side), Image.BOX)
    small.save(os.path.join(folder, 'u2net.png'))
    share = found(onnxruntime.InferenceSession(model.SerializeToString(), providers=['CPUExecutionProvider']), small)
    Image.fromarray((share*255+.5).astype(np.uint8)).save(os.path.join(folder, 'u2net_share.png'))


if __name__ == '__main__':
    a = argparse.ArgumentParser()
    a.add_argument('onnx')
    a.add_argument('file', nargs='?')
    a.add_argument('--golden', nargs=2, metavar=('DIR', 'PICTURE'))
    a = a.parse_args()
    if a.golden: golden(a.onnx, *a.golden)
    else: replace(a.onnx, a.file)
