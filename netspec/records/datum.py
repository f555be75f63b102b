"""Caffe's Datum: one item of a database, an image or an array of numbers, with its label (caffe.proto)."""

from __future__ import annotations

from dataclasses import dataclass

from netspec.records.wire import fields, signed


@dataclass(frozen=True)
class Datum:
    """`data` holds bytes (channels x height x width, or an encoded image), `floats` 4-byte numbers instead."""

    channels: int = 0
    height: int = 0
    width: int = 0
    data: bytes | memoryview = b""
    label: int = 0
    floats: bytes | memoryview = b""
    encoded: bool = False


NAMES = {1: "channels", 2: "height", 3: "width", 4: "data", 5: "label", 7: "encoded"}


def read_datum(content: bytes | memoryview) -> Datum:
    """A Datum from its bytes; raises WireError."""
    found: dict[str, int | memoryview | bytes] = {}
    floats = []
    for number, _, value in fields(memoryview(content)):
        if number == 6 and not isinstance(value, int):
            floats.append(bytes(value))
        elif number in NAMES:
            found[NAMES[number]] = signed(value) if isinstance(value, int) else value
    encoded = bool(found.pop("encoded", 0))
    return Datum(**found, floats=b"".join(floats), encoded=encoded)  # type: ignore[arg-type]
