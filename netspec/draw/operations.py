"""What Graphviz would draw, as `dot -Tjson` lists it (graphviz.org/docs/outputs/canon/#xdot).

An operation is a shape or a text, in points with y going up, or a change of pen, brush or font
between them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

HOLDERS = ("_draw_", "_ldraw_", "_hdraw_", "_tdraw_", "_hldraw_", "_tldraw_")
BOLD = 1  # the bit of a `t` operation

Operation = dict[str, Any]


@dataclass(frozen=True)
class Layout:
    """The picture's left, bottom, right and top; its operations, each run with a plain pen."""

    bounds: tuple[float, float, float, float]
    runs: tuple[tuple[Operation, ...], ...]

    def texts(self) -> Iterator[tuple[str, float, bool, float]]:
        """(text, size, whether bold, width) of all that is written."""
        for run in self.runs:
            size, bold = 0.0, False
            for each in run:
                match each["op"]:
                    case "F":
                        size = each["size"]
                    case "t":
                        bold = bool(each["fontchar"] & BOLD)
                    case "T":
                        yield each["text"], size, bold, each["width"]


def read_layout(written: bytes) -> Layout:
    """The layout that `dot -Tjson` writes: the page, then frames and boxes, then lines."""
    found = json.loads(written)
    left, bottom, right, top = (float(number) for number in found["bb"].split(","))
    things = (found, *found.get("objects", ()), *found.get("edges", ()))
    runs = tuple(tuple(thing[h]) for thing in things for h in HOLDERS if h in thing)
    return Layout((left, bottom, right, top), runs)
