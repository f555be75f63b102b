"""How layers follow one another where a spec does not say: the defaults of `bottom` and `top`."""

from __future__ import annotations

from typing import NamedTuple

from netspec.language.facts import LayerFacts

Blobs = tuple[str, ...]


class Link(NamedTuple):
    """What a layer reads, what it makes, and what the layer after it goes on from."""

    bottoms: Blobs
    tops: Blobs
    after: Blobs


def link(
    facts: LayerFacts,
    name: str,
    current: Blobs,
    bottoms: Blobs | None,
    tops: Blobs | None,
    conditional: bool,
) -> Link | None:
    """The link that a layer is in a chain; None is a `bottom` or `top` that is not written.

    A layer with include or exclude rules is missing in some states, where what follows still has to
    find its bottom: it works in place if its type can, else its `top` has to be written, or its
    `bottom` (it is then a side branch, such as a loss). Returns None where neither is.
    """
    source = facts.bottoms[1] == 0
    read = bottoms if bottoms is not None else () if source else current
    if tops is not None:
        return Link(read, tops, tops[:1] or current)
    if facts.tops[0] == 0:
        return Link(read, (), current)
    if source or not conditional:
        return Link(read, (name,), (name,))
    if facts.in_place and len(read) == 1:
        return Link(read, read, read)
    return Link(read, (name,), current) if bottoms is not None else None
