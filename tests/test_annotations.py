"""What editors, CI and code scanning get of a diagnostic: JSON, SARIF and GitHub's annotations."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from netspec.diagnostics import Diagnostic, Note
from netspec.source import Source, Span
from tools.__main__ import main
from tools.annotations import github, sarif

SPEC = """\
inputs: {data: [1, 3, 32, 32]}
blocks:
  unit:
    layers: [Convolution: {name: c, num_output: 4, kernel_sise: 3}]
layers:
  - unit: {name: one}
  - InnerProduct: {name: score, bottom: pool, num_output: 10}
"""
TEXT = Source("a, b/net: 1.prototxt", "first line\nsecond 100%\n")
PLACES = [(Span(TEXT, 6, 10), (1, 7, 1, 11)), (Span(TEXT, 6, 17), (1, 7, 2, 7))]


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("net.yaml").write_text(SPEC)
    return Path("net.yaml")


def test_annotations_of_a_workflow(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "net.yaml", "--format", "github"]) == 1
    said = capsys.readouterr()
    assert said.err == ""
    assert said.out.splitlines() == [
        "::error file=net.yaml,line=4,endLine=4,col=52,endColumn=63,title=netspec N202::"
        "a Convolution layer has no setting kernel_sise%0Athe nearest name is kernel_size%0A"
        "in the block that is used here (net.yaml:6:5)",
        "::error file=net.yaml,line=7,endLine=7,col=41,endColumn=45,title=netspec N301::"
        "no layer makes pool%0Athe blobs above are data, one/c",
    ]


def test_sarif_places_and_rules(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "net.yaml", "--format", "sarif"]) == 1
    (run,) = json.loads(capsys.readouterr().out)["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert [rules[result["ruleIndex"]] for result in run["results"]] == ["N202", "N301"]
    first = run["results"][0]
    place = first["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "net.yaml"}
    assert place["region"] == {"startLine": 4, "startColumn": 52, "endLine": 4, "endColumn": 63}
    (used,) = first["relatedLocations"]
    assert used["message"]["text"] == "in the block that is used here"
    assert used["physicalLocation"]["region"]["startLine"] == 6


def test_json_says_where_a_block_is_used(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "net.yaml", "--format", "json"]) == 1
    first, second = json.loads(capsys.readouterr().out)
    assert [note["start"]["line"] for note in first["notes"]] == [6]
    assert second["notes"] == []


@pytest.mark.parametrize(("span", "ends"), PLACES)
def test_places_count_from_one(span: Span, ends: tuple[int, ...]) -> None:
    (result,) = sarif([Diagnostic("N202", "said", span)])["runs"][0]["results"]
    place: dict[str, Any] = result["locations"][0]["physicalLocation"]
    assert tuple(place["region"].values()) == ends
    assert place["artifactLocation"]["uri"] == "a%2C%20b/net%3A%201.prototxt"


def test_github_escapes_what_would_end_a_command() -> None:
    one, two = (span for span, _ in PLACES)
    warned, advised = github(
        [
            Diagnostic("N501", "100%\nsure", one, notes=(Note("and so"),)),
            Diagnostic("A140", "two: lines, no columns", two),
        ]
    )
    assert warned == (
        "::warning file=a%2C b/net%3A 1.prototxt,line=1,endLine=1,col=7,endColumn=11,"
        "title=netspec N501::100%25%0Asure%0Aand so"
    )
    assert advised == (
        "::notice file=a%2C b/net%3A 1.prototxt,line=1,endLine=2,"
        "title=netspec A140::two: lines, no columns"
    )


def test_what_has_no_place(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "missing.yaml", "--format", "github"]) == 1
    assert capsys.readouterr().out.startswith(
        "::error title=netspec N114::cannot read missing.yaml"
    )
    assert main(["check", "missing.yaml", "--format", "sarif"]) == 1
    (result,) = json.loads(capsys.readouterr().out)["runs"][0]["results"]
    assert "locations" not in result


def test_nothing_found_is_nothing_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "net.yaml"
    path.write_text("inputs: {x: [1, 3]}\nlayers: [InnerProduct: {num_output: 2}]\n")
    for form, empty in (("github", ""), ("json", "[]\n")):
        assert main(["check", str(path), "--format", form]) == 0
        assert capsys.readouterr().out == empty
