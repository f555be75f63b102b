"""Deploy nets by commands: their weights load, and they are written in either language."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from deployed import DEPLOYED, TRAIN_VAL

import compiler
import netspec
from tools.__main__ import main


def test_the_weights_load_and_the_predictions_are_the_same(tmp_path: Path) -> None:
    shapes = {"data": (3, 1, 8, 8), "label": (3,)}
    whole = compiler.compile(
        netspec.loads(
            TRAIN_VAL.replace("Data", "Input")
            .replace('data_param { source: "test_lmdb" batch_size: 10 backend: LMDB }', "")
            .replace('data_param { source: "train_lmdb" batch_size: 64 backend: LMDB }', "")
            .replace("transform_param { scale: 0.5 }", ""),
            shapes=shapes,
        ),
        keep=["ip"],
    )
    compiler.save_weights(whole, tmp_path / "net.caffemodel")
    small = compiler.compile(netspec.loads(DEPLOYED))
    compiler.load_weights(small, tmp_path / "net.caffemodel")
    images = torch.rand(3, 1, 8, 8)
    scores = whole(data=images, label=torch.zeros(3))["ip"]
    torch.testing.assert_close(small(data=images)["prob"], scores.softmax(1))


def test_the_command_writes_either_language(tmp_path: Path) -> None:
    path = tmp_path / "train_val.prototxt"
    path.write_text(TRAIN_VAL)
    for name in ("deploy.prototxt", "deploy.yaml"):
        out = tmp_path / name
        assert main(["deploy", str(path), "-o", str(out), "--shape", "data=1,1,8,8"]) == 0
        assert str(netspec.load(out)) == str(netspec.loads(DEPLOYED))
        assert "# the filters" in out.read_text()


def test_a_yaml_file_gives_yaml(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(
        "inputs: {data: [2, 6], label: [2]}\n"
        "blocks:\n  fc:\n    with: {out: }\n    layers:\n"
        "      - InnerProduct: {num_output: =out}\n"
        "layers:\n  - fc: {name: fc1, out: 4, bottom: data}\n"
        "  - SoftmaxWithLoss: {name: loss, bottom: [fc1/fc, label]}\n"
    )
    assert main(["deploy", str(path)]) == 0
    text = capsys.readouterr().out
    graph = netspec.loads(text, name="deploy.yaml")
    assert [n.type for n in graph.nodes] == ["Input", "InnerProduct", "Softmax"]
    assert graph.weight_shapes == {"fc1/fc": [(4, 6), (4,)]}
