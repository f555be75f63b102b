"""What loading weights did: which layers were loaded, left at their fillers, or not in the net."""

from __future__ import annotations

from dataclasses import dataclass

from compiler.weights.renamed import Renames, command
from netspec.diagnostics import some


@dataclass(frozen=True)
class LoadReport:
    """Layers with parameters, by name.

    `kept` were in no file and have what their fillers gave them; `unused` are in a file, but not in
    the net. `renamed` pairs those of one with those of the other that have the same shapes, which
    was not acted upon. `notes` say how layers were read that forks mean differently.
    """

    files: tuple[str, ...]
    loaded: tuple[str, ...]
    kept: tuple[str, ...]
    unused: tuple[str, ...]
    renamed: Renames = ()
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        lines = [f"{_layers(self.loaded)} loaded from {', '.join(self.files)}"]
        where = "the file" if len(self.files) == 1 else "any file"
        if self.kept:
            fillers = "its filler" if len(self.kept) == 1 else "their fillers"
            lines.append(
                f"{_layers(self.kept)} not in {where}, left at {fillers}: {some(self.kept)}"
            )
        if self.unused:
            are = "is" if len(self.unused) == 1 else "are"
            lines.append(
                f"{_layers(self.unused)} of {where} {are} not in the net: {some(self.unused)}"
            )
        if self.renamed:
            pairs = some([f"{old} has the shapes of {new}" for old, new in self.renamed])
            file = self.files[0] if len(self.files) == 1 else "FILE"
            lines.append(f"{pairs}; if they are the same: {command(file, self.renamed)}")
        return "\n".join([*lines, *self.notes])


def _layers(names: tuple[str, ...]) -> str:
    return f"{len(names):,} {'layer' if len(names) == 1 else 'layers'}"
