"""Caffe's BlobProto: an array in a binary file, as weights and mean images are (caffe.proto)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
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
HALF_DATA = 10  # its forerunner, and TensorRT: each half precision number as a whole number
HOLDERS = (DOUBLE_DATA, DATA, RAW_DATA, HALF_DATA)  # the first that is there counts
RAW_TYPES = {0: "<f8", 1: "<f4", 2: "<f2"}  # DOUBLE, FLOAT, FLOAT16; the others are no floats
MAX_AXES = 32  # blob.hpp, kMaxBlobAxes

Content = memoryview | bytearray


@dataclass(frozen=True, eq=False)
class Blob:
    """An array whose numbers stay in the file's bytes until `read`.

    It gives the file's precision, 16 to 64 bits, and shares the bytes where it can. `legacy` says
    that the file has the old num, channels, height and width, always four axes.
    """

    shape: tuple[int, ...]
    read: Callable[[], np.ndarray]
    legacy: bool = False

    @property
    def values(self) -> np.ndarray:
        """The numbers in their shape; raises WireError."""
        return self.read().reshape(self.shape)

    @property
    def image(self) -> np.ndarray:
        """Channels x height x width, of the first if there are several (Blob::LegacyShape).

        Raises WireError past four axes, and where it has no numbers.
        """
        if len(self.shape) > 4:
            raise WireError(f"it has {len(self.shape)} axes, an image at most 4")
        if not prod(self.shape):
            raise WireError("it has no pixels")
        return self.values.reshape(self.shape + (1,) * (4 - len(self.shape)))[0]


def read_blob(content: bytes | memoryview) -> Blob:
    """The data of a BlobProto, its gradient left out; raises WireError.

    A shape is only believed when the numbers are there, so no more memory is taken than it holds.
    """
    holders: dict[int, Content] = {}
    legacy: dict[str, int] = {}
    shape: tuple[int, ...] | None = None
    raw_type = None
    for number, kind, value in fields(memoryview(content)):
        if isinstance(value, int):
            if number in LEGACY:
                legacy[LEGACY[number]] = signed(value)
            elif number == RAW_TYPE:
                raw_type = value
        elif number == SHAPE:
            shape = (shape or ()) + _dims(value)
            if len(shape) > MAX_AXES:
                raise WireError(f"a blob has {len(shape)} axes; the most is {MAX_AXES}")
        elif number in HOLDERS and kind in (BYTES, FIXED32, FIXED64):
            _gather(holders, number, value)
    if legacy:  # Blob::FromProto looks for these first
        shape = tuple(legacy.get(name, 0) for name in LEGACY.values())
    count, read = _numbers(holders, raw_type)
    return Blob(_filled(shape or (), count), read, bool(legacy))


def _gather(holders: dict[int, Content], number: int, value: memoryview) -> None:
    """Packed numbers come in one piece, which stays a view; unpacked ones add up one by one."""
    before = holders.get(number)
    if before is None:
        holders[number] = value
    elif isinstance(before, bytearray):
        before += value
    else:
        holders[number] = bytearray(before) + value


def _numbers(
    holders: dict[int, Content], raw_type: int | None
) -> tuple[int, Callable[[], np.ndarray]]:
    """How many numbers a blob has, and how they are read."""
    number = next((n for n in HOLDERS if holders.get(n)), DATA)
    content = holders.get(number, bytearray())
    if number == HALF_DATA:
        count = int(np.count_nonzero(np.frombuffer(content, np.uint8) < 128))
        return count, partial(_halves, content)
    if number == RAW_DATA and raw_type not in RAW_TYPES:
        found = "of no type" if raw_type is None else f"of type {raw_type}, which is no float"
        raise WireError(f"a blob holds NVIDIA's raw_data {found}")
    dtype = np.dtype({DOUBLE_DATA: "<f8", DATA: "<f4"}.get(number) or RAW_TYPES[raw_type or 0])
    if len(content) % dtype.itemsize:
        size = dtype.itemsize
        raise WireError(f"{len(content):,} bytes are no whole count of {size}-byte numbers")
    return len(content) // dtype.itemsize, partial(np.frombuffer, content, dtype)


def _halves(content: Content) -> np.ndarray:
    """Half precision numbers of which each stands in the file as its 16 bits, a varint."""
    octets = np.frombuffer(content, np.uint8)
    ends = np.flatnonzero(octets < 128)
    starts = np.concatenate(([0], ends[:-1] + 1))
    lengths = ends - starts + 1
    if octets[-1] >= 128 or lengths.max() > 3:
        raise WireError("a blob's half_data hold more than 16 bits in a number")
    bits = (octets[starts] & 127).astype(np.uint32)
    for i in (1, 2):
        longer = lengths > i
        bits[longer] |= (octets[starts[longer] + i] & 127).astype(np.uint32) << 7 * i
    if bits.max() > 0xFFFF:
        raise WireError("a blob's half_data hold more than 16 bits in a number")
    return bits.astype("<u2").view("<f2")


def write_blob(values: np.ndarray) -> bytes:
    """A BlobProto with a shape and packed 32-bit (or, for float64, 64-bit) numbers."""
    double = values.dtype == np.float64
    dims = write_field(1, b"".join(write_varint(d) for d in values.shape)) if values.ndim else b""
    numbers = np.ascontiguousarray(values, "<f8" if double else "<f4").tobytes()
    return write_field(SHAPE, dims) + write_field(DOUBLE_DATA if double else DATA, numbers)


def _filled(shape: tuple[int, ...], count: int) -> tuple[int, ...]:
    """The shape, which so many numbers have to fill."""
    if any(d < 0 for d in shape) or prod(shape) != count:
        written = " x ".join(map(str, shape)) or "a single number"
        raise WireError(f"a blob of shape {written} holds {count:,} numbers")
    return shape


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
    return tuple(found)
