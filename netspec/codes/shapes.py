"""N4: shapes do not fit."""

from __future__ import annotations

from netspec.codes.code import Code

CODES: tuple[Code, ...] = ()
