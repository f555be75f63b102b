"""Graph ▶ a picture in a file, its format told by the file's ending."""

from __future__ import annotations

from pathlib import Path

from netspec.atomic import replacing
from netspec.draw.digraph import diagram
from netspec.draw.drawing import Drawing
from netspec.draw.page import page
from netspec.draw.render import FORMATS, svg
from netspec.graph import Graph
from netspec.picture import require_picture

ENDINGS = (*FORMATS, ".html")


def save(
    graph: Graph,
    path: str | Path,
    direction: str = "TB",
    flat: bool = False,
    collapse: bool = False,
    depth: int | None = None,
    columns: int = 1,
) -> None:
    """Draw a graph into a .svg, .png, .pdf, .dot or .html file; the options are those of `digraph`.

    The file appears whole or not at all. Raises SpecError: D101 another ending, D102 the file
    cannot be written, D103 and D104 where no Graphviz lays it out.
    """
    path = Path(path)
    ending = require_picture(path, ENDINGS, "diagram")
    drawing = Drawing(graph, flat, collapse, depth)
    made = diagram(drawing, direction, columns)
    content = FORMATS[ending](made) if ending in FORMATS else page(drawing, svg(made))
    with replacing(path) as waiting:
        waiting.write_bytes(content)
