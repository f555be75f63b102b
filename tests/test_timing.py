"""Every layer is timed in both directions, and told as a table, a picture and JSON."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
import torch

import compiler
import netspec
from compiler.devices import machine
from compiler.timing import Timing, time_net
from compiler.timing.flame import boxes, draw_flame
from compiler.timing.table import lay_out, rows, totals
from tools.__main__ import main

ROOT = Path(__file__).parents[1]
Run = Callable[..., tuple[int, str, str]]
NET = """
name: "timed"
layer { name: "data" type: "Input" top: "data" top: "label"
  input_param { shape { dim: 4 dim: 3 dim: 16 dim: 16 } shape { dim: 4 } } }
layer { name: "a/slow" type: "Convolution" bottom: "data" top: "a/slow" param { lr_mult: 0 }
  param { lr_mult: 0 } convolution_param { num_output: 64 kernel_size: 5 pad: 2 } }
layer { name: "a/relu" type: "ReLU" bottom: "a/slow" top: "a/slow" }
layer { name: "a/pool" type: "Pooling" bottom: "a/slow" top: "a/pool"
  pooling_param { kernel_size: 2 stride: 2 } }
layer { name: "b/fc" type: "InnerProduct" bottom: "a/pool" top: "b/fc"
  inner_product_param { num_output: 10 } }
layer { name: "b/relu" type: "ReLU" bottom: "b/fc" top: "b/relu" }
layer { name: "b/fc2" type: "InnerProduct" bottom: "b/relu" top: "b/fc2"
  inner_product_param { num_output: 10 } }
layer { name: "aside" type: "InnerProduct" bottom: "a/pool" top: "aside"
  inner_product_param { num_output: 10 } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "b/fc2" bottom: "label" top: "loss" }
"""


@pytest.fixture(scope="module")
def timing() -> Timing:
    return time_net(compiler.compile(netspec.loads(NET, phase="TRAIN")), 4)


def test_gradients_are_timed_where_training_sends_them(timing: Timing) -> None:
    back = {layer.node.name for layer in timing.layers if layer.backward is not None}
    assert back == {"b/fc", "b/relu", "b/fc2", "loss"}, (
        "what is frozen, fed, or leads to no loss has none"
    )
    assert [layer.node.name for layer in timing.layers] == [n.name for n in timing.graph.nodes]
    assert all(layer.forward > 0 for layer in timing.layers[1:])
    assert timing.forward >= sum(layer.forward for layer in timing.layers)


def test_without_a_loss_every_output_is_an_end() -> None:
    text = NET[: NET.index('layer { name: "loss"')].replace(' top: "label"', "")
    graph = netspec.loads(text.replace("shape { dim: 4 } }", "}"), phase="TEST")
    found = time_net(compiler.compile(graph), 1)
    back = {layer.node.name for layer in found.layers if layer.backward is not None}
    assert back == {"b/fc", "b/relu", "b/fc2", "aside"}


def test_times_are_of_what_takes_long() -> None:
    wide = NET.replace("num_output: 64", "num_output: 256").replace("lr_mult: 0", "lr_mult: 1")
    found = time_net(compiler.compile(netspec.loads(wide, phase="TRAIN")), 3)
    took = {layer.node.name: layer.total for layer in found.layers}
    assert took["a/slow"] > 5 * took["b/relu"] > 0


def test_tables_are_80_wide_and_add_up(timing: Timing) -> None:
    for by, names in (
        ("layer", [n.name for n in timing.graph.nodes]),
        ("block", ["data", "a", "b", "aside", "loss"]),
    ):
        table = rows(timing, by)
        assert [row.name for row in table] == names
        assert sum(row.share for row in table) == pytest.approx(1)
        assert all(len(line) <= 80 for line in lay_out(table, by))
    kinds = rows(timing, "type")
    assert [row.share for row in kinds] == sorted((row.share for row in kinds), reverse=True)
    assert {row.name: row.kind for row in kinds}["ReLU"] == "2 layers"
    assert totals(timing)[0] == f"Average Forward pass: {timing.forward:.3f} ms."


def test_the_picture_is_well_formed_and_nested(timing: Timing, tmp_path: Path) -> None:
    whole = boxes(timing)
    assert [box.name for box in whole.inside] == ["data", "a", "b", "aside", "loss"]
    assert [box.name for box in whole.inside[1].inside] == ["slow", "relu", "pool"]
    for box in (whole, *whole.inside[1:3]):
        assert box.length == pytest.approx(sum(inner.length for inner in box.inside))
    draw_flame(timing, tmp_path / "t.svg")
    root = ElementTree.parse(tmp_path / "t.svg").getroot()
    drawn = [g for g in root if g.get("class") == "box"]
    assert len(drawn) == 1 + 2 + len(timing.layers)
    draw_flame(timing, tmp_path / "t.html")
    assert "<script>" in (tmp_path / "t.html").read_text()
    with pytest.raises(netspec.SpecError, match="D101"):
        draw_flame(timing, tmp_path / "t.txt")


def test_statistics_of_a_timed_net_in_test_stay_as_they_are() -> None:
    graph = netspec.load(
        ROOT / "specs/bn-inception/bn-inception.yaml", shapes={"data": (1, 3, 64, 64)}
    )
    net = compiler.compile(graph)
    before = [blob.clone() for blobs in compiler.blobs(net).values() for blob in blobs]
    time_net(net, 1, 0)
    after = [blob for blobs in compiler.blobs(net).values() for blob in blobs]
    assert all(torch.equal(a, b) for a, b in zip(before, after))


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("COLUMNS", "80")

    def command(*words: str) -> tuple[int, str, str]:
        code = main(list(words))
        return code, *capsys.readouterr()

    return command


def test_the_command_times_a_net_with_data_of_its_own(run: Run) -> None:
    words = "--phase TRAIN --batch 8 --threads 1 --iterations 2 --device cpu --json"
    code, out, err = run("time", "specs/digits/lenet.yaml", *words.split())
    assert code == 0, err
    found = json.loads(out)
    assert (found["batch"], found["iterations"], found["threads"]) == (8, 2, 1)
    assert found["layers"][0]["name"] == "train"
    assert found["layers"][0]["backward_ms"] is None
    assert found["items_per_second"] > 0


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["specs/digits/lenet.yaml", "--device", "cuda:99"], "C214"),
        (["specs/digits/lenet.yaml", "--stage", "deploy", "-o", "none/t.svg"], "D102"),
        (["specs/digits/none.yaml"], "N114"),
    ],
)
def test_what_cannot_be_timed_is_said(words: list[str], code: str, run: Run) -> None:
    exit_code, _, err = run("time", *words, "--iterations", "1")
    assert exit_code == 1
    assert f"error[{code}]" in err


def test_devices_are_listed_and_tried(run: Run) -> None:
    found = machine()
    assert [d.name for d in found.devices] == [
        "cpu", *(f"cuda:{i}" for i in range(torch.cuda.device_count()))
    ]  # fmt: skip
    cpu = found.devices[0]
    assert cpu.fault == ""
    assert cpu.cores == len(os.sched_getaffinity(0))
    assert 0 < (cpu.free or 0) <= (cpu.memory or 0)
    assert json.loads(run("devices", "--json")[1])["torch"] == torch.__version__
    assert all(len(line) <= 80 for line in run("devices")[1].splitlines())
