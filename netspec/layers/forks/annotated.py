"""AnnotatedData: images with the boxes of the things in them."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from netspec.layers.data import DB
from netspec.layers.forks.detection import TRUTH
from netspec.layers.transform import TransformationParameter
from netspec.schema.forks import SSD
from netspec.schema.kinds import Bool, Float, One, Text, UInt
from netspec.schema.layer import Count, Family, Layer, Shape
from netspec.schema.settings import Reject, Settings, group, param


class AnnotationType(Enum):
    BBOX = 0


class Sampler(Settings):
    """What is cut out of an image."""

    noun = "sampler"

    min_scale: float = param(Float(), "how much of the image at least", default=1.0)
    max_scale: float = param(Float(), "how much of the image at most", default=1.0)
    min_aspect_ratio: float = param(Float(), "how high at most", default=1.0)
    max_aspect_ratio: float = param(Float(), "how wide at most", default=1.0)


class SampleConstraint(Settings):
    """What has to hold of a true box in what is cut out."""

    noun = "sample_constraint"

    min_jaccard_overlap: float | None = param(Float(), "the least overlap", default=None)
    max_jaccard_overlap: float | None = param(Float(), "the largest overlap", default=None)
    min_sample_coverage: float | None = param(Float(), "how much of it at least", default=None)
    max_sample_coverage: float | None = param(Float(), "how much of it at most", default=None)
    min_object_coverage: float | None = param(Float(), "how much of the box", default=None)
    max_object_coverage: float | None = param(Float(), "how much of the box", default=None)


class BatchSampler(Settings):
    """One way to cut parts out of images."""

    noun = "batch_sampler"

    use_original_image: bool = param(Bool(), "cut the image, not another part", default=True)
    sampler: Sampler | None = param(Sampler, "what is cut out", default=None)
    sample_constraint: SampleConstraint | None = param(
        SampleConstraint, "when it is taken", default=None
    )
    max_sample: int | None = param(UInt, "how many are taken at most", default=None)
    max_trials: int = param(UInt, "how many are tried", default=100)


class DataParameter(Settings):
    """The database, as a Data layer has it."""

    noun = "data_param"

    source: str = param(Text(), "the folder of the database", default="")
    batch_size: int = param(UInt, "the number of items in a batch", default=0)
    rand_skip: int = param(UInt, "skip fewer items than this at the start", default=0)
    backend: DB = param(One(DB), "the kind of database", default=DB.LEVELDB)
    prefetch: int = param(UInt, "how many batches are read ahead", default=4)


class AnnotatedData(Layer):
    """Images and the boxes of what is in them; the caller feeds both.

    Its databases and its random cuts are not read here. The boxes are 1 x 1 x boxes x 8: image of
    the batch, label, instance, left, top, right, bottom (fractions of the image), difficult.
    """

    message = "annotated_data_param"
    family, makes_data, fed = Family.DATA, True, True
    tops = Count(1, 2)
    fork = SSD
    caffe = "layers/annotated_data_layer.cpp"

    batch_sampler: tuple[BatchSampler, ...] = param(
        BatchSampler, "ways to cut parts out of images", many=True
    )
    label_map_file: str = param(Text(), "the names of the labels", default="")
    anno_type: AnnotationType | None = param(
        One(AnnotationType), "what annotations are", default=None
    )
    data: DataParameter = group(DataParameter, "data_param", "the database")
    transform: TransformationParameter = group(
        TransformationParameter, "transform_param", "what is done to each image"
    )

    def check(self) -> Iterable[Reject]:
        if not self.data.batch_size:
            help = "add data_param { batch_size: ... }"
            yield Reject("N207", "data", "batch_size is missing", help)

    def infer(self, *, tops: int, given: Shape | None = None) -> tuple[Shape, ...]:
        boxes = (1, 1, 1, TRUTH)
        if given is not None:
            return given, boxes
        size = self.transform.size
        if size is None:
            message = "the size of the images is not known"
            help = "add resize_param or crop_size, or give --shape"
            raise Reject("N410", "transform", message, help)
        channels = 1 if self.transform.force_gray else 3
        return (self.data.batch_size, channels, *size), boxes
