"""Weights in and out of nets: what is loaded, what is said of it, and what is refused."""

from __future__ import annotations

import re
import resource
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
from caffe_proto import MESSAGES

import compiler
import netspec
from compiler.weights.match import why_shape
from compiler.weights.stored import StoredBlob

GOLDEN = Path(__file__).parent / "golden" / "solvers"
FORMATS = ("caffemodel", "caffemodel.h5", "safetensors")

HEAD = (
    'layer { name: "data" type: "Input" top: "data" input_param { shape { dim: [2, 3, 4, 4] } } }'
)
CONV = """layer { name: "conv" type: "Convolution" bottom: "data" top: "conv" convolution_param {
  num_output: 6 kernel_size: 3 weight_filler { type: "gaussian" } bias_filler { value: 2 } } }"""
NORM = 'layer { name: "bn" type: "BatchNorm" bottom: "conv" top: "conv" }'
ODD = """layer { name: "odd/name.1 ü" type: "Scale" bottom: "conv" top: "conv"
  scale_param { num_axes: 0 bias_term: true filler { value: 7 } } }"""
IP = """layer { name: "ip" type: "InnerProduct" bottom: "conv" top: "ip" inner_product_param {
  num_output: 5 weight_filler { type: "xavier" } } }"""
FULL = (HEAD, CONV, NORM, ODD, IP)
FIRST = """layer { name: "first" type: "InnerProduct" bottom: "data" top: "first"
  param { name: "w" } inner_product_param { num_output: 4 weight_filler { type: "gaussian" } } }"""
SHARED = (FIRST, FIRST.replace("first", "second"))


def make(*layers: str, seed: int = 0) -> compiler.Network:
    torch.manual_seed(seed)
    return compiler.compile(netspec.loads("\n".join(layers or FULL)))


def values(net: compiler.Network) -> dict[str, list[np.ndarray]]:
    return {k: [b.detach().numpy().copy() for b in v] for k, v in compiler.blobs(net).items()}


def same(one: compiler.Network, other: compiler.Network) -> bool:
    a, b = values(one), values(other)
    return a.keys() == b.keys() and all(
        np.array_equal(x, y) for name in a for x, y in zip(a[name], b[name], strict=True)
    )


@pytest.mark.parametrize("layers", [FULL, (HEAD, *SHARED)], ids=["full", "shared"])
@pytest.mark.parametrize("ending", FORMATS)
def test_round_trip(ending: str, layers: tuple[str, ...], tmp_path: Path) -> None:
    net, other = make(*layers), make(*layers, seed=1)
    path = tmp_path / f"net.{ending}"
    compiler.save_weights(net, path)
    assert not same(net, other)
    report = compiler.load_weights(other, path)
    assert same(net, other)
    assert set(report.loaded) == set(compiler.blobs(net))
    assert (report.kept, report.unused) == ((), ())
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_layouts_are_those_that_others_read(tmp_path: Path) -> None:
    net = make(HEAD, CONV, ODD, *SHARED)
    for ending in FORMATS:
        compiler.save_weights(net, tmp_path / f"net.{ending}")
    with h5py.File(tmp_path / "net.caffemodel.h5") as file:
        assert file["data/conv/0"].shape == (6, 3, 3, 3)
        assert file["data/odd/name.1 ü/0"].shape == ()
        assert set(file["data/first"]) == {"0", "1"}
        assert set(file["data/second"]) == {"1"}  # the owner keeps what is shared
    from safetensors.numpy import load_file

    names = set(load_file(tmp_path / "net.safetensors"))
    assert {"conv.weight", "conv.bias", "odd/name.1 ü.weight", "first.weight"} <= names
    assert "second.weight" not in names


def test_a_caffemodel_is_a_net_parameter(tmp_path: Path) -> None:
    net = make(HEAD, CONV, NORM, *SHARED)
    compiler.save_weights(net, tmp_path / "net.caffemodel")
    found = MESSAGES["NetParameter"]()
    found.ParseFromString((tmp_path / "net.caffemodel").read_bytes())
    layers = {layer.name: layer for layer in found.layer}
    assert list(layers) == ["data", "conv", "bn", "first", "second"]
    conv = layers["conv"]
    assert (conv.type, list(conv.bottom), list(conv.top)) == ("Convolution", ["data"], ["conv"])
    assert list(conv.blobs[0].shape.dim) == [6, 3, 3, 3]
    assert list(conv.blobs[1].data) == [2.0] * 6
    assert list(layers["first"].blobs[0].data) == list(layers["second"].blobs[0].data)


