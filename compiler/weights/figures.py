"""What the numbers of weights files are like, and how two files differ, blob by blob."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from compiler.weights.stored import StoredBlob, StoredLayer
from netspec.diagnostics import Diagnostic, SpecError
from netspec.graph import Graph

Figure = float | None  # None where there are no numbers, or none that are finite


@dataclass(frozen=True)
class Figures:
    """One blob: `strange` counts its infinities and NaNs, which the others leave out."""

    layer: str
    type: str
    blob: str
    shape: tuple[int, ...]
    least: Figure
    most: Figure
    mean: Figure
    deviation: Figure
    strange: int


def figures(layers: Iterable[StoredLayer], graph: Graph | None = None) -> Iterator[Figures]:
    """The figures of every blob in turn; one blob at a time is in memory.

    The graph, where it is given, tells what a file does not: the types of layers, the roles of
    blobs.
    """
    for layer in layers:
        node = graph.by_name.get(layer.name) if graph else None
        roles = [weight.role for weight in node.weights] if node else []
        for i, blob in sorted(layer.blobs.items()):
            name = blob.role or (roles[i] if i < len(roles) else str(i))
            kind = layer.type or (node.type if node else "")
            yield figures_of(layer.name, kind, name, blob.shape, blob.read())


def figures_of(layer: str, kind: str, blob: str, shape: tuple[int, ...], values: Tensor) -> Figures:
    """The figures of one blob; `deviation` is that of the whole population."""
    finite = values[torch.isfinite(values)]
    strange = values.numel() - finite.numel()
    if not finite.numel():
        return Figures(layer, kind, blob, shape, None, None, None, None, strange)
    low, high = float(finite.min()), float(finite.max())
    mean, spread = float(finite.double().mean()), float(finite.double().std(correction=0))
    return Figures(layer, kind, blob, shape, low, high, mean, spread, strange)


@dataclass(frozen=True)
class Difference:
    """A blob in two files: its shapes (None where a file lacks it) and, where they have one shape,
    the largest difference of two numbers, where it is and what they are.
    """

    layer: str
    blob: str
    shapes: tuple[tuple[int, ...] | None, tuple[int, ...] | None]
    largest: float = 0.0
    at: tuple[int, ...] = ()
    values: tuple[float, float] = (0.0, 0.0)

    @property
    def same(self) -> bool:
        return self.largest == 0 and None not in self.shapes and self.shapes[0] == self.shapes[1]


def differences(one: Sequence[StoredLayer], other: Sequence[StoredLayer]) -> Iterator[Difference]:
    """Every blob of the two files. Infinities and NaNs are the same where both files have them.

    Raises SpecError C109 where one names parameters, the other numbers them, and no net was given.
    """
    if _named(one) != _named(other):
        message = "one file names parameters, the other numbers them"
        help = "give the net with --spec: its layers tell their order"
        raise SpecError(Diagnostic("C109", message, None, help))
    first, second = _blobs(one), _blobs(other)
    for place in first | second:
        yield _difference(*place, first.get(place), second.get(place))


def _named(layers: Sequence[StoredLayer]) -> bool:
    return not all(layer.numbered for layer in layers)


def _blobs(layers: Sequence[StoredLayer]) -> dict[tuple[str, str], StoredBlob]:
    found = {}
    for layer in layers:
        for i, blob in sorted(layer.blobs.items()):
            found[layer.name, str(i) if layer.numbered else blob.role] = blob
    return found


def _difference(
    layer: str, name: str, one: StoredBlob | None, other: StoredBlob | None
) -> Difference:
    shapes = (one.shape if one else None, other.shape if other else None)
    if one is None or other is None:
        return Difference(layer, name, shapes)
    if not (one.fits(other.shape) or other.fits(one.shape)):
        return Difference(layer, name, shapes)
    shape = other.shape if one.legacy else one.shape
    if not math.prod(shape):
        return Difference(layer, name, (shape, shape))
    a, b = one.read().double().reshape(-1), other.read().double().reshape(-1)
    equal = (a == b) | (a.isnan() & b.isnan())
    gap = torch.where(equal, 0.0, (a - b).abs().nan_to_num(math.inf, math.inf))
    at = int(gap.argmax())
    place = tuple(int(i) for i in torch.unravel_index(torch.tensor(at), shape)) if shape else ()
    return Difference(
        layer, name, (shape, shape), float(gap[at]), place, (float(a[at]), float(b[at]))
    )
