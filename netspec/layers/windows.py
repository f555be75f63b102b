"""WindowData: windows of images with their labels, as R-CNN trains on them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from netspec.layers.data import unknown_shape, unreadable
from netspec.layers.reading import OwnReading
from netspec.layers.transform import TransformationParameter
from netspec.records.peek import first_window_shape
from netspec.records.unreadable import Unreadable
from netspec.records.windows import windowed_images
from netspec.schema.kinds import Bool, Float, Text, UInt
from netspec.schema.layer import Count, Family, Layer, Shape
from netspec.schema.settings import Reject, group, param


class WindowData(OwnReading, Layer):
    """Windows of images, each warped to crop_size, some foreground and the rest background.

    The labels are class numbers, 0 for the background (R-CNN: Girshick et al. 2014).
    """

    message = "window_data_param"
    family, makes_data = Family.DATA, True
    tops = Count(2, 2)
    caffe = "layers/window_data_layer.cpp"

    source: str = param(Text(), "the list of images and windows")
    batch_size: int = param(UInt, "the number of windows in a batch")
    fg_threshold: float = param(Float(), "windows that overlap as much are foreground", default=0.5)
    bg_threshold: float = param(Float(), "windows that overlap less are background", default=0.5)
    fg_fraction: float = param(Float(), "the share of foreground in a batch", default=0.25)
    context_pad: int = param(UInt, "pixels of a warped window that lie around it", default=0)
    crop_mode: str = param(Text(), "warp, or square: the smallest square around it", default="warp")
    cache_images: bool = param(
        Bool(), "keep all files in memory", default=False, unused="the system keeps what it can"
    )
    root_folder: str = param(Text(), "put before each path", default="")
    scale: float = param(Float(), "multiplies each element, after the mean", default=1.0)
    mean_file: str = param(Text(), "the old place of transform_param's mean_file", default="")
    crop_size: int = param(UInt, "the old place of transform_param's crop_size", default=0)
    mirror: bool = param(Bool(), "the old place of transform_param's mirror", default=False)
    transform: TransformationParameter = group(
        TransformationParameter, "transform_param", "what is done to each window"
    )

    def check(self) -> Iterable[Reject]:
        for name in ("source", "batch_size"):
            if not getattr(self, name):
                empty = "empty" if name == "source" else "0"
                yield Reject("N205", name, f"{name} is {empty}", f"give {self.settings[name].doc}")
        size = self.transform.crop_size
        if not size:
            help = "write transform_param { crop_size: ... }"
            yield Reject("N207", "transform", "crop_size is missing", help)
        elif 2 * self.context_pad >= size:
            message = f"context_pad {self.context_pad} leaves nothing of {size} pixels"
            yield Reject("N205", "context_pad", message, "it is less than half of crop_size")
        if self.crop_mode not in ("warp", "square"):
            message = f"expected warp or square, found {self.crop_mode}"
            yield Reject("N206", "crop_mode", message, "warp is the usual one")
        if not 0 <= self.fg_fraction <= 1:
            message = f"fg_fraction is {self.fg_fraction:g}"
            yield Reject("N205", "fg_fraction", message, "it lies between 0 and 1")
        for name in ("mean_file", "crop_size", "mirror"):
            if getattr(self, name) != self.settings[name].default:
                message = f"{name} changes nothing in {self.message}"
                help = f"write it in transform_param {{ {name}: ... }}"
                yield Reject("N501", name, message, help)
        if self.transform.scale != 1:
            message = "the scale of transform_param changes nothing on a WindowData layer"
            yield Reject("N501", "transform", message, f"write it in {self.message}")

    def absent(self) -> Iterator[Reject]:
        yield from unreadable(lambda: first_window_shape(self.source, self.root_folder))
        yield from self.transform.absent()

    def infer(self, *, tops: int, given: Shape | None = None) -> tuple[Shape, ...]:
        if given is not None:
            return given, given[:1]
        try:
            channels = next(windowed_images(self.source)).channels
        except Unreadable as wrong:
            raise unknown_shape("the windows", wrong) from None
        self.transform.require_means(channels)
        size = self.transform.crop_size
        return (self.batch_size, channels, size, size), (self.batch_size,)
