"""pycaffe's face: old scripts find what they know, and numbers are those of the compiled net."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

import compiler
import netspec
from compiler import pycaffe as caffe
from compiler.pycaffe.wiring import Wiring

# A net with what makes wiring hard: blobs with several readers, layers in place, shared parameters,
# two losses, one of them weighted, a frozen layer, labels, and a gradient that is cut.
BRANCHES = """
name: "branches"
layer { name: "data" type: "Input" top: "data" top: "label"
  input_param { shape { dim: 4 dim: 3 dim: 6 dim: 6 } shape { dim: 4 } } }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
  param { name: "w" } param { lr_mult: 0 }
  convolution_param { num_output: 3 kernel_size: 3 pad: 1 weight_filler { type: "xavier" } } }
layer { name: "relu" type: "ReLU" bottom: "conv" top: "conv" }
layer { name: "again" type: "Convolution" bottom: "conv" top: "again"
  param { name: "w" }
  convolution_param { num_output: 3 kernel_size: 3 pad: 1 weight_filler { type: "xavier" } } }
layer { name: "sum" type: "Eltwise" bottom: "again" bottom: "conv" top: "sum" }
layer { name: "pool" type: "Pooling" bottom: "conv" top: "pool"
  pooling_param { pool: AVE kernel_size: 6 } }
layer { name: "ip" type: "InnerProduct" bottom: "sum" top: "ip"
  inner_product_param { num_output: 5 weight_filler { type: "xavier" } } }
layer { name: "aside" type: "InnerProduct" bottom: "pool" top: "aside" propagate_down: false
  inner_product_param { num_output: 5 weight_filler { type: "xavier" } } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "label" top: "loss" }
layer { name: "second" type: "SoftmaxWithLoss" bottom: "aside" bottom: "label" top: "second"
  loss_weight: 0.25 }
"""
SMALL = """
layer { name: "data" type: "DummyData" top: "data" top: "label"
  dummy_data_param { shape { dim: 5 dim: 2 dim: 3 dim: 4 } shape { dim: 5 }
    data_filler { type: "gaussian" std: 1 } data_filler { type: "constant" } } }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
  convolution_param { num_output: 11 kernel_size: 2 pad: 3
    weight_filler { type: "gaussian" std: 1 } bias_filler { value: 2 } } }
layer { name: "ip" type: "InnerProduct" bottom: "conv" top: "score"
  inner_product_param { num_output: 13 weight_filler { type: "gaussian" std: 2.5 } } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "score" bottom: "label" top: "loss" }
