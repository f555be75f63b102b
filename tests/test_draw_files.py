"""Diagrams as files: odd names, formats, programs that lay out, the command."""

from __future__ import annotations

import argparse
import os
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from drawn import INPUT, RESIDUAL, TWINS, conv
from hypothesis import given, settings
from hypothesis import strategies as st

import netspec
from netspec.draw import ENDINGS, digraph, save
from netspec.draw.render import MOST_PIXELS, programs, run
from netspec.language.prototxt.escapes import quote
from tools import draw

SVG = "{http://www.w3.org/2000/svg}"
ODD = [
    '"',
    "<b>&amp;",
    "a\\",
    "\\N\\L",
    "a:b:c",
    "node",
    "]; x",
    "é漢字🙂",
    "$x^2$",
    "a\tb\x01",
    "-->",
]


@pytest.mark.parametrize("ending", ENDINGS)
def test_odd_names_survive(ending: str, tmp_path: Path) -> None:
    text = [f"name: {quote(ODD[0])}", INPUT]
    text += [conv(f"{name}/{i}", "x", f'param {{ name: "{i}" }}') for i, name in enumerate(ODD)]
    path = tmp_path / f"net{ending}"
    save(netspec.loads("\n".join(text)), path)
    assert path.stat().st_size > 1000
    if ending == ".svg":
        shown = [t.text or "" for t in ElementTree.parse(path).iter(f"{SVG}text")]
        for i, name in enumerate(ODD):
            printable = re.sub(r"[\t\x01]", "\N{REPLACEMENT CHARACTER}", name)
            assert f"{printable}/{i}" in shown


@settings(max_examples=30, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=50))
def test_any_name_makes_an_svg(name: str) -> None:
    graph = netspec.loads(f"name: {quote(name)} {INPUT} {conv(name, 'x')}")
    ElementTree.fromstring(run(digraph(graph), "svg"))


def test_texts_of_an_svg_say_how_wide_they_are(tmp_path: Path) -> None:
    save(netspec.loads(RESIDUAL), tmp_path / "net.svg")
    texts = list(ElementTree.parse(tmp_path / "net.svg").iter(f"{SVG}text"))
    assert len(texts) > 20
    assert all(float(text.attrib["textLength"]) > 0 for text in texts)


def test_a_dot_on_the_path_is_the_second_choice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    (bundled,) = programs()
    linked = tmp_path / "dot"
    linked.symlink_to(bundled)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert list(programs()) == [bundled, str(linked)]
    assert run(digraph(netspec.loads(TWINS)), "svg", by=[str(linked)]).startswith(b"<?xml")


def test_a_dot_that_fails_is_passed_over(tmp_path: Path) -> None:
    broken = tmp_path / "dot"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    diagram = digraph(netspec.loads(TWINS))
    assert run(diagram, "svg", by=[str(broken), *programs()])
    with pytest.raises(netspec.SpecError, match="D104"):
        run(diagram, "svg", by=[str(broken)])


def test_formats_are_what_they_say(tmp_path: Path) -> None:
    begin = {".png": b"\x89PNG", ".pdf": b"%PDF", ".dot": b"digraph", ".svg": b"<?xml"}
    for ending in ENDINGS:
        path = tmp_path / f"net{ending.upper()}"
        save(netspec.loads(RESIDUAL), path, direction="LR")
        assert path.read_bytes().startswith(begin.get(ending, b"<!DOCTYPE html>"))
    page = (tmp_path / "net.HTML").read_text()
    assert '"a_branch2a"' in page
    assert "http" not in re.sub(r"http://www.w3.org/\S*", "", page)  # it needs nothing else
    assert 'type="search"' in page
    assert "prefers-color-scheme: dark" in page


def test_a_pdf_has_letters_beyond_the_western_ones(tmp_path: Path) -> None:
    save(netspec.loads(INPUT + conv("свёртка", "x")), tmp_path / "net.pdf")
    assert b"DejaVuSans" in (tmp_path / "net.pdf").read_bytes()


@pytest.mark.parametrize(
    ("place", "code"),
    [("net.gif", "D101"), ("net", "D101"), ("", "D102"), ("none/net.svg", "D102")],
)
def test_places_that_are_refused(place: str, code: str, tmp_path: Path) -> None:
    with pytest.raises(netspec.SpecError) as refused:
        save(netspec.loads(TWINS), tmp_path / place)
    assert [d.code for d in refused.value.diagnostics] == [code]
    assert os.listdir(tmp_path) == []


def test_a_large_net_is_drawn_and_its_png_bounded(tmp_path: Path) -> None:
    text = [INPUT, *(conv(f"c{i}", f"c{i - 1}" if i else "x") for i in range(1300))]
    save(netspec.loads("\n".join(text)), tmp_path / "net.png")
    head = (tmp_path / "net.png").read_bytes()[:24]
    assert 0.9 * MOST_PIXELS < int.from_bytes(head[20:24], "big") <= MOST_PIXELS


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec, picture = tmp_path / "net.prototxt", tmp_path / "net.dot"
    spec.write_text(RESIDUAL)
    parser = argparse.ArgumentParser()
    draw.arguments(parser)
    words = [str(spec), "-o", str(picture), "--collapse", "--direction", "LR", "--columns", "2"]
    assert draw.run(parser.parse_args([*words, "--shape", "x=4,8,5,5"])) == 0
    assert capsys.readouterr().out == f"{picture}\n"
    source = picture.read_text()
    assert "rankdir=LR" in source
    assert "batch 4" in source
    assert "a … c ×3" in source
