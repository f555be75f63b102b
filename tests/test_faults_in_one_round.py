"""Faults of a YAML file's blocks and of its layers' settings, told in one round."""

from __future__ import annotations

import pytest

import netspec
from netspec import SpecError

HEAD = "inputs: {data: [1, 3, 8, 8]}\n"
UNKNOWN = "  - Konvolution: {num_output: 3}\n"
BLOCK = """\
blocks:
  conv:
    with: {out: }
    layers: [Convolution: {num_output: =out, kernel_sise: 3}]
"""

CASES = {
    "a setting beside a type that is not known": (
        f"{HEAD}layers:\n{UNKNOWN}  - Pooling: {{pool: MAXIMUM, kernel_size: 2}}\n",
        [("N140", 3), ("N206", 4)],
    ),
    "inside a block, once for all its uses": (
        f"{HEAD}{BLOCK}layers:\n  - conv: {{out: 3}}\n  - conv: {{out: 4}}\n  - conv: {{aut: 4}}\n",
        [("N202", 5), ("N146", 9), ("N145", 9)],
    ),
    "not of a layer whose own text has a fault": (
        f"{HEAD}layers:\n  - Convolution: {{num_output: =wide, kernel_size: 3, kernel_h: 3}}\n",
        [("N151", 3)],
    ),
    "nor what follows from what is missing": (
        f"{HEAD}layers:\n{UNKNOWN}  - Convolution: {{name: c}}\n  - ReLU: {{bottom: k}}\n",
        [("N140", 3)],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_faults_of_both_kinds(case: str) -> None:
    text, expected = CASES[case]
    with pytest.raises(SpecError) as caught:
        netspec.loads(text, name="net.yaml")
    assert [(d.code, d.span.line) for d in caught.value.diagnostics if d.span] == expected
