"""Mistakes in YAML specs with blocks: which code, at which place, with which help."""

from __future__ import annotations

import pytest
from block_text import CONV, DATA, refused

FAULTS = {
    "unknown types": (
        "layers: [Relu, ReLu, conv]",
        [("N140", "Relu"), ("N140", "ReLu"), ("N140", "conv")],
    ),
    "settings beside the type": ("layers:\n  - ReLU:\n    name: x", [("N141", "name")]),
    "no layer": ("layers: [3, [ReLU], ~]", [("N141", "3"), ("N141", "[ReLU]"), ("N141", "~")]),
    "settings that are no mapping": (
        "layers: [ReLU: 3, ReLU: [a]]",
        [("N141", "3"), ("N141", "[a]")],
    ),
    "a for of nothing": ("layers: [{for: {i: 3}}]", [("N141", "for")]),
    "a setting beside for": (
        "layers: [{for: {i: 3}, name: x, layers: []}]",
        [("N141", "name")],
    ),
    "layers that are no list": ("layers: {ReLU: }", [("N142", "{ReLU: }")]),
    "no layers": ("name: x\nblocks: {a: {layers: []}}", [("N142", "name")]),
    "sections that are misspelt": (
        "name: x\nblock: {a: {layers: [ReLU]}}\nlayer: [a, a, ReLUU]",
        [("N142", "block"), ("N142", "layer")],
    ),
    "a section of blocks that is misspelt": (
        "block: {a: {layers: [ReLU]}}\nlayers: [a, a, b]",
        [("N142", "block")],
    ),
    "inputs that are no mapping": ("inputs: [data]\nlayers: []", [("N142", "[data]")]),
    "a shape that is no list": (
        "inputs: {a: 3, b: {c: 1}}\nlayers: []",
        [("N142", "3"), ("N142", "{c: 1}")],
    ),
    "blocks that are no mapping": ("blocks: [a]\nlayers: []", [("N142", "[a]")]),
    "a block named as a layer type": (
        "blocks: {ReLU: {layers: []}}\nlayers: [ReLU]",
        [("N143", "ReLU")],
    ),
    "a block without layers": ("blocks: {a: [ReLU]}\nlayers: [a, a]", [("N143", "a")]),
    "a block with something else": (
        "blocks: {a: {wiht: {b: }, layers: []}}\nlayers: [a: {b: 1}]",
        [("N143", "wiht")],
    ),
    "parameters that cannot be named": (
        "blocks: {a: {with: {name: , if: , 3x: }, layers: []}}\nlayers: [a]",
        [("N143", "name"), ("N143", "if"), ("N143", "3x")],
    ),
    "a loop over what cannot be named": (
        "layers: [{for: {not: 3}, layers: []}]",
        [("N143", "not")],
    ),
    "arguments": (
        CONV + "layers: [conv: {ou: 3, top: x}, conv: {out: =nowhere}]",
        [("N146", "conv"), ("N145", "ou"), ("N145", "top"), ("N151", "nowhere")],
    ),
    "a block that uses itself": (
        "blocks: {a: {layers: [b]}, b: {layers: [ReLU, a]}}\nlayers: [a]",
        [("N147", "a")],
    ),
    "absolute files": (
        "use: [/a.yaml, 'C:\\b.yaml', \\\\c\\d]\nlayers: [x]",
        [("N148", "/a.yaml"), ("N148", "'C:\\b.yaml'"), ("N148", "\\\\c\\d")],
    ),
    "a file that is no text": ("use: [3]\nlayers: [x]", [("N148", "3")]),
    "a missing file": ("use: a.yaml\nlayers: [x]", [("N114", "a.yaml")]),
    "a file that uses itself": (
        "use: [sub/../net.yaml]\nlayers: [x]",
        [("N149", "sub/../net.yaml")],
    ),
    "a constant that is broken": (
        "with: {a: =1 // 0, b: =a + 1}\nlayers: [ReLU: {name: =b}]",
        [("N153", "1 // 0")],
    ),
    "an expression points at its part": (
        "layers:\n  - ReLU: {negative_slope: '=1 + nowhere'}\n  - ReLU: {name: \"r{1 +}\"}",
        [("N151", "nowhere"), ("N150", "1 +")],
    ),
    "an expression behind escapes points at the whole": (
        'layers: [ReLU: {negative_slope: "=\\x6eo"}]',
        [("N151", '"=\\x6eo"')],
    ),
    "braces": ("layers: [ReLU: {name: 'a{'}, ReLU: {name: 'a}b'}]", [("N150", "{"), ("N150", "}")]),
    "a text of a truth": ("layers: [ReLU: {name: 'a{1 < 2}'}]", [("N152", "1 < 2")]),
    "when": ("layers: [ReLU: {when: 1}, ReLU: {when: yes}]", [("N154", "1"), ("N154", "yes")]),
    "for": (
        "layers: [{for: 3, layers: []}, {for: {i: x}, layers: []}, {for: {i: -1}, layers: []}]",
        [("N154", "for"), ("N154", "x"), ("N154", "-1")],
    ),
    "lists of different lengths": (
        "layers: [{for: {i: 2, j: [1]}, layers: []}]",
        [("N155", "for")],
    ),
    "names": (
        "layers: [ReLU: {name: .}, ReLU: {name: ../a}, ReLU: {name: /}, ReLU: {name: [a, b]}]",
        [("N157", "."), ("N157", "../a"), ("N157", "/"), ("N157", "[a, b]")],
    ),
    "blobs": (
        "layers: [ReLU: {bottom: {a: 1}}, ReLU: {top: true}, ReLU: {top: ../a}]",
        [("N157", "{a: 1}"), ("N157", "true"), ("N157", "../a")],
    ),
    "rules inside rules": (
        "blocks: {a: {layers: [ReLU: {include: {phase: TEST}}]}}\n"
        "layers: [a: {exclude: {phase: TRAIN}}]",
        [("N158", "include")],
    ),
    "a chain that breaks": (DATA + "layers: [LRN: {include: {phase: TEST}}]", [("N159", "LRN")]),
    "branches": (
        "layers: [Concat: {of: 3}, Concat: {of: {a: , b: [ReLU]}}, Concat: {of: [ReLU]}]",
        [("N160", "of"), ("N160", "a"), ("N160", "ReLU")],
    ),
    "nothing": (
        "layers: [Convolution: {num_output: }, ReLU: {name: }, {for: {i: }, layers: []}]",
        [("N138", "num_output"), ("N138", ""), ("N138", "")],
    ),
    "a list in a list": (
        "layers: [Convolution: {kernel_size: [[1]], pad: '=[[1]]'}]",
        [("N138", "[1]"), ("N138", "'=[[1]]'")],
    ),
    "a name that no field can have": (
        "layers: [ReLU: {relu_param: {3x: 1}}]",
        [("N137", "3x")],
    ),
}


