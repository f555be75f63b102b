"""Blobs that come from no file: Input, fed by the caller, and DummyData, filled by fillers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

from netspec.schema.kinds import Positive
from netspec.schema.layer import Count, Family, Layer, Shape, Weight
from netspec.schema.net import BlobShape, FillerParameter
from netspec.schema.settings import Reject, param
from netspec.schema.wording import times


class Input(Layer):
    """A blob that the caller feeds."""

    message = "input_param"
    family, makes_data, fed = Family.DATA, True, True
    tops = Count(1, None)
    caffe = "layers/input_layer.cpp"

    shape: tuple[BlobShape, ...] = param(
        BlobShape, "a shape for each top, or one for all", many=True
    )

    def infer(self, *, tops: int, given: Shape | None = None) -> tuple[Shape, ...]:
        if not self.shape:
            help = "add shape { dim: ... }, or give one with --shape"
            raise Reject("N410", "shape", "the input has no shape", help)
        return one_each("shape", tuple(shape.dim for shape in self.shape), tops)


def input_of(shapes: Sequence[Shape]) -> Layer:
    """The Input whose tops have these shapes."""
    return Input(shape=tuple(BlobShape(dim=shape) for shape in shapes))


OLD = ("num", "channels", "height", "width")


class DummyData(Layer):
    """Blobs filled by a filler: once when it is constant, anew for each batch otherwise."""

    message = "dummy_data_param"
    family, makes_data = Family.DATA, True
    tops = Count(1, None)
    caffe = "layers/dummy_data_layer.cpp"

    data_filler: tuple[FillerParameter, ...] = param(
        FillerParameter, "a filler for each top, or one for all", many=True
    )
    shape: tuple[BlobShape, ...] = param(
        BlobShape, "a shape for each top, or one for all", many=True
    )
    num: tuple[int, ...] = param(Positive, "the old form of shape's dimension 0", many=True)
    channels: tuple[int, ...] = param(Positive, "the old form of shape's dimension 1", many=True)
    height: tuple[int, ...] = param(Positive, "the old form of shape's dimension 2", many=True)
    width: tuple[int, ...] = param(Positive, "the old form of shape's dimension 3", many=True)

    def check(self) -> Iterable[Reject]:
        old = [name for name in OLD if getattr(self, name)]
        if old and self.shape:
            yield Reject("N208", old[0], f"{old[0]} is given together with shape", "keep shape")
        if not old and not self.shape:
            yield Reject("N207", "shape", "shape is missing", "add shape { dim: ... }")
        if old and len(old) < 4:
            missing = next(n for n in OLD if n not in old)
            help = "write shape { dim: ... } instead"
            yield Reject("N207", old[0], f"{missing} is missing", help)

    def infer(self, *, tops: int, given: Shape | None = None) -> tuple[Shape, ...]:
        if self.shape:
            shapes = one_each("shape", tuple(shape.dim for shape in self.shape), tops)
        else:
            shapes = tuple(zip(*(one_each(name, getattr(self, name), tops) for name in OLD)))
        for filler, shape in zip(self.fillers(tops), shapes):
            Weight("data", shape, filler).check()
        return shapes

    def steady(self, tops: int) -> tuple[bool, ...]:
        return tuple(filler.type == "constant" for filler in self.fillers(tops))

    def fillers(self, tops: int) -> tuple[FillerParameter, ...]:
        """The filler of each top; zeros where none is given."""
        return one_each("data_filler", self.data_filler or (FillerParameter(),), tops)


Given = TypeVar("Given")


def one_each(setting: str, given: tuple[Given, ...], tops: int) -> tuple[Given, ...]:
    """One for each top, of a setting that is given once for all or once for each; raises Reject."""
    if len(given) not in (1, tops):
        made = "1 top" if tops == 1 else f"{tops} tops"
        message = f"{setting} is given {times(len(given))} for {made}"
        raise Reject("N407", setting, message, "give it once, or once for each top")
    return given if len(given) == tops else given * tops
