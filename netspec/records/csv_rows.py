"""Records in a CSV file: a label and numbers, or a path and a label, on each row."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from math import prod

from netspec.records.arrays import LABEL_NAMES, ROW, number_datum
from netspec.records.datum import Datum
from netspec.records.images import read_image
from netspec.records.record import Record, Records
from netspec.records.unreadable import Unreadable

Shape = tuple[int, int, int]


def csv_records(source: str, labels: str, shape: Shape | None, root: str) -> Records:
    """The rows; the first may give names.

    `labels` is the column of the labels, by name or number from 0; otherwise it is the one called
    so, or the first of a row of numbers, or the second beside a path. Raises Unreadable (C301,
    C304, C363).
    """
    first = next(_rows(source), [])
    names = first if not any(_number(word) is not None for word in first) else []
    start = 1 if names else 0
    count = sum(1 for _ in _rows(source)) - start
    if count < 1:
        raise Unreadable("C304", f"{source} has no rows", "a row has a label and numbers")
    sample = next(islice(_rows(source), start, None))
    form = _Form(source, _label_column(sample, names, labels, source), len(sample), shape, root)

    def each() -> Iterator[Record]:
        for i, row in enumerate(_rows(source)):
            if i >= start:
                yield Record(
                    f"{i - start:08}", partial(form.datum, i + 1, row), partial(ROW, i + 1)
                )

    return Records("CSV file", count, each)


@dataclass(frozen=True)
class _Form:
    """What every row has: `width` columns, of which `column` is the label."""

    source: str
    column: int
    width: int
    shape: Shape | None
    root: str

    def datum(self, number: int, row: list[str]) -> Datum:
        """The Datum of a row; raises Unreadable (C306, C363)."""
        import numpy as np

        what = f"row {number:,} of {self.source}"
        if len(row) != self.width:
            message = f"{what} has {len(row)} columns, the first has {self.width}"
            raise Unreadable("C363", message, "every row has as many")
        label, others = row[self.column], row[: self.column] + row[self.column + 1 :]
        if not label.strip().lstrip("+-").isdigit():
            message = f"the label of {what} is no whole number: {label[:40]}"
            raise Unreadable("C363", message, "say which column holds it with --labels")
        if len(others) == 1 and _number(others[0]) is None:
            path = self.root + others[0]
            return Datum(data=read_image(path, f"the image {path}"), label=int(label), encoded=True)
        numbers = [_number(word) for word in others]
        wrong = next((word for word, number in zip(others, numbers) if number is None), None)
        if wrong is not None:
            raise Unreadable("C363", f"in {what}, {wrong[:40]!r} is no number", "replace it")
        wanted = self.shape or (len(others), 1, 1)
        if prod(wanted) != len(others):
            message = f"{what} has {len(others)} numbers beside its label"
            raise Unreadable("C363", message, f"{' x '.join(map(str, wanted))} are expected")
        return number_datum(np.array(numbers, np.float32).reshape(wanted), int(label))


def _rows(source: str) -> Iterator[list[str]]:
    try:
        with open(source, newline="", encoding="utf-8-sig", errors="surrogateescape") as file:
            yield from (row for row in csv.reader(file) if row)
    except (OSError, csv.Error) as wrong:
        reason = getattr(wrong, "strerror", None) or wrong
        raise Unreadable("C301", f"{source} cannot be read ({reason})", "check the file") from None


def _label_column(row: list[str], names: list[str], asked: str, source: str) -> int:
    if asked.isdigit() and int(asked) < len(row):
        return int(asked)
    for name in [asked] if asked else LABEL_NAMES:
        if name in names:
            return names.index(name)
    if asked:
        there = ", ".join(names[:8]) or f"0 to {len(row) - 1}"
        raise Unreadable("C363", f"{source} has no column {asked}", f"it has {there}")
    return 1 if len(row) == 2 and _number(row[0]) is None else 0


def _number(word: str) -> float | None:
    try:
        return float(word)
    except ValueError:
        return None
