"""Caffe's six update rules: gradients and histories in, an update out (caffe/src/caffe/solvers/).

With SGD the learning rate is inside the history, which PyTorch's own SGD does otherwise.
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
    """What a rule needs to know of an update: the rate; the iteration, from 0."""

    rate: float
    iteration: int
    settings: SolverParameter


@dataclass(frozen=True)
class Update:
    """What is subtracted from the parameters: factor x values, divided by `divisors` if any."""

    values: Tensors
    divisors: Tensors | None = None
    factor: float = 1.0

    def subtract_from(self, weights: Tensors) -> None:
        if self.divisors is None:
            torch._foreach_add_(weights, self.values, alpha=-self.factor)
        else:
            torch._foreach_addcdiv_(weights, self.values, self.divisors, -self.factor)

    def copies(self) -> Tensors:
        """The updates themselves, as tensors of their own."""
        made = self.values if self.divisors is None else torch._foreach_div(*self.fraction)
        return list(torch._foreach_mul(made, self.factor))

    @property
    def fraction(self) -> tuple[Tensors, Tensors]:
        assert self.divisors is not None
        return self.values, self.divisors


def sgd(gradients: Tensors, history: Tensors, none: Tensors, step: Step) -> Update:
    """h = momentum h + rate g; the update is h."""
    torch._foreach_mul_(history, step.settings.momentum)
    torch._foreach_add_(history, gradients, alpha=step.rate)
    return Update(history)


def nesterov(gradients: Tensors, history: Tensors, none: Tensors, step: Step) -> Update:
    """SGD's history; the update is (1 + momentum) h - momentum h_before."""
    momentum = step.settings.momentum
    made = list(torch._foreach_mul(history, -momentum))
    sgd(gradients, history, none, step)
    torch._foreach_add_(made, history, alpha=1 + momentum)
    return Update(made)


def adagrad(gradients: Tensors, history: Tensors, none: Tensors, step: Step) -> Update:
    """h = h + g g; the update is rate g / (sqrt(h) + delta)."""
    torch._foreach_addcmul_(history, gradients, gradients)
    return Update(gradients, _roots(history, step), step.rate)


def rmsprop(gradients: Tensors, history: Tensors, none: Tensors, step: Step) -> Update:
    """h = decay h + (1 - decay) g g; the update is rate g / (sqrt(h) + delta)."""
    _average_squares(history, step.settings.rms_decay, gradients)
    return Update(gradients, _roots(history, step), step.rate)


def adadelta(gradients: Tensors, squares: Tensors, updates: Tensors, step: Step) -> Update:
    """u = g sqrt((delta + mean of u u) / (delta + mean of g g)); the update is rate u."""
    rho, delta = step.settings.momentum, step.settings.delta
    _average_squares(squares, rho, gradients)
    made = list(torch._foreach_add(updates, delta))
    torch._foreach_div_(made, torch._foreach_add(squares, delta))
    torch._foreach_sqrt_(made)
    torch._foreach_mul_(made, gradients)
    _average_squares(updates, rho, made)
    return Update(made, factor=step.rate)


def adam(gradients: Tensors, means: Tensors, squares: Tensors, step: Step) -> Update:
    """rate correction m / (sqrt(v) + delta); unlike in PyTorch, delta is not corrected."""
    beta1, beta2, t = step.settings.momentum, step.settings.momentum2, step.iteration + 1
    correction = math.sqrt(1 - beta2**t) / (1 - beta1**t)
    torch._foreach_mul_(means, beta1)
    torch._foreach_add_(means, gradients, alpha=1 - beta1)
    _average_squares(squares, beta2, gradients)
    return Update(means, _roots(squares, step), step.rate * correction)


def _average_squares(history: Tensors, keep: float, values: Any) -> None:
    torch._foreach_mul_(history, keep)
    torch._foreach_addcmul_(history, values, values, 1 - keep)


def _roots(squares: Tensors, step: Step) -> Tensors:
    roots = list(torch._foreach_sqrt(squares))
    torch._foreach_add_(roots, step.settings.delta)
    return roots


Rule = Callable[[Tensors, Tensors, Tensors, Step], Update]

RULES: dict[str, Rule] = {
    "SGD": sgd,
    "Nesterov": nesterov,
    "AdaGrad": adagrad,
    "RMSProp": rmsprop,
    "AdaDelta": adadelta,
    "Adam": adam,
}
