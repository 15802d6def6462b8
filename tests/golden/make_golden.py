"""Writes vae.json: three training steps of small VAEs, computed in 64 bits by PyTorch.

Run it with any PyTorch, for example Debian's: `python3 tests/golden/make_golden.py`. Nothing here is read from the Rust
side: the generator, the order of the images, the loss (PyTorch's own cross-entropy and KL) and the optimisers are
computed anew. Large inputs are not stored but made from a hash that tests/golden.rs makes as well.
"""

import json
import math
import pathlib

import torch
import torch.nn.functional as F
from torch.distributions import Normal, kl_divergence

torch.set_default_dtype(torch.float64)
MASK = 0xFFFFFFFF
IMAGES, BATCH, STEPS, SAMPLES = 6, 4, 3, 16


def mix(x):
    """A hash of 32 bits."""
    x ^= x >> 16
    x = x * 0x7FEB352D & MASK
    x ^= x >> 15
    x = x * 0x846CA68B & MASK
    return x ^ x >> 16


def uniform(salt, shape):
    """Values in (-r, r) that keep activations in bounds, rounded to 32 bits."""
    n = math.prod(shape)
    r = n**-0.25
    values = [r * (mix(salt * 0x9E3779B9 + i & MASK) / 2**31 - 1) for i in range(n)]
    return torch.tensor(values, dtype=torch.float32).double().reshape(shape)


def bits(element, stream, step, seed):
    """PCG4D (Jarzynski and Olano 2020), the generator of the noise and of the order."""
    v = [(x * 1664525 + 1013904223) & MASK for x in (element, stream, step, seed)]

    def scramble(v):
        for to, a, b in ((0, 1, 3), (1, 2, 0), (2, 0, 1), (3, 1, 2)):
            v[to] = (v[to] + v[a] * v[b]) & MASK

    scramble(v)
    v = [x ^ x >> 16 for x in v]
    scramble(v)
    return v[0], v[1]


def normal(n, step, seed):
    out = []
    for i in range(n):
        a, b = (w >> 8 for w in bits(i, 0, step, seed))
        out.append(math.sqrt(-2 * math.log((a + 1) / 2**24)) * math.cos(math.tau * b / 2**24))
    return torch.tensor(out)


def epoch_order(seed, epoch):
    order = list(range(IMAGES))
    for i in range(IMAGES - 1, 0, -1):
        high, low = bits(i, MASK, epoch, seed)
        j = (high << 32 | low) * (i + 1) >> 64
        order[i], order[j] = order[j], order[i]
    return order


def shapes(net, image, hidden, latent):
    """Parameters in module order. Dense weights are [inputs, outputs]."""
    out = {}

    def dense(name, inputs, outputs):
        out[name + ".weight"], out[name + ".bias"] = (inputs, outputs), (outputs,)

    def heads(inputs):
        dense("encoder.hidden", inputs, hidden)
        dense("encoder.mean", hidden, latent)
        dense("encoder.logvar", hidden, latent)
        dense("decoder.hidden", latent, hidden)

    pixels = math.prod(image)
    if net == "mlp":
        heads(pixels)
        dense("decoder.out", hidden, pixels)
        return out
    channels, side = {28: ([1, 32, 64], 7), 64: ([3, 32, 64, 128, 256], 4)}[image[1]]
    for i, (a, b) in enumerate(zip(channels, channels[1:])):
        out[f"encoder.convs.{i}.weight"], out[f"encoder.convs.{i}.bias"] = (b, a, 4, 4), (b,)
    flat = channels[-1] * side * side
    heads(flat)
    dense("decoder.spread", hidden, flat)
    back = channels[::-1]
    for i, (a, b) in enumerate(zip(back, back[1:])):
        out[f"decoder.convs.{i}.weight"], out[f"decoder.convs.{i}.bias"] = (a, b, 4, 4), (b,)
    return out


