"""New data sets from Datums: an LMDB database, WebDataset's tar files, or an HDF5 file.

Each is made under another name and moved into place when it is whole.
"""

from __future__ import annotations

import io
import os
import tarfile
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from compiler.data.databases import datum_pixels
from compiler.datasets.prepared import kind_of
from netspec.atomic import refused, replacing, require_place, write_text
from netspec.records import Unreadable
from netspec.records.database import write_database
from netspec.records.datum import Datum, write_datum
from netspec.records.gather import CLASSES, class_file
from netspec.records.tar_file import names_shards, shard_paths
from netspec.schema.wording import spelled

Item = tuple[str, Datum]  # name and content
CODE = "C365"
LONGEST_KEY = 511  # bytes, in LMDB


def form_of(target: str) -> str:
    """tar, hdf5 or lmdb, by the ending of what is to be written."""
    if names_shards(target):
        return "tar"
    return "hdf5" if target.endswith((".h5", ".hdf5")) else "lmdb"


def require_free(target: str, force: bool) -> list[Path]:
    """The files or the folder that will be there; raises SpecError (C365) where one is already.

    With `force` files are replaced, and databases, but no other folders.
    """
    form = form_of(target)
    paths = [Path(p) for p in shard_paths(target)] if form == "tar" else [Path(target)]
    for path in paths:
        if path.exists() and not force:
            raise refused(path, CODE, "it is there already", "--force replaces it")
        if form == "lmdb" and path.exists() and not (path / "data.mdb").exists():
            raise refused(path, CODE, "it is there, and no database", "choose another name")
        if form != "lmdb":
            require_place(path, CODE)
    return paths


@contextmanager
def writing(
    paths: list[Path], items: Iterable[Item], count: int, classes: Sequence[str]
) -> Iterator[None]:
    """Write about `count` items under other names; they are in place when the block ends.

    Nothing is there where it ends with an error. Raises SpecError (C365).
    """
    named = "".join(f"{name}\n" for name in classes)
    form = form_of(str(paths[0]))
    write = {"tar": _shards, "hdf5": _hdf5, "lmdb": _lmdb}[form]
    with write(paths, items, count, named):
        yield
    if classes and form != "lmdb":
        write_text(class_file(str(paths[0])), named)


@contextmanager
def _lmdb(paths: list[Path], items: Iterable[Item], count: int, classes: str) -> Iterator[None]:
    """With Caffe's keys: eight digits and the name."""
    (path,) = paths
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as folder:
            made, old = Path(folder, "made"), Path(folder, "old")
            write_database(made, ((_key(i, n), write_datum(d)) for i, (n, d) in enumerate(items)))
            if classes:
                (made / CLASSES).write_text(classes, encoding="utf-8")
            yield
            if path.exists():
                os.rename(path, old)
            os.rename(made, path)
    except OSError as error:
        raise refused(path, CODE, error.strerror or str(error), "choose another folder") from None


def _key(number: int, name: str) -> bytes:
    return f"{number:08}_{name}".encode("utf-8", "surrogateescape")[:LONGEST_KEY]


@contextmanager
def _shards(paths: list[Path], items: Iterable[Item], count: int, classes: str) -> Iterator[None]:
    """As many items in each, one after another."""
    left, number = iter(items), 0
    try:
        with tempfile.TemporaryDirectory(prefix=".shards.", dir=paths[0].parent) as folder:
            made = [Path(folder, str(i)) for i in range(len(paths))]
            for i, each in enumerate(made, 1):
                size = count * i // len(made) - number if i < len(made) else None
                with tarfile.open(each, "w", format=tarfile.USTAR_FORMAT) as file:
                    for _, datum in islice(left, size):
                        _add(file, number, datum)
                        number += 1
            yield
            for each, path in zip(made, paths):
                os.replace(each, path)
    except OSError as error:
        raise refused(path, CODE, error.strerror or str(error), "choose another folder") from None


def _add(file: tarfile.TarFile, number: int, datum: Datum) -> None:
    parts = ((kind_of(datum.data), bytes(datum.data)), ("cls", str(datum.label).encode()))
    for ending, content in parts:
        info = tarfile.TarInfo(f"{number:08}.{ending}")
        info.size = len(content)
        file.addfile(info, io.BytesIO(content))
    file.getmembers().clear()  # of which tarfile would keep all


@contextmanager
def _hdf5(paths: list[Path], items: Iterable[Item], count: int, classes: str) -> Iterator[None]:
    """The data sets `data` and `label`, and beside the file a list of it for HDF5Data."""
    import h5py

    (path,) = paths
    with replacing(path, CODE) as waiting:
        with h5py.File(waiting, "w") as file:
            for batch in _batches(items):
                _append(file, batch)
        yield
    write_text(list_of(path), f"{path}\n")


def list_of(path: Path) -> Path:
    """The list that names an HDF5 file."""
    return path.with_suffix(".txt")


def _append(file: Any, batch: list[Item]) -> None:
    for name, values in zip(("data", "label"), _stack(batch)):
        if name not in file:
            _create(file, name, values)
        rows, shape = file[name].shape[0], file[name].shape[1:]
        if values.shape[1:] != shape:
            raise _of_sizes(batch[0][0], values.shape[1:], shape)
        file[name].resize(rows + len(values), axis=0)
        file[name][rows:] = values


def _create(file: Any, name: str, values: np.ndarray) -> None:
    row = values.shape[1:]
    how = {"chunks": True, "compression": "gzip", "compression_opts": 1}
    file.create_dataset(name, (0, *row), values.dtype, maxshape=(None, *row), **how)


def _batches(items: Iterable[Item], size: int = 256) -> Iterator[list[Item]]:
    batch: list[Item] = []
    for item in items:
        batch.append(item)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def _stack(batch: list[Item]) -> tuple[np.ndarray, np.ndarray]:
    pixels = [datum_pixels(datum, name, None) for name, datum in batch]
    for (name, _), each in zip(batch, pixels):
        if each.shape != pixels[0].shape:
            raise _of_sizes(name, each.shape, pixels[0].shape)
    labels = np.array([datum.label for _, datum in batch], "<i4")
    return np.stack(pixels).astype("<f4"), labels


def _of_sizes(name: str, found: tuple[int, ...], wanted: tuple[int, ...]) -> Unreadable:
    message = f"{name} is {spelled(found)}, those before it are {spelled(wanted)}"
    return Unreadable("C309", message, "resize them: --resize 256x256")
