"""Pictures in files: the ending says the format, and the same data give the same file."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from netspec.atomic import replacing, require_place
from netspec.diagnostics import Diagnostic, SpecError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ENDINGS = (".svg", ".png", ".pdf")  # what matplotlib draws
UNDATED: dict[str, dict[str, None]] = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}


def require_picture(path: Path, endings: Collection[str] = ENDINGS, what: str = "picture") -> str:
    """The ending, in small letters. Raises SpecError: D101 it is another one, D102 the place."""
    require_place(path)
    ending = path.suffix.lower()
    if ending not in endings:
        message = f"{path} ends in {path.suffix or 'nothing'}, which is no format of a {what}"
        raise SpecError(Diagnostic("D101", message, help=f"one of {', '.join(endings)}"))
    return ending


def save_figure(figure: Figure, path: Path, dpi: float) -> None:
    """Write a figure of matplotlib. Raises SpecError D102 where that cannot be."""
    ending = path.suffix.lower()
    with replacing(path) as waiting:
        figure.savefig(waiting, format=ending[1:], dpi=dpi, metadata=UNDATED.get(ending))
