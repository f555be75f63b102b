"""Every row of "Caffe and PyTorch, layer by layer" has a test, and the page is the rows."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import torch
from golden_case import TOLERANCE, Case, cases
from plain_torch import PLAIN

import netspec
from netspec.guide import text
from netspec.layers import LAYERS
from netspec.reference import ROWS, SECTIONS
from netspec.reference.page import markdown
from netspec.reference.row import Row

TESTS = Path(__file__).parent
OF_LAYERS = {
    (subject, row)
    for title, subjects in SECTIONS.items()
    if title not in ("Nets", "Solvers")
    for subject, rows in subjects.items()
    for row in rows
}


def test_the_page_is_printed_from_the_rows() -> None:
    """To renew it: netspec layers --reference > netspec/guide/caffe-and-pytorch.md."""
    assert text("caffe-and-pytorch") == markdown()


@pytest.mark.parametrize(
    "row", [r for section in SECTIONS.values() for rows in section.values() for r in rows], ids=str
)
def test_a_row_has_its_test(row: Row) -> None:
    file, _, name = row.test.partition("::")
    if name:
        assert re.search(rf"^def {name}\(", (TESTS / file).read_text(encoding="utf-8"), re.M)
    else:
        assert file in cases()


@pytest.mark.parametrize(("subject", "row"), sorted(OF_LAYERS, key=str), ids=str)
def test_a_row_is_about_a_layer_that_its_case_shows(subject: str, row: Row) -> None:
    assert subject in LAYERS
    if "::" not in row.test:
        assert subject in {node.type for node in Case(row.test).graph.nodes}


@pytest.mark.parametrize("name", PLAIN)
def test_plain_pytorch_computes_something_else(name: str) -> None:
    """And ours what Caffe computes: test_layers.py, for the same cases."""
    assert name in {row.test for rows in ROWS.values() for row in rows}
    case, (blob, plain) = Case(name), PLAIN[name]
    want = case.group("step/0")[blob]
    given = {k: v.detach() for k, v in case.inputs(0).items()}
    parameters = {k: torch.from_numpy(v) for k, v in case.group("param").items()}
    try:
        got = plain(given, parameters).numpy()
    except (RuntimeError, IndexError):
        return  # PyTorch refuses it
    if got.shape == want.shape:
        assert np.abs(got - want).max() > 10 * TOLERANCE * np.abs(want).max()


def test_a_window_moves_by_one_unless_told() -> None:
    graph = netspec.loads("""
        layer { name: "data" type: "Input" top: "data"
          input_param { shape { dim: 1 dim: 1 dim: 9 dim: 9 } } }
        layer { name: "pool" type: "Pooling" bottom: "data" top: "pool"
          pooling_param { kernel_size: 3 } }""")
    assert graph.blob_shapes["pool"] == (1, 1, 7, 7)
