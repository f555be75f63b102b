"""What no older form of a net allows, and where it is pointed at."""

from __future__ import annotations

import pytest

from netspec.codes.upgrades import CODES
from netspec.diagnostics import Report
from netspec.language.prototxt.parse import parse
from netspec.language.tree import Message
from netspec.language.upgrade import upgrade, upgrade_solver
from netspec.source import Source


def tree(text: str) -> Message:
    return parse(Source("old.prototxt", text))


REFUSED = {  # code, the text that is pointed at, the net
    "a V1 type that is misspelt": ("N171", "CONVOLUTON", "layers { type: CONVOLUTON }"),
    "a V1 type of no number": ("N171", "40", "layers { type: 40 }"),
    "NONE": ("N171", "NONE", "layers { type: NONE }"),
    "today's type in a V1 layer": ("N171", '"ReLU"', 'layers { type: "ReLU" }'),
    "a V0 type that is misspelt": ("N171", '"convv"', 'layers { layer { type: "convv" } }'),
    "a V0 type without quotes": ("N171", "conv", "layers { layer { type: conv } }"),
    "layers after layer": ("N170", "layers", 'layer { type: "ReLU" } layers { type: RELU }'),
    "V1 after V0": ("N170", "layers", 'layers { layer { type: "relu" } } layers { type: RELU }'),
    "today's field in a V1 layer": ("N172", "phase", "layers { type: RELU phase: TRAIN }"),
    "param { } in a V1 layer": ("N172", "param", "layers { type: RELU param { lr_mult: 1 } }"),
    "a V1 field that is misspelt": ("N172", "botom", 'layers { type: RELU botom: "a" }'),
    "a V0 setting that is misspelt": (
        "N172",
        "kernel_size",
        'layers { layer { type: "conv" kernel_size: 3 } }',
    ),
    "padding before a ReLU": (
        "N173",
        "layers",
        """layers { layer { type: "padding" } bottom: "a" top: "p" }
           layers { layer { type: "relu" } bottom: "p" }""",
    ),
    "padding beside another bottom": (
        "N173",
        "layers",
        """layers { layer { type: "padding" } bottom: "a" top: "p" }
           layers { layer { type: "conv" } bottom: "p" bottom: "q" }""",
    ),
    "padding of two blobs": (
        "N173",
        "layers",
        """layers { layer { type: "padding" } bottom: "a" bottom: "b" top: "p" }
           layers { layer { type: "conv" } bottom: "p" }""",
    ),
    "padding of padding": (
        "N173",
        "layers",
        """layers { layer { type: "padding" } bottom: "a" top: "p" }
           layers { layer { type: "padding" } bottom: "p" top: "q" }""",
    ),
    "three input_dim": ("N174", "input_dim", 'input: "a" input_dim: [1, 2, 3]'),
    "one input_shape for two": ("N174", "input_shape", 'input: ["a", "b"] input_shape { dim: 1 }'),
    "a setting of another V0 type": (
        "N570",
        "num_output",
        'layers { layer { type: "lrn" num_output: 3 } }',
    ),
    "a V1 field in a V0 layer": (
        "N570",
        "include",
        'layers { include { } layer { type: "relu" } }',
    ),
    "five input_dim": ("N570", "input_dim", 'input: "a" input_dim: [1, 2, 3, 4, 5]'),
    "input_dim beside input_shape": (
        "N570",
        "input_dim",
        'input: "a" input_shape { dim: 1 } input_dim: 1',
    ),
    "input_dim without input": ("N570", "input_dim", "input_dim: 1"),
}


@pytest.mark.parametrize(("code", "place", "text"), REFUSED.values(), ids=REFUSED)
def test_points_at_what_no_form_allows(code: str, place: str, text: str) -> None:
    report = Report()
    upgrade(tree(text), report)
    (found,) = report.diagnostics
    assert found.code == code
    assert found.span is not None
    assert found.span.text == place
    assert found.help


def test_every_code_is_given_first() -> None:
    for code in CODES:
        for text, expected in ((code.wrong, [code.name]), (code.right, [])):
            report = Report()
            (upgrade_solver if code.language == "solver" else upgrade)(tree(text), report)
            assert [d.code for d in report.diagnostics] == expected, code.name
