"""Train and measure the network that cuts the subject out of a photo, on composites made on the fly.

    python cutout.py RUN --data DATA/grammar DATA/characters --minutes 45      # resumable; writes RUN/cutout.pt
    python cutout.py RUN --data .. --start ../assets/figurine.gguf             # the same, from the network of that file
    python cutout.py RUN --dump DIR --held DATA/held                           # composites of unseen figures, photos and scenes
    python cutout.py RUN --measure DIR [FOUND]                                 # IoU there, of the network or of FOUND/*.png
    python cutout.py ../tests/data --fixture                                   # small random weights for the tests
"""
import argparse, glob, json, math, os, random, time
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from PIL import Image
import composites, recover

CONFIG = {'side': composites.SIDE, 'widths': [24, 48, 96, 128], 'depths': [1, 2, 4, 6]}


# ---- the network ----

class Conv(nn.Module):
    """3x3 convolution, batch norm (folded into the convolution on export), ReLU."""

    def __init__(self, i, o, stride=1):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(i, o, 3, stride, 1, bias=False), nn.BatchNorm2d(o)

    def forward(self, x): return F.relu(self.norm(self.conv(x)))


class Net(nn.Module):
    """[b, 3, side, side] in 0..1 -> logits [b, 1, side, side]: a U-Net whose skips are sums, of which half the resolution
    is the finest, and whose coarsest level also sees its own mean."""

    def __init__(self, widths, depths, **_):
        super().__init__()
        self.down = nn.ModuleList(Conv(i, o, 2) for i, o in zip([3]+widths, widths))
        self.blocks = nn.ModuleList(nn.ModuleList(Conv(w, w) for _ in range(d)) for w, d in zip(widths, depths))
        self.context = nn.Conv2d(widths[-1], widths[-1], 1)
        self.narrow = nn.ModuleList(nn.Conv2d(i, o, 1) for o, i in zip(widths, widths[1:]))
        self.up = nn.ModuleList(Conv(w, w) for w in widths[:-1])
        self.head = nn.Conv2d(widths[0], 4, 3, 1, 1)

    def forward(self, x):
        x, skips = ((x-.5)*4).contiguous(memory_format=torch.channels_last), []
        for down, blocks in zip(self.down, self.blocks):
            x = down(x)
            for b in blocks: x = x+b(x)
            skips.append(x)
        x = x+self.context(x.mean((2, 3), keepdim=True))
        for narrow, up, skip in list(zip(self.narrow, self.up, skips))[::-1]:
            x = F.interpolate(narrow(x), scale_factor=2)+skip
            x = x+up(x)
        return F.pixel_shuffle(self.head(x), 2)


def tensors(net):
    """What the program reads, by name: batch norms folded into their convolutions."""
    out, done = {}, set()
    for name, m in net.named_modules():
        if isinstance(m, Conv):
            scale = m.norm.weight/(m.norm.running_var+m.norm.eps).sqrt()
            out[f'cutout.{name}.weight'] = m.conv.weight*scale[:, None, None, None]
            out[f'cutout.{name}.bias'] = m.norm.bias-m.norm.running_mean*scale
            done.add(name+'.conv')
        elif isinstance(m, nn.Conv2d) and name not in done:
            out[f'cutout.{name}.weight'], out[f'cutout.{name}.bias'] = m.weight, m.bias
    return {k: v.detach().contiguous() for k, v in out.items()}


def load(path):
    """A trained network and its configuration."""
    saved = torch.load(path, map_location='cpu')
    net = Net(**saved['config'])
    net.load_state_dict(saved['net'])
    return net.eval(), saved['config']


