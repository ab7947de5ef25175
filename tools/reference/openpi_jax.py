"""Turns a checkpoint of openpi's JAX models (orbax) into openpi's PyTorch layout, which vla3d loads.

    python tools/reference/openpi_jax.py convert CHECKPOINT OUT --horizon 10 [--precision float32|bfloat16]
    python tools/reference/openpi_jax.py check GOLDEN/pi05 [--openpi OPENPI]

CHECKPOINT is the folder with params/ (and assets/, which is copied). OUT gets model.safetensors and config.json. Every
array must be known, none may be missing, and LoRA factors are merged into what they adapt (scale 1). Sizes are read from
the arrays. Needs orbax-checkpoint, jax, numpy, ml_dtypes, safetensors, torch; memory for the weights once, and the
largest of them again.

`check` takes the tiny openpi checkpoint of the reference fixtures, lays its tensors out as JAX has them, writes that with
orbax, converts it back and compares to the bit. With --openpi (a checkout; needs flax and einops too) openpi's own JAX
model is restored from those orbax files and its results are compared with the fixture that openpi's JAX model left.
"""
import argparse
import json
import re
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np

TRUNK = "paligemma_with_expert."
VLM = TRUNK + "paligemma.model."
TOWER = VLM + "vision_tower.vision_model."
STACKS = {"": VLM + "language_model.", "_1": TRUNK + "gemma_expert.model."}


# ---------------------------------------- layouts


class Arrays:
    """Arrays by path; each is taken once, and none may be left."""

    def __init__(self, arrays):
        self.left = arrays

    def __contains__(self, key):
        return key in self.left

    def take(self, key):
        if key not in self.left:
            raise SystemExit(f"checkpoint: wanted an array '{key}', got none of that name")
        return self.left.pop(key)

    def none_left(self):
        if self.left:
            raise SystemExit(f"checkpoint: arrays that no model of openpi has: {sorted(self.left)[:8]}")


def einsum(a, key):
    """The weight of an einsum, with its LoRA factors."""
    w = a.take(key + "/w")
    if key + "/lora_a" in a:
        w = w + np.matmul(a.take(key + "/lora_a"), a.take(key + "/lora_b"))
    return w


def mlp(a, key, name):
    w = a.take(f"{key}/{name}")
    if f"{key}/{name}_lora_a" in a:
        w = w + np.matmul(a.take(f"{key}/{name}_lora_a"), a.take(f"{key}/{name}_lora_b"))
    return w


def norm(a, key, name, layer=None):
    """A scale, or the dense map of pi0.5. The arrays of all layers are one array."""
    if key + "/scale" in a:
        scale = a.take(key + "/scale")
        return {name + ".weight": scale}
    return {name + ".dense.weight": np.swapaxes(a.take(key + "/Dense_0/kernel"), -1, -2),
            name + ".dense.bias": a.take(key + "/Dense_0/bias")}


