"""What passes of layers take: by hand, by PyTorch's own counter, and where nobody knows."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
import zoo
from golden_case import Case, cases
from torch.utils.flop_counter import FlopCounterMode

import netspec
from netspec.analysis.account import account
from netspec.analysis.gradients import gradients
from netspec.analysis.passes import Pass, passes, total
from netspec.graph import Graph
from netspec.layers import LAYERS
from netspec.schema.layer import Layer
from tools.__main__ import main

INPUT = 'layer {{ name: "data" type: "Input" top: "data" input_param {{ shape {{ dim: [{}] }} }} }}'
CONV = """layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
  convolution_param { num_output: 4 kernel_size: 3 pad: 1 } }"""
RELU = 'layer { name: "relu" type: "ReLU" bottom: "conv" top: "conv" }'
POOL = """layer { name: "pool" type: "Pooling" bottom: "conv" top: "pool"
  pooling_param { pool: AVE kernel_size: 2 stride: 2 } }"""
FC = """layer { name: "fc" type: "InnerProduct" bottom: "pool" top: "fc"
  inner_product_param { num_output: 10 bias_term: false } }"""
SMALL = "\n".join([INPUT.format("2, 3, 8, 8"), CONV, RELU, POOL, FC])

IMAGE, CONVOLVED, POOLED, SCORES = 2 * 3 * 64, 2 * 4 * 64, 2 * 4 * 16, 2 * 10
FILTERS, MATRIX = 4 * 27 + 4, 64 * 10
BY_HAND = {
    "data": (Pass(), Pass()),
    "conv": (
        Pass(27 * CONVOLVED, 55 * CONVOLVED, 4 * (IMAGE + FILTERS + CONVOLVED)),
        # the image needs no gradient: only that of the weights is computed
        Pass(27 * CONVOLVED, 55 * CONVOLVED, 4 * (CONVOLVED + IMAGE + FILTERS)),
    ),
    "relu": (Pass(0, CONVOLVED, 8 * CONVOLVED), Pass(0, CONVOLVED, 12 * CONVOLVED)),
    "pool": (
        Pass(0, 4 * POOLED, 4 * (CONVOLVED + POOLED)),
        Pass(0, 4 * POOLED, 4 * (POOLED + 2 * CONVOLVED)),
    ),
    "fc": (
        Pass(64 * SCORES, 128 * SCORES, 4 * (POOLED + MATRIX + SCORES)),
        Pass(128 * SCORES, 256 * SCORES, 4 * (SCORES + 2 * POOLED + 2 * MATRIX)),
    ),
}


def test_passes_are_those_worked_out_by_hand() -> None:
    found = passes(netspec.loads(SMALL))
    assert {node.name: (p.forward, p.backward) for node, p in found.items()} == BY_HAND


def sums(graph: Graph) -> tuple[Pass, Pass]:
    found = passes(graph).values()
    return total(p.forward for p in found), total(p.backward for p in found)


@pytest.mark.parametrize("net", zoo.NETS)
def test_macs_are_half_of_what_pytorch_counts_as_flops(net: str) -> None:
    forward, _ = sums(zoo.graph(net, batch=zoo.BATCH))
    assert 2 * (forward.macs or 0) == zoo.measured(net, False, zoo.BATCH).flops


@pytest.mark.parametrize("name", cases())
def test_every_layer_has_half_as_many_macs_as_pytorch_counts_flops(name: str) -> None:
    case, counter = Case(name), FlopCounterMode(display=False)
    fed = {blob: given.detach() for blob, given in case.inputs(0).items()}
    with counter:
        case.net(**fed)
    assert 2 * sum(node.macs for node in case.graph.nodes) == counter.get_total_flops()


@pytest.mark.parametrize("net", zoo.TRAINED)
def test_macs_of_both_passes_are_half_of_what_pytorch_counts(net: str) -> None:
    """But for the weights of groups, whose gradient PyTorch counts as if there were none."""
    graph = zoo.graph(net, batch=zoo.BATCH)
    forward, backward = sums(graph)
    grouped = 0
    for node in graph.nodes:
        window = node.layer.slides(*(b.shape for b in node.bottoms))
        if window and node.macs:
            grouped += (window.groups - 1) * node.macs
    both = (forward.macs or 0) + (backward.macs or 0) + grouped
    assert 2 * both == zoo.measured(net, True, zoo.BATCH).flops


def test_what_is_not_learned_takes_no_backward_pass() -> None:
    frozen = SMALL.replace(
        'top: "conv"\n', 'top: "conv" param { lr_mult: 0 } param { lr_mult: 0 }\n'
    )
    found = {n.name: p.backward for n, p in passes(netspec.loads(frozen)).items()}
    assert [name for name, taken in found.items() if taken != Pass()] == ["fc"]
    assert found["fc"].macs == 64 * SCORES  # of the weights; nothing below needs a gradient


def test_gradients_stop_where_propagate_down_says() -> None:
    cut = SMALL.replace(
        'bottom: "pool" top: "fc"', 'bottom: "pool" top: "fc" propagate_down: false'
    )
    flow = gradients(netspec.loads(cut))
    assert {node.name for node, _ in flow.learned} == {"fc"}


def test_only_what_leads_to_a_loss_gets_a_gradient() -> None:
    graph = zoo.graph("googlenet/googlenet", "TRAIN")
    flow = gradients(graph)
    learned = {n.name for n in graph.nodes if any(w.learned for w in n.weights)}
    assert {node.name for node, _ in flow.learned} == learned
    alone = netspec.load(zoo.SPECS / "digits/lenet.yaml", phase="TEST", shapes=DIGITS)
    assert not any(n.type == "Accuracy" for n in alone.nodes if gradients(alone).through(n))


DIGITS = {"data": (10, 1, 8, 8), "label": (10,)}
REGIONS = """
layer { name: "rois" type: "Input" top: "rois" input_param { shape { dim: [2, 5] } } }
layer { name: "roi" type: "ROIPooling" bottom: "conv" bottom: "rois" top: "roi"
  roi_pooling_param { pooled_h: 2 pooled_w: 2 } }
