"""Records in arrays: IDX files as MNIST's, NumPy's .npz and HDF5."""

from __future__ import annotations

import gzip
import os
from collections.abc import Iterator
from functools import partial
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netspec.records.datum import Datum
from netspec.records.record import Record, Records
from netspec.records.tables import INFLATION, Tables
from netspec.records.unreadable import Unreadable

if TYPE_CHECKING:
    import numpy as np

IDX_BYTES = b"\0\0\x08"  # unsigned bytes, and then the number of axes
IMAGE_NAMES = ("data", "images", "x", "X")
ROW = "row {:,}".format
LABEL_NAMES = ("label", "labels", "y", "class")


def array_records(kind: str, images: np.ndarray, labels: np.ndarray, source: str) -> Records:
    """A record for each row; images are N x height x width, or N x channels x height x width."""
    import numpy as np

    if images.ndim == 3:
        images = images[:, None]
    if images.ndim != 4 or labels.shape != images.shape[:1] or not labels.size:
        message = f"{source} has images of {_spelled(images)} and labels of {_spelled(labels)}"
        raise Unreadable("C363", message, "N x channels x height x width, and N labels")
    if images.dtype.kind not in "iufb" or labels.dtype.kind not in "iufb":
        message = f"{source} holds {images.dtype} and {labels.dtype}, not numbers"
        raise Unreadable("C363", message, "store whole numbers or floats")
    whole = labels.astype(np.int64)
    if (whole != labels).any():
        message = f"the labels of {source} are not all whole numbers"
        raise Unreadable("C363", message, "a label is the number of a class, from 0")

    def each() -> Iterator[Record]:
        for i in range(len(images)):
            yield Record(f"{i:08}", partial(_row_datum, images, whole, i), partial(ROW, i))

    return Records(kind, len(images), each)


def _row_datum(images: np.ndarray, labels: np.ndarray, row: int) -> Datum:
    return number_datum(images[row], int(labels[row]))


def number_datum(numbers: np.ndarray, label: int) -> Datum:
    """A Datum of channels x height x width: bytes where all are whole and from 0 to 255."""
    import numpy as np

    channels, height, width = numbers.shape
    plain = np.asarray(numbers)
    if plain.dtype != np.uint8:
        whole = plain.astype(np.uint8)
        if (whole != plain).any():
            floats = np.ascontiguousarray(plain, "<f4").tobytes()
            return Datum(channels, height, width, label=label, floats=floats)
        plain = whole
    return Datum(channels, height, width, plain.tobytes(), label)


def idx_records(source: str, labels: str) -> Records:
    """MNIST's form; the labels' file is called alike, unless it is given."""
    images = read_idx(source)
    if not labels:
        labels = source.replace("images-idx3", "labels-idx1").replace("images.idx3", "labels.idx1")
        if labels == source or not Path(labels).exists():
            message = f"the labels of {source} are not beside it"
            raise Unreadable("C301", message, "give their file with --labels")
    return array_records("IDX files", images, read_idx(labels), source)


def read_idx(path: str) -> np.ndarray:
    """The array of an IDX file of bytes, gzipped or not; raises Unreadable (C301, C363)."""
    import numpy as np

    try:
        with gzip.open(path) if path.endswith(".gz") else open(path, "rb") as file:
            head = file.read(4)
            if len(head) < 4 or head[:3] != IDX_BYTES or head[3] not in (1, 3):
                message = f"{path} is no IDX file of bytes with one or three axes"
                raise Unreadable("C363", message, "MNIST's files are")
            shape = [int.from_bytes(file.read(4), "big") for _ in range(head[3])]
            claimed = min(prod(shape), INFLATION * os.path.getsize(path))
            content = file.read(claimed + 1)
    except (OSError, EOFError) as wrong:
        reason = getattr(wrong, "strerror", None) or wrong
        raise Unreadable("C301", f"{path} cannot be read ({reason})", "copy it again") from None
    if len(content) != prod(shape):
        message = f"{path} says that it has {' x '.join(map(str, shape))} bytes, and has not"
        raise Unreadable("C363", message, "copy it again")
    return np.frombuffer(content, np.uint8).reshape(shape)


def npz_records(source: str, images: str, labels: str, last: bool) -> Records:
    """Two arrays, by name; where no names are given, by the usual ones."""
    import numpy as np

    try:
        with np.load(source, allow_pickle=False) as file:
            names = list(file.files)
            images = images or _one_of(IMAGE_NAMES, names, source, "--images")
            labels = labels or _one_of(LABEL_NAMES, names, source, "--labels")
            found = {name: _member(file, name, names, source) for name in (images, labels)}
    except Unreadable:
        raise
    except Exception as wrong:  # numpy and zipfile raise a dozen kinds on damaged files
        message = f"{source} cannot be read as .npz ({wrong})"
        raise Unreadable("C363", message, "make it with numpy.savez") from None
    array = found[images]
    if last and array.ndim == 4:
        array = array.transpose(0, 3, 1, 2)
    return array_records("NumPy arrays", array, found[labels], source)


def _one_of(usual: tuple[str, ...], names: list[str], source: str, option: str) -> str:
    found = [name for name in usual if name in names]
    if len(found) != 1:
        message = f"which array of {source} is meant? It has {', '.join(names)}"
        raise Unreadable("C363", message, f"say it with {option}")
    return found[0]


def _member(file: Any, name: str, names: list[str], source: str) -> np.ndarray:
    if name not in names:
        message = f"{source} has no array {name}"
        raise Unreadable("C363", message, f"it has {', '.join(names)}")
    found: np.ndarray = file[name]
    return found


def hdf5_records(source: str, images: str, labels: str) -> Records:
    """The rows of two data sets."""
    import numpy as np

    tables = Tables(source, [images, labels])
    channels, height, width = (*tables.shapes[0], 1, 1, 1)[:3]

    def row(i: int) -> Datum:
        data, label = np.empty((1, *tables.shapes[0]), np.float32), np.empty((1, *tables.shapes[1]))
        tables.read(np.array([i]), [data, label])
        return number_datum(data.reshape(channels, height, width), int(label.flat[0]))

    def each() -> Iterator[Record]:
        for i in range(tables.rows):
            yield Record(f"{i:08}", partial(row, i), partial(ROW, i))

    if len(tables.shapes[0]) > 3 or prod(tables.shapes[1]) != 1:
        message = f"a row of {source} is no image with a label"
        raise Unreadable("C363", message, "channels x height x width, and one number")
    return Records("HDF5 file", tables.rows, each)


def _spelled(array: np.ndarray) -> str:
    return " x ".join(map(str, array.shape)) or "one number"
