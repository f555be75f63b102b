"""What DebugInfo has seen: as a table for people, and in Caffe's lines for scripts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from rich.cells import cell_len

from compiler.training.splits import Splits, blob_name
from netspec.columns import GAP, line
from netspec.graph import Graph, Node
from netspec.schema.layer import AUTOMATIC

WIDTH, LAYER, NUMBER = 80, 26, 10


class Param(NamedTuple):
    """A parameter blob: its name in Caffe's log, its role, and mean absolute values."""

    name: str
    role: str
    data: float
    diff: float | None  # None where lr_mult is 0


@dataclass(frozen=True)
class Passed:
    """A layer's tops and their gradients, its bottoms' gradients as far as they are its doing."""

    node: Node
    data: tuple[float | None, ...]
    diffs: tuple[float | None, ...]
    reads: tuple[float | None, ...]
    params: tuple[Param, ...]

    @property
    def backward(self) -> bool:
        """Whether a gradient came to it."""
        return any(diff is not None for diff in self.diffs)


class Norms(NamedTuple):
    """Of all parameters together, and of their gradients."""

    l1: float
    l2: float
    l1_diff: float
    l2_diff: float


@dataclass(frozen=True)
class DebugReport:
    """Mean absolute values, layer by layer; `norms` is None where there was no backward pass."""

    graph: Graph
    layers: tuple[Passed, ...]
    norms: Norms | None

    def table(self) -> Iterator[str]:
        """A row for each top and each parameter, at 80 columns."""
        rows = [("layer", "blob", "data", "diff", "diff/data")]
        for layer in self.layers:
            name = layer.node.name
            for top, data, diff in zip(layer.node.tops, layer.data, layer.diffs):
                rows.append((name, top.removeprefix(AUTOMATIC), _text(data), _text(diff), ""))
                name = ""
            for param in layer.params:
                diff = param.diff if layer.backward else None
                ratio = diff / param.data if diff is not None and param.data else None
                rows.append((name, param.role, _text(param.data), _text(diff), _text(ratio)))
                name = ""
        yield from _laid_out(rows)
        if self.norms is not None:
            l1, l2, l1_diff, l2_diff = map(_text, self.norms)
            yield f"all parameters: L1 norm {l1}, diff {l1_diff}; L2 norm {l2}, diff {l2_diff}"

    def lines(self) -> Iterator[str]:
        """Caffe's own (net.cpp), those of the Split layers that it inserts among them."""
        splits = Splits(self.graph)
        for layer in self.layers:
            yield from _forward(layer, splits)
        for layer in reversed(self.layers):
            yield from _backward(layer, splits)
        if self.norms is not None:
            l1, l2, l1_diff, l2_diff = self.norms
            yield (
                "    [Backward] All net params (data, diff): "
                f"L1 norm = ({l1:g}, {l1_diff:g}); L2 norm = ({l2:g}, {l2_diff:g})"
            )


def _text(number: float | None) -> str:
    return "" if number is None else f"{number:.4g}"


def _laid_out(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    name, blob = (max(cell_len(row[i]) for row in rows) for i in (0, 1))
    name = min(name, LAYER)
    blob = min(blob, WIDTH - name - 3 * (NUMBER + len(GAP)) - len(GAP))
    yield from (line(row, (name, blob, NUMBER, NUMBER, NUMBER), left=(0, 1)) for row in rows)


def _forward(layer: Passed, splits: Splits) -> Iterator[str]:
    head = f"    [Forward] Layer {layer.node.name}"
    seen = [(v, data) for v, data in zip(layer.node.values, layer.data) if data is not None]
    for value, data in seen:
        yield f"{head}, top blob {blob_name(value)} data: {data:g}"
    for param in layer.params:
        yield f"{head}, param blob {param.name} data: {param.data:g}"
    for value, data in seen:
        for top in splits.tops(value):
            yield f"    [Forward] Layer {splits.layer(value)}, top blob {top} data: {data:g}"


def _backward(layer: Passed, splits: Splits) -> Iterator[str]:
    for value, diff in reversed(list(zip(layer.node.values, layer.diffs))):
        if diff is not None and (split := splits.layer(value)):
            yield f"    [Backward] Layer {split}, bottom blob {blob_name(value)} diff: {diff:g}"
    head = f"    [Backward] Layer {layer.node.name}"
    for i, diff in enumerate(layer.reads):
        if diff is not None:
            yield f"{head}, bottom blob {splits.bottom(layer.node, i)} diff: {diff:g}"
    for i, param in enumerate(layer.params):
        if layer.backward and param.diff is not None:
            yield f"{head}, param blob {i} diff: {param.diff:g}"
