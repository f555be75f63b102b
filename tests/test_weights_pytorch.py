"""State_dicts of PyTorch, of any module: read as tensors only, fitted to a net's layers."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

import compiler
import netspec
from compiler.weights.change import fit, rename, stored_layers
from compiler.weights.write import write_layers

INPUT = (
    'layer { name: "data" type: "Input" top: "data" input_param { shape { dim: [2, 3, 6, 6] } } }'
)
CONV = """layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
  convolution_param { num_output: 4 kernel_size: 3 } }"""
NORM = 'layer { name: "bn" type: "BatchNorm" bottom: "conv" top: "conv" %s }'
SCALE = """layer { name: "scale" type: "Scale" bottom: "conv" top: "conv"
  scale_param { bias_term: true } }"""
FC = """layer { name: "fc" type: "InnerProduct" bottom: "conv" top: "fc"
  inner_product_param { num_output: 5 } }"""
NETS = {
    "BVLC's": [CONV, NORM % "", SCALE, FC],
    "NVIDIA's": [CONV, NORM % "batch_norm_param { scale_bias: true }", FC],
    "Intel's": [CONV, NORM % "batch_norm_param { use_weight_bias: true }", FC],
}


def module(affine: bool = True) -> nn.Module:
    """A trained module of PyTorch's."""
    torch.manual_seed(0)
    norm = nn.BatchNorm2d(4, affine=affine)
    made = nn.Sequential()
    for name, part in {
        "conv": nn.Conv2d(3, 4, 3),
        "bn": norm,
        "flat": nn.Flatten(),
        "fc": nn.Linear(64, 5),
    }.items():
        made.add_module(name, part)
    with torch.no_grad():
        if affine:
            norm.weight.uniform_(1, 2)
            norm.bias.normal_()
        made.train()(torch.randn(8, 3, 6, 6))
    return made.eval()


def graph(*layers: str) -> netspec.graph.Graph:
    return netspec.loads("\n".join([INPUT, *layers]), name="net.prototxt")


def same(net: compiler.Network, other: nn.Module) -> None:
    image = torch.randn(2, 3, 6, 6)
    torch.testing.assert_close(net.eval()(image)["fc"], other(image))


@pytest.mark.parametrize("ending", ["pth", "safetensors"])
@pytest.mark.parametrize("whose", NETS)
def test_a_batch_norm_of_pytorch_is_fitted(whose: str, ending: str, tmp_path: Path) -> None:
    spec, saved, path = graph(*NETS[whose]), tmp_path / f"net.{ending}", tmp_path / "new.caffemodel"
    if ending == "pth":
        torch.save(module().state_dict(), saved)
    else:
        save_file(module().state_dict(), saved)
    net = compiler.compile(spec)
    if whose == "BVLC's":
        with pytest.raises(
            netspec.SpecError, match=r"weights fit .* --spec net\.prototxt"
        ) as caught:
            compiler.load_weights(net, saved)
        assert [d.code for d in caught.value.diagnostics] == ["C103"]
    fitted, changed = fit(stored_layers(saved, spec), spec)
    assert changed == ["bn"]
    write_layers(path, fitted)
    report = compiler.load_weights(net, path)
    assert (report.kept, report.unused) == ((), ())
    same(net, module())


def test_a_batch_norm_without_scale(tmp_path: Path) -> None:
    spec = graph(CONV, NORM % "", FC)
    torch.save(module(affine=False).state_dict(), tmp_path / "net.pth")
    fitted, _ = fit(stored_layers(tmp_path / "net.pth", spec), spec)
    write_layers(tmp_path / "new.caffemodel.h5", fitted)
    net = compiler.compile(spec)
    compiler.load_weights(net, tmp_path / "new.caffemodel.h5")
    same(net, module(affine=False))


def test_what_data_parallel_put_before_the_names(tmp_path: Path) -> None:
    saved, spec = tmp_path / "net.pth", graph(*NETS["BVLC's"])
    state = {f"module.{name}": values for name, values in module().state_dict().items()}
    torch.save({"epoch": 3, "model": state, "optimizer": {"state": {}}}, saved)
    with pytest.raises(netspec.SpecError, match=r"new.safetensors 'module.\*=\*'"):
        compiler.load_weights(compiler.compile(spec), saved)
    layers = rename(stored_layers(saved), {"module.*": "*"})
    write_layers(tmp_path / "new.safetensors", layers)
    fitted, _ = fit(stored_layers(tmp_path / "new.safetensors", spec), spec)
    write_layers(tmp_path / "new.caffemodel", fitted)
    net = compiler.compile(spec)
    compiler.load_weights(net, tmp_path / "new.caffemodel")
    same(net, module())


class Calls:
    """What a hostile pickle holds."""

    def __init__(self, *call: object) -> None:
        self.call = call

    def __reduce__(self) -> tuple[object, ...]:
        return self.call[0], self.call[1:]


STATE = {"fc.weight": torch.zeros(5, 64)}
HELD = {  # what a file holds: words of the refusal
    "a call of the system": ({"fc.weight": Calls(print, "pwned")}, "it calls __builtin__.print"),
    "any memory": ({"fc.weight": Calls(bytearray, 2**40)}, "it calls __builtin__.bytearray"),
    "a whole module": (module(), "it calls torch.nn.modules"),
    "a number": ({"fc.weight": 3}, "no state_dict"),
    "nothing": ({}, "no state_dict"),
    "a list": ([torch.zeros(3)], "no state_dict"),
    "two": ({"model": STATE, "average": STATE}, "2 state_dicts: model, average"),
    "whole numbers": ({"fc.weight": torch.zeros(5, 64, dtype=torch.int64)}, "torch.int64"),
    "a number repeated": (
        {"fc.weight": torch.zeros(1, 1).expand(2**20, 2**20)},
        "claims 1,099,511,627,776 numbers",
    ),
}


@pytest.mark.parametrize("held", HELD)
def test_files_of_other_things_are_refused(held: str, tmp_path: Path) -> None:
    content, said = HELD[held]
    torch.save(content, tmp_path / "net.pt")
    with pytest.raises(netspec.SpecError, match=said) as caught:
        compiler.load_weights(compiler.compile(graph(*NETS["BVLC's"])), tmp_path / "net.pt")
    assert caught.value.diagnostics[0].code in ("C102", "C106")


def test_files_of_old_pytorch_are_refused(tmp_path: Path) -> None:
    torch.save(STATE, tmp_path / "old.pt", _use_new_zipfile_serialization=False)
    with pytest.raises(netspec.SpecError, match="it is a pickle; from PyTorch, save it again"):
        stored_layers(tmp_path / "old.pt")
