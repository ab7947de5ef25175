"""Races vla3d's loader against LeRobot's own on the same files, in turns, in one run.

    python loader_race.py DATASET [--frames 200] [--rounds 3] [--vla3d ../../vla3d]

DATASET is a LeRobotDataset v3.0 of at least three times as many frames that both can read, for
example what `vla3d import` writes. Both read whole frames (every picture, depth and number) in one
process without workers: frames 0 to N with opening and start-up in the time (first), frames N to 2 N
(ordered), and N frames in an order that jumps about (jumping). LeRobot runs with each of its video
decoders that works here; the faster one counts. Every measurement of either side is a process of its
own; the best of the rounds counts, and every round is printed.

Nothing goes to the network. Run with the newest lerobot from PyPI that Python 3.11 runs, 0.4.4.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

NAMES = ("first_ms", "ordered_ms", "jumping_ms")
JUMP = 7919


def lerobot(root, frames, backend):
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ["HF_DATASETS_OFFLINE"] = "1"
    start = time.perf_counter()
    from lerobot.datasets.lerobot_dataset import LeRobotDataset

    dataset = LeRobotDataset("local/race", root=root, video_backend=backend)
    times = []
    orders = (
        range(frames),
        range(frames, 2 * frames),
        [i * JUMP % len(dataset) for i in range(frames)],
    )
    for order in orders:
        for index in order:
            dataset[index]
        now = time.perf_counter()
        times.append((now - start) * 1000 / frames)
        start = now
    print(json.dumps(dict(zip(NAMES, times))))


def run(command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        return None, (done.stderr.strip().splitlines() or ["no message"])[-1]
    return json.loads(done.stdout[done.stdout.index("{") :]), ""


def race(root, frames, rounds, program):
    ours = [program, "bench", "loader", root, "--frames", str(frames), "--json"]
    sides = {"vla3d": ours}
    for backend in ("torchcodec", "pyav"):
        worker = [sys.executable, __file__, "--worker", backend, "--frames", str(frames), root]
        sides[f"lerobot {backend}"] = worker
    best = {}
    for number in range(rounds):
        for side, command in list(sides.items()):
            times, why = run(command)
            if times is None:
                print(f"{side}: left out: {why}", flush=True)
                del sides[side]
                continue
            row = "  ".join(f"{name[:-3]} {times[name]:8.2f}" for name in NAMES)
            print(f"round {number + 1}  {side:20} {row}  ms a frame", flush=True)
            known = best.setdefault(side, dict(times))
            for name in NAMES:
                known[name] = min(known[name], times[name])
    others = [side for side in best if side != "vla3d"]
    for name in NAMES:
        fastest = min(others, key=lambda side: best[side][name])
        ratio = best[fastest][name] / best["vla3d"][name]
        print(
            f"{name[:-3]:8} vla3d {best['vla3d'][name]:8.2f} ms, {fastest} {best[fastest][name]:8.2f} ms:"
            f" {ratio:.1f} times as fast"
        )


if __name__ == "__main__":
    home = Path(__file__).resolve().parents[2]
    parser = argparse.ArgumentParser()
    parser.add_argument("dataset")
    parser.add_argument("--frames", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--vla3d", default=str(home / "vla3d"))
    parser.add_argument("--worker")
    options = parser.parse_args()
    if options.worker:
        lerobot(options.dataset, options.frames, options.worker)
    else:
        race(options.dataset, options.frames, options.rounds, options.vla3d)
