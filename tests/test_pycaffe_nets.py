"""pycaffe's nets as scripts make, feed and save them; what cannot be done is said."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from pycaffe_nets import BRANCHES, SMALL, net_of

import netspec
from compiler import pycaffe as caffe


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


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


def test_a_gpu_that_is_not_there_is_missed() -> None:
    if torch.cuda.is_available():
        pytest.skip("there is one")
    with pytest.raises(netspec.SpecError, match="C214"):
        caffe.set_mode_gpu()
    caffe.set_mode_cpu()
