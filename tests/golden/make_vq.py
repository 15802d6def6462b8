"""Writes vq.json: one training step of small tokenising autoencoders, computed in 64 bits by PyTorch.

Run it with any PyTorch: `python3 tests/golden/make_vq.py`. Quantisers, their gradients and their updates follow the papers'
formulas (rotations are built as matrices); weights and images come from the hash that tests/golden_vq.rs makes as well.
"""

import json
import math
import pathlib

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
MASK = 0xFFFFFFFF
IMAGES, BATCH, SAMPLES, SEED, PIXELS = 6, 4, 16, 5, 784


def mix(x):
    x ^= x >> 16
    x = x * 0x7FEB352D & MASK
    x ^= x >> 15
    x = x * 0x846CA68B & MASK
    return x ^ x >> 16


def uniform(salt, shape):
    n = math.prod(shape)
    r = n**-0.25
    values = [r * (mix(salt * 0x9E3779B9 + i & MASK) / 2**31 - 1) for i in range(n)]
    return torch.tensor(values, dtype=torch.float32).double().reshape(shape)


def bits(element, stream, step, seed):
    v = [(x * 1664525 + 1013904223) & MASK for x in (element, stream, step, seed)]

    def scramble(v):
        for to, a, b in ((0, 1, 3), (1, 2, 0), (2, 0, 1), (3, 1, 2)):
            v[to] = (v[to] + v[a] * v[b]) & MASK

    scramble(v)
    v = [x ^ x >> 16 for x in v]
    scramble(v)
    return v[0], v[1]


def noise(stream, n):
    """The numbers in [0, 1) of a request in step 0, and those that go with them."""
    return torch.tensor([[(w >> 8) / 2**24 for w in bits(i, stream, 0, SEED)] for i in range(n)]).double().T


def first_batch():
    order = list(range(IMAGES))
    for i in range(IMAGES - 1, 0, -1):
        high, low = bits(i, MASK, 0, SEED)
        j = (high << 32 | low) * (i + 1) >> 64
        order[i], order[j] = order[j], order[i]
    images = torch.tensor([[mix(i * PIXELS + k) & 255 for k in range(PIXELS)] for i in range(IMAGES)]) / 255
    return images[order[:BATCH]]


def nearest(z, e):
    return torch.cdist(z, e).argmin(1)


def straight_through(z, q):
    return z + (q - z).detach()


def rotate(z, q):
    """(‖q‖/‖z‖) R z with R a matrix for each row, constant."""
    with torch.no_grad():
        zh, qh = F.normalize(z, dim=1), F.normalize(q, dim=1)
        r = F.normalize(zh + qh, dim=1)
        outer = lambda a, b: a[:, :, None] * b[:, None, :]
        R = torch.eye(z.shape[1]) - 2 * outer(r, r) + 2 * outer(qh, zh)
        assert torch.allclose(R @ R.transpose(1, 2), torch.eye(z.shape[1]), atol=1e-9)
        R *= (q.norm(dim=1) / z.norm(dim=1))[:, None, None]
    out = (R @ z[:, :, None])[:, :, 0]
    assert torch.allclose(out, q)
    return out


def squared(a, b):
    """Mean over the places, summed over a place's numbers."""
    return ((a - b) ** 2).sum(1).mean()


class Average:
    """Codes are moving averages of what chose them."""

    def averages(self, p, z, token, decay=0.99, epsilon=1e-5):
        e, N, m = (p[f"quantiser.{k}"].detach() for k in ("codebook.vectors_kd", "usage.usage_k", "codebook.sum_kd"))
        K, n = len(e), len(z)
        hits = F.one_hot(token, K).double()
        N = decay * N + (1 - decay) * hits.sum(0) * K / n
        m = decay * m + (1 - decay) * hits.T @ z.detach() * K / n
        smooth = (N + epsilon) / (N.sum() + K * epsilon) * N.sum()
        return {"quantiser.codebook.sum_kd": m, "quantiser.codebook.vectors_kd": m / smooth[:, None], "quantiser.usage.usage_k": N}


