"""N2: a setting, a field or a layer type is not what its declaration allows."""

from __future__ import annotations

from netspec.codes.code import Code

CODES: tuple[Code, ...] = ()
