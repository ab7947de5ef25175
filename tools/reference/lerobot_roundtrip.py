"""Proves with an unmodified LeRobot (from PyPI) that data sets go both ways.

    python lerobot_roundtrip.py read DATASET          # written by vla3d: opened and iterated whole
    python lerobot_roundtrip.py write TARGET          # written by LeRobot, for vla3d to read
    python lerobot_roundtrip.py stats DATASET OUT     # LeRobot's statistics of the numeric features
    python lerobot_roundtrip.py quantiles DATASET     # what the quantiles in its stats.json are

Nothing goes to the network. Run with lerobot 0.4.4.
"""

import json
import os
import sys
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("HF_DATASETS_OFFLINE", "1")

import numpy as np  # noqa: E402
from lerobot.datasets.lerobot_dataset import LeRobotDataset  # noqa: E402


def read(root):
    dataset = LeRobotDataset("local/vla3d", root=root, video_backend="pyav")
    info = json.loads((Path(root) / "meta/info.json").read_text())
    shapes = {key: tuple(feature["shape"]) for key, feature in info["features"].items()}
    for index in range(len(dataset)):
        item = dataset[index]
        assert int(item["index"]) == index
        assert item["task"], "a task for every frame"
        for key, shape in shapes.items():
            got = tuple(item[key].shape)
            if len(shape) == 3:
                want = (shape[2], shape[0], shape[1])
            else:
                want = () if shape == (1,) else shape
            assert got == want, f"{key}: wanted {want}, got {got}"
            if key.startswith("observation.depth."):
                assert int(item[key].max()) > 0, f"{key}: no depth"
            if key.startswith("observation.camera_extrinsics."):
                rotation = item[key].reshape(4, 4)[:3, :3].double().numpy()
                assert np.allclose(rotation @ rotation.T, np.eye(3), atol=1e-5)
    episodes = {int(dataset[i]["episode_index"]) for i in range(0, len(dataset), 7)}
    print(f"ok: {len(dataset)} frames, {dataset.num_episodes} episodes, {len(episodes)} seen")
    assert dataset.meta.stats is not None and "observation.state" in dataset.meta.stats


def write(target):
    height, width, fps = 32, 48, 10
    features = {
        "observation.images.front": {
            "dtype": "video",
            "shape": (height, width, 3),
            "names": ["height", "width", "channels"],
        },
        "observation.images.wrist": {
            "dtype": "image",
            "shape": (height, width, 3),
            "names": ["height", "width", "channels"],
        },
        "observation.state": {"dtype": "float32", "shape": (5,), "names": None},
        "action": {"dtype": "float32", "shape": (3,), "names": None},
        "observation.camera_intrinsics.front": {"dtype": "float32", "shape": (9,), "names": None},
        "observation.camera_extrinsics.front": {"dtype": "float32", "shape": (16,), "names": None},
    }
    dataset = LeRobotDataset.create(
        "local/lerobot", fps, features, root=target, use_videos=True, vcodec="h264"
    )
    k = np.array([40, 0, 24, 0, 40, 16, 0, 0, 1], np.float32)
    for episode in range(2):
        for frame in range(6 + episode):
            e = np.eye(4, dtype=np.float32)
            e[:3, 3] = [frame, episode, 1]
            ramp = np.full((height, width, 3), 40 * episode + 20 * frame, np.uint8)
            dataset.add_frame(
                {
                    "observation.images.front": ramp,
                    "observation.images.wrist": ramp,
                    "observation.state": np.arange(5, dtype=np.float32) + frame,
                    "action": np.arange(3, dtype=np.float32) - frame,
                    "observation.camera_intrinsics.front": k,
                    "observation.camera_extrinsics.front": e.reshape(-1),
                    "task": f"task {episode}",
                }
            )
        dataset.save_episode()
    dataset.finalize()
    print(f"ok: wrote {target}")


def columns_of(root):
    dataset = LeRobotDataset("local/vla3d", root=root, video_backend="pyav")
    table = dataset.hf_dataset.with_format("numpy")
    features = {
        key: feature
        for key, feature in dataset.features.items()
        if feature["dtype"] not in ("image", "video", "string")
    }
    return features, {key: np.stack(table[key]).astype(np.float64) for key in features}


def computed(features, columns):
    from lerobot.datasets.compute_stats import aggregate_stats, compute_episode_stats

    episodes = []
    for index in sorted(set(columns["episode_index"].tolist())):
        rows = columns["episode_index"] == index
        one = {key: values[rows] for key, values in columns.items()}
        episodes.append(compute_episode_stats(one, features))
    return aggregate_stats(episodes)


def stats(root, out):
    whole = computed(*columns_of(root))
    document = {k: {s: np.asarray(v).tolist() for s, v in d.items()} for k, d in whole.items()}
    Path(out).write_text(json.dumps(document, indent=1))
    print(f"ok: {out}")


def quantiles(root):
    features, columns = columns_of(root)
    whole = computed(features, columns)
    file = json.loads((Path(root) / "meta/stats.json").read_text())
    print("largest difference of the quantiles in stats.json, and of its column index as an example")
    of_frames, of_code = 0.0, 0.0
    for key, values in columns.items():
        for name in ("q01", "q10", "q50", "q90", "q99"):
            got = np.array(file[key][name], np.float64).reshape(-1)
            exact = np.atleast_1d(np.quantile(values, int(name[1:]) / 100, axis=0)).reshape(-1)
            code = np.asarray(whole[key][name], np.float64).reshape(-1)
            of_frames = max(of_frames, float(np.abs(got - exact).max()))
            of_code = max(of_code, float(np.abs(got - code).max()))
            if key == "index":
                print(f"index {name}: file {got[0]:.2f}, exact {exact[0]:.2f}, LeRobot {code[0]:.2f}")
    print(f"from the exact quantiles of all frames: {of_frames:.3g}")
    print(f"from what LeRobot's code computes: {of_code:.3g}")


if __name__ == "__main__":
    command, *arguments = sys.argv[1:]
    {"read": read, "write": write, "stats": stats, "quantiles": quantiles}[command](*arguments)
