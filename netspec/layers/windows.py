"""WindowData: windows of images with their labels, as R-CNN trains on them."""

from __future__ import annotations

from collections.abc import Iterable

from netspec.layers.data import TransformationParameter, unknown_shape
from netspec.records.unreadable import Unreadable
from netspec.records.windows import first_window_channels
from netspec.schema.kinds import Bool, Float, Text, UInt
from netspec.schema.layer import Count, Family, Layer, Shape
from netspec.schema.settings import Reject, group, param


class _Listed(Layer):
    """A layer that makes its tops from what a list names; its setting `source` is that list."""

    family, source = Family.DATA, True


class WindowData(_Listed):
    """Windows of images, each warped to crop_size, some foreground and the rest background.

    The labels are class numbers, 0 for the background (R-CNN: Girshick et al. 2014).
    """

    message = "window_data_param"
    tops = Count(2, 2)
    caffe = "layers/window_data_layer.cpp"

    source: str = param(Text(), "the list of images and windows")  # type: ignore[assignment,misc]
    batch_size: int = param(UInt, "the number of windows in a batch")
    fg_threshold: float = param(Float(), "a window that overlaps more is foreground", default=0.5)
    bg_threshold: float = param(Float(), "a window that overlaps less is background", default=0.5)
    fg_fraction: float = param(Float(), "the share of foreground in a batch", default=0.25)
    context_pad: int = param(UInt, "pixels of the image kept around a window", default=0)
    crop_mode: str = param(Text(), "warp, or square: the smallest square around it", default="warp")
    cache_images: bool = param(Bool(), "keep all image files in memory", default=False)
    root_folder: str = param(Text(), "put before each path", default="")
    scale: float = param(Float(), "the old place of transform_param's scale", default=1.0)
    mean_file: str = param(Text(), "the old place of transform_param's mean_file", default="")
    crop_size: int = param(UInt, "the old place of transform_param's crop_size", default=0)
    mirror: bool = param(Bool(), "the old place of transform_param's mirror", default=False)
    transform: TransformationParameter = group(
        TransformationParameter, "transform_param", "what is done to each window"
    )

    def check(self) -> Iterable[Reject]:
        for name in ("source", "batch_size"):
            if not getattr(self, name):
                yield Reject("N205", name, f"{name} is empty", f"give {self.settings[name].doc}")
        if not self.transform.crop_size:
            help = "write transform_param { crop_size: ... }"
            yield Reject("N207", "transform", "crop_size is missing", help)
        if self.crop_mode not in ("warp", "square"):
            message = f"expected warp or square, found {self.crop_mode}"
            yield Reject("N206", "crop_mode", message, "warp is the usual one")

    def infer(self, *, tops: int, given: Shape | None = None) -> tuple[Shape, ...]:
        if given is not None:
            return given, given[:1]
        try:
            channels = first_window_channels(self.source)
        except Unreadable as wrong:
            raise unknown_shape("the windows", wrong) from None
        size = self.transform.crop_size
        return (self.batch_size, channels, size, size), (self.batch_size,)
