"""The examples of the codes C1 and C2: the wrong one raises the code, the right one runs."""

from __future__ import annotations

from pathlib import Path

import pytest

import netspec
from netspec.codes import training, weights
from netspec.codes.code import Code
from netspec.solver_file import loads_solver

CODES = [*weights.CODES, *training.CODES]


def run(code: Code, text: str) -> list[str]:
    """The codes that an example raises, or warns of."""
    try:
        if code.language == "solver":
            return [d.code for d in loads_solver(text).warnings]
        exec(compile(text, code.name, "exec"), {})
    except netspec.SpecError as error:
        return [d.code for d in error.diagnostics]
    return []


@pytest.mark.parametrize("code", CODES, ids=lambda c: c.name)
def test_examples(code: Code, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(code, code.wrong) == [code.name]
    assert run(code, code.right) == []
