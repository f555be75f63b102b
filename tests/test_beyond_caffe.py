"""What a solver file may say here and not in Caffe."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import tiny_training as tiny
import torch
from torch.nn import functional as F

import compiler
import netspec
from compiler.training import events
from compiler.training.average import Average
from compiler.training.learnable import learnables
from compiler.training.learning_rate import learning_rate
from compiler.training.snapshot import average_path
from netspec.schema.solver_beyond import BeyondCaffe
from netspec.solver_file import loads_solver

GUIDE = Path(__file__).parents[1] / "netspec" / "guide"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


RATES: dict[str, dict[int, float]] = {  # settings: iteration ▶ rate, with base_lr 2
    'lr_policy: "fixed" warmup_iter: 4': {0: 0, 1: 0.5, 3: 1.5, 4: 2, 9: 2},
    'lr_policy: "fixed" warmup_iter: 4 warmup_start_lr: 1': {0: 1, 2: 1.5, 4: 2},
    'lr_policy: "step" gamma: 0.1 stepsize: 2 warmup_iter: 4': {2: 0.1, 4: 0.02},
    'lr_policy: "cosine" max_iter: 8': {0: 2, 2: 1 + math.sqrt(0.5), 4: 1, 8: 0, 9: 0},
    'lr_policy: "cosine" max_iter: 8 min_lr: 0.5': {0: 2, 4: 1.25, 8: 0.5, 20: 0.5},
    'lr_policy: "cosine" max_iter: 8 warmup_iter: 4': {0: 0, 2: (1 + math.sqrt(0.5)) / 2, 4: 1},
}


@pytest.mark.parametrize("text", RATES)
def test_rates(text: str) -> None:
    settings = loads_solver(f'net: "n" base_lr: 2 {text}').parameter
    for iteration, rate in RATES[text].items():
        assert learning_rate(settings, iteration, 0)[0] == pytest.approx(rate, abs=1e-12)


def test_torch_has_the_same_cosine() -> None:
    settings = loads_solver('net: "n" base_lr: 2 lr_policy: "cosine" max_iter: 9').parameter
    optimizer = torch.optim.SGD([torch.zeros(1)], 2.0)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 9)
    for iteration in range(10):
        rate = learning_rate(settings, iteration, 0)[0]
        assert rate == pytest.approx(schedule.get_last_lr()[0], abs=1e-9)
        optimizer.step()
        schedule.step()


STUCK = {  # a rate of almost 0, so that no test is better than the first by more than min_delta
    **tiny.TESTED,
    "base_lr": "1e-9",
    "monitor_min_delta": "9",
    "max_iter": "40",
    "test_initialization": "false",  # a BatchNorm without statistics tests badly
}


def test_plateau_lowers_the_rate_and_early_stop_ends() -> None:
    plateau = {"lr_policy": '"plateau"', "gamma": "0.1", "plateau_patience": "2"}
    solver, told = tiny.solve(**STUCK, **plateau, early_stop="5", min_lr="2e-11")
    assert solver.iteration == 12  # the first test, at 2, and five after it
    assert solver.current_step == 2
    assert solver.rate == pytest.approx(2e-11)  # not below min_lr
    assert [e.iteration for e in tiny.of(told, events.Tested)] == [2, 4, 6, 8, 10, 12]
    assert [e.iteration for e in tiny.of(told, events.Noted)] == [6, 10, 12]
    (ended,) = tiny.of(told, events.Ended)
    assert not ended.interrupted
    assert Path("out/snap_iter_12.solverstate").exists()


@pytest.mark.parametrize(
    ("text", "values", "lowered"),
    [
        ("", [3, 2, 1, 0.5], []),
        ("", [1, 2, 2, 2, 2, 0.5, 2, 2], [2, 4, 7]),
        ("monitor_min_delta: 0.5", [3, 2.6, 2.5, 2.4], [2]),
        ("monitor_aim: MAX", [1, 2, 2, 2], [3]),
        ('monitor: "accuracy"', [0.1, 0.2, 0.2, 0.2], [3]),
        ('monitor: "accuracy" monitor_aim: MIN', [0.1, 0.2, 0.2, 0.2], [2]),
        ("", [math.nan, math.nan, 1, math.nan], [1]),
    ],
)
def test_what_counts_as_better(text: str, values: list[float], lowered: list[int]) -> None:
    from compiler.training.evaluate import Scores
    from compiler.training.monitor import Monitor

    path = tiny.write(**tiny.TESTED, lr_policy='"plateau"', gamma="0.1", plateau_patience="2")
    path.write_text(path.read_text() + text)
    file = netspec.solver_file.load_solver(path)
    monitor = Monitor(file.parameter, file.test_graphs()[0])
    scores = [Scores(1, v, {"accuracy": [v]}, {}) for v in values]
    assert [i for i, s in enumerate(scores) if monitor.observe(s, i)] == lowered
    assert not monitor.observe(scores[-1], len(scores) - 1)  # the same test again


def test_averages_are_what_the_formula_says() -> None:
    solver = tiny.make(ema_decay="0.75", max_iter="20")
    name = ("ip", 0)
    wanted = compiler.blobs(solver.net)["ip"][0].detach().clone()
    for i in range(1, 9):
        solver.step()
        keep = min(0.75, i / (9 + i))
        now = compiler.blobs(solver.net)["ip"][0].detach()
        wanted = keep * wanted + (1 - keep) * now
    assert solver.average is not None
    index = solver.average.places.index(name)
    torch.testing.assert_close(solver.average.values[index], wanted)


def test_averages_are_tested_and_kept() -> None:
    solver, _ = tiny.solve(ema_decay="0.9", **tiny.TESTED)
    assert solver.average is not None
    raw = tiny.weights(solver)
    file = average_path(Path("out/snap_iter_12.caffemodel"))
    assert file.name == "snap_ema_iter_12.caffemodel"
    with solver.average.in_place():
        averaged = tiny.weights(solver)
        assert float(solver.test_nets[0]()["loss"].detach()) > 0
    assert tiny.same(tiny.weights(solver), raw)
    assert not tiny.same(averaged, raw)
    other = tiny.make()
    compiler.load_weights(other.net, file)
    assert tiny.same(tiny.weights(other), averaged)


def test_a_state_without_averages_begins_with_the_weights() -> None:
    tiny.solve()
    solver = tiny.make(ema_decay="0.9")
    solver.restore("out/snap_iter_10.solverstate")
    assert solver.average is not None
    fresh = Average(solver.net, learnables(solver.net), 0.9)
    assert tiny.same(solver.average.values, fresh.values)


MODES = {
    "warm-up": {"warmup_iter": "8", "lr_policy": '"cosine"'},
    "plateau": {
        **tiny.TESTED,
        "lr_policy": '"plateau"',
        "gamma": "0.5",
        "plateau_patience": "2",
        "monitor": '"accuracy"',
        "early_stop": "20",
    },
    "averages": {"ema_decay": "0.9", **tiny.TESTED},
    "bfloat16": {"precision": "BF16"},
    "float16": {"precision": "FP16"},
    "channels last": {"channels_last": "true"},
    "all": {"precision": "FP16", "ema_decay": "0.9", "warmup_iter": "3", "type": '"Adam"'},
}


@pytest.mark.parametrize("form", ["BINARYPROTO", "HDF5"])
@pytest.mark.parametrize("mode", MODES)
def test_a_resumed_run_is_the_run_that_went_on(mode: str, form: str) -> None:
    said = {**MODES[mode], "snapshot_format": form}
    whole, _ = tiny.solve(**said)
    resumed = tiny.make(**said)
    end = ".h5" if form == "HDF5" else ""
    resumed.restore(f"out/snap_iter_5.solverstate{end}")
    resumed.solve()
    assert tiny.same(tiny.weights(whole), tiny.weights(resumed))
    assert tiny.same(whole.optimizer.history, resumed.optimizer.history)
    assert (whole.iteration, whole.current_step) == (resumed.iteration, resumed.current_step)
    assert whole.arithmetic.state == resumed.arithmetic.state
    if whole.average is not None and resumed.average is not None:
        assert tiny.same(whole.average.values, resumed.average.values)
    if whole.monitor is not None and resumed.monitor is not None:
        assert whole.monitor.state == resumed.monitor.state


@pytest.mark.parametrize("ignored", [None, 2])
def test_smoothed_labels_are_pytorchs(ignored: int | None) -> None:
    rule = f"label_smoothing: 0.2 {'ignore_label: 2' if ignored else ''}"
    graph = netspec.loads(
        f"""input: "x" input_shape {{ dim: [6, 4] }} input: "l" input_shape {{ dim: 6 }}
        layer {{ name: "loss" type: "SoftmaxWithLoss" bottom: "x" bottom: "l" top: "loss"
                 loss_param {{ {rule} }} }}""",
        phase="TRAIN",
    )
    net = compiler.compile(graph)
    scores = torch.randn(6, 4, requires_grad=True)
    labels = torch.tensor([0, 1, 2, 3, 2, 1])
    mine = net(x=scores, l=labels)["loss"]
    skip = -100 if ignored is None else ignored
    theirs = F.cross_entropy(scores, labels, label_smoothing=0.2, ignore_index=skip)
    torch.testing.assert_close(mine, theirs)
    grads = [torch.autograd.grad(loss, scores)[0] for loss in (mine, theirs)]
    torch.testing.assert_close(*grads)


@pytest.mark.parametrize("name", BeyondCaffe.settings)
def test_every_setting_says_that_it_is_ours_and_stands_in_the_guide(name: str) -> None:
    guide = "".join(path.read_text() for path in GUIDE.glob("*.md"))
    assert BeyondCaffe.settings[name].fork
    assert f"`{name}" in guide or f", `{name}" in guide, f"{name} is in no page of the guide"
