"""`.caffemodel`: a binary NetParameter whose layers carry their blobs (net.cpp, Net::ToProto)."""

from __future__ import annotations

import mmap
from collections.abc import Iterable, Iterator
from pathlib import Path

from compiler.weights.blobproto import Part, blob_parts, message, write_parts
from compiler.weights.old_layers import v1_layer
from compiler.weights.stored import (
    NET,
    Malformed,
    StoredBlob,
    StoredLayer,
    decoded,
    from_proto,
    require_numbers,
)
from netspec.diagnostics import Diagnostic, SpecError
from netspec.graph import Node
from netspec.records.wire import BYTES, field, fields, write_field

NET_NAME, LAYER, V1_LAYER = 1, 100, 2
NAME, TYPE, BOTTOM, TOP, BLOBS, PHASE = 1, 2, 3, 4, 7, 10
MAX_LAYERS = 100_000  # far past any net: no hostile file may fill the memory


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
        yield _layer(value) if number == LAYER else v1_layer(value)


def caffemodel_name(path: Path) -> str:
    """The net's name, which stands before its layers. Raises WireError or OSError."""
    for number, kind, value in fields(mapped(path)):
        if number == NET_NAME and kind == BYTES and not isinstance(value, int):
            return decoded(value)
        if number in (LAYER, V1_LAYER):
            break
    return ""


def mapped(path: Path) -> memoryview:
    """The bytes of a file, which the system reads as they are looked at."""
    with path.open("rb") as file:
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


def _layer(content: memoryview) -> StoredLayer:
    found: dict[int, StoredBlob] = {}
    name = kind = ""
    rest = bytearray()
    at = 0
    while at < len(content):
        number, wire, value, after = field(content, at)
        inner = value if wire == BYTES and not isinstance(value, int) else None
        if number == BLOBS and inner is not None:
            found[len(found)] = from_proto(inner, len(found))
        elif number == NAME and inner is not None:
            name = decoded(inner)
        else:
            rest += content[at:after]
            kind = decoded(inner) if number == TYPE and inner is not None else kind
        at = after
    return StoredLayer(name, found, kind, bytes(rest))


def write_caffemodel(path: Path, layers: Iterable[StoredLayer], net: str) -> None:
    """Write every layer with its blobs, shared ones at each layer that has them, one by one.

    Raises SpecError C109 where the blobs have no numbers, or a shared one is nowhere.
    """
    with path.open("wb") as file:
        file.write(write_field(NET_NAME, net))
        for layer in layers:
            write_parts(file, message(LAYER, _layer_parts(layer)))


def _layer_parts(layer: StoredLayer) -> list[Part]:
    require_numbers(layer)
    if set(layer.blobs) != set(range(len(layer.blobs))):
        reason = f"of {layer.name} the file lacks parameters that other layers share"
        raise SpecError(Diagnostic("C109", reason, None, f"{NET} whose they are"))
    parts: list[Part] = [write_field(NAME, layer.name), layer.rest]
    for _, blob in sorted(layer.blobs.items()):
        parts += message(BLOBS, blob_parts(blob.shape, blob.values, blob.diff, blob.legacy))
    return parts


def rest(node: Node) -> bytes:
    """What a layer's message says beside its name and blobs: type, bottoms, tops and phase."""
    wired = [write_field(BOTTOM, b.blob) for b in node.bottoms]
    wired += [write_field(TOP, top) for top in node.tops]
    return b"".join([write_field(TYPE, node.type), *wired, write_field(PHASE, node.phase.value)])
