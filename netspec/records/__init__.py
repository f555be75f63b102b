"""Caffe's data files and binary messages, read and written without torch."""

from __future__ import annotations

from netspec.records.peek import (
    first_datum_shape,
    first_image_shape,
    first_sample_shape,
    hdf5_shapes,
)
from netspec.records.unreadable import Unreadable
