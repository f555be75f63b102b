"""Training end to end on a small net that makes its own data: tests, snapshots, logs, signals."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import h5py
import numpy as np
import pytest
import tiny_training as tiny
import torch
from caffe_proto import MESSAGES

import compiler
import netspec
from compiler.training import events
from compiler.training.curve import draw_curve
from compiler.training.interrupt import Interrupt
from compiler.training.log import Log
from compiler.training.plain import Plain
from netspec.logs import Run, read_log
from netspec.logs.run import Key
from tools.__main__ import main

Kind = TypeVar("Kind")
ROOT = Path(__file__).parents[1]

DATA = """
layer { name: "data" type: "HDF5Data" top: "data" top: "label" include { phase: TRAIN }
  hdf5_data_param { source: "files.txt" batch_size: 7 shuffle: true } }
layer { name: "data" type: "HDF5Data" top: "data" top: "label" include { phase: TEST }
  hdf5_data_param { source: "files.txt" batch_size: 6 } }
"""
BODY = """
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
  convolution_param { num_output: 4 kernel_size: 3 weight_filler { type: "msra" } } }
layer { name: "bn" type: "BatchNorm" bottom: "conv" top: "conv" }
layer { name: "scale" type: "Scale" bottom: "conv" top: "conv" scale_param { bias_term: true } }
layer { name: "relu" type: "ReLU" bottom: "conv" top: "conv" }
layer { name: "drop" type: "Dropout" bottom: "conv" top: "conv" }
layer { name: "ip" type: "InnerProduct" bottom: "conv" top: "ip" param { lr_mult: 1 }
  param { lr_mult: 2 } inner_product_param { num_output: 3 weight_filler { type: "xavier" } } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "label" top: "loss" }
layer { name: "accuracy" type: "Accuracy" bottom: "ip" bottom: "label" top: "accuracy"
  include { phase: TEST } }
