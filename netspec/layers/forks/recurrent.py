"""Lstm, an LSTM from before BVLC had one."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from netspec.layers.recurrent import LSTM as RecurrentLSTM
from netspec.schema.forks import LSTM, MYCAFFE
from netspec.schema.kinds import Float, Positive, UInt
from netspec.schema.layer import Family, Layer, Shape, Weight
from netspec.schema.net import FillerParameter
from netspec.schema.settings import Reject, group, param
from netspec.schema.wording import spelled
from netspec.schema.work import Keeps, Run, Work


class Lstm(Layer):
    """Long short-term memory over sequences of batch_size streams, step by step, one row each.

    The second bottom has a 0 for each row where a sequence begins; with it the state goes on from
    batch to batch, without it each batch begins anew. The gates are input, forget, output, update.
    Of several streams, step t reads the marks of the rows from t on, as the fork does.
    With recurrent_param it is MyCaffe's, whose names have any capitals: BVLC's LSTM.
    """

    message, family = "lstm_param", Family.DENSE
    fork = f"{LSTM}; {MYCAFFE} with recurrent_param"
    caffe = "layers/lstm_layer.cpp"

    num_output: int = param(UInt, "how many numbers a step makes", default=0)
    clipping_threshold: float = param(
        Float(), "gradients of the gates are cut off here; 0 is not at all", default=0.0
    )
    weight_filler: FillerParameter = param(
        FillerParameter, "fills the weights", default=FillerParameter()
    )
    bias_filler: FillerParameter = param(
        FillerParameter, "fills the bias", default=FillerParameter()
    )
    batch_size: int = param(Positive, "how many streams there are", default=1)
    recurrent: RecurrentLSTM | None = group(
        RecurrentLSTM, "recurrent_param", "MyCaffe: the settings of an LSTM", default=None
    )

    def check(self) -> Iterable[Reject]:
        if self.recurrent is None and not self.num_output:
            message = "num_output is missing"
            yield Reject("N207", "num_output", message, "add num_output, more than 0")

    def meant(self) -> Layer:
        return self if self.recurrent is None else self.recurrent

    def infer(self, rows: Shape, cont: Shape | None = None) -> Shape:
        if not rows or rows[0] % self.batch_size:
            message = f"{spelled(rows)} cannot be split into {self.batch_size} streams"
            raise Reject("N406", "batch_size", message, "rows are steps x batch_size")
        if cont is not None and math.prod(cont) != rows[0]:
            message = f"{rows[0]} rows, but the second bottom is {spelled(cont)}"
            raise Reject("N403", "bottom", message, "a number for each row")
        return rows[0], self.num_output

    def weights(self, rows: Shape, cont: Shape | None = None) -> tuple[Weight, ...]:
        gates, inputs = 4 * self.num_output, math.prod(rows[1:])
        return (
            Weight("weight_x", (gates, inputs), self.weight_filler),
            Weight("weight_h", (gates, self.num_output), self.weight_filler),
            Weight("bias", (gates,), self.bias_filler),
        )

    def work(self, run: Run) -> Work:
        return Work(24 * math.prod(run.tops[0]), Keeps.BOTTOMS, kept=13 * math.prod(run.tops[0]))

    def macs(self, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        inputs = math.prod(bottoms[0][1:])
        return bottoms[0][0] * 4 * self.num_output * (inputs + self.num_output)
