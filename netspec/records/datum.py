"""Caffe's Datum: one item of a database, an image or numbers, with its label (caffe.proto)."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from netspec.records.wire import BYTES, FIXED32, WireError, field, signed, varint, write_field

CHANNELS, HEIGHT, WIDTH, DATA, LABEL, FLOAT_DATA, ENCODED = range(1, 8)
NUMBERS = {
    CHANNELS: "channels",
    HEIGHT: "height",
    WIDTH: "width",
    LABEL: "label",
    ENCODED: "encoded",
}
RUN = re.compile(rb"(?:\x35.{4})+", re.DOTALL)  # unpacked float_data, tag by tag
HEAD = re.compile(rb"((?:[\x08\x10\x18]V)*)\x22(V)".replace(b"V", rb"[\x80-\xff]{0,9}[\x00-\x7f]"))
TAIL = 16  # bytes that label and encoded take at most


class Datum(NamedTuple):
    """`data` is channels x height x width bytes, or an encoded image; `floats` 32-bit numbers."""

    channels: int = 0
    height: int = 0
    width: int = 0
    data: bytes | memoryview = b""
    label: int = 0
    floats: bytes | memoryview = b""
    encoded: bool = False

    @property
    def shape(self) -> tuple[int, int, int]:
        return self.channels, self.height, self.width

    def check(self) -> None:
        """Raise WireError unless there are as many numbers as the shape says (if not encoded)."""
        channels, height, width, *_ = self
        found = len(self.data) or len(self.floats) / 4
        if found == channels * height * width and channels > 0 and height > 0 and width > 0:
            return
        shape = f"its shape is {channels} x {height} x {width}"
        if min(self.shape) < 1:
            raise WireError(shape)
        raise WireError(f"{shape}, but it holds {found:,.0f} numbers")


def read_datum(content: bytes | memoryview) -> Datum:
    """A Datum from its bytes; unknown fields are passed over. Raises WireError.

    As Caffe writes it, the pixels stand between a few numbers, which are the same in many items.
    """
    view = memoryview(content)
    head = HEAD.match(view)
    if head is not None:
        start = head.end()
        stop = start + _size(head[2])
        tail = bytes(view[stop:]) if stop <= len(view) < stop + TAIL else b"\x22"
        if b"\x22" not in tail:  # no pixels again
            try:
                around = _around(head[1] + tail)
            except WireError:  # to be told with its place
                return _read(view)
            channels, height, width, _, label, _, encoded = around
            return Datum(channels, height, width, view[start:stop], label, b"", encoded)
    return _read(view)


def pixels_in(content: bytes | memoryview) -> tuple[tuple[int, int, int], slice]:
    """The shape of a Datum as Caffe writes it, and where its pixels lie, which fill the shape.

    Raises WireError for any other: one that is encoded, of floats, or in another order.
    """
    head = HEAD.match(content)
    datum = read_datum(content)
    if head is None or datum.encoded or datum.floats or not datum.data:
        raise WireError("its pixels do not stand between its shape and its label")
    datum.check()
    return datum.shape, slice(head.end(), head.end() + len(datum.data))


@lru_cache(maxsize=4096)
def _size(content: bytes) -> int:
    return varint(memoryview(content), 0)[0]


@lru_cache(maxsize=4096)
def _around(content: bytes) -> Datum:
    found = _read(memoryview(content))
    if found.floats:
        raise WireError("floats beside pixels")
    return found


def _read(view: memoryview) -> Datum:
    numbers: dict[str, int] = {}
    data: memoryview | bytes = b""
    floats: list[memoryview | bytearray] = []
    at = 0
    while at < len(view):
        number, kind, value, after = field(view, at)
        if isinstance(value, int):
            if number in NUMBERS:
                numbers[NUMBERS[number]] = signed(value)
        elif number == DATA and kind == BYTES:
            data = value
        elif number == FLOAT_DATA and kind == BYTES:
            floats.append(value)
        elif number == FLOAT_DATA and kind == FIXED32 and (run := RUN.match(view, at)):
            floats.append(_packed(view[at : run.end()]))
            after = run.end()
        at = after
    encoded = bool(numbers.pop("encoded", 0))
    return Datum(**numbers, data=data, floats=b"".join(floats), encoded=encoded)


def _packed(run: memoryview) -> bytearray:
    """Floats without their tags, which is how Caffe writes them: one by one."""
    packed = bytearray(len(run) // 5 * 4)
    for i in range(4):
        packed[i::4] = run[i + 1 :: 5]
    return packed


def write_datum(datum: Datum) -> bytes:
    """The bytes that read back as `datum`, in Caffe or here."""
    out = [write_field(i, n) for i, n in enumerate(datum.shape, CHANNELS) if n or not datum.encoded]
    if datum.data:
        out.append(write_field(DATA, bytes(datum.data)))
    out.append(write_field(LABEL, datum.label))
    if datum.floats:
        out.append(write_field(FLOAT_DATA, bytes(datum.floats)))
    if datum.encoded:
        out.append(write_field(ENCODED, 1))
    return b"".join(out)
