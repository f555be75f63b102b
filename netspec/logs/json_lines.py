"""Our own logs: JSON lines, one event each (written by compiler/training/log.py)."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from typing import Any

from netspec.logs.run import Key
from netspec.logs.told import Began, Said, Told

MOST = 2**62  # iterations


class Damaged(Exception):
    """A line is no entry of a log; `line` counts from 1."""

    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


def looks_like(line: str) -> bool:
    """Whether a line is an entry."""
    return _entry(line) is not None


def told(lines: Iterable[str]) -> Iterator[Told]:
    """What a log says of training. Raises Damaged.

    A line that is cut off is what a run leaves that was killed while it wrote: that is so at the
    end of the file, or where another run begins after it.
    """
    cut, begun = 0, False
    for count, line in enumerate(lines, 1):
        if not line.strip():
            continue
        entry = _entry(line)
        if cut and (entry is None or entry["event"] != "start"):
            raise Damaged(cut)
        cut = 0 if entry is not None else count
        if entry is not None:
            try:
                if not begun and entry["event"] != "start":  # the log's beginning was cut off
                    yield Began(entry["iteration"], "", _number(entry.get("time")))
                yield from _told(entry)
            except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
                raise Damaged(count) from None
            begun = True


def _entry(line: str) -> dict[str, Any] | None:
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(entry, dict) or not isinstance(entry.get("event"), str):
        return None
    at = entry.get("iteration")
    return entry if isinstance(at, int) and 0 <= at < MOST else None


def _told(entry: dict[str, Any]) -> Iterator[Told]:
    at, clock = entry["iteration"], _number(entry.get("time"))
    number = entry.get("net")
    which = f" #{number}" if isinstance(number, int) and number else ""
    match entry["event"]:
        case "start":
            yield Began(at, str(entry.get("net", "")), clock, _per_epoch(entry))
        case "train":
            yield Said(Key("train", "loss"), at, clock, _number(entry["loss"]), True)
            if entry.get("lr") is not None:
                yield Said(Key("train", "lr"), at, clock, _number(entry["lr"]))
            yield from _outputs("train net", entry, clock)
        case "test":
            yield from _outputs(f"test net{which}", entry, clock)
            if entry.get("loss_weights", True):
                yield Said(Key(f"test{which}", "loss"), at, clock, _number(entry["loss"]), True)


def _outputs(of: str, entry: dict[str, Any], clock: float) -> Iterator[Told]:
    weights = entry.get("loss_weights", {})  # older logs have none
    for name, values in entry["outputs"].items():
        for i, value in enumerate(values):
            key = Key(of, f"{name}[{i}]" if i else name)
            yield Said(key, entry["iteration"], clock, _number(value), bool(weights.get(name)))


def _per_epoch(entry: dict[str, Any]) -> float | None:
    images, records = entry.get("images"), entry.get("records")
    return _number(records) / _number(images) if images and records else None


def _number(value: Any) -> float:
    """JSON has null for what is no finite number."""
    return math.nan if value is None else float(value)
