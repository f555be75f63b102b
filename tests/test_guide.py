"""The guide holds what it says: every page is run as a reader would run it."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from shown import ROOT, UNRUN, agrees, blocks, commands, run, set_up

PAGES = sorted((ROOT / "netspec" / "guide").glob("*.md"))


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_what_a_page_shows_is_what_happens(path: Path, tmp_path: Path) -> None:
    page = path.read_text(encoding="utf-8")
    set_up(page, tmp_path)
    for block in blocks(page):
        if block.language == "console":
            for command, shown in commands(block):
                said = run(command, tmp_path)
                assert agrees(said, shown), f"{command}\n{said}"
        elif block.language == "python" and not block.name:
            (tmp_path / "program.py").write_text(block.text)
            said = run(f"{sys.executable} program.py", tmp_path)
            expected = re.findall(r"# prints (.*)", block.text)
            assert agrees(said, "\n".join(expected)), said


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_page_is_in_order(path: Path) -> None:
    page = path.read_text(encoding="utf-8")
    assert re.match(r"# \S.*\n\n\S", page), "a title, and a paragraph that says what it is about"
    assert page.count("\n```") % 2 == 0
    for block in blocks(page):
        assert block.name or block.language in ("console", "python", *UNRUN), block
    for number, line in enumerate(page.splitlines(), 1):
        assert len(line) <= 110 or "|" in line, f"{path.name}:{number} is {len(line)} long"


def test_the_guide_lists_its_pages() -> None:
    said = run(f"{sys.executable} -m tools guide", ROOT)
    assert all(path.stem in said for path in PAGES)
