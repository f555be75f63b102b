"""What a weights file holds, whatever its format: layers by name, each with its blobs by number."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import prod

import numpy
import torch
from torch import Tensor

from netspec.diagnostics import Diagnostic, SpecError
from netspec.records.blob import read_blob
from netspec.records.wire import WireError

MAX_BLOBS = 1_000  # of a layer; far past any, so that no hostile file may fill the memory
NET = "give the net with --spec: its layers tell"


class Malformed(ValueError):
    """A weights file cannot be used; `code` is the diagnostic that says so, `help` what to do."""

    def __init__(self, code: str, message: str, help: str = "") -> None:
        super().__init__(message)
        self.code, self.help = code, help


@dataclass(frozen=True)
class StoredBlob:
    """An array of a weights file. `read` gives its values, flat or shaped, on the CPU, anew.

    `legacy` shapes have four axes, filled with ones from the front (Blob::ShapeEquals). `role` is
    its name, in formats that name parameters and do not number them. A `shared` one is another
    layer's: only `.caffemodel` repeats it. `diff` is written beside it, in Caffe's formats.
    """

    shape: tuple[int, ...]
    read: Callable[[], Tensor]
    legacy: bool = False
    role: str = ""
    shared: bool = False
    diff: Callable[[], Tensor] | None = None

    @property
    def count(self) -> int:
        """How many numbers it has."""
        return prod(self.shape)

    def values(self) -> Tensor:
        """The values in their shape, 32 bits each."""
        return self.read().to(torch.float32).reshape(self.shape)

    def fits(self, shape: tuple[int, ...]) -> bool:
        """Whether a parameter of that shape can take the values."""
        if self.legacy:
            return len(shape) <= 4 and self.shape == (1,) * (4 - len(shape)) + tuple(shape)
        return self.shape == tuple(shape)


@dataclass(frozen=True)
class StoredLayer:
    """What a weights file keeps under one layer's name.

    `numbered` is False where the file has only names for blobs and nothing told their order.
    `rest` are the other fields of a `.caffemodel`'s LayerParameter (type, bottoms, settings), as
    they stand in the file; `type` is read from them. Other formats keep neither.
    """

    name: str
    blobs: dict[int, StoredBlob]
    type: str = ""
    rest: bytes = b""
    numbered: bool = True


def from_proto(content: memoryview, number: int = 0) -> StoredBlob:
    """The array in a BlobProto, the layer's `number`th; its bytes are not copied before `read`.

    Raises WireError, as `read` does.
    """
    if number == MAX_BLOBS:
        raise WireError(f"a layer has more than {MAX_BLOBS:,} blobs")
    found = read_blob(content)

    def read() -> Tensor:
        with numpy.errstate(over="ignore"):  # doubles past 32 bits are infinite, as in Caffe
            return torch.from_numpy(found.values.astype(numpy.float32))

    return StoredBlob(found.shape, read, found.legacy)


def require_numbers(layer: StoredLayer) -> None:
    """Raise SpecError C109 where nothing tells the order of a layer's blobs."""
    if not layer.numbered:
        reason = f"the parameters of {layer.name} have names, and Caffe numbers them"
        raise SpecError(Diagnostic("C109", reason, None, f"{NET} their order"))


def decoded(text: memoryview) -> str:
    """A name in a file; other bytes than UTF-8 are replaced."""
    return bytes(text).decode("utf-8", "replace")
