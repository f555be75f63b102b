"""Ways to break the nets in tests/broken, one at a time.

A Row says what stands in the file, what is put in its place, and the code that is to be given. The
first diagnostic has to begin at «, and is the only one unless the row says how many there are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from breakage import Row
from breakages_prototxt import INCEPTION, LENET, RESIDUAL
from breakages_yaml import BLOCKS, CHAIN

FOLDER = Path(__file__).parent / "broken"
ROWS = {
    "lenet.prototxt": LENET,
    "residual.prototxt": RESIDUAL,
    "inception.prototxt": INCEPTION,
    "chain.yaml": CHAIN,
    "blocks.yaml": BLOCKS,
}


@dataclass(frozen=True)
class Breakage:
    """A broken net: its text, the code and the place of its first diagnostic, and their number."""

    name: str
    file: str
    text: str
    code: str
    start: int
    number: int = 1

    @property
    def line(self) -> int:
        return self.text.count("\n", 0, self.start) + 1

    @property
    def column(self) -> int:
        return self.start - self.text.rfind("\n", 0, self.start)


def all_breakages() -> Iterator[Breakage]:
    for file, rows in ROWS.items():
        yield from (broken(file, row) for row in rows)
        if file.endswith(".prototxt"):
            yield from without_a_brace(file)


def broken(file: str, row: Row) -> Breakage:
    text = (FOLDER / file).read_text(encoding="utf-8")
    at = text.index(row.old, text.index(row.after))
    marked = text[:at] + row.new + text[at + len(row.old) :]
    if row.at:
        plain = row.at.replace("«", "").replace("»", "")
        assert plain in marked, row
        marked = marked.replace(plain, row.at, 1)
    left = marked.replace("«", "").replace("»", "")
    name = f"{row.code} {file}: {row.old} > {row.new}".replace("\n", " ")
    return Breakage(name, file, left, row.code, marked.index("«"), row.number)


def without_a_brace(file: str) -> Iterator[Breakage]:
    """Leave out the closing brace of each layer in turn: the one that it closed is at fault."""
    text = (FOLDER / file).read_text(encoding="utf-8")
    opening = -1
    while (opening := text.find("layer {", opening + 1)) >= 0:
        closing = text.index("\n}\n", opening) + 1
        left = text[:closing] + text[closing + 2 :]
        name = f"N102 {file}: unclosed at {opening}"
        yield Breakage(name, file, left, "N102", opening + len("layer "))
