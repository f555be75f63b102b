"""One update of all parameters, in Caffe's order (SGDSolver::ApplyUpdate, sgd_solver.cpp).

clip the summed gradients ▶ divide by iter_size ▶ add weight decay ▶ update rule ▶ subtract
"""

from __future__ import annotations

import torch
from torch import Tensor

from compiler.training.learnable import Learnable
from compiler.training.update_rules import RULES, TWO_HISTORIES, Step
from netspec.schema.solver import SolverParameter


class Optimizer:
    """An update rule with its histories, one or two for each of Caffe's learnable parameters.

    Parameters whose lr_mult is 0 take no part: they get no gradient, and their history stays as it
    is.
    """

    def __init__(self, parameters: list[Learnable], settings: SolverParameter) -> None:
        self.parameters, self.settings = parameters, settings
        self.rule = RULES[settings.type]
        rounds = 2 if settings.type in TWO_HISTORIES else 1
        self.history = [torch.zeros_like(p.values) for _ in range(rounds) for p in parameters]
        self.updates: dict[tuple[str, int], Tensor] = {}
        self._active = [i for i, p in enumerate(parameters) if p.lr_mult]
        for parameter in parameters:
            if parameter.values.is_leaf and isinstance(parameter.values, torch.nn.Parameter):
                parameter.values.requires_grad_(parameter.lr_mult != 0)

    def clear_gradients(self) -> None:
        for i in self._active:
            self.parameters[i].values.grad = None

    @torch.no_grad()
    def update(self, rate: float, iteration: int) -> None:
        """Apply the gradients, which are summed over iter_size batches."""
        active = [self.parameters[i] for i in self._active]
        if not active:
            return
        weights = [p.values.detach() for p in active]
        gradients = [
            torch.zeros_like(w) if p.values.grad is None else p.values.grad
            for p, w in zip(active, weights)
        ]
        clip(gradients, self.settings.clip_gradients)
        if self.settings.iter_size > 1:
            torch._foreach_mul_(gradients, 1 / self.settings.iter_size)
        decays = [self.settings.weight_decay * p.decay_mult for p in active]
        regularize(gradients, weights, decays, self.settings.regularization_type)
        step = Step([rate * p.lr_mult for p in active], iteration, self.settings)
        updates = self.rule(gradients, self._histories(0), self._histories(1), step)
        torch._foreach_sub_(weights, updates)
        if self.settings.snapshot_diff:
            self.updates = {(p.layer, p.index): u for p, u in zip(active, updates)}

    def _histories(self, number: int) -> list[Tensor]:
        first = number * len(self.parameters)
        return [self.history[first + i] for i in self._active] if first < len(self.history) else []


def clip(gradients: list[Tensor], limit: float) -> None:
    """Scale gradients so that their L2 norm together is at most `limit`; negative is no limit."""
    if limit >= 0:
        norms = torch._foreach_norm(gradients)
        norm = torch.linalg.vector_norm(torch.stack(norms))
        torch._foreach_mul_(gradients, torch.where(norm > limit, limit / norm, 1.0))


def regularize(
    gradients: list[Tensor], weights: list[Tensor], decays: list[float], kind: str
) -> None:
    """Add the gradient of the weight decay: decay times the weight (L2) or its sign (L1)."""
    decayed = [(g, w, d) for g, w, d in zip(gradients, weights, decays) if d]
    if decayed:
        some, pulled, by = (list(column) for column in zip(*decayed))
        pulled = [torch.sign(w) for w in pulled] if kind == "L1" else pulled
        torch._foreach_add_(some, torch._foreach_mul(pulled, by))
