"""Train the part VAE: surface samples in, signed distance and colour out, every part in its own frame.

    python train_vae.py RUN --data DIR [DIR ..] --minutes 25 [--resume]

Writes RUN/vae.pt every few minutes (weights, optimiser, step) and a line of losses every 100 steps.
"""
import argparse, math, os, time
import torch
import dataset, networks
from optimiser import Optimiser


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
    """What the decoder gave, [b, m, 4], beside the truth: how wrong shape and colour are, and the IoU of the insides."""
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


if __name__ == '__main__':
    a = argparse.ArgumentParser()
    a.add_argument('run')
    a.add_argument('--data', nargs='+', required=True)
    a.add_argument('--minutes', type=float, default=25)
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
    opt, step, t0 = Optimiser(vae, a.lr), 0, time.time()
    if a.resume and os.path.exists(path):
        saved = torch.load(path, map_location=a.device)
        vae.load_state_dict(saved['vae']), opt.load(saved['opt'])
        step = saved['step']
    print(len(S), 'parts', sum(p.numel() for p in vae.parameters()), 'weights', flush=True)
    run, saved_at = None, t0
    while True:
        done = (time.time()-t0)/(a.minutes*60)
        s, p, d, c, w = (x.to(a.device) for x in batch(S, Q, torch.randint(len(S), (a.batch,)), 512, 288))
        shape, paint, kl, iou = losses(vae, s, p, d, c, w)
        opt.step(shape+paint*.8+kl*1e-3, min(1, (step+1)/200)*max(.01, math.cos(min(1, done)*math.pi/2)))
        step += 1
        now = torch.stack([shape, paint, kl, iou]).detach()
        run = now if run is None else run*.98+now*.02
        if step % 100 == 0: print(step, f'{time.time()-t0:.0f}s', 'shape %.4f colour %.4f kl %.2f iou %.3f' % tuple(run.tolist()), flush=True)
        if done >= 1 or time.time()-saved_at > 240:
            with torch.no_grad(): held = torch.stack([torch.stack(losses(vae, *(x.to(a.device) for x in batch(*test, i, 1024, 768)), noise=False)) for i in torch.arange(len(test[0])).split(64)]).mean(0)
            print('held out: shape %.4f colour %.4f kl %.2f iou %.3f' % tuple(held.tolist()), flush=True)
            torch.save(dict(vae=vae.state_dict(), opt=opt.state(), step=step, held=held), path+'.tmp')
            os.replace(path+'.tmp', path)
            saved_at = time.time()
            S, Q = dataset.parts(a.data)  # shards may have been added meanwhile
        if done >= 1: break
