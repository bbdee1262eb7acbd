"""A transformer that tells from words a figure's primitives, one after another.

Rows are those of assembly/primitives.py, as in Ye et al. 2025, "PrimitiveAnything". Words and the rows so far attend
to one another; what comes next is then told label by label and number by number: from the sum of what the transformer
knows and of what is told of the row already (Larochelle and Murray 2011, "The neural autoregressive distribution
estimator"), each number as a mixture of logistic distributions (Salimans et al. 2017, "PixelCNN++").
"""
import torch
import torch.nn as nn
import torch.nn.functional as F
from assembly.primitives import COLOUR, END, MOST, NUMBERS, PALETTE
from data.slots import SLOTS

LONGEST, LENGTH = 112, 24  # rows; words
LABELS = 'slot', 'mirror', 'first', 'second'  # of a solid, beside its kind
WIDTH, BLOCKS, HEADS = 256, 6, 8
INNER, MIXED = 192, 6  # width of what tells numbers; distributions in a mixture
WAVES = 4  # sines and cosines of each number
HALF, SHARPEST = .01, -5.5  # of a number's deviation: half of what counts as the same, log of the smallest scale


class Gist(nn.Module):
    """What all words together say: means of what each says, of other words at each head."""

    def __init__(self, size, c, heads, inner):
        super().__init__()
        self.each, self.weight = nn.Linear(size, inner), nn.Linear(inner, heads)
        self.norm, self.all = nn.LayerNorm(inner), nn.Linear(inner, c)

    def forward(self, vectors, there):
        """vectors [b, n, size] of words, of which some are `there` [b, n] -> [b, c]."""
        each = F.gelu(self.each(vectors))
        weight = self.weight(each).masked_fill(~there[..., None], -1e4).softmax(1)*there[..., None]
        mean = (each.unflatten(2, (weight.shape[2], -1))*weight[..., None]).sum(1).flatten(1)
        return F.gelu(self.all(self.norm(mean)))


