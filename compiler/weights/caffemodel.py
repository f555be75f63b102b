"""`.caffemodel`: a binary NetParameter whose layers carry their blobs (net.cpp, Net::ToProto)."""

from __future__ import annotations

import mmap
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from torch import Tensor

from compiler.weights.blobproto import Parts, blob_parts, message
from compiler.weights.stored import Malformed, StoredBlob, StoredLayer, from_proto
from netspec.atomic import replacing
from netspec.graph import Graph, Node
from netspec.records.wire import BYTES, field, fields, write_field

NET_NAME, LAYER, V1_LAYER = 1, 100, 2
NAME, TYPE, BOTTOM, TOP, BLOBS, PHASE = 1, 2, 3, 4, 7, 10
V1_NAME, V1_BLOBS, V0_LAYER = 4, 6, 1
V0_NAME, V0_BLOBS = 1, 50
MAX_LAYERS, MAX_BLOBS = 100_000, 1_000  # far past any net: no hostile file may fill the memory


def read_caffemodel(path: Path) -> Iterator[StoredLayer]:
    """The layers in file order, read as they are asked for.

    Raises Malformed, WireError or OSError.
    """
    count = 0
    for number, kind, value in fields(mapped(path)):
        if number not in (LAYER, V1_LAYER) or kind != BYTES or isinstance(value, int):
            continue
        count += 1
        if count > MAX_LAYERS:
            raise Malformed("C102", f"the file has more than {MAX_LAYERS:,} layers")
        yield _layer(value) if number == LAYER else _v1_layer(value)


def mapped(path: Path) -> memoryview:
    """The bytes of a file, which the system reads as they are looked at."""
    with path.open("rb") as file:
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


def _layer(content: memoryview) -> StoredLayer:
    found: dict[int, StoredBlob] = {}
    name = kind = b""
    rest = bytearray()
    at = 0
    while at < len(content):
        number, wire, value, after = field(content, at)
        message = value if wire == BYTES and not isinstance(value, int) else None
        if number == BLOBS and message is not None:
            found[len(found)] = _blob(message, len(found))
        elif number == NAME and message is not None:
            name = bytes(message)
        else:
            rest += content[at:after]
            kind = bytes(message) if number == TYPE and message is not None else kind
        at = after
    return StoredLayer(_decoded(name), found, _decoded(kind), bytes(rest))


def _old_layer(content: memoryview, name: int, blobs: int) -> StoredLayer:
    found = {i: _blob(each, i) for i, each in enumerate(_messages(content, blobs))}
    names = [bytes(value) for value in _messages(content, name)]
    return StoredLayer(_decoded(names[-1] if names else b""), found)


def _blob(content: memoryview, number: int) -> StoredBlob:
    if number == MAX_BLOBS:
        raise Malformed("C102", f"a layer has more than {MAX_BLOBS:,} blobs")
    return from_proto(content)


def _v1_layer(content: memoryview) -> StoredLayer:
    """The `layers` of files from before 2014, and the V0 layers that lie inside them."""
    inner = next(_messages(content, V0_LAYER), None)
    if inner is not None:
        return _old_layer(inner, V0_NAME, V0_BLOBS)
    return _old_layer(content, V1_NAME, V1_BLOBS)


def _messages(content: memoryview, number: int) -> Iterator[memoryview]:
    return (
        v for n, k, v in fields(content) if n == number and k == BYTES and not isinstance(v, int)
    )


def _decoded(text: bytes) -> str:
    return text.decode("utf-8", "replace")


Tensors = Mapping[str, Sequence[Tensor]]


def write_caffemodel(
    path: Path, graph: Graph, blobs: Tensors, diffs: Tensors | None = None
) -> None:
    """Write every layer with its blobs, shared ones at each layer that has them, one by one.

    `diffs`, where given, are written beside the values (snapshot_diff). Raises SpecError C107.
    """
    with replacing(path, "C107") as temporary, temporary.open("wb") as file:
        file.write(write_field(NET_NAME, graph.name))
        for node in graph.nodes:
            theirs = diffs.get(node.name, ()) if diffs is not None else ()
            for part in message(LAYER, _layer_parts(node, blobs.get(node.name, ()), theirs)):
                file.write(part)


def _layer_parts(node: Node, blobs: Sequence[Tensor], diffs: Sequence[Tensor]) -> Parts:
    parts: Parts = [write_field(NAME, node.name), rest(node)]
    for i, values in enumerate(blobs):
        parts += message(BLOBS, blob_parts(values, diffs[i] if diffs else None))
    return parts


def rest(node: Node) -> bytes:
    """What a layer's message says beside its name and blobs: type, bottoms, tops and phase."""
    wired = [write_field(BOTTOM, b.blob) for b in node.bottoms]
    wired += [write_field(TOP, top) for top in node.tops]
    return b"".join([write_field(TYPE, node.type), *wired, write_field(PHASE, node.phase.value)])
