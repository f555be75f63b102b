"""Answers on the terminal: diagnostics and refusals on standard error, JSON on standard output."""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from netspec.diagnostics import Diagnostic


def show(diagnostics: Sequence[Diagnostic], as_json: bool = False) -> None:
    """Print them all, as a JSON list or as text; nothing at all where there is nothing to say."""
    if as_json:
        print_json([d.as_json() for d in diagnostics])
    elif diagnostics:
        from netspec.diagnostics import render

        print(render(diagnostics, color=in_color()), end="\n\n", file=sys.stderr)


def refuse(message: str) -> int:
    """Say what cannot be done as it is asked for; returns the exit code."""
    print(f"netspec: {message}", file=sys.stderr)
    return 1


def print_json(data: object) -> None:
    """Plain data as JSON; numbers that JSON lacks, infinities and NaN, are null."""
    print(json.dumps(_finite(data), indent=2, allow_nan=False))


def _finite(data: object) -> object:
    if isinstance(data, dict):
        return {key: _finite(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_finite(value) for value in data]
    return None if isinstance(data, float) and not math.isfinite(data) else data


def in_color() -> bool:
    """Whether standard error is a terminal that shows colours (https://no-color.org)."""
    return (
        sys.stderr.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    )
