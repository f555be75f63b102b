"""debug_info: Caffe's figures of blobs, parameters and gradients, as a table and as its lines."""

from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from golden_case import LAYERS, Case, cases

import compiler
import netspec
from compiler.training.debug_info import DebugInfo
from compiler.training.debug_report import DebugReport
from compiler.training.splits import Splits
from tools.__main__ import main

FED = """
layer { name: "data" type: "Input" top: "data" top: "label"
        input_param { shape { dim: [4, 3, 6, 6] } shape { dim: 4 } } }
"""
DRAWN = """
layer { name: "data" type: "DummyData" top: "data" top: "label"
        dummy_data_param { shape { dim: [4, 3, 6, 6] } shape { dim: 4 }
                           data_filler { type: "gaussian" } data_filler { value: 1 } } }
"""
FORKED = """
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
        convolution_param { num_output: 4 kernel_size: 3 weight_filler { type: "xavier" } } }
layer { name: "bn" type: "BatchNorm" bottom: "conv" top: "conv" }
layer { name: "relu" type: "ReLU" bottom: "conv" top: "conv" }
layer { name: "one" type: "InnerProduct" bottom: "conv" top: "one" param { name: "w" }
        inner_product_param { num_output: 5 weight_filler { type: "xavier" } } }
layer { name: "two" type: "InnerProduct" bottom: "conv" top: "two" param { lr_mult: 0 }
        inner_product_param { num_output: 5 weight_filler { type: "xavier" } } }
layer { name: "sum" type: "Eltwise" bottom: "one" bottom: "two" top: "sum" }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "sum" bottom: "label" top: "loss" }
layer { name: "acc" type: "Accuracy" bottom: "sum" bottom: "label" top: "acc" }
"""
LINES = """
[Forward] Layer data, top blob data data: #
[Forward] Layer data, top blob label data: #
[Forward] Layer label_data_1_split, top blob label_data_1_split_0 data: #
[Forward] Layer label_data_1_split, top blob label_data_1_split_1 data: #
[Forward] Layer conv, top blob conv data: #
[Forward] Layer conv, param blob 0 data: #
[Forward] Layer conv, param blob 1 data: #
[Forward] Layer bn, top blob conv data: #
[Forward] Layer bn, param blob 0 data: #
[Forward] Layer bn, param blob 1 data: #
[Forward] Layer bn, param blob 2 data: #
[Forward] Layer relu, top blob conv data: #
[Forward] Layer conv_relu_0_split, top blob conv_relu_0_split_0 data: #
[Forward] Layer conv_relu_0_split, top blob conv_relu_0_split_1 data: #
[Forward] Layer one, top blob one data: #
[Forward] Layer one, param blob w data: #
[Forward] Layer one, param blob 1 data: #
[Forward] Layer two, top blob two data: #
[Forward] Layer two, param blob 0 data: #
[Forward] Layer two, param blob 1 data: #
[Forward] Layer sum, top blob sum data: #
[Forward] Layer sum_sum_0_split, top blob sum_sum_0_split_0 data: #
[Forward] Layer sum_sum_0_split, top blob sum_sum_0_split_1 data: #
[Forward] Layer loss, top blob loss data: #
[Forward] Layer acc, top blob acc data: #
[Backward] Layer loss, bottom blob sum_sum_0_split_0 diff: #
[Backward] Layer sum_sum_0_split, bottom blob sum diff: #
[Backward] Layer sum, bottom blob one diff: #
[Backward] Layer sum, bottom blob two diff: #
[Backward] Layer two, bottom blob conv_relu_0_split_1 diff: #
[Backward] Layer two, param blob 1 diff: #
[Backward] Layer one, bottom blob conv_relu_0_split_0 diff: #
[Backward] Layer one, param blob 0 diff: #
[Backward] Layer one, param blob 1 diff: #
[Backward] Layer conv_relu_0_split, bottom blob conv diff: #
[Backward] Layer relu, bottom blob conv diff: #
[Backward] Layer bn, bottom blob conv diff: #
[Backward] Layer bn, param blob 0 diff: #
[Backward] Layer bn, param blob 1 diff: #
[Backward] Layer bn, param blob 2 diff: #
[Backward] Layer conv, param blob 0 diff: #
[Backward] Layer conv, param blob 1 diff: #
[Backward] All net params (data, diff): L1 norm = (#, #); L2 norm = (#, #)
"""  # what net.cpp logs for it, a number being #


def passed() -> tuple[compiler.Network, DebugReport]:
    torch.manual_seed(3)
    net = compiler.compile(netspec.loads(FED + FORKED, phase="TRAIN"))
    with DebugInfo(net) as seen:
        blobs = net(data=torch.randn(4, 3, 6, 6), label=torch.arange(4.0))
        blobs["loss"].backward()
    return net, seen.report()


