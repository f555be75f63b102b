"""What data files say of themselves: the shapes of their first items, read without torch."""

from __future__ import annotations

from netspec.records.peek import Unreadable, first_datum_shape, first_image_shape, hdf5_shapes
