"""The types of solvers that there are, and how much each keeps (caffe/src/caffe/solvers/)."""

from __future__ import annotations

from typing import NamedTuple


class SolverType(NamedTuple):
    """Numbers for each parameter: `histories` are remembered from one update to the next, and
    `working` held only while one runs.
    """

    histories: int
    working: int


SOLVER_TYPES = {
    "SGD": SolverType(1, 0),
    "Nesterov": SolverType(1, 1),
    "AdaGrad": SolverType(1, 1),
    "RMSProp": SolverType(1, 1),
    "AdaDelta": SolverType(2, 2),
    "Adam": SolverType(2, 1),
}
