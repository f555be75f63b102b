"""The profile of a net as a picture: how many elements pass at each depth, and where too few."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import accumulate, groupby
from pathlib import Path
from typing import Any

from netspec.analysis.cuts import Cut, frontiers, profile_of
from netspec.analysis.finding import Finding
from netspec.analysis.flow import Flow
from netspec.draw.palette import FAINT, FRAME, INK, LINE
from netspec.picture import require_picture, save_figure
from netspec.units import amount

ALIVE, PASSES, WARN = "#DCE8F6", "#2A6DB0", "#C4432B"
BANDS = ("#FFFFFF", "#F5F7FA")
WIDTH, HEIGHT, DPI = 11.0, 5.0, 144
LEAST_BAND = 0.055  # of the width: below, a grid's size is not written


def save_profile(flow: Flow, findings: Collection[Finding], path: Path, name: str = "") -> None:
    """Draw the profile into a .svg, .png or .pdf file. Raises SpecError D101, D102."""
    require_picture(path, what="profile")
    import matplotlib
    from matplotlib.figure import Figure  # a Figure of its own needs no display

    style: Any = {"font.family": "sans-serif", "svg.fonttype": "none", "svg.hashsalt": "netspec"}
    with matplotlib.rc_context(style):
        figure = Figure(figsize=(WIDTH, HEIGHT), dpi=DPI, layout="constrained")
        _draw(figure.subplots(), flow, findings, name)
        save_figure(figure, path, DPI)


def _draw(axes: Any, flow: Flow, findings: Collection[Finding], name: str) -> None:
    profile = profile_of(flow)
    places = [cut.depth for cut in profile]
    elements = [max(cut.elements, 1) for cut in profile]
    alive = list(_by_depth(flow))
    axes.set_yscale("log", base=10)
    axes.set_xlim(-0.01 * places[-1] - 0.1, 1.01 * places[-1] + 0.1)
    axes.set_ylim(min(elements) / 4, max(*elements, *(e for _, e in alive)) * 3)
    _bands(axes, profile)
    axes.fill_between(*zip(*alive), min(elements) / 4, step="mid", color=ALIVE, lw=0, zorder=1)
    least = list(accumulate(elements, min))
    axes.step(places, least, where="post", color=LINE, lw=1, ls=(0, (4, 3)), zorder=2)
    axes.plot(places, elements, "-", color=PASSES, lw=1.8, zorder=3, solid_joinstyle="round")
    alone = [i for i, cut in enumerate(profile) if cut.alone]
    sparse = 4.5 if len(profile) < 80 else 2.2
    axes.plot(
        [places[i] for i in alone],
        [elements[i] for i in alone],
        "o",
        ms=sparse,
        color=PASSES,
        mec="white",
        mew=0.6,
        zorder=4,
    )
    _label_ends(axes, profile)
    _label_findings(axes, profile, findings)
    axes.set_xlabel("depth: layers that mix or join", color=FAINT)
    axes.set_ylabel("elements of one image (logarithmic)", color=FAINT)
    axes.yaxis.set_major_formatter(
        lambda number, _: amount(number).replace(".00", "").replace(".0", "")
    )
    axes.tick_params(colors=FAINT, which="both", length=0)
    axes.grid(axis="y", color=FRAME, lw=0.5, alpha=0.6)
    for side in axes.spines.values():
        side.set_visible(False)
    axes.set_title(
        f"{name or 'What passes'}: from the inputs to {flow.end.blob}",
        loc="left",
        color=INK,
        fontweight="bold",
        pad=12,
    )
    _legend(axes)


def _by_depth(flow: Flow) -> Iterator[tuple[int, int]]:
    """The widest frontier at each depth: what is alive while layers run in the file's order."""
    widest: dict[int, int] = {}
    for cut in frontiers(flow):
        widest[cut.depth] = max(cut.elements, widest.get(cut.depth, 1))
    return iter(sorted(widest.items()))


def _bands(axes: Any, profile: Sequence[Cut]) -> None:
    """A stripe for each size of the grid, with the size above it."""
    runs = [list(run) for _, run in groupby(profile, key=lambda cut: cut.last.shape[2:])]
    end = profile[-1].depth or 1
    for i, run in enumerate(runs):
        start = run[0].depth
        stop = runs[i + 1][0].depth if i + 1 < len(runs) else end
        axes.axvspan(start, stop, color=BANDS[i % 2], lw=0, zorder=0)
        grid = "×".join(map(str, run[0].last.shape[2:]))
        if (stop - start) / end >= LEAST_BAND:
            axes.text(
                (start + stop) / 2,
                0.985,
                grid,
                transform=axes.get_xaxis_transform(),
                ha="center",
                va="top",
                fontsize=8,
                color=FAINT,
            )


def _label_ends(axes: Any, profile: Sequence[Cut]) -> None:
    for cut, side, shift in ((profile[0], "left", 6), (profile[-1], "right", -6)):
        text = f"{cut.last.blob if cut.alone else 'inputs'}\n{cut.elements:,}"
        axes.annotate(
            text,
            (cut.depth, max(cut.elements, 1)),
            xytext=(shift, -8),
            textcoords="offset points",
            ha=side,
            va="top",
            fontsize=8,
            color=INK,
        )


def _label_findings(axes: Any, profile: Sequence[Cut], findings: Collection[Finding]) -> None:
    for cut in profile:
        nodes = {value.node for value in cut.values}
        for finding in findings:
            if set(finding.nodes) == nodes:
                at = (cut.depth, cut.elements)
                axes.plot(*at, "o", ms=8, mfc="none", mec=WARN, mew=1.6, zorder=5)
                axes.annotate(
                    f"{finding.code}\n{cut.last.blob}\n{cut.elements:,}",
                    at,
                    xytext=(0, -12),
                    textcoords="offset points",
                    ha="center",
                    va="top",
                    fontsize=8,
                    color=WARN,
                    zorder=6,
                )


def _legend(axes: Any) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles = [
        Line2D([], [], color=PASSES, lw=1.8, marker="o", ms=4.5, label="passes (narrowest cut)"),
        Line2D([], [], color=LINE, lw=1, ls=(0, (4, 3)), label="can arrive"),
        Patch(color=ALIVE, label="alive in the file's order"),
    ]
    axes.legend(
        handles=handles,
        loc="lower right",
        bbox_to_anchor=(1, 1),
        ncols=3,
        frameon=False,
        fontsize=8,
        labelcolor=FAINT,
    )
