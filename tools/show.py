"""Diagnostics on the terminal: text on standard error for people, or JSON on standard output."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from netspec.diagnostics import Diagnostic


def show(diagnostics: Sequence[Diagnostic], as_json: bool = False) -> None:
    """Print them all, as a JSON list or as text; nothing at all where there is nothing to say."""
    if as_json:
        import json

        print(json.dumps([d.as_json() for d in diagnostics], indent=2))
    elif diagnostics:
        from netspec.diagnostics import render

        print(render(diagnostics, color=in_color()), end="\n\n", file=sys.stderr)


def in_color() -> bool:
    """Whether standard error is a terminal that shows colours (https://no-color.org)."""
    return (
        sys.stderr.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    )
