"""What a picture of runs shows: which numbers, over what, and how a line is smoothed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from netspec.diagnostics import Diagnostic, SpecError, nearest, some
from netspec.logs.run import Key, Run, Series

OVER = ("iterations", "seconds", "epochs")
WINDOWS = 50  # how many windows of smoothing a run is long, where nobody says otherwise


@dataclass(frozen=True)
class Line:
    """A series as points: `x` in what the picture is drawn over."""

    run: int  # which of the runs
    key: Key
    x: np.ndarray
    y: np.ndarray


@dataclass(frozen=True)
class Panel:
    """The lines of one quantity, those of training first."""

    quantity: str
    lines: tuple[Line, ...]
    is_loss: bool = False


def choose(
    runs: Sequence[Run], quantities: Sequence[str], over: str, per_epoch: float | None = None
) -> list[Panel]:
    """A panel for each quantity: loss, lr, or an output's name, in full or in part.

    Without any, the loss and the scores of tests, or what there is. `per_epoch`: the iterations in
    an epoch of runs that do not say. Raises SpecError C242, C243.
    """
    panels = []
    for quantity in quantities or _usual(runs):
        found = [(i, s) for i, run in enumerate(runs) for s in _of(run, quantity)]
        found.sort(key=lambda each: each[1].key.phase == "test")
        if not found:
            raise SpecError(_lacking(runs, quantity))
        lines = tuple(_line(i, s, runs[i], over, per_epoch) for i, s in found)
        panels.append(
            Panel(quantity, lines, quantity == "loss" or all(s.is_loss for _, s in found))
        )
    return panels


def _usual(runs: Sequence[Run]) -> list[str]:
    told = [key for run in runs for key in run.series]
    loss = ["loss"] if any(key.name == "loss" and not key.is_output for key in told) else []
    scores = ["score"] if any(map(_scores, runs)) else []
    return [*loss, *scores] or [told[0].name]


def _of(run: Run, quantity: str) -> list[Series]:
    if quantity == "score":
        return _scores(run)
    if quantity in ("loss", "lr"):
        return [s for key, s in run.series.items() if key.name == quantity and not key.is_output]
    outputs = {key: s for key, s in run.series.items() if key.is_output}
    exact = [s for key, s in outputs.items() if key.name == quantity]
    return exact or [s for key, s in outputs.items() if quantity in key.name]


def _scores(run: Run) -> list[Series]:
    """Outputs of test nets that are one number, such as an accuracy, and not of the loss."""
    several = {key.name.split("[")[0] for key in run.series if "[" in key.name}
    return [
        s
        for key, s in run.series.items()
        if key.of.startswith("test net")
        and not s.is_loss
        and key.name not in several
        and "[" not in key.name
    ]


def _lacking(runs: Sequence[Run], quantity: str) -> Diagnostic:
    names = list(dict.fromkeys(key.name for run in runs for key in run.series))
    help = nearest(quantity, names) or f"the logs have {some(names)}"
    which = runs[0].name if len(runs) == 1 else "the logs"
    return Diagnostic("C242", f"{which} tells no {quantity}", None, help)


def _line(number: int, series: Series, run: Run, over: str, per_epoch: float | None) -> Line:
    x = np.array(series.seconds if over == "seconds" else series.iterations, float)
    if over == "epochs":
        each = run.per_epoch or per_epoch
        if not each:
            message = f"{run.name} does not tell how many iterations an epoch has"
            help = "give them with --epoch N: the number of images divided by the batch size"
            raise SpecError(Diagnostic("C243", message, None, help))
        x /= each
    if not np.isfinite(x).all():
        message = f"{run.name} tells no times"
        raise SpecError(Diagnostic("C243", message, None, "draw it over iterations"))
    return Line(number, series.key, x, np.array(series.values))


def smooth(values: np.ndarray, width: int) -> np.ndarray:
    """Each value as the mean of about `width` around it, those nearer count more (Hann 1902).

    At the ends only those that are there count. What is not finite stays out and stays as it is.
    """
    if width < 2:
        return values
    window = np.hanning(2 * width + 1)
    finite = np.isfinite(values)
    total = np.convolve(np.where(finite, values, 0), window)
    count = np.convolve(finite.astype(float), window)
    middle = slice(width, width + len(values))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(finite, total[middle] / count[middle], values)


def usual_width(line: Line) -> int:
    """The points that are averaged where nobody says how many; tests are few, and stay."""
    return math.ceil(len(line.y) / WINDOWS) if line.key.of == "train" else 1
