"""Every spec of the zoo against the figures that were published for it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch

import compiler
import netspec
from netspec.analysis.depth import depth

SPECS = Path(__file__).parent.parent / "specs"


@dataclass(frozen=True)
class Published:
    """A net's figures as its source prints them, and how many digits of them it prints.

    `parameters` counts what is learned (no moving averages); `macs` counts multiply-accumulates of
    convolutions and fully connected layers for one image, which papers of the time call FLOPs;
    `depth` those layers on the longest path. Where a paper says another number, it is beside the
    source: some cut digits off, GoogLeNet's table rounds each of its rows.
    """

    spec: str
    parameters: str
    macs: str
    depth: int
    source: str
    phase: str = "TEST"


ZOO = [
    Published("lenet/lenet", "431.080K", "2.293M", 4, "BVLC/caffe examples/mnist; by hand"),
    Published("alexnet/alexnet", "61.0M", "0.72G", 8, "60M in the paper; 61.0M in BVLC's model"),
    Published("vgg/vgg-16", "138M", "15.5G", 16, "arXiv 1409.1556, table 2; 1512.03385, table 1"),
    Published("googlenet/googlenet", "7.0M", "1.6G", 22, "arXiv 1409.4842, table 1: 1.5G"),
    Published("googlenet/googlenet", "13.4M", "", 22, "BVLC's model, with both heads", "TRAIN"),
    Published("bn-inception/bn-inception", "11.3M", "2.0G", 34, "arXiv 1502.03167, figure 5"),
    Published("inception-v2/inception-v2", "15.9M", "4.0G", 42, "arXiv 1512.00567, table 1"),
    Published("inception-v3/inception-v3", "23.8M", "5.7G", 48, "arXiv 1512.00567: below 25M, 5G"),
    Published("resnet/resnet-18", "11.7M", "1.8G", 18, "arXiv 1512.03385, table 1: 1.8G"),
    Published("resnet/resnet-34", "21.8M", "3.7G", 34, "arXiv 1512.03385, table 1: 3.6G"),
    Published("resnet/resnet-50", "25.6M", "3.9G", 50, "arXiv 1512.03385, table 1: 3.8G"),
    Published("resnet/resnet-101", "44.5M", "7.6G", 101, "arXiv 1512.03385, table 1: 7.6G"),
    Published("resnet/resnet-152", "60.2M", "11.3G", 152, "arXiv 1512.03385, table 1: 11.3G"),
    Published("resnext/resnext-50-32x4d", "25.0M", "4.2G", 50, "arXiv 1611.05431, table 1"),
]
UNITS = {"K": 1e3, "M": 1e6, "G": 1e9}


def printed(number: float, like: str) -> str:
    """A number with the unit and the digits of `like`."""
    digits = len(like[:-1].partition(".")[2])
    return f"{number / UNITS[like[-1]]:.{digits}f}{like[-1]}"


@pytest.mark.parametrize("net", ZOO, ids=[f"{n.spec}-{n.phase}" for n in ZOO])
def test_costs_what_was_published(net: Published) -> None:
    graph = netspec.load(SPECS / f"{net.spec}.yaml", phase=net.phase)
    learned = [w for n in graph.nodes for w in n.weights if w.learned]
    assert printed(sum(math.prod(w.shape) for w in learned), net.parameters) == net.parameters
    assert depth(graph) == net.depth
    if net.macs:
        images = graph.inputs["data"][0]
        assert printed(sum(n.macs for n in graph.nodes) / images, net.macs) == net.macs


def test_inception_v2_costs_two_and_a_half_times_googlenet() -> None:
    """As section 6 of arXiv 1512.00567 says, of a net that is 42 layers deep."""
    macs = {
        net: sum(n.macs for n in netspec.load(SPECS / net / f"{net}.yaml").nodes)
        for net in ("inception-v2", "googlenet")
    }
    assert round(macs["inception-v2"] / macs["googlenet"], 1) == 2.5


def test_the_table_holds_the_whole_zoo() -> None:
    nets = {p for p in SPECS.glob("*/*.yaml") if "layers:" in p.read_text().splitlines()}
    named = {SPECS / f"{n.spec}.yaml" for n in ZOO}
    assert {p for p in nets if p.parent.name != "digits"} == named


@pytest.mark.parametrize("spec", sorted({n.spec for n in ZOO}))
def test_names_its_paper(spec: str) -> None:
    first = (SPECS / f"{spec}.yaml").read_text().split("\n\n")[0]
    assert first.startswith("# ")
    assert any(known in first for known in ("arXiv", "NIPS", "Proceedings")), first


@pytest.mark.parametrize("spec", ["lenet/lenet", "resnet/resnet-18", "bn-inception/bn-inception"])
def test_runs(spec: str) -> None:
    graph = netspec.load(SPECS / f"{spec}.yaml")
    net = compiler.compile(graph).train()  # untrained, BatchNorm has only the batch's statistics
    (prob,) = net(torch.rand(2, *graph.inputs["data"][1:])).values()
    torch.testing.assert_close(prob.sum(1), torch.ones(2))


@pytest.mark.parametrize("name", ["lenet", "lenet-bn"])
@pytest.mark.parametrize("state", [("TRAIN", ()), ("TEST", ()), ("TEST", ("deploy",))])
def test_the_digits_nets_are_the_same_in_both_languages(
    name: str, state: tuple[str, tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """To renew them: netspec expand specs/digits/NAME.yaml -o specs/digits/NAME.prototxt."""
    monkeypatch.chdir(SPECS.parent)
    phase, stages = state
    yaml, prototxt = (
        netspec.load(f"specs/digits/{name}.{ending}", phase=phase, stages=stages)
        for ending in ("yaml", "prototxt")
    )
    assert yaml == prototxt
