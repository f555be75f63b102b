"""What can be known to go wrong is said before training starts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from compiler.network import Network
from compiler.training.besides import sources
from compiler.training.snapshot import make_folder
from netspec.diagnostics import Diagnostic, Report, SpecError

if TYPE_CHECKING:
    from compiler.training.solver import Solver


def require_ready(solver: Solver) -> None:
    """Raise SpecError: C202 no max_iter, C210 snapshots, C213 no data of its own, C3 data."""
    report = Report()
    if solver.settings.max_iter is None:
        help = "add max_iter: 10000, for example"
        report.add("C202", "max_iter is missing", solver.file.span("net"), help)
    for what, net in (("train", solver.net), *(("test", net) for net in solver.test_nets)):
        report.extend(fed_by_hand(what, net))
    if solver.settings.snapshot or solver.settings.snapshot_after_train:
        try:
            make_folder(solver.file)
        except SpecError as error:
            report.extend(error.diagnostics)
    report.stop()
    for net in (solver.net, *solver.test_nets):
        check_sources(net)


def fed_by_hand(what: str, net: Network) -> Iterator[Diagnostic]:
    """C213 for a net that has to be fed."""
    fed = next((n for n in net.spec.nodes if n.layer.fed), None)
    if fed is not None:
        message = f"the {what} net has no data of its own: it is fed {', '.join(net.spec.inputs)}"
        help = "read data with a layer: Data, ImageData, HDF5Data or DummyData"
        yield Diagnostic("C213", message, fed.span, help)


def check_sources(net: Network) -> None:
    """Open the data of a net; raises SpecError (C3) where it cannot be read."""
    for source in sources(net).values():
        source.check()
