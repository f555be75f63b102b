"""transform_param: what data layers do to images (data_transformer.cpp)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from netspec.layers.fork_transform import ForkTransformation
from netspec.schema.kinds import Bool, Float, Text, UInt
from netspec.schema.layer import Shape
from netspec.schema.settings import Reject, param
from netspec.schema.wording import spelled


class TransformationParameter(ForkTransformation):
    """What is done to each image: (crop of the image - mean) * scale, mirrored or not."""

    scale: float = param(
        Float(), "multiplies each element, after the mean is subtracted", default=1.0
    )
    mirror: bool = param(Bool(), "flip every other image on average, left to right", default=False)
    crop_size: int = param(
        UInt, "cut a square: at random in TRAIN, from the centre in TEST; 0 is no cut", default=0
    )
    mean_file: str = param(
        Text(), "a .binaryproto whose image is subtracted before the cut", default=""
    )
    mean_value: tuple[float, ...] = param(
        Float(), "a mean for all channels, or one for each", many=True
    )
    force_color: bool = param(Bool(), "decode encoded images in colour", default=False)
    force_gray: bool = param(Bool(), "decode encoded images in gray", default=False)

    def check(self) -> Iterable[Reject]:
        if self.mean_file and self.mean_value:
            message = "mean_value is given together with mean_file"
            yield Reject("N208", "mean_value", message, "keep one of the two")
        if self.force_color and self.force_gray:
            message = "force_gray is given together with force_color"
            yield Reject("N208", "force_gray", message, "keep one of the two")

    def absent(self) -> Iterator[Reject]:
        """A mean file that is not there."""
        if self.mean_file and not Path(self.mean_file).is_file():
            message = f"there is no mean file {self.mean_file}"
            yield Reject(
                "C301", "transform", message, "paths are relative to the working directory"
            )

    @property
    def color(self) -> bool | None:
        """Whether encoded images are decoded in colour, in gray, or (None) as they are stored."""
        return True if self.force_color else False if self.force_gray else None

    @property
    def cut(self) -> tuple[int, int]:
        """(height, width) of the part that is cut out; 0 is no cut."""
        height = self.crop_size or self.crop_h or self.crop_height
        return height, self.crop_size or self.crop_w or self.crop_width

    @property
    def size(self) -> tuple[int, int] | None:
        """(height, width) of what comes out, where they do not depend on what goes in."""
        return self.cut if all(self.cut) else self.fixed

    def require_means(self, channels: int) -> None:
        """Raise Reject unless there is no mean value, one for all channels, or one for each."""
        if len(self.mean_value) not in (0, 1, channels):
            message = f"mean_value is given {len(self.mean_value)} times for {channels} channels"
            raise Reject("N407", "transform", message, "give it once, or once for each channel")

    def shape(self, image: Shape) -> Shape:
        """(channels, height, width) of what comes out; raises Reject where images are too small."""
        self.require_means(image[0])
        image = self.resized(image)
        height, width = self.cut
        if image[1] < height or image[2] < width:
            what = f"crop_size is {height}" if height == width else f"the cut is {height} x {width}"
            message = f"{what}, but the images are {spelled(image)}"
            raise Reject("N402", "transform", message, "cut less, or use larger images")
        return image[0], height or image[1], width or image[2]
