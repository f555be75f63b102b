"""Training that diverges says so, names the layer in which it began, and leaves what was kept."""

from __future__ import annotations

from pathlib import Path

import pytest
import tiny_training as tiny

import netspec
from compiler.training.events import Noted
from tools.__main__ import main


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


DIVERGENCE = {  # changes of the net or the solver: what is said of it
    ("", ""): ("the loss", "ip is the first layer whose output is not finite"),
    ('filler { type: "gaussian" std: 1 }', "filler { value: nan }"): (
        "the loss",
        "data is the first layer whose output is not finite",
    ),
    ('weight_filler { type: "msra" }', "weight_filler { value: nan }"): (
        "the loss",
        "conv is the first layer whose output is not finite, as its weights are not",
    ),
    ('name: "relu" type: "ReLU"', 'name: "relu" type: "Log" log_param { shift: -9 }'): (
        "the loss",
        "relu is the first layer whose output is not finite",
    ),
    ('name: "relu" type: "ReLU"', 'name: "relu" type: "Power" power_param { power: 0.5 }'): (
        "the loss",
        "relu is the first layer whose output is not finite",
    ),
}


@pytest.mark.parametrize("change", DIVERGENCE)
def test_divergence_names_the_layer_in_which_it_began(change: tuple[str, str]) -> None:
    what, cause = DIVERGENCE[change]
    rate = "1e30" if change == ("", "") else "0.05"
    with pytest.raises(netspec.SpecError) as caught:
        tiny.solve(tiny.NET.replace(*change), base_lr=rate, snapshot="1")
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "C216"
    assert what in diagnostic.message
    assert diagnostic.notes[0].message == cause


def test_a_gradient_that_is_not_finite_is_found() -> None:
    """Where all is 0, so is its square root, whose slope is infinite."""
    start, end = tiny.NET.index('layer { name: "bn"'), tiny.NET.index('layer { name: "ip"')
    root = """
        layer { name: "abs" type: "AbsVal" bottom: "conv" top: "abs" }
        layer { name: "root" type: "Power" bottom: "abs" top: "root" power_param { power: 0.5 } }
    """
    net = tiny.NET[:start] + root + tiny.NET[end:]
    net = net.replace('type: "msra"', "value: 0").replace(
        'bottom: "conv" top: "ip"', 'bottom: "root" top: "ip"'
    )
    with pytest.raises(netspec.SpecError) as caught:
        tiny.solve(net, snapshot="1")
    (diagnostic,) = caught.value.diagnostics
    cause = "on the way back, conv is the first layer whose gradient is not finite"
    assert diagnostic.notes[0].message == cause


def test_a_loss_of_87_is_explained_once_and_training_goes_on() -> None:
    fed = """
        layer { name: "data" type: "DummyData" top: "a" top: "b" top: "label" dummy_data_param {
          shape { dim: [4, 1] } shape { dim: [4, 1] } shape { dim: 4 }
          data_filler { value: 0 } data_filler { value: 1000 } data_filler { value: 0 } } }
        layer { name: "scores" type: "Concat" bottom: "a" bottom: "b" top: "scores" }
        layer { name: "bias" type: "Bias" bottom: "scores" top: "scores" }
        layer { name: "loss" type: "SoftmaxWithLoss" bottom: "scores" bottom: "label" top: "loss" }
    """
    solver, told = tiny.solve(fed, display="1")
    assert solver.iteration == 12
    (note,) = tiny.of(told, Noted)
    assert "87.3365 = -log(FLT_MIN)" in note.text


def test_a_run_that_diverges_has_its_log_and_its_curve(capsys: pytest.CaptureFixture[str]) -> None:
    path = tiny.write(base_lr="1e30", display="1", snapshot="0", **tiny.TESTED)
    assert main(["train", "--solver", str(path), "--plain"]) == 1
    said = capsys.readouterr()
    assert "curve    out/snap_curve.png" in said.out
    assert "C216" in said.err
    assert Path("out/snap_log.jsonl").exists()
