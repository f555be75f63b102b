"""Activations that forks added: ReLU6, SeLu and its dropout."""

from __future__ import annotations

from collections.abc import Iterable

from netspec.schema.forks import CAFFE_MODEL
from netspec.schema.kinds import Float
from netspec.schema.layer import Family, Layer, Shape
from netspec.schema.settings import Reject, param
from netspec.schema.work import Keeps, Run, Work

ALPHA, LAMBDA = 1.67326324, 1.050700987  # Klambauer et al. 2017, arXiv 1706.02515


class _Elementwise(Layer):
    """One bottom, one top of the same shape."""

    family = Family.ACTIVATION
    elementwise = in_place = True

    def infer(self, blob: Shape) -> Shape:
        return blob


class ReLU6(_Elementwise):
    """x between 0 and 6, cut off on both sides (MobileNet)."""

    fork = "several, for MobileNet"
    each, keeps = 2, Keeps.BOTTOMS


class SeLu(_Elementwise):
    """lambda x above zero, lambda alpha (exp(x) - 1) below (Klambauer et al. 2017)."""

    message = "selu_param"
    fork = CAFFE_MODEL

    alpha: float = param(Float(), "what large negative x tend to, by -lambda", default=ALPHA)
    slope: float = param(Float(), "the slope above zero", default=LAMBDA, field="lambda")

    def work(self, run: Run) -> Work:
        return Work(4 * run.made, Keeps.BOTTOMS, scratch=run.made)


class SeLuDropout(_Elementwise):
    """Dropout that keeps mean and variance: elements go to alpha, then all are scaled and shifted.

    In TEST all pass unchanged (Klambauer et al. 2017, arXiv 1706.02515).
    """

    message = "selu_dropout_param"
    fork = CAFFE_MODEL

    dropout_ratio: float = param(Float(), "the share of elements that is dropped", default=0.1)
    alpha: float = param(Float(), "what they become", default=-ALPHA * LAMBDA)

    def check(self) -> Iterable[Reject]:
        if not 0 < self.dropout_ratio < 1:
            message = f"dropout_ratio is {self.dropout_ratio:g}; it has to lie between 0 and 1"
            yield Reject("N205", "dropout_ratio", message, "remove the layer to drop nothing")

    def work(self, run: Run) -> Work:
        return Work(4 * run.made, marks=run.made, scratch=run.made)

    def identity_when(self, training: bool) -> bool:
        return not training

    def affine(self) -> tuple[float, float]:
        """The scale and the shift that restore mean 0 and variance 1."""
        kept = 1 - self.dropout_ratio
        scale = (kept * (1 + self.alpha**2 * (1 - kept))) ** -0.5
        return scale, -scale * (1 - kept) * self.alpha
