"""Any path to its records: a database, shards, HDF5, a list, a folder, IDX, CSV or NumPy's .npz."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Lock

from netspec.records.arrays import hdf5_records, idx_records, npz_records
from netspec.records.csv_rows import csv_records
from netspec.records.database import TITLES, item_datum, open_database
from netspec.records.datum import Datum
from netspec.records.images import read_image
from netspec.records.leveldb_file import LevelDbFile
from netspec.records.lists import image_list
from netspec.records.lmdb_file import LmdbFile
from netspec.records.record import Record, Records
from netspec.records.tar_file import IMAGES, Sample, names_shards, samples, shard_paths
from netspec.records.unreadable import Unreadable

CLASSES = "classes.txt"


@dataclass(frozen=True)
class Particulars:
    """How a collection is read, where its files leave it open.

    `root` is put before the paths of a list, `labels` is the file, column or array of the labels,
    `images` the array of the images; `shape` that of a CSV row; `last` says that an array's last
    axis, and not its second, is the channel.
    """

    root: str = ""
    labels: str = ""
    images: str = ""
    shape: tuple[int, int, int] | None = None
    last: bool = False


def open_records(source: str, how: Particulars = Particulars()) -> Records:
    """The records of a collection, by what it is; raises Unreadable (C30x, C360, C363)."""
    path = Path(source)
    if names_shards(source):
        return _tar_records(source, how.labels or "cls")
    if not path.exists():
        help = "paths are relative to the working directory"
        raise Unreadable("C301", f"{source} is not there", help)
    if path.is_dir():
        return _database_records(source) if _is_database(path) else folder_records(path)
    if path.suffix == ".mdb":
        return _database_records(source)
    name = path.name.removesuffix(".gz")
    if "idx" in name and "ubyte" in name:
        return idx_records(source, how.labels)
    if path.suffix == ".csv":
        return csv_records(source, how.labels, how.shape, how.root)
    if path.suffix == ".npz":
        return npz_records(source, how.images, how.labels, how.last)
    if path.suffix in (".h5", ".hdf5"):
        return hdf5_records(source, how.images or "data", how.labels or "label")
    if path.suffix.lower().removeprefix(".") in IMAGES:
        help = "write `path label` on the lines of a list, or give a folder of folders of images"
        raise Unreadable("C305", f"{source} is one image", help)
    return _list_records(source, how.root)


def _is_database(path: Path) -> bool:
    return (path / "data.mdb").exists() or (path / "CURRENT").exists()


def _database_records(source: str) -> Records:
    kind = "LEVELDB" if (Path(source) / "CURRENT").exists() else "LMDB"
    database = open_database(source, kind)
    each: Callable[[], Iterator[Record]]
    if isinstance(database, LmdbFile):
        each = partial(_lmdb_records, database, source)
    else:
        each = partial(_leveldb_records, database, source)
    return Records(f"{TITLES[kind]} database", len(database), each, class_names(source))


def _leveldb_records(database: LevelDbFile, source: str) -> Iterator[Record]:
    for item in database:
        name = item.key.decode("utf-8", "backslashreplace")
        yield Record(name, partial(item_datum, item, source))


def _lmdb_records(database: LmdbFile, source: str) -> Iterator[Record]:
    lock = Lock()  # records are loaded by several threads

    def load(index: int) -> Datum:
        with lock:
            item = database[index]
        return item_datum(item, source)

    def place(index: int) -> str:
        with lock:
            return f"at byte {database.offset(index):,} of {database.path}"

    for i in range(len(database)):
        with lock:
            name = database.key(i).decode("utf-8", "backslashreplace")
        yield Record(name, partial(load, i), partial(place, i))


def _tar_records(source: str, label: str) -> Records:
    """Samples in turn; a damaged shard is a broken record after those that could be read."""
    shards = shard_paths(source)

    def each() -> Iterator[Record]:
        for shard in shards:
            try:
                for sample in samples(shard):
                    yield Record(sample.key, partial(_sample_datum, sample, label), sample.place)
            except Unreadable as wrong:
                yield Record(shard, partial(_raise, wrong))

    kind = "tar file" if len(shards) == 1 else f"{len(shards):,} tar files"
    return Records(kind, sum(1 for _ in each()), each, class_names(shards[0]))


def _raise(wrong: Unreadable) -> Datum:
    raise wrong


def _sample_datum(sample: Sample, label: str) -> Datum:
    return Datum(data=sample.image, label=sample.label(label), encoded=True)


def _list_records(source: str, root: str) -> Records:
    entries = list(image_list(source))

    def each() -> Iterator[Record]:
        for path, label in entries:
            yield image_record(root + path, path, label)

    return Records("list of images", len(entries), each, class_names(source))


def folder_records(path: Path) -> Records:
    """Image files in the folders of their classes, which are numbered in the order of their names.

    Files of other kinds are passed over; hidden ones are not looked at. Raises Unreadable (C304).
    """
    classes = sorted(p.name for p in path.iterdir() if p.is_dir() and p.name[0] != ".")
    found: list[tuple[Path, int]] = []
    others: list[str] = []
    for label, name in enumerate(classes):
        for file in sorted(p for p in (path / name).rglob("*") if p.is_file()):
            if any(part.startswith(".") for part in file.relative_to(path).parts):
                continue
            if file.suffix.lower().removeprefix(".") in IMAGES:
                found.append((file, label))
            else:
                others.append(str(file))
    if not found:
        message = f"the folders in {path} have no images" if classes else f"{path} has no folders"
        help = f"put the images of each class into a folder of its name: {path}/CLASS/1.jpg"
        raise Unreadable("C304", message, help)

    def each() -> Iterator[Record]:
        for file, label in found:
            yield image_record(str(file), str(file.relative_to(path)), label)

    return Records("folder of images", len(found), each, tuple(classes), tuple(others))


def image_record(path: str, name: str, label: int) -> Record:
    """An image file, its bytes as they are."""

    def load() -> Datum:
        return Datum(data=read_image(path, f"the image {path}"), label=label, encoded=True)

    return Record(name, load)


def class_file(source: str) -> Path:
    """Where the names of a collection's classes stand, one a line."""
    path = Path(source)
    if path.is_dir():
        return path / CLASSES
    stem = path.stem
    if path.suffix == ".tar":  # one for all shards
        stem = re.sub(r"[-_.]?(\d+|\{.*\})$", "", stem)
    return path.with_name(f"{stem}_{CLASSES}")


def class_names(source: str) -> tuple[str, ...]:
    """The names of the classes, where a file beside the collection gives them."""
    try:
        text = class_file(source).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ()
    return tuple(text.splitlines())
