"""What every command says in one way: refusals, and JSON that any reader takes."""

from __future__ import annotations

import json
import math

import pytest

from tools.show import print_json, refuse


def test_json_has_null_for_what_is_no_finite_number(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"loss": math.nan, "at": (1, -math.inf, 2.5), "names": ["é", None]})
    said = capsys.readouterr().out
    assert json.loads(said) == {"loss": None, "at": [1, None, 2.5], "names": ["é", None]}


def test_a_refusal_is_told_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert refuse("--weights and --to go together") == 1
    told = capsys.readouterr()
    assert told.err == "netspec: --weights and --to go together\n"
    assert not told.out
