"""The shapes of a data source's items, from the first of them."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

from netspec.records.datum import Datum, read_datum
from netspec.records.wire import WireError


class Unreadable(Exception):
    """A data source cannot be read; the message says why, `help` what to do."""

    def __init__(self, message: str, help: str = "give the shape with --shape blob=1,3,224,224") -> None:
        super().__init__(message)
        self.help = help


def first_datum_shape(source: str, backend: str) -> tuple[int, int, int]:
    """(channels, height, width) of the first item of a database."""
    if not Path(source).exists():
        raise Unreadable(f"there is no database {source}")
    if backend != "LMDB":
        raise Unreadable(f"{source} is a {backend} database", "convert it to LMDB, and write backend: LMDB")
    import lmdb

    try:
        with lmdb.open(source, readonly=True, lock=False) as database, database.begin() as view, view.cursor() as items:
            if not items.first():
                raise Unreadable(f"the database {source} is empty")
            datum = read_datum(items.value())
    except (lmdb.Error, WireError) as wrong:
        raise Unreadable(f"{source} cannot be read as an LMDB of Datum messages ({wrong})") from None
    return datum_shape(datum)


def datum_shape(datum: Datum) -> tuple[int, int, int]:
    """(channels, height, width), from the header of an encoded image where it is one."""
    if not datum.encoded:
        return datum.channels, datum.height, datum.width
    from PIL import Image

    try:
        with Image.open(BytesIO(datum.data)) as image:
            return (1 if image.mode in ("L", "1", "I;16") else 3), image.height, image.width
    except OSError as wrong:
        raise Unreadable(f"the first image cannot be decoded ({wrong})") from None


def lines(source: str) -> list[str]:
    """The lines of a list file that are not blank."""
    try:
        found = [line.strip() for line in Path(source).read_text("utf-8", "surrogateescape").splitlines()]
    except OSError as wrong:
        raise Unreadable(f"the list {source} cannot be read ({wrong.strerror})") from None
    found = [line for line in found if line]
    if not found:
        raise Unreadable(f"the list {source} is empty")
    return found


def first_image_shape(source: str, root: str) -> tuple[int, int]:
    """(height, width) of the first image of a list; the label stands after the last blank of a line."""
    from PIL import Image

    path = root + lines(source)[0].rpartition(" ")[0]
    try:
        with Image.open(path) as image:
            return image.height, image.width
    except OSError as wrong:
        raise Unreadable(f"the image {path} cannot be read ({wrong})") from None


def hdf5_shapes(source: str, names: Sequence[str]) -> list[tuple[int, ...]]:
    """The shape of a row of each data set, in the first file of a list."""
    import h5py

    path = lines(source)[0]
    try:
        with h5py.File(path, "r") as file:
            missing = [n for n in names if n not in file]
            if missing:
                raise Unreadable(f"{path} has no data set {missing[0]}", f"it has {', '.join(file)}")
            return [tuple(file[n].shape[1:]) for n in names]
    except OSError as wrong:
        raise Unreadable(f"{path} cannot be read as HDF5 ({wrong})") from None
