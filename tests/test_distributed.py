"""Several processes that train one net: the same numbers as one process with the joint batch."""

from __future__ import annotations

import os
import socket
from datetime import timedelta
from pathlib import Path

import numpy as np
import processes
import pytest
import torch
from joint_training import DROPS, ENVIRONMENT, NORM, train, write, write_images
from torch import Tensor, nn

import netspec
from compiler.distributed import Group, joined
from compiler.distributed.gradients import Averaging
from compiler.distributed.moments import normalized
from netspec.diagnostics import Diagnostic
from tools.__main__ import main


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
