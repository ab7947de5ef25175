"""Cuts a copy that fits into the repository out of the reference fixtures of PointAttN.

    python tools/reference/extract_pointattn.py GOLDEN/pointattn core/src/test/resources/golden/pointattn

The block, the state in its container, and of the smaller variant what is chosen (farthest points) and what comes out, with
the larger one's entry of the manifest, which has no file here. `vla3d verify` replays the whole folder. Needs nothing but
Python.
"""

import argparse
import json
import shutil
import struct
from pathlib import Path

KEPT = ("points", "fps", "feat_g", "coarse", "out2")

parser = argparse.ArgumentParser()
parser.add_argument("source", type=Path)
parser.add_argument("target", type=Path)
options = parser.parse_args()
options.target.mkdir(parents=True, exist_ok=True)

for name in ("manifest.json", "cross_transformer.safetensors", "tiny_net_state_dict.pth"):
    shutil.copyfile(options.source / name, options.target / name)

whole = (options.source / "c3d.safetensors").read_bytes()
(length,) = struct.unpack("<Q", whole[:8])
header = json.loads(whole[8 : 8 + length])
kept, values = {}, b""
for name, entry in header.items():
    if name.startswith(KEPT):
        begin, end = entry["data_offsets"]
        value = whole[8 + length + begin : 8 + length + end]
        kept[name] = {**entry, "data_offsets": [len(values), len(values) + len(value)]}
        values += value
text = json.dumps(kept).encode()
text += b" " * (-len(text) % 8)
(options.target / "c3d.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + values)
