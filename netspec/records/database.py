"""Caffe's databases: LMDB or LevelDB folders whose values are Datum messages."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

from netspec.records.datum import Datum, read_datum
from netspec.records.leveldb_file import LevelDbFile
from netspec.records.lmdb_file import Item, LmdbFile
from netspec.records.unreadable import Unreadable
from netspec.records.wire import WireError

TOGETHER = 1000  # items of a transaction, as in Caffe's tools
SMALL = 2**28  # bytes
TITLES = {"LMDB": "LMDB", "LEVELDB": "LevelDB"}


def open_database(path: str, backend: str) -> LmdbFile | LevelDbFile:
    """The database that a Data layer names, with at least one item.

    Raises Unreadable: C301 there is none, C302 of the other kind, C303 damaged, C304 empty.
    """
    folder = Path(path)
    if not folder.exists():
        help = "paths are relative to the working directory"
        raise Unreadable("C301", f"there is no database {path}", help)
    kinds = {"LMDB": "data.mdb", "LEVELDB": "CURRENT"}
    there = [kind for kind, file in kinds.items() if (folder / file).exists()]
    if there and backend not in there:
        message = f"{path} is to be read as {TITLES[backend]}, and is {TITLES[there[0]]}"
        raise Unreadable("C302", message, f"write backend: {there[0]}")
    if not there:
        help = f"source is the folder of the database, with {kinds[backend]} in it"
        if folder.suffix == ".mdb":  # LMDB's MDB_NOSUBDIR, which Caffe does not read either
            help = "give the folder in which it is called data.mdb"
        raise Unreadable("C301", f"{path} is no database", help)
    try:
        database = _open(folder, backend)
    except OSError as wrong:
        help = "check who may read it"
        raise Unreadable("C301", f"{path} cannot be opened ({wrong.strerror})", help) from None
    if database.is_empty():
        raise Unreadable("C304", f"the database {path} is empty", "put items into it")
    return database


def _open(folder: Path, backend: str) -> LmdbFile | LevelDbFile:
    return LmdbFile(str(folder / "data.mdb")) if backend == "LMDB" else LevelDbFile(str(folder))


def item_name(key: bytes, source: str) -> str:
    """What diagnostics call an item of a database."""
    return f"item {key.decode('utf-8', 'backslashreplace')} of {source}"


def item_datum(item: Item, source: str) -> Datum:
    """The Datum of an item, its numbers held against its shape; raises Unreadable (C307)."""
    try:
        datum = read_datum(item.value)
        if not datum.encoded:
            datum.check()
    except WireError as wrong:
        message = f"{item_name(item.key, source)} is no Datum that can be used ({wrong})"
        raise Unreadable("C307", message, "make the database anew") from None
    return datum


def write_database(path: str | Path, items: Iterable[tuple[bytes, bytes]]) -> None:
    """A new LMDB folder, which appears when it is whole; up to SMALL, with no page to spare.

    The items are keys and values, in the order of the keys. Raises FileExistsError.
    """
    import lmdb

    path = Path(path)
    if path.exists():
        raise FileExistsError(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=path.name, dir=path.parent) as folder:
        grown, made = Path(folder, "grown"), Path(folder, "made")
        with lmdb.open(str(grown), map_size=2**42) as database:
            left = iter(items)
            while some := list(islice(left, TOGETHER)):
                with database.begin(write=True) as transaction:
                    for key, value in some:
                        transaction.put(key, value, append=True)
        if (grown / "data.mdb").stat().st_size > SMALL:  # a copy would take as much room again
            (grown / "lock.mdb").unlink(missing_ok=True)
            os.rename(grown, path)
            return
        made.mkdir()
        with lmdb.open(str(grown), map_size=2**16, readonly=True) as database:  # or what it needs
            database.copy(str(made), compact=True)
        os.rename(made, path)
