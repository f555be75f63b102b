"""Caffe's learning rate policies (SGDSolver::GetLearningRate, solvers/sgd_solver.cpp), and ours.

A setting that the solver file leaves out counts as 0, as in Caffe.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from netspec.schema.solver import SolverParameter


def learning_rate(solver: SolverParameter, iteration: int, current_step: int) -> tuple[float, int]:
    """The rate of an iteration, counted from 0, and the step that the policy is in afterwards.

    `current_step` is part of the solver's state: multistep moves one step an iteration at most,
    from where it is; plateau is moved by tests (compiler/training/monitor.py).
    """
    step = current_step
    if solver.lr_policy == "step":
        step = iteration // (solver.stepsize or 1)
    elif solver.lr_policy == "multistep" and step < len(solver.stepvalue):
        step += iteration >= solver.stepvalue[step]
    try:
        factor = FACTORS[solver.lr_policy](solver, iteration, step)
    except OverflowError:  # exp with a gamma above 1
        factor = math.inf
    rate = max(solver.min_lr, (solver.base_lr or 0.0) * factor)
    return _warmed_up(solver, iteration, rate), step


def _warmed_up(solver: SolverParameter, iteration: int, rate: float) -> float:
    """In the first warmup_iter iterations a straight line up to the policy's rate, whose own count
    of iterations goes on below it (Goyal et al. 2017, arXiv 1706.02677).
    """
    if iteration >= solver.warmup_iter:
        return rate
    start = solver.warmup_start_lr
    return start + (rate - start) * iteration / solver.warmup_iter


def _stepped(solver: SolverParameter, iteration: int, step: int) -> float:
    return (solver.gamma or 0.0) ** step


def _exp(solver: SolverParameter, iteration: int, step: int) -> float:
    return (solver.gamma or 0.0) ** iteration


def _inv(solver: SolverParameter, iteration: int, step: int) -> float:
    return (1 + (solver.gamma or 0.0) * iteration) ** -(solver.power or 0.0)


def _poly(solver: SolverParameter, iteration: int, step: int) -> float:
    """Zero from max_iter on, where Caffe's power of a negative number is NaN.

    With min_lr, NVIDIA's (base_lr - min_lr) (1 - iteration / max_iter) ^ power + min_lr.
    """
    left = max(0.0, 1 - iteration / (solver.max_iter or 1)) ** (solver.power or 0.0)
    return _floor(solver) + (1 - _floor(solver)) * left


def _sigmoid(solver: SolverParameter, iteration: int, step: int) -> float:
    """It rises: the rate is half of base_lr at stepsize."""
    exponent = -(solver.gamma or 0.0) * (iteration - (solver.stepsize or 0))
    return 1 / (1 + math.exp(exponent)) if exponent < 700 else 0.0


def _cosine(solver: SolverParameter, iteration: int, step: int) -> float:
    """Half a wave from base_lr to min_lr at max_iter (Loshchilov & Hutter 2016, 1608.03983)."""
    passed = min(1.0, iteration / (solver.max_iter or 1))
    floor = _floor(solver)
    return floor + (1 - floor) * (1 + math.cos(math.pi * passed)) / 2


def _floor(solver: SolverParameter) -> float:
    """min_lr as a part of base_lr."""
    return min(1.0, solver.min_lr / solver.base_lr) if solver.base_lr else 0.0


FACTORS: dict[str, Callable[[SolverParameter, int, int], float]] = {
    "fixed": lambda solver, iteration, step: 1.0,
    "step": _stepped,
    "exp": _exp,
    "inv": _inv,
    "multistep": _stepped,
    "poly": _poly,
    "sigmoid": _sigmoid,
    "cosine": _cosine,
    "plateau": _stepped,
}
