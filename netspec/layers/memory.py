"""Data in memory and into a file: MemoryData, fed by the caller, and HDF5Output."""

from __future__ import annotations

from typing import Any

from netspec.layers.fork_reading import LabelType
from netspec.schema.forks import CAFFE_ON_SPARK, MYCAFFE
from netspec.schema.kinds import Bool, One, Positive, Text
from netspec.schema.layer import Count, Family, Layer, Shape
from netspec.schema.settings import Reject, param
from netspec.schema.wording import spelled


def _label(side: str) -> Any:
    return param(Positive, f"the {side} of a label, a blob of its own", default=None, fork=MYCAFFE)


class MemoryData(Layer):
    """Images and labels that the caller feeds, batch by batch."""

    message = "memory_data_param"
    family, makes_data, fed, by_array = Family.DATA, True, True, True
    tops = Count(1, 2)
    caffe = "layers/memory_data_layer.cpp"

    batch_size: int = param(Positive, "how many images a batch has")
    channels: int = param(Positive, "the channels of an image")
    height: int = param(Positive, "the height of an image")
    width: int = param(Positive, "the width of an image")
    source: str = param(
        Text(), "where data is", default="", unused="the caller feeds it", fork=CAFFE_ON_SPARK
    )
    share_in_parallel: bool = param(
        Bool(),
        "all solvers read one source",
        default=False,
        unused="the caller feeds it",
        fork=CAFFE_ON_SPARK,
    )

    label_channels: int | None = _label("channels")
    label_height: int | None = _label("height")
    label_width: int | None = _label("width")
    label_type: LabelType = param(
        One(LabelType),
        "NONE leaves the second top out, ONLY_ONE has one for all",
        default=LabelType.SINGLE,
        fork=MYCAFFE,
    )

    def infer(self, *, tops: int, given: Shape | None = None) -> tuple[Shape, ...]:
        wanted = 1 if self.label_type is LabelType.NONE else 2
        if tops != wanted:
            message = f"found {tops} tops, expected {wanted}"
            raise Reject("N303", "top", message, "images and labels; NONE of them with label_type")
        data = given or (self.batch_size, self.channels, self.height, self.width)
        batch = data[:1] if self.label_type is not LabelType.ONLY_ONE else (1,)
        axes = (self.label_channels, self.label_height, self.label_width)
        if axes == (None, None, None) and self.label_type is LabelType.SINGLE:
            return data, batch
        return data, (*batch, *(axis or 1 for axis in axes))


class HDF5Output(Layer):
    """Write two blobs to an HDF5 file, as the data sets `data` and `label`."""

    message, family = "hdf5_output_param", Family.DATA
    tops, writes = Count(0, 0), True
    caffe = "layers/hdf5_output_layer.cpp"
    each = 0

    file_name: str = param(Text(), "the file")

    def infer(self, data: Shape, label: Shape) -> tuple[Shape, ...]:
        if len(data) > 4 or len(label) > 4:
            message = f"the bottoms are {spelled(data)} and {spelled(label)}"
            raise Reject("N401", "bottom", message, "four axes at most are written")
        if data[:1] != label[:1]:
            message = f"the bottoms are {spelled(data)} and {spelled(label)}"
            raise Reject("N403", "bottom", message, "the first axis of both is the batch")
        return ()

    def deployed(self) -> None:
        return None
