"""Makes the hostile HDF5 files of the module datasets: small files that ask for much.

    python bombs.py TARGET        # needs h5py, numpy

Each is a sound LIBERO recording of two frames (file `sound.hdf5`) with one lie in it. They are what a
stranger could send: sizes beyond any memory, streams that unpack to more than their chunk, tables and
trees that lead back to themselves, links that lead out of the file.
"""

import struct
import sys
import zlib
from pathlib import Path

import h5py
import numpy as np

FRAMES, SIDE = 2, 8
OBS = "data/demo_0/obs/"
# A number of elements that no other size in the file equals.
ODD = 12345


def sound(path, change=None):
    rng = np.random.default_rng(0)
    with h5py.File(path, "w", libver="earliest") as file:
        file.create_group("data").attrs["macros_image_convention"] = "opengl"
        demo = file.create_group("data/demo_0")
        obs = demo.create_group("obs")
        demo["actions"] = rng.normal(size=(FRAMES, 7))
        robot = np.zeros((FRAMES, 9))
        robot[:, 8] = 1
        demo["robot_states"] = robot
        for name, width in (("ee_pos", 3), ("ee_ori", 3), ("gripper_states", 2)):
            obs[name] = rng.normal(size=(FRAMES, width))
        picture = rng.integers(0, 255, (FRAMES, SIDE, SIDE, 3), dtype=np.uint8)
        obs.create_dataset("agentview_rgb", data=picture, chunks=(1, SIDE, SIDE, 3))
        if change:
            change(file)


def replaced(name, **options):
    def change(file):
        del file[name]
        file.create_dataset(name, **options)

    return change


def packed(name, shape, dtype, zeros):
    """One chunk that unpacks to so many zeros."""

    def change(file):
        del file[name]
        table = file.create_dataset(name, shape, dtype, chunks=shape, compression="gzip")
        table.id.write_direct_chunk((0,) * len(shape), zlib.compress(bytes(zeros), 9))

    return change


def linked(name, link):
    def change(file):
        if name in file:
            del file[name]
        file[name] = link if not isinstance(link, str) else file[link]

    return change


def attribute(file):
    file["data/demo_0"].attrs["znear"] = np.zeros(ODD, np.int8)
    depth = np.full((FRAMES, SIDE, SIDE, 1), 0.5, np.float32)
    file.create_dataset(OBS + "agentview_depth", data=depth, chunks=(1, SIDE, SIDE, 1))


def many_attributes(file):
    for i in range(40):
        file["data"].attrs[f"note_{i}"] = "x" * 50


def patch(path, edit):
    data = bytearray(path.read_bytes())
    edit(data)
    path.write_bytes(data)


def lie_about_attribute(data):
    at = data.index(struct.pack("<Q", ODD))
    data[at : at + 8] = struct.pack("<Q", 1 << 40)


def tree_of_itself(kind):
    """The first tree of a kind (0 groups, 1 chunks) becomes its own child."""

    def edit(data):
        at = data.index(b"TREE" + bytes([kind]))
        key = 8 if kind == 0 else 8 + 8 * 5
        data[at + 5] = 1
        child = at + 24 + key
        data[child : child + 8] = struct.pack("<Q", at)

    return edit


def header_of_itself(data):
    """The first block that continues an object header continues in itself."""
    at = data.index(b"\x10\x00\x10\x00")
    block, length = struct.unpack_from("<QQ", data, at + 8)
    data[block : block + 24] = b"\x10\x00\x10\x00\x00\x00\x00\x00" + struct.pack("<QQ", block, length)


def main(target):
    target = Path(target)
    target.mkdir(parents=True, exist_ok=True)
    picture = (1, SIDE, SIDE, 3)
    bombs = {
        "sound": None,
        "huge_table": replaced(
            "data/demo_0/actions", shape=(1 << 33, 7), dtype="f8", chunks=(1024, 7)
        ),
        "overflowing_picture": replaced(
            OBS + "agentview_rgb", shape=(FRAMES, 1 << 32, 1 << 32, 3), dtype="u1", chunks=picture
        ),
        "huge_picture": replaced(
            OBS + "agentview_rgb", shape=(FRAMES, 60000, 60000, 3), dtype="u1", chunks=picture
        ),
        "huge_chunk": replaced(
            OBS + "agentview_rgb",
            shape=(FRAMES, SIDE, SIDE, 3),
            dtype="u1",
            maxshape=(None, None, None, 3),
            chunks=(2, 1 << 14, 1 << 14, 3),
        ),
        "overhanging_chunks": replaced(
            "data/demo_0/actions",
            shape=(64, 7),
            maxshape=(None, None),
            dtype="f8",
            chunks=(1, 1 << 20),
        ),
        "packed_numbers": packed("data/demo_0/robot_states", (FRAMES, 9), "f8", 100_000),
        "packed_pictures": packed(OBS + "agentview_rgb", (FRAMES, SIDE, SIDE, 3), "u1", 64 << 20),
        "loop_of_groups": linked(OBS + "loop", "data"),
        "loop_of_names": linked("data/demo_0/actions", h5py.SoftLink("/data/demo_0/actions")),
        "link_out": linked(
            OBS + "agentview_rgb", h5py.ExternalLink("sound.hdf5", "/" + OBS + "agentview_rgb")
        ),
        "long_attribute": attribute,
        "lying_attribute": attribute,
        "loop_of_headers": many_attributes,
        "loop_of_chunks": None,
        "loop_of_names_tree": None,
    }
    for name, change in bombs.items():
        sound(target / f"{name}.hdf5", change)
    patch(target / "lying_attribute.hdf5", lie_about_attribute)
    patch(target / "loop_of_headers.hdf5", header_of_itself)
    patch(target / "loop_of_chunks.hdf5", tree_of_itself(1))
    patch(target / "loop_of_names_tree.hdf5", tree_of_itself(0))
    print("ok:", sum(path.stat().st_size for path in target.glob("*.hdf5")), "bytes")


if __name__ == "__main__":
    main(*sys.argv[1:])
