"""`.solverstate` files: SolverState as Caffe writes it, binary or HDF5 (sgd_solver.cpp).

What Caffe's format lacks (random numbers, where the data is read, checksums) stands in a field
that Caffe's reader skips: JSON in field 1000 of the message, or in the HDF5 data set /netspec.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from torch import Tensor

from compiler.training.besides import Besides
from compiler.weights.blobproto import blob_parts, message, write_parts
from compiler.weights.caffemodel import mapped
from compiler.weights.hdf5 import INFLATION, read_dataset
from compiler.weights.hdf5_writing import hdf5_writing
from compiler.weights.stored import Malformed, StoredBlob, from_proto
from netspec.atomic import replacing
from netspec.diagnostics import Diagnostic, SpecError
from netspec.records.wire import WireError, fields, signed, write_field

ITERATION, LEARNED_NET, HISTORY, CURRENT_STEP, BESIDES = 1, 2, 3, 4, 1000
MAX_HISTORY = 1_000_000


@dataclass
class SolverState:
    """Where training stands: `iteration` updates are done; `learned_net` is the weights' file."""

    iteration: int = 0
    learned_net: str = ""
    current_step: int = 0
    history: list[StoredBlob] = field(default_factory=list)
    besides: Besides | None = None  # None in a file of Caffe's

    def said(self) -> dict[str, Any]:
        """All but the history, and the checksum that this is for, as plain data."""
        besides = self.besides.as_json() if self.besides is not None else {}
        sums = {name: value for name, value in besides.get("sums", {}).items() if name != "state"}
        return {
            **besides,
            "sums": sums,
            "at": [self.iteration, self.learned_net, self.current_step],
        }


def read_solverstate(path: Path) -> SolverState:
    """The state in a file, HDF5 where its name ends with `.h5` (Solver::Restore).

    Raises SpecError: C209 cannot be read, or is no solver state.
    """
    try:
        found = _read_hdf5(path) if path.suffix == ".h5" else _read_binary(path)
        if found.iteration < 0 or found.current_step < 0:
            raise Malformed("C209", "it does not say at which iteration it was written")
    except (Malformed, WireError) as wrong:
        message = f"{path} cannot be read as a solver state: {wrong}"
        help = "give a .solverstate, not the .caffemodel beside it"
        raise SpecError(Diagnostic("C209", message, None, help)) from None
    except (OSError, RuntimeError, LookupError, ValueError, TypeError) as wrong:
        reason = getattr(wrong, "strerror", None) or str(wrong)
        message = f"cannot read the solver state {path}: {reason}"
        raise SpecError(
            Diagnostic("C209", message, None, "snapshots end with .solverstate")
        ) from None
    return found


def _read_binary(path: Path) -> SolverState:
    state = SolverState(iteration=-1)
    for number, _, value in fields(mapped(path)):
        if isinstance(value, int):
            if number == ITERATION:
                state.iteration = signed(value)
            elif number == CURRENT_STEP:
                state.current_step = signed(value)
        elif number == LEARNED_NET:
            state.learned_net = bytes(value).decode("utf-8", "surrogateescape")
        elif number == HISTORY:
            state.history.append(from_proto(value))
        elif number == BESIDES:
            state.besides = _besides(bytes(value))
        if len(state.history) > MAX_HISTORY:
            raise Malformed("C209", f"it has more than {MAX_HISTORY:,} blobs")
    return state


def _read_hdf5(path: Path) -> SolverState:
    import h5py

    with h5py.File(path, "r") as file:
        history = file["history"]
        blobs = [history[str(i)] for i in range(len(history))]
        if (
            sum(b.nbytes for b in blobs) > INFLATION * path.stat().st_size
        ):  # one data set, many names
            raise Malformed("C209", "its history claims far more numbers than it can hold")
        values = [read_dataset(b) for b in blobs]
        learned = file["learned_net"][()] if "learned_net" in file else b""
        return SolverState(
            int(file["iter"][...].reshape(-1)[0]),
            learned.decode("utf-8", "surrogateescape")
            if isinstance(learned, bytes)
            else str(learned),
            int(file["current_step"][...].reshape(-1)[0]),
            [StoredBlob(b.shape, lambda v=v: v) for b, v in zip(blobs, values)],  # type: ignore[misc]
            _besides(bytes(file["netspec"][...])) if "netspec" in file else None,
        )


def _besides(content: bytes) -> Besides:
    return Besides.from_json(json.loads(content))


def write_solverstate(path: Path, state: SolverState, history: Sequence[Tensor]) -> None:
    """Write a state with these histories, HDF5 where the name ends with `.h5`.

    Raises SpecError C107 where the file cannot be written.
    """
    if path.suffix == ".h5":
        _write_hdf5(path, state, history)
        return
    with replacing(path, "C107") as temporary, temporary.open("wb") as file:
        file.write(write_field(ITERATION, state.iteration))
        file.write(write_field(LEARNED_NET, state.learned_net.encode("utf-8", "surrogateescape")))
        for values in history:
            write_parts(file, message(HISTORY, blob_parts(values.shape, values.detach)))
        file.write(write_field(CURRENT_STEP, state.current_step))
        if state.besides is not None:
            file.write(write_field(BESIDES, json.dumps(state.besides.as_json())))


def _write_hdf5(path: Path, state: SolverState, history: Sequence[Tensor]) -> None:
    import numpy

    learned = state.learned_net.encode("utf-8", "surrogateescape")
    with replacing(path, "C107") as temporary, hdf5_writing(temporary) as file:
        file["iter"] = numpy.array([state.iteration], "<i4")
        file["learned_net"] = numpy.array(learned, f"S{len(learned) + 1}")  # ends with a zero
        file["current_step"] = numpy.array([state.current_step], "<i4")
        group = file.create_group("history")
        for i, values in enumerate(history):
            group.create_dataset(str(i), data=values.detach().cpu().numpy(), dtype="<f4")
        if state.besides is not None:
            text = json.dumps(state.besides.as_json())
            file["netspec"] = numpy.frombuffer(text.encode(), numpy.uint8)
