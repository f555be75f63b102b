"""What `netspec data` prints of a data set, in 80 columns."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tools.show import print_json

if TYPE_CHECKING:
    from compiler.datasets.facts import Facts
    from compiler.datasets.make import Made
    from netspec.records.record import Records

MOST, FEW = 12, 3  # lines of a table, and names on a line


def tell_passed_over(records: Records) -> None:
    """Name files of a folder that are no images, on standard error."""
    if records.passed_over:
        first = ", ".join(records.passed_over[:3])
        more = len(records.passed_over) - 3
        others = f" and {more:,} more" if more > 0 else ""
        print(f"not images, and passed over: {first}{others}", file=sys.stderr)


def print_made(made: Made, classes: Sequence[str]) -> None:
    """What a data set that was written holds."""
    from compiler.datasets.write import form_of, list_of

    skipped = (
        f", and {made.skipped:,} broken that {'was' if made.skipped == 1 else 'were'} left out"
    )
    print(f"{made.target}: {made.labels.total():,} records{skipped if made.skipped else ''}")
    _counts(made.shapes, made.encodings, made.labels, classes)
    if form_of(made.target) == "hdf5":
        print(f"  list      {list_of(made.paths[0])}")
    if len(made.shapes) > 1:
        print(
            "  records of different shapes make no batch: --resize 256x256, or read them with\n"
            "  a crop_size"
        )


def print_facts(options: argparse.Namespace, records: Records, facts: Facts) -> None:
    """What a data set that was read holds, as text or as JSON."""
    if options.json:
        print_json({"kind": records.kind, **facts.as_json()})
        return
    print(f"{options.source}: {records.kind}, {facts.records:,} records, {_size(facts.bytes)}")
    _counts(facts.shapes, facts.encodings, facts.labels, records.classes)
    for name, place, reason in facts.broken[:MOST]:
        print(f"  broken    {name} {place}: {reason}")
    if facts.broken_count > MOST:
        print(f"            and {facts.broken_count - MOST:,} more")
    if facts.ended:
        print(f"  {facts.ended}")
    if options.sheet:
        print(f"  sheet     {options.sheet}")


def _counts(
    shapes: Counter[str], encodings: Counter[str], labels: Counter[int], classes: Sequence[str]
) -> None:
    for what, counter in (("shapes", shapes), ("encoding", encodings)):
        rows = counter.most_common(FEW)
        alone = len(rows) == 1
        said = [f"{name}" if alone else f"{name} ({n:,})" for name, n in rows]
        more = [f"and {len(counter) - FEW:,} more"] if len(counter) > FEW else []
        print(f"  {what:<10}{', '.join(said + more)}")
    if not labels:
        return
    most = max(labels.values())
    for i, (label, n) in enumerate(sorted(labels.items())[:MOST]):
        name = classes[label] if 0 <= label < len(classes) else ""
        bar = "█" * max(1, round(24 * n / most))
        title = f"{label} {name}".strip()[:24]
        print(f"  {'labels' if i == 0 else '':<10}{title:<24} {n:>9,}  {bar}")
    if len(labels) > MOST:
        print(f"  {'':<10}and {len(labels) - MOST:,} more, up to {max(labels)}")


def _size(count: int) -> str:
    value: Any = float(count)
    for unit in ("bytes", "kB", "MB", "GB"):
        if value < 1000 or unit == "GB":
            return f"{value:,.0f} {unit}" if unit == "bytes" else f"{value:,.1f} {unit}"
        value /= 1000
    raise AssertionError
