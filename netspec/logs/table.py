"""Runs as tables: for a program as JSON or CSV, for a person as one row a number."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Sequence

import numpy as np

from netspec.columns import grouped
from netspec.logs.choose import Line, Panel
from netspec.logs.run import Run

COLUMNS = ("run", "of", "name", "iteration", "seconds", "value")


def as_json(runs: Sequence[Run]) -> str:
    """All that the logs tell; null for what is no finite number."""
    return json.dumps(
        [
            {
                "run": run.name,
                "net": run.net,
                "resumed": run.resumed,
                "series": [
                    {
                        "of": series.key.of,
                        "name": series.key.name,
                        "iterations": series.iterations,
                        "seconds": [_finite(s, 3) for s in series.seconds],
                        "values": [_finite(v) for v in series.values],
                    }
                    for series in run.series.values()
                ],
            }
            for run in runs
        ],
        allow_nan=False,
    )


def as_csv(runs: Sequence[Run]) -> str:
    """One number a line, as pandas and R like it: run, of, name, iteration, seconds, value."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for run in runs:
        for key, series in run.series.items():
            for at, seconds, value in zip(series.iterations, series.seconds, series.values):
                writer.writerow((run.name, *key, at, _finite(seconds, 3), value))
    return text.getvalue()


def _finite(number: float, digits: int | None = None) -> float | None:
    if not math.isfinite(number):
        return None
    return number if digits is None else round(number, digits)


def as_text(runs: Sequence[Run], panels: Sequence[Panel], unit: str) -> str:
    """What is drawn, in figures: under each run a row for each number, `unit` behind its places."""
    heading = ("", "last", "at", "least", "at", "most", "at")
    found = (
        (run.name, [_figures(line, unit) for p in panels for line in p.lines if line.run == i])
        for i, run in enumerate(runs)
    )
    return "\n".join(grouped(heading, found, left=(0,)))


def _figures(line: Line, unit: str) -> tuple[str, ...]:
    finite = np.flatnonzero(np.isfinite(line.y))
    places = [len(line.y) - 1]
    if len(finite):
        places += [finite[np.argmin(line.y[finite])], finite[np.argmax(line.y[finite])]]
    cells = [cell for i in places for cell in (f"{line.y[i]:.4g}", f"{line.x[i]:,.10g}{unit}")]
    return (f"{line.key.of} {line.key.name}", *cells, *[""] * (6 - len(cells)))
