"""Every code's examples do what they are there to show."""

from __future__ import annotations

import re

import pytest

from netspec.codes import CODES
from tools.explain import GROUPS, diagnose, page
from tools.explain import index as list_codes


@pytest.mark.parametrize("name", CODES)
def test_the_wrong_example_gives_the_code_first(name: str) -> None:
    found = diagnose(CODES[name].wrong, CODES[name].language)
    assert [d.code for d in found][:1] == [name], found


@pytest.mark.parametrize("name", CODES)
def test_the_right_example_gives_nothing(name: str) -> None:
    assert diagnose(CODES[name].right, CODES[name].language) == []


@pytest.mark.parametrize("name", ["N101", "N175", "N112", "N570"])
def test_the_page_shows_the_diagnostic(name: str) -> None:
    text = page(CODES[name])
    assert re.match(rf"{name}: {CODES[name].title}\n", text)
    assert re.search(rf"^    (error|warning)\[{name}\]: ", text, re.M)
    assert max(map(len, text.splitlines())) <= 100


def test_the_list_has_every_code_in_a_group() -> None:
    shown = re.findall(r"^  (\S+)", list_codes(CODES), re.M)
    assert sorted(shown) == sorted(CODES)
    assert {name[:2] for name in CODES} <= GROUPS.keys()