@pytest.mark.parametrize("case", FAULTS)
def test_refuses(case: str) -> None:
    text, expected = FAULTS[case]
    found = refused(text)
    assert [(d.code, d.span.text if d.span else None) for d in found] == expected
    for diagnostic in found:
        diagnostic.render()


PROPOSED = {  # what is written of it, and a part of the help
    "layers: [Conv2d]": "Caffe calls it Convolution",
    "layers: [MaxPool2d]": "Caffe calls it Pooling with pool: MAX",
    "layers: [Linear]": "Caffe calls it InnerProduct",
    "blocks: {conv: {layers: []}}\nlayers: [Conv]": "the nearest name is conv",
    "layers: [{for: {i: =range(2)}, layers: []}]": "write `{i: 2}`, which runs 1, 2",
    "layers: [{for: {i: x}, layers: []}]": "write `{i: 2}`, which runs 1, 2",
    "layers:\n  - Pooling {pool: AVE}": "write `- Pooling: {...}`",
    "layers:\n  - Pooling {}": "write `- Pooling: {...}`",
    "layers:\n  - Pooling {pool: AVE, kernel_size: 2}": "write `Pooling: {...}`",
    "layers: [ReLU, Pooling {pool: AVE}]": "write `Pooling: {...}`",
}


@pytest.mark.parametrize("text", PROPOSED)
def test_proposes(text: str) -> None:
    (fault,) = refused(text)
    assert PROPOSED[text] in fault.help
    assert "{" not in text.partition("Pooling")[2] or "colon is missing" in fault.message


def test_a_fault_in_a_block_shows_every_use_once() -> None:
    text = """\
blocks:
  inner: {with: {n: }, layers: [InnerProduct: {num_output: =n + width}]}
  outer: {layers: [inner: {n: 2}]}
layers: [outer, outer, inner: {n: 3}]
"""
    (fault,) = refused(text)
    places = []
    span = fault.span
    while span is not None:
        places.append((span.text, str(span)))
        span = span.via
    assert places == [
        ("width", "net.yaml:2:65"),
        ("inner", "net.yaml:3:20"),
        ("outer", "net.yaml:4:10"),
    ]


def test_every_mistake_is_found() -> None:
    text = """\
blocks:
  a: {with: {n: }, layers: [Convolution: {num_output: =n + 'x', kernel_size: =m}]}
layers:
  - Relu
  - a
  - a: {n: 1}
  - ReLU: {when: 3}
  - for: {i: [1]}
    layers: [a: {m: 2}]
"""
    assert [d.code for d in refused(text)] == [
        "N140",
        "N146",
        "N152",
        "N151",
        "N154",
        "N146",
        "N145",
    ]
