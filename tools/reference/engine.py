#!/usr/bin/env python3
"""Writes a folder of reference tensors for layers, attention, optimisers, clipping, schedules and averages.

The layers are PyTorch's own or written here with its plain operations; the LeRobot schedule is LeRobot's own class.
Needs torch, safetensors and, for that schedule, lerobot. Every size is an argument:

    python tools/reference/engine.py --out DIR [--seed 7] [--width 16] ...
"""
import argparse
import json
import math
import platform
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

parser = argparse.ArgumentParser()
parser.add_argument("--out", type=Path, required=True)
parser.add_argument("--seed", type=int, default=7)
parser.add_argument("--batch", type=int, default=2)
parser.add_argument("--tokens", type=int, default=5)
parser.add_argument("--context", type=int, default=6, help="tokens that cross-attention reads")
parser.add_argument("--width", type=int, default=12)
parser.add_argument("--context-width", type=int, default=8)
parser.add_argument("--hidden", type=int, default=14)
parser.add_argument("--heads", type=int, default=4)
parser.add_argument("--key-heads", type=int, default=2)
parser.add_argument("--head-width", type=int, default=4)
parser.add_argument("--channels", type=int, default=4)
parser.add_argument("--image", type=int, default=6)
parser.add_argument("--kernel", type=int, default=3)
parser.add_argument("--stride", type=int, default=2)
parser.add_argument("--padding", type=int, default=1)
parser.add_argument("--groups", type=int, default=2)
parser.add_argument("--rows", type=int, default=9, help="rows of the embedding table")
parser.add_argument("--base", type=float, default=10000.0, help="base of the rotary angles")
parser.add_argument("--steps", type=int, default=24, help="optimiser steps")
parser.add_argument("--schedule-steps", type=int, default=120)
args = parser.parse_args()

generator = torch.Generator().manual_seed(args.seed)


def rand(*shape):
    return torch.randn(shape, generator=generator)


# ------------------------------------------------------------------------------------------------ layers


class Plain(torch.nn.Module):
    """A module with named parameters and a function that uses them."""

    def __init__(self, function, **parameters):
        super().__init__()
        self.function = function
        for name, value in parameters.items():
            self.register_parameter(name, torch.nn.Parameter(value))

    def forward(self, *inputs):
        return self.function(self, *inputs)


def rms(x, eps):
    wide = x.float()
    return wide * torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + eps)


ACTIVATIONS = {
    "GELU": F.gelu,
    "GELU_TANH": lambda x: F.gelu(x, approximate="tanh"),
    "SILU": F.silu,
    "RELU": F.relu,
}


class Mlp(torch.nn.Module):
    def __init__(self, activation, names, widths):
        super().__init__()
        self.activation = ACTIVATIONS[activation]
        self.names = names
        for i, name in enumerate(names):
            self.add_module(name, torch.nn.Linear(widths[i], widths[i + 1]))

    def forward(self, x):
        for i, name in enumerate(self.names):
            x = getattr(self, name)(x if i == 0 else self.activation(x))
        return x


class GatedMlp(torch.nn.Module):
    def __init__(self, width, hidden, activation):
        super().__init__()
        self.activation = ACTIVATIONS[activation]
        self.gate_proj = torch.nn.Linear(width, hidden, bias=False)
        self.up_proj = torch.nn.Linear(width, hidden, bias=False)
        self.down_proj = torch.nn.Linear(hidden, width, bias=False)

    def forward(self, x):
        return self.down_proj(self.activation(self.gate_proj(x)) * self.up_proj(x))


def half_rotary(x, positions, base):
    d = x.shape[-1]
    frequency = 1.0 / (base ** (torch.arange(0, d, 2, dtype=torch.float32) / d))
    angle = positions.float()[:, None, :, None] * frequency
    cos, sin = angle.cos().to(x.dtype), angle.sin().to(x.dtype)
    a, b = x.chunk(2, -1)
    return torch.cat((a * cos - b * sin, b * cos + a * sin), -1)


