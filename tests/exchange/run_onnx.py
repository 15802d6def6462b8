"""Runs every FOLDER/*.onnx in onnxruntime on its examples: CASE.ROWS.in to CASE.ROWS.out."""

import sys
import time
from pathlib import Path

import numpy
import onnxruntime
from safetensors.numpy import load_file, save_file

TYPES = {"tensor(float)": numpy.float32, "tensor(int64)": numpy.int64}

folder = Path(sys.argv[1])
start = time.time()
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
options.log_severity_level = 3
failed = []
for file in sorted(folder.glob("*.onnx")):
    try:
        session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
        about = session.get_modelmeta().custom_metadata_map
        assert about["setup"].startswith("v=1&") and "licence" in about, about
        for given in session.get_inputs():
            assert given.name not in ("x", "z", "z_at_by", "tokens", "factors") or given.shape[0] == "batch", given.shape
        types = {i.name: TYPES[i.type] for i in session.get_inputs()}
        for example in folder.glob(f"{file.stem}.*.in"):
            given = {name: value.astype(types[name]) for name, value in load_file(example).items() if name in types}
            gave = session.run(None, given)
            names = [o.name for o in session.get_outputs()]
            rows = {name: numpy.ascontiguousarray(value, numpy.float32) for name, value in zip(names, gave)}
            save_file(rows, example.with_suffix(".out"))
    except Exception as error:
        failed.append(f"{file.name}: {str(error)[:300]}")
if failed:
    sys.exit("\n".join(failed[:40]) + f"\n{len(failed)} failures")
print(f"onnxruntime {onnxruntime.__version__}: {time.time() - start:.1f} s")
