"""What is wrong with a file, as far as reading it tells, in each phase that it tells apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from netspec.build import build, open_tree
from netspec.diagnostics import Diagnostic, Note, Report, SpecError, place_in_file
from netspec.graph import Graph
from netspec.language.open import is_solver
from netspec.language.read import read
from netspec.language.tree import Message
from netspec.schema.net import Phase
from netspec.solver_file import loads_solver
from netspec.source import Source

NO_LAYERS = "N312"


@dataclass(frozen=True)
class Checked:
    """What was found, each fault once, and the nets that could be built all the same."""

    diagnostics: tuple[Diagnostic, ...]
    graphs: tuple[Graph, ...]

    @property
    def errors(self) -> list[Diagnostic]:
        return [d for d in self.diagnostics if d.severity == "error"]

    @property
    def warnings(self) -> list[Diagnostic]:
        return [d for d in self.diagnostics if d.severity == "warning"]


def check_file(
    path: str | Path,
    phase: str | None = None,
    level: int = 0,
    stages: Sequence[str] = (),
    shapes: Mapping[str, Sequence[int]] | None = None,
) -> Checked:
    """Check a net or a solver file, in both phases where none is asked for. Raises no SpecError."""
    try:
        source = read(path)
    except SpecError as error:
        return Checked(tuple(error.diagnostics), ())
    return check_source(source, phase, level, stages, shapes)


def check_source(
    source: Source,
    phase: str | None = None,
    level: int = 0,
    stages: Sequence[str] = (),
    shapes: Mapping[str, Sequence[int]] | None = None,
) -> Checked:
    """The same for a text; its name says which language it is in."""
    try:
        if is_solver(source):
            return _check_solver(source)
        report = Report()
        tree = open_tree(source, report)
        report.stop()
    except SpecError as error:
        return Checked(tuple(error.diagnostics), ())
    phases = (
        [phase] if phase else [p.name for p in Phase] if _tells_phases_apart(tree) else ["TEST"]
    )
    found = [_check_phase(tree, p, level, stages, shapes) for p in phases]
    used = [c for c in found if NO_LAYERS not in {d.code for d in c.diagnostics}] or found[:1]
    return _merge(report.diagnostics, used, phases)


def _check_solver(source: Source) -> Checked:
    """The solver's settings, then its nets, each in the state that it is used in."""
    solver = loads_solver(source.text, source.name)
    diagnostics = list(solver.warnings)
    graphs: list[Graph] = []
    for make in (lambda: [solver.train_graph()], solver.test_graphs):
        try:
            graphs += make()
        except SpecError as error:
            diagnostics += error.diagnostics
    return Checked(tuple(dict.fromkeys(diagnostics)), tuple(graphs))


def _check_phase(
    tree: Message,
    phase: str,
    level: int,
    stages: Sequence[str],
    shapes: Mapping[str, Sequence[int]] | None,
) -> Checked:
    report = Report()
    try:
        graph = build(tree, phase, level, stages, shapes, report)
    except SpecError:
        return Checked(tuple(report.diagnostics), ())
    return Checked(tuple(report.diagnostics), (graph,))


def _tells_phases_apart(tree: Message) -> bool:
    return any(
        rule.name in ("include", "exclude")
        and isinstance(rule.value, Message)
        and rule.value.last("phase")
        for layer in tree.each("layer")
        if isinstance(layer.value, Message)
        for rule in layer.value.fields
    )


def _merge(
    opening: Sequence[Diagnostic], found: Sequence[Checked], phases: Sequence[str]
) -> Checked:
    """Each fault once; one that only one of two phases has says which."""
    graphs = tuple(g for c in found for g in c.graphs)
    different = dict.fromkeys((*opening, *(d for c in found for d in c.diagnostics)))
    every = sorted(different, key=place_in_file)
    if len(found) < 2:
        return Checked(tuple(every), graphs)

    def told() -> Iterator[Diagnostic]:
        for each in every:
            where = [p for p, c in zip(phases, found) if each in c.diagnostics]
            note = (Note(f"in phase {where[0]} only"),) if len(where) == 1 else ()
            yield replace(each, notes=each.notes + note)

    return Checked(tuple(told()), graphs)
