"""An LMDB file, read as a sequence of (key, value) in the order of the keys.

The pages are read and checked here, and not by the lmdb package: on a damaged page that ends the
process, and it opens a database once only in a process, and never in the child of a process that
has it open. The layout is that of LMDB 0.9 (mdb.c: MDB_meta, MDB_page, MDB_node) on 64 bits.
"""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from struct import Struct
from typing import NamedTuple

from netspec.records.unreadable import Unreadable

MAGIC, VERSION, NOTHING = 0xBEEFC0DE, 1, 2**64 - 1
BRANCH, LEAF, OVERFLOW, LEAF2 = 1, 2, 4, 0x20  # kinds of pages
BIG, SUBTREE, DUPLICATES = 1, 2, 4  # kinds of values
PAGE = Struct("<QHHHH")  # number, -, kind, end of the pointers, -
VALUE = Struct("<Q2xH4x")  # the same of a page that a value begins on: number, kind
META = Struct("<II16x I44x IHHQQQQQ QQ")  # magic, version, page size, main tree, -, transaction
NODE = Struct("<HHHH")  # size (low, high) or page number, kind, size of the key
POINTER = Struct("<H")
DEEPEST = 32
AHEAD = 2**18  # bytes

CIRCLE = "its pages refer to each other in a circle"
DAMAGED = "make the database anew, or copy it again"


_Node = tuple[bytes, int, int, memoryview]  # key, kind, size, value or the number of its first page


class Item(NamedTuple):
    key: bytes
    value: bytes | memoryview