def convert(a):
    """Arrays of openpi's JAX tree, without the levels `params` and `value`, to tensors of its PyTorch model."""
    out = {}
    img, llm = "PaliGemma/img/", "PaliGemma/llm/"
    out[TOWER + "embeddings.patch_embedding.weight"] = a.take(img + "embedding/kernel").transpose(3, 2, 0, 1)
    out[TOWER + "embeddings.patch_embedding.bias"] = a.take(img + "embedding/bias")
    out[TOWER + "embeddings.position_embedding.weight"] = a.take(img + "pos_embedding")[0]
    block = img + "Transformer/encoderblock/"
    layers = {}
    for i in (0, 1):
        layers[f"layer_norm{i + 1}.weight"] = a.take(f"{block}LayerNorm_{i}/scale")
        layers[f"layer_norm{i + 1}.bias"] = a.take(f"{block}LayerNorm_{i}/bias")
        layers[f"mlp.fc{i + 1}.weight"] = np.swapaxes(a.take(f"{block}MlpBlock_0/Dense_{i}/kernel"), 1, 2)
        layers[f"mlp.fc{i + 1}.bias"] = a.take(f"{block}MlpBlock_0/Dense_{i}/bias")
    for theirs, ours in (("query", "q_proj"), ("key", "k_proj"), ("value", "v_proj")):
        kernel = a.take(f"{block}MultiHeadDotProductAttention_0/{theirs}/kernel")  # [L, D, heads, d]
        n, width = kernel.shape[:2]
        layers[f"self_attn.{ours}.weight"] = np.swapaxes(kernel.reshape(n, width, -1), 1, 2)
        layers[f"self_attn.{ours}.bias"] = a.take(f"{block}MultiHeadDotProductAttention_0/{theirs}/bias").reshape(n, -1)
    kernel = a.take(f"{block}MultiHeadDotProductAttention_0/out/kernel")  # [L, heads, d, D]
    layers["self_attn.out_proj.weight"] = np.swapaxes(kernel.reshape(kernel.shape[0], -1, kernel.shape[-1]), 1, 2)
    layers["self_attn.out_proj.bias"] = a.take(f"{block}MultiHeadDotProductAttention_0/out/bias")
    spread(out, TOWER + "encoder.layers.", layers)
    out[TOWER + "post_layernorm.weight"] = a.take(img + "Transformer/encoder_norm/scale")
    out[TOWER + "post_layernorm.bias"] = a.take(img + "Transformer/encoder_norm/bias")
    out[VLM + "multi_modal_projector.linear.weight"] = a.take(img + "head/kernel").T
    out[VLM + "multi_modal_projector.linear.bias"] = a.take(img + "head/bias")
    table = a.take(llm + "embedder/input_embedding")
    out[TRUNK + "paligemma.lm_head.weight"] = table
    for suffix, stack in STACKS.items():
        layers = {}
        q = einsum(a, f"{llm}layers/attn/q_einsum{suffix}")  # [L, heads, D, d]
        layers["self_attn.q_proj.weight"] = q.transpose(0, 1, 3, 2).reshape(q.shape[0], -1, q.shape[2])
        kv = einsum(a, f"{llm}layers/attn/kv_einsum{suffix}")  # [L, 2, key heads, D, d]
        for i, name in enumerate(("k_proj", "v_proj")):
            w = kv[:, i]
            layers[f"self_attn.{name}.weight"] = w.transpose(0, 1, 3, 2).reshape(w.shape[0], -1, w.shape[2])
        o = einsum(a, f"{llm}layers/attn/attn_vec_einsum{suffix}")  # [L, heads, d, D]
        layers["self_attn.o_proj.weight"] = np.swapaxes(o.reshape(o.shape[0], -1, o.shape[-1]), 1, 2)
        gates = mlp(a, f"{llm}layers/mlp{suffix}", "gating_einsum")  # [L, 2, D, M]
        layers["mlp.gate_proj.weight"] = np.swapaxes(gates[:, 0], 1, 2)
        layers["mlp.up_proj.weight"] = np.swapaxes(gates[:, 1], 1, 2)
        layers["mlp.down_proj.weight"] = np.swapaxes(mlp(a, f"{llm}layers/mlp{suffix}", "linear"), 1, 2)
        layers |= norm(a, f"{llm}layers/pre_attention_norm{suffix}", "input_layernorm")
        layers |= norm(a, f"{llm}layers/pre_ffw_norm{suffix}", "post_attention_layernorm")
        spread(out, stack + "layers.", layers)
        out |= norm(a, f"{llm}final_norm{suffix}", stack + "norm")
    for name in ("action_in_proj", "action_out_proj", "state_proj", "action_time_mlp_in", "action_time_mlp_out",
                 "time_mlp_in", "time_mlp_out"):
        if f"{name}/kernel" in a:
            out[f"{name}.weight"] = a.take(f"{name}/kernel").T
            out[f"{name}.bias"] = a.take(f"{name}/bias")
    a.none_left()
    # openpi's PyTorch model declares it and never uses it.
    width = out["action_in_proj.weight"].shape[0]
    out[TRUNK + "gemma_expert.lm_head.weight"] = np.zeros((table.shape[0], width), table.dtype)
    return out


def spread(out, prefix, layers):
    for name, stacked in layers.items():
        for i, value in enumerate(stacked):
            out[f"{prefix}{i}.{name}"] = value


