"""Writes measures.json: the measures of small made-up models, computed in 64 bits with NumPy and PyTorch.

Run it with any PyTorch, for example Debian's: `python3 tests/golden/make_measures.py`. Nothing here is read from the Rust
side; where a library or a slower textbook formula gives the same number, that is used: torch.distributions for KL, a
two-dimensional convolution for SSIM, the eigenvalues of the unsymmetric product for Fréchet, L-BFGS for the probe, all
permutations for the assignment. Inputs are not stored but made from a hash that tests/measures/golden.rs makes as well.
"""

import itertools
import json
import math
import pathlib

import numpy as np
import torch
import torch.nn.functional as F
from torch.distributions import Normal, kl_divergence

torch.set_default_dtype(torch.float64)
MASK = 0xFFFFFFFF


def mix(x):
    """A hash of 32 bits."""
    x ^= x >> 16
    x = x * 0x7FEB352D & MASK
    x ^= x >> 15
    x = x * 0x846CA68B & MASK
    return x ^ x >> 16


def hashed(salt, n):
    return [mix(salt * 0x9E3779B9 + i & MASK) for i in range(n)]


def made(salt, shape, scale=1.0, shift=0.0):
    """Values in shift ± scale, rounded to 32 bits."""
    values = [shift + scale * (h / 2**31 - 1) for h in hashed(salt, math.prod(shape))]
    return np.array(values, dtype=np.float32).astype(np.float64).reshape(shape)


def whole(salt, n, below):
    return np.array([h % below for h in hashed(salt, n)])


def single(values):
    return np.asarray(values, dtype=np.float32).astype(np.float64)


def vae():
    mean, logvar = made(1, (40, 5), 1.5), made(2, (40, 5), 1.0, -0.5)
    mean[:, 3] *= 0.0625  # an inactive latent
    q = Normal(torch.tensor(mean), torch.tensor(logvar).div(2).exp())
    kl = kl_divergence(q, Normal(torch.zeros(()), torch.ones(()))).mean(0)
    covariance = np.cov(mean.T, bias=True) + np.diag(np.exp(logvar).mean(0))
    correlation = covariance / np.sqrt(np.outer(np.diag(covariance), np.diag(covariance)))
    off = np.abs(correlation[~np.eye(5, dtype=bool)]).mean()
    other = made(3, (30, 5), 2.0)
    log_weights = torch.tensor(made(4, (10, 7), 50.0, -100.0))
    return {
        "kl_d": kl.tolist(),
        "activity_d": mean.var(0).tolist(),
        "aggregate_mean_d": mean.mean(0).tolist(),
        "aggregate_variance_d": np.diag(covariance).tolist(),
        "correlation": off,
        "mmd_imq": mmd(mean, other, lambda r, c: c / (c + r)),
        "mmd_rbf": mmd(mean, other, lambda r, c: np.exp(-r / c)),
        "nll": -(torch.logsumexp(log_weights, 1) - math.log(7)).mean().item(),
    }


def mmd(x, y, kernel):
    def k(a, b):
        r = torch.cdist(torch.tensor(a), torch.tensor(b)).numpy() ** 2
        return np.mean([kernel(r, s * 2 * a.shape[1]) for s in (0.1, 0.2, 0.5, 1, 2, 5, 10)], axis=0)

    def different(m):
        return (m.sum() - np.trace(m)) / (len(m) * (len(m) - 1))

    return different(k(x, x)) + different(k(y, y)) - 2 * k(x, y).mean()


def image(salt, shape):
    x = made(salt, shape, 0.5, 0.5)
    y = single(np.clip(x + made(salt + 1, shape, 0.25), 0, 1))
    g = torch.exp(-0.5 * ((torch.arange(11) - 5) / 1.5) ** 2)
    window = (g[:, None] * g[None, :] / g.sum() ** 2)[None, None]
    tx, ty = (torch.tensor(v).reshape(-1, 1, *shape[2:]) for v in (x, y))
    mean = lambda v: F.conv2d(v, window)
    mx, my = mean(tx), mean(ty)
    vx, vy, cov = mean(tx * tx) - mx**2, mean(ty * ty) - my**2, mean(tx * ty) - mx * my
    c1, c2 = 0.01**2, 0.03**2
    ssim = (2 * mx * my + c1) * (2 * cov + c2) / ((mx**2 + my**2 + c1) * (vx + vy + c2))
    errors = ((x - y) ** 2).reshape(shape[0], -1).mean(1)
    pooled = F.avg_pool2d(torch.tensor(x), 5)
    return {
        "shape": list(shape),
        "mse": errors.mean(),
        "psnr": np.mean(10 * np.log10(1 / errors)),
        "ssim": ssim.mean().item(),
        "pooled": pooled.flatten().tolist(),
    }


