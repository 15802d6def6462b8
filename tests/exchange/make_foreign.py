"""Trains small VAEs as people write them in PyTorch and saves what tests/exchange/foreign.rs reads.

    python tests/exchange/make_foreign.py    # torch==2.15.0, safetensors==0.8.0

NAME.safetensors is the state_dict in 16 bits; NAME.expected.safetensors has images `x`, and what the network makes of them.
"""

from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional as F

FOLDER = Path(__file__).parent / "foreign"


class Dense(nn.Module):
    """As in PyTorch's own example of a VAE."""

    def __init__(self) -> None:
        super().__init__()
        self.fc1 = nn.Linear(784, 16)
        self.fc21 = nn.Linear(16, 3)
        self.fc22 = nn.Linear(16, 3)
        self.fc3 = nn.Linear(3, 16)
        self.fc4 = nn.Linear(16, 784)

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        h = F.relu(self.fc1(x))
        return self.fc21(h), self.fc22(h)

    def decode(self, z: Tensor) -> Tensor:
        return self.fc4(F.relu(self.fc3(z)))


class Strided(nn.Module):
    """Convolutions of 4 x 4 in steps of two, as sequences."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(1, 8, 4, 2, 1), nn.ReLU(), nn.Conv2d(8, 16, 4, 2, 1), nn.ReLU(), nn.Flatten(), nn.Linear(784, 16), nn.ReLU()
        )
        self.to_logvar = nn.Linear(16, 3)
        self.to_mu = nn.Linear(16, 3)
        self.decoder = nn.Sequential(
            nn.Linear(3, 16), nn.ReLU(), nn.Linear(16, 784), nn.Unflatten(1, (16, 7, 7)), nn.ReLU(),
            nn.ConvTranspose2d(16, 8, 4, 2, 1), nn.ReLU(), nn.ConvTranspose2d(8, 1, 4, 2, 1), nn.Flatten(),
        )  # fmt: skip

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        h = self.encoder(x.reshape(-1, 1, 28, 28))
        return self.to_mu(h), self.to_logvar(h)

    def decode(self, z: Tensor) -> Tensor:
        return self.decoder(z)


def images(n: int) -> Tensor:
    """Discs at places that the number tells."""
    i = torch.arange(n).reshape(n, 1, 1)
    y, x = torch.meshgrid(torch.arange(28), torch.arange(28), indexing="ij")
    return (((y - 8 - i * 5 % 13) ** 2 + (x - 8 - i * 7 % 11) ** 2) < 20 + i % 3 * 10).float().reshape(n, 784)


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    x = images(64)
    for name, make in [("dense", Dense), ("strided", Strided)]:
        torch.manual_seed(1)
        model = make()
        adam = torch.optim.Adam(model.parameters(), 3e-3)
        for _ in range(200):
            mean, logvar = model.encode(x)
            z = mean + torch.randn_like(mean) * (logvar / 2).exp()
            reconstruction = F.binary_cross_entropy_with_logits(model.decode(z), x, reduction="sum") / len(x)
            kl = 0.5 * (mean**2 + logvar.exp() - logvar - 1).sum() / len(x)
            adam.zero_grad()
            (reconstruction + kl).backward()
            adam.step()
        print(name, f"{(reconstruction + kl).item():.1f} nats")
        # The network that is saved is the one with weights of 16 bits.
        model.half().float()
        save_file({name: t.half() for name, t in model.state_dict().items()}, FOLDER / f"{name}.safetensors")
        with torch.no_grad():
            mean, logvar = model.encode(x[:4])
            expected = {"x": x[:4], "mean": mean, "logvar": logvar, "images": torch.sigmoid(model.decode(mean))}
            save_file({name: t.contiguous() for name, t in expected.items()}, FOLDER / f"{name}.expected.safetensors")


main()
