"""Times a LIBERO request (two 224x224 cameras and an empty third, 45 valid of 200 prompt positions, 10 actions, 10 steps)
through LeRobot's PyTorch pi0.5 or pi0 and through `vla3d bench`, in turns, one process alive at a time, with the same random
weights:

    python tools/reference/pi_speed.py --lerobot LEROBOT/src --weights DIR [--family pi05] [--rounds 2] [--precision fp32]

DIR is what `vla3d bench pi05 --weights DIR` left there; it is made if it is not there. Full size wants 10 GB of memory for
ours and 9 (tower in bf16) or 10 GB (LeRobot's dtype=bfloat16) for theirs. LEROBOT is a checkout of LeRobot; see
lerobot_source.py for what else is needed.

--precision is that of ours; DIR has to hold weights of it. On a processor without bf16 arithmetic fp32 is many times faster,
and exact besides.

Three references:
  bf16 tower     the network as openpi runs it in PyTorch: of the tower only patches and positions stay fp32
  lerobot bf16   LeRobot's dtype=bfloat16: tower and projector stay fp32
  lerobot fp32   LeRobot's dtype=float32; wants 15 GB and is not run unless asked for

Best of the requests of all processes on either side; a process makes one request to warm up.
"""
import argparse
import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path

import lerobot_source

NARROW = ("patch_embedding", "position_embedding", "input_layernorm", "post_attention_layernorm", "model.norm")
WIDE = ("vision_tower", "multi_modal_projector", "input_layernorm", "post_attention_layernorm", "model.norm")
ALL = ("",)  # part of every name
WAYS = {"bf16 tower": NARROW, "lerobot bf16": WIDE, "lerobot fp32": ALL}
DEAD = ("lm_head.weight",)

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--lerobot", type=Path, required=True)
parser.add_argument("--weights", type=Path, required=True)
parser.add_argument("--family", choices=("pi05", "pi0"), default="pi05")
parser.add_argument("--rounds", type=int, default=2, help="processes of either side")
parser.add_argument("--requests", type=int, default=2, help="requests of a process, after the first")
parser.add_argument("--ways", nargs="*", choices=tuple(WAYS), default=["bf16 tower", "lerobot bf16"])
parser.add_argument("--precision", choices=("fp32", "lerobot_bf16", "openpi_bf16"), default="openpi_bf16")
parser.add_argument("--threads", type=int, default=os.cpu_count())
parser.add_argument("--vla3d", type=Path, default=Path(__file__).resolve().parents[2] / "vla3d")
parser.add_argument("--reference", choices=tuple(WAYS), help=argparse.SUPPRESS)
args = parser.parse_args()


def run_reference(way):
    """In a process of its own: times the request and prints a line of JSON."""
    lerobot_source.use(args.lerobot)
    import torch
    import transformers
    from safetensors import safe_open

    import pi_models

    torch.set_num_threads(args.threads)
    torch.set_grad_enabled(False)
    configuration = pi_models.config(args.family, dtype="float32")
    # No memory before the weights are there: they are mapped and converted one by one.
    with torch.device("meta"):
        model = pi_models.core(args.family, configuration)
    buffers(model, configuration)
    loaded = set()
    with safe_open(str(args.weights / "model.safetensors"), framework="pt") as file:
        named = dict(model.named_parameters())
        for key in file.keys():
            name = key.removeprefix("model.")
            narrow = name.startswith("paligemma_with_expert.") and not any(w in name for w in WAYS[way])
            value = file.get_tensor(key).to(torch.bfloat16 if narrow else torch.float32)
            if value.shape != named[name].shape:
                raise SystemExit(f"{name}: wanted {tuple(named[name].shape)}, got {tuple(value.shape)}")
            put(model, name, torch.nn.Parameter(value if WAYS[way] is ALL else value.clone(), requires_grad=False))
            loaded.add(name)
    left = [n for n, p in model.named_parameters() if n not in loaded and not n.endswith(DEAD)]
    if left:
        raise SystemExit(f"not in the weights: {left[:5]}")
    model.eval()
    if way == "bf16 tower":
        narrow_tower(model)
    generator = torch.Generator().manual_seed(1)
    length = configuration.tokenizer_max_length
    images = [torch.rand((1, 3, 224, 224), generator=generator) * 2 - 1 for _ in pi_models.CAMERAS]
    images[2] = torch.full_like(images[2], -1)
    masks = [torch.tensor([True]), torch.tensor([True]), torch.tensor([False])]
    valid = torch.arange(length)[None] < 45
    tokens = torch.randint(1, 257152, (1, length), generator=generator) * valid
    state = (torch.randn((1, 32), generator=generator),) if args.family == "pi0" else ()
    noise = torch.randn((1, configuration.chunk_size, configuration.max_action_dim), generator=generator)
    seconds = []
    for _ in range(1 + args.requests):
        began = time.perf_counter()
        actions = model.sample_actions(images, masks, tokens, valid, *state, noise=noise, num_steps=10)
        seconds.append(time.perf_counter() - began)
        if not torch.isfinite(actions).all():
            raise SystemExit("the actions are not finite")
    peak = next(int(line.split()[1]) * 1024 for line in open("/proc/self/status") if line.startswith("VmHWM"))
    print(json.dumps({"seconds": seconds[1:], "first": seconds[0], "peak": peak, "torch": torch.__version__,
                      "transformers": transformers.__version__}))


