"""The net of a state: which layers are in it, what they share, which shapes are given."""

from __future__ import annotations

import pytest
from chain import CHAIN, INPUT

import netspec

TRAIN, TEST = "TRAIN", "TEST"
RULES = [  # rules of a layer, phase, level, stages of the net, whether the layer is in it
    ("", TRAIN, 0, (), True),
    ("include { }", TEST, 0, (), True),
    ("exclude { }", TEST, 0, (), False),
    ("include { phase: TRAIN }", TRAIN, 0, (), True),
    ("include { phase: TRAIN }", TEST, 0, (), False),
    ("exclude { phase: TRAIN }", TRAIN, 0, (), False),
    ("exclude { phase: TRAIN }", TEST, 0, (), True),
    ("include { phase: TRAIN } include { phase: TEST }", TEST, 0, (), True),
    ("exclude { phase: TRAIN } exclude { phase: TEST }", TEST, 0, (), False),
    ("include { min_level: 1 }", TEST, 0, (), False),
    ("include { min_level: 1 }", TEST, 1, (), True),
    ("include { min_level: 1 }", TEST, 2, (), True),
    ("include { max_level: 1 }", TEST, 1, (), True),
    ("include { max_level: 1 }", TEST, 2, (), False),
    ("include { max_level: -1 }", TEST, 0, (), False),
    ("include { min_level: 1 max_level: 2 }", TEST, 3, (), False),
    ("include { min_level: 1 max_level: 2 }", TEST, 2, (), True),
    ("include { min_level: 3 max_level: 2 }", TEST, 2, (), False),
    ("exclude { min_level: 1 }", TEST, 0, (), True),
    ("exclude { min_level: 1 }", TEST, 1, (), False),
    ('include { stage: "a" }', TEST, 0, (), False),
    ('include { stage: "a" }', TEST, 0, ("a",), True),
    ('include { stage: "a" }', TEST, 0, ("b", "a"), True),
    ('include { stage: "a" }', TEST, 0, ("A",), False),
    ('include { stage: "a" stage: "b" }', TEST, 0, ("a",), False),  # all of them
    ('include { stage: "a" stage: "b" }', TEST, 0, ("a", "b"), True),
    ('include { stage: "a" } include { stage: "b" }', TEST, 0, ("b",), True),  # one of them
    ('include { not_stage: "a" }', TEST, 0, (), True),
    ('include { not_stage: "a" }', TEST, 0, ("a",), False),
    ('include { not_stage: "a" not_stage: "b" }', TEST, 0, ("b",), False),  # none of them
    ('include { stage: "a" not_stage: "b" }', TEST, 0, ("a",), True),
    ('include { stage: "a" not_stage: "b" }', TEST, 0, ("a", "b"), False),
    ('exclude { stage: "a" }', TEST, 0, ("a",), False),
    ('exclude { stage: "a" stage: "b" }', TEST, 0, ("a",), True),
    ('exclude { not_stage: "a" }', TEST, 0, (), False),
    ('include { phase: TRAIN stage: "a" min_level: 2 }', TRAIN, 2, ("a",), True),
    ('include { phase: TRAIN stage: "a" min_level: 2 }', TRAIN, 1, ("a",), False),
    ('include { phase: TRAIN stage: "a" min_level: 2 }', TEST, 2, ("a",), False),
    ('include { phase: TRAIN } include { stage: "a" }', TEST, 0, ("a",), True),
]


@pytest.mark.parametrize(("rules", "phase", "level", "stages", "there"), RULES)
def test_rules(rules: str, phase: str, level: int, stages: tuple[str, ...], there: bool) -> None:
    text = INPUT + f'layer {{ name: "r" type: "ReLU" bottom: "data" top: "r" {rules} }}'
    assert ("r" in netspec.loads(text, phase, level, stages).by_name) is there


def test_stages_of_the_file_count_too() -> None:
    rule = 'include { stage: "a" stage: "b" }'
    text = (
        'state { stage: "a" }' + INPUT + f'layer {{ type: "ReLU" bottom: "data" top: "r" {rule} }}'
    )
    assert "r" in netspec.loads(text, stages=("b",)).blob_shapes
    assert "r" not in netspec.loads(text).blob_shapes


