"""What a solver's settings have to fulfil together (caffe/src/caffe/solver.cpp and solvers/)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from netspec.diagnostics import nearest
from netspec.schema import solver_beyond, solver_oddities
from netspec.schema.settings import Reject
from netspec.schema.solver_types import SOLVER_TYPES

if TYPE_CHECKING:
    from netspec.schema.solver import SolverParameter

NETS = ("net", "net_param", "train_net", "train_net_param")
REGULARIZATIONS = ("L2", "L1")
POLICIES: dict[str, tuple[str, ...]] = {  # and the settings that each reads
    "fixed": (),
    "step": ("gamma", "stepsize"),
    "exp": ("gamma",),
    "inv": ("gamma", "power"),
    "multistep": ("gamma", "stepvalue"),
    "poly": ("power", "max_iter"),
    "sigmoid": ("gamma", "stepsize"),
    **solver_beyond.POLICIES,
}
NEEDED = ("stepsize", "max_iter")  # where they are missing, Caffe fails; others count as 0
DECAYS = {
    "RMSProp": ("rms_decay",),
    "AdaDelta": ("momentum",),
    "Adam": ("momentum", "momentum2"),
}


def faults(solver: SolverParameter) -> Iterable[Reject]:
    """Everything that is wrong with the settings taken together."""
    yield from _nets(solver)
    yield from _test_nets(solver)
    yield from _rate(solver)
    yield from _type(solver)
    yield from solver_beyond.faults(solver)
    yield from solver_oddities.oddities(solver)


def _nets(solver: SolverParameter) -> Iterable[Reject]:
    """One net is trained (Solver::InitTrainNet)."""
    given = [name for name in NETS if getattr(solver, name) is not None]
    if not given:
        help = 'add net: "..." with the net\'s file'
        yield Reject("C201", "net", "the solver names no net to train", help)
    for extra in given[1:]:
        message = f"{extra} is given together with {given[0]}"
        yield Reject("C201", extra, message, "one net is trained: keep one")


def _test_nets(solver: SolverParameter) -> Iterable[Reject]:
    """The counts of Solver::InitTestNets."""
    own = len(solver.test_net) + len(solver.test_net_param)
    generic = solver.net is not None or solver.net_param is not None
    tests, states = len(solver.test_iter), len(solver.test_state)
    if tests < own or (tests > own and not generic):
        message = f"test_iter is given {tests} times for {own} test nets"
        yield Reject("C206", "test_iter", message, "give one test_iter for each test net")
    elif states and states != tests:
        message = f"test_state is given {states} times for {tests} test nets"
        help = "give one test_state for each test net, or none"
        yield Reject("C206", "test_state", message, help)
    if any(solver.test_iter) and not solver.test_interval:
        message = "there are test nets, but no test_interval"
        help = "add test_interval: the iterations from one test to the next"
        yield Reject("C206", "test_iter", message, help)


def _rate(solver: SolverParameter) -> Iterable[Reject]:
    """What the learning rate is made of."""
    if solver.base_lr is None:
        yield Reject("C202", "base_lr", "base_lr is missing", "add base_lr: 0.01, for example")
    elif solver.base_lr < 0:
        help = "give more than 0: with a negative rate the loss grows"
        yield Reject("C205", "base_lr", f"base_lr is {solver.base_lr:g}", help)
    if solver.lr_policy not in POLICIES:
        yield _no_policy(solver.lr_policy)
        return
    read = POLICIES[solver.lr_policy]
    for name in read:
        if getattr(solver, name) in (None, ()):
            message = f"lr_policy {solver.lr_policy} needs {name}, which is missing"
            help = f"add {name}: {solver.settings[name].doc}"
            yield Reject("C202" if name in NEEDED else "N580", "lr_policy", message, help)
    if "gamma" in read and solver.gamma is not None and solver.gamma < 0:
        yield Reject("C205", "gamma", f"gamma is {solver.gamma:g}", "give 0 or more")
    for name in NEEDED:
        number = getattr(solver, name)
        if name in read and number is not None and number < 1:
            message = f"{name} is {number}, which lr_policy {solver.lr_policy} cannot use"
            yield Reject("C205", name, message, "give 1 or more")


def _no_policy(written: str) -> Reject:
    help = nearest(written, POLICIES) or f"the policies are {', '.join(POLICIES)}"
    if not written:
        return Reject("C202", "lr_policy", "lr_policy is missing", help)
    return Reject("C203", "lr_policy", f"there is no lr_policy {written}", help)


def _type(solver: SolverParameter) -> Iterable[Reject]:
    """The names, and what each type of solver refuses (caffe/include/caffe/sgd_solvers.hpp)."""
    for name, known in (("type", SOLVER_TYPES), ("regularization_type", REGULARIZATIONS)):
        found = getattr(solver, name)
        if found not in known:
            help = nearest(found, known) or f"expected {', '.join(known)}"
            yield Reject("C203", name, f"there is no {name} {found}", help)
    if solver.type in ("AdaGrad", "RMSProp") and solver.momentum:
        help = f"remove momentum, or use another type than {solver.type}"
        yield Reject("C204", "momentum", f"{solver.type} has no momentum", help)
    for name in DECAYS.get(solver.type, ()):
        if not 0 <= getattr(solver, name) < 1:
            message = f"{name} is {getattr(solver, name):g}"
            yield Reject("C205", name, message, "give a number from 0 to below 1")
