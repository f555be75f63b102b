"""PyTorch's `.pth` and `.pt`: a state_dict, one tensor for each parameter, named `layer.role`.

Only tensors are taken out of the pickle. What it would call is looked up in a short list before it
runs, which is shorter than torch's own for weights_only: that lets a file ask for any memory.
"""

from __future__ import annotations

import pickletools
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TypeGuard

import torch
from torch import Tensor

from compiler.network import module_layers
from compiler.weights.pytorch import COUNTER
from compiler.weights.roles import by_layer
from compiler.weights.stored import Malformed, StoredBlob, StoredLayer
from netspec.diagnostics import some
from netspec.graph import Graph

HARMLESS = {
    "collections OrderedDict",
    "torch._utils _rebuild_tensor_v2",
    "torch._utils _rebuild_parameter",
    "torch FloatStorage",
    "torch DoubleStorage",
    "torch HalfStorage",
    "torch BFloat16Storage",
    "torch LongStorage",
    "torch IntStorage",
    "torch ShortStorage",
    "torch CharStorage",
    "torch ByteStorage",
    "torch BoolStorage",
}
MAX_PICKLE = 2**26  # 64 MiB of names and shapes
SAVE = "save it with torch.save(net.state_dict(), FILE) in PyTorch 1.6 or later, or as safetensors"


def read_state_dict(path: Path, graph: Graph | None) -> Iterator[StoredLayer]:
    """The layers in the order of their names; tensors are mapped, and read when they are asked for.

    Of a dict of other things, as trainers save it, the one state_dict in it is read; PyTorch's
    counters of batches are left out. Raises Malformed or OSError.
    """
    _check(path)
    try:
        found = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except Exception as wrong:  # torch raises what it likes on damaged files
        reason = (str(wrong) or type(wrong).__name__).splitlines()[0]
        raise Malformed("C102", f"PyTorch cannot load it ({reason})", SAVE) from None
    layers = module_layers(graph) if graph else {}
    size = path.stat().st_size
    named = {
        _renamed(name, layers): _blob(name, values, size)
        for name, values in _state_dict(found).items()
        if not name.endswith(COUNTER)
    }
    yield from by_layer(named, graph)


def _state_dict(found: object) -> dict[str, Tensor]:
    """What was saved, or the one entry of it that maps names to tensors."""
    if _maps_names_to_tensors(found):
        return found
    entries = found.items() if isinstance(found, dict) else ()
    inner = {str(key): value for key, value in entries if _maps_names_to_tensors(value)}
    if len(inner) == 1:
        return next(iter(inner.values()))
    if inner:
        message = f"it holds {len(inner)} state_dicts: {some(inner)}"
        raise Malformed("C102", message, "save the one that is meant, by itself")
    raise Malformed("C102", "it is no state_dict, which maps names to tensors", SAVE)


def _maps_names_to_tensors(found: object) -> TypeGuard[dict[str, Tensor]]:
    return (
        isinstance(found, dict)
        and bool(found)
        and all(isinstance(k, str) and isinstance(v, Tensor) for k, v in found.items())
    )


def _check(path: Path) -> None:
    """Raise Malformed unless the file is torch's zip and its pickle calls only what is harmless."""
    try:
        with zipfile.ZipFile(path) as file:
            entries = file.infolist()
            pickles = [e for e in entries if e.filename.endswith("/data.pkl")]
            if len(pickles) != 1 or any(e.compress_type != zipfile.ZIP_STORED for e in entries):
                raise Malformed("C102", "it is a zip file, but not one of PyTorch's", SAVE)
            if pickles[0].file_size > MAX_PICKLE:
                raise Malformed("C102", f"its pickle is {pickles[0].file_size:,} bytes long", SAVE)
            content = file.read(pickles[0])
        called = {
            str(argument)
            for operation, argument, _ in pickletools.genops(content)
            if operation.name in ("GLOBAL", "INST", "STACK_GLOBAL")
        }
    except Malformed:
        raise
    except Exception as wrong:  # zipfile and pickletools raise a dozen kinds on damaged files
        raise Malformed("C102", f"it is a damaged zip file ({wrong})", SAVE) from None
    others = sorted(called - HARMLESS, key=lambda name: (not name.startswith("torch.nn"), name))
    if others:  # of a whole module that was saved, its class says most
        name = others[0].replace(" ", ".")
        message = f"it calls {name}, and only tensors are taken from a pickle"
        raise Malformed("C102", message, SAVE)


def _renamed(name: str, layers: Mapping[str, str]) -> str:
    """Modules cannot bear every name that a layer can; here they get their layer's again."""
    module, _, role = name.rpartition(".")
    return f"{layers.get(module, module)}.{role}"


def _blob(name: str, values: Tensor, size: int) -> StoredBlob:
    if not values.is_floating_point():
        message = f"{name} holds {values.dtype}, not floating point numbers"
        raise Malformed("C106", message, "weights are floating point numbers")
    if values.numel() * values.element_size() > size:
        message = f"{name} claims {values.numel():,} numbers in a file of {size:,} bytes"
        raise Malformed("C102", message, SAVE)
    return StoredBlob(tuple(values.shape), lambda: values.detach().float())
