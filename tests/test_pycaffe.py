"""pycaffe's face: layers run over blobs, and numbers are those of the compiled net."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from pycaffe_nets import BRANCHES, SMALL, fed, net_of

import compiler
import netspec
from compiler import pycaffe as caffe
from compiler.pycaffe.wiring import Wiring


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_forward_and_backward_are_those_of_the_compiled_net() -> None:
    net = net_of(BRANCHES)
    fed(net)
    net.forward()
    net.backward()
    torch.manual_seed(1)
    graph = netspec.loads(BRANCHES, phase="TRAIN")
    whole = compiler.compile(graph, keep="all")
    given = {name: torch.tensor(net.blobs[name].data) for name in net.inputs}
    blobs = whole(**given)
    (blobs["loss"] + 0.25 * blobs["second"]).backward()
    for name, values in blobs.items():
        assert np.allclose(net.blobs[name].data, values.detach(), atol=1e-6), name
    for name, tensors in compiler.blobs(whole).items():
        for i, tensor in enumerate(tensors):
            mine = net.params[name][i]
            assert np.allclose(mine.data, tensor.detach()), name
            frozen = (name, i) == ("conv", 1)
            expected = np.zeros_like(mine.diff) if frozen else tensor.grad
            assert np.allclose(mine.diff, expected, atol=1e-6), (name, i)


def test_blobs_of_several_readers_go_through_splits_as_in_caffe() -> None:
    net = net_of(BRANCHES)
    assert net._layer_names[:5] == [
        "data",
        "label_data_1_split",
        "conv",
        "relu",
        "conv_relu_0_split",
    ]
    assert net.bottom_names["sum"] == ["again", "conv_relu_0_split_1"]
    assert net.layer_dict["conv_relu_0_split"].type == "Split"
    fed(net)
    net.forward()
    assert (net.blobs["conv_relu_0_split_2"].data == net.blobs["conv"].data).all()
    net.backward()
    parts = sum(net.blobs[f"conv_relu_0_split_{i}"].diff for i in range(2))
    assert not net.blobs["conv_relu_0_split_2"].diff.any(), "propagate_down: false"
    net.backward(start="conv_relu_0_split", end="conv_relu_0_split")
    assert np.allclose(net.blobs["conv"].diff, parts)


@pytest.mark.parametrize(
    ("text", "force", "with_diff"),
    [
        (BRANCHES, False, ["again", "sum", "ip", "pool"]),  # data and labels get none
        (BRANCHES, True, ["data", "again", "sum", "ip", "pool"]),
        (BRANCHES[: BRANCHES.index('layer { name: "loss"')], False, []),  # no loss, no backward
    ],
    ids=["losses", "forced", "no loss"],
)
def test_diffs_appear_where_caffe_computes_them(
    text: str, force: bool, with_diff: list[str]
) -> None:
    net = net_of(text, force=force)
    fed(net)
    for name in ("ip", "aside"):
        net.blobs[name].diff[...] = 1
    net.forward()
    net.backward()
    moved = [n for n in ("data", "again", "sum", "pool") if net.blobs[n].diff.any()]
    assert set(moved) <= set(with_diff)
    assert set(moved) == set(with_diff) - {"ip"} - ({"pool"} if not force else set())


def test_parts_of_a_net_run_alone() -> None:
    net = net_of(SMALL, force=True)
    conv, score = net.blobs["conv"], net.blobs["score"]
    conv.data[...] = np.random.default_rng(0).normal(size=conv.shape)
    assert list(net.forward(start="ip", end="ip")) == ["score"]
    weight, bias = (blob.data for blob in net.params["ip"])
    expected = conv.data.reshape(5, -1) @ weight.T + bias
    assert np.allclose(score.data, expected, rtol=1e-3, atol=1e-4)
    score.diff[...] = 1
    assert list(net.backward(start="ip", end="ip")) == ["conv"]
    expected = (np.ones((5, 13), np.float32) @ weight).reshape(conv.shape)
    assert np.allclose(conv.diff, expected, rtol=1e-3, atol=1e-4)


def test_a_backward_pass_without_a_forward_pass_disturbs_no_statistics() -> None:
    text = SMALL.replace(
        'layer { name: "ip"',
        'layer { name: "bn" type: "BatchNorm" bottom: "conv" top: "conv" }\nlayer { name: "ip"',
    )
    net = net_of(text)
    net.backward()
    assert not net.params["bn"][2].data.any()
    net.forward()
    assert net.params["bn"][2].data == 1


def test_arrays_are_live_and_written_in_place() -> None:
    net = net_of(BRANCHES, caffe.TEST)
    held = net.blobs["ip"].data
    fed(net)
    out = net.forward(blobs=["ip"])["ip"]
    assert np.shares_memory(held, out)
    before = out.copy()
    net.params["ip"][0].data[...] = 0
    net.params["ip"][1].data[...] = 7
    net.forward()
    assert (held == 7).all()
    assert not np.allclose(before, held)
    params = [blob for blobs in net.params.values() for blob in blobs]
    del net
    assert np.isfinite(sum(blob.data.sum() + blob.diff.sum() for blob in params))


def test_diffs_of_parameters_add_up_until_they_are_cleared() -> None:
    net = net_of(SMALL)
    net.forward()
    net.backward()
    once = net.params["ip"][1].diff.copy()
    net.backward()
    assert np.allclose(net.params["ip"][1].diff, 2 * once)
    net.clear_param_diffs()
    assert not net.params["ip"][1].diff.any()


def test_reshape_carries_through_the_net() -> None:
    text = BRANCHES[: BRANCHES.index('layer { name: "pool"')]
    net = net_of(text, caffe.TEST)
    net.blobs["data"].reshape(1, 3, 12, 9)
    net.reshape()
    assert net.blobs["sum"].shape == (1, 3, 12, 9)
    assert net.blobs["sum"].data.shape == (1, 3, 12, 9)
    net.blobs["data"].reshape(2, 3, 5, 5)
    net.forward()  # without reshape(), too
    assert net.blobs["sum"].shape == (2, 3, 5, 5)
    blob = net.blobs["sum"]
    assert (blob.num, blob.channels, blob.height, blob.width, blob.count) == (2, 3, 5, 5, 150)
    whole = net_of(BRANCHES, caffe.TEST)
    whole.blobs["data"].reshape(4, 3, 7, 7)
    with pytest.raises(RuntimeError, match="N411"):
        whole.reshape()


def test_callbacks_are_called_around_each_layer() -> None:
    net = net_of(SMALL)
    told: list[str] = []
    net.before_forward(lambda i: told.append(f"before {i}"))
    net.after_backward(lambda i: told.append(f"after {i}"))
    net.forward(end="conv")
    net.backward(start="conv")
    assert told == ["before 0", "before 1", "after 1", "after 0"]


LAYER = """
import caffe
class Tenfold(caffe.Layer):
    factor = 10
    def setup(self, bottom, top):
        self.blobs.add_blob(1)
    def reshape(self, bottom, top):
        top[0].reshape(*bottom[0].data.shape)
    def forward(self, bottom, top):
        top[0].data[...] = self.factor * bottom[0].data
    def backward(self, top, propagate_down, bottom):
        bottom[0].diff[...] = self.factor * top[0].diff
        self.blobs[0].diff[0] = 1
