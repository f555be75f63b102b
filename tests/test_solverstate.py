"""A solver's state: what a snapshot has, and how training goes on from it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np
import pytest
import small_run
import torch
from caffe_proto import MESSAGES
from small_run import BODY, DATA, solve

import compiler
import netspec
from compiler.training import events


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    small_run.write()
    return tmp_path


@pytest.mark.parametrize("kind", ["SGD", "Nesterov", "Adam", "AdaDelta"])
@pytest.mark.parametrize("form", ["BINARYPROTO", "HDF5"])
def test_a_resumed_run_is_the_run_that_went_on(kind: str, form: str, folder: Path) -> None:
    more = f'type: "{kind}" snapshot_format: {form}'
    end = ".h5" if form == "HDF5" else ""
    files = [Path(f"out/snap_iter_12.{name}{end}") for name in ("caffemodel", "solverstate")]
    whole = solve(more)
    before = [content(path) for path in files]
    for path in files:
        path.unlink()
    resumed = solve(more, restore=f"out/snap_iter_5.solverstate{end}")
    assert [content(path) for path in files] == before
    later = [e for e in told_of(whole) if e[0] >= 5]
    assert later == list(told_of(resumed))


def told_of(told: list[events.Event]) -> Iterator[tuple[int, object]]:
    """What events say, but for the time that passed."""
    for e in told:
        if isinstance(e, events.Displayed):
            yield e.iteration, (e.loss, e.rate, e.outputs)
        elif isinstance(e, events.Tested):
            yield e.iteration, (e.net, e.scores)


def content(path: Path) -> object:
    """The content of a file; of HDF5, which keeps times, the data sets."""
    if path.suffix != ".h5":
        return path.read_bytes()
    found = {}
    with h5py.File(path) as file:
        file.visititems(
            lambda name, item: (
                found.update({name: item[()].tolist()}) if isinstance(item, h5py.Dataset) else None
            )
        )
    return found


def test_a_solver_state_is_caffes_message(folder: Path) -> None:
    solve()
    state = MESSAGES["SolverState"]()
    state.ParseFromString(Path("out/snap_iter_12.solverstate").read_bytes())
    assert (state.iter, state.current_step) == (12, 2)
    assert state.learned_net == "out/snap_iter_12.caffemodel"
    shapes = [tuple(blob.shape.dim) for blob in state.history]
    assert shapes == [(4, 1, 3, 3), (4,), (4,), (4,), (1,), (4,), (4,), (3, 36), (3,)]
    assert list(state.history[2].data) == [0] * 4  # statistics have no momentum


def test_snapshots_may_move_together(folder: Path) -> None:
    solve()
    Path("out").rename("moved")
    solver = compiler.Solver("solver.prototxt")
    solver.restore("moved/snap_iter_5.solverstate")
    assert solver.iteration == 5


def test_snapshot_diff_is_the_last_update(folder: Path) -> None:
    solve("snapshot_diff: true snapshot: 1 max_iter: 2 snapshot_after_train: false")
    nets = []
    for i in (1, 2):
        net = MESSAGES["NetParameter"]()
        net.ParseFromString(Path(f"out/snap_iter_{i}.caffemodel").read_bytes())
        nets.append({layer.name: layer.blobs for layer in net.layer})
    for name, index in (("ip", 0), ("conv", 0)):
        one, two = (np.array(net[name][index].data) for net in nets)
        np.testing.assert_allclose(one - nets[1][name][index].diff, two, atol=1e-6)
    assert list(nets[1]["bn"][0].diff) == [0] * 4


def test_a_restore_that_fails_changes_nothing(folder: Path) -> None:
    solve(iterations=5)
    state, weights = (Path(f"out/snap_iter_5.{e}") for e in ("solverstate", "caffemodel"))
    whole = state.read_bytes()
    weights.rename("elsewhere")
    for damaged in (whole, whole[:-200], whole[:300], b"text"):
        state.write_bytes(damaged)
        solver = compiler.Solver("solver.prototxt")
        before = [b.clone() for blobs in compiler.blobs(solver.net).values() for b in blobs]
        random = torch.get_rng_state()
        with pytest.raises(netspec.SpecError):
            solver.restore(state)
        after = [b for blobs in compiler.blobs(solver.net).values() for b in blobs]
        assert all(torch.equal(a, b) for a, b in zip(before, after))
        assert (solver.iteration, solver.current_step) == (0, 0)
        assert torch.equal(random, torch.get_rng_state())


def test_a_state_of_another_net_is_refused(folder: Path) -> None:
    solve(iterations=5)
    Path("net.prototxt").write_text(DATA + BODY.replace('"ip"', '"fc"'))
    solver = compiler.Solver("solver.prototxt")
    before = [b.clone() for blobs in compiler.blobs(solver.net).values() for b in blobs]
    with pytest.raises(netspec.SpecError, match="have nothing for fc") as caught:
        solver.restore("out/snap_iter_5.solverstate")
    assert [d.code for d in caught.value.diagnostics] == ["C211"]
    after = [b for blobs in compiler.blobs(solver.net).values() for b in blobs]
    assert all(torch.equal(a, b) for a, b in zip(before, after))
