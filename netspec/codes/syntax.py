"""N1: the text cannot be read."""

from __future__ import annotations

from netspec.codes.code import Code

CODES: tuple[Code, ...] = ()