def put(model, name, value):
    parent, _, leaf = name.rpartition(".")
    setattr(model.get_submodule(parent), leaf, value)


def buffers(model, configuration):
    """Gives values to what is not in checkpoints: positions and rotary frequencies."""
    import torch
    for name, module in model.named_modules():
        for key, buffer in list(module._buffers.items()):
            if buffer is None or buffer.device.type != "meta":
                continue
            if key == "position_ids":
                value = torch.arange(buffer.shape[-1]).expand(buffer.shape).clone()
            elif key in ("inv_freq", "original_inv_freq"):
                n = buffer.shape[0]
                value = 10000.0 ** -(torch.arange(n) / n)
            elif key == "embed_scale":
                value = torch.tensor(module.scalar_embed_scale)
            else:
                raise SystemExit(f"{name}.{key}: a buffer that this script does not know")
            module._buffers[key] = value.to(buffer.dtype)


def narrow_tower(model):
    """LeRobot casts pictures to fp32 for its fp32 tower; openpi casts what the patches give to bf16. The same place here."""
    import torch
    embeddings = model.paligemma_with_expert.paligemma.model.vision_tower.vision_model.embeddings
    embeddings.register_forward_hook(lambda module, inputs, output: output.to(torch.bfloat16))


def child(command):
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise SystemExit(f"ended with status {done.returncode}: {' '.join(map(str, command))}")
    return done.stdout


def ours():
    return json.loads(child([str(args.vla3d), "bench", args.family, "--weights", str(args.weights), "--rounds",
                             str(args.requests), "--precision", args.precision, "--json"]))


def theirs(way):
    out = child([sys.executable, __file__, *sys.argv[1:], "--reference", way])
    return json.loads(out.strip().splitlines()[-1])


def main():
    if not (args.weights / "model.safetensors").exists():
        ours()
    mine, reference = [], {way: [] for way in args.ways}
    for r in range(args.rounds):
        mine.append(ours())
        print(f"round {r + 1}: ours {min(mine[-1]['requests']):.2f} s", flush=True)
        for way in args.ways:
            reference[way].append(theirs(way))
            print(f"round {r + 1}: {way} {min(reference[way][-1]['seconds']):.2f} s", flush=True)
    best = min(s for m in mine for s in m["requests"])
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    print(f"\n{args.family}, {model}, {args.threads} threads, load {os.getloadavg()[0]:.1f}, Python {platform.python_version()}")
    print(f"{'':14s} {'best s':>8s} {'peak GB':>8s} {'ours / it':>10s}")
    print(f"{'ours':14s} {best:8.2f} {max(m['peak_resident_bytes'] for m in mine) / 1e9:8.2f}"
          f"            {min(mine, key=lambda m: m['seconds'])['share_of_peak']:.0%} of the fastest product")
    for way, runs in reference.items():
        it = min(s for run in runs for s in run["seconds"])
        print(f"{way:14s} {it:8.2f} {max(run['peak'] for run in runs) / 1e9:8.2f} {best / it:10.2f}"
              f"  torch {runs[0]['torch']}, transformers {runs[0]['transformers']}")


if args.reference:
    run_reference(args.reference)
else:
    main()
