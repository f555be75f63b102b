"""Layers of forks against what the forks themselves computed, forward and backward."""

from __future__ import annotations

import pytest
import torch
from golden_case import LAYERS as BVLC
from golden_case import Case, assert_close, cases

from netspec.layers import LAYERS
from netspec.schema.forks import OURS

FORKS = BVLC.with_name("forks")
NO_ORACLE = {  # types of forks without a case: where else they are held, or why they cannot be
    "test_fork_values.py": "L1Loss SeLu SeLuDropout ConvolutionDepthwise",
    "test_fork_shapes.py": "Gather",
    "test_faces.py": "CenterLoss",
    "the caller feeds them": "AnnotatedData CoSData ImageLabelmapData ImageSegData SegData "
    "VideoData",
    "of its shapes alone": "MultiStageMeanfield",
}


@pytest.mark.parametrize("name", cases(FORKS))
def test_computes_what_the_fork_computed(name: str) -> None:
    case = Case(name, folder=FORKS)
    for step in range(case.steps):
        inputs = case.inputs(0)
        blobs = case.net(**inputs)
        for blob, want in case.group(f"step/{step}").items():
            assert_close(blobs[blob], want, f"{blob} at step {step}")
    for key, want in case.group("after").items():
        assert_close(case.blob(key), want, f"{key} after the forwards")
    if not case.group("diff") and not case.group("paramdiff"):
        return
    terms = [(blobs[b] * blobs[b].new_tensor(d)).sum() for b, d in case.group("topdiff").items()]
    terms += [w * blobs[b].sum() for b, w in case.graph.loss_weights.items() if w]
    torch.stack(terms).sum().backward()
    for blob, want in case.group("diff").items():
        assert_close(inputs[blob].grad, want, f"gradient of {blob}")
    for key, want in case.group("paramdiff").items():
        assert_close(case.blob(key).grad, want, f"gradient of {key}")


def test_every_layer_of_a_fork_has_a_case_or_a_reason() -> None:
    shown = {node.type for name in cases(FORKS) for node in Case(name, folder=FORKS).graph.nodes}
    named = {name for names in NO_ORACLE.values() for name in names.split()}
    forks = {name for name, cls in LAYERS.items() if cls.fork not in ("", OURS)}
    assert forks - shown == named
