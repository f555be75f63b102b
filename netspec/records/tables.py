"""The data sets of one HDF5 file, whose rows belong together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netspec.records.unreadable import Unreadable

if TYPE_CHECKING:
    import numpy as np

MAX_ROWS = 2**31 - 1  # Caffe's blobs count in 32 bits
INFLATION, SMALL = (
    1100,
    2**26,
)  # zlib makes at most 1032 bytes of one; up to 64 MiB may be claimed by anybody
KEPT = 2**28  # a file of up to 256 MiB is read at once and kept


class Tables:
    """Data sets by name: `rows` in each, `shapes` of a row. Raises Unreadable (C304, C308)."""

    def __init__(self, path: str, names: Sequence[str]) -> None:
        import h5py

        self.path = path
        with self._damage():
            self._file = h5py.File(path, "r")
            self._sets = [self._find(name, h5py) for name in names]
            self.rows: int = self._sets[0].shape[0]
            self.shapes: tuple[tuple[int, ...], ...] = tuple(tuple(s.shape[1:]) for s in self._sets)
            self._check(names)
        self._kept: list[np.ndarray] | None = None

    @contextmanager
    def _damage(self) -> Iterator[None]:
        try:
            yield
        except Unreadable:
            raise
        except Exception as wrong:  # h5py raises what it likes on damaged files
            reason = wrong if Path(self.path).exists() else "there is no such file"
            message = f"{self.path} cannot be read as HDF5 ({reason})"
            raise Unreadable("C308", message, "check the list, or make the file anew") from None

    def _find(self, name: str, h5py: Any) -> Any:
        found = self._file.get(name)
        if not isinstance(found, h5py.Dataset):
            there = ", ".join(map(str, self._file)) or "none"
            raise Unreadable("C308", f"{self.path} has no data set {name}", f"it has {there}")
        what = f"the data set {name} of {self.path}"
        if found.dtype.kind not in "iuf":
            message = f"{what} holds {found.dtype}, not numbers"
            raise Unreadable("C308", message, "store whole numbers or floats")
        if not found.shape:
            raise Unreadable("C308", f"{what} has no rows", "its first axis is the row")
        if found.is_virtual or found.external:
            help = "write them into this one: `h5repack -l CONTI` does so"
            raise Unreadable("C308", f"the numbers of {what} are in other files", help)
        return found

    def _check(self, names: Sequence[str]) -> None:
        size = Path(self.path).stat().st_size
        for name, each in zip(names, self._sets):
            if each.shape[0] != self.rows:
                rows = f"{self.rows:,} rows and {name} {each.shape[0]:,}"
                message = f"in {self.path}, {names[0]} has {rows}"
                raise Unreadable("C308", message, "a row of each data set makes one item")
            chunk = prod(each.chunks or ()) * each.dtype.itemsize  # which is unpacked whole
            claimed = max(each.nbytes, chunk)
            if claimed > max(SMALL, INFLATION * size) or self.rows > MAX_ROWS:
                shape = " x ".join(map(str, each.shape))
                message = f"{name} of {self.path} claims {shape} numbers in {size:,} bytes"
                raise Unreadable("C308", message, "make the file anew")
        if not self.rows:
            message = f"the data sets of {self.path} have no rows"
            raise Unreadable("C304", message, "take it out of the list")

    def read(self, rows: np.ndarray, into: Sequence[np.ndarray]) -> None:
        """Copy rows, by number and in any order, into an array for each data set."""
        with self._damage():
            if self._kept is None and sum(s.nbytes for s in self._sets) <= KEPT:
                self._kept = [s[:] for s in self._sets]
            if self._kept is not None:
                for array, kept in zip(into, self._kept):
                    array[:] = kept[rows]
            else:
                self._select(rows, into)

    def _select(self, rows: np.ndarray, into: Sequence[np.ndarray]) -> None:
        import numpy as np

        wanted, places = np.unique(rows, return_inverse=True)  # HDF5 reads rows in rising order
        first, last = int(wanted[0]), int(wanted[-1])
        chosen = slice(first, last + 1) if last - first < len(wanted) else wanted
        for array, each in zip(into, self._sets):
            array[:] = each[chosen][places]

    def close(self) -> None:
        self._file.close()
        self._kept = None

    def __enter__(self) -> Tables:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
