"""The progress bar on terminals of several widths: what is never cut, and what it ends with."""

from __future__ import annotations

import io

import pytest
import torch
from rich.console import Console

from compiler.training.events import Ended, Started, Stepped
from compiler.training.progress import Bar

NET = "a net whose name alone would fill half of a terminal"


@pytest.mark.parametrize(("width", "speed"), [(50, False), (80, True), (160, True)])
def test_count_and_loss_are_never_cut(width: int, speed: bool) -> None:
    console = Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None)
    with Bar(console) as bar:
        bar(Started(0, 12000, NET, "solver.prototxt", "fixed", 64))
        bar(Stepped(11999, torch.tensor(2.5)))
        bar(Stepped(12000, torch.tensor(0.125)))
        bar(Ended(12000, interrupted=False))
    assert isinstance(console.file, io.StringIO)
    last = console.file.getvalue().replace("\r", "\n").strip("\n\x1b[?25h").splitlines()[-1]
    shown = last.replace("\x1b[2K", "")
    assert "12000/12000" in shown
    assert "loss 0.1250" in shown
    assert "0:00:00" in shown
    assert ("images/s" in shown) == speed
    assert len(shown.rstrip()) <= width - 3  # room for the ^C that a terminal echoes
    assert ("…" in shown) == (width < 160)
