"""A profile as lines of text: a bar for each cut, as wide as what passes there."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, takewhile

from rich.cells import cell_len, set_cell_size

from netspec.analysis.cuts import Cut
from netspec.analysis.finding import Finding
from netspec.analysis.stages import Stage
from netspec.analysis.table import cut as shortened
from netspec.units import sizes

EIGHTHS = " ▏▎▍▌▋▊▉"
NAME, SHAPE, NUMBER = 26, 13, 11  # columns at most; bars have what is left
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
    columns = [
        min(max(cell_len(text) for text in texts), most)
        for texts, most in (
            ([HEADING[0], *(line.name for line in found)], NAME),
            ([HEADING[1], *(line.shape for line in found)], SHAPE),
            ([HEADING[2], *(f"{line.elements:,}" for line in found)], NUMBER),
        )
    ]
    marks = max((sum(len(code) + 1 for code in line.codes) for line in found), default=0)
    room = width - sum(columns) - 6 - marks
    most = max((line.elements for line in found), default=0) or 1
    yield _row(*HEADING, columns).rstrip()
    for line in found:
        row = _row(line.name, line.shape, f"{line.elements:,}", columns)
        yield f"{row}  {bar(line.elements / most, room)} {' '.join(line.codes)}".rstrip()


def _row(name: str, shape: str, number: str, columns: Sequence[int]) -> str:
    cells = set_cell_size(shortened(name, columns[0]), columns[0])
    return f"{cells}  {shortened(shape, columns[1]):<{columns[1]}}  {number:>{columns[2]}}"


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


def bar(share: float, columns: int) -> str:
    """A bar of so many columns where the share is 1, to an eighth of a column; never nothing."""
    whole, eighths = divmod(max(1, round(share * columns * 8)), 8)
    return "█" * whole + EIGHTHS[eighths].strip()
