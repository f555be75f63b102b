"""LSTM and RNN over sequences, and LSTMUnit, one step of an LSTM."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from netspec.layers.fork_recurrent import ForkRecurrent
from netspec.schema.kinds import Bool, Positive
from netspec.schema.layer import Count, Family, Layer, Shape, Weight
from netspec.schema.net import FillerParameter
from netspec.schema.settings import Reject, param
from netspec.schema.wording import spelled
from netspec.schema.work import Keeps, Run, Work


class Parts(NamedTuple):
    """What the bottoms of a recurrent layer are."""

    x: Shape
    cont: Shape
    static: Shape | None
    states: tuple[Shape, ...]


class _Recurrent(ForkRecurrent, Layer):
    """What LSTM and RNN share.

    The first bottom is steps x streams x features, the second (steps x streams) is 0 where a
    sequence begins and 1 where it goes on. A third (streams x features) is the same for every step.
    With expose_hidden the states before the first step are the last bottoms, and those after the
    last step the last tops.
    """

    message, family = "recurrent_param", Family.DENSE
    states: ClassVar[int]  # how many kinds of state pass from step to step
    gates: ClassVar[int]  # how many numbers each output is computed from

    num_output: int = param(Positive, "how many numbers a step makes")
    weight_filler: FillerParameter = param(
        FillerParameter, "fills the weights", default=FillerParameter()
    )
    bias_filler: FillerParameter = param(
        FillerParameter, "fills the biases", default=FillerParameter()
    )
    debug_info: bool = param(
        Bool(),
        "print means of blobs and gradients while running",
        default=False,
        unused="there is no unrolled net inside, whose blobs could be printed",
    )
    expose_hidden: bool = param(
        Bool(), "read the first states as bottoms and give the last as tops", default=False
    )

    def parts(self, x: Shape, cont: Shape, *more: Shape) -> Parts:
        """The bottoms told apart; raises Reject."""
        states = self.states if self.expose_hidden else 0
        if len(more) not in (states, states + 1):
            message = f"found {2 + len(more)} bottoms, expected {2 + states} or {3 + states}"
            help = (
                "with expose_hidden the first states are bottoms"
                if not states
                else "the first states are missing"
            )
            raise Reject("N302", "bottom", message, help)
        return Parts(x, cont, more[0] if len(more) > states else None, more[len(more) - states :])

    def infer(self, x: Shape, cont: Shape, *more: Shape, tops: int) -> tuple[Shape, ...]:
        _, _, static, states = self.parts(x, cont, *more)
        if len(x) < 3:
            message = f"expected steps x streams x features, found {spelled(x)}"
            raise Reject("N401", "bottom", message, "add an axis")
        if cont != x[:2]:
            message = f"the second bottom is {spelled(cont)}, the first {spelled(x)}"
            raise Reject(
                "N403",
                "bottom",
                message,
                f"a number for each step of each stream: {spelled(x[:2])}",
            )
        streams = x[1]
        if static is not None and (len(static) < 2 or static[0] != streams):
            message = f"the static bottom is {spelled(static)}"
            raise Reject("N403", "bottom", message, f"features for each of the {streams} streams")
        state = (1, streams, self.num_output)
        for found in states:
            if found != state:
                message = f"a state is {spelled(found)}, expected {spelled(state)}"
                raise Reject("N403", "bottom", message, "1 x streams x num_output")
        top = (*x[:2], self.num_output, *(self.directions,) * self.packed)
        made = (top, *(state,) * (self.states if self.expose_hidden else 0))
        if tops != len(made):
            message = f"found {tops} tops, expected {len(made)}"
            raise Reject(
                "N303",
                "top",
                message,
                "with expose_hidden the last states are tops, else there is one",
            )
        return made

    def weights(self, x: Shape, cont: Shape, *more: Shape) -> tuple[Weight, ...]:
        static = self.parts(x, cont, *more).static
        if self.packed:
            count = self.packed_size(self.gates, math.prod(x[2:]), self.num_output)
            return (Weight("packed", (count, 1, 1), self.weight_filler),)
        out = self.gates * self.num_output
        fill = self.weight_filler
        made = [
            Weight("input_weight", (out, math.prod(x[2:])), fill),
            Weight("bias", (out,), self.bias_filler),
        ]
        if static is not None:
            made.append(Weight("static_weight", (out, math.prod(static[1:])), fill))
        return (*made, Weight("hidden_weight", (out, self.num_output), fill))

    def macs(self, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        steps, streams = bottoms[0][:2]
        per_step = {"static_weight": 1}
        return sum(
            streams * per_step.get(w.role, steps) * math.prod(w.shape)
            for w in self.weights(*bottoms)
            if len(w.shape) == 2
        )


class LSTM(_Recurrent):
    """Long short-term memory over a sequence (Hochreiter & Schmidhuber 1997)."""

    tops = Count(1, 3)
    states, gates = 2, 4
    caffe = "layers/lstm_layer.cpp"

    def work(self, run: Run) -> Work:
        outputs = math.prod(run.tops[0])  # a step: 4 gates, each added up; 3 sigmoids, 2 tanh
        return Work(24 * outputs, Keeps.BOTTOMS, kept=11 * outputs, scratch=5 * outputs)

    def caption(self, *bottoms: Shape) -> str:
        return f"LSTM, {self.num_output}"


class RNN(_Recurrent):
    """A recurrent network: h = tanh(W h' + U x + b), and the output tanh(V h + c)."""

    tops = Count(1, 2)
    states, gates = 1, 1
    caffe = "layers/rnn_layer.cpp"

    def weights(self, x: Shape, cont: Shape, *more: Shape) -> tuple[Weight, ...]:
        square = (self.num_output, self.num_output)
        return (
            *super().weights(x, cont, *more),
            Weight("output_weight", square, self.weight_filler),
            Weight("output_bias", square[:1], self.bias_filler),
        )

    def work(self, run: Run) -> Work:
        outputs = math.prod(run.tops[0])
        return Work(6 * outputs, Keeps.BOTTOMS, kept=4 * outputs, scratch=2 * outputs)

    def caption(self, *bottoms: Shape) -> str:
        return f"RNN, {self.num_output}"


class LSTMUnit(Layer):
    """One step of an LSTM: cell state, what the gates read, and cont make cell state and output."""

    family, tops = Family.DENSE, Count(2, 2)
    caffe = "layers/lstm_unit_layer.cpp"

    def infer(self, cell: Shape, gates: Shape, cont: Shape) -> tuple[Shape, ...]:
        if len(cell) != 3 or cell[0] != 1:
            raise Reject(
                "N401",
                "bottom",
                f"expected 1 x streams x outputs, found {spelled(cell)}",
                "one step",
            )
        wanted = (1, cell[1], 4 * cell[2])
        if gates != wanted:
            message = f"the second bottom is {spelled(gates)}, expected {spelled(wanted)}"
            raise Reject("N403", "bottom", message, "four gates for each output")
        if cont != cell[:2]:
            message = f"the third bottom is {spelled(cont)}, expected {spelled(cell[:2])}"
            raise Reject("N403", "bottom", message, "a number for each stream")
        return cell, cell

    def work(self, run: Run) -> Work:
        outputs = math.prod(run.tops[0])
        return Work(15 * outputs, Keeps.BOTTOMS, kept=8 * outputs)
