"""Snappy, which LevelDB packs its blocks with: literals, and copies of what came before.

The format is that of google/snappy's format_description.txt.
"""

from __future__ import annotations

from netspec.records.wire import WireError, varint

LITERAL, NEAR, FAR = 0, 1, 2  # the lowest two bits of a tag; 3 is farther
DENSEST = 32  # a tag of two or three bytes makes at most 64


def unpack(content: memoryview) -> bytes:
    """The bytes that were packed; raises WireError."""
    size, at = varint(content, 0)
    if size > DENSEST * len(content):
        raise WireError(f"a block claims {size:,} bytes")
    made = bytearray()
    end = len(content)
    while at < end:
        tag = content[at]
        at += 1
        if tag & 3 == LITERAL:
            length = tag >> 2
            if length >= 60:  # in the next one to four bytes
                more = length - 59
                length = int.from_bytes(content[at : at + more], "little")
                at += more
            made += content[at : at + length + 1]
            at += length + 1
            continue
        if tag & 3 == NEAR:
            length, width, high = (tag >> 2 & 7) + 4, 1, tag >> 5 << 8
        else:
            length, width, high = (tag >> 2) + 1, 2 if tag & 3 == FAR else 4, 0
        back = int.from_bytes(content[at : at + width], "little") | high
        at += width
        if not 0 < back <= len(made):
            raise WireError("a block copies what is not there", at)
        start = len(made) - back
        some = made[start : start + length]
        made += some if back >= length else (some * (length // back + 1))[:length]
        if len(made) > size:
            break
    if len(made) != size or at > end:
        raise WireError(f"a block of {size:,} bytes has {len(made):,}")
    return bytes(made)
