"""HDF5 files made in memory and written in one piece."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import h5py


@contextmanager
def hdf5_image(path: Path) -> Iterator[h5py.File]:
    """The file to fill; it is written to `path` when the block ends.

    The HDF5 library crashes where a disk is full; written here, that is an OSError as any other.
    """
    import h5py

    with h5py.File(path.name, "w", driver="core", backing_store=False) as file:
        yield file
        file.flush()
        content = file.id.get_file_image()
    path.write_bytes(content)
