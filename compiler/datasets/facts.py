"""What is in a data set: shapes, encodings and labels of its records, and which are broken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from compiler.data.databases import datum_pixels
from compiler.datasets.prepared import kind_of, side_by_side
from netspec.records import Unreadable
from netspec.records.datum import Datum
from netspec.records.images import image_shape, open_image
from netspec.records.record import Record
from netspec.schema.wording import spelled

MOST_BROKEN = 1000  # that are named


@dataclass
class Facts:
    """Counts by shape, by encoding and by label; `broken` are name, place and reason."""

    records: int = 0
    bytes: int = 0
    shapes: Counter[str] = field(default_factory=Counter)
    encodings: Counter[str] = field(default_factory=Counter)
    labels: Counter[int] = field(default_factory=Counter)
    broken: list[tuple[str, str, str]] = field(default_factory=list)
    broken_count: int = 0
    ended: str = ""  # why reading stopped before the end

    def as_json(self) -> dict[str, Any]:
        return {
            "records": self.records,
            "bytes": self.bytes,
            "shapes": dict(self.shapes.most_common()),
            "encodings": dict(self.encodings.most_common()),
            "labels": {str(label): n for label, n in sorted(self.labels.items())},
            "broken": [dict(zip(("name", "place", "reason"), each)) for each in self.broken],
            "broken_count": self.broken_count,
            "ended": self.ended,
        }


def facts_of(
    records: Iterable[Record],
    decoding: bool,
    tell: Callable[[str, str, str], None] = lambda *broken: None,
) -> Facts:
    """Read every record: its header or, `decoding`, all of it. Raises nothing for bad data.

    `tell` hears of each broken record as it is found, up to the first thousand.
    """
    facts = Facts()

    def read(record: Record) -> tuple[Record, tuple[str, str, int, int] | Unreadable]:
        try:
            return record, _look(record, decoding)
        except Unreadable as wrong:
            return record, wrong

    try:
        for record, found in side_by_side(read, records):
            facts.records += 1
            if isinstance(found, Unreadable):
                facts.broken_count += 1
                if facts.broken_count <= MOST_BROKEN:
                    facts.broken.append((record.name, record.place(), str(found)))
                    tell(*facts.broken[-1])
                continue
            shape, encoding, label, size = found
            facts.shapes[shape] += 1
            facts.encodings[encoding] += 1
            facts.labels[label] += 1
            facts.bytes += size
    except Unreadable as wrong:
        facts.ended = str(wrong)
    return facts


def _look(record: Record, decoding: bool) -> tuple[str, str, int, int]:
    """Shape, encoding, label, and the bytes of image or numbers."""
    datum = record.load()
    size = len(datum.data) or len(datum.floats)
    what = f"the record {record.name}"
    if decoding:
        shape = spelled(datum_pixels(datum, what, None).shape)
    else:
        shape = shape_of(datum, what)
    return shape, encoding_of(datum), datum.label, size


def shape_of(datum: Datum, what: str) -> str:
    """channels x height x width, of an image from its header; raises Unreadable (C306)."""
    if not datum.encoded:
        return spelled(datum.shape)
    with open_image(datum.data, what) as image:
        return spelled(image_shape(image, None))


def encoding_of(datum: Datum) -> str:
    """jpg, png and so on, or bytes or floats that are kept as they are."""
    if datum.encoded:
        return kind_of(datum.data)
    return "bytes" if datum.data else "floats"
