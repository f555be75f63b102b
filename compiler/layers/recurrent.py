"""LSTM and RNN, step by step. Gates stand in the order i, f, o, g."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from compiler.lower import Weighted, lower
from netspec.graph import Node
from netspec.layers.recurrent import LSTM, RNN, LSTMUnit


class _Kept(torch.autograd.Function):
    """going sigmoid(gate), with the slope y (1 - y) that Caffe gives it: right for 0 and 1."""

    @staticmethod
    def forward(ctx: Any, gate: Tensor, going: Tensor) -> Tensor:
        kept = going * gate.sigmoid()
        ctx.save_for_backward(kept)
        return kept

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        (kept,) = ctx.saved_tensors
        return torch.ops.aten.sigmoid_backward(gradient, kept), None


def lstm_step(cell: Tensor, gates: Tensor, going: Tensor) -> tuple[Tensor, Tensor]:
    """The new cell state and output; `going` is 0 where a sequence begins, and forgets the cell."""
    i, f, o, g = gates.chunk(4, -1)
    plain = torch.compiler.is_compiling()
    kept = going * f.sigmoid() if plain else _Kept.apply(f, going)
    cell = kept * cell + i.sigmoid() * g.tanh()
    return cell, o.sigmoid() * cell.tanh()


class Recurrent(Weighted):
    """What LSTM and RNN share: the bottoms, and the states that go from batch to batch.

    As in Caffe no gradient goes through a state that comes from outside or leaves.
    """

    input_weight: Tensor
    hidden_weight: Tensor
    static_weight: Tensor
    bias: Tensor

    def __init__(self, layer: LSTM | RNN, node: Node) -> None:
        super().__init__(node)
        self.outputs, self.states, self.exposed = (
            layer.num_output,
            layer.states,
            layer.expose_hidden,
        )
        self.kept: tuple[Tensor, ...] = ()

    def reset(self) -> None:
        """Forget the state, as if no batch had been seen."""
        self.kept = ()

    def forward(self, x: Tensor, cont: Tensor, *more: Tensor) -> Tensor | tuple[Tensor, ...]:
        before = more[len(more) - self.states :] if self.exposed else self._carried(x)
        static = more[0] if len(more) > self.states * self.exposed else None
        cont = cont.detach()  # Caffe hands no gradient to it
        inputs = F.linear(x.flatten(2), self.input_weight, self.bias)
        if static is not None:
            inputs = inputs + F.linear(static.flatten(1), self.static_weight)
        states = tuple(state[0].detach() for state in before)
        tops = []
        for step, going in zip(inputs, cont[:, :, None]):
            top, states = self.step(step, going, states)
            tops.append(top)
        after = tuple(state[None].detach() for state in states)
        if self.exposed:
            return torch.stack(tops), *after
        self.kept = after
        return torch.stack(tops)

    def step(
        self, step: Tensor, going: Tensor, states: tuple[Tensor, ...]
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        """One step's output and states, from what its input contributes."""
        raise NotImplementedError

    def _carried(self, x: Tensor) -> tuple[Tensor, ...]:
        shape = (1, x.shape[1], self.outputs)
        if self.kept and self.kept[0].shape == shape and self.kept[0].device == x.device:
            return self.kept
        return (x.new_zeros(shape),) * self.states

    def extra_repr(self) -> str:
        return f"{self.input_weight.shape[1]}, {self.outputs}"


class LongShortTerm(Recurrent):
    """LSTM; the states are output and cell."""

    def step(
        self, step: Tensor, going: Tensor, states: tuple[Tensor, ...]
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        output, cell = states
        gates = step + F.linear(going * output, self.hidden_weight)
        cell, output = lstm_step(cell, gates, going)
        return output, (output, cell)


class Simple(Recurrent):
    """RNN; the state is the hidden layer, which an output layer reads."""

    output_weight: Tensor
    output_bias: Tensor

    def step(
        self, step: Tensor, going: Tensor, states: tuple[Tensor, ...]
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        hidden = (step + F.linear(going * states[0], self.hidden_weight)).tanh()
        return F.linear(hidden, self.output_weight, self.output_bias).tanh(), (hidden,)


class Step(nn.Module):
    """LSTMUnit."""

    def forward(self, cell: Tensor, gates: Tensor, cont: Tensor) -> tuple[Tensor, Tensor]:
        return lstm_step(cell, gates, cont.detach()[..., None])


@lower.register
def lstm(layer: LSTM, node: Node) -> nn.Module:
    return LongShortTerm(layer, node)


@lower.register
def rnn(layer: RNN, node: Node) -> nn.Module:
    return Simple(layer, node)


@lower.register
def lstm_unit(layer: LSTMUnit, node: Node) -> nn.Module:
    return Step()