def frechet():
    a = made(20, (50, 6)) @ made(21, (6, 6))
    a, b = single(a), made(22, (60, 6), 0.5, 0.3)
    ca, cb = np.cov(a.T), np.cov(b.T)
    root = np.sqrt(np.linalg.eigvals(ca @ cb).real.clip(0)).sum()
    shift = ((a.mean(0) - b.mean(0)) ** 2).sum()
    return {"distance": shift + np.trace(ca) + np.trace(cb) - 2 * root}


def classes_of(z, noise):
    """Three classes by where the first two latents are, some of them wrong."""
    return (z[:, 0] + noise > 0).astype(int) + (z[:, 1] > 0.25).astype(int)


def logistic(train, labels, test):
    """Logits for the test rows, of a multinomial regression with the L2 of the probe."""
    mean, std = train.mean(0), train.std(0)
    x, target = torch.tensor((train - mean) / std), torch.tensor(labels)
    weight = torch.zeros(int(labels.max()) + 1, train.shape[1], requires_grad=True)
    bias = torch.zeros(len(weight), requires_grad=True)
    optimiser = torch.optim.LBFGS([weight, bias], max_iter=500, tolerance_grad=1e-12, tolerance_change=0, line_search_fn="strong_wolfe")

    def closure():
        optimiser.zero_grad()
        loss = F.cross_entropy(x @ weight.T + bias, target) + 0.5e-3 * (weight**2).sum()
        loss.backward()
        return loss

    optimiser.step(closure)
    return (torch.tensor((test - mean) / std) @ weight.T + bias).detach()


def probe():
    z = made(30, (120, 5))
    labels = classes_of(z, made(31, (120,), 0.5))
    train, test = z[:80], z[80:]
    logits = logistic(train, labels[:80], test)
    right = lambda k: np.mean([nearest(train, labels[:80], t, k) == l for t, l in zip(test, labels[80:])])
    return {
        "cross_entropy": F.cross_entropy(logits, torch.tensor(labels[80:])).item(),
        "accuracy": (logits.argmax(1).numpy() == labels[80:]).mean(),
        "knn": {k: right(k) for k in (1, 4, 15)},
    }


def nearest(train, labels, at, k):
    order = np.argsort(((train - at) ** 2).sum(1), kind="stable")[:k]
    votes = np.bincount(labels[order])
    return next(labels[i] for i in order if votes[labels[i]] == votes.max())


def factors():
    """Codes of 600 inputs with three factors: one latent clean, one noisy, one of two factors, one of nothing, one dead."""
    v = np.stack([whole(40, 600, 3), whole(41, 600, 5), whole(42, 600, 4)], 1)
    noise = made(43, (600, 5))
    z = np.stack([
        v[:, 0] + 0.125 * noise[:, 0],
        v[:, 1] + 1.5 * noise[:, 1],
        v[:, 2] - 0.5 * v[:, 0] + 0.5 * noise[:, 2],
        noise[:, 3],
        0.0625 * noise[:, 4],
    ], 1)
    return single(z), v


def entropy(counts):
    p = counts[counts > 0] / counts.sum()
    return -(p * np.log(p)).sum()


def information(z, v):
    joint, _, _ = np.histogram2d(z, v, bins=(20, np.arange(v.max() + 2) - 0.5))
    return entropy(joint.sum(0)) + entropy(joint.sum(1)) - entropy(joint.ravel())


def gap(scores):
    first, second = sorted(scores)[-1:-3:-1]
    return first - second


