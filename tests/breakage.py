"""One way to break a net of tests/broken."""

from __future__ import annotations

from typing import NamedTuple


class Row(NamedTuple):
    """`old`, the first one behind the first `after`, becomes `new`.

    `at` is the place of the fault where it does not stand in `new`.
    """

    old: str
    new: str
    code: str
    number: int = 1
    after: str = ""
    at: str = ""
