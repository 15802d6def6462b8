"""Writes sparse autoencoders as other libraries keep them, and what they make of some rows: what tests/exchange/dictionaries.rs reads.

    python tests/exchange/make_dictionaries.py    # torch==2.15.0, sae-lens==6.54.12, numpy==2.4.6, safetensors==0.8.0

Those of SAELens are made, saved and run by SAELens. Of the others the tensors have the names and shapes of their classes, and what their
`encode` and `decode` say is written out in PyTorch. Features are of directions of length one (SAELens: `fold_W_dec_norm`).
"""

import json
import shutil
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from sae_lens import SAE, BatchTopKTrainingSAE, BatchTopKTrainingSAEConfig
from sae_lens import GatedSAE, GatedSAEConfig, JumpReLUSAE, JumpReLUSAEConfig, StandardSAE, StandardSAEConfig, TopKSAE, TopKSAEConfig
from torch import Tensor

FOLDER = Path(__file__).parent / "dictionaries"
A, F, K = 12, 64, 5


def draw(*shape: int, scale: float = 1.0) -> Tensor:
    """Numbers that 16 bits hold."""
    return (torch.randn(*shape) * scale).half().float()


def unit(d_fa: Tensor) -> Tensor:
    return d_fa / d_fa.norm(dim=1, keepdim=True)


def fill(sae: SAE) -> None:
    """Weights by chance, with directions of any length."""
    with torch.no_grad():
        for name, p in sae.named_parameters():
            if name == "threshold":
                p.copy_(draw(F).abs() * 0.5)
            elif name == "r_mag":
                p.copy_(draw(F, scale=0.2))
            else:
                p.copy_(draw(*p.shape, scale=0.5 if p.ndim == 2 else 0.3))


def gave(expected: dict[str, Tensor], name: str, f_nf: Tensor, y_na: Tensor) -> None:
    expected[f"{name}.features"], expected[f"{name}.output"] = f_nf.detach().contiguous(), y_na.detach().contiguous()


def of_saelens(x: Tensor, expected: dict[str, Tensor]) -> None:
    plain = {"d_in": A, "d_sae": F}
    cases = {
        "saelens-standard": StandardSAE(StandardSAEConfig(**plain)),
        "saelens-jumprelu": JumpReLUSAE(JumpReLUSAEConfig(**plain, apply_b_dec_to_input=False)),
        "saelens-gated": GatedSAE(GatedSAEConfig(**plain, apply_b_dec_to_input=False)),
        "saelens-topk": TopKSAE(TopKSAEConfig(**plain, k=K, rescale_acts_by_decoder_norm=True)),
        "saelens-topk-unit": TopKSAE(TopKSAEConfig(**plain, k=K)),
    }
    for name, sae in cases.items():
        fill(sae)
        if name == "saelens-topk-unit":
            sae.W_dec.data = unit(sae.W_dec.data)
        sae.save_model(FOLDER / name)
    batch = BatchTopKTrainingSAE(BatchTopKTrainingSAEConfig(**plain, k=K))
    fill(batch)
    batch.topk_threshold.fill_(1.25)
    batch.save_inference_model(FOLDER / "saelens-batchtopk")
    # As version 3 wrote it.
    before = FOLDER / "saelens-before-6"
    before.mkdir()
    theirs = TopKSAE(TopKSAEConfig(**plain, k=K))
    fill(theirs)
    theirs.W_dec.data = unit(theirs.W_dec.data)
    save_file({**theirs.state_dict(), "scaling_factor": torch.ones(F)}, before / "sae_weights.safetensors")
    cfg = {
        **plain, "activation_fn_str": "topk", "activation_fn_kwargs": {"k": K}, "dtype": "torch.float32", "device": "cpu",
        "model_name": "gpt2", "hook_name": "blocks.0.hook_resid_pre", "normalize_activations": "none", "finetuning_scaling_factor": False,
    }  # fmt: skip
    cfg["dtype"] = "float32"
    (before / "cfg.json").write_text(json.dumps(cfg))
    for folder in sorted(FOLDER.glob("saelens-*")):
        sae = SAE.load_from_disk(folder)
        f_nf = sae.encode(x)
        y_na = sae.decode(f_nf)
        # Of one that scales by itself they are scaled already.
        if not getattr(sae.cfg, "rescale_acts_by_decoder_norm", False):
            f_nf = f_nf * sae.W_dec.norm(dim=1)
        gave(expected, folder.name, f_nf, y_na)


def top(z_nf: Tensor) -> Tensor:
    values, indices = z_nf.relu().topk(K, dim=-1)
    return torch.zeros_like(z_nf).scatter(-1, indices, values)


