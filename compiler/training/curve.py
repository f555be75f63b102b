"""The training curve: a log as a picture, losses on the left axis, other scores on the right."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from compiler.training.log import read_log
from netspec.atomic import replacing

MAX_SERIES = 6
WIDE = 30  # largest over smallest loss from which on the axis is logarithmic
COLORS = ("#1b6ca8", "#d1495b", "#2e8b57", "#edae49", "#6a4c93", "#7a7a7a")


@dataclass
class Series:
    """Points of one quantity; `score` where a higher number need not be a worse one."""

    name: str
    score: bool = False
    iterations: list[int] = field(default_factory=list)
    values: list[float] = field(default_factory=list)


def draw_curve(log: Path, picture: Path, losses: Iterable[str] = ("loss",)) -> bool:
    """Draw the last run of a log, as PNG or what the ending says; False where it has no points.

    `losses` names the outputs that count towards the loss; other outputs go to the right axis.
    """
    found = [s for s in series(read_log(log), set(losses)) if s.values]
    found.sort(key=lambda s: (s.score, s.name != "train loss"))
    if not found:
        return False
    from matplotlib.figure import Figure  # a Figure of its own needs no display

    figure = Figure(figsize=(8, 4.5), dpi=120, layout="constrained")
    left = figure.subplots()
    left.set_xlabel("iteration")
    left.grid(alpha=0.3)
    scores = [s for s in found if s.score]
    right = left.twinx() if scores else None
    drawn = [_plot(right if s.score else left, s, color) for s, color in zip(found, COLORS)]
    _label_losses(left, [v for s in found if not s.score for v in s.values])
    if right is not None:
        within = all(0 <= v <= 1 for s in scores for v in s.values)
        right.set_ylabel("test score" + (" (fraction, 0 to 1)" if within else ""))
        if within:
            right.set_ylim(0, 1.02)
    figure.legend(handles=drawn, loc="outside upper center", ncols=3, frameon=False)
    with replacing(picture, "C107") as temporary:
        figure.savefig(temporary, format=picture.suffix.lstrip(".") or "png")
    return True


def series(entries: Iterable[dict[str, Any]], losses: set[str]) -> list[Series]:
    """The quantities of the last run: the train loss, then each number that the tests put out.

    Where a run was resumed, points from after the snapshot that it went on from are left out.
    """
    found: dict[str, Series] = {}
    for entry in entries:
        if entry.get("event") == "start":
            _rewind(found, entry["iteration"])
        for name, score, value in _points(entry, losses):
            if len(found) < MAX_SERIES or name in found:
                line = found.setdefault(name, Series(name, score))
                line.iterations.append(entry["iteration"])
                line.values.append(value)
    return list(found.values())


def _rewind(found: dict[str, Series], iteration: int) -> None:
    for line in found.values():
        kept = sum(i < iteration for i in line.iterations)
        del line.iterations[kept:], line.values[kept:]


def _points(entry: dict[str, Any], losses: set[str]) -> Iterator[tuple[str, bool, float]]:
    if entry.get("event") == "train" and isinstance(entry.get("loss"), float):
        yield "train loss", False, entry["loss"]
    if entry.get("event") == "test" and isinstance(entry.get("outputs"), dict):
        which = f" #{entry['net']}" if entry.get("net") else ""
        for name, values in entry["outputs"].items():
            if isinstance(values, list) and len(values) == 1 and isinstance(values[0], float):
                yield f"test{which} {name}", name not in losses, values[0]


def _label_losses(axes: Any, values: list[float]) -> None:
    """A logarithmic axis where losses span more than a picture shows otherwise."""
    if not values:
        axes.set_yticks([])
        return
    wide = min(values) > 0 and max(values) > WIDE * min(values)
    if wide:
        axes.set_yscale("log")
    axes.set_ylabel("loss (logarithmic)" if wide else "loss")


def _plot(axes: Any, line: Series, color: str) -> Any:
    marker = "o" if len(line.values) < 40 else ""
    style = "-" if line.name == "train loss" else "--" if line.score else "-."
    (handle,) = axes.plot(
        line.iterations,
        line.values,
        style,
        marker=marker,
        ms=3,
        lw=1.4,
        color=color,
        label=line.name,
    )
    return handle
