"""A solver against the nets that it trains and tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from netspec.diagnostics import Diagnostic
from netspec.graph import Graph
from netspec.lints.around import filters
from netspec.lints.learning import starts_at_zero
from netspec.lints.normalization import by_batch, read_batch
from netspec.solver_file import SolverFile

ENOUGH = 16  # images; from here on statistics of a batch are good (arXiv 1803.08494, figure 1)
BY_STEPSIZE = ("step", "sigmoid")
TRAINED = "TRAIN"  # the name of the net that is trained, among those of a solver

Nets = Mapping[str, Graph]


def accumulated(solver: SolverFile, nets: Nets) -> Iterator[Diagnostic]:
    """N516: gradients are summed over batches, and statistics are not."""
    said, train = solver.parameter, nets.get(TRAINED)
    batch = read_batch(train) if train is not None else None
    if train is None or said.iter_size == 1 or batch is None or batch >= ENOUGH:
        return
    if any(by_batch(node) for node in train.nodes):
        message = f"iter_size {said.iter_size} sums the gradients of {said.iter_size * batch} "
        message += f"items, but they are normalised {batch} at a time"
        help = "raise batch_size as far as the memory allows, and lower iter_size"
        yield Diagnostic("N516", message, solver.span("iter_size"), help)


def unfilled(solver: SolverFile, nets: Nets) -> Iterator[Diagnostic]:
    """N531: every weight starts at zero, and the solver loads none."""
    train = nets.get(TRAINED)
    learned = [node for node in train.nodes if filters(node)] if train is not None else []
    if len(learned) > 1 and all(starts_at_zero(node) for node in learned):
        if solver.parameter.weights:
            return
        message = "every weight starts at 0, so that nothing learns, and the solver loads none"
        help = "write weight_filler in the layers; nothing is wrong where --weights is given"
        yield Diagnostic("N531", message, solver.span("net"), help)


def tests(solver: SolverFile, nets: Nets) -> Iterator[Diagnostic]:
    """N532: a test that leaves items out, or tests some twice."""
    tested = [graph for name, graph in nets.items() if name != TRAINED]
    for i, (count, graph) in enumerate(zip(solver.parameter.test_iter, tested)):
        for node in graph.nodes:
            survey = node.layer.survey() if node.layer.makes_data else None
            if survey is None or not count:
                continue
            batch = node.shapes[0][0]
            whole = -(-survey.items // batch)
            if count != whole:
                message = f"a test takes {count * batch:,} items, {count} batches of {batch}, "
                message += f"and {node.name} has {survey.items:,}: some are "
                message += "not tested" if count < whole else "tested twice"
                span = solver.span("test_iter", i)
                yield Diagnostic("N532", message, span, f"write test_iter: {whole}")


def steps(solver: SolverFile, nets: Nets) -> Iterator[Diagnostic]:
    """N533: the rate is never lowered, though the policy is there to do so."""
    said = solver.parameter
    stepsize, max_iter = said.stepsize or 0, said.max_iter or 0
    if said.lr_policy in BY_STEPSIZE and stepsize >= max_iter > 0:
        message = f"stepsize is {stepsize}, and training ends at {max_iter}: "
        message += "the rate is never lowered"
        help = 'lower stepsize, or write lr_policy: "fixed"'
        yield Diagnostic("N533", message, solver.span("stepsize"), help)
