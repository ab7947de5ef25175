"""Makes RoboTwin 2.0 HDF5 fixtures in both layouts (needs h5py, numpy, pillow).

    python robotwin.py TARGET

No released file was at hand. Layout, names, shapes, types and traps follow the description in
docs/datasets.md line by line: JPEG with red and blue swapped in zero-padded fixed-length fields,
extrinsics as camera-to-world with OpenGL axes (4 x 4) in files and as world-to-camera with OpenCV
axes (3 x 4) beside them, depth in millimetres as float64, poses as x y z qw qx qy qz, and in the
later layout one row fewer than frames with action[t] = state[t + 1].

The scene is a red table (z = 0.74) with a blue box, ray cast per pixel centre, so that depth,
intrinsics and extrinsics agree to the last bit.
"""

import io
import json
import sys
from pathlib import Path

import h5py
import numpy as np
from PIL import Image

FRAMES, HEIGHT, WIDTH = 4, 24, 32
TABLE, BOX = 0.74, (np.array([-0.1, -0.08, 0.74]), np.array([0.06, 0.08, 0.86]))
K = np.array([[35.86, 0, WIDTH / 2], [0, 35.86, HEIGHT / 2], [0, 0, 1]])


def look(eye, at):
    """Camera to world with axes right, down, forward."""
    forward = (at - eye) / np.linalg.norm(at - eye)
    right = np.cross(forward, [0, 0, 1])
    right /= np.linalg.norm(right)
    pose = np.eye(4)
    pose[:3, :3] = np.stack([right, np.cross(forward, right), forward], 1)
    pose[:3, 3] = eye
    return pose


def render(pose):
    v, u = np.mgrid[0:HEIGHT, 0:WIDTH] + 0.5
    rays = np.stack([(u - K[0, 2]) / K[0, 0], (v - K[1, 2]) / K[1, 1], np.ones_like(u)], -1)
    d = rays @ pose[:3, :3].T
    o = pose[:3, 3]
    with np.errstate(divide="ignore"):
        table = (TABLE - o[2]) / d[..., 2]
        slabs = np.stack([(BOX[0] - o) / d, (BOX[1] - o) / d])
    near, far = slabs.min(0).max(-1), slabs.max(0).min(-1)
    hit = (near < far) & (near > 0)
    z = np.where(hit, np.minimum(near, np.where(table > 0, table, np.inf)), table)
    z = np.where((z > 0) & (z < 5), z, 0)  # rays have z = 1: distance along them is planar depth
    rgb = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    rgb[z > 0] = (200, 40, 30)
    rgb[hit & (z == near)] = (30, 40, 200)
    return rgb, z


def jpeg(rgb):
    """What an encoder that expects BGR makes of RGB."""
    buffer = io.BytesIO()
    Image.fromarray(rgb[..., ::-1]).save(buffer, "JPEG", quality=95)
    return buffer.getvalue()


def padded(pictures):
    length = max(len(p) for p in pictures) + 7
    return np.array(pictures, dtype=f"S{length}")


def cameras():
    head = [look(np.array([0.0, -0.45, 1.35]), np.array([0.0, 0.0, 0.74]))] * FRAMES
    wrist = [
        look(np.array([0.25 - 0.03 * t, -0.2, 1.1]), np.array([0.0, 0.0, 0.76]))
        for t in range(FRAMES)
    ]
    return {"head": head, "left": wrist}


def poses(side):
    sign = -1 if side == "left" else 1
    angle = [0.2 * t for t in range(FRAMES)]
    return np.array(
        [
            [sign * 0.2, 0.01 * t, 0.9, np.cos(a / 2), 0, 0, np.sin(a / 2)]
            for t, a in enumerate(angle)
        ]
    )


def joints():
    return np.arange(FRAMES * 14, dtype=np.float64).reshape(FRAMES, 14) / 100


def gl(pose):
    return pose @ np.diag([1, -1, -1, 1.0])


def cv(pose):
    return np.linalg.inv(pose)[:3]


def legacy(target):
    path = target / "legacy/data/episode0.hdf5"
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w") as file:
        for name, trajectory in cameras().items():
            group = file.create_group(f"observation/{name}_camera")
            views = [render(pose) for pose in trajectory]
            group["rgb"] = padded([jpeg(rgb) for rgb, _ in views])
            group["intrinsic_cv"] = np.stack([K] * FRAMES).astype(np.float32)
            group["extrinsic_cv"] = np.stack([cv(p) for p in trajectory]).astype(np.float32)
            group["cam2world_gl"] = np.stack([gl(p) for p in trajectory]).astype(np.float32)
            group.create_dataset(
                "depth",
                data=np.stack([z for _, z in views]) * 1000.0,
                chunks=(2, 8, 32),
                compression="gzip",
                shuffle=True,
            )
        for side in ("left", "right"):
            file[f"endpose/{side}_endpose"] = poses(side)
            file[f"endpose/{side}_gripper"] = np.linspace(1, 0, FRAMES)
        vector = joints()
        file["joint_action/left_arm"] = vector[:, :6]
        file["joint_action/left_gripper"] = vector[:, 6]
        file["joint_action/right_arm"] = vector[:, 7:13]
        file["joint_action/right_gripper"] = vector[:, 13]
        file["joint_action/vector"] = vector
    texts = target / "legacy/instructions/episode0.json"
    texts.parent.mkdir(parents=True, exist_ok=True)
    texts.write_text(json.dumps({"seen": ["lift the blue box"], "unseen": ["raise it"]}))


def current(target):
    path = target / "v1/data/episode_0000000.hdf5"
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = FRAMES - 1
    with h5py.File(path, "w") as file:
        file.attrs["source_format"] = "robotwin"
        file["data_format_version"] = "v1.0"
        file["instructions"] = json.dumps(["lift the blue box", "raise it"])
        file["additional_info/frequency"] = np.int32(15)
        vector = joints().astype(np.float32)
        for group, first in (("state", 0), ("action", 1)):
            part = vector[first : first + rows]
            file[f"{group}/left_arm_joint_states"] = part[:, :6]
            file[f"{group}/left_ee_joint_states"] = part[:, 6]
            file[f"{group}/right_arm_joint_states"] = part[:, 7:13]
            file[f"{group}/right_ee_joint_states"] = part[:, 13]
            for side in ("left", "right"):
                file[f"{group}/{side}_ee_poses"] = poses(side)[first : first + rows].astype(
                    np.float32
                )
        for (name, trajectory), known in zip(
            cameras().items(), ("cam_head", "cam_left_wrist"), strict=True
        ):
            group = file.create_group(f"vision/{known}")
            views = [render(pose) for pose in trajectory[:rows]]
            group["colors"] = padded([jpeg(rgb) for rgb, _ in views])
            group["shape"] = np.array([HEIGHT, WIDTH, 3])
            group["depths"] = np.stack([z for _, z in views]) * 1000.0
            group["intrinsic_matrix"] = np.stack([K] * rows).astype(np.float32)
            # One camera has the file form, the other what live observations carry.
            name_of = "extrinsics_matrix" if name == "head" else "extrinsic_matrix"
            form = gl if name == "head" else cv
            group[name_of] = np.stack([form(p) for p in trajectory[:rows]]).astype(np.float32)


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    legacy(folder)
    current(folder)
    print(f"ok: {folder}")
