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
from compiler.training.belonging import require_history, require_layers
from compiler.training.besides import Besides
from compiler.training.checksums import damaged, find_whole, sum_of_file, sum_of_state
from compiler.training.optimizer import Optimizer
from compiler.training.solverstate import SolverState, read_solverstate, write_solverstate
from compiler.weights.load import load_weights
from compiler.weights.save import save_blobs
from netspec.atomic import sweep
from netspec.diagnostics import Diagnostic, SpecError
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
    of `load_weights`.
    """
    state = read_solverstate(path)
    sums = state.besides.sums if state.besides is not None else {}
    if state.besides is not None:
        require_world(path, len(state.besides.generators), group)
    require_history(path, state, optimizer)
    history = [blob.read() for blob in state.history]
    if sums and sums.get("state") != sum_of_state(state.said(), history):
        raise damaged(path)
    averages = _read_average(path, state, average) if average is not None else None
    if state.learned_net:
        weights = find_whole(path, state.learned_net, sums.get("weights"))
        require_layers(path, weights, net.spec)
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
    sums = state.besides.sums
    return average.read(find_whole(path, state.besides.average, sums.get("average")))
