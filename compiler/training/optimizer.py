"""One update of all parameters, in Caffe's order (SGDSolver::ApplyUpdate, sgd_solver.cpp).

clip the summed gradients ▶ divide by iter_size ▶ add weight decay ▶ update rule ▶ subtract
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from compiler.training.learnable import Learnable
from compiler.training.update_rules import RULES, Rule, Step, Update
from netspec.schema.solver import SolverParameter
from netspec.schema.solver_types import SOLVER_TYPES


@dataclass(frozen=True)
class Group:
    """Parameters with the same multipliers, which are updated by the same operations."""

    lr_mult: float
    decay_mult: float
    learnables: list[Learnable]
    weights: list[Tensor]
    first: list[Tensor]  # histories
    second: list[Tensor]


class Optimizer:
    """An update rule with its histories, one or two for each of Caffe's learnable parameters.

    Parameters whose lr_mult is 0 take no part: they get no gradient, and their history stays as it
    is.
    """

    def __init__(self, parameters: list[Learnable], settings: SolverParameter) -> None:
        self.parameters, self.settings = parameters, settings
        self.rule: Rule = RULES[settings.type]
        rounds = SOLVER_TYPES[settings.type].histories
        self.history = [torch.zeros_like(p.values) for _ in range(rounds) for p in parameters]
        self._last: list[tuple[Group, Update]] = []  # kept for snapshot_diff
        for parameter in parameters:
            if parameter.values.is_leaf and isinstance(parameter.values, torch.nn.Parameter):
                parameter.values.requires_grad_(parameter.lr_mult != 0)
        self.groups = list(self._grouped())
        self.learned = [p.values for group in self.groups for p in group.learnables]

    def clear_gradients(self) -> None:
        for values in self.learned:
            values.grad = None

    @torch.no_grad()
    def step(self, rate: float, iteration: int) -> bool:
        """Apply the gradients, which are summed over iter_size batches; returns True."""
        made = []
        gradients = [_gradients(group) for group in self.groups]
        clip([g for each in gradients for g in each], self.settings.clip_gradients)
        for group, summed in zip(self.groups, gradients):
            if self.settings.iter_size > 1:
                torch._foreach_mul_(summed, 1 / self.settings.iter_size)
            decay = self.settings.weight_decay * group.decay_mult
            regularize(summed, group.weights, decay, self.settings.regularization_type)
            step = Step(rate * group.lr_mult, iteration, self.settings)
            update = self.rule(summed, group.first, group.second, step)
            update.subtract_from(group.weights)
            made.append((group, update))
        self._last = made if self.settings.snapshot_diff else []
        return True

    @property
    def updates(self) -> dict[tuple[str, int], Tensor]:
        """What was subtracted last, by layer and blob, where snapshot_diff asks for it."""
        return {
            (learnable.layer, learnable.index): copy
            for group, update in self._last
            for learnable, copy in zip(group.learnables, update.copies())
        }

    @property
    def param_groups(self) -> list[dict[str, list[Tensor]]]:
        """The learned parameters as torch.amp.GradScaler looks for them."""
        return [{"params": self.learned}]

    def _grouped(self) -> list[Group]:
        """In the order in which the multipliers first come."""
        count = len(self.parameters)
        groups: dict[tuple[float, float], Group] = {}
        for i, each in enumerate(self.parameters):
            if each.lr_mult:
                key = each.lr_mult, each.decay_mult
                group = groups.setdefault(key, Group(*key, [], [], [], []))
                group.learnables.append(each)
                group.weights.append(each.values)
                group.first.append(self.history[i])
                group.second.extend(self.history[count + i : count + i + 1])
        return list(groups.values())


def _gradients(group: Group) -> list[Tensor]:
    """Those of a parameter that no loss depends on are zeros, so that it still decays."""
    found = [p.values.grad for p in group.learnables]
    return [torch.zeros_like(w) if g is None else g for g, w in zip(found, group.weights)]


def clip(gradients: list[Tensor], limit: float) -> None:
    """Scale gradients so that their L2 norm together is at most `limit`; negative is no limit."""
    if limit >= 0 and gradients:
        norms = torch._foreach_norm(gradients)
        norm = torch.linalg.vector_norm(torch.stack(norms))
        torch._foreach_mul_(gradients, torch.where(norm > limit, limit / norm, 1.0))


def regularize(gradients: list[Tensor], weights: list[Tensor], decay: float, kind: str) -> None:
    """Add the gradient of the weight decay: decay times the weight (L2) or its sign (L1)."""
    if decay:
        pulled = list(torch._foreach_sign(weights)) if kind == "L1" else weights
        torch._foreach_add_(gradients, pulled, alpha=decay)
