"""Whether the data are what the net was made for."""

from __future__ import annotations

from netspec.records import Unreadable
from netspec.schema.layer import Shape
from netspec.schema.wording import spelled


def check_fits(found: Shape, top: Shape, what: str) -> int:
    """How many items of this shape make up a top; raises Unreadable (C309) where none do."""
    if not top or top[0] < 1 or found != top[1:]:
        message = f"{what} is {spelled(found)} when transformed; the net was made for"
        help = "give no shape for this blob, or the shape of the data"
        raise Unreadable("C309", f"{message} a blob of {spelled(top)}", help)
    return top[0]
