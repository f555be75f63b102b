"""Where blobs come from: Input, and the layers that read data (caffe/src/caffe/layers/*data_layer.cpp)."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from netspec.records import Unreadable, first_datum_shape, first_image_shape, hdf5_shapes
from netspec.schema.kinds import Bool, Float, One, Text, UInt
from netspec.schema.layer import Count, Family, Layer, Shape
from netspec.schema.net import BlobShape, FillerParameter
from netspec.schema.settings import Reject, Settings, group, param


class TransformationParameter(Settings):
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
            yield Reject(
                "N208",
                "mean_value",
                "mean_value is given together with mean_file",
                "keep one of the two",
            )
        if self.force_color and self.force_gray:
            yield Reject(
                "N208",
                "force_gray",
                "force_gray is given together with force_color",
                "keep one of the two",
            )

    def shape(self, image: Shape) -> Shape:
        """(channels, height, width) after the cut."""
        return (image[0], self.crop_size, self.crop_size) if self.crop_size else image


class _Source(Layer):
    """A layer that makes its tops itself."""

    family, source = Family.DATA, True

    def need_batch(self) -> Iterable[Reject]:
        if not getattr(self, "batch_size"):
            yield Reject(
                "N205",
                "batch_size",
                "batch_size is 0",
                "give the number of items in a batch, 1 or more",
            )


class Input(_Source):
    """A blob that the caller feeds."""

    message, fed = "input_param", True
    tops = Count(1, None)
    caffe = "layers/input_layer.cpp"

    shape: tuple[BlobShape, ...] = param(
        BlobShape, "a shape for each top, or one for all", many=True
    )

    def infer(self, *, tops: int, given: Shape | None = None) -> tuple[Shape, ...]:
        if not self.shape:
            raise Reject(
                "N410",
                "shape",
                "the input has no shape",
                "add shape { dim: ... }, or give one with --shape",
            )
        if len(self.shape) not in (1, tops):
            message = f"{len(self.shape)} shapes are given for {tops} tops"
            raise Reject("N407", "shape", message, "give one shape, or one for each top")
        if any(d < 0 for s in self.shape for d in s.dim):
            raise Reject("N205", "shape", "a dimension is negative", "give the number of elements")
        return tuple(self.shape[i if len(self.shape) > 1 else 0].dim for i in range(tops))


class DB(Enum):
    LEVELDB = 0
    LMDB = 1


def _unknown(what: str, wrong: Unreadable) -> Reject:
    return Reject("N410", "source", f"the shape of {what} is not known: {wrong}", wrong.help)


class Data(_Source):
    """Images and labels from a database of Datum messages, in the order of their keys."""

    message = "data_param"
    tops = Count(1, 2)
    caffe = "layers/data_layer.cpp"

    source: str = param(Text(), "the folder of the database")
    batch_size: int = param(UInt, "how many items a batch has")
    rand_skip: int = param(UInt, "skip up to so many items at the start, at random", default=0)
    backend: DB = param(One(DB), "the kind of database", default=DB.LEVELDB)
    force_encoded_color: bool = param(Bool(), "decode encoded images in colour", default=False)
    prefetch: int = param(UInt, "how many batches are read ahead", default=4)
    scale: float = param(Float(), "the old place of transform_param's scale", default=1.0)
    mean_file: str = param(Text(), "the old place of transform_param's mean_file", default="")
    crop_size: int = param(UInt, "the old place of transform_param's crop_size", default=0)
    mirror: bool = param(Bool(), "the old place of transform_param's mirror", default=False)
    transform: TransformationParameter = group(
        TransformationParameter, "transform_param", "what is done to each image"
    )

    def check(self) -> Iterable[Reject]:
        yield from self.need_batch()

    def infer(self, *, tops: int, given: Shape | None = None) -> tuple[Shape, ...]:
        if given is not None:
            return given, (given[0],)
        try:
            image = first_datum_shape(self.source, self.backend.name)
        except Unreadable as wrong:
            raise _unknown("the images", wrong) from None
        return (self.batch_size, *self.transform.shape(image)), (self.batch_size,)


class ImageData(_Source):
    """Images named in a list, each line `path label`."""

    message = "image_data_param"
    tops = Count(2, 2)
    caffe = "layers/image_data_layer.cpp"
    note = "Channels are in the order blue, green, red, from 0 to 255."

    source: str = param(Text(), "the list: a path and a label, a whole number, on each line")
    batch_size: int = param(UInt, "how many images a batch has", default=1)
    rand_skip: int = param(UInt, "skip up to so many images at the start, at random", default=0)
    shuffle: bool = param(Bool(), "shuffle the list, anew for each pass", default=False)
    new_height: int = param(UInt, "resize to this height; 0 is not at all", default=0)
    new_width: int = param(UInt, "resize to this width; 0 is not at all", default=0)
    is_color: bool = param(Bool(), "three channels, or one", default=True)
    root_folder: str = param(Text(), "put before each path", default="")
    scale: float = param(Float(), "the old place of transform_param's scale", default=1.0)
    mean_file: str = param(Text(), "the old place of transform_param's mean_file", default="")
    crop_size: int = param(UInt, "the old place of transform_param's crop_size", default=0)
    mirror: bool = param(Bool(), "the old place of transform_param's mirror", default=False)
    transform: TransformationParameter = group(
        TransformationParameter, "transform_param", "what is done to each image"
    )

    def check(self) -> Iterable[Reject]:
        yield from self.need_batch()
        if bool(self.new_height) != bool(self.new_width):
            one, other = (
                ("new_height", "new_width") if self.new_height else ("new_width", "new_height")
            )
            yield Reject(
                "N207", one, f"{one} is given without {other}", f"add {other}, or remove {one}"
            )

    def infer(self, *, tops: int, given: Shape | None = None) -> tuple[Shape, ...]:
        if given is not None:
            return given, (given[0],)
        channels = 3 if self.is_color else 1
        if self.new_height or self.transform.crop_size:
            image: Shape = (channels, self.new_height, self.new_width)
        else:
            try:
                image = (channels, *first_image_shape(self.source, self.root_folder))
            except Unreadable as wrong:
                raise _unknown("the images", wrong) from None
        return (self.batch_size, *self.transform.shape(image)), (self.batch_size,)


class HDF5Data(_Source):
    """Rows of HDF5 files named in a list; a top is the data set of its name."""

    message = "hdf5_data_param"
    tops = Count(1, None)
    caffe = "layers/hdf5_data_layer.cpp"

    source: str = param(Text(), "the list of HDF5 files, one path a line")
    batch_size: int = param(UInt, "how many rows a batch has")
    shuffle: bool = param(Bool(), "shuffle files and rows", default=False)

    def check(self) -> Iterable[Reject]:
        yield from self.need_batch()

    def infer(
        self, *, tops: int, given: Shape | None = None, names: tuple[str, ...] = ()
    ) -> tuple[Shape, ...]:
        try:
            rows = hdf5_shapes(self.source, names)
        except Unreadable as wrong:
            raise _unknown("the data sets", wrong) from None
        return tuple((self.batch_size, *row) for row in rows)


class DummyData(_Source):
    """Blobs filled by a filler: once when it is constant, anew for each batch otherwise."""

    message = "dummy_data_param"
    tops = Count(1, None)
    caffe = "layers/dummy_data_layer.cpp"

    data_filler: tuple[FillerParameter, ...] = param(
        FillerParameter, "a filler for each top, or one for all", many=True
    )
    shape: tuple[BlobShape, ...] = param(
        BlobShape, "a shape for each top, or one for all", many=True
    )
    num: tuple[int, ...] = param(UInt, "the old form of shape's first dimension", many=True)
    channels: tuple[int, ...] = param(UInt, "the old form of shape's second dimension", many=True)
    height: tuple[int, ...] = param(UInt, "the old form of shape's third dimension", many=True)
    width: tuple[int, ...] = param(UInt, "the old form of shape's fourth dimension", many=True)

    def check(self) -> Iterable[Reject]:
        old = [name for name in ("num", "channels", "height", "width") if getattr(self, name)]
        if old and self.shape:
            yield Reject("N208", old[0], f"{old[0]} is given together with shape", "keep shape")
        if not old and not self.shape:
            yield Reject("N207", "shape", "shape is missing", "add shape { dim: ... }")
        if old and len(old) < 4:
            missing = next(n for n in ("num", "channels", "height", "width") if n not in old)
            yield Reject(
                "N207", old[0], f"{missing} is missing", "write shape { dim: ... } instead"
            )

    def infer(self, *, tops: int, given: Shape | None = None) -> tuple[Shape, ...]:
        lists = (
            {"shape": self.shape}
            if self.shape
            else {n: getattr(self, n) for n in ("num", "channels", "height", "width")}
        )
        lists["data_filler"] = self.data_filler or (FillerParameter(),)
        for name, values in lists.items():
            if len(values) not in (1, tops):
                message = f"{name} is given {len(values)} times for {tops} tops"
                raise Reject("N407", name, message, "give it once, or once for each top")

        def pick(values: tuple[int, ...], i: int) -> int:
            return values[i if len(values) > 1 else 0]

        if self.shape:
            return tuple(self.shape[i if len(self.shape) > 1 else 0].dim for i in range(tops))
        return tuple(
            tuple(pick(v, i) for v in (self.num, self.channels, self.height, self.width))
            for i in range(tops)
        )