class VqVae(Average):
    def __init__(self, update="average", estimator="straight-through", codes=11, dim=3):
        self.query = f"method=vq-vae&codes={codes}&dim={dim}&update={update}&estimator={estimator}&revive=0"
        self.average, self.estimator = update == "average", estimator
        self.dim, self.levels, self.codes = dim, 1, codes
        self.shapes = {"codebook.vectors_kd": (codes, dim)}
        if self.average:
            self.shapes["codebook.sum_kd"] = (codes, dim)

    def __call__(self, p, z):
        e = p["quantiser.codebook.vectors_kd"]
        token = nearest(z, e)
        q = e[token]
        commitment = squared(z, q.detach())
        penalty = 0.25 * commitment + (0 if self.average else squared(z.detach(), q))
        out = rotate(z, q.detach()) if self.estimator == "rotation" else straight_through(z, q)
        shown = [commitment] if self.average else [commitment, squared(z.detach(), q)]
        return out, token[:, None], penalty, shown, self.averages(p, z, token) if self.average else {}


class Cvq:
    def __init__(self, codes=11, dim=3):
        self.query = f"method=cvq&codes={codes}&dim={dim}&decay=0.99"
        self.dim, self.levels, self.codes = dim, 1, codes
        self.shapes = {"codebook.vectors_kd": (codes, dim)}

    def __call__(self, p, z):
        e = p["quantiser.codebook.vectors_kd"]
        token = nearest(z, e)
        q = e[token]
        commitment = squared(z, q.detach())
        penalty = 0.25 * commitment + squared(z.detach(), q)
        K, n, decay = self.codes, len(z), 0.99
        with torch.no_grad():
            usage = decay * p["quantiser.usage.usage_k"] + (1 - decay) * F.one_hot(token, K).double().sum(0) * K / n
            alpha = torch.exp(-usage * 10 / (1 - decay) - 1e-3)
            gumbel = -torch.log(-torch.log(noise(0, n * K)[0].reshape(n, K)))
            anchor = z[(gumbel - torch.cdist(z, e) ** 2).argmax(0)]
            # Not the paper's: several codes may have drawn the same anchor, and are set apart.
            a, b = noise(1, K * self.dim)
            normal = torch.sqrt(-2 * torch.log(a + 2**-24)) * torch.cos(math.tau * b)
            anchor = anchor + 0.05 * z.std(0, correction=0) * normal.reshape(K, self.dim)
            self.added = {"quantiser.codebook.vectors_kd": alpha[:, None] * (anchor - e)}
        shown = [commitment, squared(z.detach(), q)]
        return straight_through(z, q), token[:, None], penalty, shown, {"quantiser.usage.usage_k": usage}


class Fsq:
    def __init__(self, levels):
        self.query = f"method=fsq&levels={'-'.join(map(str, levels))}"
        self.L = torch.tensor(levels).double()
        self.dim, self.levels, self.codes = len(levels), 1, math.prod(levels)
        self.shapes = {}

    def __call__(self, p, z):
        half = (self.L - 1) * (1 - 1e-3) / 2
        offset = torch.where(self.L % 2 == 0, 0.5, 0.0)
        bounded = torch.tanh(z + torch.atanh(offset / half)) * half - offset
        width = self.L // 2
        q = straight_through(bounded, bounded.round())
        digits = q.detach().round() + width
        assert (digits >= 0).all() and (digits < self.L).all()
        basis = torch.cumprod(torch.cat([torch.ones(1), self.L[:-1]]), 0)
        token = (digits * basis).sum(1).long()
        usage = 0.99 * p["quantiser.usage.usage_k"].detach() + 0.01 * F.one_hot(token, self.codes).double().mean(0) * self.codes
        return q / width, token[:, None], torch.zeros(()), [], {"quantiser.usage.usage_k": usage}


