"""Curves of runs as a picture for a paper: a panel for each quantity, a colour for each run.

Training is a smoothed line over a faint one of what was told, and each test is a point. matplotlib
is loaded when the first picture is drawn.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from netspec.diagnostics import Diagnostic, SpecError
from netspec.logs.choose import Line, Panel, smooth, usual_width
from netspec.logs.run import Key, Run
from netspec.picture import ENDINGS, save_figure

# Okabe and Ito (2008): told apart with any kind of colour blindness, and in print.
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#5F5F5F")
GREY = "#555555"
MARKERS = "osD^v<>P"
WIDE = 30  # largest over smallest loss from which on the axis is logarithmic
MARKED = 25  # tests of a line that have a marker
MANY = 1e4  # iterations that are written as 50k
UNITS = {"days": 86400.0, "hours": 3600.0, "minutes": 60.0, "seconds": 1.0}
PANEL = (3.6, 2.6)  # inches: two panels are as wide as the text of a paper
DOTS = 220  # an inch, of a PNG
STYLE: Any = {
    "font.size": 9,
    "axes.linewidth": 0.7,
    "axes.edgecolor": GREY,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.xmargin": 0.02,
    "axes.formatter.limits": (-4, 5),
    "grid.color": "#e6e6e6",
    "grid.linewidth": 0.6,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "legend.handlelength": 1.8,
    "svg.hashsalt": "netspec",  # the same log gives the same file
}


def draw(
    runs: Sequence[Run],
    panels: Sequence[Panel],
    picture: Path,
    over: str = "iterations",
    width: int | None = None,
) -> None:
    """Draw panels of `choose` as PNG, SVG or PDF; `width` points are averaged, 1 is none.

    Raises SpecError: C244 the ending, D102 the file cannot be written.
    """
    require_ending(picture)
    from matplotlib import rc_context
    from matplotlib.figure import Figure  # a Figure of its own needs no display
    from matplotlib.ticker import EngFormatter

    with rc_context(STYLE):
        figure = Figure(figsize=(PANEL[0] * len(panels), PANEL[1]), layout="constrained")
        last = max(line.x.max() for panel in panels for line in panel.lines)
        title, unit = _axis(over, last)
        for axes, panel in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels):
            _draw_panel(axes, panel, len(runs), unit, width)
            axes.set_xlabel(title)
            if over == "iterations" and last >= MANY:
                axes.xaxis.set_major_formatter(EngFormatter(sep=""))
        if len(runs) > 1:
            _name_runs(figure, runs)
        save_figure(figure, picture, DOTS)


def require_ending(picture: Path) -> None:
    """Raise SpecError C244 for what is no picture."""
    if picture.suffix.lower() not in ENDINGS:
        help = f"the ending says what is drawn: {', '.join(ENDINGS)}"
        raise SpecError(Diagnostic("C244", f"{picture} does not end as a picture", None, help))


def _axis(over: str, last: float) -> tuple[str, float]:
    """What the horizontal axis is called, and its unit."""
    if over != "seconds":
        return over.removesuffix("s"), 1.0
    unit = next((u for u in UNITS if last >= 3 * UNITS[u]), "seconds")
    return f"training time ({unit})", UNITS[unit]


def _draw_panel(axes: Any, panel: Panel, runs: int, unit: float, width: int | None) -> None:
    kinds = list(dict.fromkeys(line.key for line in panel.lines))
    trains = sum(key.phase == "train" for key in kinds)  # they come first
    drawn = {}
    for line in panel.lines:
        kind = kinds.index(line.key)
        color = _color(line.run, runs)
        if runs == 1:  # tests have the same colour in every panel
            color = _color(kind + (trains == 0), len(kinds) + 1)
        if kind < trains:
            drawn[line.key] = _draw_train(axes, line, unit, color, width)
        else:
            style = "--" if trains else "-"
            drawn[line.key] = _draw_test(
                axes, line, unit, color, style, MARKERS[(kind - trains) % len(MARKERS)]
            )
    axes.set_ylabel(_label(panel))
    if _is_wide(panel):
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter("{x:g}")
    if len(kinds) > 1:
        legend = axes.legend(drawn.values(), [_kind(key, panel) for key in drawn], loc="best")
        for handle in legend.legend_handles if runs > 1 else ():
            handle.set_color(GREY)  # it means the line of every run


def _draw_train(axes: Any, line: Line, unit: float, color: Any, width: int | None) -> Any:
    x, window = line.x / unit, usual_width(line) if width is None else width
    window = 1 if line.key.name == "lr" else window
    if window > 1:
        axes.plot(x, line.y, lw=0.6, color=color, alpha=0.25)
    marker = "o" if len(x) == 1 else ""
    return axes.plot(x, smooth(line.y, window), lw=1.5, color=color, marker=marker, ms=3.5)[0]


def _draw_test(axes: Any, line: Line, unit: float, color: Any, style: str, marker: str) -> Any:
    (drawn,) = axes.plot(line.x / unit, line.y, style, lw=1, color=color)
    every = math.ceil(len(line.x) / MARKED)
    drawn.set(marker=marker, markersize=3.5, markeredgewidth=0, markevery=every)
    return drawn


def _color(number: int, count: int) -> Any:
    """The colour of one of `count`: set off from the others, or along a scale where many are."""
    if count <= len(COLORS):
        return COLORS[number]
    from matplotlib import colormaps

    return colormaps["viridis"](0.95 * number / (count - 1))


def _label(panel: Panel) -> str:
    keys = {line.key for line in panel.lines}
    names, phases = {key.name for key in keys}, {key.phase for key in keys}
    name = names.pop() if len(names) == 1 else panel.quantity
    if name == "lr":
        return "learning rate"
    return f"{phases.pop()} {name}" if len(phases) == 1 else name


def _kind(key: Key, panel: Panel) -> str:
    """What sets a line of a panel apart from the others."""
    keys = {line.key for line in panel.lines}
    which = key.of.replace(" net", "")
    if len({k.name for k in keys}) == 1:
        return which
    return key.name if len({k.of for k in keys}) == 1 else f"{which} {key.name}"


def _is_wide(panel: Panel) -> bool:
    """Losses and rates that span more than a picture shows otherwise get a logarithmic axis."""
    values = np.concatenate([line.y for line in panel.lines])
    values = values[np.isfinite(values)]
    if not len(values) or not (panel.is_loss or panel.quantity == "lr"):
        return False
    return bool(0 < values.min() < values.max() / WIDE)


def _name_runs(figure: Any, runs: Sequence[Run]) -> None:
    """The runs and their colours, in rows above the panels."""
    from matplotlib.lines import Line2D

    lines = [
        Line2D([], [], color=_color(i, len(runs)), lw=2, label=run.name)
        for i, run in enumerate(runs)
    ]
    letters = figure.get_figwidth() * 13  # that fit into a row
    columns = max(1, int(letters / (6 + max(len(run.name) for run in runs))))
    rows = -(-len(runs) // columns)
    figure.set_figheight(figure.get_figheight() + 0.19 * rows)
    figure.legend(handles=lines, loc="outside upper center", ncols=-(-len(runs) // rows))
