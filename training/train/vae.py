"""Train the part VAE: surface samples in, signed distance and colour out, every part in its own frame.

    python -m train.vae RUN --data DIR [DIR ..] --steps 2000 [--resume]

Writes RUN/vae.pt (weights, optimiser, step) and a line of losses every 300 steps.
"""
import argparse, os
import torch
import networks
from train import dataset
from train.loop import descend, numbers, save
from train.optimiser import Optimiser


def batch(S, Q, i, surface, queries):
    """Local surface [b, n, 9], local points [b, m, 3], truncated distance, colour, weight of each."""
    s = S[i][:, torch.randperm(S.shape[1])[:surface]].float()
    q = Q[i][:, torch.randperm(Q.shape[1])[:queries]].float()
    centre, half = networks.local_frame(S[i].float())
    s[..., :3] = (s[..., :3]-centre[:, None])/half[:, None]
    p = (q[..., :3]-centre[:, None])/half[:, None]
    d = q[..., 3]/(networks.TRUNCATION*half.mean(-1, keepdim=True))
    return s, p.clamp(-1.3, 1.3), d, q[..., 4:], (p.abs().amax(-1) < 1.25).float()


def agreement(o, d, colour, w):
    """What the decoder gave, [b, m, 4], beside the truth: how wrong shape and colour are, and the IoU of the
    insides."""
    t = d.clamp(-1, 1)
    shape = ((o[..., 0]-t).abs()*w*(1+(d.abs() < .5))).sum()/w.sum()
    near = w*(d.abs() < 1)
    paint = ((o[..., 1:]-colour).abs().mean(-1)*near).sum()/near.sum()
    inside, truth = (o[..., 0] < 0)*w, (d < 0)*w
    iou = (inside*truth).sum(-1)/(((inside+truth) > 0).float().sum(-1)+1e-6)
    return shape, paint, iou.mean()


def losses(vae, s, p, d, colour, w, noise=True):
    mu, logvar = vae.encode(s)
    z = mu+torch.randn_like(mu)*(.5*logvar.clamp(-12, 4)).exp() if noise else mu
    shape, paint, iou = agreement(vae.decode(z, p), d, colour, w)
    return shape, paint, .5*(mu**2+logvar.exp()-1-logvar).mean(), iou


@torch.no_grad()
def held_losses(vae, test, device):
    """The mean losses of the parts that are held out."""
    chunks = (batch(*test, i, 1024, 768) for i in torch.arange(len(test[0])).split(64))
    return torch.stack([torch.stack(losses(vae, *(x.to(device) for x in c), noise=False)) for c in chunks]).mean(0)


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument('run')
    a.add_argument('--data', nargs='+', required=True)
    a.add_argument('--steps', type=int, default=2000)
    a.add_argument('--batch', type=int, default=96)
    a.add_argument('--lr', type=float, default=2e-3)
    a.add_argument('--device', default='cuda' if torch.cuda.is_available() else 'cpu')
    a.add_argument('--threads', type=int, default=1)
    a.add_argument('--resume', action='store_true')
    a = a.parse_args()
    torch.set_num_threads(a.threads)
    torch.manual_seed(0)
    os.makedirs(a.run, exist_ok=True)
    path = os.path.join(a.run, 'vae.pt')
    S, Q = dataset.parts(a.data)
    test = [t[::max(1, len(t)//512)] for t in dataset.parts(a.data, held=True)]
    vae = networks.Vae().to(a.device)
    opt, start = Optimiser(vae, a.lr), 0
    if a.resume and os.path.exists(path):
        saved = torch.load(path, map_location=a.device)
        vae.load_state_dict(saved['vae']), opt.load(saved['opt'])
        start = saved['step']
    print(len(S), 'parts', sum(p.numel() for p in vae.parameters()), 'weights: shape, colour, kl, iou', flush=True)

    def lesson(done):
        i = torch.randint(len(S), (a.batch,))
        shape, paint, kl, iou = losses(vae, *(x.to(a.device) for x in batch(S, Q, i, 512, 288)))
        return shape+paint*.8+kl*1e-3, (shape, paint, kl, iou)

    def pause(step, text):
        nonlocal S, Q
        held = held_losses(vae, test, a.device)
        print(f'{text}, held out {numbers(held)}', flush=True)
        save(path, vae=vae.state_dict(), opt=opt.state(), step=step, held=held)
        S, Q = dataset.parts(a.data)  # shards may have been added meanwhile

    descend(opt, lesson, pause, a.steps, start, warm=200, every=300)


if __name__ == '__main__': main()
