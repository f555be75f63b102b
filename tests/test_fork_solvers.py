"""Solver files of Caffe's forks: read, run where that changes nothing, refused where it would."""

from __future__ import annotations

from pathlib import Path

import pytest

import compiler
import netspec
from compiler.training.learning_rate import learning_rate
from netspec.solver_file import loads_solver

HEAD = 'net: "net.prototxt" base_lr: 0.4 lr_policy: "poly" power: 2 max_iter: 100\n'
NET = """
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: [2, 5] } } }
layer { name: "ip" type: "InnerProduct" bottom: "data" top: "ip" loss_weight: 1
        inner_product_param { num_output: 3 } }
"""
HARMLESS = [
    "solver_data_type: FLOAT16",
    "store_blobs_in_old_format: true",
    "larc: false larc_policy: 'clip' larc_eta: 0.01",
    "eval_type: 'classification' ap_version: '11point' show_per_class_result: true",
    "richness: 200",
    "device_id: [0, 1]",
]
ANOTHER_RESULT = {
    "larc: true larc_policy: 'clip'": "larc",
    "eval_type: 'detection' ap_version: '11point'": "eval_type",
    "rampup_interval: 400 rampup_lr: 1": "rampup_interval",
    "momentum_policy: 'poly' max_momentum: 0.95": "momentum_policy",
    "weight_decay_policy: 'poly'": "weight_decay_policy",
}


@pytest.fixture
def solver(tmp_path: Path) -> Path:
    (tmp_path / "net.prototxt").write_text(NET)
    return tmp_path / "solver.prototxt"


@pytest.mark.parametrize("written", HARMLESS)
def test_what_changes_nothing_is_read_and_run(written: str, solver: Path) -> None:
    solver.write_text(HEAD + written)
    compiler.Solver(solver)


@pytest.mark.parametrize(("written", "setting"), ANOTHER_RESULT.items())
def test_what_would_change_the_result_is_read_but_not_run(
    written: str, setting: str, solver: Path
) -> None:
    solver.write_text(HEAD + written)
    loads_solver(solver.read_text())
    with pytest.raises(netspec.SpecError) as refused:
        compiler.Solver(solver)
    (found,) = refused.value.diagnostics
    assert found.code == "N211"
    assert setting in found.message
    assert found.span is not None
    assert found.span.line == 2


def test_ssds_plateau_looks_at_the_training_loss_and_is_not_run(solver: Path) -> None:
    solver.write_text(
        HEAD.replace("poly", "plateau") + "gamma: 0.1 plateau_winsize: 10 plateau_winsize: 20"
    )
    assert loads_solver(solver.read_text()).parameter.plateau_winsize == (10, 20)
    with pytest.raises(netspec.SpecError, match="plateau_winsize"):
        compiler.Solver(solver)


MIN_LR = [  # the policy, the iteration, NVIDIA's rate at min_lr 0.1 (sgd_solver.cpp)
    ('lr_policy: "poly" power: 2', 0, 0.4),
    ('lr_policy: "poly" power: 2', 50, 0.3 * 0.25 + 0.1),
    ('lr_policy: "poly" power: 2', 100, 0.1),
    ('lr_policy: "step" gamma: 0.5 stepsize: 10', 10, 0.2),
    ('lr_policy: "step" gamma: 0.5 stepsize: 10', 30, 0.1),
    ('lr_policy: "exp" gamma: 0.9', 90, 0.1),
]


@pytest.mark.parametrize(("policy", "iteration", "rate"), MIN_LR)
def test_min_lr_is_nvidias(policy: str, iteration: int, rate: float) -> None:
    text = f'net: "net.prototxt" base_lr: 0.4 max_iter: 100 min_lr: 0.1 {policy}'
    settings = loads_solver(text).parameter
    assert learning_rate(settings, iteration, 0)[0] == pytest.approx(rate)


def test_tests_of_no_batches_need_no_interval() -> None:
    """CaffeOnSpark's way to say that its driver tests, where BVLC's Caffe wants an interval."""
    found = loads_solver(HEAD + "test_iter: 0 test_interval: 0")
    assert [d.code for d in found.warnings] == ["N581"]
    with pytest.raises(netspec.SpecError, match="C206"):
        loads_solver(HEAD + "test_iter: 5 test_interval: 0")
