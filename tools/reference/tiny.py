"""Cuts the tiny fixtures of the module datasets out of the recordings in ../shared/data/libero.

    python tiny.py hdf5 SHARED TARGET     # needs h5py, numpy
    python tiny.py scenes SHARED TARGET   # needs numpy
    python tiny.py v21 SHARED TARGET      # needs numpy, pyarrow, av
    python tiny.py folder SHARED TARGET   # needs numpy, pillow
    python tiny.py coded SHARED TARGET    # needs numpy, pyarrow, av, pillow: LeRobot's 12-bit depth

Windows are cut out of the pictures and the principal points move along; nothing is resampled.
"""

import json
import sys
from pathlib import Path

import numpy as np

SIDE = 48


def cut(matrix, left, top):
    moved = np.array(matrix, dtype=np.float64)
    moved[..., 0, 2] -= left
    moved[..., 1, 2] -= top
    return moved


def hdf5(shared, target):
    import h5py

    name = "libero_goal/put_the_bowl_on_the_plate_demo.hdf5"
    path = target / "libero" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = slice(0, 2)
    with h5py.File(shared / "libero_hdf5" / name) as old, h5py.File(path, "w") as new:
        data = new.create_group("data")
        for key in ("env_name", "macros_image_convention", "conventions", "problem_info"):
            data.attrs[key] = old["data"].attrs[key]
        for demo in ("demo_0", "demo_1"):
            source, group = old["data"][demo], data.create_group(demo)
            for key in ("znear", "zfar", "extent"):
                group.attrs[key] = source.attrs[key]
            for key in ("actions", "robot_states"):
                group[key] = source[key][rows]
            obs = group.create_group("obs")
            for key in ("ee_pos", "ee_ori", "gripper_states", "joint_states"):
                obs[key] = source["obs"][key][rows]
            if demo == "demo_1":  # as released: colour only
                for camera in ("agentview", "eye_in_hand"):
                    rgb = source["obs"][camera + "_rgb"][rows]
                    obs[camera + "_rgb"] = rgb[:, 40 : 40 + SIDE, 40 : 40 + SIDE]
                continue
            for camera in ("agentview", "eye_in_hand"):
                # Stored bottom row first: row r of the upright picture is 127 - r.
                window = slice(40, 40 + SIDE)
                options = {"compression": "gzip", "shuffle": True}
                rgb = source["obs"][camera + "_rgb"][rows, window, window]
                obs.create_dataset(camera + "_rgb", data=rgb, chunks=(2, 8, SIDE, 3), **options)
                depth = source["obs"][camera + "_depth"][rows, window, window]
                obs.create_dataset(camera + "_depth", data=depth, chunks=(2, 8, SIDE, 1), **options)
                top = 128 - (40 + SIDE)
                obs[camera + "_intrinsics"] = cut(
                    source["obs"][camera + "_intrinsics"][:], 40, top
                )
                obs[camera + "_extrinsics"] = source["obs"][camera + "_extrinsics"][rows]


def scenes(shared, target):
    folder = target / "scenes"
    folder.mkdir(parents=True, exist_ok=True)
    old = np.load(shared / "camera_shift/scene_01.npz")
    views, window = [0, 2], slice(96, 96 + SIDE)
    arrays = {key: old[key] for key in ("eef_pos", "eef_quat", "gripper", "joint_pos", "state")}
    for key in ("rgb", "depth_mm", "seg"):
        arrays[key] = old[key][views][:, window, window]
    arrays["K"] = cut(old["K"][views], 96, 96)
    arrays["E"] = old["E"][views]
    arrays["view_names"] = old["view_names"][views]
    np.savez_compressed(folder / "scene_00.npz", **arrays)
    document = json.loads((shared / "camera_shift/scene_01.json").read_text())
    document["views"] = [document["views"][v] for v in views]
    del document["segmentation_ids"]
    (folder / "scene_00.json").write_text(json.dumps(document, indent=1))


