"""Proves that folders saved by vla3d are loaded by the programs whose layout they have, and act the same there:

    python tools/reference/pi_saved.py lerobot GOLDEN/pi05 --lerobot LEROBOT/src
    python tools/reference/pi_saved.py openpi GOLDEN/pi05 --openpi OPENPI/src

GOLDEN/pi05 (or pi0) is a folder of reference fixtures: its tiny checkpoint is loaded by vla3d and saved elsewhere, then
loaded with LeRobot's `from_pretrained`, or with `safetensors.torch.load_model` into openpi's module as openpi does. Every
parameter and the actions of case_a are compared with the fixture. Build vla3d first (mvn package).

openpi wants transformers 4.53.2 with its own files copied over (openpi/models_pytorch/transformers_replace), so its run
needs another environment than LeRobot's.
"""
import argparse
import contextlib
import io
import json
import subprocess
import sys
import tempfile
import types
from pathlib import Path

import torch
from safetensors.torch import load_file, load_model

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("program", choices=("lerobot", "openpi"))
parser.add_argument("golden", type=Path)
parser.add_argument("--lerobot", type=Path)
parser.add_argument("--openpi", type=Path)
args = parser.parse_args()

home = Path(__file__).resolve().parents[2]
family = args.golden.name
manifest = json.loads((args.golden / "manifest.json").read_text())
dims = manifest["dims"]
case = load_file(args.golden / "case_a.safetensors")


def inputs():
    images = [case[f"in.image{i}"] for i in range(3)]
    masks = [case[f"in.image_mask{i}"] for i in range(3)]
    return images, masks, case["in.tokens"], case["in.token_mask"]


def compare(model, saved, actions, wanted, tolerance):
    file = load_file(saved / "model.safetensors")
    file = {name.removeprefix("model."): value for name, value in file.items()}
    n = 0
    for name, p in model.named_parameters(remove_duplicate=False):
        there = name if name in file else "paligemma_with_expert.paligemma.lm_head.weight"
        if not torch.equal(p.detach(), file[there]):
            raise SystemExit(f"{name} is not what the file says")
        n += 1
    original = load_file(args.golden / args.program / "model.safetensors")
    for name, value in original.items():
        name = name.removeprefix("model.")
        if "gemma_expert.lm_head" not in name and not torch.equal(file[name], value):
            raise SystemExit(f"{name}: saved is not what was loaded")
    difference = (actions - wanted).abs().max().item()
    print(f"{family} in {args.program}: {n} parameters equal to the bit; actions within {difference:.1e} of the reference's"
          f" own (largest {wanted.abs().max():.2f})")
    if not difference <= tolerance:
        raise SystemExit(f"wanted at most {tolerance}")


def lerobot(saved):
    import lerobot_source
    lerobot_source.use(args.lerobot)
    import pi_models
    policy_class = pi_models.classes(family)[1]
    said = io.StringIO()
    with pi_models.sized(family, dims), contextlib.redirect_stdout(said):
        policy = policy_class.from_pretrained(saved, local_files_only=True)
    # It goes on with random weights if loading fails, and only says so.
    print(said.getvalue().strip().splitlines()[-1])
    policy.eval()
    images, masks, tokens, valid = inputs()
    state = (case["in.state"],) if family == "pi0" else ()
    actions = policy.model.sample_actions(images, masks, tokens, valid, *state, noise=case["in.noise"], num_steps=10)
    compare(policy.model, saved, actions, case["sample.actions"], 2e-4)


def openpi(saved):
    for name in ("openpi", "openpi.models", "openpi.models_pytorch", "openpi.shared"):
        package = types.ModuleType(name)
        package.__path__ = [str(args.openpi.joinpath(*name.split(".")))]
        sys.modules[name] = package
    # Both need JAX: sizes are given here, and pictures are prepared already.
    gemma = types.ModuleType("openpi.models.gemma")
    gemma.get_config = lambda variant: types.SimpleNamespace(
        width=dims["width" if variant == "gemma_2b" else "ex_width"], depth=dims["depth"],
        mlp_dim=dims["mlp" if variant == "gemma_2b" else "ex_mlp"], num_heads=dims["heads"], num_kv_heads=dims["kv"],
        head_dim=dims["head_dim"])
    sys.modules["openpi.models.gemma"] = gemma
    sys.modules["openpi.models"].gemma = gemma
    tools = types.ModuleType("openpi.shared.image_tools")
    sys.modules["openpi.shared.image_tools"] = tools
    sys.modules["openpi.shared"].image_tools = tools
    import openpi.models_pytorch.gemma_pytorch as module
    from transformers.models.siglip import check
    check.check_whether_transformers_replace_is_installed_correctly = lambda: True
    vlm, causal = module.PaliGemmaForConditionalGeneration, module.GemmaForCausalLM

    def make_vlm(config):
        config._vocab_size = config.image_token_index = config.text_config.vocab_size = dims["vocab"]
        v = config.vision_config
        v.hidden_size, v.num_hidden_layers, v.num_attention_heads = dims["vis_width"], dims["vis_depth"], dims["vis_heads"]
        v.intermediate_size, v.patch_size, v.image_size = dims["vis_mlp"], dims["patch"], dims["image"]
        v.projection_dim = config.projection_dim = dims["width"]
        config.text_config.pad_token_id = 0
        return vlm(config=config)

    def make_expert(config):
        config.vocab_size, config.pad_token_id = dims["vocab"], 0
        return causal(config=config)

    module.PaliGemmaForConditionalGeneration, module.GemmaForCausalLM = make_vlm, make_expert
    from openpi.models_pytorch.pi0_pytorch import PI0Pytorch
    settings = types.SimpleNamespace(pi05=family == "pi05", paligemma_variant="gemma_2b",
                                     action_expert_variant="gemma_300m", dtype="float32", action_dim=dims["maxa"],
                                     action_horizon=dims["H"], pytorch_compile_mode=None)
    model = PI0Pytorch(settings)
    torch.set_float32_matmul_precision("highest")
    load_model(model, str(saved / "model.safetensors"))  # strict
    model.eval()
    images, masks, tokens, valid = inputs()
    state = case["in.state"] if family == "pi0" else torch.zeros(tokens.shape[0], dims["maxs"])
    model._preprocess_observation = lambda observation, train: (images, masks, tokens, valid, state)
    with torch.no_grad():
        actions = model.sample_actions("cpu", types.SimpleNamespace(state=state), noise=case["in.noise"], num_steps=10)
    wanted = load_file(args.golden / "openpi_outputs.safetensors")["case_a.sample.actions"]
    compare(model, saved, actions, wanted, 2e-4)


with tempfile.TemporaryDirectory() as temporary:
    saved = Path(temporary) / "saved"
    sizes = [f"{k}={v}" for k, v in dims.items() if isinstance(v, int) and not isinstance(v, bool)]
    subprocess.run(["java", "-cp", str(home / "cli/target/vla3d.jar"), str(home / "tools/reference/SavePi.java"),
                    str(args.golden / args.program), str(saved), args.program, *sizes], check=True)
    globals()[args.program](saved)
