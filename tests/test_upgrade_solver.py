"""Solvers of older forms in today's."""

from __future__ import annotations

import pytest

from netspec.diagnostics import Report
from netspec.language.prototxt.parse import parse
from netspec.language.tree import Message, same
from netspec.language.upgrade import upgrade_solver
from netspec.source import Source


def tree(text: str) -> Message:
    return parse(Source("old.prototxt", text))


SOLVERS = {
    "by name": ("solver_type: NESTEROV base_lr: 1", 'type: "Nesterov" base_lr: 1'),
    "by number": ("solver_type: 3", 'type: "RMSProp"'),
    "today's form": ('type: "Adam"', 'type: "Adam"'),
    "nothing": ("base_lr: 1", "base_lr: 1"),
}


@pytest.mark.parametrize(("old", "new"), SOLVERS.values(), ids=SOLVERS)
def test_upgrades_a_solver(old: str, new: str) -> None:
    report = Report()
    assert same(upgrade_solver(tree(old), report), tree(new))
    assert not report.diagnostics


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("N175", 'solver_type: ADAM type: "Adam"'),
        ("N206", "solver_type: ADAMM"),
        ("N206", "solver_type: 6"),
    ],
)
def test_refuses_a_solver(code: str, text: str) -> None:
    report = Report()
    upgrade_solver(tree(text), report)
    assert [d.code for d in report.diagnostics] == [code]
