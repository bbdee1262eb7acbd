"""Writes weights.gguf and golden.safetensors beside this file: the figurine networks of training/networks/ at tiny
sizes with seeded random weights, and what PyTorch computes with them. Needs torch, numpy, gguf and safetensors.

    python tests/data/figurine/make.py
"""
import hashlib, json, os, sys
import gguf
import numpy as np
import torch
from safetensors.torch import save_file

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '../../../training'))
import networks
from networks import faces

torch.manual_seed(0), torch.set_grad_enabled(False), torch.set_num_threads(1)
CONFIG = json.loads(json.dumps(networks.CONFIG))
CONFIG['transformer'].update(width=32, num_layers=5, cross_attention_dim=32, global_attn_block_ids=[0, 2, 4])
CONFIG['vae'].update(width_decoder=32, num_layers_decoder=2)
CONFIG['image_encoder'].update(hidden_size=32, num_hidden_layers=2, image_size=64)
WORDS = 'a an knight wizard with red blue robe sword hat the capes'.split()
CONFIG['text_encoder'].update(words=len(WORDS), word_size=32, length=8, slots=3, hidden_size=32)
CONFIG['sampling'].update(guidance=2., solver='euler')  # the plainest steps, as below
CONFIG['figurine'].update(seen=0, face=dict(slot='head', weights=6, side=4, width=32, blocks=2, steps=4, painter=dict(finer=2, width=8, blocks=1)))  # what teaches the encoder is not held here
CONFIG['feature_extractor'].update(shortest_edge=72, crop=64)
P, T, C, STEPS, G = 10, CONFIG['sampling']['tokens'], CONFIG['transformer']['in_channels'], 4, CONFIG['sampling']['guidance']

model = networks.Figurine.__new__(networks.Figurine)
torch.nn.Module.__init__(model)
model.text_encoder = networks.TextEncoder(torch.zeros(len(WORDS), 32), CONFIG['text_encoder'])
model.image_encoder, model.condition = networks.ImageEncoder(CONFIG['image_encoder']), networks.Condition(4, 32)
model.transformer, vae = networks.Transformer(CONFIG['transformer']), networks.Vae(CONFIG['vae'])


def lively(x):
    """Random values of a useful size, exact in f16: the initial zeros and ones would hide mistakes."""
    noise = torch.randn(x.shape)
    x = 1+.2*noise if x.ndim == 1 and bool((x == 1).all()) else noise*(.2 if x.ndim < 2 else x[0].numel()**-.5)
    return x.half().float()


model.text_encoder.words[1:] = torch.randn(len(WORDS), 32).half().float()
for m in (model, vae): m.load_state_dict({k: lively(v) for k, v in m.state_dict().items()})
stats = {'latent.mean': .3*torch.randn(16), 'latent.std': 1+.3*torch.rand(16), 'box.mean': torch.tensor([0., .1, .2, -1.2, -1., -.8]),
         'box.std': torch.tensor([.3, .4, .2, .2, .3, .1]), 'colour.mean': torch.tensor([.5, .4, .6]), 'colour.std': torch.tensor([.2, .1, .2])}
face = faces.Net(CONFIG['figurine']['face'])
face.load_state_dict({k: lively(v) for k, v in face.state_dict().items()})
painter = faces.Painter(CONFIG['figurine']['face'])
painter.load_state_dict({k: lively(v) for k, v in painter.state_dict().items()})
looks = {'mean': .2*torch.randn(24), 'basis': lively(torch.zeros(6, 24)), **face.state_dict(), **{f'painter.{k}': v for k, v in painter.state_dict().items()}}
named = {**{f'face.{k}': v for k, v in looks.items()}, **{f'vae.{k}': v for k, v in vae.state_dict().items() if k.startswith(('decoder', 'post_quant'))}, **model.state_dict(), **stats,
         'text_encoder.words.weight': model.text_encoder.words[1:].contiguous()}

