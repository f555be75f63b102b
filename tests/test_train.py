"""Training end to end on a small net: tests, displays, logs, commands."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import small_run
import tiny_training as tiny
from small_run import SOLVER, solve

import compiler
import netspec
from compiler.training import events
from compiler.training.curve import draw_curve
from compiler.training.log import Log
from compiler.training.plain import Plain
from netspec.logs import Run, read_log
from netspec.logs.run import Key
from tools.__main__ import main


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    small_run.write()
    return tmp_path


def test_events_come_at_caffes_intervals(folder: Path) -> None:
    told = solve()
    assert [e.iteration for e in tiny.of(told, events.Tested)] == [0, 4, 8, 12]
    assert [e.iteration for e in tiny.of(told, events.Displayed)] == [0, 3, 6, 9, 12]
    assert [e.iteration for e in tiny.of(told, events.Stepped)] == list(range(1, 13))
    assert [e.iteration for e in tiny.of(told, events.Snapshotted)] == [5, 10, 12]
    assert [e.caffe for e in tiny.of(told, events.Noted)] == [
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
    assert [e.iteration for e in tiny.of(told, events.Tested)] == tested
    assert [e.iteration for e in tiny.of(told, events.Snapshotted)] == kept


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
    *_, last = tiny.of(told, events.Tested)
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
