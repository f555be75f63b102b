"""Rewritten text: changed where the file writes the layers, and kept everywhere else."""

from __future__ import annotations

import difflib

import pytest
from rewriting import GOOGLENET, SMALL, opened, rewritten


def changes(old: str, new: str) -> list[str]:
    """The lines that went and came."""
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), n=0)
    return [line for line in lines if line[0] in "+-" and line[:3] not in ("+++", "---")]


FIVE = "conv: {name: 5x5_reduce, out: =reduce5}, conv: {name: 5x5"
KEPT = [  # a rewrite, and the lines of GoogLeNet that it changes
    (
        "A140",
        [
            f"-            - [{FIVE}, out: =n5x5, kernel: 5}}]",
            f"+            - [{FIVE}_1, out: =reduce5, kernel: 3}}, "
            "conv: {name: 5x5, out: =n5x5, kernel: 3}]",
        ],
    ),
    (
        "A141",
        [
            "+      - BatchNorm",
            "+      - Scale: {bias_term: true}",
            "-      - Dropout: {name: drop_fc, dropout_ratio: 0.7}",
            "-  - LRN: {name: pool1/norm1, local_size: 5, alpha: 0.0001, beta: 0.75}",
            "-  - LRN: {name: conv2/norm2, local_size: 5, alpha: 0.0001, beta: 0.75}",
            "-  - Dropout: {name: pool5/drop_7x7_s1, dropout_ratio: 0.4}",
        ],
    ),
    (
        "A150",
        [
            "-          param: =learn",
            "+          param: {lr_mult: 1, decay_mult: 1}",
            "-          bias_filler: =slight",
            "+          bias_term: false",
        ],
    ),
    ("A142:loss1/ave_pool", ["-  - head: {name: loss1, include: {phase: TRAIN}}"]),
]


@pytest.mark.parametrize(("asked", "lines"), KEPT, ids=[asked for asked, _ in KEPT])
def test_a_change_is_made_in_the_block_that_writes_it(asked: str, lines: list[str]) -> None:
    old = GOOGLENET
    if asked == "A150":
        old = rewritten(opened(old), "A141").text  # where there is a BatchNorm
    assert changes(old, rewritten(opened(old), asked).text) == lines


def test_one_place_of_a_block_is_written_out_and_the_others_stay() -> None:
    new = rewritten(opened(GOOGLENET), "A140:inception_3a/5x5").text
    gone = [line for line in changes(GOOGLENET, new) if line[0] == "-"]
    assert [line.split("name: ")[1].split(",")[0] for line in gone] == ["inception_3a"]
    assert new.count("- inception:") == GOOGLENET.count("- inception:") - 1


def test_comments_stay() -> None:
    for code in ("A102", "A140", "A141", "A155"):
        text = rewritten(opened(SMALL), code).text
        assert "# a small net of everything" in text
        assert "# the stem" in text
        assert "# side by side" in text


PROTOTXT = """\
# a net
layer { name: "data" type: "Input" top: "data"  # fed
  input_param { shape { dim: 1 dim: 8 dim: 14 dim: 14 } } }
layer {
  name: "conv"
  type: "Convolution"
  bottom: "data"   # reads data
  top: "conv"
  convolution_param { num_output: 8 kernel_size: 5 pad: 2 }
}
layer { name: "norm"  type: "LRN" bottom: "conv" top: "norm" }
layer { name: "fc" type: "InnerProduct" bottom: "norm" top: "fc"
        inner_product_param { num_output: 2 } }   # the end
"""


def test_prototxt_keeps_its_text() -> None:
    spec = opened(PROTOTXT, "net.prototxt")
    made = rewritten(spec, "A141").text
    assert 'bottom: "conv" top: "fc"' in made
    assert [line for line in changes(PROTOTXT, made) if line[0] == "-"] == [
        '-layer { name: "norm"  type: "LRN" bottom: "conv" top: "norm" }',
        '-layer { name: "fc" type: "InnerProduct" bottom: "norm" top: "fc"',
    ]
    stacked = rewritten(spec, "A140").text
    assert stacked.count("kernel_size: 3") == 2
    assert "# reads data" in stacked
    assert stacked.endswith(PROTOTXT.split("}\n}\n")[1])