w, digest = gguf.GGUFWriter(os.path.join(HERE, 'weights.gguf'), 'gen3d'), hashlib.sha256()
w.add_name('tiny figurine'), w.add_license('CC0-1.0'), w.add_string('general.source', 'random numbers, see README.md')
w.add_string('gen3d.config', json.dumps(CONFIG)), w.add_string('gen3d.words', '\n'.join(WORDS))
for name, x in sorted(named.items()):
    data = x.numpy().astype(np.float16 if x.ndim > 1 else np.float32)
    digest.update(name.encode()), digest.update(data.tobytes())
    w.add_tensor(name, data)
w.add_string('gen3d.sha256', digest.hexdigest())
w.write_header_to_file(), w.write_kv_data_to_file(), w.write_tensors_to_file(), w.close()

pixels, noise = torch.randn(1, 3, 64, 64), torch.randn(P, T, C)
cond = model.condition({0: model.image_encoder(pixels)})
back = torch.randn(1, 3, 64, 64)
rows = torch.tensor([[WORDS.index(w)+1 for w in 'a red knight with a sword'.split()]+[0, 0]])  # a word that nobody knows is left out
text = model.text_encoder(rows)


def velocity(x, t):
    both = model.transformer(torch.stack([x, x]), torch.full((2,), t), torch.cat([torch.zeros_like(cond), cond]))
    return both[0]+G*(both[1]-both[0])


x = noise
for i in range(STEPS): x = x+velocity(x, 1000*(1-i/STEPS))/STEPS
x[:, -1, 6] = torch.tensor([1., -1.]).repeat(5)  # every other part is absent
centre, half = (x[:, -1, a:a+3]*stats['box.std'][a:a+3]+stats['box.mean'][a:a+3] for a in (0, 3))
half = half.clamp(-6, .5).exp()
local = torch.rand(P, 64, 3)*2.2-1.1
z = x[:, :-1].reshape(P, 16, 16)*stats['latent.std']+stats['latent.mean']
out = vae.decode(z, local)
axis = 2*(torch.arange(12)+.5)/12-1  # the main colour of what lies near the surface is to be the one that is told
lattice = torch.stack(torch.meshgrid(axis, axis, axis, indexing='ij')[::-1], -1).reshape(1, -1, 3)
near = vae.decode(z, lattice.expand(P, -1, -1))
nearest = near[..., 0].abs().argsort(stable=True)[:, :160]
made = near[..., 1:].clamp(0, 1).gather(1, nearest[..., None].expand(-1, -1, 3)).median(1).values
tint = (x[:, -1, 7:10]*stats['colour.std']+stats['colour.mean']).clamp(0, 1)-made
points = centre.clamp(-1.5, 1.5)[:, None]+half[:, None]*local
head, drawn = torch.randn(1, networks.ROWS*64+10), torch.randn(1, 6)
weights = faces.sample(face, drawn, head, CONFIG['figurine']['face']['steps'])
save_file({'face_head': head, 'face_noise': drawn, 'face_weights': weights, 'face': (painter(looks['mean']+weights@looks['basis'])+.5).contiguous(),
           'pixels': pixels, 'back': back, 'told': model.condition({}, text), 'changed': model.condition({0: model.image_encoder(pixels), 3: model.image_encoder(back)}, text),
            'condition': cond, 'noise': noise, 'velocity_620': velocity(noise, 620.), 'latents': x, 'points': points.contiguous(),
           'distance': (out[..., 0]*networks.TRUNCATION*half.mean(-1, keepdim=True)).contiguous(), 'colour': (out[..., 1:]+tint[:, None]).clamp(0, 1).contiguous()},
          os.path.join(HERE, 'golden.safetensors'))
print('latents', x.abs().max(), 'distance', out[..., 0].min(), out[..., 0].max(), 'colour', out[..., 1:].min(), out[..., 1:].max())
