"""Writes line.json: one training step of every method of the autoencoder and VAE lines, computed in 64 bits by PyTorch.

Run it as `python3 tests/golden/make_line.py`. The objectives are written anew from the papers, with PyTorch's own
distributions, singular values and sorting where it has them; inputs come from the hash that make_golden.py describes.
"""

import itertools
import json
import math
import pathlib

import torch
import torch.nn.functional as F
from torch.distributions import Categorical, ContinuousBernoulli, Independent, Normal, kl_divergence

from make_golden import IMAGES, bits, epoch_order, mix, uniform

HIDDEN, LATENT, BATCH, SEED, PIXELS, CLASSES = 16, 3, 4, 5, 784, 10
SAMPLES = 8


class Noise:
    """The numbers of step 0, one stream for each time that the method asks."""

    def __init__(self):
        self.streams = itertools.count()

    def words(self, n):
        stream = next(self.streams)
        return [[w >> 8 for w in bits(i, stream, 0, SEED)] for i in range(n)]

    def normal(self, *shape):
        values = [math.sqrt(-2 * math.log((a + 1) / 2**24)) * math.cos(math.tau * b / 2**24) for a, b in self.words(math.prod(shape))]
        return torch.tensor(values).reshape(shape)

    def uniform(self, *shape):
        return torch.tensor([a / 2**24 for a, _ in self.words(math.prod(shape))]).reshape(shape)


def shapes(point=False, side=0, code=LATENT, mean=LATENT, sigma=False, more=()):
    """Parameters and state in module order. Dense weights are [inputs, outputs]."""
    out = {}

    def dense(name, inputs, outputs):
        out[name + ".weight"], out[name + ".bias"] = (inputs, outputs), (outputs,)

    dense("encoder.hidden", PIXELS + side, HIDDEN)
    dense("encoder.mean", HIDDEN, mean)
    if not point:
        dense("encoder.logvar", HIDDEN, LATENT)
    dense("decoder.hidden", code, HIDDEN)
    dense("decoder.out", HIDDEN, PIXELS)
    if sigma:
        out["likelihood.log_sigma"] = (1,)
    return out | dict(more)


def cloud(numbers):
    return {"cloud.mean_d": (numbers,), "cloud.covariance_dd": (numbers, numbers)}


CLOUD = cloud(LATENT)
PROTOTYPES = {
    "quantiser.vectors_kd": (4, LATENT), "quantiser.usage.usage_k": (4,), "quantiser.usage.age_k": (4,), "classifier.weight": (4, CLASSES)
}


class Net:
    """Parameters by name and what all methods do with them."""

    def __init__(self, p, likelihood="bernoulli"):
        self.p, self.likelihood = p, likelihood

    def dense(self, name, h):
        return F.linear(h, self.p[name + ".weight"].T, self.p[name + ".bias"])

    def heads(self, x):
        h = F.relu(self.dense("encoder.hidden", x))
        return self.dense("encoder.mean", h), self.dense("encoder.logvar", h) if "encoder.logvar.bias" in self.p else None

    def posterior(self, x):
        mean, logvar = self.heads(x)
        return Normal(mean, (logvar / 2).exp())

    def nll(self, x, z):
        """Of each pixel."""
        logits = self.dense("decoder.out", F.relu(self.dense("decoder.hidden", z)))
        if self.likelihood == "bernoulli":
            return F.binary_cross_entropy_with_logits(logits, x, reduction="none")
        if self.likelihood == "continuous-bernoulli":
            return -ContinuousBernoulli(logits=logits).log_prob(x)
        sigma = self.p["likelihood.log_sigma"].exp() if self.likelihood == "gaussian-learnt" else torch.tensor(0.1)
        return -Normal(torch.sigmoid(logits), sigma).log_prob(x)

    def reconstruction(self, x, z):
        return self.nll(x, z).sum(1).mean()

    def elbo_parts(self, x, noise):
        q = self.posterior(x)
        z = q.loc + q.scale * noise.normal(*q.loc.shape)
        kl_d = kl_divergence(q, Normal(torch.zeros(LATENT), torch.ones(LATENT))).mean(0)
        return q, z, self.reconstruction(x, z), kl_d


def covariance(z):
    return torch.cov(z.T, correction=0)


def state(z):
    return {"cloud.mean_d": z.mean(0), "cloud.covariance_dd": covariance(z)}


# Each method: its terms in order, the KL of each latent, and its state after the step.


def vae(net, x, y, noise, beta=2, warmup=3, free=0.3):
    _, _, r, kl_d = net.elbo_parts(x, noise)
    return [r + beta / (warmup + 1) * torch.clamp(kl_d, min=free).sum(), r, kl_d.sum()], kl_d, {}


def capacity(net, x, y, noise):
    _, _, r, kl_d = net.elbo_parts(x, noise)
    return [r + 7 * torch.abs(kl_d.sum() - 5 / 2), r, kl_d.sum(), torch.tensor(2.5)], kl_d, {}


def fixed(net, x, y, noise):
    _, _, r, kl_d = net.elbo_parts(x, noise)
    return [r + 3 * kl_d.sum(), r, kl_d.sum()], kl_d, {}


def autogen(net, x, y, noise):
    _, _, r, kl_d = net.elbo_parts(x, noise)
    return [(1 + 4) * r + kl_d.sum(), r, kl_d.sum()], kl_d, {}


def ae(net, x, y, noise):
    z = net.heads(x)[0]
    return [net.reconstruction(x, z)], None, state(z)


def gon(net, x, y, noise):
    def nll(z):
        return F.binary_cross_entropy_with_logits(net.dense("out", F.silu(net.dense("hidden", z))), x, reduction="none")

    origin = torch.zeros(len(x), LATENT, requires_grad=True)
    z = -torch.autograd.grad(nll(origin).sum(), origin, create_graph=True)[0]
    return [nll(z).sum(1).mean()], None, state(z)


def gon_shapes():
    return {"hidden.weight": (LATENT, HIDDEN), "hidden.bias": (HIDDEN,), "out.weight": (HIDDEN, PIXELS), "out.bias": (PIXELS,)} | CLOUD


def residual(net, x, y, noise, blocks=3):
    rms = lambda h: h / (h.square().mean(1, keepdim=True) + 1e-6).sqrt()
    h = net.dense("embed", x)
    for i in range(blocks):
        h = h + net.dense(f"blocks.{i}.down", F.relu(net.dense(f"blocks.{i}.up", rms(h))))
    z = net.dense("mean", rms(h))
    return [net.reconstruction(x, z)], None, state(z)


def residual_shapes(blocks=3, width=8):
    ends = [("embed", PIXELS, width)]
    ends += [(f"blocks.{i}.{name}", *size) for i in range(blocks) for name, size in (("up", (width, 2 * width)), ("down", (2 * width, width)))]
    ends += [("mean", width, LATENT), ("decoder.hidden", LATENT, HIDDEN), ("decoder.out", HIDDEN, PIXELS)]
    out = {}
    for name, i, o in ends:
        out[name + ".weight"], out[name + ".bias"] = (i, o), (o,)
    return out | CLOUD


def dae(net, x, y, noise, kind):
    seen = torch.where(noise.uniform(*x.shape) < 0.4, 0.0, x) if kind == "masking" else x + 0.4 * noise.normal(*x.shape)
    z = net.heads(seen)[0]
    return [net.reconstruction(x, z)], None, state(z)


def mae(net, x, y, noise, patch=5, ratio=0.6):
    side = math.ceil(28 / patch)
    order = noise.uniform(len(x), side * side).argsort(1)
    hidden = torch.zeros(len(x), side * side)
    hidden.scatter_(1, order[:, : math.ceil(ratio * side * side)], 1.0)
    big = F.interpolate(hidden.reshape(-1, 1, side, side), scale_factor=patch)[:, :, :28, :28].reshape(len(x), -1) > 0
    z = net.heads(torch.where(big, net.p["token_c"], x))[0]
    nll = net.nll(x, z)
    judged = torch.stack([row[b].mean() * PIXELS for row, b in zip(nll, big)])
    return [judged.mean(), nll.sum(1).mean()], None, state(z)


def lowrank(net, x, y, noise):
    m = net.p["map.weight"]
    z = net.heads(x)[0] @ m
    nuclear = torch.linalg.svdvals(m).sum()
    eigenvalues = torch.linalg.eigvalsh(covariance(z))
    r = net.reconstruction(x, z)
    return [r + 3 * nuclear, r, nuclear, eigenvalues.sum() ** 2 / (eigenvalues**2).sum()], None, state(z)


