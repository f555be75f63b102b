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
RAW_TYPE, RAW_DATA = 10, 12  # NVIDIA's fork, which so keeps half precision
RAW = {0: "<f8", 1: "<f4", 2: "<f2"}  # DOUBLE, FLOAT, FLOAT16; INT and UINT are no weights


@dataclass(frozen=True, eq=False)
class Blob:
    """`values` has the blob's shape and the file's precision, 16 to 64 bits, and shares its bytes.

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
    numbers: dict[int, memoryview | bytearray] = {}
    legacy: dict[str, int] = {}
    shape: tuple[int, ...] | None = None
    raw_type = 0
    for number, kind, value in fields(memoryview(content)):
        if isinstance(value, int):
            if number in LEGACY:
                legacy[LEGACY[number]] = signed(value)
            elif number == RAW_TYPE:
                raw_type = value
        elif number == SHAPE:
            shape = (shape or ()) + _dims(value)
        elif number in (DATA, DOUBLE_DATA, RAW_DATA) and kind in (BYTES, FIXED32, FIXED64):
            _gather(numbers, number, value)
    if legacy:  # Blob::FromProto looks for these first
        shape = tuple(legacy.get(name, 0) for name in LEGACY.values())
    return Blob(_shaped(_values(numbers, raw_type), shape or ()), bool(legacy))


def _gather(numbers: dict[int, memoryview | bytearray], number: int, value: memoryview) -> None:
    """Packed numbers come in one piece, which stays a view; unpacked ones add up one by one."""
    before = numbers.get(number)
    if before is None:
        numbers[number] = value
    elif isinstance(before, bytearray):
        before += value
    else:
        numbers[number] = bytearray(before) + value


def _values(numbers: dict[int, memoryview | bytearray], raw_type: int) -> np.ndarray:
    if RAW_DATA in numbers and raw_type not in RAW:
        raise WireError(f"a blob holds whole numbers (NVIDIA's raw_data_type {raw_type})")
    dtypes = {RAW_DATA: RAW.get(raw_type, ""), DOUBLE_DATA: "<f8", DATA: "<f4"}
    for number, dtype in dtypes.items():
        if numbers.get(number):
            content, size = numbers[number], np.dtype(dtype).itemsize
            if len(content) % size:
                raise WireError(f"{len(content):,} bytes are no whole count of {size}-byte numbers")
            return np.frombuffer(content, dtype)
    return np.empty(0, "<f4")


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