@torch.no_grad()
def start(net, path, x):
    """Have `net` compute about what that of a file that ships does of pictures x [b, 3, side, side]: batch norms undo themselves,
    blocks that the file does not know do little."""
    known = recover.tensors(path)
    for name, p in net.named_parameters():
        if (shipped := f'cutout.{name.replace(".conv.", ".")}') in known: p.copy_(known[shipped])

    def calibrate(norm, y, bias):
        norm.running_mean, norm.running_var = y.mean((0, 2, 3)), y.var((0, 2, 3))
        if bias is None: norm.weight.fill_(.1)
        else: norm.weight.copy_((norm.running_var+norm.eps).sqrt()), norm.bias.copy_(bias+norm.running_mean)
    convs = [(f'cutout.{name}.bias', m) for name, m in net.named_modules() if isinstance(m, Conv)]
    hooks = [m.norm.register_forward_pre_hook(lambda norm, y, name=name: calibrate(norm, y[0], known.get(name))) for name, m in convs]
    net(x)
    for h in hooks: h.remove()


# ---- training and measuring ----

def losses(logits, a):
    p = logits.sigmoid()
    both, all_ = (p*a).sum((1, 2, 3)), (p+a-p*a).sum((1, 2, 3))
    return F.binary_cross_entropy_with_logits(logits, a), 1-((both+1)/(all_+1)).mean()


def iou(p, a):
    p, a = p > .5, a > .5
    return (p & a).flatten(1).sum(1)/(p | a).flatten(1).sum(1).clamp(min=1)


def train(run, data, shared, side, minutes, size, lr, begin, bf16):
    composites.SIDE = side
    path, net, spent, step = os.path.join(run, 'cutout.pt'), Net(**CONFIG).to(memory_format=torch.channels_last), 0., 0
    opt = torch.optim.AdamW(net.parameters(), lr, weight_decay=.01)
    if os.path.exists(path):
        saved = torch.load(path)
        net.load_state_dict(saved['net']), opt.load_state_dict(saved['opt'])
        spent, step = saved['seconds'], saved['step']
    random.seed(step), torch.manual_seed(step)
    photos, subjects = composites.scenes(shared, False), composites.figures([f for d in data for f in sorted(glob.glob(os.path.join(d, '*.npz')))])
    print(len(photos), 'backgrounds', len(subjects), 'figures', sum(p.numel() for p in net.parameters()), 'weights', flush=True)
    source = composites.Composites(photos, subjects)
    if begin and not step: start(net, begin, source.batch(256)[0])
    mean, began, saved_at = None, time.time()-spent, time.time()
    while True:
        done = (time.time()-began)/(minutes*60)
        for g in opt.param_groups: g['lr'] = lr*min(1, (step+1)/100)*max(.005, math.cos(min(1, done)*math.pi/2))
        x, a = source.batch(size)
        with torch.autocast('cpu', torch.bfloat16, enabled=bf16): logits = net(x)
        bce, soft = losses(logits.float(), a)
        opt.zero_grad(), (bce+soft).backward(), opt.step()
        step += 1
        now = torch.stack([bce, soft, iou(logits, a).mean()]).detach()
        mean = now if mean is None else mean*.98+now*.02
        if step % 50 == 0: print(step, f'{time.time()-began:.0f}s', 'bce %.4f soft %.4f iou %.3f' % tuple(mean.tolist()), flush=True)
        if done >= 1 or time.time()-saved_at > 60:
            torch.save(dict(net=net.state_dict(), opt=opt.state_dict(), step=step, seconds=time.time()-began, config=dict(CONFIG, side=side)), path+'.tmp')
            os.replace(path+'.tmp', path)
            saved_at = time.time()
        if done >= 1: break


def dump(folder, held, shared, count):
    """Composites of held-out figures and unseen scenes as files, at three times the size that is trained on."""
    import grammar, make_grammar, picture
    composites.SIDE = 3*128
    random.seed(1), torch.manual_seed(1)
    photos, kinds, i = composites.scenes(shared, True), {'characters': list(composites.figures(sorted(glob.glob(os.path.join(held, '*.npz'))))), 'photos': composites.cut_photos(shared), 'grammar': []}, 0
    while len(kinds['grammar']) < 40:
        R = random.Random(i)
        shot = picture.shoot(grammar.figure(make_grammar.HELD_OUT+i)[0], R, picture.angles(R), 256, .02)
        if shot is not None: kinds['grammar'].append((torch.from_numpy(np.ascontiguousarray(shot[0])).permute(2, 0, 1).clamp(0, 1)*255).byte())
        i += 1
    for j in range(count):
        for kind, subjects in kinds.items():
            for name, t in zip(('png', 'mask.png'), composites.composite(photos, subjects, blobs=0)):
                Image.fromarray((t[0].permute(1, 2, 0).squeeze(-1).numpy()*255+.5).astype(np.uint8)).save(os.path.join(folder, f'{kind}_{j:03d}.{name}'))


