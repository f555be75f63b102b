"""InfogainLoss with its matrix in a file, and indices that are out of range."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

import compiler
import netspec
from netspec.records.blob import write_blob

HEAD = """
    input: "scores" input_shape { dim: 4 dim: 3 }
    input: "label" input_shape { dim: 4 }
"""
SCORES = torch.tensor([[1.0, 2, 3], [0, -1, 4], [2, 2, 2], [-3, 1, 0]])
LABEL = torch.tensor([2.0, 0, 1, 1])


def infogain(source: str) -> netspec.Graph:
    return netspec.loads(
        HEAD
        + f"""layer {{ name: "loss" type: "InfogainLoss" bottom: "scores" bottom: "label"
              top: "loss" top: "prob" loss_weight: 1 loss_weight: 0
              infogain_loss_param {{ source: "{source}" }} }}"""
    )


def test_with_the_identity_it_is_softmax_with_loss(tmp_path: Path) -> None:
    path = tmp_path / "h.binaryproto"
    path.write_bytes(write_blob(np.eye(3, dtype=np.float32)[None, None]))
    tops = compiler.compile(infogain(str(path)))(SCORES, LABEL)
    want = torch.nn.functional.cross_entropy(SCORES, LABEL.long())
    torch.testing.assert_close(tops["loss"], want)
    torch.testing.assert_close(tops["prob"], SCORES.softmax(1))


@pytest.mark.parametrize(
    ("code", "content"),
    [("C301", None), ("C309", b"no protobuf"), ("C309", write_blob(np.zeros((2, 3), np.float32)))],
)
def test_refuses_the_file(code: str, content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "h.binaryproto"
    if content is not None:
        path.write_bytes(content)
    graph = infogain(str(path))
    with pytest.raises(netspec.SpecError) as caught:
        compiler.compile(graph)
    assert [d.code for d in caught.value.diagnostics] == [code]


def test_refuses_other_classes_than_the_matrix_has(tmp_path: Path) -> None:
    path = tmp_path / "h.binaryproto"
    path.write_bytes(write_blob(np.eye(3, dtype=np.float32)))
    net = compiler.compile(infogain(str(path)))
    with pytest.raises(netspec.SpecError, match="9 elements, but there are 4 classes"):
        net(torch.zeros(len(LABEL), 4), LABEL)


def test_refuses_indices_out_of_range() -> None:
    net = compiler.compile(
        netspec.loads(
            """input: "blob" input_shape { dim: 3 dim: 2 } input: "places" input_shape { dim: 2 }
               layer { name: "r" type: "BatchReindex" bottom: "blob" bottom: "places" top: "y" }"""
        )
    )
    blob = torch.arange(6.0).reshape(3, 2)
    assert net(blob, torch.tensor([2.0, 2.0]))["y"].tolist() == [[4, 5], [4, 5]]
    for wrong in (3.0, -1.0):
        with pytest.raises(netspec.SpecError) as caught:
            net(blob, torch.tensor([0.0, wrong]))
        assert [d.code for d in caught.value.diagnostics] == ["C351"]
