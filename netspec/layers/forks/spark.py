"""CoSData, with which CaffeOnSpark reads the columns of a data frame; here the caller feeds it."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from netspec.layers.transform import TransformationParameter
from netspec.schema.forks import CAFFE_ON_SPARK
from netspec.schema.kinds import Bool, Int, One, Text, UInt
from netspec.schema.layer import Count, Family, Layer, Shape
from netspec.schema.settings import Reject, Settings, param
from netspec.schema.wording import times

FED = "the caller feeds the data"


class Column(Enum):
    STRING = 0
    INT = 1
    FLOAT = 2
    INT_ARRAY = 3
    FLOAT_ARRAY = 4
    ENCODED_IMAGE = 5
    RAW_IMAGE = 6
    ENCODED_IMAGE_WITH_DIM = 7


class TopBlob(Settings):
    """top { ... } inside cos_data_param: a column of the frame, and the shape that it becomes."""

    noun = "top"

    name: str = param(Text(), "the column", default="", unused=FED)
    type: Column = param(One(Column), "what it holds", default=Column.STRING, unused=FED)
    channels: int = param(UInt, "axis 1", default=0)
    height: int = param(UInt, "axis 2", default=0)
    width: int = param(UInt, "axis 3", default=0)
    sample_num_axes: int = param(Int(0, 3), "how many of these axes there are", default=3)
    transform_param: TransformationParameter | None = param(
        TransformationParameter, "what is done to each image", default=None, unused=FED
    )
    out_channels: int = param(UInt, "axis 1, after that", default=0)
    out_height: int = param(UInt, "axis 2, after that", default=0)
    out_width: int = param(UInt, "axis 3, after that", default=0)
    transpose: bool = param(Bool(), "put the batch after the channels", default=False)

    def check(self) -> Iterable[Reject]:
        if self.transpose and self.sample_num_axes != 1:
            message = f"transpose is given with sample_num_axes {self.sample_num_axes}"
            yield Reject("N208", "transpose", message, "write sample_num_axes: 1")

    def shape(self, batch: int) -> Shape:
        """Of the top, for so many rows of the frame (CoSDataLayer::LayerSetUp)."""
        axes = (
            self.out_channels or self.channels,
            self.out_height or self.height,
            self.out_width or self.width,
        )
        return (axes[0], batch) if self.transpose else (batch, *axes[: self.sample_num_axes])


class CoSData(Layer):
    """Columns of a data frame, a top for each; the caller feeds them."""

    message, family = "cos_data_param", Family.DATA
    makes_data = fed = True
    tops = Count(1, None)
    fork = CAFFE_ON_SPARK

    source: str = param(Text(), "the data frame", default="")
    batch_size: int = param(UInt, "how many rows make a batch", default=1)
    shuffle: bool = param(Bool(), "shuffle the files", default=False, unused=FED)
    dataframe_format: str = param(Text(), "the form of its files", default="parquet", unused=FED)
    top: tuple[TopBlob, ...] = param(TopBlob, "one for each top", many=True)

    def infer(self, *, tops: int, given: Shape | None = None) -> tuple[Shape, ...]:
        if len(self.top) != tops:
            message = f"cos_data_param has top {times(len(self.top))}, the layer {times(tops)}"
            raise Reject("N303", "top", message, "write a top { ... } for each top")
        first, *rest = (blob.shape(given[0] if given else self.batch_size) for blob in self.top)
        return (given or first, *rest)
