"""Settings of a solver that Caffe takes, and that do not do what they seem to do: warnings."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import TYPE_CHECKING

from netspec.schema.settings import Reject

if TYPE_CHECKING:
    from netspec.schema.solver import SolverParameter

DIVIDE = ("AdaGrad", "RMSProp", "AdaDelta", "Adam")  # by a root, to which delta is added


def oddities(solver: SolverParameter) -> Iterable[Reject]:
    """What is allowed and most likely not meant."""
    yield from _without_effect(solver)
    yield from _steps(solver)
    yield from _numbers(solver)


def _without_effect(solver: SolverParameter) -> Iterable[Reject]:
    if solver.test_interval and not solver.test_iter:
        message = "test_interval without test_iter: nothing is tested"
        help = "add test_iter: the batches of a test, one for each test net"
        yield Reject("N581", "test_interval", message, help)
    for i, count in enumerate(solver.test_iter):
        if count == 0:
            message = "test_iter is 0: a test of no batches has no result"
            yield Reject("N581", "test_iter", message, "give 1 or more", i)
    if solver.max_iter and solver.snapshot > solver.max_iter:
        message = f"snapshot is {solver.snapshot}, and training ends at {solver.max_iter}"
        yield Reject("N581", "snapshot", message, "give a smaller interval")
    if solver.max_iter and solver.warmup_iter > solver.max_iter:
        message = f"warmup_iter is {solver.warmup_iter}, and training ends at {solver.max_iter}"
        yield Reject("N581", "warmup_iter", message, "give a smaller number")


def _steps(solver: SolverParameter) -> Iterable[Reject]:
    """multistep moves one step an iteration, in the order that is written."""
    for i, (before, after) in enumerate(pairwise(solver.stepvalue), 1):
        if after <= before:
            message = f"stepvalue {after} comes after {before}: the rate is lowered twice at once"
            yield Reject("N582", "stepvalue", message, "write the values in ascending order", i)
    for i, value in enumerate(solver.stepvalue):
        if solver.max_iter is not None and value >= solver.max_iter:
            message = f"stepvalue {value} is never reached: training ends at {solver.max_iter}"
            yield Reject("N582", "stepvalue", message, "remove it, or raise max_iter", i)
    if solver.stepvalue and solver.lr_policy != "multistep":
        message = f"stepvalue changes nothing: lr_policy is {solver.lr_policy}"
        yield Reject("N582", "stepvalue", message, 'write lr_policy: "multistep"')


def _numbers(solver: SolverParameter) -> Iterable[Reject]:
    if solver.base_lr == 0:
        yield Reject("N583", "base_lr", "base_lr is 0: nothing is learned", "give more than 0")
    if solver.gamma == 0 and solver.lr_policy in ("step", "exp", "multistep"):
        message = f"gamma is 0: lr_policy {solver.lr_policy} sets the rate to 0"
        yield Reject("N583", "gamma", message, "give a number between 0 and 1, such as 0.1")
    if solver.type in ("SGD", "Nesterov") and not 0 <= solver.momentum < 1:
        grows = ": updates grow without end" if solver.momentum >= 1 else ""
        message = f"momentum is {solver.momentum:g}{grows}"
        yield Reject("N583", "momentum", message, "give a number from 0 to below 1")
    if solver.weight_decay < 0:
        message = f"weight_decay is {solver.weight_decay:g}: weights are pushed away from 0"
        yield Reject("N583", "weight_decay", message, "give 0 or more")
    if solver.clip_gradients == 0:
        message = "clip_gradients is 0: every gradient becomes 0, and nothing is learned"
        yield Reject("N583", "clip_gradients", message, "give the largest norm, or -1 for any")
    if solver.type in DIVIDE and solver.delta <= 0:
        message = f"delta is {solver.delta:g}: where a gradient is 0, {solver.type} divides by 0"
        yield Reject("N583", "delta", message, "give more than 0, such as 1e-8")
