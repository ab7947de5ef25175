"""Files that other programs write, for the tests of package torch.io; and the reverse: reads ours.

  python tools/reference/files.py --make core/src/test/resources/io
  python tools/reference/files.py --check FILE.safetensors|FILE.npy|FILE.npz

Needs torch, numpy and safetensors. Every tensor is a plain function of its name's place, so that the
tests can compute what they must find: element j is (j mod 251) - 100, or |that| for unsigned types,
or its parity for booleans.
"""

import argparse
import os
from collections import OrderedDict

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import save_file

TORCH = {
    "F64": torch.float64, "F32": torch.float32, "BF16": torch.bfloat16, "F16": torch.float16,
    "I64": torch.int64, "I32": torch.int32, "I16": torch.int16, "I8": torch.int8,
    "U8": torch.uint8, "BOOL": torch.bool,
}


def ramp(dtype, *shape):
    n = int(np.prod(shape))
    values = torch.arange(n) % 251 - 100
    if dtype == torch.uint8:
        values = values.abs()
    if dtype == torch.bool:
        values = values % 2
    return values.to(dtype).reshape(shape)


def make_safetensors(folder):
    tensors = {f"of.{name}": ramp(dtype, 3, 5) for name, dtype in TORCH.items()}
    tensors["scalar"] = torch.tensor(2.5)
    tensors["empty"] = torch.zeros(0, 3)
    save_file(tensors, f"{folder}/python.safetensors", metadata={"format": "pt", "note": "größer \"1\"\n"})
    save_file({"f8": torch.zeros(4, dtype=torch.float8_e5m2)}, f"{folder}/float8.safetensors")


def make_pth(folder):
    base = ramp(torch.float32, 4, 6)
    module = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2))
    with torch.no_grad():
        for i, t in enumerate(module.state_dict().values()):
            t.copy_(ramp(t.dtype, *t.shape) if t.dim() else torch.tensor(i))
    torch.save({
        "epoch": 7, "big": -(2 ** 40), "loss": 0.25, "name": "größer", "nothing": None, "flag": True,
        "model": module.state_dict(),
        "types": OrderedDict((name, ramp(dtype, 3, 5)) for name, dtype in TORCH.items()),
        "views": {"whole": base, "turned": base.t(), "part": base[1:3, 2:5], "steps": base[:, ::2],
                  "same": base[1], "expanded": base[0, :1].expand(5), "scalar": base[2, 3],
                  "empty": base[:0]},
        "list": [ramp(torch.int64, 3), (ramp(torch.int64, 2), {3: ramp(torch.int64, 1)})],
        "parameter": torch.nn.Parameter(ramp(torch.float32, 2, 2)),
        "size": torch.Size([2, 3]),
    }, f"{folder}/nested.pth")
    torch.save(OrderedDict(a=ramp(torch.float32, 4)), f"{folder}/protocol4.pth", pickle_protocol=4)
    torch.save(OrderedDict(a=ramp(torch.float32, 4)), f"{folder}/legacy.pth",
               _use_new_zipfile_serialization=False)
    torch.save(ramp(torch.float32, 4), f"{folder}/bare.pth")
    torch.save({"a": ramp(torch.float32, 4), "d": torch.device("cpu")}, f"{folder}/device.pth")
    torch.save({"a": ramp(torch.float32, 4).to_sparse()}, f"{folder}/sparse.pth")
    torch.save({"a": torch.zeros(3, dtype=torch.complex64)}, f"{folder}/complex.pth")


def make_npy(folder):
    arrays = {}
    for order in "<>":
        for code in ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1"]:
            unsigned, boolean = code[0] == "u", code[0] == "b"
            values = np.arange(24) % 251 - 100
            values = np.abs(values) if unsigned else values % 2 if boolean else values
            array = values.astype(order + code).reshape(2, 3, 4)
            arrays[f"{'little' if order == '<' else 'big'}.{code}"] = array
            arrays[f"{'little' if order == '<' else 'big'}.{code}.fortran"] = np.asfortranarray(array)
    arrays["scalar"] = np.float64(2.5)
    arrays["empty"] = np.zeros((0, 3), np.float32)
    arrays["vector"] = np.arange(5, dtype=np.int64)
    arrays["half"] = np.array([0, -0.0, 1, -2, 65504, 6.1e-5, 6e-8, np.inf, -np.inf, np.nan], np.float16)
    np.savez(f"{folder}/stored.npz", **arrays)
    np.savez_compressed(f"{folder}/deflated.npz", **arrays)
    np.save(f"{folder}/v1.npy", np.arange(6, dtype=np.float32).reshape(2, 3))
    for version in (2, 3):
        with open(f"{folder}/v{version}.npy", "wb") as f:
            np.lib.format.write_array(f, np.arange(6, dtype=np.float32).reshape(2, 3), (version, 0))
    np.save(f"{folder}/object.npy", np.array([{"a": 1}], dtype=object))
    np.save(f"{folder}/text.npy", np.array(["a", "b"]))
    np.save(f"{folder}/record.npy", np.zeros(2, dtype=[("x", "<f4"), ("y", "<i4")]))
    np.save(f"{folder}/unsigned.npy", np.array([2 ** 63], dtype=np.uint64))


def check(path):
    """Prints what Python reads: one line a tensor, with the sum of its bytes."""
    if path.endswith(".safetensors"):
        with safe_open(path, "pt") as f:
            print("metadata", f.metadata())
            items = [(k, f.get_tensor(k)) for k in f.keys()]
        for name, t in items:
            raw = t.contiguous().reshape(-1).view(torch.uint8) if t.numel() else t
            print(name, t.dtype, tuple(t.shape), int(raw.long().sum()))
    else:
        loaded = np.load(path, allow_pickle=False)
        for name, a in (loaded.items() if path.endswith(".npz") else [("array", loaded)]):
            print(name, a.dtype, a.shape, int(np.frombuffer(a.tobytes(), np.uint8).astype(np.int64).sum()))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--make", metavar="FOLDER")
    parser.add_argument("--check", metavar="FILE")
    args = parser.parse_args()
    if args.make:
        os.makedirs(args.make, exist_ok=True)
        make_safetensors(args.make)
        make_pth(args.make)
        make_npy(args.make)
    if args.check:
        check(args.check)
