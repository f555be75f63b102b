"""Where netspec does not follow Caffe (netspec/reference/unlike.py)."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from one_layer import One, drawn, graph_of

import compiler
import netspec
from netspec.lints.wiring import overwritten

INPUT = """
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 2 dim: 3 dim: 4 } } }
"""


@pytest.mark.parametrize(("power", "slope"), [(3, 0.0), (0.5, math.inf), (2, 0.0), (1, 1.0)])
def test_the_gradient_of_a_power_at_0(power: float, slope: float) -> None:
    layer = One(f'type: "Power" power_param {{ power: {power} }}', [(1, 2)])
    layer.tensors(np.zeros((1, 2), np.float32), grad=True)[0].sum().backward()
    assert layer.inputs[0].grad.tolist() == [[slope, slope]]


@pytest.mark.parametrize(
    "body",
    [
        'type: "Power" power_param { power: 3 scale: 0.5 shift: 2 }',
        'type: "Log" log_param { shift: 9 }',
        'type: "BNLL"',
        'type: "MVN" mvn_param { across_channels: true }',
        'type: "Clip" clip_param { min: -0.5 max: 0.5 }',
    ],
)
def test_gradients_in_place_are_those_of_a_top_of_its_own(body: str) -> None:
    found = []
    for top in ("x", "y"):
        net = compiler.compile(
            netspec.loads(
                f"""
            layer {{ name: "data" type: "Input" top: "data"
                     input_param {{ shape {{ dim: 1 dim: 2 dim: 3 dim: 3 }} }} }}
            layer {{ name: "x" type: "Power" bottom: "data" top: "x" power_param {{ scale: 2 }} }}
            layer {{ name: "op" {body} bottom: "x" top: "{top}" loss_weight: 1 }}""",
                phase="TRAIN",
            )
        )
        assert [d.code for d in overwritten(net.spec)] == ["N521"] * (top == "x")
        data = torch.tensor(drawn(3, 1, 2, 3, 3), requires_grad=True)
        (net(data)[top] * torch.arange(9.0).view(3, 3)).sum().backward()
        found.append(data.grad)
    assert torch.equal(*found)
    assert found[0].any()


@pytest.mark.parametrize(
    "body",
    [
        'type: "Pooling" pooling_param { kernel_size: 2 stride: 2 }',
        'type: "Clip" clip_param { min: 0 max: 1 }',
    ],
)
def test_nan_stays(body: str) -> None:
    image = np.full((1, 1, 2, 2), 0.5, np.float32)
    image[0, 0, 0, 0] = np.nan
    assert np.isnan(One(body, [(1, 1, 2, 2)])(image)[0]).sum() == 1


@pytest.mark.parametrize("again", ["Flatten", 'Reshape" reshape_param { shape { dim: -1 } } #'])
def test_what_works_in_place_behind_a_flatten_leaves_its_bottom(again: str) -> None:
    net = compiler.compile(
        netspec.loads(
            INPUT
            + f"""
        layer {{ name: "x" type: "AbsVal" bottom: "data" top: "x" }}
        layer {{ name: "flat" bottom: "x" top: "flat" type: "{again}"
        }}
        layer {{ name: "neg" type: "Power" bottom: "flat" top: "flat" power_param {{ scale: -1 }} }}
        layer {{ name: "reader" type: "Power" bottom: "x" top: "y" }}"""
        )
    )
    data = torch.tensor(drawn(1, 2, 3, 4))
    made = net(data)
    assert torch.equal(made["y"], data.abs())
    assert torch.equal(made["flat"].flatten(), -data.abs().flatten())


REFUSED = [
    ('type: "Convolution" convolution_param { num_output: 1 kernel_size: 1 }', [(2, 3)], "N401"),
    (
        'type: "Convolution" convolution_param { num_output: 1 kernel_size: 1 }',
        [(1, 1, 2, 2, 2, 2)],
        "N401",
    ),
    (
        'type: "Convolution" convolution_param { num_output: 1 kernel_size: 3 }',
        [(1, 1, 2, 2)],
        "N402",
    ),
    ('type: "Dropout" dropout_param { dropout_ratio: 1 }', [(2, 3)], "N205"),
    ('type: "HingeLoss"', [(2, 3), (2, 3)], "N403"),
]


@pytest.mark.parametrize(("body", "bottoms", "code"), REFUSED)
def test_refuses_what_caffe_takes(body: str, bottoms: list[tuple[int, ...]], code: str) -> None:
    with pytest.raises(netspec.SpecError) as caught:
        graph_of(body, bottoms)
    assert [d.code for d in caught.value.diagnostics] == [code]


IN_PLACE = ['type: "Eltwise" bottom: "other"', 'type: "Tile" tile_param { tiles: 1 }']


@pytest.mark.parametrize("body", IN_PLACE)
def test_refuses_to_write_in_place_where_caffe_makes_nonsense(body: str) -> None:
    with pytest.raises(netspec.SpecError, match="N306"):
        netspec.loads(
            INPUT
            + INPUT.replace('"data"', '"other"')
            + f'layer {{ name: "op" bottom: "data" top: "data" {body} }}'
        )


@pytest.mark.parametrize(
    "body", ['type: "SoftmaxWithLoss" loss_weight: 1 loss_weight: 0', 'type: "InfogainLoss"']
)
def test_a_loss_may_have_its_softmax_as_second_top(body: str) -> None:
    if "Infogain" in body:
        layer = One(body + " loss_weight: 1 loss_weight: 0", [(2, 3), (2,), (3, 3)], 2)
        made = layer(drawn(1, 2, 3), np.zeros(2, np.float32), np.eye(3, dtype=np.float32))
    else:
        layer = One(body, [(2, 3), (2,)], 2)
        made = layer(drawn(1, 2, 3), np.zeros(2, np.float32))
    assert layer.graph.loss_weights == {"t0": 1.0}
    np.testing.assert_allclose(made[1].sum(1), 1, rtol=1e-6)


@pytest.mark.parametrize("number", [-1, 4])
def test_numbers_out_of_range_are_refused(number: int) -> None:
    rows = One('type: "Embed" embed_param { num_output: 2 input_dim: 4 }', [(1,)])
    with pytest.raises(netspec.SpecError, match="C351"):
        rows(np.array([number], np.float32))
    loss = One('type: "SoftmaxWithLoss"', [(1, 4), (1,)])
    with pytest.raises(netspec.SpecError, match="C350"):
        loss(drawn(0, 1, 4), np.array([number], np.float32))


@pytest.mark.parametrize(("weight", "counts"), [("", 1.5), ("loss_weight: 0", 0.5)])
def test_a_loss_that_is_read_counts_by_itself_as_well(weight: str, counts: float) -> None:
    graph = netspec.loads(
        INPUT
        + f"""
        layer {{ name: "goal" type: "Power" bottom: "data" top: "goal" power_param {{ scale: 0 }} }}
        layer {{ name: "loss" type: "EuclideanLoss" bottom: "data" bottom: "goal" top: "loss"
                 {weight} }}
        layer {{ name: "half" type: "Power" bottom: "loss" top: "half" loss_weight: 1
                 power_param {{ scale: 0.5 }} }}""",
        phase="TRAIN",
    )
    data = torch.tensor(drawn(1, 2, 3, 4), requires_grad=True)
    made = compiler.compile(graph, keep="all")(data)
    sum(w * made[b] for b, w in graph.loss_weights.items()).backward()
    torch.testing.assert_close(data.grad, counts * data.detach() / 2)


def test_gradients_go_through_a_reshape_and_a_flatten() -> None:
    net = compiler.compile(
        netspec.loads(
            INPUT
            + """
        layer { name: "x" type: "Reshape" bottom: "data" top: "x"
                reshape_param { shape { dim: 0 dim: 2 dim: -1 } } }
        layer { name: "flat" type: "Flatten" bottom: "x" top: "flat" }"""
        )
    )
    data = torch.tensor(drawn(1, 2, 3, 4), requires_grad=True)
    net(data)["flat"].sum().backward()
    assert (data.grad == 1).all()


@pytest.mark.parametrize("kind", ["EuclideanLoss", "HingeLoss", "MultinomialLogisticLoss"])
def test_losses_take_any_number_of_axes(kind: str) -> None:
    shape = (2, 1, 1, 3, 1)
    scores = np.abs(drawn(2, *shape))
    second = (shape, drawn(3, *shape)) if kind == "EuclideanLoss" else ((2,), np.array([0.0, 2]))
    deep = One(f'type: "{kind}"', [shape, second[0]])(scores, second[1].astype(np.float32))
    rows = scores.reshape(2, 3)
    flat = second[1].reshape(2, -1) if kind == "EuclideanLoss" else second[1]
    want = One(f'type: "{kind}"', [(2, 3), flat.shape])(rows, flat.astype(np.float32))
    assert deep[0] == want[0] > 0


@pytest.mark.parametrize("kind", ["LSTM", "RNN"])
def test_sequences_may_be_of_any_length(kind: str) -> None:
    body = f'type: "{kind}" recurrent_param {{ num_output: 2 weight_filler {{ type: "xavier" }} }}'
    layer = One(body, [(3, 1, 2), (3, 1)])
    x, going = drawn(5, 5, 1, 2), np.ones((5, 1), np.float32)
    going[0] = 0
    whole = layer(x, going)[0]
    parts = [layer(x[:2], going[:2])[0], layer(x[2:], going[2:])[0]]
    np.testing.assert_allclose(np.concatenate(parts), whole, rtol=1e-6)


def test_all_loss_weights_count() -> None:
    graph = netspec.loads(
        INPUT
        + """
        layer { name: "cut" type: "Slice" bottom: "data" top: "x" top: "y" loss_weight: 0.5
                loss_weight: 1 slice_param { slice_point: 1 } }
        layer { name: "reader" type: "TanH" bottom: "x" top: "bent" }"""
    )
    assert graph.loss_weights == {"x": 0.5, "y": 1.0}


def test_relu_of_minus_infinity_is_0() -> None:
    assert One('type: "ReLU"', [(1, 2)])(np.array([[-np.inf, 2]], np.float32))[0].tolist() == [
        [0, 2]
    ]
