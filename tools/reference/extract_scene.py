"""Cuts a copy that fits into the repository out of the reference fixtures of the scene module.

    python tools/reference/extract_scene.py GOLDEN/scene core/src/test/resources/golden/scene [--cases case_c,...] [--largest BYTES]

Weights, inputs and single functions are copied; of the outputs of a case, tensors above the limit are left out, but for
what comes out last. The completion parts have a copy of their own. `vla3d verify` replays the whole folder.
"""

import argparse
import json
import shutil
from pathlib import Path

from safetensors.numpy import load_file, save_file

ALWAYS = ("tokens", "variant.", "ssl.output", "loss.")
ELSEWHERE = ("observed", "completion")

parser = argparse.ArgumentParser()
parser.add_argument("source", type=Path)
parser.add_argument("target", type=Path)
parser.add_argument("--cases", default="case_c,case_e1,case_e4")
parser.add_argument("--largest", type=int, default=6500)
options = parser.parse_args()
source, target = options.source, options.target

manifest = json.loads((source / "manifest.json").read_text())
cases = {name: manifest["cases"][name] for name in options.cases.split(",")}
manifest["cases"] = cases
manifest["parts"] = {k: v for k, v in manifest["parts"].items() if k not in ELSEWHERE}
for folder in ["inputs", *manifest["configuration"]]:
    (target / folder).mkdir(parents=True, exist_ok=True)
(target / "manifest.json").write_text(json.dumps(manifest) + "\n")

inputs = {name for case in cases.values() for name in case["inputs"]}
for name in [f"inputs/{i}.safetensors" for i in sorted(inputs)] + list(manifest["refused"]):
    shutil.copyfile(source / name, target / name)
parts = load_file(source / "parts.safetensors")
save_file({k: v for k, v in parts.items() if k.split(".")[0] not in ELSEWHERE}, target / "parts.safetensors")
for preset in manifest["configuration"]:
    shutil.copyfile(source / preset / "weights.safetensors", target / preset / "weights.safetensors")
    for case in cases:
        tensors = load_file(source / preset / f"{case}.safetensors")
        kept = {k: v for k, v in tensors.items() if v.nbytes <= options.largest or k.startswith(ALWAYS)}
        save_file(kept, target / preset / f"{case}.safetensors")
