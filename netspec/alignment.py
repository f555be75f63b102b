"""Where one blob lies in another: how FCN's Crop finds its offset (its layers' coord_map).

Both blobs are followed back, each layer by its first bottom, to the blob in which their ways meet.
A layer tells how positions of its top lie over its bottom's in the centre of what each one sees.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from netspec.graph import Value
from netspec.schema.setting import Reject
from netspec.schema.sight import Reach, Sees

AXES = 2
Map = tuple[Fraction, Fraction]  # position p of the one is scale p + shift of the other
HELP = "give Crop an offset of its own"


def lying(blob: Value, other: Value) -> tuple[int, ...]:
    """The position in `blob` of the first one of `other`, downwards and to the right.

    Raises Reject (N233) where the two have no common origin, one has larger pixels than the other,
    or `other` begins before `blob`, or between its pixels.
    """
    ways = dict(_back(blob))
    for origin, maps in _back(other):
        if origin in ways:
            pairs = list(zip(ways[origin], maps))
            return tuple(_offset(own, its, blob, other) for own, its in pairs)
    message = f"{other.blob} and {blob.blob} do not come from one blob"
    raise Reject("N233", "align", message, HELP)


def _back(blob: Value) -> Iterator[tuple[Value, tuple[Map, ...]]]:
    """The blobs that a blob is made of, with its position in each; the first bottoms only."""
    maps: tuple[Map, ...] = ((Fraction(1), Fraction(0)),) * AXES
    yield blob, maps
    while blob.node.bottoms:
        sight = blob.node.sight
        if not isinstance(sight, tuple) and sight is not Sees.SAME:
            return
        if isinstance(sight, tuple):
            if len(sight) != AXES:
                return
            maps = tuple(_after(one, reach) for one, reach in zip(maps, sight))
        blob = blob.node.bottoms[0]
        yield blob, maps


def _after(so_far: Map, reach: Reach) -> Map:
    scale, shift = so_far
    return reach.step * scale, reach.step * shift + (reach.first + reach.last) / 2


def _offset(own: Map, its: Map, blob: Value, other: Value) -> int:
    (scale, shift), (its_scale, its_shift) = own, its
    if scale != its_scale:
        message = f"a pixel of {other.blob} is as large as {its_scale / scale} of {blob.blob}"
        raise Reject("N233", "align", message, "both have to be of one scale")
    offset = (its_shift - shift) / scale
    if offset < 0 or offset.denominator != 1:
        where = "before its first" if offset < 0 else "between two pixels"
        message = f"{other.blob} begins at pixel {float(offset):g} of {blob.blob}, {where}"
        raise Reject("N233", "align", message, "pad the layers before it differently")
    return int(offset)
