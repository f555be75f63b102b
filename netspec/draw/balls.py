"""Nets as balls: accuracy against operations, and parameters as the size, as papers show them.

After Canziani, Paszke and Culurciello, "An analysis of deep neural network models for practical
applications" (arXiv 1605.07678, figure 2).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from netspec.analysis.compare import Figures
from netspec.draw.palette import FAINT, INK, LINE
from netspec.picture import require_picture, save_figure
from netspec.units import amount

# Okabe and Ito (2008): told apart with any kind of colour blindness, and in print.
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#5F5F5F")
DPI = 200
AREA = 1100.0  # square points of the largest ball
LEAST = 24.0  # and of the smallest
WIDE = 5  # largest over smallest value from which on an axis is logarithmic
DECADES = 4  # on an axis from which on only the powers of ten are written
ROOM = 0.22  # beside the points, as a share of an axis
GAP = 3  # points between a ball and its name
SIDES = (
    (1, 0, "left", "center"),
    (0, 1, "center", "bottom"),
    (0, -1, "center", "top"),
    (-1, 0, "right", "center"),
    (0.7, 0.7, "left", "bottom"),
    (0.7, -0.7, "left", "top"),
)
STYLE: Any = {
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": LINE,
    "axes.labelcolor": INK,
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "text.color": INK,
    "svg.hashsalt": "netspec",  # the same nets give the same file
    "svg.fonttype": "none",
}

Box = tuple[float, float, float, float]


def save_balls(nets: Sequence[Figures], path: Path) -> None:
    """Draw nets into a .svg, .png or .pdf file.

    The height is the accuracy, of the nets that have one; or the number of parameters, where none
    has. Raises SpecError: D101 another ending, D102 the file cannot be written.
    """
    require_picture(path)
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure  # a Figure of its own needs no display

    shown = [net for net in nets if net.accuracy is not None] or list(nets)
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(6.4, 4.4), layout="constrained")
        FigureCanvasAgg(figure)  # which can say how large a text is
        axes = figure.subplots()
        _draw(figure, axes, shown)
        save_figure(figure, path, DPI)


def _draw(figure: Any, axes: Any, nets: Sequence[Figures]) -> None:
    scored = nets[0].accuracy is not None
    xs = [net.macs / 1e9 for net in nets]
    ys = [100 * (net.accuracy or 0) if scored else net.parameters / 1e6 for net in nets]
    most = max(net.parameters for net in nets) or 1
    areas = [max(LEAST, AREA * net.parameters / most) for net in nets]
    colors = [COLORS[i % len(COLORS)] for i in range(len(nets))]
    axes.scatter(xs, ys, s=areas, c=colors, alpha=0.65, edgecolors="white", linewidths=0.8)
    axes.set(**_scale("x", xs), **_scale("y", ys))
    axes.set_xlabel("multiply-accumulates of one item (G MACs)")
    axes.set_ylabel("accuracy (%)" if scored else "parameters (M)")
    _ticks(axes.xaxis)
    _ticks(axes.yaxis)
    axes.grid(color="#e6e6e6", linewidth=0.6)
    axes.set_axisbelow(True)
    _sizes(axes, most)
    figure.draw_without_rendering()
    _name(axes, nets, list(zip(xs, ys)), areas)


def _scale(axis: str, values: Sequence[float]) -> dict[str, Any]:
    """A logarithmic axis where values span more than a picture shows otherwise; room for balls."""
    low, high = min(values), max(values)
    if low > 0 and high > WIDE * low:
        room = (high / low) ** ROOM
        return {f"{axis}scale": "log", f"{axis}lim": (low / room, high * room)}
    room = ROOM * ((high - low) or high or 1)
    return {f"{axis}lim": (low - room, high + room)}


def _ticks(axis: Any) -> None:
    """Numbers as people write them; on a logarithmic axis 1, 2, 5, 10, over many decades 1, 10."""
    from matplotlib.ticker import LogLocator, NullLocator

    if axis.get_scale() == "log":
        low, high = axis.get_view_interval()
        subs = (1, 2, 5) if high < low * 10**DECADES else (1,)
        axis.set_major_locator(LogLocator(subs=subs))
        axis.set_minor_locator(NullLocator())
    axis.set_major_formatter("{x:g}")


def _sizes(axes: Any, most: int) -> None:
    """The legend of sizes: three round numbers of parameters."""
    round_numbers = [n * 10**k for k in range(3, 12) for n in (1, 2, 5)]
    some = [n for n in round_numbers if n <= most][-5::2]
    handles = [
        axes.scatter([], [], s=max(LEAST, AREA * n / most), c="#C5CCD3", edgecolors="white")
        for n in some
    ]
    legend = axes.legend(
        handles,
        [amount(n).replace(".00", "").replace(".0", "") for n in some],
        title="parameters",
        loc="upper left",
        bbox_to_anchor=(1.0, 1.0),
        frameon=False,
        labelspacing=2.0,
        handletextpad=1.6,
        borderpad=1.0,
    )
    legend.get_title().set_color(FAINT)


def _name(
    axes: Any,
    nets: Sequence[Figures],
    points: Sequence[tuple[float, float]],
    areas: Sequence[float],
) -> None:
    """Each net's name beside its ball, on the side where it hides least; from the top down."""
    scale = axes.figure.dpi / 72
    radii = [(area / math.pi) ** 0.5 for area in areas]
    places = [tuple(at) for at in axes.transData.transform(points)]
    taken = [
        (x - r * scale, y - r * scale, x + r * scale, y + r * scale)
        for (x, y), r in zip(places, radii)
    ]
    for i in sorted(range(len(nets)), key=lambda i: -places[i][1]):
        tried = [_text(axes, nets[i].name, points[i], radii[i], side) for side in SIDES]
        boxes = [_box(text) for text in tried]
        hidden = [sum(_overlap(box, other) for other in taken) for box in boxes]
        best = hidden.index(min(hidden))
        taken.append(boxes[best])
        for text in tried[:best] + tried[best + 1 :]:
            text.remove()


def _text(
    axes: Any, name: str, point: tuple[float, float], radius: float, side: tuple[Any, ...]
) -> Any:
    across, up, horizontal, vertical = side
    away = radius + GAP
    return axes.annotate(
        name,
        point,
        (across * away, up * away),
        textcoords="offset points",
        ha=horizontal,
        va=vertical,
        fontsize=8,
    )


def _box(text: Any) -> Box:
    found = text.get_window_extent()
    return found.x0, found.y0, found.x1, found.y1


def _overlap(one: Box, other: Box) -> float:
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    return max(0.0, width) * max(0.0, height)
