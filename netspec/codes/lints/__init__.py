"""N5: what is written is allowed, but does not do what it seems to do. These are warnings."""

from __future__ import annotations

from netspec.codes.code import Code
from netspec.codes.lints import data, learning, normalization, solver, unread, wiring

CODES: tuple[Code, ...] = (
    *unread.CODES,
    *normalization.CODES,
    *learning.CODES,
    *wiring.CODES,
    *data.CODES,
    *solver.CODES,
)
