"""Interp and Upsample: images of another size."""

from __future__ import annotations

from collections.abc import Iterable

from netspec.layers.forks.rearrange import expect_image
from netspec.schema.forks import PSPNET, SEGNET, SYNOPSYS, YOLO
from netspec.schema.kinds import Bool, Int, Positive
from netspec.schema.layer import Family, Layer, Shape
from netspec.schema.settings import Reject, param
from netspec.schema.sight import Reach, Sight
from netspec.schema.wording import spelled
from netspec.schema.work import PLACE, Run, Work


class Interp(Layer):
    """Bilinear interpolation to a size or by a factor; the corners stay where they are.

    Written factors win over a written size. A factor keeps pixels where they were: n pixels become
    (n - 1) zoom + 1.
    """

    message, family = "interp_param", Family.SPATIAL
    shape_only = frozenset({1})
    fork = PSPNET
    caffe = "layers/interp_layer.cpp"
    each = 7

    height: int | None = param(Positive, "the height of the top", default=None)
    width: int | None = param(Positive, "the width of the top", default=None)
    zoom_factor: int | None = param(Positive, "how many times finer", default=None)
    shrink_factor: int | None = param(Positive, "how many times coarser", default=None)
    full_zoom_factor: int | None = param(
        Positive,
        "how many times larger: n pixels become n times as many",
        default=None,
        fork=SYNOPSYS,
    )
    use_blob_size: bool = param(
        Bool(), "the size of a second bottom", default=False, fork="several"
    )
    pad_beg: int = param(Int(high=0), "cut off at the beginning, negated", default=0)
    pad_end: int = param(Int(high=0), "cut off at the end, negated", default=0)

    def check(self) -> Iterable[Reject]:
        factors = self.zoom_factor or self.shrink_factor or self.full_zoom_factor
        size = self.height and self.width
        if not (factors or size or self.use_blob_size):
            help = "add height and width, zoom_factor or shrink_factor"
            yield Reject("N207", "height", "the size of the top is not given", help)

    def resized(self, size: int, written: int | None, reference: int | None) -> int:
        """How many pixels become of an axis of `size`, after cutting."""
        if self.use_blob_size and reference:
            return reference
        shrunk = (size - 1) // self.shrink_factor + 1 if self.shrink_factor else size
        one = (self.zoom_factor is None) != (self.shrink_factor is None)
        if not one and self.height and self.width:
            return written or size
        if self.zoom_factor or self.shrink_factor:
            return (shrunk - 1) * (self.zoom_factor or 1) + 1
        return size * (self.full_zoom_factor or 1)

    def infer(self, image: Shape, reference: Shape | None = None) -> Shape:
        expect_image(image, "Interp")
        if self.use_blob_size and reference is None:
            raise Reject("N302", "bottom", "use_blob_size needs a second bottom", "add one")
        inside = [size + self.pad_beg + self.pad_end for size in image[2:]]
        if min(inside) < 1:
            message = f"nothing is left of {spelled(image[2:])} after cutting"
            raise Reject("N402", "pad_beg", message, "cut less")
        other = reference[2:] if reference is not None else (None, None)
        height, width = (
            self.resized(size, written, theirs)
            for size, written, theirs in zip(inside, (self.height, self.width), other)
        )
        return *image[:2], height, width


class Upsample(Layer):
    """A larger image. With a mask, the second bottom, each element goes where its maximum was.

    The mask is the second top of a MAX Pooling; the rest of the top is 0 (SegNet). Without a mask
    every pixel is repeated (YOLO).
    """

    message, family = "upsample_param", Family.SPATIAL
    fork = f"{SEGNET} with a mask, {YOLO} without"

    scale: int | None = param(Positive, "how many times larger (2 when not written)", default=None)
    scale_h: int | None = param(Positive, "how many times higher", default=None)
    scale_w: int | None = param(Positive, "how many times wider", default=None)
    pad_out_h: bool = param(Bool(), "one row less", default=False)
    pad_out_w: bool = param(Bool(), "one column less", default=False)
    upsample_h: int | None = param(Positive, "the height of the top", default=None)
    upsample_w: int | None = param(Positive, "the width of the top", default=None)

    def check(self) -> Iterable[Reject]:
        for one, other in (("scale_h", "scale_w"), ("upsample_h", "upsample_w")):
            for here, there in ((one, other), (other, one)):
                if getattr(self, here) is not None and getattr(self, there) is None:
                    message = f"{here} is given without {there}"
                    yield Reject("N207", here, message, f"add {there}")
        if self.scale is not None and self.scale_h is not None:
            yield Reject("N203", "scale_h", "scale_h is given together with scale", "keep one")

    def variant(self, bottoms: int, tops: int) -> str:
        if bottoms > 1:
            return "SegNet's, which puts each element where its maximum was"
        return "YOLO's, which repeats every pixel"

    @property
    def scales(self) -> tuple[int, int]:
        """(height, width): how many times larger."""
        both = self.scale or 2
        return self.scale_h or both, self.scale_w or both

    def infer(self, image: Shape, mask: Shape | None = None) -> Shape:
        expect_image(image, "Upsample")
        if mask is not None and mask != image:
            message = f"the image is {spelled(image)}, its mask {spelled(mask)}"
            raise Reject("N403", "bottom", message, "the mask is the second top of a Pooling")
        exact = self.upsample_h is not None or self.pad_out_h or self.pad_out_w
        if mask is None and exact:
            message = "a size that is no multiple needs a mask"
            raise Reject(
                "N302", "bottom", message, "add the second top of a Pooling, or give scale"
            )
        down, across = self.scales
        height = self.upsample_h or image[2] * down - self.pad_out_h
        return *image[:2], height, self.upsample_w or image[3] * across - self.pad_out_w

    def sight(self, *bottoms: Shape) -> Sight:
        return None if len(bottoms) > 1 else tuple(Reach.spread(s, s) for s in self.scales)

    def work(self, run: Run) -> Work:
        return Work(0, marks=PLACE * run.read if len(run.bottoms) > 1 else 0)
