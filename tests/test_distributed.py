"""Several processes that train one net: the same numbers as one process with the joint batch."""

from __future__ import annotations

import os
from collections.abc import Iterator

import processes
import pytest
import torch
from torch import Tensor, nn

import netspec
from compiler.distributed import Group, joined
from compiler.distributed.gradients import Averaging
from compiler.distributed.moments import normalized
from netspec.codes import distributed
from netspec.codes.code import Code
from netspec.diagnostics import Diagnostic

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


@pytest.mark.parametrize("code", distributed.CODES, ids=lambda c: c.name)
def test_examples_of_codes(code: Code) -> None:
    with pytest.raises(netspec.SpecError) as caught:
        exec(compile(code.wrong, code.name, "exec"), {})
    assert [d.code for d in caught.value.diagnostics] == [code.name]
    exec(compile(code.right, code.name, "exec"), {})


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
        ({"SLURM_PROCID": "3", "SLURM_NTASKS": "8", "SLURM_LOCALID": "1"}, Group(3, 8, 1)),
        ({"RANK": "0"}, Group()),
        ({"RANK": "3", "WORLD_SIZE": "8"}, "LOCAL_RANK"),
        ({"RANK": "three", "WORLD_SIZE": "8", "LOCAL_RANK": "1"}, "RANK"),
    ],
)
def test_what_the_environment_tells(said: dict[str, str], group: Group | str) -> None:
    from compiler.distributed.join import _told

    os.environ.update(said, MASTER_ADDR="node1", MASTER_PORT="29500")
    if isinstance(group, Group):
        assert _told() == group
        return
    with pytest.raises(netspec.SpecError, match=rf"not of {group}\n"):
        _told()


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
