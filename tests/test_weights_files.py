"""Weights files without a compiled net: shown, converted, compared, renamed, made to fit."""

from __future__ import annotations

import json
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
from caffe_proto import MESSAGES

import compiler
import netspec
from compiler.data.transform import mean_image
from compiler.weights.change import fit, rename, stored_layers
from compiler.weights.figures import differences, figures
from netspec.records.blob import write_blob
from netspec.records.wire import write_field
from tools.__main__ import main

INPUT = (
    'layer { name: "data" type: "Input" top: "data" input_param { shape { dim: [2, 3, 4, 4] } } }'
)
FC = """layer { name: "fc" type: "InnerProduct" bottom: "data" top: "fc" inner_product_param {
  num_output: 5 weight_filler { type: "xavier" } bias_filler { type: "gaussian" } } }"""
CONV = """layer { name: "fc" type: "Convolution" bottom: "data" top: "fc" convolution_param {
  num_output: 5 kernel_size: 4 } }"""
SHARED = """layer { name: "a" type: "Scale" bottom: "data" top: "a" param { name: "w" }
  scale_param { filler { type: "uniform" } bias_term: true } }
layer { name: "b.c" type: "Scale" bottom: "a" top: "b" param { name: "w" }
  scale_param { bias_term: true bias_filler { value: 3 } } }"""
FULL = f'name: "named" {INPUT}{FC}{SHARED}'
FORMATS = ("caffemodel", "caffemodel.h5", "safetensors")
REPEATS = ("caffemodel", "pth")  # a shared parameter stands at every layer that has it


def make(text: str, seed: int = 0) -> compiler.Network:
    torch.manual_seed(seed)
    return compiler.compile(netspec.loads(text))


def same(one: compiler.Network, other: compiler.Network) -> bool:
    mine, theirs = compiler.blobs(one), compiler.blobs(other)
    return all(torch.equal(a, b) for n in mine for a, b in zip(mine[n], theirs[n], strict=True))


def run(words: str) -> int:
    """The exit code of `netspec weights ...`."""
    return main(["weights", *words.split()])


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The weights of one net in every format."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.prototxt").write_text(FULL)
    for ending in FORMATS:
        compiler.save_weights(make(FULL), tmp_path / f"net.{ending}")
    torch.save(make(FULL).state_dict(), tmp_path / "net.pth")
    return tmp_path


@pytest.mark.parametrize("source", [*FORMATS, "pth"])
@pytest.mark.parametrize("target", FORMATS)
def test_converts_every_format_with_the_net(source: str, target: str, folder: Path) -> None:
    words = ["weights", "convert", f"net.{source}", f"new.{target}", "--spec", "net.prototxt"]
    assert main(words) == 0
    other = make(FULL, seed=1)
    assert not same(make(FULL), other)
    report = compiler.load_weights(other, f"new.{target}")
    assert same(make(FULL), other)
    assert (report.kept, report.unused) == ((), ())
    alike = (source in REPEATS) == (target in REPEATS)
    assert main(["weights", "diff", f"net.{source}", f"new.{target}", *words[4:]]) == (not alike)