def spanning_tree(distance):
    """Kruskal's edges, which are the persistence pairs of dimension 0."""
    n = len(distance)
    group, edges = list(range(n)), []
    for i, j in sorted(itertools.combinations(range(n), 2), key=lambda e: distance[e].item()):
        if group[i] != group[j]:
            edges.append((i, j))
            group = [group[i] if g == group[j] else g for g in group]
    return edges


def topo_ae(net, x, y, noise):
    z = net.heads(x)[0]
    a_x = torch.cdist(x, x, compute_mode="donot_use_mm_for_euclid_dist") / math.sqrt(PIXELS)
    a_z = torch.stack([torch.stack([torch.sqrt(((a - b) ** 2).sum() + 1e-12) for b in z]) for a in z]) / net.p["log_scale"].exp()
    pi_x, pi_z = spanning_tree(a_x), spanning_tree(a_z)
    error = lambda edges: sum((a_x[e] - a_z[e]) ** 2 for e in edges) / 2
    topology = PIXELS / len(x) * (error(pi_x) + error(pi_z))
    r = net.reconstruction(x, z)
    return [r + 0.7 * topology, r, topology], None, state(z)


def qlae(net, x, y, noise):
    z, v = net.heads(x)[0], net.p["values_dk"]
    index = [[min(range(v.shape[1]), key=lambda k: abs(z[b, d] - v[d, k]).item()) for d in range(LATENT)] for b in range(len(z))]
    q = torch.stack([torch.stack([v[d, k] for d, k in enumerate(row)]) for row in index])
    r = net.reconstruction(x, z + (q - z).detach())
    commit = F.mse_loss(z, q.detach())
    use = [Categorical(probs=torch.bincount(torch.tensor(column), minlength=v.shape[1]).double()).entropy().exp() for column in zip(*index)]
    loss = r + PIXELS * (0.05 * F.mse_loss(q, z.detach()) + 0.02 * commit)
    return [loss, r, F.mse_loss(q, z.detach()), commit, torch.stack(use).mean()], None, state(q)


def beta_tc(net, x, y, noise):
    q, z, r, kl_d = net.elbo_parts(x, noise)
    # log q(z_i | x_j), latent by latent
    pair = Normal(q.loc[None], q.scale[None]).log_prob(z[:, None])
    joint = pair.sum(2).exp().mean(1).log()
    each = pair.exp().mean(1).log().sum(1)
    prior = Normal(0.0, 1.0).log_prob(z).sum(1)
    mi, tc, kl = (q.log_prob(z).sum(1) - joint).mean(), (joint - each).mean(), (each - prior).mean()
    return [r + 0.5 * mi + 4 * tc + 1.5 * kl, r, mi, tc, kl, kl_d.sum()], kl_d, {}


def factor_vae(net, x, y, noise):
    def critic(z, p):
        h = F.leaky_relu(z @ p["critic.first.weight"] + p["critic.first.bias"], 0.2)
        h = F.leaky_relu(h @ p["critic.second.weight"] + p["critic.second.bias"], 0.2)
        return (h @ p["critic.out.weight"])[:, 0]

    _, z, r, kl_d = net.elbo_parts(x, noise)
    shuffled = z.detach().gather(0, noise.uniform(*z.shape).argsort(0))
    frozen = {name: t.detach() for name, t in net.p.items()}
    tc = critic(z, frozen).mean()
    logits = torch.cat([critic(z.detach(), net.p), critic(shuffled, net.p)])
    truth = torch.cat([torch.ones(len(z)), torch.zeros(len(z))])
    loss = 2 * F.binary_cross_entropy_with_logits(logits, truth)
    return [r + kl_d.sum() + 6 * tc + loss, r, kl_d.sum(), tc, loss], kl_d, {}


def dip_vae(net, x, y, noise, kind):
    q, _, r, kl_d = net.elbo_parts(x, noise)
    c = covariance(q.loc) + (torch.diag(q.variance.mean(0)) if kind == "samples" else 0)
    diagonal = ((torch.diagonal(c) - 1) ** 2).sum()
    off = (c**2).sum() - (torch.diagonal(c) ** 2).sum()
    return [r + kl_d.sum() + 20 * off + 30 * diagonal, r, kl_d.sum(), off, diagonal], kl_d, {}


def info_vae(net, x, y, noise):
    _, z, r, kl_d = net.elbo_parts(x, noise)
    prior = noise.normal(*z.shape)
    k = lambda a, b: torch.exp(-((a[:, None] - b[None]) ** 2).sum(2) / (2 * LATENT))
    others = ~torch.eye(len(z), dtype=torch.bool)
    mmd = k(z, z)[others].mean() + k(prior, prior)[others].mean() - 2 * k(z, prior).mean()
    return [r + (1 - 0.25) * kl_d.sum() + (0.25 + 40 - 1) * mmd, r, kl_d.sum(), mmd], kl_d, {}


def prior_sample(shape, n, noise):
    if shape == "gaussian":
        return noise.normal(n, LATENT)
    if shape == "ring":
        direction = F.normalize(noise.normal(n, LATENT))
        return direction * (noise.uniform(n, 1) * (2.0**LATENT - 1.5**LATENT) + 1.5**LATENT) ** (1 / LATENT)
    if shape == "square":
        return noise.uniform(n, LATENT) * 3.5 - 1.75
    centres = [(2 * math.cos(math.tau * i / 10), 2 * math.sin(math.tau * i / 10), 0.0) for i in range(10)]
    chosen = [centres[int(u * 10)] for u in noise.uniform(n)]
    return torch.tensor(chosen) + 0.2 * noise.normal(n, LATENT)


def wae(net, x, y, noise, prior="gaussian"):
    z = net.heads(x)[0]
    p = prior_sample(prior, len(z), noise)
    # Twice the mean squared length of the prior's samples; the ring's is an integral over its radius.
    radius = torch.linspace(1.5, 2.0, 200_001)
    ring = torch.trapezoid(radius ** (LATENT + 1), radius) / torch.trapezoid(radius ** (LATENT - 1), radius)
    n, c = len(z), 2 * {"gaussian": LATENT, "ring": ring, "ten-blobs": 2.0**2 + LATENT * 0.2**2}[prior]
    k = lambda a, b: c / (c + ((a - b) ** 2).sum())
    pairs = lambda a: sum(k(a[i], a[j]) for i in range(n) for j in range(n) if i != j) / (n * (n - 1))
    mmd = pairs(z) + pairs(p) - 2 / n**2 * sum(k(a, b) for a in z for b in p)
    r = net.reconstruction(x, z)
    return [r + 50 * mmd, r, mmd], None, {}


def swae(net, x, y, noise, slices=7):
    z = net.heads(x)[0]
    p = prior_sample("square", len(z), noise)
    theta = F.normalize(noise.normal(LATENT, slices), dim=0)
    distance = ((torch.sort(z @ theta, 0).values - torch.sort(p @ theta, 0).values) ** 2).mean()
    r = net.reconstruction(x, z)
    return [r + 100 * distance, r, distance], None, {}


def iwae(net, x, y, noise, bound, k=3, m=2):
    m = m if bound in ("miwae", "piwae") else 1

    def weights(net, q, z):
        """log w of each image, bound and sample."""
        nll = net.nll(x.expand(m, k, *x.shape).flatten(0, 2), z.flatten(0, 2)).sum(1).reshape(m, k, len(x))
        prior = Independent(Normal(torch.zeros(LATENT), torch.ones(LATENT)), 1)
        return (prior.log_prob(z) - nll - Independent(q, 1).log_prob(z)).permute(2, 0, 1), nll.mean()

    q = net.posterior(x)
    eps = noise.normal(len(x), m, k, LATENT).permute(1, 2, 0, 3)
    log_w, r = weights(net, q, q.loc + q.scale * eps)
    mean_bound = (log_w.logsumexp(2) - math.log(k)).mean()
    elbo = log_w.mean()
    value, surrogate = mean_bound, mean_bound
    if bound == "ciwae":
        value = surrogate = 0.3 * elbo + 0.7 * mean_bound
    if bound == "piwae":
        # The encoder's gradient of one objective, the decoder's of the other: each with the other network frozen.
        still = {name: t.detach() for name, t in net.p.items()}
        encoder = Net({name: (t if name.startswith("encoder") else still[name]) for name, t in net.p.items()})
        decoder = Net({name: (t if name.startswith("decoder") else still[name]) for name, t in net.p.items()})
        both = []
        for part in (encoder, decoder):
            q_part = part.posterior(x)
            both.append(weights(part, q_part, q_part.loc + q_part.scale * eps)[0])
        tight = (both[1].flatten(1).logsumexp(1) - math.log(m * k)).mean()
        value = tight
        surrogate = tight + (both[0].logsumexp(2) - math.log(k)).mean()
    kl_d = kl_divergence(q, Normal(torch.zeros(LATENT), torch.ones(LATENT))).mean(0)
    loss = -value.detach() + surrogate.detach() - surrogate
    return [loss, r, kl_d.sum(), value - elbo], kl_d, {}


