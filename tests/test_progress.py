"""The progress on terminals of several widths: what is never cut, and what it ends with."""

from __future__ import annotations

import io

import pytest
import torch
from rich.console import Console

from compiler.training.events import Displayed, Ended, Noted, Started, Stepped
from compiler.training.progress import Bar

NET = "a net whose name alone would fill half of a terminal"


@pytest.mark.parametrize(
    ("width", "shown"),
    [
        (30, ["loss", "lr"]),
        (50, ["loss", "lr", "images/s"]),
        (80, ["loss", "lr", "images/s", "data wait", "GiB"]),
        (160, ["loss", "lr", "images/s", "data wait", "GiB"]),
    ],
)
def test_count_and_loss_are_never_cut(width: int, shown: list[str]) -> None:
    console = Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None)
    with Bar(console) as bar:
        bar(Started(0, 12000, NET, "solver.prototxt", "fixed", 64))
        bar(Displayed(0, 2.5, 0.01, {}, {}, 0.0, 0, 100))
        bar.looked -= 100  # seconds
        bar(Stepped(11999, torch.tensor(2.5), 25.0))
        bar(Noted(11999, "the rate is lowered"))
        bar(Stepped(12000, torch.tensor(0.125), 25.0))
        bar(Ended(12000, interrupted=False))
    assert isinstance(console.file, io.StringIO)
    said = console.file.getvalue().replace("\r", "\n").replace("\x1b[2K", "")
    assert "iteration 11,999: the rate is" in said
    *_, bars, numbers = said.strip("\n\x1b[?25h").splitlines()
    assert "12000/12000" in bars
    assert "0:00:00" in bars
    assert ("…" in bars) == (width < 160)
    assert "loss 0.1250" in numbers
    said_of = {"loss": "loss 0.1250", "lr": "lr 0.01", "data wait": "data wait 25%"}
    for word in ("loss", "lr", "images/s", "data wait", "GiB"):
        assert (said_of.get(word, word) in numbers) == (word in shown)
    assert max(len(bars.rstrip()), len(numbers.rstrip())) <= width - 3  # room for an echoed ^C