class LmdbFile(Sequence[Item]):
    """The items by their place, from 0; going forward is fast. Raises Unreadable (C303).

    Nothing is locked: the file must not be written to meanwhile.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._file = open(path, "rb", buffering=0)  # noqa: SIM115 - held open
        self._size = os.fstat(self._file.fileno()).st_size
        self._ahead = (0, memoryview(b""))
        meta = max((m for m in self._metas() if m), key=lambda m: m.transaction, default=None)
        if meta is None:
            raise Unreadable("C303", f"{path} is no file of LMDB 0.9 on a 64-bit machine", DAMAGED)
        if meta.entries > self._size // NODE.size:
            raise self._damaged(f"it says that it has {meta.entries:,} items, and has fewer")
        self._meta = meta
        self._leaves = self._walk()
        self._pages: list[int] = []  # the leaves that the walk has come to,
        self._ends: list[int] = []  # and how many items there are up to the end of each
        self._last = (-1, memoryview(b""))
        self._here: tuple[int, int, list[_Node]] = (0, 0, [])  # items of a leaf: from, to

    def __len__(self) -> int:
        return self._meta.entries

    def __getitem__(self, index: int) -> Item:  # type: ignore[override]
        if not 0 <= index < self._meta.entries:
            raise IndexError(index)
        return self.turn(index)

    @property
    def known(self) -> int:
        """How many items there are."""
        return len(self)

    def turn(self, index: int) -> Item:
        """The item at a place in a stream without an end."""
        index %= self._meta.entries
        first, end, nodes = self._here
        if not first <= index < end:
            first, nodes = self._leaf(index)
        return self._item(nodes[index - first])

    def is_empty(self) -> bool:
        """Whether there is nothing in it."""
        return not len(self)

    def key(self, index: int) -> bytes:
        """The key of an item, whose value is not read."""
        number, place = self._find(index)
        page = self._page(number)
        at = self._node(page, place)
        size = NODE.unpack_from(page, at)[3]
        return bytes(page[at + NODE.size : at + NODE.size + size])

    def offset(self, index: int) -> int:
        """The byte of the file at which the page of an item begins."""
        return self._find(index)[0] * self._meta.page_size

    def _find(self, index: int) -> tuple[int, int]:
        """The page of an item, and its place in it."""
        while not self._ends or self._ends[-1] <= index:
            self._advance()
        leaf = bisect_right(self._ends, index)
        return self._pages[leaf], index - (self._ends[leaf - 1] if leaf else 0)

    def close(self) -> None:
        self._file.close()

    def _metas(self) -> Iterator[_Meta | None]:
        """The two descriptions of the database; the younger counts."""
        first = _meta(self._read(0, PAGE.size + META.size))
        yield first
        sizes = [first.page_size] if first else [2**k for k in range(9, 17)]
        yield from (_meta(self._read(size, PAGE.size + META.size)) for size in sizes)

    def _advance(self) -> None:
        found = next(self._leaves, None)
        if found is None:
            raise self._damaged(f"it says that it has {len(self):,} items, and has fewer")
        if len(self._pages) > self._size // self._meta.page_size:
            raise self._damaged(CIRCLE)
        number, count = found
        self._pages.append(number)
        self._ends.append(count + (self._ends[-1] if self._ends else 0))

    def _walk(self) -> Iterator[tuple[int, int]]:
        """The pages that hold items, from left to right, and how many items each holds."""
        stack = [(self._meta.root, 1)]
        while stack:
            number, depth = stack.pop()
            page = self._page(number)
            kind, count = self._kind(number, page)
            if kind == LEAF:
                yield number, count
            elif depth >= DEEPEST:
                raise self._damaged(CIRCLE)
            else:
                children = [self._child(page, i) for i in range(count)]
                stack += [(child, depth + 1) for child in reversed(children)]

    def _kind(self, number: int, page: memoryview) -> tuple[int, int]:
        """Whether a page is a BRANCH or a LEAF, and how many nodes it has."""
        found, _, kind, lower, _ = PAGE.unpack_from(page)
        count = (lower - PAGE.size) // 2
        if found != number or kind & 0x3F not in (BRANCH, LEAF) or not 0 < count < len(page) // 10:
            raise self._damaged(f"page {number:,} is no page of items")
        return kind & 0x3F, count

    def _child(self, page: memoryview, index: int) -> int:
        low, high, top, _ = NODE.unpack_from(page, self._node(page, index))
        return low | high << 16 | top << 32

    def _node(self, page: memoryview, index: int) -> int:
        (at,) = POINTER.unpack_from(page, PAGE.size + 2 * index)
        if not PAGE.size <= at <= len(page) - NODE.size:
            raise self._damaged("an item lies outside of its page")
        return at

    def _leaf(self, index: int) -> tuple[int, list[_Node]]:
        """The items of the leaf of an item, and the place of the first of them."""
        number, place = self._find(index)
        page = self._page(number)
        nodes = self._nodes(page, self._kind(number, page)[1])
        self._here = index - place, index - place + len(nodes), nodes
        return index - place, nodes

    def _nodes(self, page: memoryview, count: int) -> list[_Node]:
        found = []
        for (at,) in POINTER.iter_unpack(page[PAGE.size : PAGE.size + 2 * count]):
            if not PAGE.size <= at <= len(page) - NODE.size:
                raise self._damaged("an item lies outside of its page")
            low, high, kind, key_size = NODE.unpack_from(page, at)
            start, size = at + NODE.size + key_size, low | high << 16
            key = bytes(page[at + NODE.size : start])
            held = page[start : start + (8 if kind & BIG else size)]
            found.append((key, kind, size, held))
        return found

    def _item(self, node: _Node) -> Item:
        key, kind, size, value = node
        if kind & (SUBTREE | DUPLICATES):
            message = f"{self.path} holds databases within a database"
            raise Unreadable("C303", message, "Caffe's databases have one level")
        if kind & BIG:
            number = int.from_bytes(value, "little")
            content = self._read(number * self._meta.page_size, PAGE.size + size)
            if len(content) < PAGE.size or VALUE.unpack_from(content) != (number, OVERFLOW):
                raise self._damaged(f"page {number:,} is not the value of an item")
            value = content[PAGE.size :]
        if len(value) != size:
            raise self._damaged(f"the item {key.decode('ascii', 'backslashreplace')} is cut off")
        return Item(key, value)

    def _page(self, number: int) -> memoryview:
        if self._last[0] != number:
            page = self._read(number * self._meta.page_size, self._meta.page_size)
            if len(page) != self._meta.page_size:
                raise self._damaged(f"page {number:,} is missing")
            self._last = (number, page)
        return self._last[1]

    def _read(self, at: int, size: int) -> memoryview:
        """So many bytes, or fewer at the end of the file; never more than the file has.

        Pages are mostly wanted in their order, so some are read ahead.
        """
        first, ahead = self._ahead
        if first <= at and at + size <= first + len(ahead):
            return ahead[at - first : at - first + size]
        if at >= self._size:  # a page's number may be too large for the system to look for
            return memoryview(b"")
        size = min(size, self._size - at)
        if not first <= at <= at + size <= first + len(ahead):
            near = 0 <= at - first <= 2 * AHEAD
            ahead = memoryview(os.pread(self._file.fileno(), max(size, AHEAD * near), at))
            self._ahead = first, ahead = at, ahead
        return ahead[at - first : at - first + size]

    def _damaged(self, why: str) -> Unreadable:
        return Unreadable("C303", f"{self.path} is damaged: {why}", DAMAGED)


class _Meta(NamedTuple):
    page_size: int
    entries: int
    root: int
    transaction: int


def _meta(content: bytes | memoryview) -> _Meta | None:
    if len(content) < PAGE.size + META.size:
        return None
    magic, version, page_size, *tree, _, transaction = META.unpack_from(content, PAGE.size)
    entries, root = tree[-2:]
    if magic != MAGIC or version != VERSION or page_size not in [2**k for k in range(9, 17)]:
        return None
    return _Meta(page_size, 0 if root == NOTHING else entries, root, transaction)