def cvae(net, x, y, noise):
    label = F.one_hot(y, CLASSES).double()
    q = net.posterior(torch.cat([x, label], 1))
    z = q.loc + q.scale * noise.normal(*q.loc.shape)
    r = net.reconstruction(x, torch.cat([z, label], 1))
    kl_d = kl_divergence(q, Normal(torch.zeros(LATENT), torch.ones(LATENT))).mean(0)
    return [r + 2 * kl_d.sum(), r, kl_d.sum()], torch.cat([kl_d, torch.zeros(CLASSES)]), {}


def told_of(y):
    """Three factors that follow from the class: kinds, an amount, yes and no."""
    return torch.cat([F.one_hot(y % 3, 3), (y * 2 % 5 / 4)[:, None], (y % 2)[:, None]], 1).double()


def attribute_vae(net, x, y, noise):
    told = told_of(y)
    q = net.posterior(torch.cat([x, told], 1))
    z = q.loc + q.scale * noise.normal(*q.loc.shape)
    r = net.reconstruction(x, torch.cat([z, told], 1))
    kl_d = kl_divergence(q, Normal(torch.zeros(LATENT), torch.ones(LATENT))).mean(0)
    together = torch.corrcoef(torch.cat([q.loc, told], 1).T)[:LATENT, LATENT:].square().nan_to_num().sum()
    return [r + 0.5 * kl_d.sum() + 3 * together, r, kl_d.sum(), together], torch.cat([kl_d, torch.zeros(5)]), {}


def msp(net, x, y, noise):
    told = told_of(y)
    a, (z, _), m = 2 * told - 1, net.heads(x), net.p["map_td"]
    r = net.reconstruction(x, z)
    attributes, rest = (z @ m.T - a).square().sum(1).mean(), (z - a @ m).square().sum(1).mean()
    departure = (m @ m.T - torch.eye(5)).square().mean().sqrt()
    found = z @ m.T
    code = torch.cat([z - found @ m, (found + 1) / 2], 1)
    return [r + 0.5 * (attributes + rest), r, attributes, rest, departure], None, state(code)


def diffusion_vae(net, x, y, noise):
    """On the sphere, whose area is 4π and whose scalar curvature is 2."""
    head, _ = net.heads(x)
    time = 1e-4 + (0.3 - 1e-4) * torch.sigmoid(head[:, 3:])
    z = F.normalize(head[:, :3])
    for _ in range(10):
        z = F.normalize(z + (time / 10).sqrt() * noise.normal(*z.shape))
    r = net.reconstruction(x, z)
    kl = (-torch.log(2 * math.pi * time) - 1 + math.log(4 * math.pi) + time / 2).mean()
    return [r + 0.5 * kl, r, kl], None, {}


def prototypes(net, x, y, noise):
    (z, _), e = net.heads(x), net.p["quantiser.vectors_kd"]
    d = torch.cdist(z, e).square()
    logits = d @ net.p["classifier.weight"]
    r, label = net.reconstruction(x, z), F.cross_entropy(logits, y)
    images, near = d.min(0).values.mean(), d.min(1).values.mean()
    right = (logits.argmax(1) == y).double().mean()
    share = F.one_hot(d.argmin(1), len(e)).double().mean(0)
    age = net.p["quantiser.usage.age_k"]
    lately = ((age >= 0) & (age < 100)).sum()
    terms = [r, label, images, near, right, (-(share * (share + 1e-10).log()).sum()).exp(), lately]
    return [r + 3 * label + 0.5 * images + 0.25 * near, *terms], None, state(z)


def joint_vae(net, x, y, noise, choices=4):
    both, logvar = net.heads(x)
    q, c = Normal(both[:, :LATENT], (logvar / 2).exp()), Categorical(logits=both[:, LATENT:])
    z = q.loc + q.scale * noise.normal(*q.loc.shape)
    gumbel = -torch.log(-torch.log(noise.uniform(len(x), choices)))
    relaxed = torch.softmax((both[:, LATENT:] + gumbel) / 0.5, 1)
    r = net.reconstruction(x, torch.cat([z, relaxed], 1))
    kl_d = kl_divergence(q, Normal(torch.zeros(LATENT), torch.ones(LATENT))).mean(0)
    kl_c = kl_divergence(c, Categorical(logits=torch.zeros(choices))).mean()
    loss = r + 9 * torch.abs(kl_d.sum() - 6 / 2) + 9 * torch.abs(kl_c - math.log(choices) / 2)
    return [loss, r, kl_d.sum(), kl_c], torch.cat([kl_d, kl_c.expand(choices) / choices]), {}


def latent_flow(net, x, y, noise):
    # The trained network's code, of which nothing is learnt.
    z = net.dense("host.encoder.mean", F.relu(net.dense("host.encoder.hidden", x))).detach() / net.p["host.scale"].detach()
    eps, t = noise.normal(*z.shape), noise.uniform(len(x), 1)
    on = t * z + (1 - t) * eps
    waves = [torch.cos(k * math.pi * t) for k in (1, 2, 3, 4)]
    h = F.relu(net.dense("flow.second", F.relu(net.dense("flow.first", torch.cat([on, t, *waves], 1)))))
    return [((net.dense("flow.out", h) - (z - eps)) ** 2).sum(1).mean()], None, {}


def flow_shapes(width):
    out = {"host." + name: shape for name, shape in shapes(point=True).items()} | {"host.scale": (1,)}
    for name, i, o in (("first", LATENT + 5, width), ("second", width, width), ("out", width, LATENT)):
        out[f"flow.{name}.weight"], out[f"flow.{name}.bias"] = (i, o), (o,)
    return out


def ladder_vae(net, x, y, noise, beta=2, warmup=3, upper=2):
    """Both levels as themselves: the lower one is no departure here."""
    h = F.relu(net.dense("encoder.hidden", x))
    own = Normal(net.dense("encoder.mean", h), (net.dense("encoder.logvar", h) / 2).exp())
    u = F.relu(net.dense("ladder.up", h))
    q2 = Normal(net.dense("ladder.upper_mean", u), (net.dense("ladder.upper_logvar", u) / 2).exp())
    z2 = q2.loc + q2.scale * noise.normal(len(x), upper)
    g = F.relu(net.dense("ladder.down", z2))
    p1 = Normal(net.dense("ladder.lower_mean", g), (net.dense("ladder.lower_logvar", g) / 2).exp())
    precision = own.scale**-2 + p1.scale**-2
    q1 = Normal((own.loc * own.scale**-2 + p1.loc * p1.scale**-2) / precision, precision**-0.5)
    # The noise of the departure is that of the level: their scales differ by p1's alone.
    z1 = q1.loc + q1.scale * noise.normal(len(x), LATENT)
    upper_d = kl_divergence(q2, Normal(torch.zeros(upper), torch.ones(upper))).mean(0)
    lower_d = kl_divergence(q1, p1).mean(0)
    r = net.reconstruction(x, z1)
    terms = [r + beta / (warmup + 1) * (upper_d.sum() + lower_d.sum()), r, upper_d.sum(), lower_d.sum()]
    return terms, torch.cat([upper_d, lower_d]), {}


def ladder_shapes(upper, width):
    out = shapes()
    ends = (("up", HIDDEN, width), ("upper_mean", width, upper), ("upper_logvar", width, upper), ("down", upper, width), ("lower_mean", width, LATENT), ("lower_logvar", width, LATENT))
    for name, i, o in ends:
        out[f"ladder.{name}.weight"], out[f"ladder.{name}.bias"] = (i, o), (o,)
    return out


