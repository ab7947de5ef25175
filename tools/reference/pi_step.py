"""Times a training step of the embedded benchmark's pi0.5 through LeRobot's PyTorch code and through `vla3d bench train`, in turns:

    python tools/reference/pi_step.py --lerobot LEROBOT/src [--rounds 5] [--steps 20] [--threads 1]

LEROBOT is a checkout of LeRobot; see lerobot_source.py for what else is needed. Sizes, batch and lengths of prompts are those that
`vla3d bench train --json` prints; weights and samples are random on either side. A step is the loss of a batch, its gradients, clipping
and AdamW; data are not part of it. LeRobot's moving average, like ours, is off.

Three steps of LeRobot:
  as it is      the optimiser of LeRobot's preset as its trainer makes it
  fused         the same with torch's fused AdamW
  x draws       fused, a batch so many times as large: what the recipe's draws of time and noise ask of a model that reads pictures and
                prompt again for each; ours beside it is the recipe with its draws and grounding

Wall and processor time; the second changes less with other work on the machine. Medians of the steps of a round, then the ratio of each
round. A process of ours lives for one round.
"""
import argparse
import json
import os
import platform
import statistics
import subprocess
import time
from pathlib import Path

import lerobot_source

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--lerobot", type=Path, required=True)
parser.add_argument("--rounds", type=int, default=5)
parser.add_argument("--steps", type=int, default=20, help="of a round, after 10 to warm up")
parser.add_argument("--threads", type=int, default=1)
parser.add_argument("--draws", type=int, default=0, help="also the recipe with so many draws; 0 for not")
parser.add_argument("--vla3d", type=Path, default=Path(__file__).resolve().parents[2] / "vla3d")
args = parser.parse_args()
lerobot_source.use(args.lerobot)

import torch  # noqa: E402
import transformers  # noqa: E402

import pi_models  # noqa: E402

PLAIN = ("--base.draws=1", "--base.grounding=0", "--base.average=0")
WARM_UP = 10


def ours(*changes, steps=args.steps):
    command = [str(args.vla3d), "bench", "train", "--json", "--threads", str(args.threads), "--warm-up", str(WARM_UP),
               "--steps", str(steps), *changes]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, env=os.environ | {"OMP_NUM_THREADS": str(args.threads)})
    if done.returncode:
        raise SystemExit(f"ended with status {done.returncode}: {' '.join(command)}")
    return json.loads(done.stdout)


def sizes(us):
    vision, language, expert, robot = us["vision"], us["language"], us["expert"], us["robot"]
    for key in ("depth", "heads", "keyHeads", "headWidth"):
        if language[key] != expert[key]:
            raise SystemExit(f"{key}: LeRobot's model wants the same on both sides, got {language[key]} and {expert[key]}")
    return dict(vocab=us["vocabulary"], width=language["width"], depth=language["depth"], mlp=language["hidden"],
                heads=language["heads"], kv=language["keyHeads"], head_dim=language["headWidth"], ex_width=expert["width"],
                ex_mlp=expert["hidden"], vis_width=vision["width"], vis_depth=vision["depth"], vis_heads=vision["heads"],
                vis_mlp=vision["hidden"], patch=vision["patch"], image=vision["image"], H=robot["horizon"],
                maxa=robot["actionWidth"], maxs=robot["stateWidth"], A=robot["action"], S=robot["state"],
                toklen=us["prompt_length"])


