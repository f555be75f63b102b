"""Every layer against what Caffe computed, and the torch-free half against the torch half."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from golden_case import Case, assert_close, cases
from hypothesis import given, settings
from hypothesis import strategies as st

import compiler
import netspec
from netspec.layers import LAYERS

DEVICES = ["cpu", "cuda"] if torch.cuda.is_available() else ["cpu"]


@pytest.mark.filterwarnings("ignore:the net has no loss")
@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("name", cases())
def test_computes_what_caffe_computed(name: str, device: str) -> None:
    case = Case(name, device)
    for step in range(case.steps):
        inputs = case.inputs(step)
        blobs = case.net(**inputs)
        for blob, want in case.group(f"step/{step}").items():
            assert_close(blobs[blob], want, f"{blob} at step {step}")
    for key, want in case.group("after").items():
        assert_close(case.blob(key), want, f"{key} after the forwards")
    if not case.group("diff") and not case.group("paramdiff"):
        return
    total = sum(
        (blobs[b] * torch.tensor(d, device=device)).sum() for b, d in case.group("topdiff").items()
    )
    total = total + sum(w * blobs[b].sum() for b, w in case.graph.loss_weights.items())
    total.backward()
    for blob, want in case.group("diff").items():
        assert_close(inputs[blob].grad, want, f"gradient of {blob}")
    for key, want in case.group("paramdiff").items():
        assert_close(case.blob(key).grad, want, f"gradient of {key}")


@pytest.mark.parametrize("name", cases())
def test_infers_what_torch_returns(name: str) -> None:
    case = Case(name)
    blobs = case.net(**case.inputs(0))
    if "Filter" not in LAYERS or not any(
        n.type == "Filter" for n in case.graph.nodes
    ):  # its size depends on the data
        assert {b: tuple(t.shape) for b, t in blobs.items()} == case.graph.blob_shapes
    held = {
        layer: [tuple(b.shape) for b in found] for layer, found in compiler.blobs(case.net).items()
    }
    assert held == case.graph.weight_shapes
    roles = {
        f"{case.net.modules_of[n.name]}.{w.role}"
        for n in case.graph.nodes
        for i, w in enumerate(n.weights)
        if (n.name, i) not in case.graph.owners or case.blob(f"{n.name}/{i}").requires_grad
    }
    assert set(case.net.state_dict()) == roles  # what is seen in another shape stands once


def test_every_layer_type_has_a_golden_case_or_a_test_of_its_own() -> None:
    sources = {"Data", "ImageData", "HDF5Data", "WindowData", "MemoryData", "HDF5Output"}
    elsewhere = {*sources, "Python"}  # test_data.py, test_python_layer.py ...
    forks = {name for name, declared in LAYERS.items() if declared.fork}  # test_fork_shapes.py
    shown = {node.type for name in cases() for node in Case(name).graph.nodes}
    assert set(LAYERS) - elsewhere - forks - shown == set()


def caffe_pooling(
    image: np.ndarray, size: int, stride: int, pad: int, method: str, up: bool
) -> np.ndarray:
    """Pooling over the last axis, written as Caffe's loops are (pooling_layer.cpp)."""
    length = image.shape[-1]
    span = length + 2 * pad - size
    count = (math.ceil(span / stride) if up else span // stride) + 1
    if pad and (count - 1) * stride >= length + pad:
        count -= 1
    tops = []
    for i in range(count):
        start = i * stride - pad
        end = min(start + size, length + pad)
        pool_size = end - start
        window = image[..., max(start, 0) : min(end, length)]
        if method == "MAX":
            lowest = np.full(image.shape[:-1], np.finfo(np.float32).min)
            tops.append(np.maximum(window.max(-1), lowest) if window.shape[-1] else lowest)
        else:
            with np.errstate(invalid="ignore"):
                tops.append(window.sum(-1) / np.float32(pool_size))
    return np.stack(tops, -1)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_pools_the_windows_that_caffe_pools(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 5))
    pad = data.draw(st.integers(0, size - 1))
    stride = data.draw(st.integers(1, 6))
    length = data.draw(st.integers(max(1, size - 2 * pad), 13))
    method = data.draw(st.sampled_from(["MAX", "AVE"]))
    rounding = data.draw(st.sampled_from(["CEIL", "FLOOR"]))
    text = f"""
        layer {{ name: "data" type: "Input" top: "data"
          input_param {{ shape {{ dim: 2 dim: 1 dim: 1 dim: {length} }} }} }}
        layer {{ name: "pool" type: "Pooling" bottom: "data" top: "pool"
          pooling_param {{ pool: {method} round_mode: {rounding} kernel_h: 1 kernel_w: {size}
                          stride_h: 1 stride_w: {stride} pad_h: 0 pad_w: {pad} }} }}"""
    graph = netspec.loads(text)
    image = np.random.default_rng(0).normal(size=(2, 1, 1, length)).astype(np.float32)
    want = caffe_pooling(image, size, stride, pad, method, rounding == "CEIL")
    got = compiler.compile(graph)(torch.from_numpy(image))["pool"].numpy()
    assert graph.blob_shapes["pool"] == want.shape
    np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-6)


