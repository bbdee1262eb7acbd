"""Tiny weights of the network that tells figures from words, with seeded random values, and what PyTorch computes with
them, for tests/data/assembly.

    python -m assembly.golden ../tests/data/assembly     (run in training/; needs safetensors and gguf)
"""
import os, sys
import numpy as np
import torch
from safetensors.torch import save_file
from assembly.export import config as config_of, tables
from assembly.network import LABELS, MIXED, Assembler, waves
from assembly.primitives import COLOUR, MOST, NUMBERS
from assembly.train import collate
from maps.golden import lively
from networks.weights_file import Weights, stored


def main(out):
    torch.manual_seed(5), os.makedirs(out, exist_ok=True)
    table = lively(torch.randn(9, 32))
    net = Assembler(table, 32, 2, 4, 16).eval()
    net.load_state_dict({k: lively(v).abs()+.5 if k == 'scale' else lively(v) for k, v in net.state_dict().items()})
    kinds = [COLOUR, *range(COLOUR), COLOUR]
    labels = torch.tensor([kinds, [0, 2, 1, 10, 0, 5, 0], [0, 0, 1, 1, 0, 1, 0], [0, 0, 0, 0, 0, 0, 0],
                           [0, 0, 3, 0, 1, 0, 0]])
    number = torch.zeros(len(kinds), MOST)
    for to, k in zip(number, kinds): to[:NUMBERS[k]] = torch.randn(NUMBERS[k]).half().float()
    _, told, number, place, before, _ = collate([([0], labels.T.numpy().astype(np.uint8), number.numpy())])
    normal = net.normal(told['kind'], number, before)
    tokens = net.rows(told, place, normal)
    known_ = {f'hint_{len(i)}': net.context(torch.tensor([i or [0]]), tokens)[0] for i in ([3, 1], [])}
    s, mixtures = known_['hint_2'][:-1], torch.zeros(len(kinds), MOST, 3, MIXED)
    for name, values in zip(('kind', *LABELS), labels):
        known_[name] = net.labels[name](s)
        solid = (labels[0] != COLOUR)[:, None] if name != 'kind' else 1
        s = s+net.labels_told[name][values]*solid
    for r, k in enumerate(kinds):
        known = s[r]
        for j in range(NUMBERS[k]):
            mixtures[r, j] = torch.stack(net.mixture(known+net.number_place[k, j]))
            known = known+waves(normal[0, r, j])@net.number_told[k, j]
    told = dict(known_, number=number[0], mixtures=mixtures, labels=labels.T.float())
    save_file({k: v.contiguous() for k, v in told.items()}, f'{out}/golden.safetensors')
    config = dict(assembly=config_of(net))
    weights = Weights(None, 'a tiny network that tells primitives', 'CC0-1.0', 'random numbers', config=config)
    tensors = {f'assembly.{k}': v.numpy() for k, v in tables(net, table).items()}
    tensors['text_encoder.words.weight'] = table.numpy()
    weights.replace('', {k: stored(v, 'f32') for k, v in tensors.items()})
    weights.write(f'{out}/weights.gguf')
    print(told['hint_2'].abs().max(), mixtures.abs().max())


if __name__ == '__main__':
    torch.set_grad_enabled(False), torch.set_num_threads(1)
    main(sys.argv[1])
