"""A LevelDB folder, read as a sequence of (key, value) in the order of the keys.

The files are read here, and not by a binding: those lock the folder, so that one process only can
read it, and write to it when they open it. The layout is that of google/leveldb's doc/impl.md,
table_format.md and log_format.md. All that is read has its checksum verified, which Caffe does not.
"""

from __future__ import annotations

import heapq
import os
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from netspec.records.leveldb_format import (
    ADDED,
    DELETED,
    LAST_SEQUENCE,
    LOG_NUMBER,
    NEXT_FILE,
    PUT,
    REMOVED,
    block_entries,
    edits,
    handle_at,
    log_records,
    read_block,
    text_at,
)
from netspec.records.lmdb_file import Item
from netspec.records.unreadable import Unreadable
from netspec.records.wire import WireError

MAGIC, FOOTER = 0xDB4775248B80FB57, 48
TRAILER = 8  # bytes after a key: when it was written, and whether it is there
HELP = "make the database anew, or copy it again"

Entry = tuple[bytes, int, bytes | memoryview]  # key, minus (when << 8 | kind), value


class Table(NamedTuple):
    """A file of sorted entries, and the level that it is on."""

    level: int
    number: int
    smallest: bytes


class LevelDbFile:
    """Items by their place in a stream without an end; going forward is fast.

    How many there are is known when the end was reached. Raises Unreadable (C303).
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._tables, self._logs = self._manifest()
        self._items = self._walk()
        self._next = 0
        self._count: int | None = None

    def turn(self, index: int) -> Item:
        """The item at a place, counted on and on."""
        if self._count is not None:
            index %= self._count
        if index < self._next:
            self._items, self._next = self._walk(), 0
        while True:
            item = next(self._items, None)
            if item is None:
                self._count = self._next
                return self.turn(index)
            self._next += 1
            if self._next > index:
                return item

    @property
    def known(self) -> int:
        """How many items there are, or 0 before they were all read."""
        return self._count or 0

    def __len__(self) -> int:
        if self._count is None:
            self._count = sum(1 for _ in self._walk())
        return self._count

    def __iter__(self) -> Iterator[Item]:
        return self._walk()

    def is_empty(self) -> bool:
        """Whether there is nothing in it."""
        return next(self._walk(), None) is None

    def close(self) -> None:
        """Files are closed as soon as they are read."""
        self._items = iter(())
        self._next = 0

    def _walk(self) -> Iterator[Item]:
        """Everything in order: of several entries of a key, the last that was written counts."""
        before: bytes | None = None
        try:
            for key, minus, value in heapq.merge(*self._sorted(), key=lambda entry: entry[:2]):
                if key != before:
                    before = key
                    if -minus & 0xFF == PUT:
                        yield Item(key, value)
        except WireError as wrong:
            raise self._damaged(str(wrong)) from None

    def _sorted(self) -> Iterator[Iterator[Entry]]:
        """Streams of entries, each in order: on level 0 files overlap, on others they do not."""
        for level in sorted({table.level for table in self._tables}):
            found = [table for table in self._tables if table.level == level]
            if level:
                found.sort(key=lambda table: table.smallest)
                yield chain.from_iterable(map(self._entries, found))
            else:
                yield from map(self._entries, found)
        yield iter(sorted(chain.from_iterable(map(self._logged, self._logs)), key=lambda e: e[:2]))

    def _manifest(self) -> tuple[list[Table], list[str]]:
        """The tables that are in use, and the logs of what was written after them."""
        name = self._bytes("CURRENT").decode("ascii", "replace").strip()
        if not name.startswith("MANIFEST-") or "/" in name:
            raise self._damaged("CURRENT names no manifest")
        tables: dict[tuple[int, int], Table] = {}
        numbers: dict[int, int] = {}
        try:
            for record in log_records(self._bytes(name)):
                for kind, found in edits(memoryview(record)):
                    if kind == ADDED:
                        tables[found[0], found[1]] = Table(*found)
                    elif kind == REMOVED:
                        tables.pop((found[0], found[1]), None)
                    else:
                        numbers[kind] = found[0]
        except WireError as wrong:
            raise self._damaged(f"{name}: {wrong}") from None
        if not {LOG_NUMBER, NEXT_FILE, LAST_SEQUENCE} <= numbers.keys():
            raise self._damaged(f"{name} is cut off")
        log = numbers[LOG_NUMBER]
        stems = {name: name.removesuffix(".log") for name in os.listdir(self.path)}
        logs = [n for n, stem in stems.items() if stem != n and stem.isdigit() and int(stem) >= log]
        return list(tables.values()), sorted(logs)

    def _entries(self, table: Table) -> Iterator[Entry]:
        names = [f"{table.number:06}.{ending}" for ending in ("ldb", "sst")]
        path = next((p for n in names if (p := Path(self.path, n)).exists()), None)
        if path is None:
            raise self._damaged(f"{names[0]} is missing")
        with path.open("rb", buffering=0) as file:
            size = os.fstat(file.fileno()).st_size
            footer = memoryview(os.pread(file.fileno(), FOOTER, max(0, size - FOOTER)))
            if len(footer) < FOOTER or int.from_bytes(footer[-8:], "little") != MAGIC:
                raise self._damaged(f"{path.name} is no table, or cut off")
            _, at = handle_at(footer, 0)
            index, _ = handle_at(footer, at)
            for _, place in block_entries(read_block(file.fileno(), index, size)):
                handle, _ = handle_at(place, 0)
                for key, value in block_entries(read_block(file.fileno(), handle, size)):
                    if len(key) < TRAILER:
                        raise WireError("a key is too short")
                    yield key[:-TRAILER], -int.from_bytes(key[-TRAILER:], "little"), value

    def _logged(self, name: str) -> Iterator[Entry]:
        """What a log holds, in the order of writing."""
        for record in log_records(self._bytes(name)):
            view = memoryview(record)
            when, at = int.from_bytes(view[:TRAILER], "little"), TRAILER + 4
            while at < len(view):
                kind = view[at]
                key, at = text_at(view, at + 1)
                value: bytes | memoryview = b""
                if kind == PUT:
                    value, at = text_at(view, at)
                elif kind != DELETED:
                    raise WireError("a log holds what is not known", at)
                yield bytes(key), -(when << 8 | kind), value
                when += 1

    def _bytes(self, name: str) -> bytes:
        try:
            return Path(self.path, name).read_bytes()
        except OSError as wrong:
            raise self._damaged(f"{name} cannot be read ({wrong.strerror})") from None

    def _damaged(self, why: str) -> Unreadable:
        return Unreadable("C303", f"{self.path} is damaged: {why}", HELP)
