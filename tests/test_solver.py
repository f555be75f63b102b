"""Learning rates and updates, held against what Caffe computed."""

from __future__ import annotations

import math
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import compiler
from compiler.training.learning_rate import FACTORS, learning_rate
from compiler.training.optimizer import clip, regularize
from compiler.training.update_rules import RULES, Step
from netspec.schema.solver import SolverParameter
from netspec.schema.solver_rules import POLICIES
from netspec.schema.solver_types import SOLVER_TYPES
from netspec.solver_file import loads_solver

GOLDEN = Path(__file__).parent / "golden" / "solvers"
CASES = sorted(p.parent.name for p in GOLDEN.glob("*/solver.prototxt"))
SNAPSHOTS = sorted(f"{p.parent.name}/{p.name}" for p in GOLDEN.glob("*/*.solverstate*"))
# The bias of a convolution before a BatchNorm has no influence: its gradient is 0 but for rounding.
# Adam divides that by its own size. What Caffe has there is its BLAS's rounding, and differs from
# one CPU to the next, as tests/test_rounding.py shows.
ROUNDING = {"adam-bn-step": {("conv", 1), ("bn", 0)}}
TOLERANCE = 2e-3  # relative to the largest magnitude, after a dozen updates


Place = tuple[str, int]


def follow(
    solver: compiler.Solver, trace: dict[str, np.ndarray], but: Collection[Place] = ()
) -> None:
    """Make the updates of a trace from where the solver is, and compare after each."""
    for i in range(solver.iteration, len(trace["loss"])):
        batch = {k: torch.from_numpy(trace[f"in/{k}"][i]) for k in ("data", "label")}
        assert float(solver.step(**batch)) == pytest.approx(float(trace["loss"][i]), rel=TOLERANCE)
        for layer, blobs in compiler.blobs(solver.net).items():
            for j, blob in enumerate(blobs):
                want = trace.get(f"at/{i + 1}/{layer}/{j}")
                if want is not None and (layer, j) not in but:
                    gap = np.abs(blob.detach().numpy() - want).max() / (np.abs(want).max() + 1e-3)
                    assert gap < TOLERANCE, f"{layer} {j} after {i + 1} updates: off by {gap:.2g}"


