"""Cuts what the tests of the scene module's parts need out of the reference fixtures.

    python tools/reference/extract_scene_parts.py GOLDEN core/src/test/resources/golden

GOLDEN is the folder of reference fixtures (components/, scene/). The whole of them is replayed by `vla3d verify`.
"""

import json
import shutil
import sys
from pathlib import Path

from safetensors.numpy import load_file, save_file

golden, target = Path(sys.argv[1]), Path(sys.argv[2])

# Left out because they are large: name of the file, start of the tensor's name.
LARGE = {
    "ijepa_model.safetensors": ("sincos2d.dim32", "sincos2d_cls.dim32", "sincos2d.dim48"),
    "sinusoidal.safetensors": ("sine.n128",),
    "fps_chamfer.safetensors": ("fps1.", "cd2."),
    "msda_core.safetensors": ("c1.", "c3.f32"),
}
PROBLEMS = 36


def components(source, folder):
    folder.mkdir(parents=True, exist_ok=True)
    manifest = json.loads((source / "manifest.json").read_text())
    problems = manifest["files"]["hungarian.safetensors"]
    problems["cases"] = [case for case in problems["cases"] if case["i"] < PROBLEMS]
    for name in manifest["files"]:
        tensors = {k: v for k, v in load_file(source / name).items() if not k.startswith(LARGE.get(name, "-"))}
        if name == "hungarian.safetensors":
            tensors = {k: v for k, v in tensors.items() if int(k.split(".")[0][1:]) < PROBLEMS}
        save_file(tensors, folder / name)
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")


def completion(source, folder):
    (folder / "inputs").mkdir(parents=True, exist_ok=True)
    parts = load_file(source / "parts.safetensors")
    save_file({k: v for k, v in parts.items() if k.split(".")[0] in ("observed", "completion")},
              folder / "parts.safetensors")
    clouds = load_file(source / "inputs" / "case_d.safetensors")
    save_file({k: v for k, v in clouds.items() if k.startswith("in.cloud.")}, folder / "inputs" / "case_d.safetensors")
    shutil.copyfile(source / "inputs" / "case_d_completion.safetensors",
                    folder / "inputs" / "case_d_completion.safetensors")


components(golden / "components", target / "components")
completion(golden / "scene", target / "completion")
