"""Training in mixed precision, with channels last, compiled: as good as in plain float32."""

from __future__ import annotations

from pathlib import Path

import pytest
import tiny_training as tiny
import torch

import compiler


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


STEADY = "".join(line for line in tiny.NET.splitlines(True) if "Dropout" not in line)
SMALL = """
layer { name: "data" type: "DummyData" top: "data" top: "label"
  dummy_data_param { shape { dim: [8, 5] } shape { dim: 8 }
    data_filler { type: "gaussian" } data_filler { type: "uniform" min: 0 max: 3 } } }
layer { name: "ip" type: "InnerProduct" bottom: "data" top: "ip"
  inner_product_param { num_output: 3 weight_filler { type: "xavier" } } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "label" top: "loss" }
"""


@pytest.mark.parametrize("precision", ["BF16", "FP16"])
def test_mixed_precision_is_close_to_the_full(precision: str) -> None:
    full, mixed = tiny.make(), tiny.make(precision=precision)
    assert mixed.arithmetic.type in (torch.bfloat16, torch.float16)
    losses = []
    for solver in (full, mixed):
        torch.manual_seed(1)
        losses.append([float(solver.step()) for _ in range(5)])
        assert all(w.dtype == torch.float32 for w in tiny.weights(solver))
    assert losses[0] != losses[1]
    assert losses[0] == pytest.approx(losses[1], rel=0.03)


def test_gradients_that_overflow_are_left_out_and_the_scale_falls() -> None:
    solver = tiny.make(precision="FP16", max_iter="3", snapshot_after_train="false")
    scaler = solver.arithmetic.scaler
    assert scaler is not None
    scaler._init_scale = 2.0**40
    before = [p.detach().clone() for p in solver.optimizer.learned]
    solver.accumulate()
    assert not solver.apply()
    assert tiny.same(before, [p.detach() for p in solver.optimizer.learned])
    assert scaler.get_scale() == 2.0**39


VOLUMES = """
layer { name: "data" type: "DummyData" top: "data" top: "label"
  dummy_data_param { shape { dim: [2, 3, 4, 5, 5] } shape { dim: 2 }
    data_filler { type: "gaussian" std: 1 } data_filler { value: 1 } } }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
  convolution_param { num_output: 4 kernel_size: 3 weight_filler { type: "msra" } } }
layer { name: "ip" type: "InnerProduct" bottom: "conv" top: "ip"
  inner_product_param { num_output: 3 weight_filler { type: "xavier" } } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "label" top: "loss" }
"""
SHARED = """
layer { name: "data" type: "DummyData" top: "data" top: "label"
  dummy_data_param { shape { dim: [2, 3, 2, 2] } shape { dim: 2 }
    data_filler { type: "gaussian" std: 1 } data_filler { value: 1 } } }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv" param { name: "w" }
  convolution_param { num_output: 4 kernel_size: 2 weight_filler { type: "msra" } } }
layer { name: "flat" type: "Flatten" bottom: "conv" top: "flat" }
layer { name: "ip" type: "InnerProduct" bottom: "data" top: "ip"
  param { name: "w" share_mode: PERMISSIVE } inner_product_param { num_output: 4 } }
layer { name: "sum" type: "Eltwise" bottom: "flat" bottom: "ip" top: "sum" }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "sum" bottom: "label" top: "loss" }
"""


@pytest.mark.parametrize("text", [STEADY, VOLUMES, SHARED])
def test_a_net_with_channels_last_computes_the_same(text: str) -> None:
    one, two = tiny.make(text), compiler.Solver(tiny.write(text), channels_last=True)
    weight = compiler.blobs(two.net)["conv"][0]
    if torch.backends.mkldnn.is_available() and text is STEADY:
        assert weight.is_contiguous(memory_format=torch.channels_last)
        path = tiny.write(text, channels_last="false")
        (weight, _) = compiler.blobs(compiler.Solver(path, channels_last=True).net)["conv"]
        assert weight.is_contiguous()
    for solver in (one, two):
        torch.manual_seed(1)
        for _ in range(3):
            solver.step()
    for a, b in zip(tiny.weights(one), tiny.weights(two)):
        torch.testing.assert_close(a, b, atol=1e-5, rtol=1e-4)


def test_a_compiled_net_computes_the_same() -> None:
    from torch._dynamo.utils import counters

    counters.clear()
    one, two = tiny.make(SMALL), tiny.make(SMALL, compile="true")
    for solver in (one, two):
        torch.manual_seed(1)
        for _ in range(2):
            solver.step()
    for a, b in zip(tiny.weights(one), tiny.weights(two)):
        torch.testing.assert_close(a, b, atol=1e-4, rtol=1e-3)
    assert counters["stats"]["unique_graphs"] > 0
