"""Graphviz's layout ▶ a PDF of vectors and text, by matplotlib."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterable, Iterator
from typing import Any, Literal

from netspec.draw.operations import BOLD, Layout, Operation

POINTS_PER_INCH = 72
PADDING = 14  # points around the picture
ACROSS: dict[str, Literal["left", "center", "right"]] = {"l": "left", "c": "center", "r": "right"}
NARROWER = 0.88  # DejaVu Sans is so much wider than the Helvetica that the boxes were measured for


def pdf(layout: Layout) -> bytes:
    """One page of the picture's size."""
    import matplotlib
    from matplotlib.backends.backend_pdf import FigureCanvasPdf
    from matplotlib.figure import Figure

    left, bottom, right, top = layout.bounds
    width, height = right - left + 2 * PADDING, top - bottom + 2 * PADDING
    figure = Figure(figsize=(width / POINTS_PER_INCH, height / POINTS_PER_INCH))
    FigureCanvasPdf(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set_xlim(left - PADDING, right + PADDING)
    axes.set_ylim(bottom - PADDING, top + PADDING)
    western = _is_western(text for text, *_ in layout.texts())
    artists = (
        artist for run in layout.runs for artist in _artists(run, 1 if western else NARROWER)
    )
    for order, artist in enumerate(artists):
        artist.set_zorder(order)
        artist.set_clip_on(False)
        axes.add_artist(artist)
    page = io.BytesIO()
    with (
        matplotlib.rc_context({"pdf.use14corefonts": western, "pdf.fonttype": 42}),
        warnings.catch_warnings(action="ignore"),  # of letters that no font here has
    ):
        figure.savefig(page, format="pdf", metadata={"CreationDate": None})
    return page.getvalue()


def _is_western(texts: Iterable[str]) -> bool:
    """Whether the fonts that every PDF reader has can write all of it."""
    try:
        "".join(texts).encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True


def _artists(run: Iterable[Operation], scale: float) -> Iterator[Any]:
    """A matplotlib artist for each shape and text; an upper-case letter is a filled shape."""
    from matplotlib.patches import Ellipse, PathPatch
    from matplotlib.text import Text

    pen, brush, size, weight, dash = "black", "none", 9.0, "medium", "solid"
    for each in run:
        match each["op"]:
            case "c":
                pen = _colour(each["color"])
            case "C":
                brush = _colour(each["color"])
            case "F":
                size = each["size"] * scale
            case "t":
                weight = "bold" if each["fontchar"] & BOLD else "medium"
            case "S" if each["style"] in ("solid", "dashed", "dotted"):
                dash = each["style"]
            case "P" | "p" | "L" | "B" | "b" as shape:
                inside = brush if shape in "PB" else "none"
                outline = _outline(shape, each["points"])
                yield PathPatch(outline, edgecolor=pen, facecolor=inside, linestyle=dash)
            case "E" | "e" as shape:
                x, y, across, up = each["rect"]
                inside = brush if shape == "E" else "none"
                yield Ellipse((x, y), 2 * across, 2 * up, edgecolor=pen, facecolor=inside)
            case "T":
                x, y = each["pt"]
                yield Text(
                    x,
                    y,
                    each["text"],
                    color=pen,
                    fontsize=size,
                    fontfamily="sans-serif",
                    fontweight=weight,
                    horizontalalignment=ACROSS[each["align"]],
                    verticalalignment="baseline",
                    parse_math=False,
                )


def _colour(written: str) -> str:
    return "none" if written == "transparent" else written


def _outline(shape: str, points: list[list[float]]) -> Any:
    """A polygon, a polyline or a chain of Bézier curves."""
    from matplotlib.path import Path

    if shape in "Bb":
        return Path(points, [Path.MOVETO] + [Path.CURVE4] * (len(points) - 1))
    return Path(points) if shape == "L" else Path([*points, points[0]], closed=True)
