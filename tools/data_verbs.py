"""The verbs of `netspec data`, and the tables that they print."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from compiler.datasets.facts import Facts
    from compiler.datasets.make import Made
    from compiler.datasets.prepared import Preparation
    from netspec.records.record import Record, Records

MOST, FEW = 12, 3  # lines of a table, and names on a line


def make(options: argparse.Namespace) -> int:
    """Write a data set, and say what is in it."""
    from compiler.datasets.make import Choice
    from compiler.datasets.make import make as write
    from compiler.datasets.write import form_of

    records = _open(options)
    tarred = form_of(options.target) == "tar"
    encode = options.encode_type or ("" if options.encoded or tarred else None)
    choice = Choice(
        options.seed if options.shuffle else None,
        _held_out(options),
        options.check_size,
        options.skip_broken,
        options.force,
    )
    made = write(records, options.target, _preparation(options, encode), choice, _watched)
    if options.json:
        print(json.dumps([each.as_json() for each in made], indent=2))
        return 0
    _tell_passed_over(records)
    for each in made:
        _print_made(each, records.classes)
    return 0


def mean(options: argparse.Namespace) -> int:
    """Write the mean image; print what goes into a transform_param."""
    from compiler.datasets.mean import mean_of
    from compiler.weights.means import write_mean

    records = _open(options)
    named = records.kind in ("list of images", "folder of images")
    prepared = _preparation(options, None)
    asked = named or prepared.gray or prepared.size
    image, count = mean_of(_watched(records.each(), records.count), prepared if asked else None)
    if options.target:
        write_mean(options.target, image)
    channels = [float(channel.mean(dtype="float64")) for channel in image]
    if options.json:
        print(json.dumps({"images": count, "shape": image.shape, "channels": channels}))
        return 0
    print(f"{count:,} images of {' x '.join(map(str, image.shape))}")
    print(f"transform_param {{ {' '.join(f'mean_value: {value:.6g}' for value in channels)} }}")
    if options.target:
        print(options.target)
    return 0


def show(options: argparse.Namespace) -> int:
    """Print what is in a data set, from the headers of its images."""
    from compiler.datasets.facts import facts_of
    from compiler.datasets.sheet import write_sheet

    records = _open(options)
    if options.sheet:
        step = max(1, records.count // options.tiles)
        chosen = islice(records.each(), 0, step * options.tiles, step)
        write_sheet(options.sheet, chosen, records.classes)
    facts = facts_of(_watched(records.each(), records.count), decoding=False)
    _print_facts(options, records, facts)
    return 1 if facts.broken_count or facts.ended else 0


def check(options: argparse.Namespace) -> int:
    """Decode every record; name those that are broken as they are found."""
    from compiler.datasets.facts import facts_of

    def tell(name: str, place: str, reason: str) -> None:
        if not options.json:
            print(f"{name}{', ' if place else ''}{place}: {reason}", flush=True)

    records = _open(options)
    facts = facts_of(_watched(records.each(), records.count), True, tell)
    if options.json:
        print(json.dumps(facts.as_json(), indent=2))
    else:
        good = facts.records - facts.broken_count
        verdict = f"{facts.broken_count:,} broken" if facts.broken_count else "none broken"
        if facts.ended:
            print(facts.ended)
            verdict += f", and {records.count - facts.records:,} that cannot be reached"
        print(f"{options.source}: {records.count:,} records, {good:,} good, {verdict}")
    return 1 if facts.broken_count or facts.ended else 0


def _open(options: argparse.Namespace) -> Records:
    from netspec.records.gather import Particulars, open_records

    how = Particulars(
        options.root, options.labels, options.images, options.row, options.channels_last
    )
    return open_records(options.source, how)


def _preparation(options: argparse.Namespace, encode: str | None) -> Preparation:
    from compiler.datasets.prepared import Preparation
    from netspec.records import Unreadable

    sides = options.resize_height, options.resize_width
    if any(sides) and not all(sides):
        raise Unreadable("C364", "one side is given without the other", "write --resize HxW")
    return Preparation(options.gray, options.resize or (sides if all(sides) else None), encode)


def _held_out(options: argparse.Namespace) -> tuple[float, str] | None:
    from netspec.records import Unreadable

    if options.held_out is None:
        return None
    share, target = options.held_out
    try:
        number = float(share)
    except ValueError:
        number = 0.0
    if not 0 < number < 1:
        message = f"expected a share between 0 and 1, found {share}"
        raise Unreadable("C364", message, f"write --held-out 0.2 {target}")
    return number, target


def _watched(records: Iterable[Record], count: int) -> Iterator[Record]:
    """The same records, with a bar on a terminal."""
    if not sys.stderr.isatty():
        yield from records
        return
    from rich.console import Console
    from rich.progress import track

    console = Console(stderr=True)
    yield from track(records, "reading", count, console=console, transient=True)


def _tell_passed_over(records: Records) -> None:
    if records.passed_over:
        first = ", ".join(records.passed_over[:3])
        more = len(records.passed_over) - 3
        others = f" and {more:,} more" if more > 0 else ""
        print(f"not images, and passed over: {first}{others}", file=sys.stderr)


def _print_made(made: Made, classes: Sequence[str]) -> None:
    from compiler.datasets.write import form_of, list_of

    skipped = (
        f", and {made.skipped:,} broken that {'was' if made.skipped == 1 else 'were'} left out"
    )
    print(f"{made.target}: {made.labels.total():,} records{skipped if made.skipped else ''}")
    _print_counts(made.shapes, made.encodings, made.labels, classes)
    if form_of(made.target) == "hdf5":
        print(f"  list      {list_of(made.paths[0])}")
    if len(made.shapes) > 1:
        print(
            "  records of different shapes make no batch: --resize 256x256, or read them with\n"
            "  a crop_size"
        )


def _print_facts(options: argparse.Namespace, records: Records, facts: Facts) -> None:
    if options.json:
        print(json.dumps({"kind": records.kind, **facts.as_json()}, indent=2))
        return
    print(f"{options.source}: {records.kind}, {facts.records:,} records, {_size(facts.bytes)}")
    _print_counts(facts.shapes, facts.encodings, facts.labels, records.classes)
    for name, place, reason in facts.broken[:MOST]:
        print(f"  broken    {name} {place}: {reason}")
    if facts.broken_count > MOST:
        print(f"            and {facts.broken_count - MOST:,} more")
    if facts.ended:
        print(f"  {facts.ended}")
    if options.sheet:
        print(f"  sheet     {options.sheet}")


def _print_counts(
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
