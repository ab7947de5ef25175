"""Cuts the entries that the tests of package geometry need out of the reference fixtures.

    python tools/reference/extract_geometry.py GOLDEN core/src/test/resources/geometry/geometry.safetensors

GOLDEN is the folder of reference fixtures (scene/, components/).
"""

import sys
from pathlib import Path

from safetensors.numpy import load_file, save_file

golden, target = Path(sys.argv[1]), sys.argv[2]
tensors = {
    name: value
    for name, value in load_file(golden / "scene" / "parts.safetensors").items()
    if name.split(".")[0] in ("token_points", "projection")
}
tensors |= {
    name: value
    for name, value in load_file(golden / "components" / "fps_chamfer.safetensors").items()
    if name.startswith("fps") or name.split(".")[1] in ("a", "b", "cd_p", "cd_t", "dist1_a_to_b", "idx1")
}
save_file(tensors, target)