class Theirs:
    """LeRobot's model with its optimiser."""

    def __init__(self, us, fused):
        self.us, self.sizes = us, sizes(us)
        recipe = us["recipe"]
        self.generator = torch.Generator().manual_seed(0)
        cameras = [c.removeprefix("observation.images.") for c in us["cameras"]]
        config = pi_models.config("pi05", self.sizes, cameras, optimizer_lr=recipe["peak"],
                                  optimizer_weight_decay=recipe["weightDecay"], optimizer_grad_clip_norm=recipe["clip"])
        self.model = pi_models.core("pi05", config, self.sizes)
        pi_models.randomise(self.model, self.generator)
        self.model.train()
        self.preset = config.get_optimizer_preset()
        self.optimizer = self.preset.build(self.model.parameters())
        if fused:
            self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=self.preset.lr, betas=self.preset.betas,
                                               eps=self.preset.eps, weight_decay=self.preset.weight_decay, fused=True)

    def numbers(self):
        """Of the parameters that are used: output layers of language are in the files, but nobody reads them."""
        return sum(p.numel() for name, p in self.model.named_parameters() if "lm_head" not in name)

    def reached(self):
        return sum(p.numel() for p in self.model.parameters() if p.grad is not None or self.optimizer.state.get(p))

    def batch(self, b):
        s, g = self.sizes, self.generator
        images = [torch.rand((b, 3, s["image"], s["image"]), generator=g) * 2 - 1 for _ in self.us["cameras"]]
        present = [torch.ones(b, dtype=torch.bool) for _ in images]
        lengths = torch.tensor([self.us["prompts"][i % len(self.us["prompts"])] for i in range(b)])
        valid = torch.arange(s["toklen"])[None] < lengths[:, None]
        tokens = torch.randint(1, s["vocab"], (b, s["toklen"]), generator=g) * valid
        actions = torch.zeros(b, s["H"], s["maxa"])
        actions[..., :s["A"]] = torch.randn((b, s["H"], s["A"]), generator=g)
        return images, present, tokens, valid, actions

    def step(self, b):
        """(wall, processor) seconds."""
        images, present, tokens, valid, actions = self.batch(b)
        began, processor = time.perf_counter(), time.process_time()
        noise = self.model.sample_noise(actions.shape, actions.device)
        times = self.model.sample_time(b, actions.device)
        loss = self.model(images, present, tokens, valid, actions, noise, times)[..., :self.sizes["A"]].mean()
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.preset.grad_clip_norm)
        self.optimizer.step()
        self.optimizer.zero_grad()
        if not (torch.isfinite(norm).item() and torch.isfinite(loss).item()):
            raise SystemExit("not finite")
        return time.perf_counter() - began, time.process_time() - processor

    def steps(self, b):
        for _ in range(WARM_UP):
            self.step(b)
        timed = [self.step(b) for _ in range(args.steps)]
        return tuple(statistics.median(times) for times in zip(*timed))


def row(name, ours_times, their_times):
    """Of all rounds: medians, and the ratio of each round."""
    for k, kind in enumerate(("wall", "processor")):
        ratios = sorted(a[k] / b[k] for a, b in zip(ours_times, their_times))
        mine, it = (1e3 * statistics.median(t[k] for t in times) for times in (ours_times, their_times))
        print(f"{name:12s} {kind:10s} {mine:9.1f} {it:9.1f} {statistics.median(ratios):9.2f}   {ratios[0]:.2f} to {ratios[-1]:.2f}")


def main():
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    us = ours(*PLAIN, steps=1)
    batch = us["recipe"]["batch"] * us["recipe"]["accumulate"]
    plain, fused = Theirs(us, False), Theirs(us, True)
    mine, as_it_is, with_fused, recipe, repeated = [], [], [], [], []
    for r in range(args.rounds):
        now = ours(*PLAIN)
        mine.append((now["seconds"], now["processor_seconds"]))
        as_it_is.append(plain.steps(batch))
        with_fused.append(fused.steps(batch))
        if args.draws:
            now = ours(f"--base.draws={args.draws}")
            recipe.append((now["seconds"], now["processor_seconds"]))
            repeated.append(fused.steps(batch * args.draws))
        print(f"round {r + 1}: " + ", ".join(f"{1e3 * t[-1][0]:.0f}" for t in (mine, as_it_is, with_fused, recipe, repeated) if t)
              + " ms", flush=True)
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    print(f"\n{model}, {os.cpu_count()} cores, {args.threads} threads, load {os.getloadavg()[0]:.1f}, Python"
          f" {platform.python_version()}, torch {torch.__version__}, transformers {transformers.__version__}")
    print(f"parameters: ours {us['parameters']:,}, LeRobot's {plain.numbers():,}; reached by a gradient: ours {us['reached']:,},"
          f" LeRobot's {plain.reached():,}")
    print(f"a step of {batch} samples, median ms\n{'LeRobot':12s} {'':10s} {'ours':>9s} {'theirs':>9s} {'ratio':>9s}   of rounds")
    row("as it is", mine, as_it_is)
    row("fused", mine, with_fused)
    if args.draws:
        row(f"x {args.draws} draws", recipe, repeated)


main()
