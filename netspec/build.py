"""Text to Graph, one function a step: read, upgrade, bind, wire, infer, share.

read(path) ▶ upgrade ▶ bind_net(state) ▶ wire ▶ infer ▶ share ▶ Graph
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from netspec.diagnostics import Diagnostic, Report, SpecError
from netspec.graph import Graph
from netspec.infer import infer
from netspec.language.open import open_net
from netspec.language.read import read
from netspec.language.tree import Message
from netspec.layers import FACTS, types_in
from netspec.layers.python import allowing_python
from netspec.layers.unknown import unknown
from netspec.schema.bind import StandIn, bind_net, misspelt
from netspec.schema.net import LayerParameter, NetState, Phase
from netspec.share import share
from netspec.source import Source
from netspec.wire import given_shapes, wire


def load(
    path: str | Path,
    phase: str | Phase = "TEST",
    level: int = 0,
    stages: Sequence[str] = (),
    shapes: Mapping[str, Sequence[int]] | None = None,
    allow_python: bool = False,
) -> Graph:
    """The graph of a `.prototxt` or `.yaml` file in one state.

    `shapes` gives the shape of any input's or source's top, by blob name; it wins over the file.
    `allow_python` lets the net's Python layers run code of their own, now and whenever it is used.
    Raises SpecError, which carries every mistake of the file.
    """
    with allowing_python(allow_python):
        return _build(read(Path(path)), phase, level, stages, shapes)


def loads(
    text: str,
    phase: str | Phase = "TEST",
    level: int = 0,
    stages: Sequence[str] = (),
    shapes: Mapping[str, Sequence[int]] | None = None,
    name: str = "<text>.prototxt",
    allow_python: bool = False,
) -> Graph:
    """The same from a text; `name` says which language it is in and what diagnostics call it."""
    with allowing_python(allow_python):
        return _build(Source(name, text), phase, level, stages, shapes)


def sketch(
    path: str | Path,
    phase: str | Phase = "TEST",
    level: int = 0,
    stages: Sequence[str] = (),
    shapes: Mapping[str, Sequence[int]] | None = None,
) -> Graph:
    """The graph of a file to look at, though layers in it are of types that are not known here.

    So are Python layers, which are not run, and layers with settings of a fork that are not known.
    What they make, and all that is computed from it, has the shape UNSIZED; such a graph cannot be
    compiled. Raises SpecError for every other mistake.
    """
    return _build(read(Path(path)), phase, level, stages, shapes, unknown)


def open_tree(source: Source, report: Report) -> Message:
    """The tree of a spec in today's form, whatever language and dialect it is written in."""
    faults_of = partial(misspelt, types=types_in(Phase.TEST))
    return open_net(source, FACTS, LayerParameter.by_field, report, faults_of)


def _build(
    source: Source,
    phase: str | Phase,
    level: int,
    stages: Sequence[str],
    shapes: Mapping[str, Sequence[int]] | None,
    stand_in: StandIn | None = None,
) -> Graph:
    report = Report()
    tree = open_tree(source, report)
    report.stop()
    return build(tree, phase, level, stages, shapes, report, stand_in)


def build(
    tree: Message,
    phase: str | Phase = "TEST",
    level: int = 0,
    stages: Sequence[str] = (),
    shapes: Mapping[str, Sequence[int]] | None = None,
    report: Report | None = None,
    stand_in: StandIn | None = None,
) -> Graph:
    """The graph of a tree in today's form. `report`, where given, receives the warnings too.

    With `stand_in` it is a sketch, which has that in the place of layers that are not known.
    """
    report = Report() if report is None else report
    written = tree.last("state")
    own = None
    if written and isinstance(written.value, Message):
        own = NetState.bind(written.value, Report())  # bind_net reports what is wrong with it
    asked = _phase(phase)
    state = NetState(phase=asked, level=level, stage=(*(own.stage if own else ()), *stages))
    net = bind_net(tree, types_in(state.phase), state, report, stand_in)
    given = given_shapes(net, shapes or {}, report)
    wired = wire(net, report)
    nodes = infer(wired, given, state.phase, report, sketch=stand_in is not None)
    owners = share(nodes, report)
    report.stop()
    return Graph(net.head.name, tuple(nodes), state.phase, net.head.force_backward, owners)


def _phase(phase: str | Phase) -> Phase:
    if isinstance(phase, Phase):
        return phase
    if phase not in Phase.__members__:
        message = f"expected the phase TRAIN or TEST, found {phase}"
        raise SpecError(Diagnostic("N206", message, help="phases are written in capitals"))
    return Phase[phase]
