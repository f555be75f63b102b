"""What another program computed: an `.npz` with an array for each blob, inputs as `in/BLOB`."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path

import numpy as np
import torch
from numpy.lib import format as npy
from torch import Tensor

from compiler.weights.faults import near
from netspec.diagnostics import Diagnostic, SpecError
from netspec.graph import Graph
from netspec.schema.wording import spelled

INPUT = "in/"
READS = "its layers read data of their own: `netspec deploy` gives the net that is fed"
INFLATION = 1100  # zlib makes at most 1032 bytes of one
SAVE = "save it with numpy.savez: an array for each blob by its name, and inputs as in/BLOB"


@dataclass(frozen=True)
class Expected:
    """Arrays by blob; an input that is not among `inputs` is taken from `blobs`."""

    inputs: Mapping[str, Tensor]
    blobs: Mapping[str, Tensor]

    def feed(self, graph: Graph) -> dict[str, Tensor]:
        """The inputs of a net. Raises SpecError C111 where one is missing or has other axes."""
        have = {**self.blobs, **self.inputs}
        missing = [name for name in graph.inputs if name not in have]
        if missing:
            raise _refused(f"the input {missing[0]} is not there", f"add it as in/{missing[0]}")
        strange = [name for name in self.inputs if name not in graph.inputs]
        if strange:
            takes = f"its inputs: {', '.join(graph.inputs)}" if graph.inputs else READS
            raise _refused(f"in/{strange[0]} is no input of the net", takes)
        for name, shape in graph.inputs.items():
            if have[name].dim() != len(shape):
                found, wanted = spelled(tuple(have[name].shape)), spelled(shape)
                message = f"the input {name} is {found} there, and {wanted} in the net"
                raise _refused(message, "a single image is a batch of 1")
        return {name: have[name] for name in graph.inputs}


def read_expected(path: Path) -> Expected:
    """The arrays of an `.npz` file. Raises SpecError C111."""
    try:
        with zipfile.ZipFile(path) as file:
            entries = file.infolist()
            if sum(entry.file_size for entry in entries) > INFLATION * path.stat().st_size:
                raise _refused(f"{path} claims far more numbers than it can hold", SAVE)
            found = {entry.filename.removesuffix(".npy"): _array(file, entry) for entry in entries}
    except SpecError:
        raise
    except OSError as wrong:
        help = near(path) or SAVE
        raise _refused(f"{path} cannot be read ({wrong.strerror or wrong})", help) from None
    except Exception as wrong:  # zipfile, zlib and numpy raise a dozen kinds on damaged files
        raise _refused(f"{path} is no .npz file ({wrong})", SAVE) from None
    inputs = {k.removeprefix(INPUT): v for k, v in found.items() if k.startswith(INPUT)}
    return Expected(inputs, {k: v for k, v in found.items() if not k.startswith(INPUT)})


def _array(file: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Tensor:
    """One array as 32-bit floats; its header is believed when the numbers are there."""
    with file.open(entry) as content:
        head = npy.read_array_header_1_0 if npy.read_magic(content) == (1, 0) else None
        shape, _, dtype = (head or npy.read_array_header_2_0)(content)
        size = prod(shape) * dtype.itemsize
        if dtype.kind not in "fiub" or size != entry.file_size - content.tell():
            written = " x ".join(map(str, shape))
            message = f"{entry.filename} claims {written} of {dtype}, and does not hold it"
            raise _refused(message, SAVE)
    with file.open(entry) as content:
        return torch.from_numpy(npy.read_array(content, allow_pickle=False).astype(np.float32))


def _refused(message: str, help: str) -> SpecError:
    return SpecError(Diagnostic("C111", message, None, help))
