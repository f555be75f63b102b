"""What a CPU does faster in another way is what PyTorch's own functions give."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

import compiler
import netspec

POOL = """
layer {{ name: "data" type: "Input" top: "data" input_param {{ shape {{ dim: [2, 3, 11, 8] }} }} }}
layer {{ name: "pool" type: "Pooling" bottom: "data" top: "pool" pooling_param {{ {} }} }}
"""
WINDOWS = [
    "kernel_size: 3 stride: 2",
    "kernel_size: 3 pad: 1",
    "kernel_h: 2 kernel_w: 5 stride_h: 3 stride_w: 1 pad_h: 0 pad_w: 2",
    "kernel_size: 2 stride: 2 round_mode: FLOOR",
    "kernel_size: 1 stride: 3",
    "kernel_size: 1 stride: 2 pad: 0",
    "kernel_size: 2 stride: 3 pad: 1",
    "kernel_size: 3 stride: 2 pad: 2",
    "global_pooling: true",
]


@pytest.mark.parametrize("settings", WINDOWS)
def test_maxima_are_those_of_pytorchs_windows(settings: str) -> None:
    """Where a gradient is asked for, PyTorch's own pooling runs; the other is held against it."""
    net = compiler.compile(netspec.loads(POOL.format(settings)))
    image = torch.randn(2, 3, 11, 8, generator=torch.Generator().manual_seed(0))
    image[0, 0, 4, 4], image[0, 1, 2, 2] = -torch.inf, torch.nan
    image[1, 2] = -torch.inf
    wanted = net(data=image.clone().requires_grad_())["pool"]
    found = net(data=image)["pool"]
    assert found.is_contiguous()
    assert torch.equal(found.nan_to_num(7.0), wanted.detach().nan_to_num(7.0))
    assert image[0, 0, 4, 4] == -torch.inf, "the image is as it was"


@pytest.mark.parametrize("size", [1, 3, 5, 7])
def test_neighbouring_channels_add_up_to_pytorchs_lrn(size: int) -> None:
    text = POOL.replace("Pooling", "LRN").replace("pooling_param", "lrn_param")
    text = text.format(f"local_size: {size} alpha: 0.5 beta: 0.6 k: 2")
    net = compiler.compile(netspec.loads("force_backward: true" + text))
    mine = torch.randn(2, 3, 11, 8, generator=torch.Generator().manual_seed(0)).requires_grad_()
    theirs = mine.detach().clone().requires_grad_()
    found = net(data=mine)["pool"]
    wanted = F.local_response_norm(theirs, size, 0.5, 0.6, 2)
    torch.testing.assert_close(found, wanted)
    (found * found.detach()).sum().backward()
    (wanted * wanted.detach()).sum().backward()
    torch.testing.assert_close(mine.grad, theirs.grad)
