"""HDF5 files that are written as they grow, on disks that may be full."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import h5py


@contextmanager
def hdf5_writing(path: Path) -> Iterator[h5py.File]:
    """The file to fill. Raises OSError where it cannot be written, when the block ends."""
    import h5py

    with _Patient(path, "w+") as below:
        try:
            with h5py.File(below, "w") as file:
                yield file
        except (ValueError, RuntimeError, OSError):  # HDF5 misses what it had not written
            if below.wrong is None:
                raise
        if below.wrong is not None:
            raise below.wrong


class _Patient(FileIO):
    """A file that takes all that it is given, and keeps the first error for later: the HDF5 library
    crashes where it cannot write.
    """

    wrong: OSError | None = None

    def write(self, content: Any) -> int:
        """Pretend to write what cannot be written."""
        left = memoryview(content).cast("B")
        size = len(left)
        try:
            while left and self.wrong is None:
                left = left[super().write(left) :]
        except OSError as wrong:
            self.wrong = wrong
        return size

    def truncate(self, size: int | None = None) -> int:
        try:
            return super().truncate(size)
        except OSError as wrong:
            self.wrong = self.wrong or wrong
            return size or 0