def attend(q, k, v, mask):
    """Attention written out; a row without any key gives zeros."""
    share = q.shape[1] // k.shape[1]
    k, v = k.repeat_interleave(share, 1), v.repeat_interleave(share, 1)
    logits = q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])
    if mask is not None:
        bias = torch.zeros(mask.shape).masked_fill(~mask, -torch.inf) if mask.dtype == torch.bool else mask
        logits = logits + bias
        readable = (bias > -torch.inf).any(-1, keepdim=True)
        logits = logits.masked_fill(~readable, 0)
        return (logits.softmax(-1) * readable) @ v
    return logits.softmax(-1) @ v


class MultiHeadAttention(torch.nn.Module):
    def __init__(self, c):
        super().__init__()
        self.c = c
        inner, keys = c["heads"] * c["head_width"], c["key_heads"] * c["head_width"]
        for name, i, o in zip(
            c["names"],
            (c["width"], c["context_width"], c["context_width"], inner),
            (inner, keys, keys, c["width"]),
        ):
            self.add_module(name, torch.nn.Linear(i, o, bias=c["bias"]))

    def forward(self, x, context, mask=None, query_positions=None, key_positions=None):
        q, k, v = (
            getattr(self, name)(t).unflatten(-1, (-1, self.c["head_width"])).transpose(1, 2)
            for name, t in zip(self.c["names"], (x, context, context))
        )
        if query_positions is not None:
            q = half_rotary(q, query_positions, self.c["base"])
            k = half_rotary(k, key_positions, self.c["base"])
        y = attend(q, k, v, mask).transpose(1, 2).flatten(2)
        return getattr(self, self.c["names"][3])(y)


layers, tensors = [], {}


def layer(name, type_, module, config, inputs):
    """Runs a module, and its derivatives against a random weight on its output."""
    with torch.no_grad():
        for parameter in module.parameters():
            # By fan-in, so that attention stays well-conditioned at every width.
            scale = 0.5 if parameter.dim() < 2 else parameter[0].numel() ** -0.5
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * scale)
    leaves = {
        k: v.clone().requires_grad_() if v.is_floating_point() and k != "mask" else v for k, v in inputs.items()
    }
    y = module(*leaves.values())
    weight = rand(*y.shape).to(y.dtype)
    (y * weight).sum().backward()
    entry = {"name": name, "type": type_, "config": config, "inputs": list(inputs)}
    layers.append(entry)
    for k, v in inputs.items():
        tensors[f"{name}.input.{k}"] = v
        if leaves[k].requires_grad:
            tensors[f"{name}.gradient.input.{k}"] = leaves[k].grad
    for k, v in module.named_parameters():
        tensors[f"{name}.parameter.{k}"] = v.detach().clone()
        tensors[f"{name}.gradient.parameter.{k}"] = v.grad
    tensors[f"{name}.output"] = y.detach()
    tensors[f"{name}.output_weight"] = weight


B, N, M, D, C = args.batch, args.tokens, args.context, args.width, args.channels
tokens = lambda: rand(B, N, D)

for bias in (True, False):
    layer(
        f"linear_{'bias' if bias else 'plain'}",
        "linear",
        torch.nn.Linear(D, args.hidden, bias=bias),
        {"in": D, "out": args.hidden, "bias": bias},
        {"x": tokens()},
    )
layer(
    "linear_bf16_masters",
    "linear",
    Plain(lambda m, x: F.linear(x, m.weight.bfloat16(), m.bias.bfloat16()), weight=rand(args.hidden, D), bias=rand(args.hidden)),
    {"in": D, "out": args.hidden, "bias": True},
    {"x": tokens().bfloat16()},
)
for name, groups, bias in (("plain", 1, True), ("groups", args.groups, False)):
    config = {
        "in": C,
        "out": 2 * C,
        "kernel": args.kernel,
        "stride": args.stride,
        "padding": args.padding,
        "groups": groups,
        "bias": bias,
    }
    settings = {"stride": args.stride, "padding": args.padding, "groups": groups, "bias": bias}
    layer(f"conv1d_{name}", "conv1d", torch.nn.Conv1d(C, 2 * C, args.kernel, **settings), config, {"x": rand(B, C, args.image)})
    layer(f"conv2d_{name}", "conv2d", torch.nn.Conv2d(C, 2 * C, args.kernel, **settings), config, {"x": rand(B, C, args.image, args.image)})
