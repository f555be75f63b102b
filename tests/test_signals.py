"""Signals while training: a snapshot and an end, or a snapshot alone."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import small_run
import tiny_training as tiny
from small_run import SOLVER

import compiler
from compiler.training import events
from compiler.training.interrupt import Interrupt

ROOT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    small_run.write()
    return tmp_path


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
    assert [(e.iteration, e.scores) for e in tiny.of(told, events.Tested)] == [(0, None)]
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
