"""Whether the data are what the net was made for."""

from __future__ import annotations

from netspec.layers.spatial import spelled
from netspec.records import Unreadable
from netspec.schema.layer import Shape


def check_fits(found: Shape, top: Shape, what: str) -> None:
    """Raise Unreadable (C309) unless items of this shape make up a top of that."""
    if found != top[1:]:
        message = (
            f"{what} is {spelled(found)} when transformed; the net was made for {spelled(top[1:])}"
        )
        raise Unreadable("C309", message, "give no shape for this blob, or the shape of the data")
