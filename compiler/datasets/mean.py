"""The mean image of a data set, and of each channel (Caffe's compute_image_mean)."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from compiler.datasets.prepared import Preparation, side_by_side
from netspec.records import Unreadable
from netspec.records.record import Record
from netspec.schema.wording import spelled


def mean_of(records: Iterable[Record], prepared: Preparation | None) -> tuple[np.ndarray, int]:
    """(channels x height x width, the number of images); raises Unreadable (C304, C306, C309).

    Images are decoded as they are stored, or as `prepared` says. Added up in 64 bits: Caffe's sum
    of 32 bits stops growing from some 65,000 images on.
    """
    preparation = prepared or Preparation()
    total: np.ndarray | None = None
    count = 0

    def read(record: Record) -> tuple[str, np.ndarray]:
        datum, what = record.load(), f"the record {record.name}"
        return record.name, preparation.pixels(datum, what, as_stored=prepared is None)

    for name, pixels in side_by_side(read, records):
        if total is None:
            total = np.zeros(pixels.shape, np.float64)
        if pixels.shape != total.shape:
            message = f"{name} is {spelled(pixels.shape)}, the first {spelled(total.shape)}"
            raise Unreadable("C309", message, "resize all to one size: --resize 256x256")
        total += pixels
        count += 1
    if total is None:
        raise Unreadable("C304", "there are no images to take the mean of", "put some into it")
    return (total / count).astype(np.float32), count