def v21(shared, target):
    import av
    import pyarrow.parquet as pq

    source, folder = shared / "lerobot_v21", target / "lerobot_v21"
    frames, left, top = 4, 96, 96
    table = pq.read_table(source / "data/chunk-000/episode_000000.parquet").slice(0, frames)
    for camera in ("agentview", "wrist"):
        key = f"observation.camera_intrinsics.{camera}"
        # The pictures are mirrored, K is not: the window lies at the other side for it.
        k = np.stack(table[key].to_pylist()).reshape(-1, 3, 3)
        k = cut(k, 256 - left - SIDE, top).reshape(-1, 9).astype(np.float32)
        import pyarrow as pa

        column = pa.FixedSizeListArray.from_arrays(pa.array(k.reshape(-1)), 9)
        table = table.set_column(table.schema.get_field_index(key), key, column)
    path = folder / "data/chunk-000/episode_000000.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table.replace_schema_metadata({}), path)
    for kind, codec, form, suffix in (
        ("videos/chunk-000/observation.images", "libx264", "yuv420p", "mp4"),
        ("depth/chunk-000/observation.depth", "ffv1", "gray16le", "mkv"),
    ):
        for camera in ("agentview", "wrist"):
            place = f"{kind}.{camera}/episode_000000.{suffix}"
            (folder / place).parent.mkdir(parents=True, exist_ok=True)
            old, new = av.open(str(source / place)), av.open(str(folder / place), "w")
            stream = new.add_stream(codec, rate=20)
            stream.width = stream.height = SIDE
            stream.pix_fmt = form
            layout = "rgb24" if suffix == "mp4" else "gray16le"
            for frame, _ in zip(old.decode(video=0), range(frames), strict=False):
                picture = frame.to_ndarray(format=layout)[top : top + SIDE, left : left + SIDE]
                picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format=layout)
                new.mux(stream.encode(picture))
            new.mux(stream.encode())
            new.close()
    info = json.loads((source / "meta/info.json").read_text())
    info.update(total_episodes=1, total_frames=frames, total_tasks=1, splits={"train": "0:1"})
    for block in ("features", "depth_features"):
        for feature in info[block].values():
            if len(feature["shape"]) == 3:
                feature["shape"][:2] = [SIDE, SIDE]
    del info["segmentation_ids"]
    meta = folder / "meta"
    meta.mkdir(exist_ok=True)
    (meta / "info.json").write_text(json.dumps(info, indent=1))
    for name in ("episodes.jsonl", "tasks.jsonl"):
        line = json.loads((source / "meta" / name).read_text().splitlines()[0])
        if "length" in line:
            line["length"] = frames
        (meta / name).write_text(json.dumps(line) + "\n")


