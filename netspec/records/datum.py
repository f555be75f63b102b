"""Caffe's Datum: one item of a database, an image or numbers, with its label (caffe.proto)."""

from __future__ import annotations

from dataclasses import dataclass

from netspec.records.wire import BYTES, FIXED32, VARINT, WireError, fields, signed, write_field

CHANNELS, HEIGHT, WIDTH, DATA, LABEL, FLOAT_DATA, ENCODED = range(1, 8)
NUMBERS = {
    CHANNELS: "channels",
    HEIGHT: "height",
    WIDTH: "width",
    LABEL: "label",
    ENCODED: "encoded",
}


@dataclass(frozen=True)
class Datum:
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
        if min(self.shape) < 1:
            raise WireError(f"its shape is {self.channels} x {self.height} x {self.width}")
        found = len(self.data) or len(self.floats) / 4
        if found != self.channels * self.height * self.width:
            shape = f"{self.channels} x {self.height} x {self.width}"
            raise WireError(f"its shape is {shape}, but it holds {found:,.0f} numbers")


def read_datum(content: bytes | memoryview) -> Datum:
    """A Datum from its bytes; unknown fields are passed over. Raises WireError."""
    numbers: dict[str, int] = {}
    data: memoryview | bytes = b""
    floats: list[memoryview] = []
    for number, kind, value in fields(memoryview(content)):
        if isinstance(value, int):
            if kind == VARINT and number in NUMBERS:
                numbers[NUMBERS[number]] = signed(value)
        elif number == DATA and kind == BYTES:
            data = value
        elif number == FLOAT_DATA and kind in (BYTES, FIXED32):
            floats.append(value)
    encoded = bool(numbers.pop("encoded", 0))
    return Datum(**numbers, data=data, floats=b"".join(floats), encoded=encoded)


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