def disentangle():
    z, v = factors()
    mi = np.array([[information(z[:, j], v[:, k]) for k in range(3)] for j in range(5)])
    mig = np.mean([gap(mi[:, k]) / entropy(np.bincount(v[:, k])) for k in range(3)])
    best = mi.max(1)
    modularity = np.mean(1 - ((mi**2).sum(1) - best**2) / (best**2 * 2))
    r2 = np.array([[np.corrcoef(z[:, j], v[:, k])[0, 1] ** 2 for k in range(3)] for j in range(5)])
    by_threshold = [balanced(z[:, j], v[:, 0]) for j in range(5)]
    fits = [boosted(z[:400], v[:400, k], z[400:], v[400:, k]) for k in range(3)]
    importance = np.array([fit[0] for fit in fits]).T
    concentration = lambda w: 1 - entropy(w) / math.log(len(w))
    return {
        "information_dk": mi.tolist(),
        "mig": mig,
        "modularity": modularity,
        "sap": np.mean([gap(by_threshold), gap(r2[:, 1]), gap(r2[:, 2])]),
        "importance_dk": importance.tolist(),
        "disentanglement": sum(row.sum() / importance.sum() * concentration(row) for row in importance if row.sum() > 0),
        "completeness": np.mean([concentration(column) for column in importance.T]),
        "informativeness": np.mean([fit[1] for fit in fits]),
        "factor_vae": factor_vae(z, v, batch=3, train=300, test=200, seed=7),
        "infomec": infomec(z[:400], v[:400], z[400:], v[400:]),
    }


def infomec(z, v, test, truth):
    active = [j for j in range(5) if np.ptp(z[:, j]) > np.ptp(z, axis=0).max() / 8]
    nmi = np.array([[information(z[:, j], v[:, k]) / entropy(np.bincount(v[:, k])) for k in range(3)] for j in active])
    most = lambda rows: np.mean((rows.max(1) / rows.sum(1) - 1 / rows.shape[1]) / (1 - 1 / rows.shape[1]))
    told = []
    for k in range(3):
        shares = (np.bincount(v[:, k]) + 1) / (len(v) + v[:, k].max() + 1)
        alone = -np.log(shares[truth[:, k]]).mean()
        told.append(1 - F.cross_entropy(logistic(z, v[:, k], test), torch.tensor(truth[:, k])).item() / alone)
    return [most(nmi), most(nmi.T), np.mean(told), len(active)]


def cluster():
    """Five groups beside four labels: the best matching by trying all, the Rand index by counting pairs."""
    label = whole(80, 90, 4)
    group = np.where(made(81, (90,)) > 0.3, whole(82, 90, 5), (label + 2) % 5)
    table = np.array([[((group == g) & (label == l)).sum() for l in range(5)] for g in range(5)])
    right = max(sum(table[g, l] for g, l in enumerate(p)) for p in itertools.permutations(range(5)))
    h = lambda counts: entropy(np.asarray(counts).ravel())
    mutual = h(table.sum(0)) + h(table.sum(1)) - h(table)
    pairs = list(itertools.combinations(range(90), 2))
    same_g, same_l = (np.array([values[a] == values[b] for a, b in pairs]) for values in (group, label))
    chance = same_g.mean() * same_l.mean()
    ari = ((same_g & same_l).mean() - chance) / ((same_g.mean() + same_l.mean()) / 2 - chance)
    return {"accuracy": right / 90, "nmi": 2 * mutual / (h(table.sum(0)) + h(table.sum(1))), "ari": ari}


def balanced(z, v):
    """Mean over classes of the best balanced accuracy of z <= t or z > t, over all thresholds."""
    def best(c):
        score = lambda said: 0.5 * (said[v == c].mean() + 1 - said[v != c].mean())
        return max(max(score(z <= t), score(z > t)) for t in z)

    return np.mean([best(c) for c in np.unique(v)])


