"""Cuts the entries that the tests of package policy.processing need out of the reference fixtures.

    python tools/reference/extract_preprocess.py GOLDEN core/src/test/resources/golden

GOLDEN is the folder of reference fixtures (preprocess/, pi05/). The whole of them is replayed by `vla3d verify`.
"""

import json
import shutil
import sys
from pathlib import Path

from safetensors.numpy import load_file, save_file

golden, target = Path(sys.argv[1]), Path(sys.argv[2])

PIPELINES = {"aloha_missing_wrist"}
PICTURES = {7, 10, 11}
WHOLE = {"openpi_normalize.safetensors", "libero_state.safetensors", "openpi_running_stats.safetensors",
         "pi05_prompt_strings_openpi.json"}


def preprocess(source, folder):
    folder.mkdir(parents=True, exist_ok=True)
    for maker in ("lerobot", "openpi"):
        manifest = json.loads((source / f"manifest_{maker}.json").read_text())
        files = {}
        for name, entry in manifest["files"].items():
            cut = CUTS.get(name)
            if cut or name in WHOLE:
                files[name] = entry
                if cut:
                    cut(source / name, folder / name, entry)
                else:
                    shutil.copyfile(source / name, folder / name)
        (folder / f"manifest_{maker}.json").write_text(json.dumps({**manifest, "files": files}, indent=1) + "\n")
    for name in ["tokenizer.model", *(f"norm_stats_case{i}.json" for i in range(3)),
                 *(f"norm_stats_{tag}.json" for tag in PIPELINES)]:
        shutil.copyfile(source / name, folder / name)


def keep(condition):
    def cut(source, target, entry):
        save_file({k: v for k, v in load_file(source).items() if condition(k)}, target)

    return cut


def cases(key, wanted, condition):
    def cut(source, target, entry):
        entry["cases"] = [case for case in entry["cases"] if case[key] in wanted]
        keep(condition)(source, target, entry)

    return cut


def short(key, length):
    def cut(source, target, entry):
        content = json.loads(source.read_text())
        content[key] = [case for case in content[key] if case[length] < 200 or case.get("state")]
        target.write_text(json.dumps(content, separators=(",", ":")) + "\n")

    return cut


CUTS = {
    "pil_resize_with_pad.safetensors": cases(
        "case", PICTURES, lambda k: k.split(".")[0] in {f"c{i}" for i in PICTURES} | {"convert_to_uint8"}),
    "openpi_pipelines.safetensors": cases("tag", PIPELINES, lambda k: k.split(".")[0] in PIPELINES),
    "lerobot_normalize.safetensors": keep(lambda k: True),
    "state_bins.safetensors": keep(lambda k: "random" not in k),
    "lerobot_prompts.json": short("tokenized", "max_length"),
    "openpi_tokenize.json": short("cases", "max_len"),
}


def lerobot(source, folder):
    shutil.copytree(source / "lerobot", folder, dirs_exist_ok=True,
                    ignore=shutil.ignore_patterns("model.safetensors", "config.json", "tokenizer.model"))
    names = ("raw.observation.state", "raw.action", "pre.state", "pre.action", "in.tokens", "in.token_mask",
             "policy.chunk_normalized", "policy.chunk_env")
    tensors = load_file(source / "case_a.safetensors")
    save_file({name: tensors[name] for name in names}, folder / "case.safetensors")
    tasks = json.loads((source / "manifest.json").read_text())["raw_tasks"]
    (folder / "tasks.json").write_text(json.dumps(tasks) + "\n")


preprocess(golden / "preprocess", target / "preprocess")
lerobot(golden / "pi05", target / "lerobot")
