"""Lints: what is allowed in a net, computes what it says, and is hardly what was meant.

A lint is a function from a graph to its diagnostics, one code each; its docstring says what it
finds, and `netspec.codes.lints` why, with a wrong and a right example. `RULES` are all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from netspec.diagnostics import Diagnostic
from netspec.graph import Graph
from netspec.lints import data, learning, normalization, solver, windows, wiring
from netspec.solver_file import SolverFile

RULES: tuple[Callable[[Graph], Iterable[Diagnostic]], ...] = (
    normalization.unscaled,
    normalization.unshifted,
    normalization.late,
    normalization.cancelled,
    normalization.dropped,
    normalization.small,
    learning.zeros,
    learning.constant,
    learning.unused,
    learning.frozen,
    wiring.overwritten,
    wiring.twice,
    windows.groups,
    windows.gaps,
    windows.shifts,
    windows.larger,
    data.labels,
)
STATE_RULES: tuple[Callable[[Mapping[str, Graph]], Iterable[Diagnostic]], ...] = (
    normalization.phase,
    wiring.strangers,
)
SOLVER_RULES: tuple[Callable[[SolverFile, Mapping[str, Graph]], Iterable[Diagnostic]], ...] = (
    solver.accumulated,
    solver.unfilled,
    solver.tests,
    solver.steps,
)


def lint(graph: Graph) -> Iterator[Diagnostic]:
    """What the rules say of one net."""
    for rule in RULES:
        yield from rule(graph)


def lint_states(nets: Mapping[str, Graph]) -> Iterator[Diagnostic]:
    """What they say of the nets of one file, or of one solver, taken together."""
    for rule in STATE_RULES:
        yield from rule(nets)


def lint_solver(file: SolverFile, nets: Mapping[str, Graph]) -> Iterator[Diagnostic]:
    """What they say of a solver and its nets, of which TRAIN is the one that is trained."""
    for rule in SOLVER_RULES:
        yield from rule(file, nets)
