"""Several processes that train one net: the same numbers as one process with the joint batch."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import h5py
import numpy as np
import processes
import pytest
import tiny_training as tiny
import torch
from torch import Tensor, nn

import compiler
import netspec
from compiler.distributed import Group, joined
from compiler.distributed.gradients import Averaging
from compiler.distributed.moments import normalized
from compiler.training import events
from compiler.training.besides import sources
from compiler.training.together import AT_ONCE
from netspec.diagnostics import Diagnostic
from tools.__main__ import main

ROOT = Path(__file__).parents[1]
ENVIRONMENT = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT", "SLURM_PROCID")


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """That of a program started by itself; what a test changes in it is undone."""
    before = dict(os.environ)
    for name in (*ENVIRONMENT, "TORCHELASTIC_RESTART_COUNT"):
        os.environ.pop(name, None)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with 20 images of three classes."""
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(0)
    labels = np.arange(20) % 3
    images = random.normal(size=(20, 1, 5, 5)) + labels[:, None, None, None]
    with h5py.File("data.h5", "w") as file:
        file["data"], file["label"] = images.astype("f4"), labels.astype("f4")
    Path("files.txt").write_text("data.h5\n")
    return tmp_path


def test_alone_nothing_waits() -> None:
    with joined() as group:
        assert group == Group()
        assert group.gather("a") == ["a"]
        assert group.any(True, False) == [True, False]
        assert group.lead(lambda: 7) == 7
        with pytest.raises(netspec.SpecError, match="one"), group.together():
            raise netspec.SpecError(Diagnostic("C201", "one"))


@pytest.mark.parametrize(
    ("said", "group"),
    [
        ({"RANK": "3", "WORLD_SIZE": "8", "LOCAL_RANK": "1"}, Group(3, 8, 1)),
        ({"SLURM_PROCID": "3", "SLURM_STEP_NUM_TASKS": "8", "SLURM_LOCALID": "1"}, Group(3, 8, 1)),
        ({"SLURM_PROCID": "0", "SLURM_NTASKS": "8"}, Group()),  # in a batch script, without srun
        ({"RANK": "0"}, Group()),
        ({"RANK": "0", "WORLD_SIZE": "1"}, Group()),
        ({"RANK": "3", "WORLD_SIZE": "8"}, "LOCAL_RANK"),
        ({"RANK": "three", "WORLD_SIZE": "8", "LOCAL_RANK": "1"}, "RANK"),
    ],
)
def test_what_the_environment_tells(said: dict[str, str], group: Group | str) -> None:
    from compiler.distributed.join import from_environment

    os.environ.update(said, MASTER_ADDR="node1", MASTER_PORT="29500")
    if isinstance(group, Group):
        assert from_environment() == group
        return
    with pytest.raises(netspec.SpecError, match=rf"not of {group}\n"):
        from_environment()


def everything(group: Group) -> dict[str, object]:
    """What the members of a group tell each other."""
    told: dict[str, object] = {
        "gather": group.gather(group.rank * 10),
        "share": group.share(group.rank),
        "any": group.any(group.rank == 1, False),
        "mean": float(group.mean(torch.tensor(float(group.rank)))),
        "lead": group.lead(lambda: ["read", group.rank]),
    }
    values = [torch.full((2, 3), float(group.rank)).T]
    group.spread(values)
    told["spread"] = values[0].tolist()
    for who in ({0}, {1}, {0, 1}):
        try:
            with group.together():
                if group.rank in who:
                    raise netspec.SpecError(Diagnostic("C201", f"wrong in {group.rank}"))
        except netspec.SpecError as error:
            told[f"wrong in {who}"] = [d.message for d in error.diagnostics]
    return told


def test_those_who_wait_say_for_whom() -> None:
    with socket.create_server(("localhost", 0)) as free:
        port = free.getsockname()[1]
    os.environ.update(RANK="0", LOCAL_RANK="0", WORLD_SIZE="3")
    os.environ.update(MASTER_ADDR="localhost", MASTER_PORT=str(port))
    with (
        pytest.raises(netspec.SpecError, match=r"1/3 clients") as caught,
        joined("cpu", timedelta(seconds=0.5)),
    ):
        raise AssertionError("nobody came")
    assert caught.value.diagnostics[0].code == "C249"


