"""N3: layers do not connect."""

from __future__ import annotations

from netspec.codes.code import Code

CODES: tuple[Code, ...] = ()
