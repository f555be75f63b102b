"""Budgets: numbers as people write them, what is over, and where it is said to be."""

from __future__ import annotations

import json

import pytest
import zoo

import netspec
from netspec.analysis.budget import Budget, exceeded
from netspec.units import quantity
from tools.__main__ import main

GOOGLENET = str(zoo.SPECS / "googlenet/googlenet.yaml")


@pytest.mark.parametrize(
    ("text", "unit", "number"),
    [
        ("6M", "", 6e6),
        ("2.5 G", "", 2.5e9),
        ("700", "", 700),
        (".5k", "", 500),
        ("1GB", "B", 1e9),
        ("1GiB", "B", 2**30),
        ("512 MB", "B", 512e6),
        ("10B", "B", 10),
    ],
)
def test_quantities(text: str, unit: str, number: float) -> None:
    assert quantity(text, unit) == number


@pytest.mark.parametrize("text", ["", "M", "6MB", "-6M", "6 X", "1e6", "nan"])
def test_what_is_no_quantity(text: str) -> None:
    with pytest.raises(ValueError, match="expected a number"):
        quantity(text)


@pytest.mark.parametrize(
    ("words", "codes"),
    [
        (["--max-params", "7M", "--max-macs", "1.6G", "--max-memory", "40MB"], []),
        (["--max-params", "6.9M"], ["A200"]),
        (["--max-macs", "1.5G"], ["A201"]),
        (["--max-memory", "30MB"], ["A202"]),
        (["--max-params", "1", "--max-macs", "1", "--max-memory", "1"], ["A200", "A201", "A202"]),
    ],
)
def test_check_holds_nets_to_budgets(
    words: list[str], codes: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["check", GOOGLENET, "--phase", "TEST", "--json", *words])
    found = json.loads(capsys.readouterr().out)
    assert [d["code"] for d in found] == codes
    assert code == (1 if codes else 0)
    assert all(d["start"]["line"] for d in found)


def test_the_largest_layer_is_pointed_at() -> None:
    (over,) = exceeded(zoo.graph("alexnet/alexnet"), Budget(parameters=1e6))
    assert over.span is not None
    assert over.span.source.text.splitlines()[over.span.line - 1] == "  - dense: {n: 6}"
    assert [note.message for note in over.notes] == [
        "then fc7, with 16.78 M",
        "then fc8, with 4.10 M",
    ]


def test_training_is_held_to_more(capsys: pytest.CaptureFixture[str]) -> None:
    """A TRAIN net needs memory for gradients and history, and has GoogLeNet's heads."""
    assert main(["check", GOOGLENET, "--max-memory", "50MB"]) == 1
    said = capsys.readouterr()
    assert (said.out + said.err).count("A202") == 1
    assert "to train" in said.out + said.err
    assert "in TRAIN" in said.out + said.err


def test_macs_are_those_of_one_item() -> None:
    graph = zoo.graph("alexnet/alexnet", batch=16)
    assert not list(exceeded(graph, Budget(macs=0.73e9)))
    assert netspec.load(GOOGLENET).inputs["data"][0] == 1
