"""A profile as lines of text: a bar for each cut, as wide as what passes there."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, takewhile

from rich.cells import cell_len

from netspec.analysis.cuts import Cut
from netspec.analysis.finding import Finding
from netspec.analysis.stages import Stage
from netspec.columns import GAP, bar, line
from netspec.units import sizes

NAME, SHAPE = 26, 13  # columns at most; bars have what is left
TELLING = 3  # characters of a name
ALIKE = 3  # so many cuts in a row that pass the same are one line
HEADING = ("values", "shape", "elements")


@dataclass(frozen=True)
class Line:
    """A cut, or several in a row of the same shape, and the findings about it."""

    name: str
    shape: str
    elements: int
    codes: tuple[str, ...]


def lines(profile: Sequence[Cut], findings: Collection[Finding], batch: int) -> list[Line]:
    """The lines of a profile; `batch` is the inputs' first axis, which shapes leave out."""
    found = [_line(cut, findings, batch) for cut in profile]
    made = []
    for (*_, codes), run in groupby(
        found, key=lambda line: (line.shape, line.elements, line.codes)
    ):
        same = list(run)
        if len(same) < ALIKE or codes:
            made += same
        else:
            name = f"{same[0].name} … {same[-1].name}"
            made.append(Line(name, same[0].shape, same[0].elements, ()))
    return made


def _line(cut: Cut, findings: Collection[Finding], batch: int) -> Line:
    nodes = {value.node for value in cut.values}
    codes = tuple(f.code for f in findings if nodes == set(f.nodes))
    shape = sizes(cut.last.shape, batch) if cut.alone else f"{len(cut.values)} blobs"
    return Line(_name(cut), shape, cut.elements, codes)


def _name(cut: Cut) -> str:
    """The blob; of several what their names begin with, where that is enough to tell."""
    blobs = [value.blob for value in cut.values]
    if len(blobs) == 1:
        return blobs[0]
    alike = takewhile(lambda letters: len(set(letters)) == 1, zip(*blobs))
    common = "".join(letters[0] for letters in alike)
    return f"{common}*" if len(common) >= TELLING else ", ".join(blobs)


def render(found: Sequence[Line], width: int = 80) -> Iterator[str]:
    """The heading and the lines, at most `width` columns wide."""
    rows = [HEADING, *((each.name, each.shape, f"{each.elements:,}") for each in found)]
    name, shape, number = (max(map(cell_len, column)) for column in zip(*rows))
    widths = min(name, NAME), min(shape, SHAPE), number
    marks = max((sum(len(code) + 1 for code in each.codes) for each in found), default=0)
    room = width - sum(widths) - len(GAP) * len(widths) - marks
    most = max((each.elements for each in found), default=0) or 1
    heading, *texts = (line(row, widths, left=(0, 1)) for row in rows)
    yield heading
    for text, each in zip(texts, found):
        yield f"{text}{GAP}{bar(each.elements / most, room)} {' '.join(each.codes)}".rstrip()


def stage_rows(found: Sequence[Stage], width: int = 80) -> Iterator[str]:
    """How channels, depth and multiply-accumulates are shared out over the sizes of the grid."""
    macs = [stage.macs for stage in found]
    total, most = sum(macs), max(macs, default=0)
    yield f"{'grid':{NAME // 2}}  channels  depth   MACs"
    for stage in found:
        grid = "×".join(map(str, stage.grid)) or "none"
        share = stage.macs / total
        row = f"{grid:{NAME // 2}}  {stage.channels:8,}  {stage.depth:5}  {share:5.1%}"
        yield f"{row}  {bar(stage.macs / most, width - len(row) - 2)}"