def boosted(train, labels, test, truth, rounds=50, depth=3, rate=0.2, quantiles=32):
    """Boosted trees on one-hot targets; importance as shares, and test accuracy."""
    n, classes = len(train), max(labels.max(), truth.max()) + 1
    ordered = np.sort(train, axis=0)
    edges = [ordered[[q * n // quantiles for q in range(1, quantiles)], j] for j in range(train.shape[1])]
    binned = lambda x: np.stack([np.searchsorted(edges[j], x[:, j], side="right") for j in range(x.shape[1])], 1)
    target = np.eye(classes)[labels]
    score = np.tile(target.mean(0), (n, 1))
    test_score = np.tile(target.mean(0), (len(test), 1))
    importance = np.zeros(train.shape[1])
    least = 1e-9 * ((target - score) ** 2).sum()
    b, test_b = binned(train), binned(test)

    def tree(at, test_at, left, residual):
        value = residual[at].mean(0)
        best = (least, None, None)
        if left > 0:
            spread = lambda r: ((r - r.mean(0)) ** 2).sum()
            whole_spread = spread(residual[at])
            for j in range(train.shape[1]):
                for bound in np.unique(b[at, j])[:-1]:
                    below = b[at, j] <= bound
                    gain = whole_spread - spread(residual[at][below]) - spread(residual[at][~below])
                    if gain > best[0] + (least if best[1] is not None else 0):
                        best = (gain, j, bound)
        gain, j, bound = best
        if j is None:
            score[at] += rate * value
            test_score[test_at] += rate * value
            return
        importance[j] += gain
        for side in (lambda x: x <= bound, lambda x: x > bound):
            tree(at[side(b[at, j])], test_at[side(test_b[test_at, j])], left - 1, residual)

    for _ in range(rounds):
        tree(np.arange(n), np.arange(len(test)), depth, target - score)
    return importance / importance.sum(), (test_score.argmax(1) == truth).mean()


class SplitMix:
    def __init__(self, seed):
        self.state = seed

    def below(self, n):
        mask = 2**64 - 1
        self.state = self.state + 0x9E3779B97F4A7C15 & mask
        z = self.state
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & mask
        z = (z ^ z >> 27) * 0x94D049BB133111EB & mask
        return (z ^ z >> 31) * n >> 64


def factor_vae(z, v, batch, train, test, seed):
    rng, variance = SplitMix(seed), z.var(0)
    active = np.where(np.sqrt(variance) >= 0.05)[0]

    def vote():
        k = rng.below(v.shape[1])
        members = np.where(v[:, k] == v[rng.below(len(z)), k])[0]
        chosen = z[[members[rng.below(len(members))] for _ in range(batch)]]
        return active[np.argmin((chosen.var(0) / variance)[active])], k

    votes = np.zeros((z.shape[1], v.shape[1]))
    for _ in range(train):
        votes[vote()] += 1
    stands_for = votes.argmax(1)
    return np.mean([stands_for[j] == k for j, k in (vote() for _ in range(test))])


def codebook():
    indices = [h % 8 + h % 5 for h in hashed(50, 200)]
    counts = np.bincount(indices, minlength=16)
    p = torch.tensor(counts / counts.sum())
    return {
        "perplexity": torch.distributions.Categorical(probs=p).entropy().exp().item(),
        "used": int((counts > 0).sum()),
        "shares": sorted((counts / counts.sum()).tolist(), reverse=True),
    }


def directions():
    """Singular values of rows about their mean, more rows than columns and fewer."""
    out = {}
    for name, salt, shape in [("tall", 90, (30, 6)), ("wide", 91, (5, 12))]:
        x = made(salt, shape, 1.5, 0.25)
        x[:, 1] *= 0.125
        s = np.linalg.svd(single(x) - single(x).mean(0), compute_uv=False) / np.sqrt(len(x))
        out[name] = {"singular": s.tolist(), "rank": float((s**2).sum() ** 2 / (s**4).sum())}
    return out


def rate():
    """Bits of the tokens of 25 samples, 4 places with two tokens of 16 codes each."""
    tokens = np.array([h % 8 + h % 5 for h in hashed(50, 200)]).reshape(25, 4, 2)
    used = 0.0
    for level in range(2):
        counts = np.bincount(tokens[:, :, level].ravel(), minlength=16)
        p = torch.tensor(counts / counts.sum())
        used += 4 * torch.distributions.Categorical(probs=p).entropy().item() / math.log(2)
    return {"used": used, "plain": 4 * 2 * math.log2(16)}


def sparse():
    act = single(np.maximum(made(61, (90, 8)) - np.linspace(-0.5, 1.25, 8), 0))
    dictionary = made(66, (8, 6))
    x = single(act @ dictionary + made(60, (90, 6), 0.125))
    reconstruction = single(x + made(62, (90, 6), 0.3))
    density = (act > 0).mean(0)
    alive = density[density > 0]
    a, b = made(63, (6, 4)), made(64, (7, 4))
    b[4:] = single(a[:3] + 0.5 * b[4:])
    unit = lambda d: d / np.linalg.norm(d, axis=1, keepdims=True)
    cosine = unit(a) @ unit(b).T
    best = max(itertools.permutations(range(7), 6), key=lambda p: sum(cosine[i, j] for i, j in enumerate(p)))
    matched = cosine[np.arange(6), list(best)]
    # A concept with a feature of its own that another one replaces now and then.
    concept = single(act[:, 1] + 2 * act[:, 4]) > 0.5
    direction = single(dictionary[1] + 2 * dictionary[4])
    main = main_features(act, concept)
    bits = lambda step: sum(entropy_bits(np.floor(act[:, j] / step + 0.5)) for j in range(8))
    return {
        "l0": (act > 0).sum(1).mean(),
        "density_f": density.tolist(),
        "dead": int((density == 0).sum()),
        "ultra_dense": int((density > 0.1).sum()),
        "histogram": np.histogram(np.log10(alive), bins=8, range=(-2, 0))[0].tolist(),
        "unexplained": ((x - reconstruction) ** 2).sum() / ((x - x.mean(0)) ** 2).sum(),
        "max_cosine": cosine.max(1).mean(),
        "recovered": (cosine.max(1) >= 0.9).mean(),
        "match_f": list(best),
        "match_cosine": matched.mean(),
        "shared": (matched >= 0.7).mean(),
        "main": main,
        "absorbed": absorbed(x, act, dictionary, direction, concept, main),
        "concept": int(concept.sum()),
        "bits": [bits(step) for step in (0.5, 0.125, 0.03125)],
        "predicted": predicted(x, x - reconstruction),
        "length_gap": np.abs(np.linalg.norm(act @ np.diag(np.linalg.norm(dictionary, axis=1)), axis=1) / np.linalg.norm(x, axis=1) - 1).mean(),
        "together": together(act, dictionary),
        "told_by": told_by(x, dictionary, 3),
        "layers": layers(act),
        "targeted": targeted(x, act),
        "sparing": sparing(x, act),
        "spaces": np.corrcoef(*(np.triu(unit(d[list(o)]) @ unit(d[list(o)]).T, 1)[np.triu_indices(4, 1)] for d, o in ((a, (0, 1, 3, 5)), (b, (6, 2, 0, 4)))))[0, 1],
    }


def effects(vectors, changes):
    """By least squares with rows for the ridge."""
    v, y = vectors - vectors.mean(0), changes - changes.mean(0)
    ridge = math.sqrt(1e-2 * (v**2).sum() / 6) * np.eye(6)
    return np.linalg.lstsq(np.vstack([v, ridge]), np.vstack([y, np.zeros((6, 8))]), rcond=None)[0].T


def sparing(vectors, changes):
    """The direction that moves the third feature and no other, by least squares with rows for the ridge."""
    gain = effects(vectors, changes)
    ridge = math.sqrt(0.5 * (gain**2).sum() / 6) * np.eye(6)
    s = np.linalg.lstsq(np.vstack([gain, ridge]), np.concatenate([np.eye(8)[2], np.zeros(6)]), rcond=None)[0]
    return (s / np.linalg.norm(s)).tolist()


def targeted(vectors, changes):
    """The direction for the third feature, with half of what any vector does taken off."""
    gain = effects(vectors, changes)
    shift = changes.mean(0) - gain @ vectors.mean(0)
    aside = gain.T @ shift
    s = gain[2] / np.linalg.norm(gain[2]) - 0.5 * aside / np.linalg.norm(aside)
    return (s / np.linalg.norm(s)).tolist()


def layers(act):
    """Thirty inputs of three layers: spread of features, angles, and dictionaries that are permuted up to thresholds."""
    amount = act.reshape(30, 3, 8)
    entropy = lambda a: -sum(p * math.log(p) for p in a / a.sum() if p > 0) / math.log(3)
    living = [f for f in range(8) if amount[:, :, f].any()]
    one = [np.mean([entropy(a) for a in amount[:, :, f] if a.any()]) for f in living]
    x, y = made(67, (20, 5)), made(68, (20, 5))
    angles = [math.acos(a @ b / np.linalg.norm(a) / np.linalg.norm(b)) for a, b in zip(x, y)]
    encoder, bias, decoder = made(69, (6, 4)), made(70, (6,)), made(71, (6, 4))
    # The first two differ in nothing but their scale, until that is folded.
    encoder[0], decoder[0], bias[0] = 4 * encoder[1], decoder[1] / 4, 4 * bias[1]
    order, theta = [3, 1, 5, 0, 4, 2], np.array([0.1, 6.0, 1.0, 9.0, 0.2, 1.5])
    noise = made(72, (5, 4), 0.05)
    other_encoder, other_bias, other_decoder = ((m[order[:5]] for m in (encoder * theta[:, None], bias * theta, decoder / theta[:, None])))
    other = [single(other_encoder + noise), single(other_bias), single(other_decoder - noise)]

    def best(a, b):
        cost = sum(((m[:, None] - o[None]) ** 2).reshape(6, 5, -1).sum(2) for m, o in zip(a, b))
        return list(min(itertools.permutations(range(6), 5), key=lambda p: sum(cost[i, j] for j, i in enumerate(p))))

    fold = lambda parts, t: [parts[0] / t[:, None], parts[1] / t, parts[2] * t[:, None]]
    mine = [encoder, bias, decoder]
    pairs = best(fold(mine, np.ones(6)), fold(other, theta[order[:5]]))
    a, b = act[:45], act[45:]
    correlation = [np.corrcoef(a[:, i], b[:, j])[0, 1] for j, i in enumerate(pairs) if a[:, i].std() and b[:, j].std()]
    return {
        "all": np.mean([entropy(amount[:, :, f].sum(0)) for f in living]), "one": np.mean(one), "angle": np.mean(angles) / math.pi,
        "raw": best(mine, other), "folded": pairs, "correlation": np.mean(correlation),
    }


def told_by(x, dictionary, k):
    """Squared error of inputs as the mean and k directions, and the sum of all amounts."""
    u = dictionary / np.linalg.norm(dictionary, axis=1, keepdims=True)
    error = total = 0
    for row in x - x.mean(0):
        chosen = [i for i in np.argsort(-(u @ row))[:k] if u[i] @ row > 0]
        amounts = np.linalg.lstsq(u[chosen].T, row, rcond=None)[0]
        error += ((row - u[chosen].T @ amounts) ** 2).sum()
        total += amounts.sum()
    return [error, total]


def predicted(x, e):
    """Shares of errors and of their squared lengths that a ridge regression foretells, fitted to the first half."""
    t = np.concatenate([e, (e**2).sum(1, keepdims=True)], axis=1)
    half = len(x) // 2
    centre = x[:half].mean(0)
    a = x[:half] - centre
    gram = a.T @ a
    w = np.linalg.solve(gram + 1e-3 * np.trace(gram) / len(gram) * np.eye(len(gram)), a.T @ (t[:half] - t[:half].mean(0)))
    guess = t[:half].mean(0) + (x[half:] - centre) @ w
    missed, whole = (t[half:] - guess) ** 2, (t[half:] - t[half:].mean(0)) ** 2
    return [1 - missed[:, :-1].sum() / whole[:, :-1].sum(), 1 - missed[:, -1].sum() / whole[:, -1].sum()]


def together(act, dictionary):
    on = act > 0
    kept = on.any(0) & ~on.all(0)
    below = np.tril_indices(kept.sum(), -1)
    phi = np.corrcoef(on[:, kept].T)[below]
    d = dictionary[kept] / np.linalg.norm(dictionary[kept], axis=1, keepdims=True)
    return np.corrcoef(phi, (d @ d.T)[below])[0, 1]


def units():
    act = single(np.maximum(made(71, (60, 5)) - np.linspace(-1.5, 0.5, 5), 0))
    shown = made(72, (60, 4))
    s = shown / np.linalg.norm(shown, axis=1, keepdims=True)
    s = s @ s.T
    scores = []
    for j in range(5):
        a = (act[:, j] - act[:, j].min()) / np.ptp(act[:, j])
        w = np.outer(a, a) * (1 - np.eye(60))
        scores.append((w * s).sum() / w.sum())
    label = (act[:, 0] + made(73, (60,), 0.3) > 1.5).astype(int) + (act[:, 2] > 0.4)
    covered = []
    for c in range(3):
        best = (0, None)
        for j in range(5):
            for sign in (1, -1):
                for t in sorted(set(sign * act[:40, j]), reverse=True):
                    score = f1(sign * act[:40, j] >= t, label[:40] == c)
                    if score > best[0]:
                        best = (score, (j, sign, t))
        j, sign, t = best[1]
        covered.append(f1(sign * act[40:, j] >= t, label[40:] == c))
    return {"monosemanticity_f": scores, "coverage": np.mean(covered)}


def halves(label, c):
    """Inputs of a class and as many others, spread over all."""
    own, others = np.flatnonzero(label == c), np.flatnonzero(label != c)
    n = min(len(own), len(others))
    thin = lambda all: all[np.arange(n) * len(all) // n]
    return np.concatenate([thin(own), thin(others)]), np.repeat([1, 0], n)


def apart(act, label, c):
    at, on = halves(label, c)
    return act[at][on == 1].mean(0) - act[at][on == 0].mean(0)


def probing():
    """Features that tell three classes with noise, and a dictionary of theirs."""
    label = np.array(whole(80, 240, 3))
    act = np.maximum(made(81, (240, 6)) - 0.25, 0)
    for c in range(3):
        act[:, 2 * c] += (label == c) * (0.5 + made(82 + c, (240,), 0.5))
    act = single(np.maximum(act, 0))
    d = made(86, (6, 4))
    x = single(act @ d + made(87, (240, 4), 0.05))
    fit, test = slice(0, 160), slice(160, 240)
    few = {}
    for k in (1, 2):
        right = []
        for c in range(3):
            (at, on), (to, said) = halves(label[fit], c), halves(label[test], c)
            chosen = np.argsort(-np.abs(apart(act[fit], label[fit], c)), kind="stable")[:k]
            logits = logistic(act[fit][at][:, chosen], on, act[test][to][:, chosen])
            right.append((logits.argmax(1).numpy() == said).mean())
        few[k] = np.mean(right)
    most = np.max([np.abs(apart(act[fit], label[fit], c)) for c in range(3)], 0)
    # Where a probe's own weights point is given: what is compared is what is done with them.
    direction = made(88, (3, 4))
    carried = [apart(act[fit], label[fit], c) * (d @ direction[c]) for c in range(3)]
    chosen = [[int(f) for f in np.argsort(-carried[c], kind="stable")[:2] if carried[c][f] > 0] for c in range(3)]
    logits = logistic(act[fit], label[fit], act[test]).argmax(1).numpy()
    centred = np.cov(x.T, bias=True)
    values, vectors = np.linalg.eigh(centred)
    return {
        "few": few,
        "telling": [int(f) for f in np.argsort(-most, kind="stable")[:3]],
        "macro_f1": np.mean([f1(logits == c, label[test] == c) for c in range(3)]),
        "attributed": chosen,
        "variance": values[::-1][:2].tolist(),
        "principal": np.abs(vectors[:, -1]).tolist(),
    }


def f1(said, truth):
    return 2 * (said & truth).sum() / (said.sum() + truth.sum())


def signal():
    """Three numbers of which one is all noise; the estimate's mean is the true ratio, by its parts."""
    draws = single(made(83, (40, 3)) * [0.5, 2.0, 1.0] + [1.0, -0.5, 0.0])
    variance = np.var(draws, axis=0, ddof=1)
    return np.sqrt(((draws.mean(0) ** 2).sum() - variance.sum() / 40) / variance.sum())


def sliced():
    """The known mean of the control variate, and the exact distance, both by a dense turn through the plane."""
    x, y = made(74, (30, 2), 1.5), single(made(75, (30, 2), 0.5, 0.25) * [6, 0.5])
    angles = np.linspace(0, np.pi, 20000, endpoint=False)
    v = np.stack([np.cos(angles), np.sin(angles)])
    a, b = np.sort(x @ v, 0), np.sort(y @ v, 0)
    distance = ((a - b) ** 2).mean(0)
    control = (a.mean(0) - b.mean(0)) ** 2 + a.var(0) + b.var(0)
    return {"distance": distance.mean(), "explained": np.corrcoef(distance, control)[0, 1] ** 2}


def entropy_bits(values):
    return entropy(np.unique(values, return_counts=True)[1]) / math.log(2)


def main_features(act, concept):
    f1 = lambda said: 2 * (said & concept).sum() / (said.sum() + concept.sum())
    chosen, best, gain = [], 0, 0
    while True:
        scores = [f1((act[:, chosen + [j]] > 0).any(1)) for j in range(act.shape[1])]
        if max(scores) <= best + gain:
            return chosen
        chosen.append(int(np.argmax(scores)))
        best, gain = max(scores), 0.03


def absorbed(x, act, dictionary, direction, concept, main):
    p = direction / np.linalg.norm(direction)
    cases = []
    for i in np.where(concept)[0]:
        carried = act[i] * (dictionary @ p)
        j = int(np.argmax(carried))
        aligned = dictionary[j] @ p / np.linalg.norm(dictionary[j]) >= 0.025
        if x[i] @ p > 0 and not act[i, main].any() and aligned and carried[j] >= 0.4 * (x[i] @ p):
            cases.append([int(i), j])
    return cases


def samples():
    """By `prdc` 0.2, the package of Naeem et al., and scikit-learn 1.9."""
    from prdc import compute_prdc
    from sklearn.mixture import GaussianMixture

    images, drawn = made(90, (60, 4)), made(91, (50, 4), 1.2, 0.5)
    near = {name: float(value) for name, value in compute_prdc(images, drawn, nearest_k=3).items()}
    # Three overlapping clouds; the shares that the fit begins with are by turns.
    z = made(92, (90, 3)) + np.array([[0.0, 0, 0], [1.5, 0, 0.5], [0, 1.2, -0.5]])[np.arange(90) % 3]
    z, of = single(z), np.arange(90) // 30
    ridge = 1e-3 * z.var(0).mean()
    parts = [z[of == c] for c in range(3)]
    precision = [np.linalg.inv(np.cov(part.T, bias=True) + ridge * np.eye(3)) for part in parts]
    start = {"means_init": [part.mean(0) for part in parts], "precisions_init": precision, "weights_init": [1 / 3] * 3}
    mixture = GaussianMixture(3, reg_covar=ridge, tol=0, max_iter=5, **start).fit(z)
    return {**near, "mixture": float(mixture.score(z))}


def defects():
    """By scikit-learn 1.9."""
    from sklearn.metrics import precision_recall_curve, roc_auc_score
    from sklearn.neighbors import NearestCentroid

    score, meant = made(95, (200,)), whole(96, 200, 3) == 0
    # Ties, and a score that knows something.
    score = np.round(score + 0.5 * meant, 1)
    precision, recall, _ = precision_recall_curve(meant, score)
    dice = 2 * precision * recall / np.maximum(precision + recall, 1e-12)
    z, label = made(97, (60, 4)), whole(98, 60, 5)
    z = single(z + 0.3 * label[:, None])
    centres = NearestCentroid().fit(z[:40], label[:40])
    return {
        "auroc": roc_auc_score(meant, score),
        "dice": dice.max(),
        "nearest_mean": float((centres.predict(z[40:]) == label[40:]).mean()),
    }


def handwriting():
    """Gradient of means of squares by autograd, leaning by resampling, strokes by shifted copies."""
    x = torch.tensor(made(100, (1, 2, 7, 5), 0.5, 0.5))
    of_means = torch.tensor(made(101, (1, 2, 3, 2)))
    pixels = x.clone().requires_grad_()
    (F.avg_pool2d(pixels, 2) * of_means).sum().backward()
    rows, columns = torch.meshgrid(torch.arange(7.0), torch.arange(5.0), indexing="ij")
    from_x = columns + 0.4 * (rows - 3)
    grid = torch.stack([2 * from_x / 4 - 1, 2 * rows / 6 - 1], -1).expand(1, 7, 5, 2)
    leaning = F.grid_sample(x, grid, mode="bilinear", padding_mode="zeros", align_corners=True)

    def strokes(sign):
        padded = F.pad(sign * x, (1, 1, 1, 1), value=-math.inf)
        near = [padded[..., 1:-1, 1:-1], padded[..., :-2, 1:-1], padded[..., 2:, 1:-1], padded[..., 1:-1, :-2], padded[..., 1:-1, 2:]]
        return sign * torch.stack(near).amax(0)

    of = {"unpooled": pixels.grad, "slanted": leaning, "thicker": strokes(1), "thinner": strokes(-1)}
    return {name: values.flatten().tolist() for name, values in of.items()}


golden = {
    "vae": vae(),
    "images": [image(10, (2, 1, 28, 28)), image(12, (2, 3, 16, 14))],
    "frechet": frechet(),
    "probe": probe(),
    "disentangle": disentangle(),
    "cluster": cluster(),
    "codebook": codebook(),
    "sparse": sparse(),
    "units": units(),
    "probing": probing(),
    "sliced": sliced(),
    "signal": signal(),
    "samples": samples(),
    "defects": defects(),
    "directions": directions(),
    "rate": rate(),
    "handwriting": handwriting(),
}
path = pathlib.Path(__file__).with_name("measures.json")
path.write_text(json.dumps(golden, indent=1, default=float) + "\n")