def coded(shared, target):
    """Four frames with LeRobot's 12-bit logarithmic depth, whose packets are copied and not encoded
    again, the lossless depth beside it, and the metres that the code stands for at every fourth pixel
    of every fourth row, decoded by PyAV and computed in double precision."""
    import io

    import av
    import pyarrow as pa
    import pyarrow.parquet as pq

    source, root, frames = shared / "lerobot_v3", target / "lerobot_coded", 4
    colour, depth = "observation.images.wrist", "observation.images.wrist_depth"
    place = f"videos/{depth}/chunk-000/file-000.mp4"
    (root / place).parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(source / place)) as old, av.open(str(root / place), "w") as new:
        stream = old.streams.video[0]
        copy = new.add_stream_from_template(stream)
        for packet in old.demux(stream):
            # The last frame is predicted from the key frame behind it.
            if packet.pts is not None and packet.pts * stream.time_base * 20 < frames + 0.5:
                packet.stream = copy
                new.mux(packet)
    pictures = []
    with av.open(str(source / f"videos/{colour}/chunk-000/file-000.mp4")) as video:
        for frame, _ in zip(video.decode(video=0), range(frames), strict=False):
            encoded = io.BytesIO()
            frame.to_image().save(encoded, "jpeg", quality=75)
            pictures.append({"bytes": encoded.getvalue(), "path": None})
    info = json.loads((source / "meta/info.json").read_text())
    features = {
        key: feature
        for key, feature in info["features"].items()
        if "agentview" not in key and not key.startswith("next.")
    }
    info.update(total_episodes=1, total_frames=frames, total_tasks=1, splits={"train": "0:1"})
    info["features"] = features
    features[colour]["dtype"] = "image"
    del info["segmentation_ids"]
    (root / "meta/episodes/chunk-000").mkdir(parents=True, exist_ok=True)
    (root / "meta/info.json").write_text(json.dumps(info, indent=1))
    (root / "data/chunk-000").mkdir(parents=True, exist_ok=True)
    table = pq.read_table(source / "data/chunk-000/file-000.parquet").slice(0, frames)
    columns = [key for key in features if key not in (colour, depth)]
    plain = table.select(columns).replace_schema_metadata({})
    kind = plain.schema.field("observation.depth.wrist").type
    plain = plain.append_column(colour, pa.array(pictures, kind))
    pq.write_table(plain, root / "data/chunk-000/file-000.parquet")
    tasks = pq.read_table(source / "meta/tasks.parquet").slice(0, 1)
    pq.write_table(tasks, root / "meta/tasks.parquet")
    episodes = pq.read_table(source / "meta/episodes/chunk-000/file-000.parquet").slice(0, 1)
    keep = [n for n in episodes.column_names if "agentview" not in n and not n.startswith("stats/")]
    episodes = episodes.select(keep)
    at = episodes.column_names.index("length")
    length = episodes["length"].combine_chunks()
    episodes = episodes.set_column(at, "length", pa.array([frames], length.type))
    pq.write_table(episodes, root / "meta/episodes/chunk-000/file-000.parquet")
    near, far, shift = 0.01, 10.0, 3.5
    metres = []
    with av.open(str(root / f"videos/{depth}/chunk-000/file-000.mp4")) as video:
        for frame in video.decode(video=0):
            codes = frame.to_ndarray(format="gray12le").astype(np.float64)
            low, high = np.log(near + shift), np.log(far + shift)
            z = np.exp(codes / 4095 * (high - low) + low) - shift
            metres.append(np.where(codes > 0, np.clip(z, near, far), 0)[::4, ::4])
    metres = metres[:frames]
    np.savez_compressed(target / "lerobot_coded.npz", metres=np.array(metres, np.float32))


def folder(shared, target):
    from PIL import Image

    root = target / "folder"
    root.mkdir(parents=True, exist_ok=True)
    old = np.load(shared / "camera_shift/scene_00.npz")
    window = slice(96, 96 + SIDE)
    k = cut(old["K"][0], 96, 96)
    Image.fromarray(old["rgb"][0][window, window]).save(root / "0.png")
    Image.fromarray(old["depth_mm"][0][window, window]).save(root / "0_depth.png")
    camera = {
        "width": SIDE,
        "height": SIDE,
        "fx": k[0, 0],
        "fy": k[1, 1],
        "cx": k[0, 2] - 0.5,
        "cy": k[1, 2] - 0.5,
        "pixel_centre": "integer",
        "depth_unit": "mm",
        "world_from_camera": old["E"][0].reshape(-1).tolist(),
    }
    effector = {"position": old["eef_pos"].tolist(), "quaternion": old["eef_quat"].tolist()}
    views = {"front": {"rgb": "0.png", "depth": "0_depth.png"}}
    frame = {
        "state": old["state"].tolist(),
        "action": [0, 0, 0.5],
        "effectors": [effector],
        "views": views,
    }
    document = {
        "format": "vla3d-folder-1",
        "task": "pick up the milk",
        "fps": 15,
        "cameras": {"front": camera},
        "frames": [dict(frame, time=t / 15) for t in range(2)],
    }
    (root / "episode.json").write_text(json.dumps(document, indent=1))


if __name__ == "__main__":
    command, shared_folder, target_folder = sys.argv[1:]
    {"hdf5": hdf5, "scenes": scenes, "v21": v21, "folder": folder, "coded": coded}[command](
        Path(shared_folder), Path(target_folder)
    )
    print(f"ok: {command}")
