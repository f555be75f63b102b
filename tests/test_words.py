"""What diagnostics say: a net with one mistake, its code, and words of the message or the help."""

from __future__ import annotations

import pytest

import netspec
from netspec.diagnostics import SpecError

INPUT = 'layer { name: "data" type: "Input" top: "data" input_param { shape { dim: [1, 4] } } }\n'
SAID = [
    (  # the name that the file has, not the one that upgrading gives it
        'input: "d" input_dim: [1, 1, 1, 4] layers { type: INNER_PRODUCT name: "f" bottom: "d" '
        'top: "f" blobs_lr: MAX inner_product_param { num_output: 1 } }',
        "N204",
        "blobs_lr: expected a number, found MAX",
    ),
    (
        'input: "d" input_dim: [1, 1, 1, "a"] layer { type: "ReLU" bottom: "d" top: "d" }',
        "N204",
        "input_dim: expected a whole number",
    ),
    (
        INPUT + 'layer { name: "c" type: "Convolution" top: "c" '
        "convolution_param { num_output: 1 kernel_size: 1 } }",
        "N302",
        "add bottom: the name of the blob that it reads",
    ),
    (
        INPUT + 'layer { name: "f" type: "InnerProduct" bottom: "data" top: "f" '
        "inner_product_param { num_output: 1 relu_param { } } }",
        "N202",
        "it stands beside inner_product_param, not inside: a closing brace may be missing",
    ),
    (
        INPUT + 'layer { name: "f" type: "InnerProduct" bottom: "data" top: "f" '
        'inner_product_param { num_output: 1 weight_filler: [type: "xavier"] } }',
        "N101",
        "a message in a list stands in braces of its own: `[{ ... }]`",
    ),
]


@pytest.mark.parametrize(("text", "code", "words"), SAID)
def test_said(text: str, code: str, words: str) -> None:
    with pytest.raises(SpecError) as caught:
        netspec.loads(text)
    (said,) = caught.value.diagnostics
    assert said.code == code
    assert words in (said.message, said.help) or words in said.message
