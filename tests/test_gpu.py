"""A GPU computes what the CPU computes, and what Caffe computed: every golden layer on both."""

from __future__ import annotations

import pytest
import torch
from golden_case import Case, assert_close, cases


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU that PyTorch can use")
def test_golden_layers_agree_on_gpu_and_cpu() -> None:
    compared = 0
    for name in cases():
        here, there = Case(name), Case(name, "cuda")
        for step in range(here.steps):
            one, other = (case.net(**case.inputs(step)) for case in (here, there))
            for blob, value in one.items():
                assert_close(other[blob], value.detach().numpy(), f"{name} {blob}")
                compared += 1
    assert compared > len(cases())
