"""Data in memory and into a file: MemoryData, fed by the caller, and HDF5Output."""

from __future__ import annotations

from collections.abc import Iterable

from netspec.layers.spatial import spelled
from netspec.schema.kinds import Text, UInt
from netspec.schema.layer import Count, Family, Layer, Shape
from netspec.schema.settings import Reject, param


class MemoryData(Layer):
    """Images and labels that the caller feeds, batch by batch."""

    message = "memory_data_param"
    family, source, fed = Family.DATA, True, True
    tops = Count(2, 2)
    caffe = "layers/memory_data_layer.cpp"

    batch_size: int = param(UInt, "how many images a batch has")
    channels: int = param(UInt, "the channels of an image")
    height: int = param(UInt, "the height of an image")
    width: int = param(UInt, "the width of an image")

    def check(self) -> Iterable[Reject]:
        for name in ("batch_size", "channels", "height", "width"):
            if not getattr(self, name):
                yield Reject("N205", name, f"{name} is 0; it has to be 1 or more", "give 1 or more")

    def infer(self, *, tops: int, given: Shape | None = None) -> tuple[Shape, ...]:
        if given is not None:
            return given, given[:1]
        return (self.batch_size, self.channels, self.height, self.width), (self.batch_size,)


class HDF5Output(Layer):
    """Write two blobs to an HDF5 file, as the data sets `data` and `label`."""

    message, family = "hdf5_output_param", Family.DATA
    tops = Count(0, 0)
    caffe = "layers/hdf5_output_layer.cpp"

    file_name: str = param(Text(), "the file")

    def infer(self, data: Shape, label: Shape) -> tuple[Shape, ...]:
        if data[:1] != label[:1]:
            message = f"the bottoms are {spelled(data)} and {spelled(label)}"
            raise Reject("N403", "bottom", message, "the first axis of both is the batch")
        return ()