@pytest.mark.parametrize("folder", ["sgd", "sgd-bn"])
def test_files_that_caffe_wrote(folder: str) -> None:
    net = compiler.compile(netspec.load(GOLDEN / f"net{'-bn' if 'bn' in folder else ''}.prototxt"))
    (path,) = (GOLDEN / folder).glob("*.caffemodel*")
    report = compiler.load_weights(net, path)
    assert set(report.loaded) == set(compiler.blobs(net))
    trace = np.load(GOLDEN / folder / "trace.npz")
    for name, blobs in values(net).items():
        for i, blob in enumerate(blobs):
            np.testing.assert_allclose(blob, trace[f"at/12/{name}/{i}"], rtol=1e-6)


SMALL = (
    'layer { name: "data" type: "Input" top: "data" input_param { shape { dim: [1, 6] } } }',
    'layer { name: "ip" type: "InnerProduct" bottom: "data" top: "ip" '
    "inner_product_param { num_output: 2 } }",
)


IP_SIX = SMALL[1].replace("num_output: 2", "num_output: 2 %s")
CHANGES = {  # the net that the small net's weights are loaded into; code, and words of the help
    "bias": (IP_SIX % "bias_term: false", "C103", "bias_term: true"),
    "classes": (SMALL[1].replace("num_output: 2", "num_output: 9"), "C104", "num_output 2"),
    "transpose": (IP_SIX % "transpose: true", "C104", "write transpose: false"),
    "name": (SMALL[1].replace('name: "ip"', 'name: "fc"'), "C105", "the net has fc"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_does_not_fit_is_refused_with_its_likely_cause(change: str, tmp_path: Path) -> None:
    layer, code, help = CHANGES[change]
    path = tmp_path / "net.caffemodel"
    compiler.save_weights(make(*SMALL), path)
    net = make(SMALL[0], layer)
    before = values(net)
    with pytest.raises(netspec.SpecError) as caught:
        compiler.load_weights(net, path)
    (found,) = {d.code for d in caught.value.diagnostics}
    assert found == code
    assert help in caught.value.diagnostics[0].help
    for name, blobs in values(net).items():
        for one, other in zip(blobs, before[name]):
            np.testing.assert_array_equal(one, other)


SHAPES = {  # shape in the file, shape in the net: words of the help
    ((4096, 512, 7, 7), (4096, 25088)): "a convolution and is fully connected in this net",
    ((4096, 25088), (4096, 512, 7, 7)): "fit net.caffemodel new.caffemodel --spec net.prototxt",
    ((10, 500), (500, 10)): "it is the transpose: write transpose: true",
    ((256, 48, 5, 5), (256, 96, 5, 5)): "2 times the group",
    ((256, 96, 5, 5), (256, 48, 5, 5)): "1/2 of the group",
    ((10, 800), (10, 500)): "on 800 inputs, not 500",
    ((64, 3, 3, 5), (64, 3, 5, 3)): "changed places",
    ((64, 3, 7, 7), (64, 3, 5, 5)): "a kernel of 7 x 7",
    ((64, 3, 7, 7), (32, 3, 5, 5)): "another net",
}


@pytest.mark.parametrize(("found", "wanted"), SHAPES)
def test_likely_causes(found: tuple[int, ...], wanted: tuple[int, ...]) -> None:
    (node,) = (n for n in netspec.loads("\n".join(SMALL), name="net.prototxt").nodes if n.weights)
    why = why_shape(StoredBlob(found, torch.empty), wanted, node, "net.caffemodel")
    assert SHAPES[found, wanted] in why


def test_nothing_is_half_loaded(tmp_path: Path) -> None:
    trained, path = make(seed=1), tmp_path / "net.safetensors"
    compiler.save_weights(trained, path)
    net = make(HEAD, CONV, NORM, ODD, IP.replace("num_output: 5", "num_output: 6"))
    before = values(net)
    with pytest.raises(netspec.SpecError, match="num_output 5"):
        compiler.load_weights(net, path)
    for name, blobs in values(net).items():
        assert all(np.array_equal(a, b) for a, b in zip(blobs, before[name])), name


def test_fine_tuning_reports_what_it_did(tmp_path: Path) -> None:
    compiler.save_weights(make(seed=1), tmp_path / "net.caffemodel")
    net = make(HEAD, CONV, NORM, ODD, IP.replace('name: "ip"', 'name: "ip_new"'))
    report = compiler.load_weights(net, tmp_path / "net.caffemodel")
    assert report.loaded == ("conv", "bn", "odd/name.1 ü")
    assert (report.kept, report.unused) == (("ip_new",), ("ip",))
    said = str(report).replace(str(tmp_path), "")
    assert said.splitlines() == [
        "3 layers loaded from /net.caffemodel",
        "1 layer not in the file, left at its filler: ip_new",
        "1 layer of the file is not in the net: ip",
        "ip has the shapes of ip_new; if they are the same: "
        "`netspec weights rename /net.caffemodel new.caffemodel ip=ip_new`",
    ]


@pytest.mark.parametrize(
    ("theirs", "said"),
    [("net/%s", "'net/*=*'"), ("%s", ""), ("%s_", "conv_=conv bn_=bn ip_=ip")],
)
def test_a_net_under_other_names_is_recognised(theirs: str, said: str, tmp_path: Path) -> None:
    text = "\n".join((HEAD, CONV, NORM, IP))
    renamed = re.sub(r'name: "(\w+)"', lambda m: f'name: "{theirs % m[1]}"', text)
    compiler.save_weights(make(renamed), tmp_path / "net.caffemodel")
    if not said:
        assert compiler.load_weights(make(text), tmp_path / "net.caffemodel").renamed == ()
        return
    with pytest.raises(netspec.SpecError) as caught:
        compiler.load_weights(make(text), tmp_path / "net.caffemodel")
    (found,) = caught.value.diagnostics
    assert found.code == "C105"
    assert f"new.caffemodel {said}`" in found.help


def test_layers_that_share_all_they_have_are_loaded(tmp_path: Path) -> None:
    both = 'param { name: "w" } param { name: "b" }'
    twice = [text.replace('param { name: "w" }', both) for text in SHARED]
    net = make(HEAD, *twice)
    for ending in FORMATS:
        compiler.save_weights(net, tmp_path / f"net.{ending}")
        report = compiler.load_weights(make(HEAD, *twice, seed=1), tmp_path / f"net.{ending}")
        assert report.loaded == ("first", "second")


def test_of_several_files_the_last_wins(tmp_path: Path) -> None:
    for i in (1, 2):
        compiler.save_weights(make(seed=i), tmp_path / f"{i}.caffemodel")
    compiler.save_weights(make(HEAD, CONV, seed=3), tmp_path / "3.caffemodel")
    net = make()
    files = ",".join(str(tmp_path / f"{i}.caffemodel") for i in (2, 1, 3))
    compiler.load_weights(net, files.replace(",", ", "))
    found = values(net)
    assert np.array_equal(found["conv"][0], values(make(HEAD, CONV, seed=3))["conv"][0])
    assert np.array_equal(found["ip"][0], values(make(seed=1))["ip"][0])


@pytest.mark.parametrize("room", [1_000, 40_000])
@pytest.mark.parametrize("ending", FORMATS)
def test_a_full_disk_leaves_the_old_file(ending: str, room: int, tmp_path: Path) -> None:
    path = tmp_path / f"net.{ending}"
    path.write_text("old")
    big = make(HEAD, *(IP.replace("conv", "data").replace('"ip', f'"{i}') for i in range(80)))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, before[1]))  # ends as a full disk does
    try:
        with pytest.raises(netspec.SpecError, match="File too large") as caught:
            compiler.save_weights(big, path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert [d.code for d in caught.value.diagnostics] == ["C107"]
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
