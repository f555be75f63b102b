"""Text in the columns of a terminal: wide letters take two, names give way, numbers never do."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from rich.cells import cell_len, set_cell_size

GAP = "  "  # between two columns
EIGHTHS = " ▏▎▍▌▋▊▉"

Row = Sequence[str]


def shortened(name: str, columns: int) -> str:
    """A name, its middle left out where it is wider than so many columns."""
    if cell_len(name) <= columns:
        return name
    front = set_cell_size(name, (columns - 1) // 2).rstrip()
    back = name
    while cell_len(back) > columns - 1 - cell_len(front):
        back = back[1:]
    return f"{front}…{back}"


def fitted(rows: Iterable[Row], width: int, least: Sequence[int] = ()) -> list[int]:
    """How wide each column is, so that a line has at most `width` columns with the gaps.

    The first columns give way where there is no room, the last of them first, each down to its
    `least`.
    """
    widths = [max(map(cell_len, column)) for column in zip(*rows)]
    room = width - len(GAP) * (len(widths) - 1)
    for i in reversed(range(len(least))):
        others = sum(widths) - widths[i]
        widths[i] = min(widths[i], max(least[i], room - others))
    return widths


def cells(row: Row, widths: Sequence[int], left: Collection[int]) -> list[str]:
    """The cells of a row, padded: columns of words, those of `left`, to the right."""
    made = []
    for i, (text, width) in enumerate(zip(row, widths)):
        shown = shortened(text, width)
        made.append(set_cell_size(shown, width) if i in left else _right(shown, width))
    return made


def _right(text: str, width: int) -> str:
    return " " * (width - cell_len(text)) + text


def line(row: Row, widths: Sequence[int], left: Collection[int]) -> str:
    """A row as a line of text."""
    return GAP.join(cells(row, widths, left)).rstrip()


def grouped(
    heading: Row, groups: Iterable[tuple[str, Sequence[Row]]], left: Collection[int]
) -> Iterator[str]:
    """The heading, then each group: its name, and its rows below."""
    found = list(groups)
    rows = [heading, *(row for _, members in found for row in members)]
    widths = [max(map(cell_len, column)) for column in zip(*rows)]
    yield GAP + line(heading, widths, left)
    for name, members in found:
        yield name
        yield from (GAP + line(row, widths, left) for row in members)


def bar(share: float, columns: int) -> str:
    """A bar of so many columns where the share is 1, to an eighth; of any share something."""
    if not share:
        return ""
    whole, eighths = divmod(max(1, round(share * columns * 8)), 8)
    return "█" * whole + EIGHTHS[eighths].strip()
