"""What loading weights did: which layers were loaded, left at their fillers, or not in the net."""

from __future__ import annotations

from dataclasses import dataclass

SHOWN = 8


@dataclass(frozen=True)
class LoadReport:
    """Layers with parameters, by name.

    `kept` were in no file and have what their fillers gave them; `unused` are in a file, but not in
    the net.
    """

    files: tuple[str, ...]
    loaded: tuple[str, ...]
    kept: tuple[str, ...]
    unused: tuple[str, ...]

    def __str__(self) -> str:
        lines = [f"{len(self.loaded)} layers loaded from {', '.join(self.files)}"]
        if self.kept:
            lines.append(
                f"{len(self.kept)} not in the file, left at their fillers: {_some(self.kept)}"
            )
        if self.unused:
            lines.append(
                f"{len(self.unused)} in the file, but not in the net: {_some(self.unused)}"
            )
        return "\n".join(lines)


def _some(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
