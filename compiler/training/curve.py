"""The training curve: the last run of a log as a picture."""

from __future__ import annotations

from pathlib import Path

from netspec.diagnostics import SpecError
from netspec.logs import read_log
from netspec.logs.choose import choose
from netspec.logs.picture import draw


def draw_curve(log: Path, picture: Path) -> bool:
    """Draw loss and scores, as PNG or what the ending says; False where the log has no numbers.

    Raises SpecError: C241 a line is damaged, D102 the picture cannot be written.
    """
    try:
        run = read_log(log)[-1]
    except SpecError as error:
        if error.diagnostics[0].code == "C240":
            return False
        raise
    draw([run], choose([run], [], "iterations"), picture)
    return True
