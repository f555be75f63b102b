"""A net's blobs against those that were expected, in running order; why the first one differs."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import torch
from torch import Tensor

from compiler.network import Network
from compiler.verify.closeness import Gap, gap
from compiler.verify.expected import Expected
from compiler.verify.suspect import suspect
from compiler.verify.traps import recognise
from netspec.diagnostics import Diagnostic, SpecError
from netspec.graph import Value
from netspec.schema.layer import Shape

TOLERANCE = 1e-3  # relative to a blob's largest number


@dataclass(frozen=True)
class Compared:
    """One blob, as its last writer `layer` leaves it, and the shape that was expected."""

    blob: str
    layer: str
    shape: Shape
    expected: Shape
    gap: Gap
    agrees: bool


@dataclass(frozen=True)
class Verdict:
    """Blobs in running order, those that the net does not have, and what the first fault may be.

    `layers` may be at fault: they lie between the last blobs that agree and the first that differs.
    """

    compared: tuple[Compared, ...]
    unknown: tuple[str, ...]
    layers: tuple[str, ...] = ()
    looks_like: tuple[str, ...] = ()

    @property
    def first(self) -> Compared | None:
        """The first blob that differs."""
        return next((c for c in self.compared if not c.agrees), None)


def verify(
    net: Network, expected: Expected, tolerance: float = TOLERANCE, kept: Collection[str] = ()
) -> Verdict:
    """Run a net, compiled with keep="all", on the expected inputs, and compare every blob.

    `kept` are layers whose weights were not loaded. Raises SpecError C111 where an input is missing
    or no blob is the net's.
    """
    graph = net.spec
    inputs = expected.feed(graph)
    values = {b: v for b, v in graph.blobs.items() if b in expected.blobs}
    if not values:
        help = f"the net has {', '.join(list(graph.blob_shapes)[-4:])}"
        raise SpecError(Diagnostic("C111", "it has none of the net's blobs", None, help))
    with torch.no_grad():
        got = net(**inputs)
    order = {node: i for i, node in enumerate(graph.nodes)}
    compared, agreed = [], _fed(net, inputs)
    for blob, value in sorted(values.items(), key=lambda item: order[item[1].node]):
        found = gap(got[blob], expected.blobs[blob])
        shapes = tuple(got[blob].shape), tuple(expected.blobs[blob].shape)
        agrees = found.size <= tolerance
        compared.append(Compared(blob, value.node.name, *shapes, found, agrees))
        if agrees:
            agreed[value] = got[blob]
    unknown = tuple(b for b in expected.blobs if b not in values)
    verdict = Verdict(tuple(compared), unknown)
    first = verdict.first
    if first is None:
        return verdict
    case = suspect(net, values[first.blob], expected.blobs[first.blob], agreed)
    if case is None:
        return Verdict(verdict.compared, unknown, (first.layer,))
    layers = tuple(n.name for n in case.nodes) or (first.layer,)
    unloaded = tuple(
        f"{n} has the values of its filler: no file has its weights" for n in layers if n in kept
    )
    return Verdict(verdict.compared, unknown, layers, unloaded or recognise(case, tolerance))


def _fed(net: Network, inputs: dict[str, Tensor]) -> dict[Value, Tensor]:
    return {v: inputs[v.blob] for n in net.spec.nodes if n.layer.fed for v in n.values}