@torch.no_grad()
def measure(folder, found=None, run=None):
    """IoU with the masks in `folder` of the alphas in `found`/NAME.png, else of the network's own matte."""
    out, net = {}, None if found else load(os.path.join(run, 'cutout.pt'))
    channels = lambda im: torch.from_numpy(np.array(im))[None]/255
    for f in sorted(glob.glob(os.path.join(folder, '*.mask.png'))):
        name = os.path.basename(f)[:-len('.mask.png')]
        if found:
            path = os.path.join(found, name+'.png')  # none: no subject was found
            p = channels(Image.open(path).getchannel('A')) if os.path.exists(path) else torch.zeros_like(channels(Image.open(f)))
        else:
            x, side = channels(Image.open(os.path.join(folder, name+'.png'))).permute(0, 3, 1, 2), net[1]['side']
            p = net[0](F.interpolate(x, (side, side), mode='bilinear', antialias=True)).sigmoid()
            p = F.interpolate(p, x.shape[2:], mode='bilinear')[:, 0]
        out.setdefault(name.split('_')[0], []).append(iou(p, channels(Image.open(f))).item())
    for kind, x in {**out, 'all': sum(out.values(), [])}.items():
        x = np.array(x)
        print(f'{kind}: {len(x)} pictures, IoU mean {x.mean():.3f} median {np.median(x):.3f}, above 0.8: {(x > .8).mean():.2f}, below 0.5: {(x < .5).mean():.2f}')


def fixture(folder):
    """A small network of random weights with a picture and its logits, against which the program's is tested."""
    from safetensors.torch import save_file
    torch.manual_seed(0)
    config = dict(CONFIG, side=32, widths=[8, 12, 16], depths=[1, 0, 2])
    net = Net(**config)
    for x in (torch.rand(8, 3, 32, 32) for _ in range(20)): net(x)  # gives the batch norms something to fold
    x = torch.rand(1, 3, 32, 32)
    with torch.no_grad(): out = net.eval()(x)
    save_file({**tensors(net), 'pixels': x, 'logits': out.contiguous()}, os.path.join(folder, 'segment.safetensors'), {'cutout': json.dumps(config)})


if __name__ == '__main__':
    a = argparse.ArgumentParser()
    a.add_argument('run')
    a.add_argument('--data', nargs='+')
    a.add_argument('--shared', default='../../shared')
    a.add_argument('--side', type=int, default=CONFIG['side'], help='of the pictures; may grow when training goes on: small ones first save time')
    a.add_argument('--minutes', type=float, default=25)
    a.add_argument('--batch', type=int, default=16)
    a.add_argument('--lr', type=float, default=3e-3)
    a.add_argument('--start', metavar='FILE.gguf')
    a.add_argument('--bf16', action='store_true')
    a.add_argument('--dump', metavar='DIR', help='where the composites to measure on are written')
    a.add_argument('--held', help='folder of the held-out characters')
    a.add_argument('--count', type=int, default=128, help='composites of each kind')
    a.add_argument('--measure', nargs='+', metavar='DIR')
    a.add_argument('--fixture', action='store_true')
    a = a.parse_args()
    torch.set_num_threads(1)
    for d in (a.run, a.dump): d and os.makedirs(d, exist_ok=True)
    if a.fixture: fixture(a.run)
    elif a.dump: dump(a.dump, a.held, a.shared, a.count)
    elif a.measure: measure(*(a.measure+[None])[:2], a.run)
    else: train(a.run, a.data, a.shared, a.side, a.minutes, a.batch, a.lr, a.start, a.bf16)
