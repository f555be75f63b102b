"""Codes in the source and codes that are explained are the same; how they are explained."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from netspec.codes import CODES, Code

ROOT = Path(__file__).parent.parent
CODE = re.compile(r"""["']([NCDA]\d{3})["']""")
EXPLANATIONS = ROOT / "netspec" / "codes"


def raised() -> dict[str, set[str]]:
    """Every code that the source raises, and the files that do."""
    found: dict[str, set[str]] = {}
    for folder in ("netspec", "compiler", "tools"):
        for path in (ROOT / folder).rglob("*.py"):
            if EXPLANATIONS not in path.parents:
                for code in CODE.findall(path.read_text(encoding="utf-8")):
                    found.setdefault(code, set()).add(str(path.relative_to(ROOT)))
    return found


RAISED = raised()


@pytest.mark.parametrize("code", sorted(RAISED))
def test_what_is_raised_is_explained(code: str) -> None:
    assert code in CODES, RAISED[code]


@pytest.mark.parametrize("code", sorted(CODES))
def test_what_is_explained_is_raised(code: str) -> None:
    assert code in RAISED


@pytest.mark.parametrize("code", CODES.values(), ids=CODES)
def test_an_explanation_is_prose(code: Code) -> None:
    assert not code.title.endswith((".", "!", "?"))
    assert len(code.title) <= 72
    assert code.reason.endswith(".")
    assert "invalid" not in code.title + code.reason
    assert code.wrong != code.right
