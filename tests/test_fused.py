"""A net for training computes a BatchNorm and the Scale behind it at once, and the same."""

from __future__ import annotations

import pytest
import torch

import compiler
import netspec
from compiler.training.fused import fuse

BEHIND = {  # what stands behind the BatchNorm: whether it is computed with it
    'layer { name: "s" type: "Scale" bottom: "bn" top: "s" scale_param { bias_term: true } }': True,
    'layer { name: "s" type: "Scale" bottom: "bn" top: "s" }': True,
    'layer { name: "s" type: "Scale" bottom: "bn" top: "s" scale_param { axis: 2 } }': False,
    'layer { name: "s" type: "Scale" bottom: "bn" top: "s" scale_param { num_axes: 2 } }': False,
    'layer { name: "s" type: "Scale" bottom: "bn" bottom: "c" top: "s" '
    "scale_param { axis: 0 } }": False,
    'layer { name: "s" type: "Bias" bottom: "bn" top: "s" }': False,
    'layer { name: "s" type: "ReLU" bottom: "bn" top: "s" }': False,
    'layer { name: "s" type: "Scale" bottom: "bn" top: "s" } '
    'layer { name: "r" type: "ReLU" bottom: "bn" top: "r" }': False,
}
NET = """
input: "data" input_shape {{ dim: [{batch}, 3, {size}, {size}] }}
input: "c" input_shape {{ dim: {batch} }}
layer {{ name: "bn" type: "BatchNorm" bottom: "data" top: "bn" }}
{behind}
layer {{ name: "off" type: "Silence" bottom: "c" }}
"""


@pytest.mark.parametrize("phase", ["TRAIN", "TEST"])
@pytest.mark.parametrize(("batch", "size"), [(4, 5), (1, 1)])
@pytest.mark.parametrize("behind", BEHIND)
def test_the_same_is_computed(behind: str, batch: int, size: int, phase: str) -> None:
    text = NET.format(batch=batch, size=size, behind=behind)
    made = []
    for fused in (False, True):
        net = compiler.compile(netspec.loads(text, phase=phase)).train(phase == "TRAIN")
        torch.manual_seed(0)
        with torch.no_grad():
            for blobs in compiler.blobs(net).values():
                for blob in blobs:
                    blob.copy_(torch.rand_like(blob) + 0.5)
        calls = sum(node.op == "call_module" for node in net.graph.nodes)
        if fused:
            fuse(net)
            fewer = calls - sum(node.op == "call_module" for node in net.graph.nodes)
            assert bool(fewer) == BEHIND[behind]
        data = torch.randn(batch, 3, size, size, requires_grad=True)
        out = net(data=data, c=torch.rand(batch))
        sum(
            (blob * torch.arange(blob.numel()).view_as(blob)).sum() for blob in out.values()
        ).backward()
        made.append(
            [*out.values(), data.grad, *(b for v in compiler.blobs(net).values() for b in v)]
        )
        made[-1] += [p.grad for p in net.parameters()]
    for one, two in zip(*made, strict=True):
        torch.testing.assert_close(one, two, atol=1e-4, rtol=1e-4)
