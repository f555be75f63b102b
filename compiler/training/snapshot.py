"""Snapshots: weights and solver state under one prefix, read back in full or not at all."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from compiler.distributed.alike import require_world
from compiler.distributed.group import ALONE, Group
from compiler.network import Network, blobs
from compiler.training.average import Average
from compiler.training.besides import Besides
from compiler.training.checksums import require_sum, sum_of_file, sum_of_state
from compiler.training.optimizer import Optimizer
from compiler.training.solverstate import SolverState, read_solverstate, write_solverstate
from compiler.weights.faults import refusing
from compiler.weights.formats import read_layers
from compiler.weights.load import load_weights
from compiler.weights.save import save_blobs
from compiler.weights.stored import spelled
from netspec.atomic import sweep
from netspec.diagnostics import Diagnostic, Report, SpecError
from netspec.graph import Graph
from netspec.schema.solver import SnapshotFormat
from netspec.solver_file import SolverFile


def snapshot_paths(file: SolverFile, iteration: int) -> tuple[Path, Path]:
    """The files of weights and state: PREFIX_iter_N.caffemodel and .solverstate, or with .h5."""
    stem = f"{file.snapshot_prefix}_iter_{iteration}"
    end = ".h5" if file.parameter.snapshot_format is SnapshotFormat.HDF5 else ""
    return Path(f"{stem}.caffemodel{end}"), Path(f"{stem}.solverstate{end}")


def make_folder(file: SolverFile) -> None:
    """Make sure that snapshots can be written; makes their folder (CheckSnapshotWritePermissions).

    Raises SpecError C210.
    """
    folder = file.snapshot_prefix.parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
        sweep(file.snapshot_prefix)
    except OSError as error:
        message = f"cannot write snapshots to the folder {folder}: {error.strerror}"
        place = file.span("snapshot_prefix")
        raise SpecError(
            Diagnostic("C210", message, place, "give another snapshot_prefix")
        ) from None


def average_path(weights: Path) -> Path:
    """The file of the averaged weights (ema_decay) beside that of the weights."""
    return weights.with_name(weights.name.replace("_iter_", "_ema_iter_"))


def write_snapshot(
    file: SolverFile,
    net: Network,
    optimizer: Optimizer,
    state: SolverState,
    besides: Besides,
    average: Average | None = None,
) -> tuple[Path, Path]:
    """Write all files, the state last: where it is, the weights are. Raises SpecError C107."""
    weights, path = snapshot_paths(file, state.iteration)
    diffs = _diffs(net, optimizer.updates) if file.parameter.snapshot_diff else None
    save_blobs(weights, net.spec, blobs(net), diffs)
    sums = {"weights": sum_of_file(weights)}
    if average is not None:
        averages = average_path(weights)
        save_blobs(averages, net.spec, average.blobs())
        sums["average"] = sum_of_file(averages)
        besides = replace(besides, average=str(averages))
    state.learned_net, state.besides = str(weights), replace(besides, sums=sums)
    sums["state"] = sum_of_state(state.said(), optimizer.history)
    write_solverstate(path, state, optimizer.history)
    return weights, path


def _diffs(net: Network, updates: Mapping[tuple[str, int], Tensor]) -> dict[str, list[Tensor]]:
    """Caffe's diffs after an update are what was subtracted; parameters without one have zeros."""
    made = {}
    for name, values in blobs(net).items():
        owners = [net.spec.owners.get((name, i), (name, i)) for i in range(len(values))]
        made[name] = [
            updates[o].view_as(v) if o in updates else torch.zeros_like(v)
            for o, v in zip(owners, values)
        ]
    return made


def read_snapshot(
    path: Path,
    net: Network,
    optimizer: Optimizer,
    average: Average | None = None,
    group: Group = ALONE,
) -> SolverState:
    """Load weights, history and averages; everything is verified before anything is changed.

    Raises SpecError: C209 no solver state, C211 it belongs to another net or solver type, C212 its
    weights are not found, C220 a file is damaged, C247 it is of more or fewer processes, and those
    of `load_weights`. Caffe leaves a layer
    that the weights lack at its fillers; here that is C211, since the run would not go on where it
    stopped.
    """
    state = read_solverstate(path)
    sums = state.besides.sums if state.besides is not None else {}
    if state.besides is not None:
        require_world(path, len(state.besides.generators), group)
    _check_history(path, state, optimizer)
    history = [blob.read() for blob in state.history]
    require_sum(path, sums.get("state"), sum_of_state(state.said(), history))
    averages = _read_average(path, state, average) if average is not None else None
    if state.learned_net:
        weights = find_learned_net(path, state.learned_net)
        require_sum(weights, sums.get("weights"), sum_of_file(weights))
        _check_layers(path, weights, net.spec)
        load_weights(net, weights)
    for mine, theirs in zip(optimizer.history, history):
        mine.copy_(theirs.reshape(mine.shape))
    if average is not None:
        average.restore(averages) if averages else average.restart()
    return state


def _read_average(path: Path, state: SolverState, average: Average) -> list[Tensor] | None:
    """The averages of a snapshot, or None where it was written without."""
    if state.besides is None or not state.besides.average:
        return None
    file = find_learned_net(path, state.besides.average)
    require_sum(file, state.besides.sums.get("average"), sum_of_file(file))
    return average.read(file)


def find_learned_net(state: Path, learned_net: str) -> Path:
    """The weights that a state names, as they are written there, or else beside the state."""
    places = [Path(learned_net), state.parent / Path(learned_net).name]
    for place in places:
        if place.is_file():
            return place
    message = f"the weights of {state}, {learned_net}, are not there"
    help = f"put {places[1].name} beside {state.name}"
    raise SpecError(Diagnostic("C212", message, None, help))


def _check_layers(state: Path, weights: Path, graph: Graph) -> None:
    """Every layer with parameters of its own has to be in the weights."""
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


def _check_history(path: Path, state: SolverState, optimizer: Optimizer) -> None:
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