class Bsq:
    def __init__(self, surface, bits=5):
        self.query = f"method=bsq&bits={bits}&surface={surface}&diversity=0.5"
        self.sphere = surface == "sphere"
        self.dim, self.levels, self.codes = bits, 1, 2**bits
        self.shapes = {}

    def __call__(self, p, z):
        u = F.normalize(z, dim=1) if self.sphere else z
        r = self.dim**-0.5 if self.sphere else 1
        q = r * torch.where(z > 0, 1.0, -1.0)
        # p(c|u) over all corners c, as a softmax of τ c·u: the entropies of its independent bits are those of the paper.
        corners = torch.tensor([[1.0 if k >> i & 1 else -1.0 for i in range(self.dim)] for k in range(self.codes)]) * r
        pc = F.softmax(10.0 * u @ corners.T, dim=1)
        unsure = torch.special.entr(pc).sum(1).mean()
        on = (pc @ (corners > 0).double()).mean(0)
        diverse = (torch.special.entr(on) + torch.special.entr(1 - on)).sum()
        commitment = squared(u, q)
        token = ((z > 0).long() * 2 ** torch.arange(self.dim)).sum(1)
        assert torch.equal(corners[token], q)
        penalty = 0.05 * commitment + 0.1 * (unsure - 0.5 * diverse)
        usage = 0.99 * p["quantiser.usage.usage_k"].detach() + 0.01 * F.one_hot(token, self.codes).double().mean(0) * self.codes
        return straight_through(u, q), token[:, None], penalty, [commitment, unsure, diverse], {"quantiser.usage.usage_k": usage}


class Rvq(Average):
    def __init__(self, codes=7, dim=3, levels=3):
        self.query = f"method=rvq&codes={codes}&dim={dim}&levels={levels}&revive=0"
        self.dim, self.levels, self.codes = dim, levels, codes
        self.shapes = {"codebook.vectors_kd": (codes, dim), "codebook.sum_kd": (codes, dim)}

    def __call__(self, p, z):
        e = p["quantiser.codebook.vectors_kd"].detach()
        left, sofar, tokens, lefts, commitment = z.detach(), 0, [], [], 0
        for _ in range(self.levels):
            lefts.append(left)
            tokens.append(nearest(left, e))
            sofar = sofar + e[tokens[-1]]
            left = z.detach() - sofar
            commitment = commitment + squared(z, sofar)
        after = self.averages(p, torch.stack(lefts, 1).flatten(0, 1), torch.stack(tokens, 1).flatten())
        return straight_through(z, sofar), torch.stack(tokens, 1), 0.25 * commitment, [commitment, squared(z, sofar)], after


class SoftVq:
    def __init__(self, codes=11, dim=3):
        self.query = f"method=soft-vq&codes={codes}&dim={dim}&temperature=0.3&entropy=0.2"
        self.dim, self.levels, self.codes = dim, 1, codes
        self.shapes = {"codebook.vectors_kd": (codes, dim)}

    def __call__(self, p, z):
        e = p["quantiser.codebook.vectors_kd"]
        z, e = z / torch.sqrt(z.square().sum(1, keepdim=True) + 0.01), F.normalize(e, dim=1)
        part = F.softmax(-torch.cdist(z, e) ** 2 / 0.3, dim=1)
        unsure, diverse = torch.special.entr(part).sum(1).mean(), torch.special.entr(part.mean(0)).sum()
        token = nearest(z, e)
        usage = 0.99 * p["quantiser.usage.usage_k"].detach() + 0.01 * F.one_hot(token, self.codes).double().mean(0) * self.codes
        return part @ e, token[:, None], 0.2 * (unsure - diverse), [unsure, diverse], {"quantiser.usage.usage_k": usage}


class Hybrid(Average):
    """In some steps the decoder is given the vectors themselves."""

    def __init__(self, exact, codes=11, dim=3):
        self.query = f"method=hybrid-vq&codes={codes}&dim={dim}&exact={exact}&revive=0"
        self.exact = exact
        self.dim, self.levels, self.codes = dim, 1, codes
        self.shapes = {"codebook.vectors_kd": (codes, dim), "codebook.sum_kd": (codes, dim)}

    def __call__(self, p, z):
        e = p["quantiser.codebook.vectors_kd"]
        token = nearest(z, e)
        q = e[token]
        commitment = squared(z, q.detach())
        out = z if noise(0, 1)[0, 0] < self.exact else straight_through(z, q)
        return out, token[:, None], 0.25 * commitment, [commitment], self.averages(p, z, token)


