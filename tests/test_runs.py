"""Whole runs, from a solver file and its data to snapshots and logs, held against Caffe's own."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
import torch
from torch import Tensor

import compiler
from compiler.training.plain import Plain
from tools.__main__ import main

GOLDEN = Path(__file__).parent / "golden" / "runs"
RUNS = sorted(path.parent.name for path in GOLDEN.glob("*/train.log"))
RESUMED = sorted(path.parent.name for path in GOLDEN.glob("*/resumed.log"))
TESTED = sorted(path.parent.name for path in GOLDEN.glob("*/test.log"))
NUMBER = re.compile(r"(?<== )-?[\d.]+(?:e[-+]\d+)?")
GLOG = re.compile(r"I\d+ \S+ +\d+ \S+\] ")
SPEED = re.compile(r" \(\S+ iter/s, \S+ iters\)")
TOLERANCE = 2e-3  # relative to the largest magnitude, after a dozen updates


@pytest.fixture
def folder(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run's folder beside its data, as Caffe was started in it."""
    for name in ("data.h5", "list.txt"):
        shutil.copy(GOLDEN / name, tmp_path)
    shutil.copytree(GOLDEN / request.param, tmp_path / request.param)
    monkeypatch.chdir(tmp_path / request.param)
    return GOLDEN / request.param


def assert_same(said: list[str], log: Path) -> None:
    """The lines are Caffe's, but for rounding in their last digits, and for where multistep tells
    that it moves: Caffe does between the outputs and the rate.
    """
    theirs = log.read_text().splitlines()
    for mark in ("MultiStep", ""):
        mine, wanted = (
            [line for line in lines if line.startswith("MultiStep") == bool(mark)]
            for lines in (said, theirs)
        )
        assert [NUMBER.sub("#", line) for line in mine] == [NUMBER.sub("#", w) for w in wanted]
        for line, want in zip(mine, wanted):
            numbers = list(map(float, NUMBER.findall(want)))
            assert list(map(float, NUMBER.findall(line))) == pytest.approx(
                numbers, rel=TOLERANCE, abs=1e-5
            ), want


def run(solver: compiler.Solver) -> list[str]:
    """What is told of training, without the time."""
    lines: list[str] = []
    solver.solve(Plain(lambda line: lines.append(SPEED.sub("", GLOG.sub("", line)))))
    return [line for line in lines if not line.startswith("Optimization Done")]


def states(folder: Path) -> list[Path]:
    """The solver states in it, by their iterations."""
    return sorted(
        folder.glob("snap_*.solverstate*"), key=lambda path: int(re.findall(r"\d+", path.name)[0])
    )


def restored(state: str) -> compiler.Solver:
    solver = compiler.Solver("solver.prototxt", "cpu")
    solver.restore(state)
    return solver


def numbers(solver: compiler.Solver) -> dict[str, Tensor]:
    """Parameters, statistics and histories by name, and where training stands."""
    blobs = {
        f"{layer}/{i}": blob.detach()
        for layer, found in compiler.blobs(solver.net).items()
        for i, blob in enumerate(found)
    }
    histories = {f"history/{i}": h for i, h in enumerate(solver.optimizer.history)}
    return blobs | histories | {"at": torch.tensor([solver.iteration, solver.current_step])}


@pytest.mark.parametrize("folder", RUNS, indirect=True)
def test_a_run_is_caffes_run(folder: Path) -> None:
    for path in Path().glob("snap_*"):
        path.unlink()
    lines = run(compiler.Solver("solver.prototxt", "cpu", "init.caffemodel"))
    assert_same([line for line in lines if "nothing is left" not in line], folder / "train.log")
    told = re.findall(r"file (snap_\S+)", (folder / "train.log").read_text())
    assert {path.name for path in Path().glob("snap_*")} == set(told)
    for last in states(folder)[-1:]:
        mine = numbers(restored(last.name))
        for path in folder.glob("snap_*"):
            shutil.copy(path, ".")
        theirs = numbers(restored(last.name))
        assert mine.keys() == theirs.keys()
        for name, values in mine.items():
            gap = (values - theirs[name]).abs().max() / (theirs[name].abs().max() + 1e-3)
            assert float(gap) < TOLERANCE, name


@pytest.mark.parametrize("folder", RESUMED, indirect=True)
def test_caffes_snapshot_goes_on_as_in_caffe(folder: Path) -> None:
    assert_same(run(restored(states(folder)[0].name)), folder / "resumed.log")


@pytest.mark.parametrize("folder", TESTED, indirect=True)
def test_scores_are_those_of_caffe_test(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = (folder / "test.log").read_text()
    batches = str(1 + int(re.findall(r"Batch (\d+)", said)[-1]))
    (weights,) = folder.glob("snap_*.caffemodel*")
    words = ["--model", "net.prototxt", "--weights", weights.name, "--iterations", batches]
    assert main(["test", *words, "--plain", "--device", "cpu"]) == 0
    assert_same(capsys.readouterr().out.splitlines(), folder / "test.log")
