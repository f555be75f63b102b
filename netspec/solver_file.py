"""A solver file, read: its settings, its nets in their states, and where its paths lead.

    load_solver(path) ▶ SolverFile ▶ train_graph(), test_graphs()

A path in a solver file is relative to the working directory, as in Caffe; where nothing is there,
to the solver file.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod
from pathlib import Path

from netspec.build import build, open_tree
from netspec.diagnostics import Diagnostic, Report, SpecError, nearest
from netspec.graph import Graph
from netspec.language.open import open_solver
from netspec.language.read import read
from netspec.language.tree import Message
from netspec.language.upgrade import upgrade
from netspec.schema.net import Phase
from netspec.schema.solver import SolverParameter, StateChange
from netspec.source import Source, Span

Shapes = Mapping[str, Sequence[int]]


def load_solver(path: str | os.PathLike[str]) -> SolverFile:
    """The solver of a `.prototxt` or `.yaml` file. Raises SpecError with all its mistakes."""
    path = Path(path)
    return _solver(read(path), path)


def loads_solver(text: str, name: str = "solver.prototxt") -> SolverFile:
    """The same from a text; `name` stands for the file's path, and says which language it is in."""
    return _solver(Source(name, text), Path(name))


def _solver(source: Source, path: Path) -> SolverFile:
    report = Report()
    tree = open_solver(source, report)
    if layers := [f for f in tree.fields if f.name in ("layer", "layers")]:
        help = "give the solver file, which names this one with net:"
        message = "the file is a net, not a solver"
        raise SpecError(Diagnostic("N202", message, layers[0].span, help))
    parameter = SolverParameter.bind(tree, report, Span(source, 0, 0))
    report.stop()
    return SolverFile(path, parameter, tree, tuple(report.warnings))


