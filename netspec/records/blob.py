"""Caffe's BlobProto: an array in a binary file, as weights and mean images are (caffe.proto)."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import numpy as np

from netspec.records.wire import (
    BYTES,
    FIXED32,
    FIXED64,
    VARINT,
    WireError,
    fields,
    signed,
    varint,
    write_field,
    write_varint,
)

LEGACY = {1: "num", 2: "channels", 3: "height", 4: "width"}
DATA, DIFF, SHAPE, DOUBLE_DATA, DOUBLE_DIFF = 5, 6, 7, 8, 9


@dataclass(frozen=True, eq=False)
class Blob:
    """`values` has the blob's shape: float32, or float64 where the file is. It shares their bytes.

    `legacy` says that the file gives the old num, channels, height and width, always four axes.
    """

    values: np.ndarray
    legacy: bool = False

    @property
    def image(self) -> np.ndarray:
        """Channels x height x width, of the first if there are several (Blob::LegacyShape).

        Raises WireError past four axes.
        """
        shape = self.values.shape
        if len(shape) > 4:
            raise WireError(f"it has {len(shape)} axes, an image at most 4")
        return self.values.reshape(shape + (1,) * (4 - len(shape)))[0]


def read_blob(content: bytes | memoryview) -> Blob:
    """The data of a BlobProto, its gradient left out; raises WireError.

    A shape is only believed when the numbers are there, so no more memory is taken than it holds.
    """
    pieces: dict[int, list[np.ndarray]] = {DATA: [], DOUBLE_DATA: []}
    kinds = {DATA: ("<f4", FIXED32), DOUBLE_DATA: ("<f8", FIXED64)}
    legacy: dict[str, int] = {}
    shape: tuple[int, ...] | None = None
    for number, kind, value in fields(memoryview(content)):
        if number in LEGACY and isinstance(value, int):
            legacy[LEGACY[number]] = signed(value)
        elif number == SHAPE and not isinstance(value, int):
            shape = (shape or ()) + _dims(value)
        elif number in kinds and kind in (BYTES, kinds[number][1]) and not isinstance(value, int):
            dtype = np.dtype(kinds[number][0])
            if len(value) % dtype.itemsize:
                raise WireError(
                    f"{len(value):,} bytes are no whole count of {dtype.itemsize}-byte numbers"
                )
            pieces[number].append(np.frombuffer(value, dtype))
    found = pieces[DOUBLE_DATA] or pieces[DATA]
    values = np.concatenate(found) if len(found) > 1 else found[0] if found else np.empty(0, "<f4")
    if legacy:  # Blob::FromProto looks for these first
        shape = tuple(legacy.get(name, 0) for name in LEGACY.values())
    return Blob(_shaped(values, shape or ()), bool(legacy))


def write_blob(values: np.ndarray) -> bytes:
    """A BlobProto with a shape and packed 32-bit (or, for float64, 64-bit) numbers."""
    double = values.dtype == np.float64
    dims = write_field(1, b"".join(write_varint(d) for d in values.shape)) if values.ndim else b""
    numbers = np.ascontiguousarray(values, "<f8" if double else "<f4").tobytes()
    return write_field(SHAPE, dims) + write_field(DOUBLE_DATA if double else DATA, numbers)


def _shaped(values: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    if any(d < 0 for d in shape) or prod(shape) != values.size:
        written = " x ".join(map(str, shape)) or "a single number"
        raise WireError(f"a blob of shape {written} holds {values.size:,} numbers")
    return values.reshape(shape)


def _dims(content: memoryview) -> tuple[int, ...]:
    """BlobShape: `repeated int64 dim = 1`, packed or one by one."""
    found: list[int] = []
    for number, kind, value in fields(content):
        if number != 1:
            continue
        if kind == VARINT and isinstance(value, int):
            found.append(signed(value))
        elif kind == BYTES and not isinstance(value, int):
            at = 0
            while at < len(value):
                dim, at = varint(value, at)
                found.append(signed(dim))
    if len(found) > 32:
        raise WireError(f"a blob has {len(found)} axes; the most is 32")
    return tuple(found)
