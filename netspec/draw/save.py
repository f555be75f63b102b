"""Graph ▶ a picture in a file, its format told by the file's ending."""

from __future__ import annotations

import os
from pathlib import Path

from netspec.diagnostics import Diagnostic, SpecError
from netspec.draw.digraph import diagram
from netspec.draw.drawing import Drawing
from netspec.draw.page import page
from netspec.draw.render import FORMATS, svg
from netspec.graph import Graph

ENDINGS = (*FORMATS, ".html")


def save(
    graph: Graph,
    path: str | Path,
    direction: str = "TB",
    flat: bool = False,
    collapse: bool = False,
) -> None:
    """Draw a graph into a .svg, .png, .pdf, .dot or .html file; the options are those of `digraph`.

    The file appears whole or not at all. Raises SpecError: D101 another ending, D102 the file
    cannot be written, D103 and D104 where no Graphviz lays it out.
    """
    path = Path(path)
    _require_place(path)
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        message = f"{path} ends in {ending or 'nothing'}, which is no format of a diagram"
        raise SpecError(Diagnostic("D101", message, help=f"one of {', '.join(ENDINGS)}"))
    drawing = Drawing(graph, flat, collapse)
    made = diagram(drawing, direction)
    _write(path, FORMATS[ending](made) if ending in FORMATS else page(drawing, svg(made)))


def _require_place(path: Path) -> None:
    """Say before the work what would be said after it."""
    if path.is_dir():
        raise _refused(path, "it is a folder", f"give a file in it, such as {path / 'net.svg'}")
    if not path.parent.is_dir():
        raise _refused(path, f"there is no folder {path.parent}", f"mkdir -p {path.parent}")


def _write(path: Path, content: bytes) -> None:
    waiting = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        try:
            waiting.write_bytes(content)
            os.replace(waiting, path)
        finally:
            waiting.unlink(missing_ok=True)
    except OSError as error:
        raise _refused(path, error.strerror or str(error), "choose another folder") from None


def _refused(path: Path, reason: str, help: str) -> SpecError:
    return SpecError(Diagnostic("D102", f"cannot write {path}: {reason}", help=help))