def of_others(x: Tensor, expected: dict[str, Tensor]) -> None:
    def keep(name: str, tensors: dict[str, Tensor], f_nf: Tensor, d_fa: Tensor, b: Tensor, config: dict | None = None) -> None:
        folder = FOLDER / name
        folder.mkdir()
        save_file({key: t.contiguous() for key, t in tensors.items()}, folder / "ae.safetensors")
        if config:
            (folder / "config.json").write_text(json.dumps(config))
        gave(expected, name, f_nf * d_fa.norm(dim=1), f_nf @ d_fa + b)

    def drawn() -> tuple[Tensor, Tensor, Tensor, Tensor]:
        return draw(F, A, scale=0.5), draw(F, scale=0.3), draw(F, A, scale=0.5), draw(A, scale=0.3)

    def linear(e_fa: Tensor, d_fa: Tensor) -> dict[str, Tensor]:
        return {"encoder.weight": e_fa, "decoder.weight": d_fa.T}

    # dictionary_learning: AutoEncoder, AutoEncoderNew, AutoEncoderTopK, BatchTopKSAE, GatedAutoEncoder, JumpReluAutoEncoder,
    # MatryoshkaBatchTopKSAE.
    e, b_f, d, b = drawn()
    f = ((x - b) @ e.T + b_f).relu()
    keep("dl-relu", {**linear(e, d), "encoder.bias": b_f, "bias": b}, f, d, b)
    e, b_f, d, b = drawn()
    keep("dl-new", {**linear(e, d), "encoder.bias": b_f, "decoder.bias": b}, (x @ e.T + b_f).relu(), d, b)
    k, threshold = torch.tensor(K, dtype=torch.int32), torch.tensor(0.75)
    e, b_f, d, b = drawn()
    d = unit(d)
    number = {**linear(e, d), "encoder.bias": b_f, "b_dec": b, "k": k, "threshold": threshold}
    keep("dl-topk", number, top((x - b) @ e.T + b_f), d, b)
    f = ((x - b) @ e.T + b_f).relu()
    keep("dl-batchtopk", number, f * (f > threshold), d, b, {"trainer": {"dict_class": "BatchTopKSAE", "k": K}, "buffer": {}})
    e, b_f, d, b = drawn()
    r, m = draw(F, scale=0.2), draw(F, scale=0.3)
    p = (x - b) @ e.T
    f = (p + b_f > 0) * (r.exp() * p + m).relu()
    keep("dl-gated", {**linear(e, d), "decoder_bias": b, "r_mag": r, "gate_bias": b_f, "mag_bias": m}, f, d, b)
    e, b_f, d, b = drawn()
    theta = draw(F).abs() * 0.5
    z = x @ e.T + b_f
    plain = {"W_enc": e.T, "W_dec": d, "b_enc": b_f, "b_dec": b, "threshold": theta}
    keep("dl-jumprelu", plain, (z * (z > theta)).relu(), d, b)
    # Gemma Scope: the same, in NumPy's archive, here a packed one.
    (FOLDER / "gemma").mkdir()
    np.savez_compressed(FOLDER / "gemma" / "params.npz", **{key: t.numpy() for key, t in plain.items()})
    gave(expected, "gemma", expected["dl-jumprelu.features"].clone(), expected["dl-jumprelu.output"].clone())
    e, b_f, d, b = drawn()
    d = unit(d)
    f = ((x - b) @ e.T + b_f).relu()
    nested = {"W_enc": e.T, "W_dec": d, "b_enc": b_f, "b_dec": b, "k": k, "threshold": threshold, "group_sizes": torch.tensor([16, 48])}
    keep("dl-matryoshka", nested, f * (f > threshold), d, b)

    # sparsify.
    e, b_f, d, b = drawn()
    d = unit(d)
    tensors = {"encoder.weight": e, "encoder.bias": b_f, "W_dec": d, "b_dec": b}
    cfg = {"expansion_factor": 32, "normalize_decoder": True, "num_latents": F, "k": K, "d_in": A}
    keep("sparsify", tensors, top((x - b) @ e.T + b_f), d, b, cfg)

    # OpenAI: TopK, on rows that are normalised already.
    e, b_f, d, b = drawn()
    d = unit(d)
    (FOLDER / "openai").mkdir()
    tensors = {"encoder.weight": e, "latent_bias": b_f, "decoder.weight": d.T, "pre_bias": b, "stats_last_nonzero": torch.zeros(F)}
    np.savez(FOLDER / "openai" / "5.npz", **{key: t.contiguous().numpy() for key, t in tensors.items()})
    f = top((x - b) @ e.T + b_f)
    gave(expected, "openai", f, f @ d + b)


def main() -> None:
    torch.manual_seed(5)
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    x = draw(7, A)
    expected = {"x": x}
    with torch.no_grad():
        of_saelens(x, expected)
        of_others(x, expected)
    save_file(expected, FOLDER / "expected.safetensors")
    print(len(expected) // 2, "dictionaries")


main()
