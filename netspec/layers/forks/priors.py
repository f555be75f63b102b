"""PriorBox and PriorBoxClustered: the default boxes that detections are measured from."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from netspec.schema.forks import FACEBOXES, OPENVINO, SSD, SYNOPSYS, TEXTBOXES
from netspec.schema.kinds import Bool, Float, Positive
from netspec.schema.layer import Family, Layer, Shape
from netspec.schema.settings import Reject, param, spatial
from netspec.schema.wording import spelled

VARIANCE = 0.1  # of each coordinate, where none is written
SAME = 1e-6  # aspect ratios closer than this are one
DENSE: dict[int, tuple[float, ...]] = {  # FaceBoxes' squares, and how they are shifted
    32: (-16.0, -8.0, 0.0, 8.0),
    64: (-16.0, 0.0),
    128: (0.0,),
}


class Prior(NamedTuple):
    """A box of (width, height) pixels, its centre at a place in the cell, shifted by some pixels.

    All pairs are (right, down).
    """

    size: tuple[float, float]
    offset: tuple[float, float]
    shift: tuple[float, float] = (0.0, 0.0)


class _Priors(Layer):
    """Boxes around every position of a feature map, the same for each image of a batch.

    The top is 1 x 2 x numbers: the corners (left, top, right, bottom) of each box as fractions of
    the image, then the variance of each corner.
    """

    message, family = "prior_box_param", Family.SPATIAL
    shape_only = frozenset({0, 1})
    each = 2
    differentiable = False

    clip: bool = param(Bool(), "cut the boxes off at the image's border", default=False)
    variance: tuple[float, ...] = param(
        Float(), "what differences are divided by: once, or for each coordinate", many=True
    )
    img: tuple[int, ...] = spatial(
        Positive, "the image's size; the second bottom's when not written", "img_size", "img", False
    )
    step: tuple[float, ...] = spatial(
        Float(),
        "between the positions in pixels; worked out when not written",
        "step",
        "step",
        False,
    )
    offset: float = param(Float(), "where in its cell a position lies", default=0.5)
    offset_h: tuple[float, ...] = param(
        Float(), "the offset downwards alone; several give a box at each", many=True, fork=TEXTBOXES
    )
    offset_w: tuple[float, ...] = param(
        Float(), "the offset to the right alone, one for each offset_h", many=True, fork=TEXTBOXES
    )

    def check(self) -> Iterable[Reject]:
        if len(self.variance) not in (0, 1, 4):
            message = f"variance is given {len(self.variance)} times"
            yield Reject("N407", "variance", message, "give it once, or for all 4 coordinates")
        if self.offset_h and self.offset_w and len(self.offset_h) != len(self.offset_w):
            message = f"offset_w is given {len(self.offset_w)} times, offset_h {len(self.offset_h)}"
            yield Reject("N407", "offset_w", message, "give one for each offset_h")
        for name in ("variance", "step"):
            if any(value <= 0 for value in getattr(self, name)):
                yield Reject("N205", name, f"a {name} is not more than 0", "give positive numbers")

    def sizes(self) -> list[tuple[float, float]]:
        """The (width, height) in pixels of the boxes at each position."""
        raise NotImplementedError

    def offsets(self) -> list[tuple[float, float]]:
        """Where in its cell a position lies, (right, down); several in TextBoxes."""
        count = max(len(self.offset_h), len(self.offset_w), 1)
        usual = (self.offset,) * count
        return list(zip(self.offset_w or usual, self.offset_h or usual))

    def priors(self) -> list[Prior]:
        """The boxes at each position."""
        return [Prior(size, at) for size in self.sizes() for at in self.offsets()]

    def variances(self) -> tuple[float, ...]:
        """One for each coordinate."""
        written = self.variance or (VARIANCE,)
        return written * 4 if len(written) == 1 else written

    def image(self, shape: Shape) -> tuple[int, int]:
        """(height, width) of the image, where the second bottom has this shape."""
        return (self.img[0], self.img[-1]) if self.img else (shape[2], shape[3])

    def infer(self, feature: Shape, image: Shape) -> Shape:
        for bottom in (feature, image):
            if len(bottom) != 4:
                message = f"expected batch x channels x height x width, found {spelled(bottom)}"
                raise Reject(
                    "N401", "bottom", message, "the bottoms are a feature map and an image"
                )
        return 1, 2, feature[2] * feature[3] * len(self.priors()) * 4


class PriorBox(_Priors):
    """Boxes of several sizes and shapes around every position of a feature map (Liu et al. 2016).

    For each min_size: a square of it; with max_size, a square of their geometric mean; and for each
    aspect ratio (and with flip its inverse) a box of as large an area. Sizes are cut off to whole
    pixels. With faceboxes, which is meant where squares of 32, 64 and 128 are all that one layer
    has, small squares lie closer: 16, 4 and 1 at each position, all a pixel smaller.
    """

    fork = SSD
    caffe = "layers/prior_box_layer.cpp"

    min_size: tuple[float, ...] = param(Float(), "the side of the small square", many=True)
    max_size: tuple[float, ...] = param(Float(), "one for each min_size, and larger", many=True)
    aspect_ratio: tuple[float, ...] = param(Float(), "width by height", many=True)
    flip: bool = param(Bool(), "add the inverse of each aspect ratio", default=True)

    faceboxes: bool | None = param(
        Bool(),
        "squares as FaceBoxes lays them; where not written, the sizes decide",
        default=None,
        fork=f"{FACEBOXES}; {SYNOPSYS}",
    )

    def placed(self, lying: Callable[[], tuple[int, ...]], net: Sequence[Layer]) -> Layer:
        open = self.faceboxes is None and not (self.max_size or self.aspect_ratio)
        if open and any(isinstance(other, PriorBox) and other.dense for other in net):
            return replace(self, faceboxes=True)
        return self

    @property
    def dense(self) -> bool:
        """Whether it is FaceBoxes', by what it says itself."""
        if self.faceboxes is not None:
            return self.faceboxes
        return self.min_size == tuple(DENSE) and not (self.max_size or self.aspect_ratio)

    def variant(self, bottoms: int, tops: int) -> str:
        return "that of FaceBoxes, whose small squares lie closer" if self.dense else ""

    def check(self) -> Iterable[Reject]:
        yield from super().check()
        if self.faceboxes and (self.max_size or self.aspect_ratio):
            message = "faceboxes is given together with max_size or aspect_ratio"
            yield Reject("N208", "faceboxes", message, "remove one of them")
        if not self.min_size:
            yield Reject("N207", "min_size", "min_size is missing", "give a side in pixels")
        if self.max_size and len(self.max_size) != len(self.min_size):
            message = f"max_size is given {len(self.max_size)} times, min_size {len(self.min_size)}"
            yield Reject("N407", "max_size", message, "give one for each min_size")
        if any(large <= small for small, large in zip(self.min_size, self.max_size)):
            yield Reject(
                "N205", "max_size", "a max_size is not more than its min_size", "swap them"
            )
        for name in ("min_size", "aspect_ratio"):
            if any(value <= 0 for value in getattr(self, name)):
                yield Reject("N205", name, f"a {name} is not more than 0", "give positive numbers")

    def ratios(self) -> list[float]:
        """The aspect ratios beside 1, each once."""
        found = [1.0]
        for ratio in self.aspect_ratio:
            if all(abs(ratio - known) >= SAME for known in found):
                found += [ratio, 1 / ratio] if self.flip else [ratio]
        return found[1:]

    def sizes(self) -> list[tuple[float, float]]:
        made = []
        for i, side in enumerate(int(size) for size in self.min_size):
            made.append((float(side), float(side)))
            if self.max_size:
                middle = math.sqrt(side * int(self.max_size[i]))
                made.append((middle, middle))
            made += [(side * math.sqrt(r), side / math.sqrt(r)) for r in self.ratios()]
        return made

    def priors(self) -> list[Prior]:
        if not self.dense:
            return super().priors()
        made = []
        for side in (int(size) for size in self.min_size):
            grid = DENSE.get(side, (0.0,))
            made += [
                Prior((side - 1, side - 1), at, (right, down))
                for at in self.offsets()
                for down in grid
                for right in grid
            ]
        return made


class PriorBoxClustered(_Priors):
    """Boxes of given widths and heights around every position of a feature map."""

    fork = OPENVINO
    caffe = "layers/prior_box_clustered_layer.cpp"

    width: tuple[float, ...] = param(Float(), "the width of a box in pixels", many=True)
    height: tuple[float, ...] = param(Float(), "the height of a box, one for each width", many=True)
    flip: bool = param(
        Bool(), "of a PriorBox", default=True, unused="there are no aspect ratios to turn"
    )

    def check(self) -> Iterable[Reject]:
        yield from super().check()
        if not self.width:
            yield Reject("N207", "width", "width is missing", "give the width of each box")
        if len(self.height) != len(self.width):
            message = f"width is given {len(self.width)} times, height {len(self.height)}"
            yield Reject("N407", "height", message, "give one for each width")
        if any(side <= 0 for side in (*self.width, *self.height)):
            yield Reject("N205", "width", "a side is not more than 0", "give positive numbers")

    def sizes(self) -> list[tuple[float, float]]:
        return list(zip(self.width, self.height))