def test_a_group_agrees() -> None:
    first, second = processes.run(2, everything)
    wrong = {"wrong in {0}": ["wrong in 0"], "wrong in {1}": ["wrong in 1"]}
    wrong["wrong in {0, 1}"] = ["wrong in 0", "wrong in 1"]
    said = {
        "gather": [0, 10],
        "share": 0,
        "any": [True, False],
        "mean": 0.5,
        "lead": ["read", 0],
        "spread": [[0.0, 0.0]] * 3,
    }
    assert first == {**said, **wrong}
    assert second == {**said, **{key: [] for key in wrong}}


def averaged(group: Group, overlap: bool) -> list[list[float]]:
    """The gradients of two updates of two passes each; one parameter is never used."""
    parameters = [nn.Parameter(torch.ones(2, 2)) for _ in range(4)]
    parameters[1].data = parameters[1].data.contiguous(memory_format=torch.contiguous_format).T
    averaging = Averaging(parameters, group, overlap)
    found = []
    for scale in (1.0, 10.0):
        for parameter in parameters:
            parameter.grad = None
        (scale * parameters[0] * parameters[1] * (group.rank + 1)).sum().backward()
        averaging.begin()
        (scale * (parameters[0] + parameters[2]) * (group.rank + 1)).sum().backward()
        averaging.finish()
        found.append([float(p.grad[0, 1]) for p in parameters if p.grad is not None])
    return found


@pytest.mark.parametrize("overlap", [True, False])
def test_gradients_are_means_of_sums(overlap: bool) -> None:
    for found in processes.run(2, averaged, overlap):
        assert found == [[3.0, 1.5, 1.5, 0.0], [30.0, 15.0, 15.0, 0.0]]


def by_parts(group: Group, image: Tensor, weights: Tensor) -> tuple[Tensor, ...]:
    mine = image[group.rank :: group.world].clone().requires_grad_()
    top, mean, variance, _ = normalized(mine, group.world, 1e-5)
    (top * weights[group.rank :: group.world]).sum().backward()
    assert mine.grad is not None
    return top.detach(), mine.grad, mean.detach(), variance.detach()


def test_normalising_by_all_batches_is_that_of_the_joint_batch() -> None:
    torch.manual_seed(0)
    image = torch.randn(7, 3, 4, 5) * 3 + 100  # the parts are not of one size
    weights = torch.randn(7, 3, 4, 5)
    joint = image.clone().requires_grad_()
    top = nn.functional.batch_norm(joint, None, None, training=True)
    (top * weights).sum().backward()
    assert joint.grad is not None
    for rank, found in enumerate(processes.run(2, by_parts, image, weights)):
        variance, mean = torch.var_mean(image, (0, 2, 3), correction=0)
        wanted = (top.detach()[rank::2], joint.grad[rank::2], mean, variance)
        for mine, theirs in zip(found, wanted, strict=True):
            torch.testing.assert_close(mine, theirs, atol=1e-5, rtol=1e-5)


NET = """
layer {{ name: "data" type: "HDF5Data" top: "data" top: "label" include {{ phase: TRAIN }}
  hdf5_data_param {{ source: "files.txt" batch_size: {batch} }} }}
layer {{ name: "data" type: "HDF5Data" top: "data" top: "label" include {{ phase: TEST }}
  hdf5_data_param {{ source: "files.txt" batch_size: 6 }} }}
layer {{ name: "conv" type: "Convolution" bottom: "data" top: "conv"
  convolution_param {{ num_output: 4 kernel_size: 3 weight_filler {{ type: "msra" }} }} }}
{norm}
layer {{ name: "relu" type: "ReLU" bottom: "conv" top: "conv" }}
layer {{ name: "ip" type: "InnerProduct" bottom: "conv" top: "ip"
  param {{ lr_mult: 1 }} param {{ lr_mult: 2 }}
  inner_product_param {{ num_output: 3 weight_filler {{ type: "xavier" }} }} }}
layer {{ name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "label" top: "loss" }}
layer {{ name: "accuracy" type: "Accuracy" bottom: "ip" bottom: "label" top: "accuracy"
  include {{ phase: TEST }} }}
"""
NORM = 'layer { name: "bn" type: "BatchNorm" bottom: "conv" top: "conv" }'
SOLVER = """
net: "net{batch}.prototxt" base_lr: 0.05 lr_policy: "multistep" gamma: 0.5 stepvalue: [4, 7]
momentum: 0.9 weight_decay: 0.001 max_iter: {last} random_seed: 3 solver_mode: CPU
test_iter: 3 test_interval: 4 display: 1 average_loss: 2 snapshot: 4 snapshot_prefix: "{prefix}"
"""


