"""The wire format of protobuf messages, read without copying.

Just what Caffe's binary files need: fields as they come, with lengths held against the bytes that
are there, so that a file can never claim more memory than it has bytes.
"""

from __future__ import annotations

from collections.abc import Iterator

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5


class WireError(ValueError):
    """The bytes are not the message that is read; `offset` says where, if it is one place."""

    def __init__(self, message: str, offset: int | None = None) -> None:
        super().__init__(message if offset is None else f"{message}, at byte {offset:,}")
        self.offset = offset


def varint(data: memoryview, at: int) -> tuple[int, int]:
    """A variable-length whole number (unsigned, 64 bits) and the offset after it."""
    value = shift = 0
    while True:
        if at >= len(data) or shift > 63:
            raise WireError(
                "the file ends inside a number" if at >= len(data) else "a number is too long", at
            )
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & (2**64 - 1), at
        shift += 7


def field(data: memoryview, at: int) -> tuple[int, int, int | memoryview, int]:
    """(field number, wire type, value, offset after it); the value of a varint is a number."""
    key, after = varint(data, at)
    number, kind = key >> 3, key & 7
    if number == 0:
        raise WireError("there is no field 0", at)
    if kind == VARINT:
        value, after = varint(data, after)
        return number, kind, value, after
    if kind == BYTES:
        size, after = varint(data, after)
    elif kind in (FIXED32, FIXED64):
        size = 4 if kind == FIXED32 else 8
    else:
        raise WireError(f"there is no wire type {kind} in Caffe's files", at)
    left = len(data) - after
    if size > left:
        raise WireError(f"a field claims {size:,} bytes where {left:,} are left", at)
    return number, kind, data[after : after + size], after + size


def fields(data: memoryview) -> Iterator[tuple[int, int, int | memoryview]]:
    """(field number, wire type, value) of every field in turn."""
    at = 0
    while at < len(data):
        number, kind, value, at = field(data, at)
        yield number, kind, value


def signed(value: int) -> int:
    """The int32 or int64 that a varint stands for."""
    return value - 2**64 if value >= 2**63 else value


def write_varint(value: int) -> bytes:
    """A whole number, negative ones in ten bytes as protobuf writes them."""
    value &= 2**64 - 1
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def write_field(number: int, value: int | bytes | str) -> bytes:
    """A field with a varint, bytes or text."""
    if isinstance(value, int):
        return write_varint(number << 3 | VARINT) + write_varint(value)
    content = value.encode() if isinstance(value, str) else value
    return write_varint(number << 3 | BYTES) + write_varint(len(content)) + content
