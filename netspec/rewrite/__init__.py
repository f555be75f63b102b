"""Rewrites: a spec that works to one that costs less or learns better, or the same for less.

They answer what analysis finds (`A1xx`), by the code of the finding. Each is a plain function of a
Graph that proposes edits; `write.rewrite` makes them in the file.
"""

from __future__ import annotations

from netspec.rewrite import (
    factorise,
    fold,
    grid,
    group,
    heads,
    merge,
    normalise,
    reduce,
    residual,
)
from netspec.rewrite.proposal import Rewrite

REWRITES: dict[str, Rewrite] = {
    rewrite.code: rewrite
    for room in (grid, reduce, factorise, normalise, heads, fold, group, residual, merge)
    for rewrite in room.REWRITES
}
