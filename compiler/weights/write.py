"""Stored layers into a file; the ending of its name says the format."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from compiler.weights.caffemodel import write_caffemodel
from compiler.weights.hdf5 import write_hdf5
from compiler.weights.stored import StoredLayer
from compiler.weights.tensors import write_safetensors
from netspec.atomic import replacing
from netspec.diagnostics import Diagnostic, SpecError

WRITERS: dict[str, Callable[[Path, Iterable[StoredLayer], str], None]] = {
    ".caffemodel": write_caffemodel,
    ".h5": write_hdf5,
    ".safetensors": write_safetensors,
}

PYTORCH = (".pth", ".pt")  # which torch.save writes; PyTorch reads safetensors, too


def write_layers(
    path: Path, layers: Iterable[StoredLayer], net: str = "", ending: str = ""
) -> None:
    """Write `.caffemodel`, `.h5` (Caffe's layout) or `.safetensors`, whole or not at all.

    The format is `ending`, or else the name's. One blob at a time is in memory. Raises SpecError:
    C107 cannot be written, C108 another ending, C109 parameters have only numbers where the format
    wants names, or the other way round.
    """
    write = WRITERS.get(ending or path.suffix)
    if write is None:
        reason = f"{path} ends with none of {', '.join(WRITERS)}"
        other = ".safetensors" if path.suffix in PYTORCH else ".caffemodel"
        raise SpecError(Diagnostic("C108", reason, None, f"write {path.stem}{other}"))
    with replacing(path, "C107") as temporary:
        write(temporary, layers, net)
