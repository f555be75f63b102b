"""Output where not all letters can be shown: `->` for an arrow, `x` for a cross."""

from __future__ import annotations

import codecs
import io
from typing import TextIO

PLAIN = str.maketrans(
    {"×": "x", "·": "*", "→": "->", "…": "...", "−": "-", "–": "-", "«": '"', "»": '"', "µ": "u"}
)
NAME = "netspec.plain"


def write_plainly(stream: TextIO) -> None:
    """Where the stream's encoding lacks a letter, write what stands for it, or else its number."""
    codecs.register_error(NAME, _instead)
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors=NAME)


def _instead(fault: UnicodeError) -> tuple[str | bytes, int]:
    if not isinstance(fault, UnicodeEncodeError):
        raise fault
    lacking = fault.object[fault.start : fault.end]
    plain = lacking.translate(PLAIN).encode("ascii", "backslashreplace").decode("ascii")
    return plain, fault.end
