"""Weights out of a net; the ending of the file's name says the format."""

from __future__ import annotations

import os
from pathlib import Path

from compiler.network import Network, blobs
from compiler.weights.caffemodel import write_caffemodel
from compiler.weights.hdf5 import write_hdf5
from compiler.weights.tensors import write_safetensors
from netspec.diagnostics import Diagnostic, SpecError

WRITERS = {".caffemodel": write_caffemodel, ".h5": write_hdf5, ".safetensors": write_safetensors}


def save_weights(net: Network, path: str | os.PathLike[str]) -> None:
    """Write `.caffemodel`, `.h5` (Caffe's layout) or `.safetensors`, whole or not at all.

    Raises SpecError: C107 cannot be written, C108 another ending.
    """
    path = Path(path)
    write = WRITERS.get(path.suffix)
    if write is None:
        message = f"{path} ends with none of {', '.join(WRITERS)}"
        raise SpecError(
            Diagnostic("C108", message, None, f"write {path.name}.caffemodel, for example")
        )
    write(path, net.spec, blobs(net))
