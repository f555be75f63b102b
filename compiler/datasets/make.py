"""A new data set from the records of another: shuffled, divided, prepared and written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from compiler.data.skipped import Skipped
from compiler.datasets.facts import encoding_of, shape_of
from compiler.datasets.prepared import Preparation, side_by_side
from compiler.datasets.write import require_free, writing
from netspec.records import Unreadable
from netspec.records.datum import Datum
from netspec.records.record import Record, Records

Watch = Callable[[Iterable[Record], int], Iterable[Record]]


@dataclass(frozen=True)
class Choice:
    """Which records go where, and in which order.

    Shuffled by `seed`, or not where it is None; the `held_out` share of them, drawn by chance, go
    to a second target; `alike` refuses records of another shape than the first; with `skip`,
    broken ones are left out, told and counted.
    """

    seed: int | None = None
    held_out: tuple[float, str] | None = None
    alike: bool = False
    skip: bool = False
    force: bool = False


@dataclass
class Made:
    """A data set that was written: where, and how many records by shape, encoding and label."""

    target: str
    paths: list[Path]
    shapes: Counter[str] = field(default_factory=Counter)
    encodings: Counter[str] = field(default_factory=Counter)
    labels: Counter[int] = field(default_factory=Counter)
    skipped: int = 0

    def as_json(self) -> dict[str, Any]:
        return {
            "target": self.target,
            "paths": [str(path) for path in self.paths],
            "records": self.labels.total(),
            "shapes": dict(self.shapes.most_common()),
            "encodings": dict(self.encodings.most_common()),
            "labels": {str(label): n for label, n in sorted(self.labels.items())},
            "skipped": self.skipped,
        }


def make(
    records: Records, target: str, prepare: Preparation, choice: Choice, watch: Watch
) -> list[Made]:
    """Write the data set, and the one that is held out; raises SpecError, Unreadable."""
    parts = list(_divided(records, target, choice))
    places = {name: require_free(name, choice.force) for name, _, _ in parts}
    every = []
    with ExitStack() as stack:  # all of them appear, or none
        for name, chosen, count in parts:
            made = Made(name, places[name])
            items = _items(watch(chosen, count), made, prepare, choice)
            stack.enter_context(writing(made.paths, items, count, records.classes))
            every.append(made)
    return every


def _divided(
    records: Records, target: str, choice: Choice
) -> Iterator[tuple[str, Iterable[Record], int]]:
    """Each target with its records, in their order, and how many they are."""
    if choice.seed is None and choice.held_out is None:
        yield target, records.each(), records.count
        return
    every = list(records.each())
    random = np.random.default_rng(choice.seed or 0)
    drawn = random.permutation(len(every))
    share, other = choice.held_out or (0.0, "")
    held = drawn[: round(share * len(every))]
    kept = drawn[len(held) :]
    for name, chosen in ((target, kept), (other, held)):
        if name:
            places = chosen if choice.seed is not None else np.sort(chosen)
            yield name, (every[i] for i in places), len(places)


def _items(
    records: Iterable[Record], made: Made, prepare: Preparation, choice: Choice
) -> Iterator[tuple[str, Datum]]:
    """Names and Datums, counted in `made` as they go by."""
    skipped = Skipped()

    def ready(record: Record) -> tuple[str, Datum, str] | None:
        try:
            datum = prepare(record)
            return record.name, datum, shape_of(datum, record.name)
        except Unreadable as wrong:
            if not choice.skip:
                raise Unreadable(wrong.code, str(wrong), _with_skip(wrong.help)) from None
            skipped.add(record.name, wrong)
            return None

    for found in side_by_side(ready, records):
        made.skipped = skipped.count
        if found is None:
            continue
        name, datum, shape = found
        if choice.alike and made.shapes and shape not in made.shapes:
            message = f"{name} is {shape}, those before it are {next(iter(made.shapes))}"
            raise Unreadable("C309", message, "resize them: --resize 256x256")
        made.shapes[shape] += 1
        made.encodings[encoding_of(datum)] += 1
        made.labels[datum.label] += 1
        yield name, datum
    if not made.labels:
        raise Unreadable("C304", f"there are no records for {made.target}", "give some")


def _with_skip(help: str) -> str:
    return f"{help}; or leave broken ones out: --skip-broken" if help else "--skip-broken"
