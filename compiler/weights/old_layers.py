"""The layers of `.caffemodel` files from before 2014: V1, and the V0 layers that lie inside them.

Their types and wiring are given in today's form. Their settings are left out: they stand in the
net's own text, whose old forms `netspec upgrade` brings up to date.
"""

from __future__ import annotations

from collections.abc import Iterator

from compiler.weights.stored import StoredLayer, decoded, from_proto
from netspec.language.upgrade.types import V0_TYPES, V1_NUMBERS, V1_TYPES
from netspec.records.wire import BYTES, VARINT, fields, write_field

V0_LAYER, V1_BOTTOM, V1_TOP, V1_NAME, V1_KIND, V1_BLOBS = 1, 2, 3, 4, 5, 6
V0_NAME, V0_KIND, V0_BLOBS = 1, 2, 50
TYPE, BOTTOM, TOP = 2, 3, 4  # of today's LayerParameter


def v1_layer(content: memoryview) -> StoredLayer:
    """A layer of the field `layers`. Raises WireError."""
    inner = next(_messages(content, V0_LAYER), None)
    if inner is not None:
        word = _text(inner, V0_KIND)
        kind = V1_TYPES[V0_TYPES[word].v1][1] if word in V0_TYPES else word
        name, blobs = _text(inner, V0_NAME), _messages(inner, V0_BLOBS)
    else:
        kind = _kind(content)
        name, blobs = _text(content, V1_NAME), _messages(content, V1_BLOBS)
    rest = [write_field(TYPE, kind)] if kind else []
    rest += [write_field(BOTTOM, bytes(blob)) for blob in _messages(content, V1_BOTTOM)]
    rest += [write_field(TOP, bytes(blob)) for blob in _messages(content, V1_TOP)]
    found = {i: from_proto(each, i) for i, each in enumerate(blobs)}
    return StoredLayer(name, found, kind, b"".join(rest))


def _kind(content: memoryview) -> str:
    """Today's name for the type's number, or nothing for a fork's."""
    numbers = [v for n, k, v in fields(content) if n == V1_KIND and k == VARINT]
    word = V1_NUMBERS.get(str(numbers[-1])) if numbers else None
    return V1_TYPES[word][1] if word else ""


def _messages(content: memoryview, number: int) -> Iterator[memoryview]:
    return (
        v for n, k, v in fields(content) if n == number and k == BYTES and not isinstance(v, int)
    )


def _text(content: memoryview, number: int) -> str:
    """The last of several, as protobuf reads a field that is given more than once."""
    found = list(_messages(content, number))
    return decoded(found[-1]) if found else ""
