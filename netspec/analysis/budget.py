"""Budgets: how much a net may cost, and the layers to look at where it costs more."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from netspec.analysis.cost import Cost, LayerCost, cost
from netspec.analysis.memory import Memory, inference, training
from netspec.analysis.passes import passes
from netspec.diagnostics import Diagnostic, Note
from netspec.graph import Graph, Node
from netspec.schema.net import Phase
from netspec.source import Span
from netspec.units import amount, measured

SHOWN = 3  # of the largest layers


@dataclass(frozen=True)
class Budget:
    """The most that a net may have: learned parameters, MACs of one item, bytes of memory.

    The memory is that of running a TEST net and of training a TRAIN net, at the batch of the file.
    None is without bound.
    """

    parameters: float | None = None
    macs: float | None = None
    memory: float | None = None


def exceeded(graph: Graph, budget: Budget, solver: str = "SGD") -> Iterator[Diagnostic]:
    """What is over the budget (A200, A201, A202), or cannot be known not to be (A203)."""
    found = cost(graph)
    unknown = [node.name for node, each in passes(graph).items() if each.forward.macs is None]
    if budget.parameters is not None:
        most = f"{amount(budget.parameters)} parameters"
        if found.parameters > budget.parameters:
            has = f"the net has {amount(found.parameters)} parameters"
            yield _over("A200", has, most, _largest(found, lambda c: c.parameters))
        elif unknown:
            yield _unsure(most, unknown)
    if budget.macs is not None:
        macs, each = found.per_item(found.macs), " per item" if found.batch else ""
        most = f"{amount(budget.macs)} MACs"
        if macs > budget.macs:
            has = f"the net has {amount(macs)} MACs{each}"
            yield _over("A201", has, most, _largest(found, lambda c: found.per_item(c.macs)))
        elif unknown:
            yield _unsure(most, unknown)
    if budget.memory is not None:
        memory = training(graph, solver) if graph.phase is Phase.TRAIN else inference(graph)
        most = f"{measured(budget.memory, 'B')} of memory"
        if memory.peak > budget.memory:
            yield _too_large(graph, memory, most)
        elif not memory.whole:
            yield _unsure(most, unknown)


def _largest(found: Cost, size: Callable[[LayerCost], float]) -> list[tuple[LayerCost, str]]:
    """The layers with most of an amount, and how much that is in words."""
    layers = sorted((c for c in found.layers if size(c)), key=size, reverse=True)
    return [(c, amount(size(c))) for c in layers[:SHOWN]]


def _over(code: str, has: str, most: str, largest: Sequence[tuple[LayerCost, str]]) -> Diagnostic:
    (first, share), *more = largest
    help = f"the largest layer is {first.node.name}, with {share}"
    notes = tuple(Note(f"then {c.node.name}, with {text}", _place(c.node)) for c, text in more)
    return Diagnostic(code, f"{has}, more than {most}", _place(first.node), help, notes)


def _too_large(graph: Graph, memory: Memory, most: str) -> Diagnostic:
    use = "train" if graph.phase is Phase.TRAIN else "run"
    message = f"the net takes {measured(memory.peak, 'B')} to {use}, more than {most}"
    parts = ", ".join(f"{kind} {measured(size, 'B')}" for kind, size in memory.parts.items())
    at = graph.by_name.get(memory.at.removesuffix(", backward"))
    notes = (Note(f"at the peak, in {memory.at}: {parts}"),)
    help = "a smaller batch takes less"
    return Diagnostic("A202", message, _place(at) if at else None, help, notes)


def _place(node: Node) -> Span | None:
    """Where the file uses the layer, or the block that it stands in."""
    if node.span is None:
        return None
    *_, used = node.span.outwards()
    return used


def _unsure(most: str, unknown: Sequence[str]) -> Diagnostic:
    message = f"whether the net stays within {most} is not known"
    names = ", ".join(unknown)
    help = "let Python layers run with --allow-python, or leave the budget out"
    return Diagnostic("A203", message, None, help, (Note(f"nobody knows the cost of {names}"),))
