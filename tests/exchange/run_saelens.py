"""Has SAELens load every folder of a folder, as it is, and run it on the rows beside it.

    python tests/exchange/run_saelens.py FOLDER    # torch==2.15.0, sae-lens==6.54.12

NAME/cfg.json and NAME/sae_weights.safetensors are what we wrote; NAME.in has rows `x`, NAME.out gets `features` and `output`.
"""

import sys
import warnings
from pathlib import Path

warnings.filterwarnings("ignore")

import torch
from safetensors.torch import load_file, save_file
from sae_lens import SAE

folder = Path(sys.argv[1])
count = 0
for config in sorted(folder.glob("*/cfg.json")):
    name = config.parent.name
    sae = SAE.load_from_disk(config.parent)
    with torch.no_grad():
        features = sae.encode(load_file(folder / f"{name}.in")["x"])
        out = {"features": features.contiguous(), "output": sae.decode(features).contiguous()}
    save_file(out, folder / f"{name}.out")
    print(name, sae.cfg.architecture())
    count += 1
print(count, "loaded")