def write(batch: int, more: str = "", norm: str = "", prefix: str = "one", last: int = 10) -> str:
    """A net with batches of a size and its solver; the path of that."""
    Path(f"net{batch}.prototxt").write_text(NET.format(batch=batch, norm=norm))
    path = f"solver{batch}.prototxt"
    solver = SOLVER.format(batch=batch, prefix=prefix, last=last)
    Path(path).write_text(tiny.override(solver, more))
    return path


Trained = tuple[list[tuple[int, float, float]], list[Tensor]]


def train(group: Group, path: str, state: str = "", iterations: int | None = None) -> Trained:
    """What a solver tells of training and tests, and the parameters that are learned."""
    solver = compiler.Solver(path, group=group)
    if state:
        solver.restore(state)
    told: list[tuple[int, float, float]] = []

    def watch(event: events.Event) -> None:
        if isinstance(event, events.Displayed):
            told.append((event.iteration, event.loss, event.rate or 0.0))
        elif isinstance(event, events.Tested) and event.scores is not None:
            told.append((event.iteration, event.scores.loss, event.scores.outputs["accuracy"][0]))

    solver.solve(watch, iterations=iterations)
    for net in (solver.net, *solver.test_nets):
        for source in sources(net).values():
            source.close()  # no thread is to live on where processes are forked
    return told, [p.detach().clone() for p in solver.optimizer.learned]


@pytest.mark.parametrize(
    ("more", "norm"),
    [
        ("", ""),
        ("iter_size: 3", ""),
        ('type: "Adam" clip_gradients: 0.5 layer_wise_reduce: false', ""),
        ("ema_decay: 0.9", ""),
        ("sync_batch_norm: true", NORM),
    ],
)
def test_two_processes_are_one_with_the_joint_batch(more: str, norm: str, folder: Path) -> None:
    told, weights = train(Group(), write(8, more, norm))
    first, second = processes.run(2, train, write(4, more, norm, "two"))
    assert second[0] == []  # the first process alone tells, and writes
    assert [t[0] for t in first[0]] == [t[0] for t in told]
    np.testing.assert_allclose(np.array(first[0]), np.array(told), atol=1e-5)
    for mine, theirs, joint in zip(first[1], second[1], weights, strict=True):
        assert torch.equal(mine, theirs)
        torch.testing.assert_close(mine, joint, atol=1e-5, rtol=1e-5)
    assert len(list(folder.glob("two_iter_*.caffemodel"))) == 3


def test_the_rate_grows_with_the_joint_batch(folder: Path) -> None:
    (told, _), _ = processes.run(2, train, write(4, "scale_lr: true test_initialization: false"))
    (alone, _) = train(Group(), write(4, "test_initialization: false"))
    assert [rate for i, _, rate in told[:4]] == [0.1] * 4
    assert [rate for i, _, rate in alone[:4]] == [0.05] * 4


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--gpus", "0,97"], "there is no GPU 97 here"),
        (["--max-restarts", "2", "--snapshot", "a.solverstate"], "--resume auto"),
    ],
)
def test_what_the_command_refuses(
    words: list[str], said: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if said.startswith("there") and not torch.cuda.device_count():
        words = ["--gpus", "97"]
    assert main(["train", "--solver", write(4), *words]) == 1
    assert said in capsys.readouterr().err


DROPS = NORM + 'layer { name: "drop" type: "Dropout" bottom: "conv" top: "conv" }'


def test_a_resumed_run_is_the_run_that_went_on(folder: Path) -> None:
    path = write(4, "random_seed: -1", DROPS, "two")
    whole = processes.run(2, train, path)
    for old in folder.glob("two_iter_10*"):
        old.unlink()
    resumed = processes.run(2, train, path, "two_iter_8.solverstate")
    assert [t for t in whole[0][0] if t[0] >= 8] == resumed[0][0]
    for before, after in zip(whole, resumed):
        assert all(torch.equal(a, b) for a, b in zip(before[1], after[1], strict=True))
    with pytest.raises(netspec.SpecError, match="written by 2 processes, and 1 process"):
        train(Group(), path, "two_iter_8.solverstate")


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
    process = command(write(4, "", DROPS, "two", last=10**6), "--max-restarts", "1")
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
    processes.run(2, train, write(4, "", DROPS, "whole", last))
    whole, killed = (Path(f"{name}_iter_{last}.caffemodel") for name in ("whole", "two"))
    assert whole.read_bytes() == killed.read_bytes()
