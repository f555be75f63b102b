"""Caffe's six update rules: gradients and histories in, updates out (caffe/src/caffe/solvers/).

A rule changes its histories in place and returns what is subtracted from the parameters. With SGD
the learning rate is inside the history, which PyTorch's own SGD does otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from netspec.schema.solver import SolverParameter

Tensors = list[Tensor]


@dataclass(frozen=True)
class Step:
    """What a rule needs to know of an update: each parameter's rate; the iteration, from 0."""

    rates: list[float]
    iteration: int
    settings: SolverParameter


def sgd(gradients: Tensors, history: Tensors, none: Tensors, step: Step) -> Tensors:
    """h = momentum h + rate g; the update is h."""
    _decay(history, step.settings.momentum, torch._foreach_mul(gradients, step.rates))
    return history


def nesterov(gradients: Tensors, history: Tensors, none: Tensors, step: Step) -> Tensors:
    """SGD's history; the update is (1 + momentum) h - momentum h_before."""
    momentum = step.settings.momentum
    before = list(torch._foreach_mul(history, -momentum))
    sgd(gradients, history, none, step)
    torch._foreach_add_(before, history, alpha=1 + momentum)
    return before


def adagrad(gradients: Tensors, history: Tensors, none: Tensors, step: Step) -> Tensors:
    """h = h + g g; the update is rate g / (sqrt(h) + delta)."""
    torch._foreach_add_(history, _squared(gradients))
    return _over_root(gradients, history, step)


def rmsprop(gradients: Tensors, history: Tensors, none: Tensors, step: Step) -> Tensors:
    """h = decay h + (1 - decay) g g; the update is rate g / (sqrt(h) + delta)."""
    _average(history, step.settings.rms_decay, _squared(gradients))
    return _over_root(gradients, history, step)


def adadelta(gradients: Tensors, squares: Tensors, updates: Tensors, step: Step) -> Tensors:
    """u = g sqrt((delta + mean of u u) / (delta + mean of g g)); the update is rate u."""
    rho, delta = step.settings.momentum, step.settings.delta
    _average(squares, rho, _squared(gradients))
    made = list(torch._foreach_add(updates, delta))
    torch._foreach_div_(made, torch._foreach_add(squares, delta))
    torch._foreach_sqrt_(made)
    torch._foreach_mul_(made, gradients)
    _average(updates, rho, _squared(made))
    torch._foreach_mul_(made, step.rates)
    return made


def adam(gradients: Tensors, means: Tensors, squares: Tensors, step: Step) -> Tensors:
    """rate correction m / (sqrt(v) + delta); unlike in PyTorch, delta is not corrected."""
    beta1, beta2, t = step.settings.momentum, step.settings.momentum2, step.iteration + 1
    correction = math.sqrt(1 - beta2**t) / (1 - beta1**t)
    _average(means, beta1, gradients)
    _average(squares, beta2, _squared(gradients))
    rates = [rate * correction for rate in step.rates]
    return _over_root(means, squares, Step(rates, step.iteration, step.settings))


def _decay(history: Tensors, keep: float, new: Any) -> None:
    torch._foreach_mul_(history, keep)
    torch._foreach_add_(history, new)


def _average(history: Tensors, keep: float, new: Any) -> None:
    torch._foreach_mul_(history, keep)
    torch._foreach_add_(history, new, alpha=1 - keep)


def _squared(gradients: Tensors) -> Any:
    return torch._foreach_mul(gradients, gradients)


def _over_root(values: Tensors, squares: Tensors, step: Step) -> Tensors:
    roots = torch._foreach_sqrt(squares)
    torch._foreach_add_(roots, step.settings.delta)
    made = list(torch._foreach_div(values, roots))
    torch._foreach_mul_(made, step.rates)
    return made


Rule = Callable[[Tensors, Tensors, Tensors, Step], Tensors]

RULES: dict[str, Rule] = {
    "SGD": sgd,
    "Nesterov": nesterov,
    "AdaGrad": adagrad,
    "RMSProp": rmsprop,
    "AdaDelta": adadelta,
    "Adam": adam,
}
TWO_HISTORIES = ("AdaDelta", "Adam")  # their history in a solver state is twice as long