SHARED = (
    INPUT
    + """
layer { name: "one" type: "InnerProduct" bottom: "data" top: "one" FIRST
        inner_product_param { num_output: 192 } }
layer { name: "two" type: "InnerProduct" bottom: "one" top: "two" SECOND
        inner_product_param { num_output: 192 } }
layer { name: "three" type: "InnerProduct" bottom: "two" top: "three" THIRD
        inner_product_param { num_output: 96 } }
"""
)
W = 'param { name: "w" }'
OWNED = [  # the params of three layers; who owns whose
    (("", "", ""), {}),
    ((W, "", ""), {}),
    ((W, W, ""), {("two", 0): ("one", 0)}),
    (("", W, W.replace("}", "share_mode: PERMISSIVE }")), "N311"),  # 192 x 192 and 96 x 192
    ((W, W, W), "N311"),
    (("param { } " + W, "param { } " + W, ""), {("two", 1): ("one", 1)}),
    (("param { } " + W, W, ""), "N311"),  # a bias and a weight
    (
        (W.replace("}", "lr_mult: 2 }"), W, ""),
        {("two", 0): ("one", 0)},
    ),
    ((W, W.replace("}", "lr_mult: 2 }"), ""), {("two", 0): ("one", 0)}),
    (
        (W.replace("}", "lr_mult: 2 }"), W.replace("}", "lr_mult: 2 }"), ""),
        {("two", 0): ("one", 0)},
    ),
    ((W.replace("}", "lr_mult: 2 }"), W.replace("}", "lr_mult: 1 }"), ""), "N311"),
    ((W.replace("}", "decay_mult: 0 }"), W.replace("}", "decay_mult: 1 }"), ""), "N311"),
]


@pytest.mark.parametrize(("params", "owners"), OWNED)
def test_shared_parameters(params: tuple[str, str, str], owners: object) -> None:
    text = SHARED
    for place, written in zip(("FIRST", "SECOND", "THIRD"), params):
        text = text.replace(place, written)
    if isinstance(owners, str):
        with pytest.raises(netspec.SpecError, match=owners):
            netspec.loads(text)
    else:
        assert netspec.loads(text).owners == owners


def test_as_many_elements_are_enough_where_that_is_asked_for() -> None:
    sharing = 'param { name: "w" share_mode: %s }'
    text = (
        INPUT
        + """
layer { name: "one" type: "InnerProduct" bottom: "data" top: "one" param { name: "w" }
        inner_product_param { num_output: 4 } }
layer { name: "two" type: "InnerProduct" bottom: "data" top: "two" %s
        inner_product_param { num_output: 4 transpose: true } }
"""
    )
    assert netspec.loads(text % sharing % "PERMISSIVE").owners == {("two", 0): ("one", 0)}
    with pytest.raises(netspec.SpecError, match="N311"):
        netspec.loads(text % sharing % "STRICT")


SHAPES = [
    ({}, {"data": (2, 3, 8, 8), "conv": (2, 4, 6, 6)}),
    ({"data": (5, 3, 8, 8)}, {"data": (5, 3, 8, 8), "conv": (5, 4, 6, 6)}),
    ({"data": [1, 7, 9, 10]}, {"data": (1, 7, 9, 10), "conv": (1, 4, 7, 8)}),
    ({"data": (2, 3, 8, 8, 8)}, {"conv": (2, 4, 6, 6, 6)}),
]


@pytest.mark.parametrize(("given", "shapes"), SHAPES)
def test_shapes_that_are_given_win(given: dict[str, tuple[int, ...]], shapes: object) -> None:
    text = CHAIN[: CHAIN.index('layer { name: "bn"')]
    graph = netspec.loads(text, shapes=given)
    assert {blob: graph.blob_shapes[blob] for blob in shapes} == shapes


def test_a_data_layer_without_its_data() -> None:
    text = """
layer { name: "d" type: "Data" top: "data" top: "label"
        data_param { source: "none" batch_size: 4 } }
layer { name: "ip" type: "InnerProduct" bottom: "data" top: "ip"
        inner_product_param { num_output: 2 } }
"""
    graph = netspec.loads(text, shapes={"data": (7, 3, 5, 5)})
    assert graph.blob_shapes == {"data": (7, 3, 5, 5), "label": (7,), "ip": (7, 2)}
    assert graph.inputs == {}
