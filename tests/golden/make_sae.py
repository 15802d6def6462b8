"""Writes sae.json: terms, gradients and new state of single steps of small sparse autoencoders, in 64 bits by PyTorch.

`python3 tests/golden/make_sae.py`. Every step starts from the same hashed weights; see make_golden.py for what is shared.
Choices are made with torch.topk and written back by index; the straight-through gradients of JumpReLU are an
autograd.Function with the paper's formulas; encoders tied to their decoder are written with F.linear; top-AFA tries every k.
"""

import json
import math
import pathlib

import torch
import torch.nn.functional as F

from make_golden import IMAGES, bits, epoch_order, mix, normal, sample, uniform

# Two batches are one epoch: an image that is in a batch twice would tie with itself.
PIXELS, FEATURES, BATCH, STEPS = 784, 64, 3, 2
DEAD_AFTER, AUX = 2.0, 0.5
# Of the network that is taken apart end to end.
HIDDEN, LATENT = 16, 4


def top(v, k, dim=-1):
    """v where it is among the k largest along dim, else zero."""
    value, index = v.topk(max(1, round(k)), dim)
    return torch.zeros_like(v).scatter(dim, index, value)


class JumpReLU(torch.autograd.Function):
    """Rajamanoharan et al. 2024, equations 9 and 11."""

    @staticmethod
    def forward(ctx, z, theta, eps):
        ctx.save_for_backward(z, theta)
        ctx.eps = eps
        return z * (z > theta)

    @staticmethod
    def backward(ctx, dy):
        z, theta = ctx.saved_tensors
        rectangle = (((z - theta) / ctx.eps).abs() < 0.5).double()
        return dy * (z > theta), (dy * -(theta / ctx.eps) * rectangle).sum(0), None


class Step(torch.autograd.Function):
    """Ditto, equations 10 and 12."""

    @staticmethod
    def forward(ctx, z, theta, eps):
        ctx.save_for_backward(z, theta)
        ctx.eps = eps
        return (z > theta).double()

    @staticmethod
    def backward(ctx, dy):
        z, theta = ctx.saved_tensors
        rectangle = (((z - theta) / ctx.eps).abs() < 0.5).double()
        return torch.zeros_like(z), (dy * -(1 / ctx.eps) * rectangle).sum(0), None


def squared(a, b):
    return ((a - b) ** 2).sum(1).mean()


def inputs_of(x, source):
    """Images, or their 7×7 patches row by row."""
    if source == "pixels":
        return x
    return F.unfold(x.reshape(-1, 1, 28, 28), 7, stride=7).transpose(1, 2).reshape(-1, 49)


def lengths_nearest(act, wanted):
    """Row by row the largest numbers, the fewest that have together the length nearest to the one wanted, but for a thousandth of it."""
    rows = []
    for row, length in zip(act, wanted):
        value, index = row.sort(descending=True)
        gaps = [abs(value[:k].norm().item() - length.item()) for k in range(1, len(row) + 1)]
        k = 1 + next(i for i, gap in enumerate(gaps) if gap <= min(gaps) + 1e-3 * length.item())
        rows.append(torch.zeros_like(row).scatter(0, index[:k], value[:k]))
    return torch.stack(rows)


def host_sizes():
    """Parameters of the plain autoencoder that is taken apart."""
    dense = {"encoder.hidden": (PIXELS, HIDDEN), "encoder.mean": (HIDDEN, LATENT), "decoder.hidden": (LATENT, HIDDEN), "decoder.out": (HIDDEN, PIXELS)}
    out = {}
    for name, (a, b) in dense.items():
        out[f"sae.source.host.{name}.weight"], out[f"sae.source.host.{name}.bias"] = (a, b), (b,)
    return out | {"sae.source.host.scale": (1,)}


def gradients_of(p, frozen):
    gradients = []
    for name, t in p.items():
        if name in frozen:
            continue
        flat = t.grad.flatten()
        wave = torch.cos(torch.arange(len(flat), dtype=torch.float64))
        gradients.append({"name": name, "norm": flat.norm().item(), "wave": (flat @ wave).item(), "sample": sample(flat)})
    return gradients


