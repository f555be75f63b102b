"""Nets side by side: the figures by which papers compare them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from netspec.analysis.account import Account
from netspec.analysis.cuts import narrowest, profile_of
from netspec.analysis.depth import depth
from netspec.analysis.flow import flows
from netspec.analysis.receptive import SPATIAL
from netspec.analysis.wording import AT_LEAST
from netspec.units import UNKNOWN, amount, measured


@dataclass(frozen=True)
class Figures:
    """One net. MACs are those of one item, memory that of a forward pass of the batch.

    `field` is the largest receptive field of a blob that still has positions, `narrowest` the
    elements that pass the narrowest cut, at `cut`; None is unknown, or not there to be measured.
    `whole` is False where layers whose MACs nobody knows come on top.
    """

    name: str
    parameters: int
    macs: float
    memory: int
    depth: int
    field: int | None
    narrowest: int | None
    cut: str
    whole: bool
    accuracy: float | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def figures(found: Account, name: str, accuracy: float | None = None) -> Figures:
    """The figures of an account; `accuracy` is what somebody measured, from 0 to 1."""
    cost, graph = found.cost, found.graph
    ends = flows(graph) if not cost.unsized else []
    least = narrowest(profile_of(ends[-1])) if ends else None
    return Figures(
        name,
        cost.parameters,
        cost.per_item(cost.macs),
        found.memory.peak,
        depth(graph),
        _largest_field(found),
        least.elements if least else None,
        least.named if least else "",
        "macs" not in found.all().forward.unknown,
        accuracy,
    )


def _largest_field(found: Account) -> int | None:
    sizes = (
        span.size
        for fields in found.fields().values()
        for value, field in fields.items()
        for span, positions in zip(field or (), value.shape[SPATIAL:])
        if positions > 1
    )
    return max(sizes, default=None)


HEADING = ("net", "parameters", "MACs", "memory", "depth", "field", "narrowest", "accuracy")


def cells(each: Figures) -> tuple[str, ...]:
    """A net as a row of text, in the order of HEADING."""
    return (
        each.name,
        amount(each.parameters),
        ("" if each.whole else AT_LEAST) + amount(each.macs),
        measured(each.memory, "B"),
        str(each.depth),
        UNKNOWN if each.field is None else str(each.field),
        UNKNOWN if each.narrowest is None else f"{each.narrowest:,}",
        "" if each.accuracy is None else f"{100 * each.accuracy:.1f} %",
    )


def rows(nets: Sequence[Figures]) -> Iterator[tuple[str, ...]]:
    """The heading and a row for each net; without accuracies there is no column for them."""
    last = len(HEADING) if any(each.accuracy is not None for each in nets) else -1
    yield HEADING[:last]
    for each in nets:
        yield cells(each)[:last]