# ---------------------------------------- files


def read(folder):
    """Arrays of an orbax checkpoint by path, on the CPU."""
    import orbax.checkpoint as ocp
    import jax
    with ocp.PyTreeCheckpointer() as reader:
        tree = reader.metadata(folder).item_metadata
        tree = getattr(tree, "tree", tree)
        arguments = jax.tree.map(lambda _: ocp.RestoreArgs(restore_type=np.ndarray), tree)
        tree = reader.restore(folder, restore_args=arguments)
    flat = {}

    def walk(path, node):
        if isinstance(node, dict):
            for key, value in node.items():
                walk(path + [str(key)], value)
        else:
            flat["/".join(path)] = np.asarray(node)

    walk([], tree)
    return {re.sub(r"/value$", "", key.removeprefix("params/")): value for key, value in flat.items()}


def run_convert(args):
    import torch
    from safetensors.torch import save_file
    params = args.checkpoint / "params" if (args.checkpoint / "params").is_dir() else args.checkpoint
    arrays = read(params.resolve())
    print(f"{len(arrays)} arrays, {sum(v.size for v in arrays.values()):,d} numbers", file=sys.stderr)
    tensors = {}
    converted = convert(Arrays(arrays))
    for name in list(converted):
        value = converted.pop(name)
        if value.dtype.name == "bfloat16":
            tensor = torch.from_numpy(np.ascontiguousarray(value).view(np.int16)).view(torch.bfloat16)
        else:
            tensor = torch.from_numpy(np.ascontiguousarray(value))
        if args.precision:
            tensor = tensor.to(getattr(torch, args.precision))
        tensors[name] = tensor
    args.out.mkdir(parents=True, exist_ok=True)
    table = TRUNK + "paligemma.lm_head.weight"
    save_file(tensors, args.out / "model.safetensors",
              metadata={"format": "pt", VLM + "language_model.embed_tokens.weight": table})
    config = {"action_dim": tensors["action_in_proj.weight"].shape[1], "action_horizon": args.horizon,
              "paligemma_variant": "gemma_2b", "action_expert_variant": "gemma_300m",
              "precision": args.precision or str(tensors[table].dtype).removeprefix("torch.")}
    (args.out / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    if (args.checkpoint / "assets").is_dir():
        shutil.copytree(args.checkpoint / "assets", args.out / "assets", dirs_exist_ok=True)
    print(f"{args.out}: {len(tensors)} tensors")


# ---------------------------------------- check


def jax_tree(t, heads, vision_heads):
    """The opposite of `convert`, for a checkpoint without LoRA: a nested dictionary as openpi saves it."""
    depth = 1 + max(int(m[1]) for n in t if (m := re.search(r"language_model\.layers\.(\d+)\.", n)))
    seen = 1 + max(int(m[1]) for n in t if (m := re.search(r"encoder\.layers\.(\d+)\.", n)))
    flat = {}

    def tower(name):
        return np.stack([t[f"{TOWER}encoder.layers.{i}.{name}"] for i in range(seen)])

    img = "PaliGemma/img/"
    flat[img + "embedding/kernel"] = t[TOWER + "embeddings.patch_embedding.weight"].transpose(2, 3, 1, 0)
    flat[img + "embedding/bias"] = t[TOWER + "embeddings.patch_embedding.bias"]
    flat[img + "pos_embedding"] = t[TOWER + "embeddings.position_embedding.weight"][None]
    block = img + "Transformer/encoderblock/"
    width = t[TOWER + "embeddings.patch_embedding.bias"].shape[0]
    for i in (0, 1):
        flat[f"{block}LayerNorm_{i}/scale"] = tower(f"layer_norm{i + 1}.weight")
        flat[f"{block}LayerNorm_{i}/bias"] = tower(f"layer_norm{i + 1}.bias")
        flat[f"{block}MlpBlock_0/Dense_{i}/kernel"] = tower(f"mlp.fc{i + 1}.weight").transpose(0, 2, 1)
        flat[f"{block}MlpBlock_0/Dense_{i}/bias"] = tower(f"mlp.fc{i + 1}.bias")
    attention = block + "MultiHeadDotProductAttention_0/"
    for theirs, ours in (("query", "q_proj"), ("key", "k_proj"), ("value", "v_proj")):
        w = tower(f"self_attn.{ours}.weight").transpose(0, 2, 1)
        flat[f"{attention}{theirs}/kernel"] = w.reshape(seen, width, vision_heads, -1)
        flat[f"{attention}{theirs}/bias"] = tower(f"self_attn.{ours}.bias").reshape(seen, vision_heads, -1)
    flat[attention + "out/kernel"] = tower("self_attn.out_proj.weight").transpose(0, 2, 1).reshape(
        seen, vision_heads, -1, width)
    flat[attention + "out/bias"] = tower("self_attn.out_proj.bias")
    flat[img + "Transformer/encoder_norm/scale"] = t[TOWER + "post_layernorm.weight"]
    flat[img + "Transformer/encoder_norm/bias"] = t[TOWER + "post_layernorm.bias"]
    flat[img + "head/kernel"] = t[VLM + "multi_modal_projector.linear.weight"].T
    flat[img + "head/bias"] = t[VLM + "multi_modal_projector.linear.bias"]
    llm = "PaliGemma/llm/"
    flat[llm + "embedder/input_embedding"] = t[TRUNK + "paligemma.lm_head.weight"]
    for suffix, stack in STACKS.items():
        def layer(name):
            return np.stack([t[f"{stack}layers.{i}.{name}"] for i in range(depth)])

        d = t[f"{stack}layers.0.self_attn.q_proj.weight"].shape[0] // heads

        def split(name):  # [L, h d, D] to [L, h, D, d]
            w = layer(name)
            return w.reshape(depth, -1, d, w.shape[-1]).transpose(0, 1, 3, 2)

        flat[f"{llm}layers/attn/q_einsum{suffix}/w"] = split("self_attn.q_proj.weight")
        flat[f"{llm}layers/attn/kv_einsum{suffix}/w"] = np.stack(
            [split("self_attn.k_proj.weight"), split("self_attn.v_proj.weight")], axis=1)
        o = layer("self_attn.o_proj.weight")
        flat[f"{llm}layers/attn/attn_vec_einsum{suffix}/w"] = o.transpose(0, 2, 1).reshape(depth, heads, d, -1)
        flat[f"{llm}layers/mlp{suffix}/gating_einsum"] = np.stack(
            [layer("mlp.gate_proj.weight"), layer("mlp.up_proj.weight")], axis=1).transpose(0, 1, 3, 2)
        flat[f"{llm}layers/mlp{suffix}/linear"] = layer("mlp.down_proj.weight").transpose(0, 2, 1)
        for theirs, ours in (("pre_attention_norm", "input_layernorm"), ("pre_ffw_norm", "post_attention_layernorm")):
            key = f"{llm}layers/{theirs}{suffix}"
            if f"{stack}layers.0.{ours}.weight" in t:
                flat[key + "/scale"] = layer(ours + ".weight")
            else:
                flat[key + "/Dense_0/kernel"] = layer(ours + ".dense.weight").transpose(0, 2, 1)
                flat[key + "/Dense_0/bias"] = layer(ours + ".dense.bias")
        if stack + "norm.weight" in t:
            flat[f"{llm}final_norm{suffix}/scale"] = t[stack + "norm.weight"]
        else:
            flat[f"{llm}final_norm{suffix}/Dense_0/kernel"] = t[stack + "norm.dense.weight"].T
            flat[f"{llm}final_norm{suffix}/Dense_0/bias"] = t[stack + "norm.dense.bias"]
    for name in [n.removesuffix(".weight") for n in t if "." not in n.removesuffix(".weight") and n.endswith(".weight")]:
        flat[f"{name}/kernel"] = t[f"{name}.weight"].T
        flat[f"{name}/bias"] = t[f"{name}.bias"]
    tree = {}
    for key, value in flat.items():
        node = tree
        for part in key.split("/"):
            node = node.setdefault(part, {})
        node["value"] = np.ascontiguousarray(value)
    return {"params": tree}


def run_check(args):
    import orbax.checkpoint as ocp
    from safetensors.numpy import load_file
    dims = json.loads((args.golden / "manifest.json").read_text())["dims"]
    wanted = load_file(args.golden / "openpi" / "model.safetensors")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "jax"
        with ocp.PyTreeCheckpointer() as writer:
            writer.save(folder / "params", jax_tree(wanted, dims["heads"], dims["vis_heads"]))
        args.checkpoint, args.out, args.horizon, args.precision = folder, Path(temporary) / "out", dims["H"], None
        run_convert(args)
        got = load_file(args.out / "model.safetensors")
        dead = TRUNK + "gemma_expert.lm_head.weight"
        if got.keys() != wanted.keys():
            raise SystemExit(f"names differ: {sorted(got.keys() ^ wanted.keys())[:8]}")
        differ = [n for n in wanted if n != dead and not np.array_equal(got[n], wanted[n])]
        if differ:
            raise SystemExit(f"values differ: {differ[:8]}")
        print(f"orbax and back: {len(wanted) - 1} tensors equal to the bit")
        if args.openpi:
            theirs = official(args.openpi, read((folder / "params").resolve()), dims)
            # It writes o_proj of the language model as [heads x d, D], which is [D, heads x d] at the published sizes only.
            differ = [n for n, v in theirs.items() if not np.array_equal(got[n], v.reshape(got[n].shape))]
            missing = got.keys() - theirs.keys() - {dead, TRUNK + "paligemma.lm_head.weight"}
            if differ or any(n.startswith(TRUNK) for n in missing):
                raise SystemExit(f"openpi's converter has other values: {differ[:8]}, or names: {sorted(missing)[:8]}")
            print(f"openpi's own converter: {len(theirs)} tensors equal to the bit")


def official(openpi, arrays, dims):
    """What openpi's converter makes of vision, language model and expert."""
    import ast
    import torch
    from types import SimpleNamespace
    source = (openpi / "examples" / "convert_jax_model_to_pytorch.py").read_text()
    wanted = ("slice_paligemma_state_dict", "slice_gemma_state_dict")
    body = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef) and node.name in wanted]
    names = {"np": np, "torch": torch}
    exec(compile(ast.Module(body, []), "openpi", "exec"), names)
    vlm = SimpleNamespace(
        vision_config=SimpleNamespace(hidden_size=dims["vis_width"], num_hidden_layers=dims["vis_depth"]),
        text_config=SimpleNamespace(hidden_size=dims["width"], num_hidden_layers=dims["depth"],
                                    num_attention_heads=dims["heads"], head_dim=dims["head_dim"]))
    expert = SimpleNamespace(width=dims["ex_width"], depth=dims["depth"], num_heads=dims["heads"],
                             head_dim=dims["head_dim"], vocab_size=dims["vocab"])
    family = "pi05" if any(k.startswith("time_mlp") for k in arrays) else "pi0"
    mine = {k.removeprefix("PaliGemma/"): np.array(v) for k, v in arrays.items() if k.startswith("PaliGemma/")}
    first, left = names["slice_paligemma_state_dict"](mine, vlm)
    second = names["slice_gemma_state_dict"](left, expert, num_expert=1, checkpoint_dir=family, pi05=family == "pi05")
    table = VLM + "language_model.embed_tokens.weight"
    both = {k: np.asarray(v) for k, v in (first | second).items() if "lm_head" not in k}
    both[TRUNK + "paligemma.lm_head.weight"] = both.pop(table)
    return both


parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
commands = parser.add_subparsers(required=True)
one = commands.add_parser("convert")
one.add_argument("checkpoint", type=Path)
one.add_argument("out", type=Path)
one.add_argument("--horizon", type=int, required=True, help="actions of a chunk: the training configuration says")
one.add_argument("--precision", choices=("float32", "bfloat16"), help="default: as stored")
one.set_defaults(run=run_convert)
one = commands.add_parser("check")
one.add_argument("golden", type=Path)
one.add_argument("--openpi", type=Path)
one.set_defaults(run=run_check)
arguments = parser.parse_args()
arguments.run(arguments)
