"""Layers that read data from files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from enum import Enum

from netspec.layers.fork_reading import ForkDatabase, ForkReading, LabelType
from netspec.layers.reading import OwnReading
from netspec.layers.transform import TransformationParameter
from netspec.records import Unreadable, first_datum_shape, first_image_shape, hdf5_shapes
from netspec.records.survey import survey_database, survey_list
from netspec.schema.kinds import Bool, Float, One, Text, UInt
from netspec.schema.layer import Count, Family, Layer, Shape, Survey
from netspec.schema.settings import Reject, group, param


class _Reader(Layer):
    """A layer that reads `batch_size` items at a time from `source`."""

    family, makes_data = Family.DATA, True

    def check(self) -> Iterable[Reject]:
        for name in ("source", "batch_size"):
            if not getattr(self, name):
                empty = "empty" if name == "source" else "0"
                yield Reject("N205", name, f"{name} is {empty}", f"give {self.settings[name].doc}")


def unknown_shape(what: str, wrong: Unreadable) -> Reject:
    help = f"{wrong.help}; without the data, --shape gives its shape".removeprefix("; ")
    return Reject("N410", "source", f"the shape of {what} is not known: {wrong}", help)


def unreadable(look: Callable[[], object]) -> Iterator[Reject]:
    """What a look at the data finds to be wrong."""
    try:
        look()
    except Unreadable as wrong:
        yield Reject(wrong.code, "source", str(wrong), wrong.help)


def _moved(layer: Data | ImageData) -> Iterable[Reject]:
    """Warnings for settings that Caffe reads in transform_param alone, today."""
    for name in ("scale", "mean_file", "crop_size", "mirror"):
        if getattr(layer, name) != layer.settings[name].default:
            message = f"{name} changes nothing in {layer.message}"
            yield Reject("N501", name, message, f"write it in transform_param {{ {name}: ... }}")


class DB(Enum):
    LEVELDB = 0
    LMDB = 1
    IMAGEDB = 2  # MyCaffe's, in an SQL server


class Data(ForkDatabase, OwnReading, _Reader):
    """Images and labels from a database of Datum messages, in the order of their keys."""

    message = "data_param"
    tops = Count(1, 2)
    caffe = "layers/data_layer.cpp"

    source: str = param(Text(), "the folder of the database")
    batch_size: int = param(UInt, "the number of items in a batch")
    rand_skip: int = param(UInt, "without effect in today's Caffe", default=0)
    backend: DB = param(One(DB), "the kind of database", default=DB.LEVELDB)
    force_encoded_color: bool = param(
        Bool(), "the old place of transform_param's force_color", default=False
    )
    prefetch: int = param(UInt, "how many batches are read ahead", default=4)
    scale: float = param(Float(), "the old place of transform_param's scale", default=1.0)
    mean_file: str = param(Text(), "the old place of transform_param's mean_file", default="")
    crop_size: int = param(UInt, "the old place of transform_param's crop_size", default=0)
    mirror: bool = param(Bool(), "the old place of transform_param's mirror", default=False)
    transform: TransformationParameter = group(
        TransformationParameter, "transform_param", "what is done to each image"
    )

    def check(self) -> Iterable[Reject]:
        yield from super().check()
        yield from _moved(self)
        if self.force_encoded_color:
            message = "force_encoded_color changes nothing in data_param"
            help = "write transform_param { force_color: true }"
            yield Reject("N501", "force_encoded_color", message, help)
        if self.rand_skip:
            message = "rand_skip changes nothing: today's Caffe reads from the first item"
            yield Reject("N501", "rand_skip", message, "remove it")

    def absent(self) -> Iterator[Reject]:
        yield from self.transform.absent()

    def uncomputed(self) -> Iterator[Reject]:
        yield from super().uncomputed()
        if self.backend is DB.IMAGEDB:
            message = "an IMAGEDB is in MyCaffe's SQL server, which is not read here"
            yield Reject("N211", "backend", message, "copy the images into an LMDB")

    def survey(self) -> Survey | None:
        try:
            return Survey(*survey_database(self.source, self.backend.name))
        except Unreadable:
            return None

    def infer(self, *, tops: int, given: Shape | None = None) -> tuple[Shape, ...]:
        if given is None:
            given = (self.batch_size, *self._image())
        return given, (*given[:1], *self.label_axes) if tops > 1 else given[:1]

    def _image(self) -> Shape:
        """(channels, height, width) of an item; raises Reject."""
        if self.backend is DB.IMAGEDB:
            message = "the shape of the images is not known: an IMAGEDB is not read here"
            raise Reject("N410", "backend", message, "give it with --shape")
        try:
            image = first_datum_shape(self.source, self.backend.name, self.transform.color)
        except Unreadable as wrong:
            raise unknown_shape("the images", wrong) from None
        channels, *size = self.transform.shape(image)
        return channels * self.images_per_blob, *size

    @property
    def label_axes(self) -> Shape:
        """The axes of the labels after the batch: none, but in MyCaffe; raises Reject."""
        if self.label_type is LabelType.MULTIPLE:
            message = "label_type is MULTIPLE: the database tells the labels' shape"
            raise Reject("N410", "label_type", message, "give the second top's with --shape")
        several = self.images_per_blob if self.output_all_labels else 1
        return (several,) if self.backend is DB.IMAGEDB or several > 1 else ()


class ImageData(ForkReading, OwnReading, _Reader):
    """Images named in a list, each line `path label`."""

    message = "image_data_param"
    tops = Count(2, 2)
    caffe = "layers/image_data_layer.cpp"

    source: str = param(Text(), "the list: a path and a label, a whole number, on each line")
    batch_size: int = param(UInt, "the number of images in a batch", default=1)
    rand_skip: int = param(UInt, "skip fewer images than this at the start, at random", default=0)
    shuffle: bool = param(Bool(), "shuffle the list, anew for each pass", default=False)
    new_height: int = param(UInt, "resize to this height; 0 is not at all", default=0)
    new_width: int = param(UInt, "resize to this width; 0 is not at all", default=0)
    is_color: bool = param(Bool(), "three channels, or one", default=True)
    images_in_color: bool | None = param(
        Bool(),
        "is_color by another name",
        default=None,
        uncomputed="write is_color",
        fork="Deep neural networks are easily fooled",
    )
    root_folder: str = param(Text(), "put before each path", default="")
    scale: float = param(Float(), "the old place of transform_param's scale", default=1.0)
    mean_file: str = param(Text(), "the old place of transform_param's mean_file", default="")
    crop_size: int = param(UInt, "the old place of transform_param's crop_size", default=0)
    mirror: bool = param(Bool(), "the old place of transform_param's mirror", default=False)
    transform: TransformationParameter = group(
        TransformationParameter, "transform_param", "what is done to each image"
    )

    def check(self) -> Iterable[Reject]:
        yield from super().check()
        if bool(self.new_height) != bool(self.new_width):
            one, other = (
                ("new_height", "new_width") if self.new_height else ("new_width", "new_height")
            )
            yield Reject(
                "N207", one, f"{one} is given without {other}", f"add {other}, or remove {one}"
            )
        yield from _moved(self)
        if self.transform.force_color or self.transform.force_gray:
            message = "force_color and force_gray change nothing on an ImageData layer"
            yield Reject("N501", "transform", message, "write is_color in image_data_param")

    def absent(self) -> Iterator[Reject]:
        yield from unreadable(
            lambda: first_image_shape(self.source, self.root_folder, self.is_color)
        )
        yield from self.transform.absent()

    @property
    def channels(self) -> int:
        color = self.is_color if self.images_in_color is None else self.images_in_color
        return 3 if color else 1

    def survey(self) -> Survey | None:
        try:
            return Survey(*survey_list(self.source))
        except Unreadable:
            return None

    def infer(self, *, tops: int, given: Shape | None = None) -> tuple[Shape, ...]:
        if given is not None:
            return given, given[:1]
        if self.new_height:
            image: Shape = (self.channels, self.new_height, self.new_width)
        elif self.transform.crop_size:
            image = (self.channels, self.transform.crop_size, self.transform.crop_size)
        else:
            try:
                image = first_image_shape(self.source, self.root_folder, self.is_color)
            except Unreadable as wrong:
                raise unknown_shape("the images", wrong) from None
        return (self.batch_size, *self.transform.shape(image)), (self.batch_size,)


class HDF5Data(_Reader):
    """Rows of HDF5 files named in a list; a top is the data set of its name."""

    message = "hdf5_data_param"
    tops = Count(1, None)
    caffe = "layers/hdf5_data_layer.cpp"

    source: str = param(Text(), "the list of HDF5 files, one path a line")
    batch_size: int = param(UInt, "the number of rows in a batch")
    shuffle: bool = param(Bool(), "shuffle files and rows", default=False)
    transform: TransformationParameter | None = group(
        TransformationParameter, "transform_param", "refused: rows pass as they are", default=None
    )

    def check(self) -> Iterable[Reject]:
        yield from super().check()
        if self.transform is not None:
            message = "an HDF5Data layer does not transform its data"
            yield Reject(
                "N202", "transform", message, "remove transform_param; a Power layer scales"
            )

    def infer(
        self, *, tops: int, given: Shape | None = None, names: tuple[str, ...] = ()
    ) -> tuple[Shape, ...]:
        try:
            rows = hdf5_shapes(self.source, names)
        except Unreadable as wrong:
            raise unknown_shape("the data sets", wrong) from None
        batch = given[:1] if given is not None else (self.batch_size,)
        return tuple((*batch, *row) for row in rows)