layer(
    "conv_transpose2d",
    "conv_transpose2d",
    torch.nn.ConvTranspose2d(C, 2 * C, args.kernel, args.stride, args.padding),
    {"in": C, "out": 2 * C, "kernel": args.kernel, "stride": args.stride, "padding": args.padding, "groups": 1, "bias": True},
    {"x": rand(B, C, args.image, args.image)},
)
layer("layer_norm", "layer_norm", torch.nn.LayerNorm(D, 1e-6), {"width": D, "epsilon": 1e-6}, {"x": tokens()})
layer(
    "group_norm",
    "group_norm",
    torch.nn.GroupNorm(args.groups, C),
    {"groups": args.groups, "channels": C, "epsilon": 1e-5},
    {"x": rand(B, C, args.image, args.image)},
)
layer(
    "rms_norm_plain",
    "rms_norm",
    Plain(lambda m, x: rms(x, 1e-6) * m.weight, weight=rand(D)),
    {"width": D, "epsilon": 1e-6, "gemma": False},
    {"x": tokens()},
)
layer(
    "rms_norm_gemma",
    "rms_norm",
    Plain(lambda m, x: (rms(x, 1e-6) * (1 + m.weight)).to(x.dtype), weight=rand(D)),
    {"width": D, "epsilon": 1e-6, "gemma": True},
    {"x": tokens()},
)
ids = torch.randint(0, args.rows, (B, N), generator=generator)
ids[0, 0] = 0
for padding in (-1, 0):
    layer(
        f"embedding_{'padding' if padding == 0 else 'plain'}",
        "embedding",
        torch.nn.Embedding(args.rows, D, padding_idx=None if padding < 0 else padding),
        {"n": args.rows, "width": D, "padding": padding},
        {"ids": ids},
    )
for activation in ACTIVATIONS:
    names, widths = (["fc1", "fc2"], [D, args.hidden, D]) if activation != "RELU" else (["0", "1", "2"], [D, args.hidden, args.hidden, 3])
    layer(f"mlp_{activation.lower()}", "mlp", Mlp(activation, names, widths), {"activation": activation, "names": names, "widths": widths}, {"x": tokens()})
layer(
    "gated_mlp",
    "gated_mlp",
    GatedMlp(D, args.hidden, "GELU_TANH"),
    {"width": D, "hidden": args.hidden, "activation": "GELU_TANH"},
    {"x": tokens()},
)

# ------------------------------------------------------------------------------------------- attention

allowed = torch.rand((B, 1, N, M), generator=generator) < 0.6
allowed[..., 0] = True
empty = allowed.clone()
empty[0, 0, 0] = False
additive = rand(B, 1, N, M).masked_fill(~allowed, -torch.inf)
additive_empty = additive.masked_fill(~empty, -torch.inf)
H, G, d = args.heads, args.key_heads, args.head_width
for name, mask, heads in (
    ("none", None, H),
    ("bool", allowed, H),
    ("bool_empty_row", empty, H),
    ("additive", additive, H),
    ("additive_empty_row", additive_empty, H),
    ("grouped", None, G),
    ("grouped_bool_empty_row", empty, G),
):
    inputs = {"query": rand(B, H, N, d), "key": rand(B, heads, M, d), "value": rand(B, heads, M, d)}
    if mask is not None:
        inputs["mask"] = mask
    layer(f"attention_{name}", "attention", Plain(lambda m, q, k, v, mask=None: attend(q, k, v, mask)), {}, inputs)