"""
SOLVER = """
net: "net.prototxt" base_lr: 0.05 lr_policy: "multistep" gamma: 0.5 stepvalue: [4, 7]
momentum: 0.9 weight_decay: 0.001 max_iter: 12 random_seed: 3 solver_mode: CPU
test_iter: 2 test_interval: 4 display: 3 average_loss: 4 snapshot: 5 snapshot_prefix: "out/snap"
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with 20 images of three classes, a net and a solver."""
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(0)
    labels = np.arange(20) % 3
    images = random.normal(size=(20, 1, 5, 5)) + labels[:, None, None, None]
    with h5py.File("data.h5", "w") as file:
        file["data"], file["label"] = images.astype("f4"), labels.astype("f4")
    Path("files.txt").write_text("data.h5\n")
    Path("net.prototxt").write_text(f'name: "tiny" {DATA} {BODY}')
    Path("solver.prototxt").write_text(SOLVER)
    return tmp_path


def solve(more: str = "", restore: str = "", iterations: int | None = None) -> list[events.Event]:
    """Train with changed settings; the events."""
    Path("changed.prototxt").write_text(tiny.override(SOLVER, more))
    solver = compiler.Solver("changed.prototxt")
    if restore:
        solver.restore(restore)
    told: list[events.Event] = []
    solver.solve(told.append, iterations=iterations)
    return told


def of(told: list[events.Event], kind: type[Kind]) -> Iterator[Kind]:
    return (e for e in told if isinstance(e, kind))


def test_events_come_at_caffes_intervals(folder: Path) -> None:
    told = solve()
    assert [e.iteration for e in of(told, events.Tested)] == [0, 4, 8, 12]
    assert [e.iteration for e in of(told, events.Displayed)] == [0, 3, 6, 9, 12]
    assert [e.iteration for e in of(told, events.Stepped)] == list(range(1, 13))
    assert [e.iteration for e in of(told, events.Snapshotted)] == [5, 10, 12]
    assert [e.caffe for e in of(told, events.Noted)] == [
        "MultiStep Status: Iteration 4, step = 1",
        "MultiStep Status: Iteration 7, step = 2",
    ]
    assert sorted(p.name for p in (folder / "out").iterdir()) == sorted(
        f"snap_iter_{i}.{end}" for i in (5, 10, 12) for end in ("caffemodel", "solverstate")
    )


@pytest.mark.parametrize(
    ("more", "tested", "kept"),
    [
        ("test_initialization: false", [4, 8, 12], [5, 10, 12]),
        ("snapshot_after_train: false", [0, 4, 8, 12], [5, 10]),
        ("snapshot: 0", [0, 4, 8, 12], [12]),
        ("snapshot: 6", [0, 4, 8, 12], [6, 12]),
        ("test_interval: 0 test_iter: 2", None, None),
        ("max_iter: 6", [0, 4], [5, 6]),
        ("max_iter: 0", [0], []),
        ("max_iter: 0 snapshot: 0", [0], [0]),
    ],
)
def test_intervals(
    more: str, tested: list[int] | None, kept: list[int] | None, folder: Path
) -> None:
    if tested is None:
        with pytest.raises(netspec.SpecError, match="test_interval"):
            solve(more)
        return
    told = solve(more)
    assert [e.iteration for e in of(told, events.Tested)] == tested
    assert [e.iteration for e in of(told, events.Snapshotted)] == kept


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


def test_a_test_net_has_the_train_nets_weights_and_statistics(folder: Path) -> None:
    solver = compiler.Solver("solver.prototxt")
    train, test = compiler.blobs(solver.net), compiler.blobs(solver.test_nets[0])
    solver.step()
    for name, blobs in train.items():
        for mine, theirs in zip(blobs, test[name], strict=True):
            assert mine.data_ptr() == theirs.data_ptr()
    assert float(test["bn"][2].detach()) == 1


def test_plain_lines_are_caffes(folder: Path) -> None:
    said: list[str] = []
    Path("changed.prototxt").write_text(SOLVER + "test_compute_loss: true")
    compiler.Solver("changed.prototxt").solve(Plain(said.append), iterations=3)
    number = r"[\d.e+-]+"
    wanted = [
        "Solving tiny",
        "Learning Rate Policy: multistep",
        r"Iteration 0, Testing net \(#0\)",
        f"Test loss: {number}",
        f"    Test net output #0: accuracy = {number}",
        rf"    Test net output #1: loss = {number} \(\* 1 = {number} loss\)",
        rf"Iteration 0 \(0 iter/s, {number}s/3 iters\), loss = {number}",
        rf"    Train net output #0: loss = {number} \(\* 1 = {number} loss\)",
        "Iteration 0, lr = 0.05",
        "Snapshotting to binary proto file out/snap_iter_3.caffemodel",
        "Snapshotting solver state to binary proto file out/snap_iter_3.solverstate",
        f"Iteration 3, loss = {number}",
        "Optimization Done.",
    ]
    assert len(said) == len(wanted)
    for line, pattern in zip(said, wanted):
        assert re.fullmatch(rf"I\d{{4}} \d\d:\d\d:\d\d\.\d{{6}} +\d+ \S+:\d+\] {pattern}", line)


def test_training_learns(folder: Path) -> None:
    told = solve("max_iter: 200 snapshot: 0 lr_policy: 'fixed'")
    *_, last = of(told, events.Tested)
    assert last.scores is not None
    assert last.scores.outputs["accuracy"][0] > 0.8


def test_log_and_curve_go_on_when_a_run_is_resumed(folder: Path) -> None:
    path, picture = Path("log.jsonl"), Path("curve.png")
    solver = compiler.Solver("solver.prototxt")
    solver.solve(Log(path))
    (whole,) = read_log(path)
    path.write_text(path.read_text() + '{"event": "train", "itera')  # as a crash leaves it
    resumed = compiler.Solver("solver.prototxt")
    resumed.restore("out/snap_iter_10.solverstate")
    resumed.solve(Log(path))
    (again,) = read_log(path)
    assert again.resumed == [10]
    assert told_by(again) == told_by(whole)
    assert set(told_by(whole)) == {
        ("train", "loss"),
        ("train", "lr"),
        ("train net", "loss"),
        ("test", "loss"),
        ("test net", "accuracy"),
        ("test net", "loss"),
    }
    assert draw_curve(path, picture)
    assert picture.read_bytes().startswith(b"\x89PNG")


def told_by(run: Run) -> dict[Key, tuple[list[int], list[float]]]:
    return {key: (series.iterations, series.values) for key, series in run.series.items()}


def test_a_log_without_points_makes_no_curve(folder: Path) -> None:
    Path("log.jsonl").write_text("")
    assert not draw_curve(Path("log.jsonl"), Path("curve.png"))


def test_divergence_stops_and_leaves_the_last_snapshot(folder: Path) -> None:
    solve(iterations=5)
    before = Path("out/snap_iter_5.caffemodel").read_bytes()
    with pytest.raises(netspec.SpecError, match="diverged") as caught:
        solve("base_lr: 1e30", restore="out/snap_iter_5.solverstate")
    assert caught.value.diagnostics[0].code == "C216"
    assert Path("out/snap_iter_5.caffemodel").read_bytes() == before
    assert not Path("out/snap_iter_12.caffemodel").exists()


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


def test_the_commands(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "--solver", "solver.prototxt", "--plain"]) == 0
    said = capsys.readouterr().out
    for made in ("snap_iter_12.caffemodel", "snap_iter_12.solverstate", "snap_log.jsonl"):
        assert f"out/{made}\n" in said
        assert Path("out", made).exists()
    assert Path("out/snap_curve.png").exists()
    weights = ["--weights", "out/snap_iter_12.caffemodel", "--json"]
    assert main(["test", "--solver", "solver.prototxt", *weights]) == 0
    by_solver = json.loads(capsys.readouterr().out)
    assert main(["test", "--model", "net.prototxt", "--iterations", "2", *weights]) == 0
    assert json.loads(capsys.readouterr().out) == by_solver
    assert main(["test", "--solver", "solver.prototxt", "--plain", *weights[:2]]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len([line for line in lines if re.fullmatch(r"Batch [01], \w+ = [\d.e-]+", line)]) == 4
    outputs = by_solver[0]["outputs"]
    assert lines[-3:] == [
        f"Loss: {outputs['loss'][0]:g}",
        f"accuracy = {outputs['accuracy'][0]:g}",
        f"loss = {outputs['loss'][0]:g} (* 1 = {outputs['loss'][0]:g} loss)",
    ]
    assert main(["train", "--solver", "solver.prototxt", "--snapshot", "none.solverstate"]) == 1
    assert "C209" in capsys.readouterr().err


def start() -> subprocess.Popen[str]:
    """A long training in a process of its own, once it has begun."""
    Path("long.prototxt").write_text(tiny.override(SOLVER, "max_iter: 1000000 snapshot: 0"))
    command = [sys.executable, "-m", "tools", "train", "--solver", "long.prototxt", "--plain"]
    here = {**os.environ, "PYTHONPATH": str(ROOT)}
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=here)
    assert process.stdout is not None
    for line in process.stdout:
        if "] Iteration 30 " in line:
            return process
    raise AssertionError("training ended before it was asked to")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_training_with_a_snapshot(number: int, folder: Path) -> None:
    process = start()
    process.send_signal(number)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "Optimization stopped early." in said
    (state,) = Path("out").glob("*.solverstate")
    assert f"--snapshot {state}" in said
    solver = compiler.Solver("solver.prototxt")
    solver.restore(state)
    assert state.name == f"snap_iter_{solver.iteration}.solverstate"
    last = json.loads(Path("out/snap_log.jsonl").read_text().splitlines()[-1])
    assert last["event"] == "end"
    assert last["interrupted"]


def test_interrupts_while_the_program_ends_are_quiet(folder: Path) -> None:
    process = start()
    process.send_signal(signal.SIGINT)
    assert process.stdout is not None
    assert process.stderr is not None
    for line in process.stdout:
        if line.startswith("go on with: "):
            break
    while process.poll() is None:
        process.send_signal(signal.SIGINT)
        time.sleep(0.01)
    assert process.returncode in (0, 130)
    assert not re.search("Traceback|Fatal|Exception", process.stderr.read())


def test_an_interrupted_test_begins_anew(folder: Path) -> None:
    Path("changed.prototxt").write_text(tiny.override(SOLVER, "test_iter: 50"))
    solver = compiler.Solver("changed.prototxt")
    (net,) = solver.test_nets
    told: list[events.Event] = []
    hook = net.register_forward_pre_hook(lambda *_: signal.raise_signal(signal.SIGTERM))
    assert not solver.solve(told.append)
    hook.remove()
    assert [(e.iteration, e.scores) for e in of(told, events.Tested)] == [(0, None)]
    assert Path("out/snap_iter_0.solverstate").exists()
    assert net.layer("data").position == 0  # a resumed run tests what this one would have


def test_a_second_interrupt_ends_at_once() -> None:
    with Interrupt() as interrupt:
        signal.raise_signal(signal.SIGHUP)
        assert (interrupt.stop, interrupt.take_snapshot(), interrupt.take_snapshot()) == (
            False,
            True,
            False,
        )
        signal.raise_signal(signal.SIGTERM)
        assert interrupt.stop
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
