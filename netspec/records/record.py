"""Records of any collection of data, one after another, each a Datum that is yet to be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from netspec.records.datum import Datum


class Record(NamedTuple):
    """`name` is its key or path, `place` where it lies in its file; `load` raises Unreadable."""

    name: str
    load: Callable[[], Datum]
    place: Callable[[], str] = lambda: ""


@dataclass(frozen=True)
class Records:
    """A collection: what it is, how many records it has, and `each` of them in its order.

    `classes` are the names of the labels where they are known; `passed_over` are files that were
    not taken for records. `each` raises Unreadable where the collection itself is damaged.
    """

    kind: str
    count: int
    each: Callable[[], Iterator[Record]]
    classes: tuple[str, ...] = ()
    passed_over: tuple[str, ...] = ()