query_positions = torch.arange(M, M + N).expand(B, N).contiguous()
key_positions = torch.randint(0, 4 * M, (B, M), generator=generator)
layer(
    "rotary_half",
    "rotary_half",
    Plain(lambda m, x, p: half_rotary(x, p, args.base)),
    {"base": args.base},
    {"x": rand(B, H, N, d), "positions": query_positions},
)
config = {"width": D, "context_width": D, "heads": H, "key_heads": H, "head_width": D // H, "bias": True, "base": args.base, "names": ["query", "key", "value", "output"]}
x = tokens()
layer("self_attention", "multi_head_attention", MultiHeadAttention(config), config, {"x": x, "context": x.clone()})
config = config | {"context_width": args.context_width, "key_heads": G, "head_width": d, "bias": False, "names": ["q_proj", "k_proj", "v_proj", "o_proj"]}
layer(
    "cross_attention_rotary",
    "multi_head_attention",
    MultiHeadAttention(config),
    config,
    {"x": tokens(), "context": rand(B, M, args.context_width), "mask": empty, "query_positions": query_positions, "key_positions": key_positions},
)

# ------------------------------------------------------------------------------------------ optimisers

SHAPES = {"matrix": (D, 3), "vector": (D,), "late": (3, 2)}
GROUPS = [
    {"names": ["matrix"], "scale": 1.0, "decay": 0.1},
    {"names": ["vector", "late"], "scale": 0.1, "decay": 0.0},
]
optimizers, traces = [], {}


def trace(name, type_, dtype, make, config):
    """Steps with given gradients; 'late' has none in the first three steps and in the tenth."""
    first = {k: rand(*shape).to(dtype) for k, shape in SHAPES.items()}
    masters = config.get("masters", False) and dtype != torch.float32
    held = {k: (v.float() if masters else v.clone()) for k, v in first.items()}
    optimizer = make([{"params": [held[k] for k in g["names"]], "weight_decay": g["decay"]} for g in GROUPS])
    rates = torch.tensor([0.02 * (1 + math.cos(math.pi * s / args.steps)) for s in range(args.steps)], dtype=torch.float64)
    present = torch.ones(args.steps, dtype=torch.int64)
    present[:3] = 0
    present[min(10, args.steps - 1)] = 0
    gradients = {k: rand(args.steps, *shape).to(dtype) for k, shape in SHAPES.items()}
    after = {k: [] for k in SHAPES}
    for s in range(args.steps):
        for group, g in zip(optimizer.param_groups, GROUPS):
            group["lr"] = rates[s].item() * g["scale"]
        for k in SHAPES:
            held[k].grad = gradients[k][s].to(held[k].dtype) if k != "late" or present[s] else None
        optimizer.step()
        for k in SHAPES:
            after[k].append(held[k].to(dtype).clone())
    optimizers.append({"name": name, "type": type_, "config": config, "groups": GROUPS})
    traces[f"{name}.rates"] = rates
    traces[f"{name}.late_present"] = present
    for k in SHAPES:
        traces[f"{name}.first.{k}"] = first[k]
        traces[f"{name}.gradients.{k}"] = gradients[k]
        traces[f"{name}.after.{k}"] = torch.stack(after[k])
        for s, v in optimizer.state[held[k]].items():
            if v is not None:
                traces[f"{name}.state.{s}.{k}"] = v.clone()
        if masters:
            traces[f"{name}.state.master.{k}"] = held[k].clone()


def adamw(config, **more):
    return lambda groups: torch.optim.AdamW(groups, betas=tuple(config["betas"]), eps=config["epsilon"], **more)


adam = {"betas": [0.9, 0.95], "epsilon": 1e-8, "masters": True}
trace("adamw", "adamw", torch.float32, adamw(adam), adam)
trace("adamw_bf16_masters", "adamw", torch.bfloat16, adamw(adam), adam)
adam = adam | {"masters": False}
trace("adamw_bf16", "adamw", torch.bfloat16, adamw(adam, fused=True), adam)
for momentum in (0.0, 0.9):
    trace(
        f"sgd_{'momentum' if momentum else 'plain'}",
        "sgd",
        torch.float32,
        lambda groups, momentum=momentum: torch.optim.SGD(groups, lr=0.1, momentum=momentum),
        {"momentum": momentum},
    )

clips = []
for name, scale, largest in (("clipped", 3.0, 1.0), ("left", 0.01, 1.0), ("zero", 0.0, 0.5)):
    grads = {k: rand(*shape) * scale for k, shape in SHAPES.items()}
    held = {k: torch.zeros(v.shape) for k, v in grads.items()}
    for k, v in grads.items():
        held[k].grad = v.clone()
    norm = torch.nn.utils.clip_grad_norm_(held.values(), largest)
    clips.append({"name": f"clip_{name}", "largest": largest})
    traces[f"clip_{name}.norm"] = norm
    for k, v in grads.items():
        traces[f"clip_{name}.before.{k}"] = v
        traces[f"clip_{name}.after.{k}"] = held[k].grad

averages = []
for name, decay, warmup in (("plain", 0.99, False), ("warmup", 0.999, True)):
    first = rand(D)
    weights = rand(args.steps, D)
    average, after = first.clone(), []
    for n in range(args.steps):
        keep = min(decay, (1 + n) / (10 + n)) if warmup else decay
        average = average * keep + weights[n] * (1 - keep)
        after.append(average)
    averages.append({"name": f"ema_{name}", "decay": decay, "warmup": warmup})
    traces[f"ema_{name}.first.weight"] = first
    traces[f"ema_{name}.weights"] = weights
    traces[f"ema_{name}.after"] = torch.stack(after)

# ------------------------------------------------------------------------------------------- schedules

schedules, rates = [], {}


def openpi_torch(warmup, peak, total, end):
    """openpi's PyTorch trainer."""

    def at(step):
        if step < warmup:
            first = peak / (warmup + 1)
            return first + (peak - first) * step / warmup
        progress = min(1.0, (step - warmup) / max(1, total - warmup))
        return end + (peak - end) * 0.5 * (1 + math.cos(math.pi * progress))

    return at


def optax_cosine(warmup, peak, total, end):
    """optax's warmup_cosine_decay_schedule by its documentation: linear, then cosine decay with alpha = end / peak."""
    first = peak / (warmup + 1)

    def at(step):
        if step < warmup:
            left = 1 - min(max(step, 0), warmup) / warmup
            return (first - peak) * left + peak
        count = min(step - warmup, total - warmup)
        decayed = 0.5 * (1 + math.cos(math.pi * count / (total - warmup)))
        alpha = end / peak
        return peak * ((1 - alpha) * decayed + alpha)

    return at


def lerobot(warmup, decay, peak, end, training):
    from lerobot.optim.schedulers import CosineDecayWithWarmupSchedulerConfig

    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=peak)
    scheduler = CosineDecayWithWarmupSchedulerConfig(
        num_warmup_steps=warmup, num_decay_steps=decay, peak_lr=peak, decay_lr=end
    ).build(optimizer, training)
    values = []
    for _ in range(args.schedule_steps):
        values.append(scheduler.get_last_lr()[0])
        optimizer.step()
        scheduler.step()
    return lambda step: values[step]


