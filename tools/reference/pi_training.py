"""Trains LeRobot's pi0 or pi0.5, tiny and with given weights, noise and times, on a fixed batch, and writes all that
somebody needs to do the same: {family}.safetensors (weights.*, in.*, noise, time, loss, norm, rate) and manifest.json.

    python tools/reference/pi_training.py --lerobot LEROBOT/src --out core/src/test/resources/golden/training

LEROBOT is a checkout of LeRobot; see lerobot_source.py for what else is needed. The optimiser and the schedule are the
ones that the policy's own configuration asks for, with another rate, so that 200 steps do something.
"""
import argparse
import json
import platform
from pathlib import Path

import lerobot_source

parser = argparse.ArgumentParser()
parser.add_argument("--lerobot", type=Path, required=True)
parser.add_argument("--out", type=Path, required=True)
parser.add_argument("--seed", type=int, default=11)
parser.add_argument("--steps", type=int, default=200)
parser.add_argument("--batch", type=int, default=2)
parser.add_argument("--rate", type=float, default=1e-3)
args = parser.parse_args()
lerobot_source.use(args.lerobot)

import torch  # noqa: E402
import transformers  # noqa: E402
from safetensors.torch import save_file  # noqa: E402

import pi_models  # noqa: E402

sizes = pi_models.TINY
args.out.mkdir(parents=True, exist_ok=True)
manifest = {"kind": "pi-training", "dims": sizes, "steps": args.steps, "batch": args.batch, "seed": args.seed,
            "versions": {"python": platform.python_version(), "torch": torch.__version__,
                         "transformers": transformers.__version__}, "families": {}}

for family in ("pi05", "pi0"):
    g = torch.Generator().manual_seed(args.seed)
    config = pi_models.config(family, sizes, optimizer_lr=args.rate, scheduler_decay_lr=args.rate / 10)
    model = pi_models.core(family, config, sizes)
    pi_models.randomise(model, g)
    model.train()
    tensors = {f"weights.{name}": p.detach().clone() for name, p in model.named_parameters() if "lm_head" not in name}

    b = args.batch
    images = [torch.rand((b, 3, sizes["image"], sizes["image"]), generator=g) * 2 - 1 for _ in pi_models.CAMERAS]
    present = [torch.ones(b, dtype=torch.bool) for _ in images]
    present[-1][0] = False
    tokens = torch.randint(1, sizes["vocab"], (b, sizes["toklen"]), generator=g)
    valid = torch.arange(sizes["toklen"])[None] < torch.tensor([[sizes["toklen"] - 3 - i] for i in range(b)])
    tokens = tokens * valid
    state = torch.zeros(b, sizes["maxs"])
    state[:, :sizes["S"]] = torch.randn((b, sizes["S"]), generator=g)
    actions = torch.zeros(b, sizes["H"], sizes["maxa"])
    actions[..., :sizes["A"]] = torch.randn((b, sizes["H"], sizes["A"]), generator=g)
    noise = torch.randn((args.steps, b, sizes["H"], sizes["maxa"]), generator=g)
    # Beta(1.5, 1) is the power 2/3 of a uniform number.
    time = torch.rand((args.steps, b), generator=g) ** (2 / 3) * config.time_sampling_scale + config.time_sampling_offset

    preset = config.get_optimizer_preset()
    optimizer = preset.build(model.parameters())
    scheduler = config.get_scheduler_preset().build(optimizer, args.steps)
    losses, norms, rates = [], [], []
    for step in range(args.steps):
        given = (state,) if family == "pi0" else ()
        element = model(images, present, tokens, valid, *given, actions, noise[step], time[step])
        loss = element[..., :sizes["A"]].mean()
        loss.backward()
        norms.append(torch.nn.utils.clip_grad_norm_(model.parameters(), preset.grad_clip_norm).item())
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        optimizer.zero_grad()
        scheduler.step()
        losses.append(loss.item())
    tensors |= {f"in.image{i}": t for i, t in enumerate(images)} | {f"in.image_mask{i}": t for i, t in enumerate(present)}
    tensors |= {"in.tokens": tokens, "in.token_mask": valid, "in.actions": actions, "noise": noise, "time": time}
    if family == "pi0":
        tensors["in.state"] = state
    for name, values in (("loss", losses), ("norm", norms), ("rate", rates)):
        tensors[name] = torch.tensor(values, dtype=torch.float64)
    save_file({k: v.contiguous() for k, v in tensors.items()}, args.out / f"{family}.safetensors")
    schedule = config.get_scheduler_preset()
    manifest["families"][family] = {
        "optimizer": {"betas": preset.betas, "eps": preset.eps, "weight_decay": preset.weight_decay,
                      "clip_norm": preset.grad_clip_norm},
        "schedule": {"warmup": schedule.num_warmup_steps, "decay": schedule.num_decay_steps,
                     "peak": schedule.peak_lr, "end": schedule.decay_lr},
        "loss": "mean over the first A action dimensions"}
    print(f"{family}: loss {losses[0]:.4f} -> {losses[-1]:.4f}, mean of the last 20 {sum(losses[-20:]) / 20:.4f}")
(args.out / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")