def simsiam(net, x, y, noise, stopped):
    """Of views that are the images themselves."""

    def head(name, h):
        h = h @ net.p[name + ".first.weight"]
        h = F.batch_norm(h, None, None, net.p[name + ".norm.width_d"], net.p[name + ".norm.middle_d"], training=True, eps=1e-5)
        return F.relu(h) @ net.p[name + ".out.weight"]

    z = head("projector", F.silu(net.heads(x)[0]))
    p = head("predictor", z) + net.p["predictor.out.bias"]
    loss = -F.cosine_similarity(p, z.detach() if stopped else z).mean()
    spread = torch.std(F.normalize(z), 0, correction=0).mean() * math.sqrt(z.shape[1])
    return [loss, spread], None, {}


def simsiam_shapes(width):
    out = {name: shape for name, shape in shapes(point=True).items() if name.startswith("encoder")}
    for name, sizes in (("projector", (LATENT, width, width)), ("predictor", (width, width // 4, width))):
        out[name + ".first.weight"] = sizes[:2]
        out[name + ".norm.width_d"] = out[name + ".norm.middle_d"] = sizes[1:2]
        out[name + ".out.weight"] = sizes[1:]
    return out | {"predictor.out.bias": (width,)}


FRAMES, PLANES = 4, 3
POSITIVE = {"square_d", "told_d"}


def unscented(net, x, y, noise, beta=2, pairs=2, chosen=True, kl=False):
    q = net.posterior(x)
    if chosen:
        order = torch.argsort(noise.uniform(LATENT, len(x)), dim=0, stable=True)[:pairs].T
        axes = F.one_hot(order, LATENT).double() * math.sqrt(LATENT)
        step = q.scale[:, None] * axes
        points = q.loc[:, None, None] + torch.stack([step, -step], 2)
        points = points.reshape(len(x), 2 * pairs, LATENT)
        spread = points - points.mean(1, keepdim=True)
        assert torch.allclose(points.mean(1), q.loc)
        if pairs == LATENT:
            assert torch.allclose(spread.transpose(1, 2) @ spread / (2 * pairs), torch.diag_embed(q.scale**2))
    else:
        rows = lambda t: t.repeat_interleave(2 * pairs, 0)
        points = (rows(q.loc) + rows(q.scale) * noise.normal(len(x) * 2 * pairs, LATENT)).reshape(len(x), 2 * pairs, LATENT)
    r = sum(net.reconstruction(x, points[:, i]) for i in range(2 * pairs)) / (2 * pairs)
    unit = Normal(torch.zeros(LATENT), torch.ones(LATENT))
    kl_d = kl_divergence(q, unit).mean(0)
    price = kl_d.sum() if kl else (q.loc.square() + (q.scale - 1).square()).sum(1).mean()
    return [r + beta * price, r, price], kl_d, {}


def ard_vae(net, x, y, noise, beta=2):
    q, square, told = net.posterior(x), net.p["square_d"].detach(), net.p["told_d"].detach()
    variance = (square + 2e-4) / (1 + 2e-4)
    r = net.reconstruction(x, q.loc + q.scale * noise.normal(*q.loc.shape))
    kl_d = kl_divergence(q, Normal(torch.zeros(LATENT), variance.sqrt())).mean(0)
    relevant = (told > 0.1 * square).double().sum()
    means = q.loc.square().mean(0)
    return [r + beta * kl_d.sum(), r, kl_d.sum(), relevant], kl_d, {"square_d": means + q.variance.mean(0), "told_d": means}


def vade(net, x, y, noise, beta=2):
    q = net.posterior(x)
    z = q.loc + q.scale * noise.normal(*q.loc.shape)
    r = net.reconstruction(x, z)
    clouds = Normal(net.p["clouds.mean_cd"], (net.p["clouds.logvar_cd"] / 2).exp())
    prior = Categorical(logits=net.p["clouds.share_c"])
    joint = clouds.log_prob(z[:, None]).sum(2) + prior.logits
    belongs = Categorical(logits=joint)
    each = kl_divergence(Normal(q.loc[:, None], q.scale[:, None]), clouds)
    kl_d = (belongs.probs[:, :, None] * each).sum(1).mean(0)
    choice = kl_divergence(belongs, Categorical(probs=prior.probs.expand(len(x), -1))).mean()
    groups = Categorical(probs=belongs.probs.mean(0)).entropy().exp()
    return [r + beta * (kl_d.sum() + choice), r, kl_d.sum(), choice, groups], kl_d, {}


def ce_vae(net, x, y, noise, beta=2, context=0.5, cut=0.3, square=7):
    q, z, r, kl_d = net.elbo_parts(x, noise)
    side = 28 // square
    rank = noise.uniform(len(x), side * side).argsort(dim=1, stable=True).argsort(dim=1, stable=True)
    hidden = (rank < cut * side * side).double().reshape(len(x), 1, side, side)
    seen = x * (1 - F.interpolate(hidden, scale_factor=square).reshape(len(x), -1))
    c = net.reconstruction(x, net.heads(seen)[0])
    return [r + beta * kl_d.sum() + context * c, r, kl_d.sum(), c], kl_d, {}


def dfc_vae(net, x, y, noise, features=3, pixels=0.25, beta=2):
    q, z, r, kl_d = net.elbo_parts(x, noise)
    copy = torch.sigmoid(net.dense("decoder.out", F.relu(net.dense("decoder.hidden", z))))
    held = {name: t.detach() for name, t in net.p.items()}

    def seen(image):
        h = F.relu(F.linear(image, held["host.encoder.hidden.weight"].T, held["host.encoder.hidden.bias"]))
        return h, F.linear(h, held["host.encoder.mean.weight"].T, held["host.encoder.mean.bias"])

    f = sum((a - b).square().sum(1).mean() / a.square().mean() for a, b in zip(seen(x), seen(copy)))
    return [features * f + pixels * r + beta * kl_d.sum(), f, r, kl_d.sum()], kl_d, {}


def dpa(net, x, y, noise, extra=2):
    z, _ = net.heads(x)
    kept = torch.floor(noise.uniform(len(x), 1) * LATENT) + 1
    mask = (torch.arange(LATENT)[None] < kept).double()

    def picture():
        eps = noise.normal(len(x), LATENT + extra)
        code = torch.cat([torch.where(mask > 0, z, eps[:, :LATENT]), eps[:, LATENT:]], 1)
        return torch.sigmoid(net.dense("decoder.out", F.relu(net.dense("decoder.hidden", code))))

    a, b = picture(), picture()
    near = ((x - a).norm(dim=1).mean() + (x - b).norm(dim=1).mean()) / 2
    apart = (a - b).norm(dim=1).mean() / 2
    return [near - apart, near, apart], None, state(z)


def deep_cae(net, x, y, noise, price=0.5, directions=2, whole=True):
    def encoder(image):
        return net.dense("out", torch.tanh(net.dense("second", torch.tanh(net.dense("first", image)))))

    z = encoder(x)
    r = net.reconstruction(x, z)
    if whole:
        v = noise.normal(len(x) * directions, LATENT).reshape(len(x), directions, LATENT)
        jacobian = torch.stack([torch.autograd.functional.jacobian(encoder, row, create_graph=True) for row in x])
        slope = (v @ jacobian).square().sum(2).mean()
    else:
        slope, h = 0, x
        for name in ("first", "second", "out"):
            def layer(row, name=name):
                a = net.dense(name, row)
                return a if name == "out" else torch.tanh(a)
            slope = slope + torch.stack([torch.autograd.functional.jacobian(layer, row, create_graph=True).square().sum() for row in h]).mean()
            h = layer(h)
    return [r + price * slope, r, slope], None, state(z)


def cae_shapes():
    out = {}
    for name, i, o in (("first", PIXELS, HIDDEN), ("second", HIDDEN, HIDDEN // 2), ("out", HIDDEN // 2, LATENT), ("decoder.hidden", LATENT, HIDDEN), ("decoder.out", HIDDEN, PIXELS)):
        out[name + ".weight"], out[name + ".bias"] = (i, o), (o,)
    return out | CLOUD


def head(net, name, h):
    h = h @ net.p[name + ".first.weight"]
    h = F.batch_norm(h, None, None, net.p[name + ".norm.width_d"], net.p[name + ".norm.middle_d"], training=True, eps=1e-5)
    return F.relu(h) @ net.p[name + ".out.weight"] + net.p.get(name + ".out.bias", 0)


def byol(net, x, y, noise, predictor=True):
    """Of views that are the images themselves; the copy is the network of the step before."""
    z = head(net, "projector", F.silu(net.heads(x)[0]))
    held = Net({name[5:]: t.detach() for name, t in net.p.items() if name.startswith("copy.")})
    to = head(held, "projector", F.silu(held.heads(x)[0]))
    p = head(net, "predictor", z) if predictor else z
    spread = torch.std(F.normalize(z), 0, correction=0).mean() * math.sqrt(z.shape[1])
    behind = (z - to).square().mean().sqrt()
    after = {name: net.p[name[5:]] for name in net.p if name.startswith("copy.")}
    return [-F.cosine_similarity(p, to).mean(), spread, behind], None, after


def byol_shapes(width, predictor=True):
    all_ = simsiam_shapes(width)
    online = {name: shape for name, shape in all_.items() if not name.startswith("predictor")}
    return (all_ if predictor else online) | {"copy." + name: shape for name, shape in online.items()}


def simclr(net, x, y, noise, temperature=0.5, strangers=None):
    """Of views that are the images themselves."""
    z = F.normalize(head(net, "projector", F.silu(net.heads(x)[0])))
    n = len(x)
    logits = z @ z.T / temperature
    if strangers is not None:
        ahead = (torch.arange(n)[None] - torch.arange(n)[:, None]) % n
        logits = logits.masked_fill(ahead > strangers, -math.inf)
    back = z @ z.T / temperature
    if strangers is not None:
        back = back.masked_fill(ahead > strangers, -math.inf)
    loss = (F.cross_entropy(logits, torch.arange(n)) + F.cross_entropy(back, torch.arange(n))) / 2
    spread = torch.std(z, 0, correction=0).mean() * math.sqrt(z.shape[1])
    found = (logits.argmax(1) == torch.arange(n)).double().mean()
    return [loss, spread, found, math.log((n - 1 if strangers is None else strangers) + 1) - loss], None, {}


def color_mae(net, x, y, noise, pattern, patch=5, ratio=0.6):
    """Patches are chosen by noise with some frequencies taken away; the Gaussians are built as in the paper's code, by their weights."""
    side = -(-28 // patch)
    u = noise.uniform(len(x), side * side).reshape(len(x), side, side)

    def smooth(deviation):
        w = torch.exp(-0.5 * ((torch.arange(side)[:, None] - torch.arange(side)[None]) / deviation) ** 2)
        w = w / torch.sqrt(w.sum(0)[:, None] * w.sum(0)[None])
        return w @ u @ w

    coarse, fine = smooth(1.5), smooth(0.6)
    score = {"red": coarse, "blue": u - fine, "green": fine - coarse, "purple": u - fine + coarse}[pattern].reshape(len(x), -1)
    hidden = (score.argsort(1).argsort(1) < ratio * side * side).double().reshape(len(x), 1, side, side)
    hidden = F.interpolate(hidden, scale_factor=patch)[:, :, :28, :28].reshape(len(x), -1)
    z, _ = net.heads(torch.where(hidden > 0, net.p["token_c"], x))
    nll = net.nll(x, z)
    return [((nll * hidden).sum(1) / hidden.mean(1)).mean(), nll.sum(1).mean()], None, state(z)


def mgp_vae(net, x, y, noise, beta=2, drop=0.3, linear=True):
    """Each frame's state given those before and all frames that are there, by conditioning one Gaussian of all states of a plane: no messages."""
    n, side = len(x), 28 // FRAMES
    frames = x.reshape(n, 28, FRAMES, side).transpose(1, 2)
    there = (noise.uniform(n, FRAMES) >= drop).double()
    mean, logvar = net.heads((frames * there[:, :, None, None]).reshape(n * FRAMES, 28 * side))
    # Means have the first number of all planes before the second.
    mean = mean.reshape(n, FRAMES, 2, PLANES)
    precision = torch.exp(-logvar).reshape(n, FRAMES, PLANES) * there[:, :, None]
    eps = noise.normal(n, FRAMES * 2 * PLANES).reshape(n, FRAMES, 2, PLANES)
    times = torch.arange(FRAMES)
    lag = (times[:, None] - times[None, :]).double()
    states, kls = [], []
    for k in range(PLANES):
        if linear:
            r, theta = torch.sigmoid(net.p["rotations.stay_k"][k]), net.p["rotations.turn_k"][k]
            size, angle = r ** lag.abs(), theta * lag
        else:
            r, theta, size, angle = torch.tensor(0.0), torch.tensor(0.0), torch.eye(FRAMES), torch.zeros(FRAMES, FRAMES)
        turn = torch.stack([torch.stack([angle.cos(), -angle.sin()], -1), torch.stack([angle.sin(), angle.cos()], -1)], -2)
        prior = (size[:, :, None, None] * turn).permute(0, 2, 1, 3).reshape(2 * FRAMES, 2 * FRAMES)
        step = r * torch.stack([torch.stack([theta.cos(), -theta.sin()]), torch.stack([theta.sin(), theta.cos()])])
        own, kl_own = [], []
        for i in range(n):
            lam = precision[i, :, k].repeat_interleave(2)
            inverse = torch.linalg.inv(prior) + torch.diag(lam)
            covariance = torch.linalg.inv(inverse)
            middle = covariance @ (lam * mean[i, :, :, k].reshape(-1))
            path, nats = [], []
            for t in range(FRAMES):
                at, before = slice(2 * t, 2 * t + 2), slice(0, 2 * t)
                m, c = middle[at], covariance[at, at]
                expected, new = torch.zeros(2), torch.tensor(1.0)
                if t > 0:
                    gain = covariance[at, before] @ torch.linalg.inv(covariance[before, before])
                    m = m + gain @ (torch.cat(path) - middle[before])
                    c = c - gain @ covariance[before, at]
                    expected, new = step @ path[-1], 1 - r**2
                scale = torch.diagonal(c).sqrt()
                path.append(m + scale * eps[i, t, :, k])
                nats.append(kl_divergence(Normal(m, scale), Normal(expected, new.sqrt().expand(2))))
            own.append(torch.stack(path))
            kl_own.append(torch.stack(nats))
        states.append(torch.stack(own))
        kls.append(torch.stack(kl_own))
    state, kl_d = torch.stack(states, -1), torch.stack(kls, -1).mean(0).reshape(FRAMES, 2 * PLANES)
    nll = net.nll(frames.reshape(n * FRAMES, 28 * side), state.reshape(n * FRAMES, 2 * PLANES))
    r, first, later = nll.sum() / n, kl_d[0].sum(), kl_d[1:].sum()
    return [r + beta * (first + later), r, first, later], kl_d.flatten(), {}


def mgp_shapes(linear=True):
    pixels, d = 28 * 28 // FRAMES, 2 * PLANES
    out = {}
    ends = (("encoder.hidden", pixels, HIDDEN), ("encoder.mean", HIDDEN, d), ("encoder.logvar", HIDDEN, PLANES), ("decoder.hidden", d, HIDDEN), ("decoder.out", HIDDEN, pixels))
    for name, i, o in ends:
        out[name + ".weight"], out[name + ".bias"] = (i, o), (o,)
    return out | ({"rotations.stay_k": (PLANES,), "rotations.turn_k": (PLANES,)} if linear else {})


def mvae(net, x, y, noise, beta=2, parts=((0, 1),)):
    halves = x.reshape(len(x), 28, 2, 14).unbind(2)
    sides = [Net({name[len(side) + 1 :]: t for name, t in net.p.items() if name.startswith(side)}) for side in ("left", "right")]
    experts = [side.posterior(half.reshape(len(x), -1)) for side, half in zip(sides, halves)]
    unit, terms, kls = Normal(torch.zeros(LATENT), torch.ones(LATENT)), [], []
    for part in parts:
        precision = 1 + sum(experts[i].scale ** -2 for i in part)
        q = Normal(sum(experts[i].loc * experts[i].scale ** -2 for i in part) / precision, precision**-0.5)
        z = q.loc + q.scale * noise.normal(len(x), LATENT)
        terms.append(sum(side.reconstruction(half.reshape(len(x), -1), z) for side, half in zip(sides, halves)))
        kls.append(kl_divergence(q, unit).mean(0))
    r, kl_d = sum(terms) / len(parts), sum(kls) / len(parts)
    return [r + beta * kl_d.sum(), r, kl_d.sum()], kl_d, {}


def mvae_shapes():
    out = {}
    for side in ("left", "right"):
        ends = (("encoder.hidden", PIXELS // 2, HIDDEN), ("encoder.mean", HIDDEN, LATENT), ("encoder.logvar", HIDDEN, LATENT), ("decoder.hidden", LATENT, HIDDEN), ("decoder.out", HIDDEN, PIXELS // 2))
        for name, i, o in ends:
            out[f"{side}.{name}.weight"], out[f"{side}.{name}.bias"] = (i, o), (o,)
    return out


def sigma_vae(net, x, y, noise, beta=0.5, scale=0.25):
    mean = net.heads(x)[0]
    z = mean + noise.normal(len(x), 1) * scale * noise.normal(*mean.shape)
    r, length_d = net.reconstruction(x, z), mean.square().mean(0) / 2
    kl_d = kl_divergence(Normal(mean, scale), Normal(0.0, 1.0)).mean(0)
    return [r + beta * length_d.sum(), r, length_d.sum()], kl_d, {}


def vlae(net, x, y, noise, beta=2, side=3):
    """A masked convolution, whose filters lie before the middle, looks through the window."""
    q = net.posterior(x)
    z = q.loc + q.scale * noise.normal(*q.loc.shape)
    own = net.dense("decoder.out", F.relu(net.dense("decoder.hidden", z)))
    seen = side * side // 2
    weight = net.p["window.first.weight"]
    filters = torch.cat([weight[:seen].T, torch.zeros(weight.shape[1], side * side - seen)], 1).reshape(-1, 1, side, side)
    h = F.conv2d(x.reshape(-1, 1, 28, 28), filters, padding=side // 2) + own.reshape(-1, 1, 28, 28) * weight[seen].reshape(1, -1, 1, 1)
    h = F.relu(h + net.p["window.first.bias"].reshape(1, -1, 1, 1))
    more = torch.einsum("bhyx,ho->boyx", h, net.p["window.out.weight"]) + net.p["window.out.bias"]
    r = F.binary_cross_entropy_with_logits(own + more.reshape(len(x), -1), x, reduction="none").sum(1).mean()
    kl_d = kl_divergence(q, Normal(torch.zeros(LATENT), torch.ones(LATENT))).mean(0)
    return [r + beta * kl_d.sum(), r, kl_d.sum()], kl_d, {}


def vlae_shapes(side, width):
    seen = side * side // 2 + 1
    return shapes() | {"window.first.weight": (seen, width), "window.first.bias": (width,), "window.out.weight": (width, 1), "window.out.bias": (1,)}


def lipschitz_vae(net, x, y, noise, beta=2, stretch=4.0):
    """Both halves of the decoder are gradients of convex functions, which PyTorch takes itself."""
    q = net.posterior(x)
    z = q.loc + q.scale * noise.normal(*q.loc.shape)

    def gradient(name, t):
        potential = F.softplus(net.dense(name, t)).sum() + math.sqrt(stretch) / 2 * t.square().sum()
        return torch.autograd.grad(potential, t, create_graph=True)[0]

    # The slowest waves: constant, one half wave down, one half wave across.
    line = torch.cos(math.pi * (torch.arange(28) + 0.5) / 28) * math.sqrt(2 / 28)
    flat = torch.full((28,), 1 / math.sqrt(28))
    waves = torch.stack([torch.outer(flat, flat), torch.outer(flat, line), torch.outer(line, flat)]).reshape(3, -1)
    logits = gradient("outer", gradient("inner", z) @ waves) + net.p["bias_p"]
    r = F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(1).mean()
    kl_d = kl_divergence(q, Normal(torch.zeros(LATENT), torch.ones(LATENT))).mean(0)
    apart = lambda t: (t - t.roll(-1, 0)).norm(dim=1)
    return [r + beta * kl_d.sum(), r, kl_d.sum(), (apart(logits) / apart(z)).min().detach()], kl_d, {}


def lipschitz_shapes():
    out = {name: shape for name, shape in shapes().items() if name.startswith("encoder")}
    return out | {"inner.weight": (LATENT, HIDDEN), "inner.bias": (HIDDEN,), "outer.weight": (PIXELS, HIDDEN), "outer.bias": (HIDDEN,), "bias_p": (PIXELS,)}


def self_vae(net, x, y, noise, beta=2):
    small = F.avg_pool2d(x.reshape(-1, 1, 28, 28), 2).reshape(len(x), -1)
    upper = Net({name[6:]: t for name, t in net.p.items() if name.startswith("small_")})
    q = upper.posterior(small)
    lower = net.posterior(torch.cat([x, small], 1))
    u, z = (p.loc + p.scale * noise.normal(*p.loc.shape) for p in (q, lower))
    r, coarse = net.reconstruction(x, torch.cat([z, small], 1)), upper.reconstruction(small, u)
    kls = [kl_divergence(p, Normal(torch.zeros_like(p.loc), torch.ones_like(p.loc))).mean(0) for p in (q, lower)]
    return [r + coarse + beta * (kls[0].sum() + kls[1].sum()), r, coarse, kls[0].sum(), kls[1].sum()], torch.cat(kls), {}


def self_shapes(upper, width, small=PIXELS // 4):
    out = dict(shapes(side=small, code=LATENT + small))
    for name, i, o in (("small_encoder.hidden", small, width), ("small_encoder.mean", width, upper), ("small_encoder.logvar", width, upper), ("small_decoder.hidden", upper, width), ("small_decoder.out", width, small)):
        out[name + ".weight"], out[name + ".bias"] = (i, o), (o,)
    return out


def lite_vae(net, x, y, noise, beta=2):
    """Haar's transform as a convolution with four filters."""
    signs = torch.tensor([[1.0, 1, 1, 1], [1, -1, 1, -1], [1, 1, -1, -1], [1, -1, -1, 1]]).reshape(4, 1, 2, 2) / 2
    first = F.conv2d(x.reshape(-1, 1, 28, 28), signs, stride=2)
    second = F.conv2d(first[:, :1], signs, stride=2)
    conv = lambda name, t, stride=1: F.silu(F.conv2d(t, net.p[f"encoder.{name}.weight"], net.p[f"encoder.{name}.bias"], stride=stride, padding=1))
    h = conv("both", torch.cat([conv("fine", first[:, 1:], 2), conv("coarse", second)], 1)).flatten(1)
    q = Normal(net.dense("encoder.mean", h), (net.dense("encoder.logvar", h) / 2).exp())
    r = net.reconstruction(x, q.loc + q.scale * noise.normal(*q.loc.shape))
    kl_d = kl_divergence(q, Normal(torch.zeros(LATENT), torch.ones(LATENT))).mean(0)
    return [r + beta * kl_d.sum(), r, kl_d.sum()], kl_d, {}


def lite_shapes(features):
    out, places = {}, 49
    for name, shape in (("fine", (features, 3, 4, 4)), ("coarse", (features, 4, 3, 3)), ("both", (features, 2 * features, 3, 3))):
        out[f"encoder.{name}.weight"], out[f"encoder.{name}.bias"] = shape, (features,)
    for name, i, o in (("encoder.mean", features * places, LATENT), ("encoder.logvar", features * places, LATENT), ("decoder.hidden", LATENT, HIDDEN), ("decoder.out", HIDDEN, PIXELS)):
        out[name + ".weight"], out[name + ".bias"] = (i, o), (o,)
    return out


def idvae(net, x, y, noise, beta=0.5, told=3):
    u = told_of(y)
    told_net = Net({name[5:]: t for name, t in net.p.items() if name.startswith("told_")})
    q, p = net.posterior(x), told_net.posterior(u)
    z, v = (d.loc + d.scale * noise.normal(*d.loc.shape) for d in (q, p))
    r = net.reconstruction(x, z)
    again = told_net.nll(u, v).sum(1).mean()
    kl_d = kl_divergence(q, p).mean(0)
    of_told = kl_divergence(p, Normal(torch.zeros(LATENT), torch.ones(LATENT))).mean(0).sum()
    return [r + beta * (kl_d.sum() + of_told) + told * again, r, kl_d.sum(), again, of_told], kl_d, {}


def idvae_shapes(numbers=5, width=64):
    out = dict(shapes())
    for name, i, o in (("told_encoder.hidden", numbers, width), ("told_encoder.mean", width, LATENT), ("told_encoder.logvar", width, LATENT), ("told_decoder.hidden", LATENT, width), ("told_decoder.out", width, numbers)):
        out[name + ".weight"], out[name + ".bias"] = (i, o), (o,)
    return out


def sign_ae(net, x, y, noise):
    h = net.dense("into", x)
    z = torch.where(h > 0, 1.0, -1.0)
    z = (z - h.tanh()).detach() + h.tanh()
    unit = F.normalize(net.p["into.weight"].detach(), dim=0)
    off = (unit.T @ unit)[~torch.eye(LATENT, dtype=bool)]
    return [F.mse_loss(torch.sigmoid(net.dense("out", z)), x), off.square().mean().sqrt()], None, {}


def nsae(net, x, y, noise, copies=0.5, noisy=2, unseen=4):
    z = net.heads(x)[0]
    logits = net.dense("decoder.out", F.relu(net.dense("decoder.hidden", z)))
    seen = y < CLASSES - unseen
    again = net.heads(torch.sigmoid(logits))[0]
    parts = [F.cross_entropy(net.dense("classifier", t)[seen], y[seen]) for t in (z, again)]
    r = F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(1)[seen].mean()
    right = (net.dense("classifier", z).argmax(1) == y)[seen].double().mean()
    return [parts[0] + copies * r + noisy * parts[1], parts[0], r, parts[1], right], None, state(z)


def cluster_net(net, x, y, noise, weight=3, margin=2.0, share=0.7):
    z = net.heads(x)[0]
    weights = torch.tensor([0.25 * math.fmod(0.618034 * (p + 1), 1) for p in range(PIXELS)])
    named = torch.frac((x * weights).sum(1)) < share
    together, apart = [], []
    for i in range(len(x)):
        for j in range(len(x)):
            if i != j and named[i] and named[j]:
                d = (z[i] - z[j]).norm()
                (together if y[i] == y[j] else apart).append(d**2 if y[i] == y[j] else F.relu(margin - (d**2 + 1e-6).sqrt()) ** 2)
    mean = lambda all_: torch.stack(all_).mean() if all_ else torch.tensor(0.0)
    r, near, far = net.reconstruction(x, z), mean(together), mean(apart)
    return [r + weight * (near + far), r, near, far, named.double().mean()], None, state(z)


def rosteals(net, x, y, noise, weight=0.5, level=0.2, bits=4):
    message = (noise.uniform(len(x), bits) < 0.5).double()
    host = Net({name[5:]: t.detach() for name, t in net.p.items() if name.startswith("host.")})
    z = host.heads(x)[0]
    moved = z + (F.relu(net.dense("hidden", message * 2 - 1)) @ net.p["offset.weight"]) * net.p["host.scale"].detach()
    draw = lambda z: torch.sigmoid(host.dense("decoder.out", F.relu(host.dense("decoder.hidden", z))))
    container = draw(moved)
    seen = container + level * noise.normal(*x.shape)
    reader = Net({name[7:]: t for name, t in net.p.items() if name.startswith("reader.")})
    logits = reader.dense("mean", F.relu(reader.dense("hidden", seen)))
    told = F.binary_cross_entropy_with_logits(logits, message, reduction="none").sum(1).mean()
    distance = (container - draw(z)).square().sum(1).mean()
    return [told + weight * distance, told, distance, ((logits > 0) == (message > 0)).double().mean()], None, {}


def rosteals_shapes(bits):
    out = {"host." + name: shape for name, shape in POINT.items()} | {"host.scale": (1,)}
    out |= {"hidden.weight": (bits, 128), "hidden.bias": (128,), "offset.weight": (128, LATENT)}
    for name, i, o in (("reader.hidden", PIXELS, HIDDEN), ("reader.mean", HIDDEN, bits)):
        out[name + ".weight"], out[name + ".bias"] = (i, o), (o,)
    return out


def bent_swae(net, x, y, noise, weight=100, slices=7, price=0.1):
    z = net.heads(x)[0]
    prior = noise.normal(len(x), LATENT)
    theta = F.normalize(noise.normal(LATENT + 16, slices), dim=0)
    lift = lambda t, p: torch.cat([t, torch.tanh(t @ p["lift.weight"] + p["lift.bias"])], 1)
    distance = lambda a, b: ((a @ theta).sort(0).values - (b @ theta).sort(0).values).square().mean() * (LATENT + 16) / LATENT
    fixed = {name: t.detach() for name, t in net.p.items()}
    r, d = net.reconstruction(x, z), distance(lift(z, fixed), lift(prior, fixed))
    own, other = lift(z.detach(), net.p), lift(prior, net.p)
    lengths = own.norm(dim=1).mean() + other.norm(dim=1).mean()
    player = price * lengths - distance(own, other)
    return [r + weight * d + player - player.detach(), r, d, lengths.detach() / 2], None, {}


def linear_jepa(net, x, y, noise, of_code=True, layers=3):
    left, right = x.reshape(len(x), 28, 2, 14).unbind(2)
    spread = net.p["spread"].detach()
    a, b = ((t.reshape(len(x), -1) - net.p["centre_p"].detach()) / spread for t in (left, right))
    w = net.p["encoder.0"]
    for i in range(1, layers):
        w = w @ net.p[f"encoder.{i}"]
    to = (b @ w).detach() if of_code else b
    loss = (a @ w @ net.p["predictor"] - to).square().sum(1).mean() / 2
    variance = a.square().mean(0)
    loud = variance > variance.mean()
    gain = w.detach().norm(dim=1)
    return [loss, gain[loud].mean(), gain[~loud].mean()], None, {}


def jepa_shapes(of_code=True, layers=3, half=PIXELS // 2):
    out = {f"encoder.{i}": (half if i == 0 else LATENT, LATENT) for i in range(layers)}
    return out | {"predictor": (LATENT, LATENT if of_code else half), "centre_p": (half,), "spread": (1,)}


def case(method, query, objective, sizes, likelihood="bernoulli", size=f"&hidden={HIDDEN}&latent={LATENT}"):
    # Mean squares are positive.
    begin = lambda name, t: t.abs() if name in POSITIVE else t
    p = {name: begin(name, uniform(salt, shape)).requires_grad_() for salt, (name, shape) in enumerate(sizes.items())}
    images = torch.tensor([[mix(i * PIXELS + k) & 255 for k in range(PIXELS)] for i in range(IMAGES)]) / 255
    order = epoch_order(SEED, 0)[:BATCH]
    terms, kl_d, after = objective(Net(p, likelihood), images[order], torch.tensor(order) % CLASSES, Noise())
    terms[0].backward()
    gradients = []
    for name, t in p.items():
        if t.grad is not None:
            flat = t.grad.flatten()
            wave = torch.cos(torch.arange(len(flat), dtype=torch.float64))
            sample = [float(f"{flat[mix(i) % len(flat)]:.9g}") for i in range(SAMPLES)]
            gradients.append({"name": name, "shape": list(t.shape), "norm": flat.norm().item(), "wave": (flat @ wave).item(), "sample": sample})
    common = f"v=1&data=mnist&method={method}{size}&batch={BATCH}&seed={SEED}"
    return {
        "query": common + query + ("" if likelihood == "bernoulli" else f"&likelihood={likelihood}"),
        "image": [1, 28, 28],
        "steps": [{"terms": [t.item() for t in terms], "kl_d": [] if kl_d is None else kl_d.tolist()}],
        "gradients": gradients,
        "state": [{"name": name, "values": t.flatten().tolist()} for name, t in after.items()],
    }


def fixed_none(net, x, y, noise):
    _, _, r, kl_d = net.elbo_parts(x, noise)
    return [r + 2 * kl_d.sum(), r, kl_d.sum()], kl_d, {}


def sign_shapes():
    return {"into.weight": (PIXELS, LATENT), "into.bias": (LATENT,), "out.weight": (LATENT, PIXELS), "out.bias": (PIXELS,)}


def with_(f, **kwargs):
    return lambda *args: f(*args, **kwargs)


POINT = shapes(point=True)
CRITIC = {f"critic.{n}.{w}": s for n, i, o in (("first", LATENT, 16), ("second", 16, 16), ("out", 16, 1)) for w, s in (("weight", (i, o)), ("bias", (o,))) if (n, w) != ("out", "bias")}
cases = [
    case("vae", "&beta=2&warmup=3&free-bits=0.3", vae, shapes()),
    case("beta-vae", "&gamma=7&capacity=5&ramp=1", capacity, shapes()),
    case("beta-vae", "&objective=fixed&beta=3", fixed, shapes()),
    case("beta-vae", "&objective=autogen&copies=4", autogen, shapes()),
    case("ae", "", ae, POINT | CLOUD),
    case("ae", "", ae, POINT | CLOUD, "continuous-bernoulli"),
    case("ae", "", ae, POINT | CLOUD, "gaussian"),
    case("ae", "", ae, shapes(point=True, sigma=True) | CLOUD, "gaussian-learnt"),
    case("gon", "", gon, gon_shapes()),
    case("residual-ae", "&blocks=3&width=8", residual, residual_shapes()),
    case("dae", "", with_(dae, kind="masking"), POINT | CLOUD),
    case("dae", "&noise=gaussian", with_(dae, kind="gaussian"), POINT | CLOUD),
    case("mae", "&patch=5&ratio=0.6", mae, POINT | {"token_c": (1,)} | CLOUD),
    case("lowrank", "&lambda=3", lowrank, POINT | {"map.weight": (LATENT, LATENT)} | CLOUD),
    case("topo-ae", "&lambda=0.7", topo_ae, POINT | {"log_scale": (1,)} | CLOUD),
    case("qlae", "&values=5&lambda_q=0.05&lambda_c=0.02", qlae, POINT | {"values_dk": (LATENT, 5)} | CLOUD),
    case("beta-tc", "&alpha=0.5&beta=4&gamma=1.5", beta_tc, shapes()),
    case("factor-vae", "&critic=16", factor_vae, shapes() | CRITIC),
    case("dip-vae", "&covariance=means&off-diagonal=20&diagonal=30", with_(dip_vae, kind="means"), shapes()),
    case("dip-vae", "&off-diagonal=20&diagonal=30", with_(dip_vae, kind="samples"), shapes()),
    case("info-vae", "&alpha=0.25&lambda=40", info_vae, shapes()),
    case("wae-mmd", "&lambda=50", wae, POINT),
    case("wae-mmd", "&lambda=50&prior=ring", with_(wae, prior="ring"), POINT),
    case("wae-mmd", "&lambda=50&prior=ten-blobs", with_(wae, prior="ten-blobs"), POINT),
    case("swae", "&slices=7&prior=square", swae, POINT),
    *(case("iwae", f"&bound={b}&k=3&beta=0.3", with_(iwae, bound=b), shapes()) for b in ("iwae", "miwae", "ciwae", "piwae")),
    case("ladder-vae", "&beta=2&warmup=3&upper=2", ladder_vae, ladder_shapes(2, HIDDEN // 4)),
    case("mgp-vae", "&beta=2&drop=0.3", mgp_vae, mgp_shapes(), size=f"&hidden={HIDDEN}&planes={PLANES}"),
    case("mgp-vae", "&beta=2&drop=0.3&dynamics=none", with_(mgp_vae, linear=False), mgp_shapes(linear=False), size=f"&hidden={HIDDEN}&planes={PLANES}"),
    case("mvae", "&beta=2", mvae, mvae_shapes()),
    case("mvae", "&beta=2&joint=mixture", with_(mvae, parts=((0,), (1,))), mvae_shapes()),
    case("mvae", "&beta=2&joint=mixture-of-products", with_(mvae, parts=((0,), (1,), (0, 1))), mvae_shapes()),
    case("simsiam", "&views=0&projection=16", with_(simsiam, stopped=True), simsiam_shapes(16)),
    case("simsiam", "&views=0&projection=16&gradient=both-ways", with_(simsiam, stopped=False), simsiam_shapes(16)),
    case("cvae", "&beta=2", cvae, shapes(side=CLASSES, code=LATENT + CLASSES)),
    case("msp", "&lambda=0.5", msp, POINT | {"map_td": (5, LATENT)} | cloud(LATENT + 5)),
    case("diffusion-vae", "&beta=0.5&space=sphere", diffusion_vae, shapes(point=True, mean=4, code=3), size=f"&hidden={HIDDEN}"),
    case("prototypes", "&prototypes=4&class=3&images_near=0.5&prototypes_near=0.25", prototypes, POINT | PROTOTYPES | CLOUD),
    case("attribute-vae", "&beta=0.5&untold=3", attribute_vae, shapes(side=5, code=LATENT + 5)),
    case("unscented", "&beta=2&pairs=2", unscented, shapes()),
    case("unscented", "&beta=2&pairs=3", with_(unscented, pairs=3), shapes()),
    case("unscented", "&beta=2&pairs=1&points=random&regulariser=kl", with_(unscented, pairs=1, chosen=False, kl=True), shapes()),
    case("ard-vae", "&beta=2", ard_vae, shapes() | {"square_d": (LATENT,), "told_d": (LATENT,)}),
    case("vade", "&beta=2&clouds=4", vade, shapes() | {"clouds.share_c": (4,), "clouds.mean_cd": (4, LATENT), "clouds.logvar_cd": (4, LATENT)}),
    case("ce-vae", "&beta=2&context=0.5&cut=0.3&square=7", ce_vae, shapes()),
    case("dfc-vae", f"&features=3&pixels=0.25&beta=2&host=vae&host.hidden={HIDDEN}&host.latent={LATENT}", dfc_vae, shapes() | {"host." + name: shape for name, shape in POINT.items()} | {"host.scale": (1,)}),
    case("dpa", "&noise=2", dpa, shapes(point=True, code=LATENT + 2) | CLOUD),
    case("deep-cae", "&lambda=0.5&directions=2", deep_cae, cae_shapes()),
    case("deep-cae", "&lambda=0.5&slope=layers", with_(deep_cae, whole=False), cae_shapes()),
    case("byol", "&views=0&projection=16", byol, byol_shapes(16)),
    case("byol", "&views=0&projection=16&predictor=none", with_(byol, predictor=False), byol_shapes(16, predictor=False)),
    case("simclr", "&views=0&projection=16&temperature=0.5", simclr, {k: v for k, v in simsiam_shapes(16).items() if not k.startswith("predictor")}),
    case("simclr", "&views=0&projection=16&temperature=0.5&strangers=2", with_(simclr, strangers=2), {k: v for k, v in simsiam_shapes(16).items() if not k.startswith("predictor")}),
    *(case("mae", f"&patch=5&ratio=0.6&pattern={p}", with_(color_mae, pattern=p), POINT | {"token_c": (1,)} | CLOUD) for p in ("red", "blue", "green", "purple")),
    case("sigma-vae", "&beta=0.5&scale=0.25", sigma_vae, POINT),
    case("vlae", "&beta=2&window=3x3&local=4", vlae, vlae_shapes(3, 4)),
    case("vlae", "&beta=2&window=5x5&local=4", with_(vlae, side=5), vlae_shapes(5, 4)),
    case("vlae", "&beta=2&window=none", fixed_none, shapes()),
    case("lipschitz-vae", "&beta=2&stretch=4", lipschitz_vae, lipschitz_shapes()),
    case("self-vae", "&beta=2&upper=2", self_vae, self_shapes(2, HIDDEN // 4)),
    case("lite-vae", "&beta=2&features=4", lite_vae, lite_shapes(4)),
    case("idvae", "&beta=0.5&told=3", idvae, idvae_shapes()),
    case("sign-ae", "", sign_ae, sign_shapes(), size=f"&latent={LATENT}"),
    case("nsae", "&copies=0.5&noisy=2&unseen=4", nsae, POINT | {"classifier.weight": (LATENT, CLASSES), "classifier.bias": (CLASSES,)} | CLOUD),
    case("cluster-net", "&lambda=3&margin=2&named=0.7", cluster_net, POINT | CLOUD),
    case("rosteals", f"&bits=4&lambda=0.5&noise=0.2&host=vae&host.hidden={HIDDEN}&host.latent={LATENT}", rosteals, rosteals_shapes(4), size=f"&hidden={HIDDEN}"),
    case("swae", "&slices=7&shadows=bent&lambda=100&prior=gaussian", bent_swae, POINT | {"lift.weight": (LATENT, 16), "lift.bias": (16,)}),
    case("linear-jepa", "", linear_jepa, jepa_shapes(), size=f"&latent={LATENT}"),
    case("linear-jepa", "&target=sample&layers=2", with_(linear_jepa, of_code=False, layers=2), jepa_shapes(False, 2), size=f"&latent={LATENT}"),
    case("latent-flow", f"&flow=16&host=vae&host.hidden={HIDDEN}&host.latent={LATENT}", latent_flow, flow_shapes(16), size=""),
    case("joint-vae", "&choices=4&temperature=0.5&gamma=9&capacity=6&choice-capacity=4&ramp=1", joint_vae, shapes(mean=LATENT + 4, code=LATENT + 4)),
]
path = pathlib.Path(__file__).with_name("line.json")
path.write_text(json.dumps(cases, separators=(",", ":")).replace('{"name"', '\n{"name"') + "\n")