S = args.schedule_steps
for name, make in (("openpi", openpi_torch), ("optax", optax_cosine)):
    for kind, warmup, peak, total, end in (
        ("decay", S // 10, 2.5e-5, S - S // 5, 2.5e-6),
        ("constant", S // 5, 5e-5, 4 * S, 5e-5),
        ("no_warmup", 0, 1e-3, S // 2, 0.0),
    ):
        at = make(warmup, peak, total, end)
        schedules.append({"name": f"{name}_{kind}", "type": "warmup_cosine", "warmup": warmup, "peak": peak, "total": total, "end": end})
        rates[f"{name}_{kind}"] = torch.tensor([at(s) for s in range(S)], dtype=torch.float64)
for kind, warmup, decay, training in (("whole", S // 10, S // 2, S), ("scaled", S // 3, 3 * S, S - 1), ("no_warmup", 0, S, S)):
    at = lerobot(warmup, decay, 2.5e-5, 2.5e-6, training)
    schedules.append({"name": f"lerobot_{kind}", "type": "lerobot_cosine", "warmup": warmup, "decay": decay, "peak": 2.5e-5, "end": 2.5e-6, "training": training})
    rates[f"lerobot_{kind}"] = torch.tensor([at(s) for s in range(S)], dtype=torch.float64)

# ---------------------------------------------------------------------------------------------- writing

args.out.mkdir(parents=True, exist_ok=True)
for file, content in (("layers", tensors), ("training", traces), ("schedules", rates)):
    save_file({k: v.contiguous().clone() for k, v in content.items()}, args.out / f"{file}.safetensors")
manifest = {
    "kind": "engine",
    "about": "Layers, attention, optimisers, clipping, averages and schedules; fp32 unless a tensor's type says otherwise.",
    "seed": args.seed,
    "dims": {k: v for k, v in vars(args).items() if k not in ("out", "seed")},
    "versions": {"python": platform.python_version(), "torch": torch.__version__},
    "tolerances": "layers and traces 1e-5 of a tensor's largest value (bf16: 1e-2), schedules 1e-12 relative",
    "layers": layers,
    "optimizers": optimizers,
    "clips": clips,
    "averages": averages,
    "schedules": schedules,
}
(args.out / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")
print(f"{len(tensors) + len(traces) + len(rates)} tensors")
