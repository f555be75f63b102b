"""Layers whose computation is a class of the user's, in Python, for pycaffe's interface."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import ClassVar

from netspec.layers.forks import rcnn
from netspec.pycaffe.instance import Failed, Instance
from netspec.schema.kinds import Bool, Text
from netspec.schema.layer import Count, Family, Layer, Shape, Weight
from netspec.schema.net import Phase
from netspec.schema.settings import Reject, param

_allowed: ContextVar[bool] = ContextVar("allowed", default=False)


class Python(Layer):
    """A class of the user's own, derived from caffe.Layer; it runs only where that is allowed.

    The module is imported from the working directory or PYTHONPATH. What it needs of pycaffe is
    there: blobs with data, diff, shape and reshape, and self.param_str, self.phase, self.blobs.
    Where Python may not run, classes of py-faster-rcnn have stand-ins (ProposalLayer and others).
    """

    message, family = "python_param", Family.ARITHMETIC
    tops = Count(0, None)
    in_place, writes, known = True, True, False
    caffe = "include/caffe/layers/python_layer.hpp"

    module: str = param(Text(), "the module of the class")
    layer: str = param(Text(), "the name of the class")
    param_str: str = param(Text(), "a text for the class to read", default="")
    share_in_parallel: bool = param(
        Bool(),
        "whether solvers on several GPUs share one layer",
        default=False,
        unused="each process has its own",
    )

    def meant(self) -> Layer:
        return rcnn.known(self.module, self.layer, self.param_str) or self

    def infer(self, *bottoms: Shape, tops: int) -> tuple[Shape, ...]:
        message = f"it runs {self.layer} of the module {self.module}, which is not allowed"
        help = "--allow-python, or allow_python=True, lets it run; only do so with code you trust"
        raise Reject("N220", "module", message, help)

    def caption(self, *bottoms: Shape) -> str:
        return f"Python {self.layer}"

    def instance(
        self, training: bool, bottoms: Sequence[Shape], tops: int, shared: Sequence[int | None] = ()
    ) -> Instance:
        """The user's layer, made and set up, where that is allowed. Raises Failed."""
        raise Failed("the layer is not allowed to run", "build the net with allow_python=True")


class _Allowed(Python):
    """The same where it may run: shapes and parameters are known by setup and reshape alone."""

    known = True
    training: ClassVar[bool]

    def meant(self) -> Layer:
        return self

    def infer(self, *bottoms: Shape, tops: int) -> tuple[Shape, ...]:
        try:
            made = self.instance(self.training, bottoms, tops)
        except Failed as failed:
            code, setting = ("N221", "module") if failed.imported else ("N420", "layer")
            raise Reject(code, setting, failed.message, failed.help) from None
        _blobs[self, bottoms] = tuple(b.shape for b in made.user.blobs)
        return tuple(top.shape for top in made.top)

    def weights(self, *bottoms: Shape) -> tuple[Weight, ...]:
        if (self, bottoms) not in _blobs:
            self.infer(*bottoms, tops=1)
        return tuple(Weight(f"blob{i}", s, None) for i, s in enumerate(_blobs[self, bottoms]))

    def instance(
        self, training: bool, bottoms: Sequence[Shape], tops: int, shared: Sequence[int | None] = ()
    ) -> Instance:
        return Instance(self.module, self.layer, self.param_str, training, bottoms, tops, shared)


_blobs: dict[tuple[_Allowed, tuple[Shape, ...]], tuple[Shape, ...]] = {}  # as setup made them


class _Training(_Allowed):
    training = True


class _Testing(_Allowed):
    training = False


for _running in (_Training, _Testing):
    _running.__name__ = Python.__name__  # what people call it


@contextmanager
def allowing_python(allowed: bool = True) -> Iterator[None]:
    """Nets that are built inside may run their Python layers; the permission stays with the net."""
    before = _allowed.set(allowed or _allowed.get())
    try:
        yield
    finally:
        _allowed.reset(before)


def running(phase: Phase) -> dict[str, type[Layer]]:
    """The type of Python layers that run, where they may; nothing elsewhere."""
    if not _allowed.get():
        return {}
    return {"Python": _Training if phase is Phase.TRAIN else _Testing}
