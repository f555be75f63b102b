"""Recurrent layers against PyTorch's, whose gates stand in another order, and their state."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

import compiler
import netspec

STEPS, STREAMS, FEATURES, OUT = 4, 3, 5, 2
ORDER = torch.tensor([[0, 1], [2, 3], [6, 7], [4, 5]]).flatten()  # i, f, g, o out of i, f, o, g


def sequence(kind: str) -> compiler.network.Network:
    torch.manual_seed(1)
    uniform = 'type: "uniform" min: -0.5 max: 0.5'
    graph = netspec.loads(
        f"""input: "x" input_shape {{ dim: {STEPS} dim: {STREAMS} dim: {FEATURES} }}
            input: "cont" input_shape {{ dim: {STEPS} dim: {STREAMS} }}
            layer {{ name: "r" type: "{kind}" bottom: "x" bottom: "cont" top: "y"
              recurrent_param {{ num_output: {OUT}
                weight_filler {{ {uniform} }} bias_filler {{ {uniform} }} }} }}"""
    )
    return compiler.compile(graph)


def bottoms() -> tuple[Tensor, Tensor]:
    torch.manual_seed(2)
    cont = torch.ones(STEPS, STREAMS)
    cont[0] = 0
    return torch.randn(STEPS, STREAMS, FEATURES), cont


def test_lstm_is_torchs_with_its_gates_reordered() -> None:
    net = sequence("LSTM")
    w_x, b, w_h = (w.detach() for w in compiler.blobs(net)["r"])
    theirs = torch.nn.LSTM(FEATURES, OUT)
    parts = zip(theirs.parameters(), (w_x[ORDER], w_h[ORDER], b[ORDER], torch.zeros(4 * OUT)))
    for parameter, value in parts:
        parameter.data = value
    x, cont = bottoms()
    torch.testing.assert_close(net(x, cont)["y"], theirs(x)[0])


def test_rnn_is_torchs_with_an_output_layer() -> None:
    net = sequence("RNN")
    w_x, b, w_h, w_o, b_o = (w.detach() for w in compiler.blobs(net)["r"])
    theirs = torch.nn.RNN(FEATURES, OUT)
    for parameter, value in zip(theirs.parameters(), (w_x, w_h, b, torch.zeros(OUT))):
        parameter.data = value
    x, cont = bottoms()
    torch.testing.assert_close(net(x, cont)["y"], (theirs(x)[0] @ w_o.T + b_o).tanh())


@pytest.mark.parametrize("kind", ["LSTM", "RNN"])
def test_the_state_goes_from_batch_to_batch_until_a_sequence_begins(kind: str) -> None:
    net = sequence(kind)
    x, cont = bottoms()
    going = torch.ones_like(cont)
    begun = net(x, cont)["y"]
    went_on = net(x, going)["y"]
    assert not torch.allclose(begun, went_on)
    torch.testing.assert_close(net(x, cont)["y"], begun)
    torch.testing.assert_close(net(x, going)["y"], went_on)
    net.layer("r").reset()
    torch.testing.assert_close(net(x, going)["y"], begun)
    net(x[:, :2], going[:, :2])  # other streams: the state of the old ones is of no use


@pytest.mark.parametrize("kind", ["LSTM", "RNN"])
def test_gradients_do_not_go_back_into_the_last_batch(kind: str) -> None:
    net = sequence(kind)
    x, cont = bottoms()
    first = x.clone().requires_grad_()
    net(first, cont)
    net(x, torch.ones_like(cont))["y"].sum().backward()
    assert first.grad is None


def test_lstm_unit_is_torchs_cell() -> None:
    graph = netspec.loads(
        f"""input: "c" input_shape {{ dim: 1 dim: {STREAMS} dim: {OUT} }}
            input: "gates" input_shape {{ dim: 1 dim: {STREAMS} dim: {4 * OUT} }}
            input: "cont" input_shape {{ dim: 1 dim: {STREAMS} }}
            layer {{ name: "unit" type: "LSTMUnit" bottom: "c" bottom: "gates" bottom: "cont"
              top: "c1" top: "h1" }}"""
    )
    torch.manual_seed(3)
    cell, gates = torch.randn(1, STREAMS, OUT), torch.randn(1, STREAMS, 4 * OUT)
    cont = torch.tensor([[1.0, 0.0, 1.0]])
    theirs = torch.nn.LSTMCell(4 * OUT, OUT, bias=False)
    theirs.weight_ih.data = torch.eye(4 * OUT)[ORDER]
    theirs.weight_hh.data.zero_()
    remembered = cell[0] * cont[0, :, None]
    hidden, after = theirs(gates[0], (torch.zeros(STREAMS, OUT), remembered))
    tops = compiler.compile(graph)(cell, gates, cont)
    torch.testing.assert_close(tops["c1"][0], after)
    torch.testing.assert_close(tops["h1"][0], hidden)


REFUSED = {
    "bottom x, cont, more, more": ("N302", 'bottom: "s" bottom: "s"', "num_output: 2"),
    "no first states": ("N302", "", "num_output: 2 expose_hidden: true"),
    "a top too many": ("N303", 'top: "h"', "num_output: 2"),
    "no outputs": ("N207", "", ""),
    "zero outputs": ("N205", "", "num_output: 0"),
    "static of other streams": ("N403", 'bottom: "x"', "num_output: 2"),
}


@pytest.mark.parametrize(("code", "wiring", "settings"), REFUSED.values(), ids=REFUSED)
def test_refuses(code: str, wiring: str, settings: str) -> None:
    with pytest.raises(netspec.SpecError) as caught:
        netspec.loads(
            f"""input: "x" input_shape {{ dim: 4 dim: 3 dim: 5 }}
                input: "cont" input_shape {{ dim: 4 dim: 3 }}
                input: "s" input_shape {{ dim: 3 dim: 5 }}
                layer {{ name: "r" type: "LSTM" bottom: "x" bottom: "cont" {wiring} top: "y"
                  recurrent_param {{ {settings} }} }}"""
        )
    assert [d.code for d in caught.value.diagnostics] == [code]
