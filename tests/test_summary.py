"""What a net costs: against figures worked out by hand, as a table of 80 columns, as JSON."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

import netspec
from netspec.analysis import cost
from netspec.analysis.table import lay_out, rows, totals
from netspec.language.prototxt.escapes import quote
from netspec.units import amount
from tools import summary
from tools.__main__ import main

# conv: 4 filters of 3x3x3, 27 weights each; pool: 8x8 to 4x4; fc: 4x4x4 inputs
NET = """
name: "small"
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: [2, 3, 8, 8] } } }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
  convolution_param { num_output: 4 kernel_size: 3 pad: 1 } }
layer { name: "bn" type: "BatchNorm" bottom: "conv" top: "conv" }
layer { name: "scale" type: "Scale" bottom: "conv" top: "conv" scale_param { bias_term: true } }
layer { name: "relu" type: "ReLU" bottom: "conv" top: "conv" }
layer { name: "pool" type: "Pooling" bottom: "conv" top: "pool"
  pooling_param { kernel_size: 2 stride: 2 } }
layer { name: "fc" type: "InnerProduct" bottom: "pool" top: "fc"
  inner_product_param { num_output: 10 } }
"""
BY_HAND = {  # layer: (learned, statistics, MACs of the batch of 2, elements of the tops)
    "data": (0, 0, 0, 2 * 3 * 64),
    "conv": (4 * 27 + 4, 0, 2 * 4 * 64 * 27, 2 * 4 * 64),
    "bn": (0, 4 + 4 + 1, 0, 2 * 4 * 64),
    "scale": (4 + 4, 0, 0, 2 * 4 * 64),
    "relu": (0, 0, 0, 2 * 4 * 64),
    "pool": (0, 0, 0, 2 * 4 * 16),
    "fc": (64 * 10 + 10, 0, 2 * 64 * 10, 2 * 10),
}
TABLE = """\
layer  type          output  parameters  MACs/item
data   Input         3×8×8
conv   Convolution   4×8×8          112     6.91 k
bn     BatchNorm     4×8×8          (9)
scale  Scale         4×8×8            8
relu   ReLU          4×8×8
pool   Pooling       4×4×4
fc     InnerProduct  10             650        640"""
TWINS = """
layer { name: "a" type: "Input" top: "a" input_param { shape { dim: [5, 6] } } }
layer { name: "b" type: "Input" top: "b" input_param { shape { dim: [5, 6] } } }
layer { name: "one" type: "InnerProduct" bottom: "a" top: "one" param { name: "w" }
  inner_product_param { num_output: 7 bias_term: false } }
layer { name: "two" type: "InnerProduct" bottom: "b" top: "two" param { name: "w" }
  inner_product_param { num_output: 7 bias_term: false } }