"""
SOLVER = """
net: "net.prototxt" base_lr: 0.01 lr_policy: "fixed" momentum: 0.9 weight_decay: 0.0005
max_iter: 6 display: 2 snapshot_after_train: false snapshot_prefix: "made" random_seed: 1
test_iter: 2 test_interval: 3
"""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def net_of(text: str, phase: int = caffe.TRAIN, force: bool = False, **more: object) -> caffe.Net:
    Path("net.prototxt").write_text(("force_backward: true\n" if force else "") + text)
    torch.manual_seed(1)
    return caffe.Net("net.prototxt", phase, **more)


def fed(net: caffe.Net) -> None:
    random = np.random.default_rng(0)
    for name in net.inputs:
        blob = net.blobs[name].data
        blob[...] = (
            random.integers(0, 5, blob.shape) if name == "label" else random.normal(size=blob.shape)
        )


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


@pytest.mark.parametrize(
    "make",
    [
        lambda: caffe.Net("net.prototxt", "w.caffemodel", caffe.TEST),
        lambda: caffe.Net("net.prototxt", caffe.TEST, weights="w.caffemodel"),
        lambda: caffe.Net(network_file="net.prototxt", phase=caffe.TEST, weights="w.caffemodel"),
        lambda: caffe.Net(Path("net.prototxt"), caffe.TEST, 0, None, "w.caffemodel"),
    ],
)
def test_every_form_of_the_constructor(make: Callable[[], caffe.Net]) -> None:
    net = net_of(BRANCHES)
    net.save("w.caffemodel")
    made = make()
    for name, blobs in net.params.items():
        for mine, theirs in zip(blobs, made.params[name]):
            assert (mine.data == theirs.data).all()


def test_weights_out_and_in_and_shared() -> None:
    net, other = net_of(SMALL), net_of(SMALL)
    net.params["ip"][0].data[...] = 3
    net.save_hdf5("w.h5")
    other.load_hdf5("w.h5")
    assert (other.params["ip"][0].data == 3).all()
    third = net_of(SMALL)
    third.share_with(net)
    net.params["ip"][0].data[...] = 5
    assert (third.params["ip"][0].data == 5).all()
    third.forward()
    wide = net_of(SMALL.replace("num_output: 13", "num_output: 14"))
    with pytest.raises(netspec.SpecError, match="C215"):
        wide.share_with(net)


def test_levels_stages_and_phases() -> None:
    text = SMALL + (
        'layer { name: "a" type: "InnerProduct" bottom: "conv" top: "a" include { stage: "A" }\n'
        "  inner_product_param { num_output: 1 } }\n"
        'layer { name: "b" type: "InnerProduct" bottom: "conv" top: "b" include { min_level: 1 }\n'
        "  inner_product_param { num_output: 1 } }\n"
    )
    assert net_of(text, stages=["A"]).outputs == ["a", "loss"]
    assert net_of(text, level=1).outputs == ["b", "loss"]
    assert net_of(text, caffe.TEST, level=1, stages=["A"]).outputs == ["a", "b", "loss"]


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda: caffe.Net("none.prototxt", caffe.TEST), RuntimeError, "N114"),
        (lambda: caffe.Net("net.prototxt"), TypeError, "phase"),
        (lambda: net_of(SMALL).copy_from("none.caffemodel"), RuntimeError, "C101"),
        (lambda: net_of(BRANCHES).forward(data=np.zeros((4, 3, 6, 6))), ValueError, "label"),
        (
            lambda: net_of(BRANCHES).forward(data=np.zeros((3, 3, 6, 6)), label=np.zeros(4)),
            ValueError,
            "batch of 4",
        ),
        (lambda: net_of(SMALL).forward(start="nowhere"), ValueError, "nowhere"),
        (lambda: net_of(SMALL).set_input_arrays(np.zeros(1), np.zeros(1)), RuntimeError, "Memory"),
        (lambda: net_of(SMALL).blobs["data"].reshape(-1, 2), ValueError, "shape"),
    ],
)
def test_what_cannot_be_done_is_said(
    call: Callable[[], object], error: type[Exception], says: str
) -> None:
    Path("net.prototxt").write_text(SMALL)
    with pytest.raises(error, match=says):
        call()


def test_any_number_of_items() -> None:
    net = net_of(BRANCHES.replace('name: "branches"', "force_backward: true"), caffe.TEST)
    random = np.random.default_rng(0)
    data, label = random.normal(size=(10, 3, 6, 6)).astype("f"), random.integers(0, 5, 10)
    text = BRANCHES[: BRANCHES.index('layer { name: "loss"')].replace(' top: "label"', "")
    text = text.replace("shape { dim: 4 } }", "}")
    net = net_of(text, caffe.TEST, force=True)
    out = net.forward_all(blobs=["sum"], data=data)
    assert out["ip"].shape == (10, 5)
    assert out["sum"].shape == (10, 3, 6, 6)
    one_by_one = [net.forward_all(data=data[i : i + 1])["ip"][0] for i in range(10)]
    assert np.allclose(out["ip"], one_by_one, atol=1e-5)
    diffs = {name: np.ones((10, 5), "f") for name in ("ip", "aside")}
    made, returned = net.forward_backward_all(diffs=["sum"], data=data, **diffs)
    assert made["ip"].shape == (10, 5)
    assert returned["data"].shape == (10, 3, 6, 6)
    assert returned["sum"].shape == (10, 3, 6, 6)
    assert label.shape == (10,)


MEMORY = """
layer { name: "data" type: "MemoryData" top: "data" top: "label"
  memory_data_param { batch_size: 2 channels: 1 height: 3 width: 3 } }
layer { name: "ip" type: "InnerProduct" bottom: "data" top: "ip"
  inner_product_param { num_output: 2 weight_filler { type: "xavier" } } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "label" top: "loss" }
