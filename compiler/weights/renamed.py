"""Layers of a file under other names than the net's: which are probably which, by their shapes.

Nothing is loaded by such a guess; it is proposed as the command that would make it so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from compiler.weights.stored import StoredLayer
from compiler.weights.write import WRITERS
from netspec.diagnostics import Diagnostic, some
from netspec.graph import Graph, Node
from netspec.schema.layer import Shape

Renames = tuple[tuple[str, str], ...]
LISTED = 3


def likely_renames(strangers: Iterable[StoredLayer], missing: Iterable[Node]) -> Renames:
    """Pairs of a file's layers and the net's: those of equal shapes, where both have as many."""
    theirs: dict[tuple[Shape, ...], list[str]] = {}
    ours: dict[tuple[Shape, ...], list[str]] = {}
    for layer in strangers:
        key = _key(blob.shape for blob in layer.blobs.values())
        theirs.setdefault(key, []).append(layer.name)
    for node in missing:
        ours.setdefault(_key(weight.shape for weight in node.weights), []).append(node.name)
    return tuple(
        pair
        for key, names in theirs.items()
        if len(names) == len(ours.get(key, ()))
        for pair in zip(names, ours[key])
    )


def _key(shapes: Iterable[Shape]) -> tuple[Shape, ...]:
    """Shapes in any order, without the ones in front, which files of old ages have put there."""
    bare = (shape[next((i for i, d in enumerate(shape) if d != 1), -1) :] for shape in shapes)
    return tuple(sorted(bare))


def command(file: str, renames: Renames) -> str:
    """What would rename the layers: one pattern where that is enough."""
    words = _pattern(renames)
    if not words:
        words = " ".join(f"{old}={new}" for old, new in renames[:LISTED])
        words += " ..." if len(renames) > LISTED else ""
    return f"`netspec weights rename {file} {new_name(file)} {words}`"


def new_name(file: str) -> str:
    """The file that a proposed command writes, in a format that can be written."""
    suffix = Path(file).suffix
    return f"new{suffix if suffix in WRITERS else '.safetensors'}"


def _pattern(renames: Renames) -> str:
    """`net.*=*` or `*=net.*`, where all names differ in the same beginning."""
    if len(renames) < 2:
        return ""
    old, new = renames[0]
    for pattern, longer, shorter in (("{}*=*", old, new), ("*={}*", new, old)):
        if longer.endswith(shorter):
            start = longer.removesuffix(shorter)
            made = [start + (n if longer is old else o) for o, n in renames]
            if made == [o if longer is old else n for o, n in renames]:
                return f"'{pattern.format(start)}'"
    return ""


def nothing_in_common(file: Path, graph: Graph, strangers: Mapping[str, StoredLayer]) -> Diagnostic:
    """C105: a file whose layers the net lacks, one and all."""
    if not strangers:
        message, help = f"{file} holds no weights", "give a file that was saved after training"
        return Diagnostic("C105", message, None, help)
    own = [node for node in graph.nodes if node.weights]
    renames = likely_renames(strangers.values(), own)
    message = f"{file} has weights for none of the net's layers: it has {some(strangers)}"
    help = f"weights are found by layer name, and the net has {some([n.name for n in own])}"
    if renames:
        help += f"; judging by shapes, {command(str(file), renames)}"
    return Diagnostic("C105", message, None, help)