class VqWae:
    """The plan by ordinary products of its scalings, not of logarithms."""

    def __init__(self, codes=11, dim=3, blur=0.3):
        self.query = f"method=vq-wae&codes={codes}&dim={dim}&lambda=0.5&blur={blur}"
        self.dim, self.levels, self.codes, self.blur = dim, 1, codes, blur
        self.shapes = {"codebook.vectors_kd": (codes, dim)}

    def __call__(self, p, z):
        e = p["quantiser.codebook.vectors_kd"]
        cost = torch.cdist(z, e) ** 2
        with torch.no_grad():
            kernel = torch.exp(-cost / (self.blur * cost.mean()))
            v = torch.ones(self.codes)
            for _ in range(20):
                u = 1 / len(z) / (kernel @ v)
                v = 1 / self.codes / (kernel.T @ u)
            plan = u[:, None] * kernel * v
        transport, token = (plan * cost).sum(), nearest(z, e)
        usage = 0.99 * p["quantiser.usage.usage_k"].detach() + 0.01 * F.one_hot(token, self.codes).double().mean(0) * self.codes
        return straight_through(z, e[token]), token[:, None], 0.5 * transport, [transport], {"quantiser.usage.usage_k": usage}


def dense(p, name, h):
    return F.linear(h, p[name + ".weight"].T, p[name + ".bias"])


def conv(p, name, h, **kw):
    return F.conv2d(h, p[name + ".weight"], p[name + ".bias"], **kw)


def prior_shapes(q, places, width):
    out = {"embedding": (q.levels * q.codes, width), "position": (places, width)}
    for i in range(3):
        for name, (o, c, kh, kw) in {
            "vertical": (2 * width, width, 2, 5), "horizontal": (2 * width, width, 1, 3),
            "link": (2 * width, 2 * width, 1, 1), "out": (width, width, 1, 1),
        }.items():
            out[f"layers.{i}.{name}.weight"], out[f"layers.{i}.{name}.bias"] = (o, c, kh, kw), (o,)
    if q.levels > 1:
        out["level"] = (q.levels, width)
    out["out.weight"], out["out.bias"] = (width, q.codes), (q.codes,)
    return {"prior." + k: v for k, v in out.items()}


def prior_nll(p, q, token, grid):
    """−ln p of tokens [batch, height, width, levels], mean over the batch."""
    gate = lambda a: torch.tanh(a.chunk(2, 1)[0]) * torch.sigmoid(a.chunk(2, 1)[1])
    e = p["prior.embedding"][token + torch.arange(q.levels) * q.codes]
    here = e.sum(3).permute(0, 3, 1, 2)
    v = F.pad(here, (0, 0, 1, 0))[:, :, :-1]
    h = F.pad(here, (1, 0))[:, :, :, :-1] + p["prior.position"].T.reshape(-1, *grid)
    for i in range(3):
        name = f"prior.layers.{i}."
        a = conv(p, name + "vertical", F.pad(v, (2, 2, 1, 0)))
        b = conv(p, name + "horizontal", F.pad(h, (2, 0))) + conv(p, name + "link", a)
        v, h = gate(a), h + conv(p, name + "out", gate(b))
    h = h.permute(0, 2, 3, 1)[:, :, :, None].expand_as(e)
    if q.levels > 1:
        h = h + torch.cat([torch.zeros_like(e[:, :, :, :1]), e.cumsum(3)[:, :, :, :-1]], 3) + p["prior.level"]
    logits = dense(p, "prior.out", F.relu(h))
    return F.cross_entropy(logits.flatten(0, 3), token.flatten(), reduction="sum") / len(token)


def sample(t):
    flat = t.detach().flatten()
    return [float(f"{flat[mix(i) % len(flat)]:.9g}") for i in range(SAMPLES)]