@pytest.fixture
def folder(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = GOLDEN / request.param.partition("/")[0]
    monkeypatch.chdir(path)  # a state names its weights as Caffe was started
    return path


@pytest.mark.parametrize("folder", CASES, indirect=True)
def test_updates_are_caffes(folder: Path) -> None:
    trace = dict(np.load("trace.npz"))
    solver = compiler.Solver("solver.prototxt", device="cpu")
    with torch.no_grad():
        for layer, blobs in compiler.blobs(solver.net).items():
            for j, blob in enumerate(blobs):
                blob.copy_(torch.from_numpy(trace[f"init/{layer}/{j}"]))
    follow(solver, trace, ROUNDING.get(folder.name, ()))


@pytest.mark.parametrize(
    ("folder", "state"), [(s, s.split("/")[1]) for s in SNAPSHOTS], indirect=["folder"]
)
def test_snapshots_of_caffe_resume(folder: Path, state: str) -> None:
    solver = compiler.Solver("solver.prototxt", device="cpu")
    solver.restore(state)
    assert solver.iteration == 12
    follow(solver, dict(np.load("trace.npz")))


def parameter(text: str) -> SolverParameter:
    return loads_solver(f'net: "n" base_lr: 2 {text}').parameter


RATES: dict[str, dict[int, float]] = {  # settings: iteration ▶ rate
    'lr_policy: "fixed"': {0: 2, 900: 2},
    'lr_policy: "step" gamma: 0.5 stepsize: 10': {0: 2, 9: 2, 10: 1, 25: 0.5},
    'lr_policy: "exp" gamma: 0.5': {0: 2, 1: 1, 3: 0.25},
    'lr_policy: "exp" gamma: 9': {10_000: math.inf},
    'lr_policy: "inv" gamma: 1 power: 2': {0: 2, 1: 0.5, 3: 0.125},
    'lr_policy: "poly" power: 2 max_iter: 4': {0: 2, 2: 0.5, 4: 0, 5: 0},
    'lr_policy: "sigmoid" gamma: 1 stepsize: 5': {5: 1, 100: 2, 0: 2 / (1 + math.exp(5))},
    'lr_policy: "sigmoid" gamma: 100 stepsize: 500': {0: 0},
}


@pytest.mark.parametrize("text", RATES)
def test_learning_rate_policies(text: str) -> None:
    for iteration, rate in RATES[text].items():
        assert learning_rate(parameter(text), iteration, 0)[0] == pytest.approx(rate)


def test_multistep_moves_one_step_at_a_time() -> None:
    solver = parameter('lr_policy: "multistep" gamma: 0.1 stepvalue: [3, 5, 5]')
    step, rates = 0, []
    for iteration in range(8):
        rate, step = learning_rate(solver, iteration, step)
        rates.append(round(rate, 6))
    assert rates == [2, 2, 2, 0.2, 0.2, 0.02, 0.002, 0.002]
    assert learning_rate(solver, 100, 0)[1] == 1  # restored late, it catches up step by step


def test_every_policy_and_type_that_may_be_written_is_computed() -> None:
    assert set(FACTORS) == set(POLICIES)
    assert set(RULES) == set(SOLVER_TYPES)


TORCH: dict[
    str, tuple[Any, dict[str, Any], str]
] = {  # where the two agree: a constant rate, and no correction that meets eps
    "SGD": (torch.optim.SGD, {"momentum": 0.9}, "momentum: 0.9"),
    "AdaGrad": (torch.optim.Adagrad, {"eps": 1e-3}, "delta: 1e-3"),
    "RMSProp": (torch.optim.RMSprop, {"alpha": 0.9, "eps": 1e-3}, "rms_decay: 0.9 delta: 1e-3"),
    "AdaDelta": (torch.optim.Adadelta, {"rho": 0.9, "eps": 1e-3}, "momentum: 0.9 delta: 1e-3"),
    "Adam": (
        torch.optim.Adam,
        {"betas": (0.9, 0.99), "eps": 0},
        "momentum: 0.9 momentum2: 0.99 delta: 0",
    ),
}


@pytest.mark.parametrize("kind", TORCH)
def test_rules_agree_with_pytorch_where_they_should(kind: str) -> None:
    optimizer, options, text = TORCH[kind]
    settings = parameter(f'lr_policy: "fixed" type: "{kind}" {text}')
    torch.manual_seed(0)
    mine = torch.randn(3, 4)
    theirs = mine.clone().requires_grad_()
    other = optimizer([theirs], lr=0.1, **options)
    one, two = [torch.zeros(3, 4)], [torch.zeros(3, 4)]
    for iteration in range(5):
        gradient = torch.randn(3, 4)
        theirs.grad = gradient.clone()
        other.step()
        RULES[kind]([gradient], one, two, Step(0.1, iteration, settings)).subtract_from([mine])
    torch.testing.assert_close(mine, theirs.detach())


def test_clipping_is_over_all_gradients_together() -> None:
    for limit, factor in ((-1, 1), (100, 1), (2.5, 0.5), (0, 0)):
        gradients = [torch.tensor([3.0]), torch.tensor([0.0, 4.0])]
        clip(gradients, limit)
        assert [g.tolist() for g in gradients] == [[3 * factor], [0, 4 * factor]]
    zero = [torch.zeros(2)]
    clip(zero, 0.1)
    assert zero[0].tolist() == [0, 0]


@pytest.mark.parametrize(("kind", "wanted"), [("L2", [1.2, 0.6]), ("L1", [1.1, 0.9])])
def test_weight_decay(kind: str, wanted: list[float]) -> None:
    gradients, weights = [torch.ones(2)], [torch.tensor([2.0, -4.0])]
    regularize(gradients, weights, 0.0, kind)
    assert gradients[0].tolist() == [1, 1]
    regularize(gradients, weights, 0.1, kind)
    assert gradients[0].tolist() == pytest.approx(wanted)


NET = """
input: "data" input_shape { dim: [2, 3] } input: "goal" input_shape { dim: [2, 2] }
layer { name: "one" type: "InnerProduct" bottom: "data" top: "one" param { lr_mult: %s }
  param { lr_mult: %s } inner_product_param { num_output: 2 weight_filler { type: "xavier" } } }
layer { name: "two" type: "InnerProduct" bottom: "one" top: "two"
  inner_product_param { num_output: 2 weight_filler { type: "xavier" } } }
layer { name: "loss" type: "EuclideanLoss" bottom: "two" bottom: "goal" top: "loss" }
"""


def test_a_frozen_front_gets_no_gradient(tmp_path: Path) -> None:
    (tmp_path / "net.prototxt").write_text(NET % (0, 0))
    path = tmp_path / "solver.prototxt"
    path.write_text('net: "net.prototxt" base_lr: 0.1 lr_policy: "fixed" weight_decay: 0.1')
    solver = compiler.Solver(path)
    before = compiler.blobs(solver.net)["one"][0].clone()
    solver.accumulate(data=torch.randn(2, 3), goal=torch.randn(2, 2))
    solver.apply()
    one, two = (compiler.blobs(solver.net)[name][0] for name in ("one", "two"))
    assert not one.requires_grad
    assert one.grad is None
    assert two.grad is not None
    assert torch.equal(one, before)
