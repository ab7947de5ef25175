"""Makes the model code of a LeRobot checkout importable, whole and unmodified.

    import lerobot_source
    lerobot_source.use(Path("lerobot/src"))
    from lerobot.policies.pi05.modeling_pi05 import PI05Policy

LeRobot asks for Python 3.12, and its package files import simulators, cameras and data sets. Here Python 3.11 is enough:
generic classes and type statements are rewritten in their older spelling while they are imported, and the package files of
`lerobot` and `lerobot.policies` are passed over. Needs torch, transformers (5.4 to 5.5 upstream; 5.17 runs), draccus,
safetensors, einops.
"""
import importlib.abc
import importlib.machinery
import importlib.util
import re
import sys
import types
from pathlib import Path

PASSED_OVER = ("lerobot", "lerobot.policies", "lerobot.policies.pi0", "lerobot.policies.pi05", "lerobot.policies.rtc")


def _older(source):
    """PEP 695 as TypeVars."""
    names = set()

    def generic(match):
        head, name, parameters, rest = match.groups()
        plain = []
        for parameter in parameters.split(","):
            variable = parameter.split(":")[0].strip()
            names.add(variable)
            plain.append(variable)
        if head.strip() == "class":
            bases = rest[1:].lstrip()
            base = f"__typing.Generic[{', '.join(plain)}]"
            return f"{head}{name}({base}):" if rest == ":" else f"{head}{name}({base}, {bases}"
        return f"{head}{name}{rest}"

    source = re.sub(r"(?m)^(\s*class |\s*def )(\w+)\[([^\]]+)\](:|\()", generic, source)
    source = re.sub(r"(?m)^type (\w+) = ", r"\1 = ", source)
    if not names:
        return source
    variables = "import typing as __typing\n" + "".join(f"{n} = __typing.TypeVar('{n}')\n" for n in sorted(names))
    future = re.search(r"(?m)^from __future__ .*\n", source)
    at = future.end() if future else 0
    return source[:at] + variables + source[at:]


class _Loader(importlib.machinery.SourceFileLoader):
    def source_to_code(self, data, path, *, _optimize=-1):
        text = importlib.util.decode_source(data)
        return super().source_to_code(_older(text).encode(), path, _optimize=_optimize)

    def get_code(self, fullname):
        # No cache: it would hold code of the file as it is.
        path = self.get_filename(fullname)
        return self.source_to_code(self.get_data(path), path)


class _Finder(importlib.abc.MetaPathFinder):
    def __init__(self, root):
        self.root = root

    def find_spec(self, fullname, path=None, target=None):
        if fullname.split(".")[0] != "lerobot":
            return None
        base = self.root.joinpath(*fullname.split("."))
        for file, folder in ((base / "__init__.py", base), (base.with_suffix(".py"), None)):
            if file.is_file():
                return importlib.util.spec_from_file_location(
                    fullname, file, loader=_Loader(fullname, str(file)),
                    submodule_search_locations=[str(folder)] if folder else None)
        return None


def use(root: Path):
    """`root` has the folder `lerobot` with the sources."""
    root = Path(root).resolve()
    if not (root / "lerobot" / "policies" / "pi05").is_dir():
        raise SystemExit(f"{root}: no lerobot/policies/pi05 here")
    sys.meta_path.insert(0, _Finder(root))
    for name in PASSED_OVER:
        package = types.ModuleType(name)
        package.__path__ = [str(root.joinpath(*name.split(".")))]
        package.__version__ = "source"
        sys.modules[name] = package
        parent, _, child = name.rpartition(".")
        if parent:
            setattr(sys.modules[parent], child, package)