class Block(nn.Module):
    """Attention to what was before, then a small network at each place; the gist scales and moves what both see
    (Perez et al. 2018, "FiLM")."""

    def __init__(self, c, heads):
        super().__init__()
        self.heads = heads
        self.norm1, self.qkv, self.out = nn.LayerNorm(c), nn.Linear(c, 3*c), nn.Linear(c, c)
        self.norm2, self.up, self.down = nn.LayerNorm(c), nn.Linear(c, 4*c), nn.Linear(4*c, c)
        self.told = nn.Linear(c, 4*c)
        for last in (self.out, self.down, self.told): nn.init.zeros_(last.weight), nn.init.zeros_(last.bias)

    def forward(self, x, mask, gist):
        """x [b, n, c]; mask [b, 1, n, n]: 0 where a place (row) sees another, else a large negative number; gist
        [b, c]."""
        scale1, move1, scale2, move2 = self.told(gist)[:, None].chunk(4, -1)
        q, k, v = self.qkv(self.norm1(x)*(1+scale1)+move1).unflatten(2, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        a = (q*q.shape[-1]**-.5@k.mT+mask).softmax(-1)@v
        x = x+self.out(a.transpose(1, 2).flatten(2))
        return x+self.down(F.gelu(self.up(self.norm2(x)*(1+scale2)+move2)))


def whitened(table):
    """Vectors of words [words, n] whose numbers vary alike and each for itself, and the matrix [n, n] and the middle
    [n] that make them: (table - middle)@matrix. Words are learned from these in far fewer steps."""
    middle = table.double().mean(0)
    share, axes = torch.linalg.eigh((table.double()-middle).T@(table.double()-middle)/len(table))
    matrix = axes*(share.clamp(min=0)+.01*share.mean()).rsqrt()
    return ((table.double()-middle)@matrix).float(), matrix.float(), middle.float()


def waves(x):
    """A number and sines and cosines of it, [.., 1 + 2 WAVES]."""
    f = x[..., None]*(2.**torch.arange(WAVES, device=x.device))
    return torch.cat([x[..., None], f.sin(), f.cos()], -1)


class Assembler(nn.Module):
    """`table`: vectors of the words, [words, size]."""

    def __init__(self, table, c=WIDTH, blocks=BLOCKS, heads=HEADS, inner=INNER):
        super().__init__()
        kinds = len(NUMBERS)
        told = torch.cat([torch.zeros(1, table.shape[1]), whitened(table)[0]])
        self.register_buffer('table', told, persistent=False)
        # a row's numbers as the network sees them: less the mean, over the deviation, of each kind; the first three of
        # a solid, which are a place, as the step from the solid before
        self.register_buffer('mean', torch.zeros(kinds, MOST)), self.register_buffer('scale', torch.ones(kinds, MOST))
        self.words, self.word_place = nn.Linear(table.shape[1], c), nn.Parameter(torch.randn(LENGTH, c)*.02)
        self.gist = Gist(table.shape[1], c, heads, c*3//2)
        self.begin, self.place = nn.Parameter(torch.randn(1, 1, c)*.02), nn.Parameter(torch.randn(LONGEST+1, c)*.02)
        of = lambda n, c: nn.Parameter(torch.randn(n, c)*.02)
        labels = dict(kind=kinds, slot=len(SLOTS), mirror=2, first=PALETTE, second=PALETTE)
        self.labels_seen = nn.ParameterDict({k: of(n, c) for k, n in labels.items()})
        self.seen = nn.Parameter(torch.randn(kinds, MOST+3, c)*.02)
        self.at = nn.Linear(3*(1+2*WAVES), c)
        self.blocks = nn.ModuleList([Block(c, heads) for _ in range(blocks)])
        self.last, self.hint = nn.LayerNorm(c), nn.Linear(c, inner)
        self.labels = nn.ModuleDict({k: nn.Linear(inner, n) for k, n in labels.items()})
        self.labels_told = nn.ParameterDict({k: of(n, inner) for k, n in labels.items()})
        self.number_told = nn.Parameter(torch.randn(kinds, MOST, 1+2*WAVES, inner)*.05)
        self.number_place = nn.Parameter(torch.randn(kinds, MOST, inner)*.05)
        self.norm, self.up, self.mixed = nn.LayerNorm(inner), nn.Linear(inner, 3*inner), nn.Linear(3*inner, 3*MIXED)

    def normal(self, kind, number, before):
        """Numbers [.., MOST] as the network sees them; `before` [.., 3]: places of the solids before, 0 for colours.
        """
        moved = torch.cat([number[..., :3]-before, number[..., 3:]], -1)
        return (moved-self.mean[kind])/self.scale[kind]

    def number(self, kind, normal, before):
        moved = normal*self.scale[kind]+self.mean[kind]
        return torch.cat([moved[..., :3]+before, moved[..., 3:]], -1)

    def rows(self, labels, place, normal):
        """Rows [b, n] as tokens."""
        kind = labels['kind']
        x = self.labels_seen['kind'][kind]
        solid = (kind != COLOUR)[..., None]
        for name in LABELS: x = x+self.labels_seen[name][labels[name]]*solid
        all_ = torch.cat([normal, place], -1)
        # every row by the matrix of its kind
        y = torch.zeros_like(x)
        for k in range(END):
            at = kind == k
            if at.any(): y = y.index_put((at,), (all_[at]@self.seen[k]).to(y.dtype))
        return x+y+self.at(waves(place).flatten(-2))

    def context(self, ids, tokens):
        """What is known before each row and after the last: [b, 1 + n, c]."""
        b, n, w = len(ids), tokens.shape[1]+1, ids.shape[1]
        vectors = self.table[ids]
        words, gist = self.words(vectors)+self.word_place[:w], self.gist(vectors, ids > 0)
        x = torch.cat([words, torch.cat([self.begin.expand(b, 1, -1), tokens], 1)+self.place[:n]], 1)
        mask = torch.ones(w+n, w+n, dtype=torch.bool).tril()
        mask[:w, :w] = True
        there = F.pad(ids > 0, (0, n), value=True)
        mask = (mask & there[:, None]) | torch.eye(w+n, dtype=torch.bool)
        hidden = (~mask).float()[:, None]*-1e4
        if torch.is_autocast_enabled('cpu'): hidden = hidden.bfloat16()
        for block in self.blocks: x = block(x, hidden, gist)
        return self.hint(self.last(x[:, w:]))

    def mixture(self, s):
        """Logits, middles and logs of scales of the next number, [.., MIXED] each."""
        logit, middle, scale = self.mixed(F.gelu(self.up(self.norm(s)))).float().chunk(3, -1)
        return logit, middle*2+torch.linspace(-1.5, 1.5, MIXED), (scale*2-1).clamp(SHARPEST, 3)

    def forward(self, ids, labels, number, place, before, count, most=LONGEST):
        """Losses of rows [b, n] of which the first `count` [b] are there, per figure: of labels, of numbers, and of
        those of these that are colours. `place` [b, n, 3]: of the last solid at each row, `before`: of the one before.
        No more than `most` rows are looked at."""
        b, n = labels['kind'].shape
        want = F.pad(labels['kind'].masked_fill(torch.arange(n) >= count[:, None], END), (0, 1), value=END)
        n = min(n, most)
        want, count = want[:, :n+1], count.clamp(max=n)
        labels = {name: value[:, :n] for name, value in labels.items()}
        number, place, before, kind = number[:, :n], place[:, :n], before[:, :n], labels['kind']
        normal = self.normal(kind, number, before)
        h = self.context(ids, self.rows(labels, place, normal))
        there = torch.arange(n) < count[:, None]
        ends = torch.arange(n+1) <= count[:, None]
        off = F.cross_entropy(self.labels['kind'](h[ends]).float(), want[ends], reduction='sum')
        s, k, normal = h[:, :-1][there], kind[there], normal[there]
        s = s+self.labels_told['kind'][k]
        solid = k != COLOUR
        for name in LABELS:
            told = labels[name][there]
            off = off+F.cross_entropy(self.labels[name](s[solid]).float(), told[solid], reduction='sum')
            s = s+self.labels_told[name][told]*solid[:, None]
        numbers, colours = 0., 0.
        for q in range(END):
            at = k == q
            if not at.any(): continue
            m, x = NUMBERS[q], normal[at, :NUMBERS[q]]
            each = torch.einsum('rmf,mfc->rmc', waves(x), self.number_told[q, :m])
            known = s[at][:, None]+F.pad(each.cumsum(1), (0, 0, 1, 0))[:, :-1]+self.number_place[q, :m]
            each = -likelihood(x, *self.mixture(known)).sum()
            numbers = numbers+each
            if q == COLOUR: colours = each
        return off/b, numbers/b, colours/b


def likelihood(x, logit, middle, scale):
    """Log of what mixtures give the numbers x, HALF to either side."""
    wide = (-scale).exp()
    off = x.float()[..., None]-middle
    upper, lower = torch.sigmoid((off+HALF)*wide), torch.sigmoid((off-HALF)*wide)
    # far from the middle both are the same: the density instead
    z = off*wide
    far = z-scale-2*F.softplus(z)+torch.log(torch.tensor(2*HALF))
    inside = upper-lower
    each = torch.where(inside > 1e-5, inside.clamp(min=1e-12).log(), far)
    return torch.logsumexp(logit.log_softmax(-1)+each, -1)


@torch.no_grad()
def sample(net, ids, temperature=.7, guidance=1, seed=0):
    """Rows (kind, slot, mirror, first, second, numbers) of a figure for each line of words [b, n], which count
    `guidance` times (Ho and Salimans 2022, "Classifier-free diffusion guidance")."""
    g, b = torch.Generator().manual_seed(seed), len(ids)
    labels = {name: torch.zeros(b, 0, dtype=torch.long) for name in ('kind', *LABELS)}
    normal, place, colours = torch.zeros(b, 0, MOST), torch.zeros(b, 0, 3), torch.zeros(b, dtype=torch.long)
    out, done = [[] for _ in range(b)], torch.zeros(b, dtype=torch.bool)
    draw = lambda logits: torch.multinomial((logits.float()/temperature).softmax(-1), 1, generator=g)[:, 0]
    for i in range(LONGEST):
        rows = net.rows(labels, place, normal)
        s = net.context(ids, rows)[:, -1]
        if guidance != 1: s = s.lerp(net.context(ids*0, rows)[:, -1], 1-guidance)
        logits = net.labels['kind'](s)
        logits[:, :COLOUR] -= 1e4*(colours == 0)[:, None]  # a solid has a colour
        now = dict(kind=draw(logits))
        done |= now['kind'] == END
        if done.all(): break
        k = now['kind'] = now['kind'].clamp(max=END-1)
        s = s+net.labels_told['kind'][k]
        solid = (k != COLOUR)[:, None]
        for name in LABELS:
            logits = net.labels[name](s)
            if name in ('first', 'second'):
                logits = logits-1e4*(torch.arange(PALETTE) >= colours.clamp(min=1)[:, None])
            now[name] = draw(logits)*solid[:, 0]
            s = s+net.labels_told[name][now[name]]*solid
        x = torch.zeros(b, MOST)
        for j in range(max(NUMBERS[q] for q in k.tolist())):
            has = torch.tensor([j < NUMBERS[q] for q in k.tolist()])
            logit, middle, scale = net.mixture(s+net.number_place[k, j])
            c = draw(logit)[:, None]
            u = torch.rand(b, generator=g).clamp(1e-4, 1-1e-4)
            x[:, j] = (middle.gather(1, c)+temperature*scale.gather(1, c).exp()*torch.logit(u)[:, None])[:, 0]*has
            s = s+torch.einsum('bf,bfc->bc', waves(x[:, j]), net.number_told[k, j])
        before = place[:, -1] if i else torch.zeros(b, 3)
        row = net.number(k, x, before*solid)
        colours += ~solid[:, 0]
        cat = lambda a, v: torch.cat([a, v[:, None]], 1)
        labels = {name: cat(labels[name], now[name]) for name in labels}
        normal, place = cat(normal, x), cat(place, torch.where(solid, row[:, :3], before))
        for q in (~done).nonzero().flatten().tolist():
            out[q].append((*(int(now[name][q]) for name in labels), row[q, :NUMBERS[k[q]]].double().numpy()))
    return out