"""
STRANGE = 'layer { name: "odd" type: "NeverHeardOf" bottom: "conv" top: "odd" }'


def test_what_depends_on_the_values_is_unknown_and_not_zero() -> None:
    found = account(netspec.loads("\n".join([INPUT.format("2, 3, 8, 8"), CONV, REGIONS])))
    roi = found.layers()[-1]
    assert (roi.forward.macs, roi.forward.flops) == (0, None)
    assert not found.all().whole
    assert [node.name for node in found.unknown()] == ["roi"]


def run(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["cost", *words]) == 0
    return capsys.readouterr().out


def test_unknown_layers_are_said_to_be_unknown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = tmp_path / "net.prototxt"
    spec.write_text("\n".join([INPUT.format("2, 3, 8, 8"), CONV, STRANGE]))
    printed = run(capsys, str(spec))
    line = next(line for line in printed.splitlines() if line.startswith("odd"))
    assert "?" in line
    assert "≥" in next(line for line in printed.splitlines() if line.startswith("MACs"))
    assert "NeverHeardOf" in printed
    told = json.loads(run(capsys, str(spec), "--json"))
    assert told["unknown"] == ["odd"]
    assert told["entries"][-1]["forward"]["macs"] is None
    assert not told["total"]["whole"]


def test_layer_types_say_their_cost() -> None:
    """All of BVLC's that compute; a Python layer's is its author's."""
    silent = [
        name
        for name, declared in LAYERS.items()
        if declared.each is None and declared.work is Layer.work
    ]
    computing = [n for n in silent if not (LAYERS[n].makes_data or LAYERS[n].fork)]
    assert computing == ["Python"]


@pytest.mark.parametrize("by", ["layer", "block", "type"])
@pytest.mark.parametrize("net", ["googlenet/googlenet", "resnet/resnet-18"])
def test_entries_add_up(net: str, by: str, capsys: pytest.CaptureFixture[str]) -> None:
    spec = str(zoo.SPECS / f"{net}.yaml")
    told = json.loads(run(capsys, spec, "--by", by, "--json", "--batch", "3"))
    assert told["batch"] == 3
    for amount in ("macs", "flops", "bytes"):
        for way in ("forward", "backward"):
            parts = sum(entry[way][amount] for entry in told["entries"])
            assert parts == told["total"][way][amount]
    assert sum(e["parameters"] for e in told["entries"]) == told["total"]["parameters"]
    assert sum(len(e["layers"]) for e in told["entries"]) == len(zoo.graph(net).nodes)


def test_csv_has_an_entry_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    spec = str(zoo.SPECS / "alexnet/alexnet.yaml")
    rows = list(csv.DictReader(io.StringIO(run(capsys, spec, "--csv", "--sort", "macs"))))
    assert rows[0]["name"] == "conv2"
    assert (
        sum(int(row["forward_macs"]) for row in rows) == sums(zoo.graph("alexnet/alexnet"))[0].macs
    )


def test_tables_have_80_columns_at_most(capsys: pytest.CaptureFixture[str]) -> None:
    spec = str(zoo.SPECS / "inception-v3/inception-v3.yaml")
    for more in (["--backward"], ["--device", "k40"], ["--fields", "--by", "type"]):
        printed = run(capsys, spec, "--batch", "256", *more)
        assert max(map(len, printed.splitlines())) <= 80


def test_the_page_stands_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "cost.html"
    spec = str(zoo.SPECS / "resnet/resnet-18.yaml")
    assert run(capsys, spec, "--html", str(page), "--device", "a100") == f"{page}\n"
    text = page.read_text(encoding="utf-8")
    assert "http" not in text
    assert text.count("<tr>") == 1 + len(zoo.graph("resnet/resnet-18").nodes)
    assert "11.69 M" in text


def test_a_batch_nobody_can_tell_is_refused(tmp_path: Path) -> None:
    spec = tmp_path / "net.prototxt"
    other = INPUT.format("7").replace('"data"', '"info"')
    spec.write_text("\n".join([INPUT.format("2, 3, 8, 8"), other, CONV]))
    assert main(["cost", str(spec), "--batch", "4"]) == 1
    assert main(["cost", str(spec)]) == 0


def test_analyses_need_no_torch() -> None:
    program = (
        "import sys, netspec; from netspec.analysis.account import account;"
        f"found = account(netspec.load({str(zoo.SPECS / 'resnet/resnet-152.yaml')!r}));"
        "found.fields(); assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