"""


def test_arrays_in_memory_come_batch_by_batch_and_around() -> None:
    net = net_of(MEMORY)
    assert net.inputs == []
    data = np.arange(4 * 9, dtype="f").reshape(4, 1, 3, 3)
    net.set_input_arrays(data, np.array([0, 1, 1, 0], "f"))
    seen = []
    for _ in range(3):
        net.forward()
        seen.append((net.blobs["data"].data[0, 0, 0, 0], *net.blobs["label"].data.flat))
    assert seen == [(0, 0, 1), (18, 1, 0), (0, 0, 1)]
    assert net.blobs["label"].shape == (2, 1, 1, 1)  # as MemoryDataLayer::Forward_cpu leaves it
    with pytest.raises(RuntimeError, match="float32"):
        net.set_input_arrays(data.astype(float), np.zeros(4, "f"))
    with pytest.raises(RuntimeError, match="batches of 2"):
        net.set_input_arrays(data[:3], np.zeros(3, "f"))


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


@pytest.mark.parametrize("name", ["SGD", "Nesterov", "AdaGrad", "RMSProp", "AdaDelta", "Adam"])
def test_a_solver_steps_as_the_compiled_one_does(name: str) -> None:
    plain = SOLVER.replace(
        "momentum: 0.9", "" if name in ("AdaGrad", "RMSProp") else "momentum: 0.9"
    )
    Path("net.prototxt").write_text(SMALL)
    Path("solver.prototxt").write_text(plain + f'type: "{name}"\n')
    mine = caffe.get_solver("solver.prototxt")
    assert type(mine) is getattr(caffe, f"{name}Solver")
    mine.step(4)
    theirs = compiler.Solver("solver.prototxt")
    for _ in range(4):
        theirs.step()
    assert mine.iter == theirs.iteration == 4
    for layer, tensors in compiler.blobs(theirs.net).items():
        for blob, tensor in zip(mine.net.params[layer], tensors):
            assert np.allclose(blob.data, tensor.detach(), atol=2e-5), layer


def test_a_solver_lies_open() -> None:
    Path("net.prototxt").write_text(SMALL)
    Path("solver.prototxt").write_text(SOLVER)
    solver = caffe.SGDSolver("solver.prototxt")
    solver.net.blobs["label"].data[...] = 3  # a constant filler fills once: it stays
    solver.step(1)
    assert (solver.net.blobs["label"].data == 3).all()
    ip, there = solver.net.params["ip"][0], solver.test_nets[0].params["ip"][0]
    assert np.shares_memory(ip.data, there.data)
    ip.data[...] = 0
    ip.diff[...] = 1
    solver.net.params["ip"][1].diff[...] = 0
    before = solver.lr
    solver.param.base_lr = 0.5
    assert (before, solver.lr) == (0.01, 0.5)
    told: list[str] = []
    solver.add_callback(lambda: told.append("start"), lambda: told.append("ready"))
    solver.step(1)
    assert told == ["start", "ready"]
    solver.solve()
    assert solver.iter == solver.param.max_iter == 6
    solver.snapshot()
    again = caffe.SGDSolver("solver.prototxt")
    again.restore("made_iter_6.solverstate")
    assert again.iter == 6
    assert (again.net.params["ip"][0].data == solver.net.params["ip"][0].data).all()


def test_an_update_takes_diffs_from_scripts_and_leaves_what_was_subtracted() -> None:
    Path("net.prototxt").write_text(SMALL)
    Path("solver.prototxt").write_text(SOLVER)
    solver = caffe.SGDSolver("solver.prototxt")
    weight = solver.net.layers[1].blobs[0]
    weight.data[...] = 0
    weight.diff[...] = 1
    solver.apply_update()
    assert np.allclose(weight.data, -0.01, atol=1e-7)
    assert np.allclose(weight.diff, 0.01, atol=1e-7)


def test_another_rule_than_the_files() -> None:
    Path("net.prototxt").write_text(SMALL)
    Path("solver.prototxt").write_text(SOLVER)
    assert caffe.AdamSolver("solver.prototxt")._engine.settings.type == "Adam"
    with pytest.raises(netspec.SpecError, match="momentum"):
        caffe.AdaGradSolver("solver.prototxt")


def test_a_gpu_that_is_not_there_is_missed() -> None:
    if torch.cuda.is_available():
        pytest.skip("there is one")
    with pytest.raises(netspec.SpecError, match="C214"):
        caffe.set_mode_gpu()
    caffe.set_mode_cpu()


def test_losses_are_counted_once() -> None:
    wiring = Wiring(netspec.loads(BRANCHES, phase="TRAIN"))
    weights = dict(zip(wiring.names, wiring.loss_weights))
    assert {n: w for n, w in weights.items() if w} == {"loss": 1.0, "second": 0.25}
