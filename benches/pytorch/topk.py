"""Seconds that PyTorch takes for a training step of a TopK sparse autoencoder: `python3 topk.py --threads 2 --steps 5`.

The same step as `topk-sae`: directions of length one by parametrisation, the AuxK loss, Adam. `--lean` leaves AuxK out while no feature is dead, as
most implementations do; ours computes it always. Prints one number per round.
"""

import argparse
import time

import torch
import torch.nn.functional as F

parser = argparse.ArgumentParser()
for name, value in dict(inputs=768, features=4096, batch=1024, k=32, steps=5, rounds=1, threads=2).items():
    parser.add_argument(f"--{name}", type=int, default=value)
parser.add_argument("--lean", action="store_true")
a = parser.parse_args()
torch.set_num_threads(a.threads)
torch.manual_seed(0)
w = F.normalize(torch.randn(a.features, a.inputs), dim=1)
p = [torch.nn.Parameter(t) for t in (w.T.contiguous(), torch.zeros(a.features), w.clone(), torch.zeros(a.inputs))]
adam = torch.optim.Adam(p, lr=1e-3)
data = torch.randn(16 * a.batch, a.inputs)
since = torch.zeros(a.features)


def top(z, k):
    value, index = z.relu().topk(k, 1)
    return torch.zeros_like(z).scatter(1, index, value)


def step():
    global since
    x = data[torch.randint(len(data), (a.batch,))]
    w_enc, b_enc, w_dec, b_dec = p
    atoms = F.normalize(w_dec, dim=1)
    z = (x - b_dec) @ w_enc + b_enc
    f = top(z, a.k)
    error = x - (f @ atoms + b_dec)
    dead = (since > 10_000).float()
    loss = error.square().sum(1).mean()
    if not a.lean or dead.any():
        loss = loss + (error.detach() - top(z * dead, a.inputs // 2) @ atoms).square().sum(1).mean() * dead.max() / 32
    adam.zero_grad()
    loss.backward()
    adam.step()
    since = torch.where((f.detach() != 0).any(0), 0.0, since + a.batch)


step()
for _ in range(a.rounds):
    begin = time.perf_counter()
    for _ in range(a.steps):
        step()
    print((time.perf_counter() - begin) / a.steps)
