"""Activations and Dropout, element by element, and Softmax along an axis."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from netspec.layers.engine import Engine, engine
from netspec.schema.forks import NORMFACE
from netspec.schema.kinds import Bool, Float, Int, Text
from netspec.schema.layer import Family, Layer, Shape, Weight, canonical_axis
from netspec.schema.net import FillerParameter
from netspec.schema.settings import Reject, param
from netspec.schema.sight import Sees, Sight
from netspec.schema.wording import spelled
from netspec.schema.work import Keeps, Run, Work

QUARTER = FillerParameter(value=0.25)


def normalize_type() -> Any:
    """Declare NormFace's choice of what scores are divided by."""
    return param(
        Text(),
        "Softmax, or a norm: L2, L1",
        default="Softmax",
        uncomputed="write a Normalize layer",
        fork=NORMFACE,
    )


class _Elementwise(Layer):
    """One bottom, one top of the same shape, element by element."""

    family = Family.ACTIVATION
    elementwise = in_place = True

    def infer(self, blob: Shape) -> Shape:
        return blob


class ReLU(_Elementwise):
    """max(0, x), with an optional slope below zero."""

    message = "relu_param"
    caffe = "layers/relu_layer.cpp"

    negative_slope: float = param(Float(), "the slope for x < 0", default=0.0)
    engine: Engine = engine()

    def work(self, run: Run) -> Work:
        if self.negative_slope:
            return Work(2 * run.made, Keeps.BOTTOMS)
        return Work(run.made, Keeps.TOPS)

    def caption(self, *bottoms: Shape) -> str:
        return f"ReLU, slope {self.negative_slope:g}" if self.negative_slope else "ReLU"


class PReLU(_Elementwise):
    """ReLU whose slope below 0 is learned, one per channel (He et al. 2015, arXiv 1502.01852)."""

    message = "prelu_param"
    caffe = "layers/prelu_layer.cpp"
    each, keeps = 2, Keeps.BOTTOMS

    filler: FillerParameter | None = param(
        FillerParameter, "fills the slope; 0.25 when not written", default=None
    )
    channel_shared: bool = param(Bool(), "one slope for all channels", default=False)

    def infer(self, blob: Shape) -> Shape:
        if not 2 <= len(blob) <= 4:
            message = f"expected 2 to 4 axes, found {spelled(blob)}"
            raise Reject("N401", "bottom", message, "a slope belongs to a channel, axis 1")
        return blob

    def weights(self, blob: Shape) -> tuple[Weight, ...]:
        shape = () if self.channel_shared else (blob[1],)
        return (Weight("weight", shape, self.filler or QUARTER),)


class ELU(_Elementwise):
    """x above zero, alpha (exp(x) - 1) below (Clevert et al. 2015, arXiv 1511.07289)."""

    message = "elu_param"
    backward_from_top = True
    caffe = "layers/elu_layer.cpp"
    each, keeps = 3, Keeps.BOTTOMS

    alpha: float = param(Float(), "what large negative x tend to, negated", default=1.0)

    def caption(self, *bottoms: Shape) -> str:
        return "ELU" if self.alpha == 1 else f"ELU, alpha {self.alpha:g}"


class Sigmoid(_Elementwise):
    """1 / (1 + exp(-x))."""

    message = "sigmoid_param"
    backward_from_top = True
    caffe = "layers/sigmoid_layer.cpp"
    each, keeps = 3, Keeps.TOPS

    engine: Engine = engine()


class TanH(_Elementwise):
    """The hyperbolic tangent."""

    message = "tanh_param"
    backward_from_top = True
    caffe = "layers/tanh_layer.cpp"
    each, keeps = 1, Keeps.TOPS

    engine: Engine = engine()


class Power(_Elementwise):
    """(shift + scale x)^power."""

    message, family = "power_param", Family.ARITHMETIC
    backward_from_bottom = True
    caffe = "layers/power_layer.cpp"

    power: float = param(Float(), "the power", default=1.0)
    scale: float = param(Float(), "multiplies x", default=1.0)
    shift: float = param(Float(), "added to scale x", default=0.0)

    def work(self, run: Run) -> Work:
        steps = (self.scale != 1) + (self.shift != 0) + (self.power != 1)
        line, between = (self.scale, self.shift) != (1, 0), run.made if steps > 1 else 0
        if self.power == 1:
            return Work(steps * run.made, scratch=between)
        keeps = Keeps.NOTHING if line else Keeps.BOTTOMS
        return Work(steps * run.made, keeps, run.made * line, scratch=between, back=2 * run.made)

    def identity_when(self, training: bool) -> bool:
        return (self.power, self.scale, self.shift) == (1.0, 1.0, 0.0)

    def caption(self, *bottoms: Shape) -> str:
        inner = "x" if self.scale == 1 else f"{self.scale:g}x"
        if self.shift:
            inner += f" {'+' if self.shift > 0 else '−'} {abs(self.shift):g}"
        if self.power == 1:
            return inner
        return f"{inner}^{self.power:g}" if inner == "x" else f"({inner})^{self.power:g}"


class Dropout(_Elementwise):
    """In TRAIN, set elements to zero at random and scale the rest up; in TEST, pass all on."""

    message = "dropout_param"
    caffe = "layers/dropout_layer.cpp"

    dropout_ratio: float = param(Float(), "the share of elements that is dropped", default=0.5)

    def check(self) -> Iterable[Reject]:
        if not 0 <= self.dropout_ratio < 1:
            message = f"dropout_ratio is {self.dropout_ratio:g}; it is 0 or more and less than 1"
            yield Reject("N205", "dropout_ratio", message, "remove the layer to drop nothing")

    def work(self, run: Run) -> Work:
        return Work(2 * run.made, kept=run.made, scratch=2 * run.made)

    def identity_when(self, training: bool) -> bool:
        return not training

    def caption(self, *bottoms: Shape) -> str:
        return f"Dropout {self.dropout_ratio:g}"


class BNLL(_Elementwise):
    """log(1 + exp(x)), a smooth ReLU; PyTorch calls it softplus."""

    backward_from_bottom = True
    caffe = "layers/bnll_layer.cpp"
    each, keeps = 3, Keeps.BOTTOMS


class Swish(_Elementwise):
    """x times the sigmoid of beta x (Ramachandran et al. 2017, arXiv 1710.05941)."""

    message = "swish_param"
    backward_from_top = True
    caffe = "layers/swish_layer.cpp"

    beta: float = param(Float(), "how sharp the bend is", default=1.0)

    def work(self, run: Run) -> Work:
        if self.beta == 1:
            return Work(4 * run.made, Keeps.BOTTOMS)
        return Work(5 * run.made, Keeps.BOTTOMS, kept=run.made, scratch=run.made)

    def caption(self, *bottoms: Shape) -> str:
        return "Swish" if self.beta == 1 else f"Swish, beta {self.beta:g}"


class Softmax(Layer):
    """exp(x) divided by its sum along an axis: scores become probabilities."""

    message, family = "softmax_param", Family.ACTIVATION
    in_place = probabilities = backward_from_top = True
    caffe = "layers/softmax_layer.cpp"
    each, keeps = 5, Keeps.TOPS

    axis: int = param(Int(), "the axis of the classes", default=1)
    engine: Engine = engine()
    normalize_type: str = normalize_type()

    def infer(self, scores: Shape) -> Shape:
        canonical_axis(self.axis, len(scores))
        return scores

    def sight(self, *bottoms: Shape) -> Sight:
        return Sees.SAME if canonical_axis(self.axis, len(bottoms[0])) == 1 else Sees.ALL
