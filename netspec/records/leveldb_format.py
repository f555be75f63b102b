"""The pieces that LevelDB's files are made of: records of logs, and blocks of tables."""

from __future__ import annotations

import os
from collections.abc import Iterator
from struct import Struct
from typing import Any

from netspec.records.snappy import unpack
from netspec.records.wire import WireError, varint

BLOCK, HEADER = 32_768, Struct("<IHB")  # of a log: checksum, length, kind
FULL, FIRST, MIDDLE, LAST = 1, 2, 3, 4
DELETED, PUT = 0, 1
LOG_NUMBER, NEXT_FILE, LAST_SEQUENCE, OLD_LOG = 2, 3, 4, 9  # fields of a manifest, of one number
COMPARATOR, COMPACTED, REMOVED, ADDED = 1, 5, 6, 7
PACKING = Struct("<BI")  # of a block: how it is packed, checksum
MASK = 0xA282EAD8  # added to checksums, so that they do not look like checksums of themselves


def log_records(content: bytes) -> Iterator[bytes]:
    """The records of a log, joined from their pieces; raises WireError."""
    at, joined, kind = 0, bytearray(), FULL
    while at + HEADER.size <= len(content):
        left = BLOCK - at % BLOCK
        if left < HEADER.size:
            at += left
            continue
        checksum, length, kind = HEADER.unpack_from(content, at)
        at += HEADER.size
        if kind == 0 and length == 0:  # room that was set aside
            at += left - HEADER.size
            continue
        if kind not in (FULL, FIRST, MIDDLE, LAST) or length > left - HEADER.size:
            raise WireError("a log is damaged", at)
        piece = content[at : at + length]
        at += length
        if len(piece) < length:
            raise WireError("a log is cut off", at)
        require_checksum(content[at - length - 1 : at], checksum, "a record of a log", at - length)
        joined = joined + piece if kind in (MIDDLE, LAST) else bytearray(piece)
        if kind in (FULL, LAST):
            yield bytes(joined)
    torn = at < len(content) and BLOCK - at % BLOCK >= HEADER.size
    if torn or kind in (FIRST, MIDDLE):
        raise WireError("a log is cut off", at)


def edits(view: memoryview) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """The fields of a change of the manifest."""
    at = 0
    while at < len(view):
        kind, at = varint(view, at)
        if kind == COMPARATOR:
            text, at = text_at(view, at)
            if text != b"leveldb.BytewiseComparator":
                raise WireError("its keys are in an order of their own")
        elif kind in (LOG_NUMBER, NEXT_FILE, LAST_SEQUENCE, OLD_LOG):
            number, at = varint(view, at)
            yield kind, (number,)
        elif kind in (COMPACTED, REMOVED, ADDED):
            level, at = varint(view, at)
            if kind == COMPACTED:
                _, at = text_at(view, at)
                continue
            number, at = varint(view, at)
            smallest: bytes | memoryview = b""
            if kind == ADDED:
                _, at = varint(view, at)
                smallest, at = text_at(view, at)
                _, at = text_at(view, at)
            yield kind, (level, number, bytes(smallest))
        else:
            raise WireError(f"a field {kind} is not known", at)


def text_at(view: memoryview, at: int) -> tuple[memoryview, int]:
    size, at = varint(view, at)
    if size > len(view) - at:
        raise WireError(f"{size:,} bytes are claimed where {len(view) - at:,} are left", at)
    return view[at : at + size], at + size


def handle_at(view: memoryview, at: int) -> tuple[tuple[int, int], int]:
    offset, at = varint(view, at)
    size, at = varint(view, at)
    return (offset, size), at


def read_block(file: int, handle: tuple[int, int], most: int) -> memoryview:
    """The content of a block, unpacked, whose checksum is right; raises WireError."""
    offset, size = handle
    if offset + size + PACKING.size > most:
        raise WireError("a block lies outside of its table", offset)
    whole = os.pread(file, size + PACKING.size, offset)
    content = memoryview(whole)
    packed, checksum = PACKING.unpack_from(content, size)
    require_checksum(whole[: size + 1], checksum, "a block", offset)
    if packed == 1:
        return memoryview(unpack(content[:size]))
    if packed:
        raise WireError(f"a block is packed in a way that is not known ({packed})", offset)
    return content[:size]


def require_checksum(content: bytes, masked: int, what: str, at: int) -> None:
    """Raise WireError where bytes have changed since they were written (CRC-32C, turned by 15)."""
    import google_crc32c  # which few nets need, and all would load

    found = google_crc32c.value(content)
    if ((found >> 15 | found << 17) + MASK) & 0xFFFFFFFF != masked:
        raise WireError(f"{what} is not what was written: its checksum differs", at)


def block_entries(view: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    """Keys, each given by what differs from the one before, and values."""
    if len(view) < 4:
        raise WireError("a block is too short")
    restarts = int.from_bytes(view[-4:], "little")
    end = len(view) - 4 * (restarts + 1)
    if end < 0:
        raise WireError("a block is damaged")
    at, key = 0, b""
    while at < end:
        shared, at = varint(view, at)
        own, at = varint(view, at)
        size, at = varint(view, at)
        if shared > len(key) or at + own + size > end:
            raise WireError("an entry lies outside of its block", at)
        key = key[:shared] + bytes(view[at : at + own])
        at += own
        yield key, view[at : at + size]
        at += size
