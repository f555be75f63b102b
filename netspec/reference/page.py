"""The reference page, printed from the rows."""

from __future__ import annotations

from collections.abc import Iterable

from netspec.reference import SECTIONS, UNLIKE
from netspec.reference.row import Row

HEAD = """\
# Caffe and PyTorch, layer by layer

Where a network means one thing to Caffe and another to the PyTorch that one would write for it.
netspec computes Caffe's side, but where the last section says otherwise. The place is below
`src/caffe` or `include/caffe` of BVLC/caffe, or in the fork that has the layer. The test holds
netspec to it: a case of `tests/golden/layers`, which is what Caffe itself computed, or a test below
`tests`."""


def markdown() -> str:
    """All rows, a table for each section."""
    parts = [HEAD]
    for title, subjects in SECTIONS.items():
        other = "netspec" if subjects is UNLIKE else "PyTorch"
        parts.append(f"## {title}\n\n" + "\n".join(_table(subjects.items(), other)))
    return "\n\n".join(parts) + "\n"


def _table(subjects: Iterable[tuple[str, tuple[Row, ...]]], other: str) -> Iterable[str]:
    yield f"| | Caffe | {other} | place | test |"
    yield "| --- | --- | --- | --- | --- |"
    for subject, rows in subjects:
        for i, row in enumerate(rows):
            cells = (subject if i == 0 else "", row.caffe, row.torch, row.place, f"`{row.test}`")
            yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