def case(q, net="mlp", prior=False, hidden=16, width=8, prior_width=8):
    grid = (2, 4) if net == "mlp" else (7, 7)
    shapes, places = {}, math.prod(grid)

    def dense_shapes(name, a, b):
        shapes[name + ".weight"], shapes[name + ".bias"] = (a, b), (b,)

    def conv_shapes(name, o, c, k, transposed=False):
        shapes[name + ".weight"], shapes[name + ".bias"] = (o, c, k, k), (c if transposed else o,)

    if net == "mlp":
        dense_shapes("encoder.net.hidden", PIXELS, hidden)
        dense_shapes("encoder.net.out", hidden, places * q.dim)
    else:
        for i, (o, c, k) in enumerate([(width, 1, 4), (width, width, 4)]):
            conv_shapes(f"encoder.net.convs.{i}", o, c, k)
        conv_shapes("encoder.net.out", q.dim, width, 1)
    state = {"usage.usage_k": (q.codes,), "usage.age_k": (q.codes,)}
    shapes.update({"quantiser." + k: v for k, v in (q.shapes | state).items()})
    if net == "mlp":
        dense_shapes("decoder.net.hidden", places * q.dim, hidden)
        dense_shapes("decoder.net.out", hidden, PIXELS)
    else:
        conv_shapes("decoder.net.mix", width, q.dim, 3)
        for i, c in enumerate([width, 1]):
            conv_shapes(f"decoder.net.convs.{i}", width, c, 4, transposed=True)
    if prior:
        shapes.update(prior_shapes(q, places, prior_width))

    def begin(salt, name, shape):
        t = uniform(salt, shape)
        if name.endswith("usage_k"):
            return ((t.float() + 1) * 0.002).double()
        # Below zero: never chosen so far.
        return torch.where(t > 0, 3.0, -1.0) if name.endswith("age_k") else t

    p = {name: begin(i, name, shape).requires_grad_() for i, (name, shape) in enumerate(shapes.items())}
    x = first_batch()
    if net == "mlp":
        z = dense(p, "encoder.net.out", F.relu(dense(p, "encoder.net.hidden", x))).reshape(-1, q.dim)
    else:
        h = x.reshape(-1, 1, 28, 28)
        for i in range(2):
            h = F.relu(conv(p, f"encoder.net.convs.{i}", h, stride=2, padding=1))
        z = conv(p, "encoder.net.out", h).permute(0, 2, 3, 1).reshape(-1, q.dim)
    quantised, token, penalty, shown, after = q(p, z)
    if net == "mlp":
        logits = dense(p, "decoder.net.out", F.relu(dense(p, "decoder.net.hidden", quantised.reshape(BATCH, -1))))
    else:
        h = conv(p, "decoder.net.mix", quantised.reshape(BATCH, 7, 7, q.dim).permute(0, 3, 1, 2), padding=1)
        for i in range(2):
            name = f"decoder.net.convs.{i}"
            h = F.conv_transpose2d(F.relu(h), p[name + ".weight"], p[name + ".bias"], stride=2, padding=1)
        logits = h.flatten(1)
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / BATCH
    loss = reconstruction + places * penalty
    terms = [reconstruction] + [places * s for s in shown]
    if prior:
        nll = prior_nll(p, q, token.reshape(BATCH, *grid, q.levels), grid)
        loss, terms = loss + nll, terms + [nll]
    counts = torch.bincount(token.flatten(), minlength=q.codes)
    share = counts / counts.sum()
    age = p["quantiser.usage.age_k"].detach()
    terms = [loss] + terms + [torch.special.entr(share).sum().exp(), (age >= 0).double().sum()]
    loss.backward()
    gradients = []
    for name, t in p.items():
        if t.grad is None:
            continue
        flat = t.grad.flatten()
        wave = torch.cos(torch.arange(len(flat), dtype=torch.float64))
        gradients.append({"name": name, "norm": flat.norm().item(), "wave": (flat @ wave).item(), "sample": sample(flat)})
    after["quantiser.usage.age_k"] = torch.where(counts > 0, 0.0, torch.where(age < 0, -1.0, age + 1))
    added = getattr(q, "added", {})
    return {
        "query": f"v=1&data=mnist&{q.query}&net={net}&width={width}&hidden={hidden}&batch={BATCH}&seed={SEED}&lr=0.00001"
        + (f"&prior=pixelcnn&prior_width={prior_width}" if prior else "&prior=none"),
        "names": list(shapes),
        "terms": [t.item() for t in terms],
        "gradients": gradients,
        "state": [{"name": name, "sample": sample(t)} for name, t in after.items()],
        "added": [{"name": name, "sample": sample(t)} for name, t in added.items()],
    }


cases = [
    case(VqVae()), case(VqVae("gradient")), case(VqVae("gradient", "rotation")), case(VqVae(), "conv", prior=True),
    case(Cvq()), case(Fsq([8, 6, 5])), case(Fsq([8, 5, 5, 5])), case(Bsq("sphere")), case(Bsq("cube")),
    case(Rvq()), case(Rvq(), prior=True), case(SoftVq()), case(VqWae()), case(Hybrid(0.05)), case(Hybrid(0.95)),
]
path = pathlib.Path(__file__).with_name("vq.json")
path.write_text(json.dumps(cases, separators=(",", ":")).replace('{"name"', '\n{"name"') + "\n")
