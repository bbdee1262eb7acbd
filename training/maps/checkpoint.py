"""Checkpoints that are small enough to be kept with the program: large matrices in 8 bits, what is small in f32, all
else in f16.

    python -m maps.checkpoint MAPS.pt checkpoints/part_maps.pt

The averages of what maps/train.py or assembly/train.py trained.
"""
import sys
import torch

BLOCK = 32  # numbers that share a scale
SMALL = 1024  # numbers of a tensor that stays as it is: means of what is told are not to be rounded


def packed(state):
    """Tensors by name as (bytes [blocks, BLOCK], scales f16 [blocks, 1], shape), or f16, or f32."""
    out = {}
    for name, x in state.items():
        if x.numel() <= SMALL: out[name] = x.float()
        elif x.ndim < 2 or x.numel() % BLOCK: out[name] = x.half()
        else:
            rows = x.float().reshape(-1, BLOCK)
            scale = (rows.abs().amax(1, keepdim=True)/127).half()
            out[name] = (rows/scale.float().clamp(min=1e-12)).round().clamp(-127, 127).char(), scale, tuple(x.shape)
    return out


def unpacked(state):
    """The reverse, in f32; what was not packed stays as it is."""
    whole = lambda bytes, scale, shape: (bytes.float()*scale.float()).reshape(shape)
    return {k: whole(*v) if isinstance(v, tuple) else v.float() for k, v in state.items()}


def load(net, state):
    """Gives a network the weights of a state, packed or not; those that this does not have stay as they begin."""
    net.load_state_dict({**net.state_dict(), **unpacked(state)})


if __name__ == '__main__':
    trained = torch.load(sys.argv[1], map_location='cpu')
    kept = dict(ema=packed(trained['ema']))
    if 'step' in trained: kept['step'] = trained['step']
    torch.save(kept, sys.argv[2])