def test_the_lines_are_caffes() -> None:
    _, report = passed()
    lines = "\n".join(line.strip() for line in report.lines())
    lines = re.sub(r"(?<=data: |diff: )\S+", "#", lines)
    assert re.sub(r"\([\d.e+]+, [\d.e+]+\)", "(#, #)", lines) == LINES.strip()


def test_the_norms_are_of_all_parameters_together() -> None:
    net, report = passed()
    assert report.norms is not None
    every = [blob for kept in compiler.blobs(net).values() for blob in kept]
    kept = np.concatenate([blob.detach().numpy().ravel() for blob in every])
    assert report.norms.l1 == pytest.approx(np.abs(kept).sum())
    assert report.norms.l2 == pytest.approx(math.sqrt((kept**2).sum()))


def test_nothing_stays_behind() -> None:
    net, _ = passed()
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in net.modules())


def test_without_a_backward_pass_there_are_no_gradients() -> None:
    net = compiler.compile(netspec.loads(FED + FORKED, phase="TEST"))
    with torch.no_grad(), DebugInfo(net) as seen:
        net(data=torch.randn(4, 3, 6, 6), label=torch.arange(4.0))
    report = seen.report()
    assert report.norms is None
    assert not any("Backward" in line for line in report.lines())
    assert not any(layer.backward for layer in report.layers)


def mean(array: np.ndarray) -> float:
    return float(np.abs(array.astype(np.float64)).sum() / array.size)


def forwards(name: str) -> str:
    return (LAYERS / f"{name}.prototxt").read_text().splitlines()[0].split()[-1]


ONCE = [n for n in cases() if not n.startswith("filter") and forwards(n) == "1"]


@pytest.mark.parametrize("name", ONCE[::6])
def test_the_figures_are_those_of_caffes_blobs(name: str) -> None:
    """Mean absolute values of what Caffe itself computed, forward and backward."""
    case = Case(name)
    with DebugInfo(case.net) as seen:
        inputs = case.inputs(0)
        out = case.net(**inputs)
        total = torch.zeros(())
        for blob, diff in case.group("topdiff").items():
            total = total + (out[blob] * torch.from_numpy(diff)).sum()
        for blob, weight in case.graph.loss_weights.items():
            total = total + weight * out[blob].sum()
        if total.requires_grad:
            total.backward()
    report = seen.report()
    last = {v.blob: data for p in report.layers for v, data in zip(p.node.values, p.data)}
    for blob, want in case.group("step/0").items():
        if want.size:
            assert last[blob] == pytest.approx(mean(want), rel=1e-4, abs=1e-6), blob
    diffs = {f"{p.node.name}/{i}": x for p in report.layers for i, x in enumerate(p.params)}
    for key, want in case.group("paramdiff").items():
        if diffs[key].diff is not None:
            assert diffs[key].diff == pytest.approx(mean(want), rel=1e-3, abs=1e-6), key


def test_where_no_backward_pass_runs_there_are_no_gradients() -> None:
    text = 'input: "i" input_shape { dim: 3 } layer { name: "rows" type: "Embed" bottom: "i" '
    text += 'top: "rows" embed_param { input_dim: 4 num_output: 2 bias_term: false } }'
    net = compiler.compile(netspec.loads(text))
    with DebugInfo(net) as seen, pytest.warns(UserWarning, match="no backward pass"):
        net(i=torch.arange(3.0))["rows"].sum().backward()
    rows = seen.report().layers[-1]
    assert rows.data != (None,)
    assert rows.diffs == (None,)


SOLVER = """
net: "net.prototxt" base_lr: 0.1 lr_policy: "fixed" max_iter: 3 display: 2 debug_info: true
"""


def test_training_prints_it_with_each_display(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.prototxt").write_text(DRAWN + FORKED)
    Path("solver.prototxt").write_text(SOLVER)
    assert main(["train", "--solver", "solver.prototxt"]) == 0
    said = capsys.readouterr().out
    assert said.count("mean absolute values") == 2
    assert max(map(len, said.splitlines())) <= 120
    assert main(["train", "--solver", "solver.prototxt", "--plain"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert sum("[Backward] All net params" in line for line in lines) == 2
    Path("solver.prototxt").write_text(SOLVER + "test_iter: 2 test_interval: 2")
    assert main(["train", "--solver", "solver.prototxt", "--plain"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert sum("[Forward] Layer loss, top blob loss " in line for line in lines) == 2 + 2 * 2


def test_a_top_that_counts_as_a_loss_is_split_for_it() -> None:
    graph = netspec.loads(FED + FORKED.replace('top: "sum"', 'top: "sum" loss_weight: 0.5'))
    value = graph.by_name["sum"].values[0]
    assert len(Splits(graph).tops(value)) == 3
    assert Splits(graph).bottom(graph.by_name["loss"], 0) == "sum_sum_0_split_1"
