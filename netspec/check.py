"""What is wrong with a file, as far as reading it tells, in each state that it tells apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from netspec.build import build, open_tree
from netspec.codes import CODES
from netspec.diagnostics import Diagnostic, Note, Report, SpecError, place_in_file
from netspec.graph import Graph
from netspec.language.open import blocks_alone, is_solver, standard_input
from netspec.language.read import read
from netspec.language.tree import Message
from netspec.lints import lint, lint_solver, lint_states
from netspec.lints.silence import silence
from netspec.schema.net import NetState, Phase
from netspec.schema.wording import listed
from netspec.solver_file import loads_solver
from netspec.source import Source
from netspec.states import states_of

Shapes = Mapping[str, Sequence[int]]

MOST_STATES = 16  # so that a small file cannot ask for endless work
NO_LAYERS = "N312"
TRAINED = NetState(phase=Phase.TRAIN)


@dataclass(frozen=True)
class Checked:
    """What was found, each fault once, and the nets that could be built, by their states' names.

    A file that only gives blocks to others holds no net; it has `blocks` of them.
    """

    diagnostics: tuple[Diagnostic, ...]
    nets: Mapping[str, Graph] = field(default_factory=dict)
    blocks: int = 0

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
    shapes: Shapes | None = None,
) -> Checked:
    """Check a net in a state or, where none is asked for, in all of its own; or a solver file.

    Raises no SpecError: what is wrong is what is returned. `-` is the standard input.
    """
    try:
        source = standard_input() if str(path) == "-" else read(path)
    except SpecError as error:
        return Checked(tuple(error.diagnostics))
    return check_source(source, phase, level, stages, shapes)


def check_source(
    source: Source,
    phase: str | None = None,
    level: int = 0,
    stages: Sequence[str] = (),
    shapes: Shapes | None = None,
) -> Checked:
    """The same for a text; its name says which language it is in."""
    try:
        if is_solver(source):
            return _unsilenced(_check_solver(source, shapes), source)
        report = Report()
        tree = open_tree(source, report)
        report.stop()
    except SpecError as error:
        if [d.code for d in error.diagnostics] == ["N142"] and (blocks := blocks_alone(source)):
            return Checked((), blocks=blocks)
        return Checked(tuple(error.diagnostics))
    if phase or level or stages:
        phases = [Phase[phase]] if phase else list(Phase)
        asked = {p.name: NetState(phase=p, level=level, stage=tuple(stages)) for p in phases}
    else:
        asked = _own_states(tree)
    found = [_Net(name, state, tree, shapes) for name, state in asked.items()]
    if len(found) == 1 and not phase and (only := found[0].graph) and only.loss_weights:
        trained = _Net("TRAIN", TRAINED, tree, shapes)  # the same layers, and a solver's net
        found[0].found |= trained.warnings
    checked = _merge(report.warnings, list(_meant(found)))
    return _unsilenced(checked, source, all_states=not (phase or level or stages))


class _Net:
    """One net of a file, built as far as it can be."""

    def __init__(self, name: str, state: NetState, tree: Message, shapes: Shapes | None) -> None:
        self.name, self.state = name, state
        self.graph: Graph | None = None
        report, last = Report(), []
        try:
            graph = build(tree, state.phase, state.level, state.stage, shapes, report)
            _look_for_data(graph, shapes, report)
            self.graph = graph
        except SpecError as error:
            last = error.diagnostics  # where reading was given up, they are not in the report
        said = lint(self.graph) if self.graph is not None else ()
        self.found = {_place(d): d for d in (*report.diagnostics, *last, *said)}

    @property
    def warnings(self) -> dict[tuple[str, str, str], Diagnostic]:
        return {key: d for key, d in self.found.items() if d.severity == "warning"}


def _look_for_data(graph: Graph, shapes: Shapes | None, report: Report) -> None:
    """Report files that layers read and that are not there, but where the user gives shapes."""
    for node in graph.nodes:
        if not set(node.tops) & set(shapes or ()):
            for reject in node.layer.absent():
                message = f"layer {node.name}: {reject.message}"
                report.add(reject.code, message, node.span, reject.help)


def _own_states(tree: Message) -> dict[str, NetState]:
    """The states that a file tells apart; both phases where its rules are at fault themselves."""
    try:
        own = states_of(tree, Report())
    except SpecError:
        return {phase.name: NetState(phase=phase) for phase in Phase}
    return {own.name(s): s for s in own.columns[:MOST_STATES]} or {"TEST": NetState()}


def _meant(nets: list[_Net]) -> Iterator[_Net]:
    """The nets that the file can be meant to hold.

    One without layers is not, nor one that lacks a stage: it fails, and with a stage it is built.
    """
    built = [net for net in nets if net.graph is not None]
    for net in nets:
        empty = any(d.code == NO_LAYERS for d in net.found.values())
        lacking = any(
            other.state.phase is net.state.phase and len(other.state.stage) > len(net.state.stage)
            for other in built
        )
        if net.graph is not None or not (lacking or (empty and built)):
            yield net


def _check_solver(source: Source, shapes: Shapes | None) -> Checked:
    """The solver's settings, then its nets, each in the state that it is used in."""
    solver = loads_solver(source.text, source.name)
    report, nets = Report(), {}
    with _noting(report):
        nets["TRAIN"] = solver.train_graph(shapes, report)
        _look_for_data(nets["TRAIN"], shapes, report)
    tests = Report()
    with _noting(tests):
        graphs = solver.test_graphs(shapes, tests)
        nets |= {"TEST" if len(graphs) == 1 else f"TEST {i}": g for i, g in enumerate(graphs)}
        for graph in graphs:
            _look_for_data(graph, shapes, tests)
    linted = (
        *(found for graph in nets.values() for found in lint(graph)),
        *lint_states(nets),
        *lint_solver(solver, nets),
    )
    every = (*solver.warnings, *report.diagnostics, *tests.diagnostics, *linted)
    return Checked(tuple({_place(d): d for d in every}.values()), nets)


@contextmanager
def _noting(report: Report) -> Iterator[None]:
    """What ends the block goes to the report: a file that is not there is in no net's own."""
    try:
        yield
    except SpecError as error:
        report.extend(error.diagnostics)


def _merge(opening: Iterable[Diagnostic], nets: list[_Net]) -> Checked:
    """Each fault once, in file order; one that not all nets have says which have it."""
    every = {_place(d): d for d in opening} | {k: d for net in nets for k, d in net.found.items()}
    told = []
    for key, each in every.items():
        where = [net.name for net in nets if key in net.found]
        some = 0 < len(where) < len(nets)
        note = (Note(f"in {listed(where)} only"),) if some else ()
        told.append(replace(each, notes=each.notes + note))
    built = {net.name: net.graph for net in nets if net.graph is not None}
    told += {_place(d): d for d in lint_states(built)}.values()
    return Checked(tuple(sorted(told, key=place_in_file)), built)


def _unsilenced(checked: Checked, source: Source, all_states: bool = True) -> Checked:
    """What no comment of the files silences, and the comments that silence nothing."""
    layers = [n.span for graph in checked.nets.values() for n in graph.nodes if n.span]
    whole = all_states and not checked.errors
    told = silence(checked.diagnostics, layers, source, CODES, whole)
    return replace(checked, diagnostics=tuple(sorted(told, key=place_in_file)))


def _place(diagnostic: Diagnostic) -> tuple[str, str, str]:
    """What makes two diagnostics the same, though a file was read twice."""
    return diagnostic.code, diagnostic.message, str(diagnostic.span)
