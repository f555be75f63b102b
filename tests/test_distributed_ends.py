"""Training by several processes that ends early: by a fault, a signal, a killed process."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import processes
import pytest
from joint_training import DROPS, ENVIRONMENT, train, write, write_images

import compiler
import netspec
from compiler.distributed import Group
from compiler.training.besides import sources
from compiler.training.together import AT_ONCE

ROOT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """That of a program started by itself."""
    for name in ENVIRONMENT:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with images to train on."""
    monkeypatch.chdir(tmp_path)
    write_images()
    return tmp_path


def refused(group: Group, task: str, path: str) -> list[tuple[str, str]]:
    """What is said of a training in which something is wrong in one process, or in all."""
    if task == "other" and group.rank == 1:
        path = write(5)
    if task == "gone" and group.rank == 1:
        Path("files.txt").rename("moved.txt")
    state = "two_iter_9.solverstate" if task == "state" else ""
    try:
        train(group, path, state)
    except netspec.SpecError as error:
        return [(d.code, d.message) for d in error.diagnostics]
    return [("", "nothing")]


@pytest.mark.parametrize(
    ("task", "more", "code", "said"),
    [
        ("other", "", "C246", "process 1 has another solver file than process 0"),
        ("state", "", "C209", "two_iter_9"),
        ("diverge", "base_lr: 1e30", "C216", "the loss is not a finite number"),
        ("write", 'snapshot_prefix: "files.txt/two"', "C210", "cannot write snapshots"),
        ("net", 'net: "net7.prototxt"', "C207", "net7.prototxt"),
    ],
)
def test_what_is_wrong_is_told_once(
    task: str, more: str, code: str, said: str, folder: Path
) -> None:
    write(5)
    first, second = processes.run(2, refused, task, write(4, more, prefix="two"))
    assert [found[0] for found in first] == [code]
    assert said in first[0][1]
    assert second == []


def interrupted(group: Group, path: str, how: int) -> tuple[int, bool]:
    """Where training stops that a signal to the second process ends."""
    solver = compiler.Solver(path, group=group)
    solver.net.register_forward_pre_hook(lambda *_: signalled(group, solver, how))
    done = solver.solve()
    return solver.iteration, done


def signalled(group: Group, solver: compiler.Solver, how: int) -> None:
    if group.rank == 1 and solver.iteration == 5:
        os.kill(os.getpid(), how)


def test_a_signal_to_one_process_ends_all_with_a_snapshot(folder: Path) -> None:
    path = write(4, prefix="two")
    assert processes.run(2, interrupted, path, signal.SIGTERM) == [(6, False)] * 2
    assert (folder / "two_iter_6.solverstate").exists()


def left(group: Group, path: str) -> tuple[int, int, int]:
    """The iteration, the batches that were tested, and where the data of tests are afterwards."""
    solver = compiler.Solver(path, group=group)
    (net,) = solver.test_nets
    tested: list[int] = []

    def count(*_: object) -> None:
        tested.append(1)
        if group.rank == 1 and len(tested) == 3:
            os.kill(os.getpid(), signal.SIGTERM)

    net.register_forward_pre_hook(count)
    assert not solver.solve()
    return solver.iteration, len(tested), sources(net)["data"].position


def test_a_signal_to_one_process_ends_a_test(folder: Path) -> None:
    path = write(4, "test_iter: 400", prefix="two")
    assert processes.run(2, left, path) == [(0, AT_ONCE, 0)] * 2
    assert (folder / "two_iter_0.solverstate").exists()


def test_where_a_process_is_killed_the_others_end(folder: Path) -> None:
    first, second = processes.run(2, interrupted, write(4, prefix="two"), signal.SIGKILL)
    assert isinstance(second, EOFError)
    assert isinstance(first, netspec.SpecError)
    assert [d.code for d in first.diagnostics] == ["C245"]
    assert (folder / "two_iter_4.solverstate").exists()


def command(path: str, *more: str) -> subprocess.Popen[str]:
    """`netspec train` with two processes, in a session of its own as a terminal has one."""
    words = [
        sys.executable,
        "-m",
        "tools",
        "train",
        "--solver",
        path,
        "--processes",
        "2",
        "--plain",
    ]
    here = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [*words, *more], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=here
    )


def until(process: subprocess.Popen[str], said: str) -> str:
    assert process.stdout is not None
    seen = []
    for line in process.stdout:
        seen.append(line)
        if said in line:
            return line
    raise AssertionError("".join(seen))


def test_a_killed_process_is_started_again_until_ctrl_c(folder: Path) -> None:
    plain = "channels_last: false"  # as compiler.Solver has it, which the command has not
    process = command(write(4, plain, DROPS, "two", last=10**6), "--max-restarts", "1")
    line = until(process, "] Iteration 19 ")
    os.kill(int(line.split()[2]), signal.SIGKILL)  # glog lines have the number of the process
    assert "ended by SIGKILL: all are started again" in until(process, "SIGKILL")
    until(process, "goes on from two_iter_")
    until(process, "] Iteration 59 ")
    kept = 0
    while kept % 4 == 0:  # others than those that the solver file asks for
        process.send_signal(signal.SIGHUP)
        kept = int(re.findall(r"iter_(\d+)", until(process, "Snapshotting solver state"))[0])
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 0, said
    assert "Optimization stopped early." in said
    last = max(int(path.stem.split("_")[-1]) for path in folder.glob("two_iter_*.solverstate"))
    assert f"--snapshot two_iter_{last}.solverstate" in said
    processes.run(2, train, write(4, plain, DROPS, "whole", last))
    whole, killed = (Path(f"{name}_iter_{last}.caffemodel") for name in ("whole", "two"))
    assert whole.read_bytes() == killed.read_bytes()