def one_layer(body: str, shape: str = "dim: 2 dim: 3 dim: 8 dim: 8") -> netspec.Graph:
    return netspec.loads(
        f'layer {{ name: "data" type: "Input" top: "data" input_param {{ shape {{ {shape} }} }} }}'
        f'layer {{ name: "top" bottom: "data" top: "top" {body} }}',
        phase="TRAIN",
    )


REFUSED = [  # what Caffe stops at: the layer, its bottom, the diagnostic
    ('type: "BatchNorm"', "dim: 4", "N401"),
    ('type: "PReLU"', "dim: 1 dim: 2 dim: 3 dim: 3 dim: 3", "N401"),
    (
        'type: "Pooling" pooling_param { kernel_size: 5 stride: 2 }',
        "dim: 1 dim: 1 dim: 5 dim: 2",
        "N402",
    ),
    (
        'type: "Pooling" pooling_param { kernel_size: 3 stride: 2 round_mode: FLOOR }',
        "dim: 1 dim: 1 dim: 2 dim: 2",
        "N402",
    ),
    (
        'type: "Convolution" convolution_param { num_output: 1 kernel_size: 5 stride: 2 }',
        "dim: 1 dim: 1 dim: 5 dim: 1",
        "N402",
    ),
    (
        'type: "Pooling" pooling_param { kernel_size: 2 pad_w: 1 }',
        "dim: 1 dim: 1 dim: 4 dim: 4",
        "N207",
    ),
    ('type: "ArgMax"', "", "N401"),
    ('type: "Bias" bias_param { num_axes: 0 }', "dim: 3", "N404"),
    (
        'type: "Scale" scale_param { num_axes: 0 filler { type: "xavier" } }',
        "dim: 2 dim: 3",
        "N407",
    ),
    (
        'type: "InnerProduct" inner_product_param { num_output: 3'
        ' weight_filler { type: "gaussian" sparse: 4 } }',
        "dim: 2 dim: 3",
        "N407",
    ),
]


@pytest.mark.parametrize(("body", "shape", "code"), REFUSED, ids=[b for b, *_ in REFUSED])
def test_refuses_what_caffe_refuses(body: str, shape: str, code: str) -> None:
    with pytest.raises(netspec.SpecError) as caught:
        one_layer(body, shape)
    assert [d.code for d in caught.value.diagnostics] == [code]


FILLERS = [  # filler, what holds of a 64 x 50 x 3 x 3 weight
    ('type: "constant" value: 2', lambda w: (w == 2).all()),
    (
        'type: "uniform" min: -3 max: 5',
        lambda w: w.min() >= -3 and w.max() <= 5 and abs(w.mean() - 1) < 0.1,
    ),
    (
        'type: "gaussian" mean: 1 std: 2',
        lambda w: abs(w.mean() - 1) < 0.1 and abs(w.std() - 2) < 0.1,
    ),
    ('type: "gaussian" std: 1 sparse: 16', lambda w: abs((w != 0).float().mean() - 16 / 64) < 0.02),
    (
        'type: "positive_unitball"',
        lambda w: torch.allclose(w.flatten(1).sum(1), torch.ones(64)) and w.min() >= 0,
    ),
    ('type: "xavier"', lambda w: abs(w.abs().max() - math.sqrt(3 / 450)) < 1e-4),
    (
        'type: "xavier" variance_norm: FAN_OUT',
        lambda w: abs(w.abs().max() - math.sqrt(3 / 576)) < 1e-4,
    ),
    (
        'type: "xavier" variance_norm: AVERAGE',
        lambda w: abs(w.abs().max() - math.sqrt(3 / 513)) < 1e-4,
    ),
    ('type: "msra"', lambda w: abs(w.std() - math.sqrt(2 / 450)) < 1e-3),
]


