"""Every field of Caffe's SolverParameter, one by one: what it changes in a run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
import tiny_training as tiny
import torch
from caffe_proto import MESSAGES

import compiler
from compiler.training.events import Displayed, Event, Snapshotted, Stepped, Tested
from netspec.schema.solver import SolverParameter

CAFFES = """net net_param train_net test_net train_net_param test_net_param train_state test_state
    test_iter test_interval test_compute_loss test_initialization base_lr display average_loss
    max_iter iter_size lr_policy gamma power momentum weight_decay regularization_type stepsize
    stepvalue clip_gradients snapshot snapshot_prefix snapshot_diff snapshot_format solver_mode
    device_id random_seed type delta momentum2 rms_decay debug_info snapshot_after_train
    layer_wise_reduce weights"""
NET = f"{{ {tiny.NET} }}"
STAGED = (
    tiny.NET + 'layer { name: "more" type: "ReLU" bottom: "ip" top: "more" include { stage: "x" } }'
)


@dataclass(frozen=True)
class Run:
    """A solver that has trained, with what it told; `weights` are the last ones."""

    solver: compiler.Solver
    told: list[Event] = field(default_factory=list)

    @property
    def weights(self) -> list[torch.Tensor]:
        return tiny.weights(self.solver)

    def at(self, kind: type[Event]) -> list[int]:
        return [e.iteration for e in self.told if isinstance(e, kind)]

    def files(self) -> set[str]:
        return {p.name for p in Path("out").iterdir()}


def different(run: Run, plain: Run) -> bool:
    return not tiny.same(run.weights, plain.weights)


def close_to(run: Run, plain: Run) -> bool:
    """But for rounding: each layer is computed by itself, so that it can be looked at."""
    return all(torch.allclose(a, b, atol=1e-4) for a, b in zip(run.weights, plain.weights))


def alike(run: Run, plain: Run) -> bool:
    return tiny.same(run.weights, plain.weights)


def rates(run: Run) -> list[float]:
    return [e.rate for e in tiny.of(run.told, Displayed) if e.rate is not None]


def close(*wanted: float) -> Callable[[Run, Run], bool]:
    return lambda run, plain: rates(run)[: len(wanted)] == pytest.approx(list(wanted))


def smaller(run: Run, plain: Run) -> bool:
    return bool(run.weights[0].norm() < plain.weights[0].norm())


def diffs(run: Run, plain: Run) -> bool:
    net = MESSAGES["NetParameter"]()
    net.ParseFromString(Path("out/snap_iter_10.caffemodel").read_bytes())
    return any(np.array(blob.diff).any() for layer in net.layer for blob in layer.blobs)


def averaged(run: Run, plain: Run) -> bool:
    """The displayed loss is the mean of the last three."""
    losses = [float(e.loss) for e in tiny.of(run.told, Stepped)]
    shown = [e.loss for e in tiny.of(run.told, Displayed)]
    return shown[9] == pytest.approx(np.mean(losses[7:10]), rel=1e-5)


def shows_loss(run: Run, plain: Run) -> bool:
    return all(e.with_loss for e in tiny.of(run.told, Tested))


Said = dict[str, str | None]
Check = Callable[[Run, Run], bool]
LR: Said = {"display": "1", "base_lr": "2", "max_iter": "6", "snapshot": None}
CASES: dict[str, tuple[Said, Check]] = {  # what is written, what holds; beside a run without it
    "net": ({}, lambda run, plain: run.solver.net.spec.name == "tiny"),
    "net_param": ({"net": None, "net_param": NET}, lambda run, plain: len(run.weights) == 9),
    "train_net": (
        {"net": None, "train_net": '"net.prototxt"'},
        alike,
    ),
    "train_net_param": (
        {"net": None, "train_net_param": NET},
        alike,
    ),
    "test_net": (
        {"test_net": '"net.prototxt"', **tiny.TESTED},
        lambda run, plain: run.at(Tested) == [0, 2, 4, 6, 8, 10, 12],
    ),
    "test_net_param": (
        {"test_net_param": NET, "test_iter": "[2, 3]", "test_interval": "6"},
        lambda run, plain: [e.net for e in tiny.of(run.told, Tested)] == [0, 1] * 3,
    ),
    "train_state": (
        {"net": None, "net_param": f"{{ {STAGED} }}", "train_state": '{ stage: "x" }'},
        lambda run, plain: "more" in run.solver.net.spec.by_name,
    ),
    "test_state": (
        {
            "net": None,
            "net_param": f"{{ {STAGED} }}",
            "test_state": '{ stage: "x" }',
            **tiny.TESTED,
        },
        lambda run, plain: "more" in run.solver.test_nets[0].spec.by_name,
    ),
    "test_iter": (
        tiny.TESTED,
        lambda run, plain: {e.scores.batches for e in tiny.of(run.told, Tested) if e.scores} == {2},
    ),
    "test_interval": (
        {"test_iter": "1", "test_interval": "5"},
        lambda run, plain: run.at(Tested) == [0, 5, 10],
    ),
    "test_compute_loss": ({**tiny.TESTED, "test_compute_loss": "true"}, shows_loss),
    "test_initialization": (
        {**tiny.TESTED, "test_initialization": "false"},
        lambda run, plain: run.at(Tested)[0] == 2,
    ),
    "base_lr": ({"base_lr": "0.001"}, different),
    "display": ({"display": "4"}, lambda run, plain: run.at(Displayed) == [0, 4, 8, 12]),
    "average_loss": ({"display": "1", "average_loss": "3"}, averaged),
    "max_iter": ({"max_iter": "7"}, lambda run, plain: run.at(Stepped)[-1] == 7),
    "iter_size": ({"iter_size": "3"}, different),
    "lr_policy": ({**LR, "lr_policy": '"fixed"'}, close(2, 2, 2, 2)),
    "gamma": ({**LR, "lr_policy": '"exp"', "gamma": "0.5"}, close(2, 1, 0.5, 0.25)),
    "power": ({**LR, "lr_policy": '"poly"', "power": "2"}, close(2, 2 * (5 / 6) ** 2, 8 / 9, 0.5)),
    "stepsize": (
        {**LR, "lr_policy": '"step"', "gamma": "0.1", "stepsize": "2"},
        close(2, 2, 0.2, 0.2, 0.02),
    ),
    "stepvalue": (
        {**LR, "lr_policy": '"multistep"', "gamma": "0.1", "stepvalue": "[1, 4]"},
        close(2, 0.2, 0.2, 0.2, 0.02),
    ),
    "momentum": ({"momentum": "0.1"}, different),
    "weight_decay": ({"weight_decay": "1"}, smaller),
    "regularization_type": ({"weight_decay": "1", "regularization_type": '"L1"'}, smaller),
    "clip_gradients": ({"clip_gradients": "0.01"}, different),
    "snapshot": ({"snapshot": "4"}, lambda run, plain: run.at(Snapshotted) == [4, 8, 12]),
    "snapshot_prefix": (
        {"snapshot_prefix": '"out/other"'},
        lambda run, plain: "other_iter_12.solverstate" in run.files(),
    ),
    "snapshot_diff": ({"snapshot_diff": "true"}, diffs),
    "snapshot_format": (
        {"snapshot_format": "HDF5"},
        lambda run, plain: "snap_iter_12.solverstate.h5" in run.files(),
    ),
    "snapshot_after_train": (
        {"snapshot_after_train": "false"},
        lambda run, plain: run.at(Snapshotted) == [5, 10],
    ),
    "solver_mode": (
        {"solver_mode": "GPU"},
        lambda run, plain: run.solver.device.type == "cuda" or len(run.solver.notes) == 1,
    ),
    "device_id": (
        {"solver_mode": "CPU", "device_id": "7"},
        lambda run, plain: run.solver.device.type == "cpu",
    ),
    "random_seed": ({"random_seed": "4"}, different),
    "type": ({"type": '"Nesterov"'}, different),
    "delta": ({"type": '"AdaGrad"', "momentum": None, "delta": "1"}, different),
    "momentum2": ({"type": '"Adam"', "momentum2": "0.5"}, different),
    "rms_decay": ({"type": '"RMSProp"', "momentum": None, "rms_decay": "0.1"}, different),
    "debug_info": ({"debug_info": "true"}, close_to),
    "layer_wise_reduce": (
        {"layer_wise_reduce": "false"},
        alike,
    ),
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(said: Said) -> Run:
    return Run(*tiny.solve(**said))


@pytest.mark.parametrize("name", CASES)
def test_what_a_field_changes(name: str) -> None:
    said, holds = CASES[name]
    plain = run({key: tiny.SETTINGS.get(key) for key in said if key != "net"})
    assert holds(run(said), plain)


def test_weights_are_loaded_in_their_order_the_last_winning() -> None:
    solvers = [tiny.make(random_seed=str(seed)) for seed in (1, 2)]
    for i, solver in enumerate(solvers):
        compiler.save_weights(solver.net, f"{i}.caffemodel")
    for written in ('"0.caffemodel,1.caffemodel"', '"0.caffemodel"\nweights: "1.caffemodel"'):
        loaded = tiny.make(weights=written)
        assert tiny.same(tiny.weights(loaded), tiny.weights(solvers[1]))
    given = compiler.Solver("solver.prototxt", weights="0.caffemodel")  # in place of the file's
    assert tiny.same(tiny.weights(given), tiny.weights(solvers[0]))


def test_iter_size_is_the_mean_of_the_gradients() -> None:
    fed = """input: "data" input_shape { dim: [4, 5] } input: "goal" input_shape { dim: [4, 2] }
        layer { name: "ip" type: "InnerProduct" bottom: "data" top: "ip"
                inner_product_param { num_output: 2 weight_filler { type: "xavier" } } }
        layer { name: "loss" type: "EuclideanLoss" bottom: "ip" bottom: "goal" top: "loss" }"""
    batch = {"data": torch.randn(4, 5), "goal": torch.randn(4, 2)}
    one, two = tiny.make(fed), tiny.make(fed, iter_size="4")
    losses = [float(solver.step(**batch)) for solver in (one, two)]
    assert losses[0] == pytest.approx(losses[1])
    for a, b in zip(tiny.weights(one), tiny.weights(two)):
        torch.testing.assert_close(a, b)


def test_every_field_of_caffes_is_here() -> None:
    ours = {name for name, setting in SolverParameter.by_field.items() if not setting.fork}
    assert set(CAFFES.split()) == ours == {*CASES, "weights"}
