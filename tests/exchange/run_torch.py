"""Loads every FOLDER/*.py with its state_dict and runs its examples: CASE.METHOD.ROWS.in to CASE.METHOD.ROWS.out."""

import importlib.util
import re
import sys
import time
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import nn


def load(file: Path) -> nn.Module:
    spec = importlib.util.spec_from_file_location(file.stem.replace("-", "_"), file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    made = [c for c in vars(module).values() if isinstance(c, type) and issubclass(c, nn.Module)]
    model = made[0]()
    model.load_state_dict(load_file(file.with_suffix(".safetensors")))
    return model


def train_once(model: nn.Module) -> None:
    """A loss has gradients, and state keeps its shapes."""
    given = {}
    for name, shape in re.findall(r"^ +(\w+): \[(.*?)\]", model.loss.__doc__, re.MULTILINE):
        dims = [eval(n, {"batch": 7}) for n in shape.split(",")]
        given[name] = torch.zeros(dims, dtype=torch.long) if name == "label" else torch.rand(dims)
    shapes = {name: t.shape for name, t in model.state_dict().items()}
    for _ in range(2):
        model.loss(**given)["loss"].backward()
    for name, t in model.state_dict().items():
        assert t.shape == shapes[name], f"{name} has become {list(t.shape)}"
    assert any(p.grad is not None and p.grad.isfinite().all() for p in model.parameters())


def run(folder: Path) -> None:
    failed = []
    for file in sorted(folder.glob("*.py")):
        try:
            model = load(file)
        except Exception as error:
            failed.append(f"{file.name}: {error}")
            continue
        for example in sorted(folder.glob(f"{file.stem}.*.in")):
            method = re.sub(r"(?<!^)(?=[A-Z])", "_", example.name.split(".")[1]).lower()
            method = "sample" if method == "prior" else method
            given = load_file(example)
            given = {name: t.long() if name in ("label", "tokens") else t for name, t in given.items()}
            try:
                with torch.no_grad():
                    gave = getattr(model, method)(**given)
            except Exception as error:
                failed.append(f"{file.name}: {method}: {error}")
                continue
            gave = gave if isinstance(gave, tuple) else (gave,)
            save_file({str(i): t.float().contiguous().clone() for i, t in enumerate(gave)}, example.with_suffix(".out"))
        if hasattr(model, "loss"):
            try:
                train_once(model)
            except Exception as error:
                failed.append(f"{file.name}: loss: {error}")
    if failed:
        sys.exit("\n".join(failed[:40]) + f"\n{len(failed)} failures")


def train(folder: Path) -> None:
    """Steps of Adam on the batches and the noise of step.N; prints the losses."""
    model = load(folder / "model.py")
    adam = torch.optim.Adam(model.parameters(), lr=float((folder / "rate").read_text()), eps=1e-8)
    for step in range(10):
        given = load_file(folder / f"step.{step}")
        loss = model.loss(**given)["loss"]
        adam.zero_grad()
        loss.backward()
        adam.step()
        print(loss.item())
    save_file(model.state_dict(), folder / "after.safetensors")


start = time.time()
torch.set_num_threads(1)
if sys.argv[1] == "run":
    run(Path(sys.argv[2]))
    print(f"torch {torch.__version__}: {time.time() - start:.1f} s")
else:
    train(Path(sys.argv[2]))
