"""TarData: images and labels in tar files, for data that many machines read together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from netspec.layers.data import unknown_shape, unreadable
from netspec.layers.reading import OwnReading
from netspec.layers.transform import TransformationParameter
from netspec.records import Unreadable, first_sample_shape
from netspec.schema.forks import OURS
from netspec.schema.kinds import Bool, Text, UInt
from netspec.schema.layer import Count, Family, Layer, Shape
from netspec.schema.settings import Reject, group, param


class TarData(OwnReading, Layer):
    """Images and labels from WebDataset's tar files: 000000.jpg, 000000.cls, 000001.jpg ...

    Each tar file, a shard, is read from its beginning to its end. Of several processes each reads
    shards of its own. Shuffled, the shards come in another order in each pass, and the samples are
    mixed with those that follow within shuffle_buffer.
    """

    message = "tar_data_param"
    family, makes_data, fork = Family.DATA, True, OURS
    tops = Count(1, 2)
    note = "Channels are in the order blue, green, red, from 0 to 255, as ImageData gives them."

    source: str = param(Text(), "train-{000..099}.tar, or a list with a shard on each line")
    batch_size: int = param(UInt, "the number of images in a batch")
    label: str = param(Text(), "the ending of the files that hold the label", default="cls")
    shuffle: bool = param(Bool(), "shuffle shards and samples, anew for each pass", default=False)
    shuffle_buffer: int = param(UInt, "how many samples are mixed", default=10_000)
    new_height: int = param(UInt, "resize to this height; 0 is not at all", default=0)
    new_width: int = param(UInt, "resize to this width; 0 is not at all", default=0)
    is_color: bool = param(Bool(), "three channels, or one", default=True)
    prefetch: int = param(UInt, "how many batches are read ahead", default=4)
    transform: TransformationParameter = group(
        TransformationParameter, "transform_param", "what is done to each image"
    )

    def check(self) -> Iterable[Reject]:
        for name in ("source", "batch_size", "shuffle_buffer"):
            if not getattr(self, name):
                empty = "empty" if name == "source" else "0"
                yield Reject("N205", name, f"{name} is {empty}", f"give {self.settings[name].doc}")
        for one, other in (("new_height", "new_width"), ("new_width", "new_height")):
            if getattr(self, one) and not getattr(self, other):
                message = f"{one} is given without {other}"
                yield Reject("N207", one, message, f"add {other}, or remove {one}")
        if self.transform.force_color or self.transform.force_gray:
            message = "force_color and force_gray change nothing on a TarData layer"
            yield Reject("N501", "transform", message, "write is_color in tar_data_param")

    def absent(self) -> Iterator[Reject]:
        yield from unreadable(lambda: first_sample_shape(self.source, self.is_color))
        yield from self.transform.absent()

    @property
    def resized(self) -> Shape | None:
        """(channels, height, width) of all images, where they are made so."""
        channels = 3 if self.is_color else 1
        return (channels, self.new_height, self.new_width) if self.new_height else None

    def infer(self, *, tops: int, given: Shape | None = None) -> tuple[Shape, ...]:
        if given is not None:
            return given, given[:1]
        image = self.resized
        if image is None and self.transform.crop_size:
            image = (3 if self.is_color else 1, *self.transform.cut)
        if image is None:
            try:
                image = first_sample_shape(self.source, self.is_color)
            except Unreadable as wrong:
                raise unknown_shape("the images", wrong) from None
        return (self.batch_size, *self.transform.shape(image)), (self.batch_size,)
