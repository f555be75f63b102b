"""Whether a solver state belongs to a solver: the same parameters, the same type of update."""

from __future__ import annotations

from pathlib import Path

from compiler.training.optimizer import Optimizer
from compiler.training.solverstate import SolverState
from compiler.weights.faults import refusing
from compiler.weights.formats import read_layers
from netspec.diagnostics import Diagnostic, Report, SpecError
from netspec.graph import Graph
from netspec.schema.wording import spelled


def require_layers(state: Path, weights: Path, graph: Graph) -> None:
    """Raise SpecError C211 where a layer with parameters of its own is not in the weights.

    Caffe leaves such a layer at its fillers, and the run does not go on where it stopped.
    """
    with refusing(weights):
        found = {stored.name for stored in read_layers(weights, graph) if stored.blobs}
    lacking = [
        node.name
        for node in graph.nodes
        if node.name not in found
        and any((node.name, i) not in graph.owners for i in range(len(node.weights)))
    ]
    if lacking:
        names = ", ".join(lacking[:4]) + (", ..." if len(lacking) > 4 else "")
        message = f"{state} is of another net: its weights, {weights}, have nothing for {names}"
        help = "give the state that this net was trained to, or start from weights with --weights"
        raise SpecError(Diagnostic("C211", message, None, help))


def require_history(path: Path, state: SolverState, optimizer: Optimizer) -> None:
    """Raise SpecError C211 where the histories are not those of the optimizer."""
    report = Report()
    found, wanted = len(state.history), len(optimizer.history)
    if found != wanted:
        message = f"{path} has {found} history blobs, the solver {wanted}"
        report.add("C211", message, None, _why_length(found, optimizer))
    else:
        _check_shapes(path, state, optimizer, report)
    report.stop()


def _check_shapes(path: Path, state: SolverState, optimizer: Optimizer, report: Report) -> None:
    for i, (stored, mine) in enumerate(zip(state.history, optimizer.history)):
        if not stored.fits(tuple(mine.shape)):
            owner = optimizer.parameters[i % len(optimizer.parameters)]
            message = (
                f"{path} has a history of {spelled(stored.shape)} for blob {owner.index} of "
                f"{owner.layer}, which is {spelled(tuple(mine.shape))}"
            )
            report.add("C211", message, None, "give the state that this net was trained to")


def _why_length(found: int, optimizer: Optimizer) -> str:
    count = len(optimizer.parameters)
    if found in (count, 2 * count):
        two = "AdaDelta and Adam keep two for each parameter, the others one"
        return f"it was written by another type of solver: {two}"
    return "it was written while another net was trained; start from its weights with --weights"