def terms(p, net, image, latent, beta, x, eps):
    def dense(name, h):
        return F.linear(h, p[name + ".weight"].T, p[name + ".bias"])

    convs = sum(name.startswith("encoder.convs") for name in p) // 2
    h = x
    if net == "conv":
        h = h.reshape(-1, *image)
        for i in range(convs):
            h = F.relu(F.conv2d(h, p[f"encoder.convs.{i}.weight"], p[f"encoder.convs.{i}.bias"], stride=2, padding=1))
        inner = h.shape[1:]
        h = h.flatten(1)
    h = F.relu(dense("encoder.hidden", h))
    posterior = Normal(dense("encoder.mean", h), (dense("encoder.logvar", h) / 2).exp())
    h = F.relu(dense("decoder.hidden", posterior.loc + posterior.scale * eps))
    if net == "mlp":
        logits = dense("decoder.out", h)
    else:
        h = dense("decoder.spread", h).reshape(-1, *inner)
        for i in range(convs):
            name = f"decoder.convs.{i}"
            h = F.conv_transpose2d(F.relu(h), p[name + ".weight"], p[name + ".bias"], stride=2, padding=1)
        logits = h.flatten(1)
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl_d = kl_divergence(posterior, Normal(torch.zeros(latent), torch.ones(latent))).mean(0)
    return reconstruction + beta * kl_d.sum(), reconstruction, kl_d


def sample(t):
    flat = t.flatten()
    return [float(f"{flat[mix(i) % len(flat)]:.9g}") for i in range(SAMPLES)]


OPTIMIZERS = {
    "": lambda p: torch.optim.Adam(p, lr=1e-3),
    "&optimizer=adamw&weight_decay=0.5&lr=0.01": lambda p: torch.optim.AdamW(p, lr=0.01, weight_decay=0.5),
    "&optimizer=sgd&lr=0.0001&momentum=0.8": lambda p: torch.optim.SGD(p, lr=0.0001, momentum=0.8),
    "&clip=2": lambda p: torch.optim.Adam(p, lr=1e-3),
}


def case(net, image, seed, beta, optimizer="", hidden=16, latent=3):
    sizes = shapes(net, image, hidden, latent)
    start = {name: uniform(salt, shape) for salt, (name, shape) in enumerate(sizes.items())}
    p = {name: t.clone().requires_grad_() for name, t in start.items()}
    optim = OPTIMIZERS[optimizer](p.values())
    pixels = math.prod(image)
    images = torch.tensor([[mix(i * pixels + k) & 255 for k in range(pixels)] for i in range(IMAGES)]) / 255
    order = [i for epoch in range(1 + STEPS * BATCH // IMAGES) for i in epoch_order(seed, epoch)]
    steps, gradients = [], []
    for step in range(STEPS):
        x = images[order[step * BATCH : (step + 1) * BATCH]]
        eps = normal(BATCH * latent, step, seed).reshape(BATCH, latent)
        loss, reconstruction, kl_d = terms(p, net, image, latent, beta, x, eps)
        optim.zero_grad()
        loss.backward()
        if "clip" in optimizer:
            torch.nn.utils.clip_grad_norm_(p.values(), 2)
        steps.append({"terms": [loss.item(), reconstruction.item(), kl_d.sum().item()], "kl_d": kl_d.tolist()})
        if step == 0:
            for name, t in p.items():
                flat = t.grad.flatten()
                wave = torch.cos(torch.arange(len(flat), dtype=torch.float64))
                gradients.append({
                    "name": name, "shape": list(t.shape), "norm": flat.norm().item(), "wave": (flat @ wave).item(),
                    "sample": sample(flat),
                })
        optim.step()
    return {
        "query": f"v=1&data=mnist&method=vae&net={net}&hidden={hidden}&latent={latent}&beta={beta}&batch={BATCH}&seed={seed}{optimizer}",
        "image": image,
        "steps": steps,
        "gradients": gradients,
        "moved": [{"name": name, "sample": sample(t.detach() - start[name])} for name, t in p.items()],
    }


if __name__ == "__main__":
    cases = [case("mlp", [1, 28, 28], 5, 1), case("conv", [1, 28, 28], 6, 4), case("conv", [3, 64, 64], 7, 0.5)]
    cases += [case("mlp", [1, 28, 28], 8 + i, 2, optimizer) for i, optimizer in enumerate(list(OPTIMIZERS)[1:])]
    path = pathlib.Path(__file__).with_name("vae.json")
    path.write_text(json.dumps(cases, separators=(",", ":")).replace('{"name"', '\n{"name"') + "\n")