def layers_case(k, groups, blocks=3, width=8):
    """Of a residual stream one layer of each image for each group: the one of which chance times share in the group is the largest."""
    each, features, host = FEATURES, FEATURES * groups, "sae.source.host."
    ends = [("embed", PIXELS, width)]
    ends += [(f"blocks.{i}.{name}", *size) for i in range(blocks) for name, size in (("up", (width, 2 * width)), ("down", (2 * width, width)))]
    ends += [("mean", width, LATENT), ("decoder.hidden", LATENT, HIDDEN), ("decoder.out", HIDDEN, PIXELS)]
    sizes = {}
    for name, i, o in ends:
        sizes[f"{host}{name}.weight"], sizes[f"{host}{name}.bias"] = (i, o), (o,)
    sizes |= {host + "cloud.mean_d": (LATENT,), host + "cloud.covariance_dd": (LATENT, LATENT), host + "scale": (blocks * width,), host + "centre": (blocks * width,)}
    sizes |= {
        "sae.dictionary.w_enc": (width, features), "sae.dictionary.b_enc": (features,), "sae.dictionary.w_dec": (features, width), "sae.dictionary.b_dec": (width,),
        "sae.since_f": (features,), "sae.density_f": (features,), "sae.mean_a": (width,), "k": (1,), "group_lg": (blocks, groups),
    }
    start = {name: uniform(salt, shape) for salt, (name, shape) in enumerate(sizes.items())}
    start["sae.since_f"] *= 1e4
    frozen = {name for name in sizes if not name.startswith("sae.dictionary")}
    images = torch.tensor([[mix(i * PIXELS + j) & 255 for j in range(PIXELS)] for i in range(IMAGES)]) / 255
    order = [i for epoch in range(1 + STEPS * BATCH // IMAGES) for i in epoch_order(5, epoch)]
    steps = []
    for step in range(STEPS):
        p = {name: t.clone().requires_grad_(name not in frozen) for name, t in start.items()}

        def layer(name, h):
            return F.linear(h, p[f"{host}{name}.weight"].T, p[f"{host}{name}.bias"])

        rms = lambda h: h / (h.square().mean(1, keepdim=True) + 1e-6).sqrt()
        h, stream = layer("embed", images[order[step * BATCH : (step + 1) * BATCH]]), []
        for i in range(blocks):
            h = h + layer(f"blocks.{i}.down", F.relu(layer(f"blocks.{i}.up", rms(h))))
            stream.append(h)
        x = ((torch.cat(stream, 1) - p[host + "centre"]) / p[host + "scale"]).reshape(-1, blocks, width)
        n = len(x)
        chance = 1 + torch.tensor([(bits(i, 0, step, 5)[0] >> 8) / 2**24 for i in range(n * blocks)]).reshape(n, blocks)
        atoms = F.normalize(p["sae.dictionary.w_dec"], dim=1)
        dead = start["sae.since_f"] > DEAD_AFTER
        inputs, copies, errors, revived, fired = [], [], [], [], []
        for g in range(groups):
            mine = slice(g * each, (g + 1) * each)
            own = x[torch.arange(n), (chance * p["group_lg"][:, g]).argmax(1)]
            z = (own - p["sae.dictionary.b_dec"]) @ p["sae.dictionary.w_enc"][:, mine] + p["sae.dictionary.b_enc"][mine]
            f = top(z, k).relu()
            y = f @ atoms[mine] + p["sae.dictionary.b_dec"]
            pre = torch.where(dead[mine], z, torch.tensor(-math.inf))
            value, index = pre.topk(min(width // 2, int(dead[mine].sum())), 1)
            revived.append(squared((own - y).detach(), torch.zeros_like(z).scatter(1, index, value.relu()) @ atoms[mine]))
            inputs.append(own), copies.append(y), errors.append(squared(own, y)), fired.append((f != 0).double())
        error, aux = sum(errors) / groups, sum(revived) / groups
        loss, own, y, share = error + AUX * aux, torch.cat(inputs), torch.cat(copies), torch.cat([f.mean(0) for f in fired])
        terms = [loss, error, aux, ((own - y) ** 2).sum() / ((own - start["sae.mean_a"]) ** 2).sum(), share.sum() / groups, dead.double().mean()]
        state = {
            "k": [k], "sae.since_f": torch.where(share > 0, 0.0, start["sae.since_f"] + n).tolist(),
            "sae.density_f": (0.99 * start["sae.density_f"] + 0.01 * share).tolist(),
        }
        loss.backward()
        steps.append({"terms": [t.item() for t in terms], "gradients": gradients_of(p, frozen), "state": state})
    network = f"host=residual-ae&host.blocks={blocks}&host.width={width}&host.hidden={HIDDEN}&host.latent={LATENT}"
    query = f"&groups={groups}&k={k}&aux={AUX}&dead_after={DEAD_AFTER}&features={each}&{network}&batch={BATCH}&seed=5"
    return {"query": f"v=1&data=mnist&method=layer-sae{query}", "steps": steps}


def case(method, source="pixels", **set_):
    inputs = {"pixels": PIXELS, "patches": 49}.get(source, HIDDEN)
    tied = method == "k-sparse" or set_.get("encoder") == "tied"
    hosted = method in ("e2e-sae", "transcoder", "gradient-sae")
    sizes = host_sizes() if hosted else {}
    frozen = set(sizes) | {"read_scale", "beta"}
    sizes |= {} if tied or method == "transcoder" else {"sae.dictionary.w_enc": (inputs, FEATURES)}
    sizes |= {
        "sae.dictionary.b_enc": (FEATURES,), "sae.dictionary.w_dec": (FEATURES, inputs), "sae.dictionary.b_dec": (inputs,),
        "sae.since_f": (FEATURES,), "sae.density_f": (FEATURES,), "sae.mean_a": (inputs,),
    }
    sizes |= {
        "topk-sae": {"k": (1,)}, "relu-sae": {}, "k-sparse": {"k": (1,)}, "batch-topk": {"threshold_f": (FEATURES,)},
        "jump-relu": {"log_threshold": (FEATURES,)}, "gated-sae": {"r_mag": (FEATURES,), "b_mag": (FEATURES,)},
        "matryoshka": {"k": (1,)}, "p-annealing": {"scale": (1,)}, "variational-sae": {"k": (1,)}, "top-afa": {}, "e2e-sae": {},
        "transcoder": {"w_in": (HIDDEN, FEATURES), "b_in": (HIDDEN,), "read_scale": (1,), "k": (1,)},
        "gradient-sae": {"k": (1,), "beta": (1,)},
        "scope-sae": {"k": (1,), "threshold": (1,)}, "specialised-sae": {"k": (1,)},
        "archetypal-sae": {"k": (1,), "mixture_fc": (FEATURES, FEATURES), "candidate_ca": (FEATURES, inputs)}
        | ({"relaxed_fa": (FEATURES, inputs)} if set_.get("delta") else {}),
        "aligned-sae": {
            "k": (1,), "twin.w_enc": (inputs, FEATURES), "twin.b_enc": (FEATURES,), "twin.w_dec": (FEATURES, inputs),
            "twin.b_dec": (inputs,), "twin_since_f": (FEATURES,),
        },
    }[method]
    start = {name: uniform(salt, shape) for salt, (name, shape) in enumerate(sizes.items())}
    if method == "top-afa":
        # Else no code is as long as its input, and all features that can fire do.
        start["sae.dictionary.w_enc"] = (5 * start["sae.dictionary.w_enc"]).float().double()
    for name in {"sae.since_f", "twin_since_f"} & set(start):
        start[name] *= 1e4
    frozen |= {"sae.since_f", "sae.density_f", "sae.mean_a", "k", "threshold_f", "threshold", "scale", "candidate_ca", "twin_since_f"}
    if method == "archetypal-sae":
        frozen.add("sae.dictionary.w_dec")
    images = torch.tensor([[mix(i * PIXELS + j) & 255 for j in range(PIXELS)] for i in range(IMAGES)]) / 255
    order = [i for epoch in range(1 + STEPS * BATCH // IMAGES) for i in epoch_order(5, epoch)]
    steps = []
    for step in range(STEPS):
        p = {name: t.clone().requires_grad_(name not in frozen) for name, t in start.items()}
        batch = images[order[step * BATCH : (step + 1) * BATCH]]

        def layer(name, h):
            return F.linear(h, p[f"sae.source.host.{name}.weight"].T, p[f"sae.source.host.{name}.bias"])

        x = F.relu(layer("encoder.hidden", batch)) / p["sae.source.host.scale"] if hosted else inputs_of(batch, source)
        read = x
        if method == "transcoder":
            hidden = F.relu(layer("encoder.hidden", batch))
            read = hidden / p["read_scale"]
            x = F.relu(layer("decoder.hidden", layer("encoder.mean", hidden))) / p["sae.source.host.scale"]
        if method == "gradient-sae":
            hidden = F.relu(layer("encoder.hidden", batch))
            x = F.relu(layer("decoder.hidden", layer("encoder.mean", hidden))) / p["sae.source.host.scale"]
        n = len(x)
        raw, b_dec = p["sae.dictionary.w_dec"], p["sae.dictionary.b_dec"]
        atoms = raw if method == "k-sparse" else F.normalize(raw, dim=1)
        if method == "archetypal-sae":
            logits = (10 * p["mixture_fc"]).masked_fill(torch.eye(FEATURES, dtype=torch.bool), 8.0)
            mixed = F.softmax(logits, 1) @ p["candidate_ca"]
            if set_["delta"]:
                length = p["relaxed_fa"].norm(dim=1, keepdim=True)
                mixed = mixed + torch.where(length > set_["delta"], set_["delta"] / length, 1.0) * p["relaxed_fa"]
            atoms = F.normalize(mixed, dim=1)
        if method == "transcoder":
            projected = F.linear(read - p["b_in"], p["w_in"].T)
        else:
            projected = F.linear(x - b_dec, atoms if tied else p["sae.dictionary.w_enc"].T)
        z = projected + p["sae.dictionary.b_enc"]
        dead = start["sae.since_f"] > DEAD_AFTER
        state, k, shown = {}, set_.get("k"), []

        def decode(f):
            return f @ atoms + b_dec

        def revival(y, z=z, dead=dead, atoms=atoms):
            pre = torch.where(dead, z, torch.tensor(-math.inf))
            value, index = pre.topk(min(inputs // 2, int(dead.sum())), 1)
            f = torch.zeros_like(z).scatter(1, index, value.relu())
            return squared((x - y).detach(), f @ atoms)

        if method in ("topk-sae", "transcoder"):
            f = top(z, k).relu()
            y = decode(f)
            aux = revival(y)
            loss, shown, state["k"] = squared(x, y) + AUX * aux, [squared(x, y), aux], [k]
        elif method == "gradient-sae":
            at = x.detach().requires_grad_()
            logits = layer("decoder.out", at * p["sae.source.host.scale"])
            (slope,) = torch.autograd.grad(F.binary_cross_entropy_with_logits(logits, batch, reduction="sum"), at)
            effect = (slope / slope.square().mean(1, keepdim=True).sqrt() @ atoms.T).abs()
            _, index = (z.relu() * (1 + set_["beta"] * effect)).topk(k, 1)
            f = z.relu() * torch.zeros_like(z).scatter(1, index, 1)
            y = decode(f)
            aux = revival(y)
            loss, shown, state["k"], state["beta"] = squared(x, y) + AUX * aux, [squared(x, y), aux], [k], [set_["beta"]]
        elif method == "relu-sae":
            f = z.relu()
            y = decode(f)
            penalty = set_["lambda"] * f.norm(p=1, dim=1).mean()
            loss, shown = squared(x, y) + penalty, [squared(x, y), penalty]
        elif method == "k-sparse":
            now = set_["k_start"] + min(1, step / set_["anneal"]) * (k - set_["k_start"])
            f = top(z, now)
            y = decode(f)
            loss, shown, state["k"] = squared(x, y), [squared(x, y)], [now * set_["alpha"]]
        elif method == "batch-topk":
            act = z.relu()
            if set_["budget"] == "batch":
                f = top(act.flatten(), k * n).reshape(act.shape)
                least = f[f > 0].min().expand(FEATURES)
            else:
                f = top(act, k * n / FEATURES, 0)
                least = act.topk(max(1, round(k * n / FEATURES)), 0).values[-1]
            y = decode(f)
            if set_.get("revive") == "underused":
                zipf = [1 / rank for rank in range(1, FEATURES + 1)]
                least = k * zipf[-1] / sum(zipf)
                dead_too = start["sae.density_f"] / max(1 - 0.99**step, 1e-6) < least
                aux = revival(y, dead=dead_too)
                least = act.topk(max(1, round(k * n / FEATURES)), 0).values[-1]
            else:
                aux = revival(y)
            loss, shown = squared(x, y) + AUX * aux, [squared(x, y), aux]
            rate = max(0.01, 1 / (step + 1))
            state["threshold_f"] = ((1 - rate) * start["threshold_f"] + rate * least).tolist()
        elif method == "jump-relu":
            theta, eps = (10 * p["log_threshold"]).exp(), set_["bandwidth"]
            f = JumpReLU.apply(z, theta, eps)
            y = decode(f)
            penalty = set_["lambda"] * min(1, step / set_["warmup"]) * Step.apply(z, theta, eps).sum(1).mean()
            loss, shown = squared(x, y) + penalty, [squared(x, y), penalty]
        elif method == "gated-sae":
            gate = z
            f = (gate > 0) * (projected * p["r_mag"].exp() + p["b_mag"]).relu()
            y = decode(f)
            penalty = set_["lambda"] * gate.relu().sum(1).mean()
            by_gate = squared(x, gate.relu() @ atoms.detach() + b_dec.detach())
            loss, shown = squared(x, y) + penalty + by_gate, [squared(x, y), penalty, by_gate]
        elif method == "p-annealing":
            f = z.relu()
            y = decode(f)

            def powers(at):
                p_at = 1 + (set_["p"] - 1) * min(1, at / set_["anneal"])
                return ((f + 1e-3) ** p_at - 1e-3**p_at).sum(1).mean()

            penalty = set_["lambda"] * start["scale"][0] * powers(step)
            loss, shown = squared(x, y) + penalty, [squared(x, y), penalty]
            state["scale"] = [(start["scale"][0] * (powers(step) + 1e-3) / (powers(step + 1) + 1e-3)).item()]
        elif method == "scope-sae":
            now = set_["k_start"] + min(1, step / set_["anneal"]) * (k - set_["k_start"])
            f = top(z.relu(), now)
            y = decode(f)
            aux = revival(y)
            loss, shown, state["k"] = squared(x, y) + AUX * aux, [squared(x, y), aux], [now]
            rate = max(0.01, 1 / (step + 1))
            least = z.relu().flatten().topk(round(now * n)).values[-1]
            state["threshold"] = [((1 - rate) * start["threshold"][0] + rate * least).item()]
        elif method == "specialised-sae":
            f = top(z, k).relu()
            y = decode(f)
            aux = revival(y)
            error, t = ((x - y) ** 2).sum(1), set_["tilt"]
            mean = error.mean().detach()
            tilted = mean / t * (t * error / mean).exp().mean().log()
            loss, shown, state["k"] = tilted + AUX * aux, [tilted, aux], [k]
        elif method == "archetypal-sae":
            f = top(z, k).relu()
            y = decode(f)
            aux = revival(y)
            loss, shown, state["k"] = squared(x, y) + AUX * aux, [squared(x, y), aux], [k]
            state["sae.dictionary.w_dec"] = sample(atoms)
        elif method == "aligned-sae":
            f = top(z, k).relu()
            y = decode(f)
            other = F.normalize(p["twin.w_dec"], dim=1)
            z_other = F.linear(x - p["twin.b_dec"], p["twin.w_enc"].T) + p["twin.b_enc"]
            f_other = top(z_other, k).relu()
            y_other = f_other @ other + p["twin.b_dec"]
            aux = revival(y) + revival(y_other, z_other, start["twin_since_f"] > DEAD_AFTER, other)
            cosine = F.cosine_similarity(atoms[:, None], other[None], dim=2)
            mismatch = set_["align"] * (1 - (cosine.amax(1).mean() + cosine.amax(0).mean()) / 2)
            loss = squared(x, y) + squared(x, y_other) + mismatch + AUX * aux
            shown, state["k"] = [squared(x, y), squared(x, y_other), mismatch, aux], [k]
            state["twin_since_f"] = torch.where((f_other != 0).any(0), 0.0, start["twin_since_f"] + n).tolist()
        elif method == "variational-sae":
            mean = z.relu()
            f = top(mean + set_["sigma"] * normal(mean.numel(), step, 5).reshape(mean.shape), k).relu()
            y = decode(f)
            aux, kl = revival(y), set_["beta"] * 0.5 * mean.norm(dim=1).square().mean()
            loss, shown, state["k"] = squared(x, y) + kl + AUX * aux, [squared(x, y), kl, aux], [k]
        elif method == "top-afa":
            wanted = (x - b_dec).norm(dim=1).detach()
            f = lengths_nearest(z.relu(), wanted)
            y = decode(f)
            aux, length = revival(y), set_["lambda"] * ((f.norm(dim=1) - wanted) ** 2).mean()
            loss, shown = squared(x, y) + length + AUX * aux, [squared(x, y), length, aux]
        elif method == "e2e-sae":
            f = z.relu()
            y = decode(f)

            def onward(a):
                code = layer("encoder.mean", a * p["sae.source.host.scale"])
                hidden = F.relu(layer("decoder.hidden", code))
                return code, hidden, layer("decoder.out", hidden).sigmoid()

            (*whole, picture), (*spliced, drawn) = onward(x), onward(y)
            output = squared(picture, drawn)
            between = set_["downstream"] * sum(squared(a, b) / a.square().mean() for a, b in zip(whole, spliced))
            penalty = set_["lambda"] * f.norm(p=1, dim=1).mean()
            loss, shown = output + between + penalty, [output, between, penalty]
        else:
            f = top(z, k).relu()
            if set_["nesting"] == "prefixes":
                parts = [FEATURES // 16, FEATURES // 8, FEATURES // 4, FEATURES // 2, FEATURES]
                levels = [decode(F.pad(f[:, :m], (0, FEATURES - m))) for m in parts]
            else:
                levels = [decode(top(f, m)) for m in (k // 8, k // 4, k // 2, k)]
            y = levels[-1]
            aux, errors = revival(y), [squared(x, level) for level in levels]
            nested = sum(errors) / len(errors)
            loss, shown, state["k"] = nested + AUX * aux, [nested, errors[-1], errors[0], aux], [k]
        fires = (f != 0).double()
        variance = ((x - start["sae.mean_a"]) ** 2).sum()
        terms = [loss, *shown, ((x - y) ** 2).sum() / variance, fires.sum(1).mean(), dead.double().mean()]
        state["sae.since_f"] = torch.where(fires.any(0), 0.0, start["sae.since_f"] + n).tolist()
        state["sae.density_f"] = (0.99 * start["sae.density_f"] + 0.01 * fires.mean(0)).tolist()
        loss.backward()
        steps.append({"terms": [t.item() for t in terms], "gradients": gradients_of(p, frozen), "state": state})
    query = "".join(f"&{key}={value}" for key, value in set_.items())
    if method in ("topk-sae", "batch-topk", "matryoshka", "archetypal-sae", "aligned-sae", "variational-sae", "top-afa", "scope-sae", "specialised-sae", "transcoder", "gradient-sae"):
        query += f"&aux={AUX}"
    taken = f"layer={source}&host=ae&host.hidden={HIDDEN}&host.latent={LATENT}" if hosted else f"source={source}"
    taken = taken.removeprefix("layer=decoder&") if method == "gradient-sae" else taken
    query += f"&dead_after={DEAD_AFTER}&features={FEATURES}&{taken}&batch={BATCH}&seed=5"
    return {"query": f"v=1&data=mnist&method={method}{query}", "steps": steps}


if __name__ == "__main__":
    cases = [
        case("topk-sae", k=8),
        case("topk-sae", source="patches", k=5),
        case("relu-sae", **{"lambda": 0.3}),
        case("relu-sae", encoder="tied", **{"lambda": 0.3}),
        case("k-sparse", k=6, k_start=20, anneal=2, alpha=1.5),
        case("batch-topk", budget="batch", k=7),
        case("batch-topk", budget="feature", k=16),
        case("batch-topk", budget="feature", revive="underused", k=16),
        case("scope-sae", k=6, k_start=20, anneal=2),
        case("specialised-sae", k=8, tilt=2),
        case("jump-relu", bandwidth=1, warmup=2, **{"lambda": 0.3}),
        case("gated-sae", **{"lambda": 0.6}),
        case("matryoshka", nesting="prefixes", k=8),
        case("matryoshka", nesting="budgets", k=16),
        case("p-annealing", p=0.3, anneal=3, **{"lambda": 0.3}),
        case("archetypal-sae", k=8, delta=0.5),
        case("archetypal-sae", k=8, delta=0),
        case("aligned-sae", k=8, align=2),
        case("variational-sae", k=8, beta=0.2, sigma=0.5),
        case("top-afa", **{"lambda": 0.5}),
        case("transcoder", source="decoder", k=8),
        case("gradient-sae", source="decoder", k=8, beta=2),
        case("e2e-sae", source="encoder", downstream=0.3, **{"lambda": 0.1}),
        layers_case(k=6, groups=1),
        layers_case(k=5, groups=2),
    ]
    path = pathlib.Path(__file__).with_name("sae.json")
    path.write_text(json.dumps(cases, separators=(",", ":")).replace('{"name"', '\n{"name"') + "\n")
