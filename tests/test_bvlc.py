"""What `netspec convert --caffe` refuses: all that BVLC's Caffe lacks, and nothing that it has."""

from __future__ import annotations

from pathlib import Path

import pytest

from netspec.diagnostics import SpecError
from netspec.layers import LAYERS
from netspec.schema.solver import SolverParameter
from netspec.source import Source
from netspec.translate import require_bvlc
from tools.__main__ import main

SOLVER = 'net: "n" base_lr: 1 lr_policy: "fixed" '
REFUSED = {  # a text: what is said to be lacking in it
    SOLVER + "ema_decay: 0.9 compile: true": ["the setting ema_decay", "the setting compile"],
    SOLVER.replace("fixed", "cosine"): ["lr_policy cosine"],
    'layer { type: "Interp" name: "a" }': ["the type Interp"],
    'layer { type: "ReLU" name: "a" engine: "MKL" }': ["the setting engine"],
    'layer { type: "SoftmaxWithLoss" '
    "loss_param { label_smoothing: 0.1 normalization: PRE_FIXED } }": [
        "the setting label_smoothing",
        "normalization: PRE_FIXED",
    ],
    'global_grad_scale: 8 layer { type: "ReLU" }': ["the setting global_grad_scale"],
}
TAKEN = (
    SOLVER + "momentum: 0.9 test_iter: 1 test_interval: 2 train_state { level: 1 }",
    'layer { type: "SoftmaxWithLoss" loss_param { ignore_label: 3 normalization: VALID } }',
    'layers { type: RELU relu_param { engine: CAFFE } } input: "data" input_dim: [1, 2, 3, 4]',
)


@pytest.mark.parametrize("text", REFUSED)
def test_what_caffe_lacks_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(SpecError) as caught:
        require_bvlc(Source("a.prototxt", text))
    found = caught.value.diagnostics
    assert [d.message.split(" is of ")[0] for d in found] == REFUSED[text]
    assert all(d.code == "C230" and d.span is not None for d in found)


@pytest.mark.parametrize("text", TAKEN)
def test_what_caffe_has_is_taken(text: str) -> None:
    require_bvlc(Source("a.prototxt", text))


@pytest.mark.parametrize("name", LAYERS)
def test_every_type_of_a_fork_is_refused(name: str) -> None:
    source = Source("a.prototxt", f'layer {{ name: "a" type: "{name}" }}')
    if LAYERS[name].fork:
        with pytest.raises(SpecError, match="C230"):
            require_bvlc(source)
    else:
        require_bvlc(source)


def test_every_setting_of_ours_is_known_to_be() -> None:
    ours = {name for name, setting in SolverParameter.settings.items() if setting.fork}
    assert {"warmup_iter", "ema_decay", "precision", "channels_last", "compile"} <= ours
    assert "base_lr" not in ours


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, made = tmp_path / "solver.yaml", tmp_path / "solver.prototxt"
    path.write_text("net: n.prototxt\nbase_lr: 0.1\nlr_policy: fixed\nearly_stop: 3\n")
    assert main(["convert", "--caffe", str(path), str(made)]) == 1
    assert "early_stop is of netspec itself" in capsys.readouterr().err
    assert not made.exists()
    path.write_text(path.read_text().replace("early_stop: 3\n", ""))
    assert main(["convert", "--caffe", str(path), str(made)]) == 0
    assert made.exists()