@pytest.mark.parametrize(("filler", "holds"), FILLERS, ids=[f for f, _ in FILLERS])
def test_fills(filler: str, holds: object) -> None:
    torch.manual_seed(3)
    graph = one_layer(
        'type: "Convolution" convolution_param { num_output: 64 kernel_size: 3'
        f" weight_filler {{ {filler} }} }}",
        "dim: 1 dim: 50 dim: 8 dim: 8",
    )
    assert holds(compiler.blobs(compiler.compile(graph))["top"][0].detach())


def test_bilinear_deconvolution_upsamples_as_interpolate_does() -> None:
    graph = one_layer(
        """type: "Deconvolution" convolution_param { num_output: 3 group: 3 kernel_size: 4 stride: 2
           pad: 1 bias_term: false weight_filler { type: "bilinear" } }"""
    )
    image = torch.rand(2, 3, 8, 8)
    want = torch.nn.functional.interpolate(image, scale_factor=2, mode="bilinear")
    torch.testing.assert_close(
        compiler.compile(graph)(image)["top"][..., 2:-2, 2:-2], want[..., 2:-2, 2:-2]
    )


def test_dropout_and_batchnorm_follow_train_and_eval() -> None:
    net = compiler.compile(one_layer('type: "Dropout" dropout_param { dropout_ratio: 0.25 }'))
    ones = torch.ones(2, 3, 64, 64)
    dropped = net(ones)["top"]
    assert abs((dropped == 0).float().mean() - 0.25) < 0.05
    assert dropped.unique().tolist() == pytest.approx([0, 4 / 3])
    assert torch.equal(net.eval()(ones)["top"], ones)
    fixed = compiler.compile(
        one_layer('type: "BatchNorm" batch_norm_param { use_global_stats: true }')
    )
    fixed(ones)
    assert not compiler.blobs(fixed)["top"][2].any(), (
        "use_global_stats: true keeps its statistics in TRAIN"
    )


def test_stochastic_pooling_draws_members_in_train_and_weighs_them_in_test() -> None:
    net = compiler.compile(
        one_layer('type: "Pooling" pooling_param { pool: STOCHASTIC kernel_size: 2 stride: 2 }')
    )
    image = torch.rand(2, 3, 8, 8) + 0.1
    members = image.unfold(2, 2, 2).unfold(3, 2, 2).flatten(-2)
    assert (net(image)["top"][..., None] == members).any(-1).all()
    want = members.square().sum(-1) / members.sum(-1)
    torch.testing.assert_close(net.eval()(image)["top"], want)


@pytest.mark.parametrize("size", [10.0, 1e3, 1e6, 1e9, 1e17, 1e30])
@pytest.mark.parametrize("label", [0, 2])
def test_the_loss_stops_at_87_but_its_gradient_does_not(size: float, label: int) -> None:
    graph = netspec.loads(
        'layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 1 dim: 3 } } }'
        'layer { name: "y" type: "Input" top: "y" input_param { shape { dim: 1 } } }'
        'layer { name: "loss" type: "SoftmaxWithLoss" bottom: "x" bottom: "y" top: "loss" }'
    )
    scores = torch.tensor([[0.0, size, -size]], requires_grad=True)
    loss = compiler.compile(graph)(scores, torch.tensor([float(label)]))["loss"]
    exact = size * (2 if label == 2 else 1)  # -log of a probability that float32 may not hold
    assert loss.item() == pytest.approx(min(exact, 87.33654), rel=1e-4)
    loss.backward()
    want = torch.tensor([[0.0, 1.0, 0.0]])
    want[0, label] -= 1
    torch.testing.assert_close(scores.grad, want, atol=1e-4, rtol=0)


def test_a_layer_cannot_overwrite_what_it_reads_twice() -> None:
    with pytest.raises(netspec.SpecError, match="N305"):
        netspec.loads(
            'layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 } } }'
            'layer { name: "op" type: "Bias" bottom: "x" bottom: "x" top: "x"'
            " bias_param { axis: 0 } }"
        )