"""
PYTHON = """
force_backward: true
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 2 dim: 3 } } }
layer { name: "ten" type: "Python" bottom: "data" top: "ten"
  python_param { module: "tenfold" layer: "Tenfold" } }
"""


def test_python_layers_run_where_that_is_allowed() -> None:
    Path("tenfold.py").write_text(LAYER)
    with pytest.raises(netspec.SpecError, match="N220"):
        net_of(PYTHON)
    caffe.allow_python()
    try:
        net = net_of(PYTHON)
    finally:
        caffe.allow_python(False)
    net.blobs["data"].data[...] = 4
    assert (net.forward()["ten"] == 40).all()
    net.blobs["ten"].diff[...] = 2
    assert (net.backward()["data"] == 20).all()
    assert net.layer_dict["ten"].blobs[0].diff == 1
    assert net.layer_dict["ten"].factor == 10
    with pytest.raises(AttributeError, match="factor"):
        _ = net.layers[0].factor  # type: ignore[attr-defined]


def test_losses_are_counted_once() -> None:
    wiring = Wiring(netspec.loads(BRANCHES, phase="TRAIN"))
    weights = dict(zip(wiring.names, wiring.loss_weights))
    assert {n: w for n, w in weights.items() if w} == {"loss": 1.0, "second": 0.25}