@dataclass(frozen=True)
class SolverFile:
    """A solver's settings and where they are written."""

    path: Path
    parameter: SolverParameter
    tree: Message
    warnings: tuple[Diagnostic, ...] = ()

    def in_state(self, level: int | None, stages: Sequence[str]) -> SolverFile:
        """The same with a level and more stages for the train net, as `caffe train` is given."""
        state = self.parameter.train_state
        level = state.level if level is None else level
        state = replace(state, level=level, stage=(*state.stage, *stages))
        return replace(self, parameter=replace(self.parameter, train_state=state))

    def refuse_uncomputed(self) -> None:
        """Raise SpecError (N211) for every setting of a fork that is read but cannot be run."""
        rejects = self.parameter.uncomputed()
        raised = [Diagnostic(r.code, r.message, self.span(r.setting), r.help) for r in rejects]
        if raised:
            raise SpecError(raised)

    def train_graph(self, shapes: Shapes | None = None, report: Report | None = None) -> Graph:
        """The net that is trained: its own state, changed by train_state (Solver::InitTrainNet).

        `shapes` are given as for `netspec.load`; `report`, where given, receives the warnings too.
        """
        said = self.parameter
        inline = said.train_net_param or said.net_param
        file = said.train_net if said.train_net is not None else said.net
        tree = (
            self._upgraded(inline) if inline is not None else self._open(file or "", "train_net", 0)
        )
        return _graph(tree, Phase.TRAIN, said.train_state, shapes, report)

    def test_graphs(
        self, shapes: Shapes | None = None, report: Report | None = None
    ) -> list[Graph]:
        """The nets that are tested, one for each test_iter, in the order of InitTestNets."""
        said = self.parameter
        changes = said.test_state or (StateChange(),) * len(said.test_iter)
        graphs = [
            _graph(tree, Phase.TEST, change, shapes, report)
            for tree, change in zip(self._test_trees(), changes)
        ]
        if said.monitors and graphs:
            self._require_monitored(graphs[0])
        return graphs

    def _require_monitored(self, graph: Graph) -> None:
        """Raise SpecError C224 where a test net has no number of the name that is monitored."""
        name, outputs = self.parameter.monitor, graph.outputs
        if not name and not graph.loss_weights:
            message = "the test net has no loss to monitor"
            help = f'add monitor: "{outputs[0]}"' if outputs else "add an Accuracy layer"
        elif name and name not in outputs:
            message = f"the test net has no output {name} to monitor"
            help = nearest(name, outputs) or f"its outputs are {', '.join(outputs)}"
        elif name and (count := prod(graph.blob_shapes[name])) != 1:
            message = f"the output {name} has {count} numbers"
            help = "monitor an output of one number, such as a loss or an accuracy"
        else:
            return
        raise SpecError(Diagnostic("C224", message, self.span("monitor"), help))

    def _test_trees(self) -> Iterator[Message]:
        """test_net_param, then test_net, then the generic net as often as it is asked for."""
        said = self.parameter
        for tree in said.test_net_param:
            yield self._upgraded(tree)
        for i, file in enumerate(said.test_net):
            yield self._open(file, "test_net", i)
        for _ in range(len(said.test_iter) - len(said.test_net) - len(said.test_net_param)):
            yield (
                self._upgraded(said.net_param)
                if said.net_param
                else self._open(said.net or "", "net", 0)
            )

    def _open(self, file: str, setting: str, index: int) -> Message:
        report = Report()
        tree = open_tree(read(self.find(file, setting, index)), report)
        report.stop()
        return tree

    def _upgraded(self, tree: Message) -> Message:
        report = Report()
        tree = upgrade(tree, report)
        report.stop()
        return tree

    def find(self, file: str, setting: str, index: int = 0) -> Path:
        """The file that the index-th `setting` names. Raises SpecError C207 where there is none."""
        here = Path(file)
        beside = self.path.parent / file
        for path in (here, beside):
            if path.is_file():
                return path
        if file and (here.is_dir() or beside.is_dir()):
            message = f"{file} is a folder, not a file"
            place = self.span(setting, index)
            raise SpecError(Diagnostic("C207", message, place, "give a file in that folder"))
        places = f"neither here nor beside {self.path.name}" if here != beside else "here"
        message = f"there is no file {file or '(empty name)'} {places}"
        folder = beside.parent if beside.parent.is_dir() else here.parent
        close = (
            nearest(here.name, os.listdir(folder))
            if folder.is_dir()
            else f"there is no directory {folder}"
        )
        raise SpecError(Diagnostic("C207", message, self.span(setting, index), close))

    def span(self, setting: str, index: int = 0) -> Span:
        """Where the index-th field of a setting is written, or else the start of the file."""
        found = list(self.tree.each(setting)) or list(self.tree.each("net"))
        return found[min(index, len(found) - 1)].value.span if found else self.tree.span

    @property
    def snapshot_prefix(self) -> Path:
        """What the snapshots' names begin with (UpgradeSnapshotPrefixProperty).

        Where the file says nothing, its own path without the ending; where it names a
        directory, its own name in there.
        """
        said = self.parameter.snapshot_prefix
        if said is None:
            return self.path.with_suffix("")
        prefix = Path(said)
        beside = self.path.parent / said
        if not prefix.is_dir() and not prefix.parent.is_dir() and beside.parent.is_dir():
            prefix = beside
        return prefix / self.path.stem if prefix.is_dir() else prefix


def _graph(
    tree: Message, phase: Phase, change: StateChange, shapes: Shapes | None, report: Report | None
) -> Graph:
    """The state: `phase`, unless the net or, before it, `change` says otherwise; stages add up."""
    report = Report() if report is None else report
    own = StateChange()
    for written in tree.each("state"):
        if isinstance(written.value, Message):
            own = StateChange.bind(written.value, report) or own
    report.stop()
    chosen = change.phase or own.phase or phase
    level = change.level if change.level is not None else own.level or 0
    return build(tree, chosen, level, change.stage, shapes, report)