def test_caffe_formats_convert_without_the_net(folder: Path) -> None:
    make_unshared = f"{INPUT}{FC}"
    for ending in FORMATS:
        compiler.save_weights(make(make_unshared), f"fc.{ending}")
    for source, target in (("caffemodel", "caffemodel.h5"), ("caffemodel.h5", "caffemodel")):
        assert main(["weights", "convert", f"fc.{source}", f"new.{target}"]) == 0
        assert main(["weights", "diff", f"fc.{source}", f"new.{target}"]) == 0
        other = make(make_unshared, seed=1)
        compiler.load_weights(other, f"new.{target}")
        assert same(make(make_unshared), other)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ("convert net.caffemodel new.safetensors", "C109", "numbers, and safetensors wants names"),
        ("convert net.safetensors new.caffemodel", "C109", "--spec: its layers tell their order"),
        ("convert net.pth new.caffemodel.h5", "C109", "have names"),
        ("convert net.caffemodel.h5 new.caffemodel", "C109", "that other layers share"),
        ("convert net.caffemodel new.pth", "C108", "help: write new.safetensors"),
        ("convert net.caffemodel new.bin", "C108", "help: write new.caffemodel"),
        ("show net.solverstate", "C102", "in the .caffemodel beside it"),
        ("convert net.caffemodel no/new.caffemodel", "C107", "mkdir"),
        ("convert nets.caffemodel new.caffemodel", "C101", "the nearest name is net"),
        ("convert net.prototxt new.caffemodel", "C102", "it is text"),
        ("diff net.safetensors net.caffemodel", "C109", "the other numbers them"),
        ("rename net.caffemodel new.caffemodel fcc=ip", "C110", "the nearest name is fc"),
        ("rename net.caffemodel new.caffemodel fc=a", "C110", "two layers would have the name a"),
        ("rename net.caffemodel new.caffemodel x*=*", "C110", "the file has no layer x*"),
        ("rename net.caffemodel new.caffemodel a=d b.c=d", "C110", "would have the name d"),
        ("show missing.binaryproto", "C301", "missing.binaryproto"),
        ("show text.binaryproto", "C309", "no BlobProto of an image"),
        ("show text.npy", "C309", "no .npy array"),
    ],
)
def test_what_cannot_be_done_is_said(
    words: str, code: str, said: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("text.binaryproto", "text.npy"):
        Path(name).write_text("not an image")
    Path("net.solverstate").write_bytes(write_field(1, 7) + write_field(2, "net.caffemodel"))
    before = sorted(folder.iterdir())
    assert main(["weights", *words.split()]) == 1
    error = capsys.readouterr().err
    assert f"error[{code}]" in error
    assert said in error
    assert sorted(folder.iterdir()) == before


def test_shows_what_the_numbers_are_like(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["weights", "show", "net.caffemodel", "--json"]) == 0
    shown = {(f["layer"], f["blob"]): f for f in json.loads(capsys.readouterr().out)}
    weight = compiler.blobs(make(FULL))["fc"][0].detach()
    found = shown["fc", "0"]
    assert (found["shape"], found["type"], found["strange"]) == ([5, 48], "InnerProduct", 0)
    assert found["most"] == pytest.approx(float(weight.max()))
    assert found["deviation"] == pytest.approx(float(weight.std(correction=0)))
    assert main(["weights", "show", "net.safetensors"]) == 0
    out = capsys.readouterr().out
    assert "weight" in out
    assert "3 layers, 5 blobs, 254 numbers" in out


def test_numbers_that_are_none_are_counted(folder: Path) -> None:
    net = make(FULL)
    with torch.no_grad():
        compiler.blobs(net)["fc"][1][:2] = torch.tensor([float("nan"), float("inf")])
    compiler.save_weights(net, "odd.caffemodel")
    found = {(f.layer, f.blob): f for f in figures(stored_layers(Path("odd.caffemodel")))}
    assert found["fc", "1"].strange == 2
    assert found["fc", "1"].least is not None
    one = stored_layers(Path("odd.caffemodel"))
    assert all(d.same for d in differences(one, one))
    assert [d.largest for d in differences(one, stored_layers(Path("net.caffemodel")))][1] == float(
        "inf"
    )


def test_diff_names_the_largest_difference(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    net = make(FULL)
    with torch.no_grad():
        compiler.blobs(net)["fc"][0][3, 7] += 2
        compiler.blobs(net)["fc"][0][1, 2] -= 1
    compiler.save_weights(net, "other.caffemodel")
    assert main(["weights", "diff", "net.caffemodel", "other.caffemodel", "--json"]) == 1
    (found,) = json.loads(capsys.readouterr().out)
    assert (found["layer"], found["blob"], found["at"]) == ("fc", "0", [3, 7])
    assert found["largest"] == pytest.approx(2)
    compiler.save_weights(make(f"{INPUT}{CONV}"), "conv.caffemodel")
    assert main(["weights", "diff", "net.caffemodel", "conv.caffemodel"]) == 1
    out = capsys.readouterr().out
    assert "shapes differ" in out
    assert "only in net.caffemodel" in out


def test_rename_keeps_everything_else(folder: Path) -> None:
    assert main(["weights", "rename", "net.caffemodel", "new.caffemodel", "fc=a", "a=fc"]) == 0
    old, new = MESSAGES["NetParameter"](), MESSAGES["NetParameter"]()
    old.ParseFromString(Path("net.caffemodel").read_bytes())
    new.ParseFromString(Path("new.caffemodel").read_bytes())
    assert old.name == new.name == "named"
    swapped = {"fc": "a", "a": "fc"}
    assert [swapped.get(layer.name, layer.name) for layer in old.layer] == [
        x.name for x in new.layer
    ]
    for one, other in zip(old.layer, new.layer):
        other.name = one.name
        assert one == other


def test_a_matrix_becomes_a_kernel_and_back(folder: Path) -> None:
    Path("conv.prototxt").write_text(f"{INPUT}{CONV}")
    Path("fc.prototxt").write_text(f"{INPUT}{FC}")
    assert run("fit net.caffemodel conv.caffemodel --spec conv.prototxt") == 0
    conv = make(f"{INPUT}{CONV}")
    compiler.load_weights(conv, "conv.caffemodel")
    image = torch.randn(2, 3, 4, 4)
    torch.testing.assert_close(conv(image)["fc"].flatten(1), make(f"{INPUT}{FC}")(image)["fc"])
    assert run("fit conv.caffemodel fc.caffemodel --spec fc.prototxt") == 0
    again = make(f"{INPUT}{FC}", seed=1)
    compiler.load_weights(again, "fc.caffemodel")
    assert same(make(f"{INPUT}{FC}"), again)


def test_a_transposed_matrix_is_turned() -> None:
    turned = FC.replace("num_output: 5", "num_output: 5 transpose: true")
    net = make(f"{INPUT}{FC}")
    graph = netspec.loads(f"{INPUT}{turned}")
    from compiler.weights.stored import StoredBlob, StoredLayer

    weight = compiler.blobs(net)["fc"][0].detach()
    layers, changed = fit([StoredLayer("fc", {0: StoredBlob((5, 48), lambda: weight)})], graph)
    assert changed == ["fc"]
    assert torch.equal(layers[0].blobs[0].read(), weight.T)


def test_old_shapes_are_kept_or_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = MESSAGES["NetParameter"]()
    blob = made.layers.add(name="fc").blobs.add(num=1, channels=1, height=5, width=48)
    blob.data.extend(range(240))
    Path("old.caffemodel").write_bytes(made.SerializeToString())
    assert main(["weights", "convert", "old.caffemodel", "new.caffemodel"]) == 0
    assert main(["weights", "diff", "old.caffemodel", "new.caffemodel"]) == 0
    assert main(["weights", "convert", "old.caffemodel", "new.caffemodel.h5"]) == 1
    assert "all had four axes" in capsys.readouterr().err
    bare = FC.replace("num_output: 5", "num_output: 5 bias_term: false")
    Path("bare.prototxt").write_text(f"{INPUT}{bare}")
    words = "weights convert old.caffemodel new.caffemodel.h5 --spec bare.prototxt"
    assert main(words.split()) == 0
    with h5py.File("new.caffemodel.h5") as file:
        assert file["data/fc/0"].shape == (5, 48)


def test_mean_images(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    image = np.arange(24, dtype=np.float32).reshape(1, 3, 2, 4)
    Path("mean.binaryproto").write_bytes(write_blob(image))
    assert main(["weights", "convert", "mean.binaryproto", "mean.npy"]) == 0
    np.testing.assert_array_equal(np.load("mean.npy"), image[0])
    assert main(["weights", "convert", "mean.npy", "again.binaryproto"]) == 0
    np.testing.assert_array_equal(mean_image("again.binaryproto"), image[0])
    assert main(["weights", "show", "again.binaryproto", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert [(f["blob"], f["mean"]) for f in shown] == [
        ("channel 0", 3.5),
        ("channel 1", 11.5),
        ("channel 2", 19.5),
    ]


@pytest.mark.parametrize(
    ("names", "renamed"),
    [
        ({"fc": "ip"}, ["data", "ip", "a", "b.c"]),
        ({"fc": "a", "a": "fc"}, ["data", "a", "fc", "b.c"]),
        ({"*": "net/*"}, ["net/data", "net/fc", "net/a", "net/b.c"]),
        ({"*.c": "c.*", "d*a": "d*"}, ["dat", "fc", "a", "c.b"]),
    ],
)
def test_renaming(names: dict[str, str], renamed: list[str], folder: Path) -> None:
    layers = stored_layers(Path("net.caffemodel"))
    assert [layer.name for layer in rename(layers, names)] == renamed


def test_a_state_dict_among_what_a_trainer_saved(folder: Path) -> None:
    net, state = make(FULL, seed=1), make(FULL).state_dict()
    torch.save({"epoch": 7, "state_dict": state}, "net.pt")
    compiler.load_weights(net, "net.pt")
    assert same(net, make(FULL))
