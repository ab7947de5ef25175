"""A control for augment.cameraTurn and cameraZoom: the frames of a base training, each turned and zoomed once.

    python tools/reference/turned_frames.py FRAMES OUT --focal 154.50967 --turn 0.2 --zoom 0.15

FRAMES is the folder that `vla3d train --stage base` keeps its frames in (its --frames, or OUT/frames). OUT is another one for
the same data: with `--frames OUT` a policy without the plug-in sees pictures as the plug-in's stages see them. Needs numpy
and opencv-python-headless.
"""

import argparse
import os
import re
import shutil

import cv2
import numpy as np

KINDS = 3  # what a token may show: target, goal, hand


def layout(folder):
    """Side, views and bytes of a record, as FrameCache lays them out."""
    text = open(os.path.join(folder, "frames.txt")).read()
    found = re.search(r"Layout\[cameras=\[(.*?)\], (.*?)\]", text)
    views = len(found.group(1).split(", "))
    size = dict(pair.split("=") for pair in found.group(2).split(", "))
    n = {key: int(value) for key, value in size.items() if value.isdigit()}
    record = 3 * views * n["image"] ** 2 + 4 * (1 + n["prompt"]) + 4 * (n["state"] + n["horizon"] * n["action"]) + n["horizon"]
    if size["grounded"] == "true":
        record += views * n["tokens"] * KINDS
    return n["image"], views, record


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("frames")
    parser.add_argument("out")
    parser.add_argument("--focal", type=float, required=True, help="focal length of all views in pixels of the record's pictures")
    parser.add_argument("--turn", type=float, default=0.2, help="greatest turn about each axis, radians")
    parser.add_argument("--zoom", type=float, default=0.15, help="greatest relative change of the focal length")
    parser.add_argument("--seed", type=int, default=7)
    args = parser.parse_args()
    side, views, size = layout(args.frames)
    stored = np.memmap(os.path.join(args.frames, "frames.bin"), dtype=np.uint8, mode="r")
    count, rest = divmod(stored.size, size)
    if rest:
        raise SystemExit("frames.bin: wanted records of %d bytes, got %d more" % (size, rest))
    random = np.random.default_rng(args.seed)
    cv2.setNumThreads(1)
    # OpenCV counts from the centre of the first pixel, we from its corner.
    middle = side / 2 - 0.5
    old = np.array([[args.focal, 0, middle], [0, args.focal, middle], [0, 0, 1]])
    os.makedirs(args.out, exist_ok=True)
    part = os.path.join(args.out, "frames.part")
    with open(part, "wb") as out:
        for first in range(0, count, 512):
            last = min(count, first + 512)
            block = np.array(stored[first * size : last * size]).reshape(last - first, size)
            for record in block:
                for view in range(views):
                    turn, _ = cv2.Rodrigues(random.uniform(-args.turn, args.turn, 3))
                    new = old.copy()
                    new[:2, :2] *= 1 + random.uniform(-args.zoom, args.zoom)
                    planes = record[view * 3 * side**2 : (view + 1) * 3 * side**2].reshape(3, side, side)
                    turned = cv2.warpPerspective(
                        np.ascontiguousarray(planes.transpose(1, 2, 0)),
                        old @ turn @ np.linalg.inv(new),
                        (side, side),
                        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
                    )
                    planes[:] = turned.transpose(2, 0, 1)
            out.write(block.tobytes())
            if first % 10240 == 0:
                print("%d of %d" % (first, count), flush=True)
    os.replace(part, os.path.join(args.out, "frames.bin"))
    shutil.copy(os.path.join(args.frames, "frames.txt"), args.out)


if __name__ == "__main__":
    main()
