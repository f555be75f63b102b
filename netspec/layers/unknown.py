"""What stands in a sketch of a net for a layer of a type that is not known here."""

from __future__ import annotations

from netspec.schema.layer import Count, Family, Layer, Shape
from netspec.schema.unsized import UNSIZED


class _Unknown(Layer):
    """A layer of which only its name, its type and its wiring are known."""

    family = Family.SHAPE
    tops = Count(0, None)
    in_place = True
    known = False

    def infer(self, *bottoms: Shape, tops: int) -> tuple[Shape, ...]:
        return (UNSIZED,) * tops


def unknown(type_name: str) -> Layer:
    """A layer that the file calls `type_name`."""
    made: type[Layer] = type(type_name, (_Unknown,), {"__doc__": _Unknown.__doc__})
    return made()
