"""The verbs of `netspec data`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

from tools.data_tables import print_facts, print_made, tell_passed_over
from tools.show import print_json

if TYPE_CHECKING:
    from compiler.datasets.prepared import Preparation
    from netspec.records.record import Record, Records


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
        print_json([each.as_json() for each in made])
        return 0
    tell_passed_over(records)
    for each in made:
        print_made(each, records.classes)
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
        print_json({"images": count, "shape": image.shape, "channels": channels})
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
    print_facts(options, records, facts)
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
        print_json(facts.as_json())
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