"""


def test_costs_are_those_worked_out_by_hand() -> None:
    found = cost(netspec.loads(NET))
    assert {
        each.node.name: (each.parameters, each.statistics, each.macs, each.activations)
        for each in found.layers
    } == BY_HAND
    assert (found.batch, found.parameters, found.statistics) == (2, 112 + 8 + 650, 9)
    assert found.macs == 2 * (4 * 64 * 27 + 640)
    assert found.per_item(found.macs) == 4 * 64 * 27 + 640
    assert found.activations == 2 * (192 + 256 + 64 + 10)  # in place adds none


def test_what_layers_share_is_counted_once() -> None:
    found = cost(netspec.loads(TWINS))
    assert found.parameters == 6 * 7
    assert [each.shared for each in found.layers] == [0, 0, 0, 42]
    assert found.macs == 2 * 5 * 42
    assert [row.parameters for row in rows(found)] == ["", "", "42", "shared"]


@pytest.mark.parametrize(("shape", "batch"), [([5, 6], 5), ([4, 6], None)])
def test_a_batch_is_what_all_inputs_begin_with(shape: list[int], batch: int | None) -> None:
    found = cost(netspec.loads(TWINS, shapes={"b": shape}))
    assert found.batch == batch
    assert any("no first axis in common" in line for line in totals(found)) == (batch is None)


def test_the_table() -> None:
    found = cost(netspec.loads(NET))
    assert "\n".join("  ".join(cells).rstrip() for cells in lay_out(rows(found), found)) == TABLE
    assert totals(found) == [
        "770 parameters (770)",
        "9 statistics (in brackets): kept with them, not learned",
        "7.55 k MACs per item, 15.10 k for the batch of 2",
        "522 activations per item, 1.04 k for the batch of 2",
    ]


@settings(max_examples=60, deadline=None)
@given(
    names=st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), max_size=4),
    filters=st.integers(1, 10**4),
    side=st.integers(1, 200),
    batch=st.integers(1, 5),
)
def test_lines_have_80_columns_at_most(
    names: list[str], filters: int, side: int, batch: int
) -> None:
    """Whatever the names; and every number stands in its line whole."""
    text = f"""
        layer {{ name: "data" type: "Input" top: "data"
          input_param {{ shape {{ dim: [{batch}, 1024, {side}, {side}] }} }} }}
        layer {{ name: "conv" type: "Convolution" bottom: "data" top: "blob"
          convolution_param {{ num_output: {filters} kernel_size: 1 }} }}
        """
    text += "".join(
        f'layer {{ name: {quote(name)} type: "ReLU" bottom: "blob" top: "blob" }}' for name in names
    )
    found = cost(netspec.loads(text))
    lines = ["  ".join(cells) for cells in lay_out(rows(found), found)]
    assert max(map(cell_len, lines)) <= 80
    assert all(c.isprintable() for line in lines for c in line)
    assert f"{1025 * filters:,}" in lines[2]
    assert f"{filters}×{side}×{side}" in lines[2]
    assert lines[2].endswith(amount(1024 * filters * side * side))


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (0, "0"),
        (999, "999"),
        (1000, "1.00 k"),
        (99_994, "99.99 k"),
        (99_996, "100.0 k"),
        (999_996, "1.00 M"),
        (25_557_032, "25.56 M"),
        (4_089_184_256, "4.09 G"),
        (138_357_544, "138.4 M"),
    ],
)
def test_amounts(number: int, written: str) -> None:
    assert amount(number) == written


def run(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    parser = argparse.ArgumentParser()
    summary.arguments(parser)
    assert summary.run(parser.parse_args(words)) == 0
    return capsys.readouterr().out


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = tmp_path / "net.prototxt"
    spec.write_text(NET)
    printed = run(capsys, str(spec))
    assert printed.startswith("small: TEST, batch 2\n\n" + TABLE)
    assert "batch 4" in run(capsys, str(spec), "--shape", "data=4,3,8,8", "--phase", "train")


def test_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = tmp_path / "net.prototxt"
    spec.write_text(TWINS)
    found = json.loads(run(capsys, str(spec), "--json"))
    layers = found.pop("layers")
    assert found == {
        "name": "",
        "phase": "TEST",
        "batch": 5,
        "parameters": 42,
        "statistics": 0,
        "macs": 420,
        "activations": 130,
        "per_item": {"macs": 84, "activations": 26},
    }
    assert layers[3] == {
        "name": "two",
        "type": "InnerProduct",
        "outputs": [{"blob": "two", "shape": [5, 7]}],
        "parameters": 0,
        "statistics": 0,
        "shared": 42,
        "macs": 210,
        "activations": 35,
    }


def test_blocks_are_summed_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = tmp_path / "net.prototxt"
    inside = NET.replace('name: "conv"', 'name: "a/conv"').replace('name: "pool"', 'name: "a/pool"')
    spec.write_text(inside)
    printed = run(capsys, str(spec), "--depth", "1").splitlines()
    assert printed[4].split() == ["a", "5", "layers", "4×4×4", "120", "6.91", "k"]
    assert [line.split()[0] for line in printed[2:6]] == ["layer", "data", "a", "fc"]


def test_a_file_with_a_net_of_train_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "train.prototxt"
    rule = "include { phase: TRAIN }"
    path.write_text(
        f'layer {{ name: "data" type: "DummyData" top: "x" {rule}'
        " dummy_data_param { shape { dim: [2, 3] } } }"
        'layer { name: "a" type: "ReLU" bottom: "x" top: "a" }'
        'layer { name: "b" type: "TanH" bottom: "x" top: "b" }'
    )
    assert main(["summary", str(path)]) == 0
    said = capsys.readouterr()
    assert said.err == f"netspec: {path} has no net of TEST; this is the one of TRAIN\n"
    assert "TRAIN, batch 2" in said.out
    assert main(["summary", str(path), "--phase", "TEST"]) == 1
    assert capsys.readouterr().err.count("N301") == 1  # for one cause, however many read the blob
