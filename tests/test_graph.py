"""What a graph says of a net: values, uses, outputs, losses, sharing; which layers are in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

import netspec
from netspec.graph import Graph, Node, Value
from netspec.layers.activation import ReLU
from netspec.layers.arithmetic import Eltwise

INPUT = """
layer { name: "data" type: "Input" top: "data"
        input_param { shape { dim: 2 dim: 3 dim: 8 dim: 8 } } }
"""
CHAIN = (
    'name: "chain"'
    + INPUT
    + """
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
        convolution_param { num_output: 4 kernel_size: 3 } }
layer { name: "bn" type: "BatchNorm" bottom: "conv" top: "conv" }
layer { name: "scale" type: "Scale" bottom: "conv" top: "conv" scale_param { bias_term: true } }
layer { name: "relu" type: "ReLU" bottom: "conv" top: "conv" }
layer { name: "pool" type: "Pooling" bottom: "conv" top: "pool" pooling_param { kernel_size: 2 } }
layer { name: "sum" type: "Eltwise" bottom: "conv" bottom: "conv" top: "a sum" }
"""
)
PRINTED = """\
graph chain (TEST)
  %data: 2x3x8x8 = Input[shape=(BlobShape(dim=(2, 3, 8, 8)),)]() name='data'
  %conv: 2x4x6x6 = Convolution[num_output=4, kernel=(3,)](%data) name='conv'
  %conv.1: 2x4x6x6 = BatchNorm(%conv) name='bn'
  %conv.2: 2x4x6x6 = Scale[bias_term=True](%conv.1) name='scale'
  %conv.3: 2x4x6x6 = ReLU(%conv.2) name='relu'
  %pool: 2x4x5x5 = Pooling[kernel=(2,)](%conv.3) name='pool'
  %a sum: 2x4x6x6 = Eltwise(%conv.3, %conv.3) name='sum'
  return a sum, pool"""


def test_work_in_place_makes_new_values_under_one_name() -> None:
    graph = netspec.loads(CHAIN)
    _, conv, bn, scale, relu, pool, total = graph.nodes
    assert [n.bottoms[0].node for n in (bn, scale, relu, pool, total)] == [
        conv,
        bn,
        scale,
        relu,
        relu,
    ]
    assert {v.blob for n in (conv, bn, scale, relu) for v in n.values} == {"conv"}
    assert graph.blobs["conv"] == relu.values[0] != conv.values[0]
    assert graph.uses[conv.values[0]] == ((bn, 0),)
    assert graph.uses[relu.values[0]] == ((pool, 0), (total, 0), (total, 1))
    assert not graph.uses[pool.values[0]]


def test_prints_as_a_program() -> None:
    assert str(netspec.loads(CHAIN)) == PRINTED


def test_what_it_says() -> None:
    graph = netspec.loads(CHAIN)
    assert graph.inputs == {"data": (2, 3, 8, 8)}
    assert graph.outputs == ("a sum", "pool")  # in alphabetical order
    assert graph.blob_shapes == {
        "data": (2, 3, 8, 8),
        "conv": (2, 4, 6, 6),
        "pool": (2, 4, 5, 5),
        "a sum": (2, 4, 6, 6),
    }
    assert graph.weight_shapes == {
        "conv": [(4, 3, 3, 3), (4,)],
        "bn": [(4,), (4,), (1,)],
        "scale": [(4,), (4,)],
    }
    assert graph.by_name["pool"].type == "Pooling"
    assert graph.loss_weights == {}
    edges = {(a.name, b.name, d["bottom"]) for a, b, d in graph.networkx.edges(data=True)}
    assert ("relu", "sum", 1) in edges
    assert len(edges) == 7


def test_labels_are_unique() -> None:
    text = CHAIN.replace('top: "pool"', 'top: "conv.1"')
    labels = netspec.loads(text).labels()
    assert len(set(labels.values())) == len(labels)


EQUAL = [  # what changes the net, and what does not
    ("num_output: 4", "num_output: 4 stride: 1", False),
    ("num_output: 4", "num_output: 4 group: 1", True),
    ("num_output: 4", "num_output: 5", False),
    ('name: "relu"', 'name: "relu2"', False),
    ('type: "ReLU"', 'type: "TanH"', False),
    ("kernel_size: 2", "kernel_size: 2  # a comment\n", True),
    ("kernel_size: 2", "kernel_size: 2 pool: MAX", True),
    ('bottom: "conv" top: "pool"', 'bottom: "data" top: "pool"', False),
    ('name: "chain"', 'name: "other"', False),
    ('name: "chain"', 'name: "chain" force_backward: true', False),
    ('name: "pool"', 'propagate_down: false name: "pool"', False),
    ('name: "pool"', 'propagate_down: true name: "pool"', True),
    ('name: "bn"', 'phase: TRAIN name: "bn"', False),
    ('name: "bn"', 'phase: TEST name: "bn"', True),
    ('name: "conv"', 'param { lr_mult: 2 } name: "conv"', False),
    ('name: "pool"', 'loss_weight: 1 name: "pool"', False),
    ('name: "pool"', 'loss_weight: 0 name: "pool"', True),
]


@pytest.mark.parametrize(("old", "new", "equal"), EQUAL)
def test_equality(old: str, new: str, equal: bool) -> None:
    one, other = netspec.loads(CHAIN), netspec.loads(CHAIN.replace(old, new, 1))
    assert (one == other) is equal
    assert not equal or hash(one) == hash(other)


def test_graphs_of_two_phases_differ() -> None:
    assert netspec.loads(CHAIN, "TRAIN") != netspec.loads(CHAIN, "TEST")


def nodes_of(graph: Graph) -> dict[str, Node]:
    return {n.name: n for n in graph.nodes}


def swapped(graph: Graph) -> Graph:
    a, b, *rest = graph.nodes
    return replace(graph, nodes=(b, a, *rest))


def changed(node: str, **fields: object) -> Callable[[Graph], Graph]:
    return lambda graph: replace(
        graph, nodes=tuple(replace(n, **fields) if n.name == node else n for n in graph.nodes)
    )


MALFORMED: dict[str, tuple[Callable[[Graph], Graph], str]] = {
    "out of order": (swapped, "before it is made"),
    "a node left out": (lambda g: replace(g, nodes=g.nodes[1:]), "before it is made"),
    "a replaced node": (changed("relu", name="other"), "before it is made"),
    "a wrong shape": (changed("sum", shapes=((1, 2),)), "is not"),
    "tops without shapes": (changed("sum", shapes=()), "without shapes"),
    "too few bottoms": (changed("sum", bottoms=()), "has 0 bottoms"),
    "another layer": (changed("sum", layer=ReLU()), "has 2 bottoms"),
    "two of one name": (
        lambda g: replace(g, nodes=(*g.nodes, replace(nodes_of(g)["conv"], tops=("more",)))),
        "have one name",
    ),
}


@pytest.mark.parametrize("fault", MALFORMED)
def test_check_catches_a_malformed_graph(fault: str) -> None:
    graph = netspec.loads(CHAIN)
    graph.check()
    spoil, words = MALFORMED[fault]
    with pytest.raises(AssertionError, match=words):
        spoil(graph).check()


def test_check_catches_a_top_that_there_is_not() -> None:
    graph = netspec.loads(CHAIN)
    relu = nodes_of(graph)["relu"]
    extra = Node("x", Eltwise(), (Value(relu, 1), Value(relu, 0)), ("x",), ((2, 4, 6, 6),))
    with pytest.raises(AssertionError, match="before it is made"):
        replace(graph, nodes=(*graph.nodes, extra)).check()


LOSSES = (
    INPUT
    + """
layer { name: "label" type: "Input" top: "label"
        input_param { shape { dim: 2 dim: 3 dim: 8 dim: 8 } } }
layer { name: "one" type: "EuclideanLoss" bottom: "data" bottom: "label" }
layer { name: "two" type: "EuclideanLoss" bottom: "data" bottom: "label" loss_weight: 0.5 }
layer { name: "three" type: "EuclideanLoss" bottom: "data" bottom: "label" top: "named" }
layer { name: "none" type: "EuclideanLoss" bottom: "data" bottom: "label" top: "zero"
        loss_weight: 0 }
layer { name: "pool" type: "Pooling" bottom: "data" top: "pool" loss_weight: 0.1
        pooling_param { kernel_size: 8 } }
"""
)


def test_losses_count_by_their_weights_and_need_no_name() -> None:
    graph = netspec.loads(LOSSES)
    assert list(graph.loss_weights.values()) == [1.0, 0.5, 1.0, pytest.approx(0.1)]
    assert len(graph.loss_weights) == 4
    assert list(graph.loss_weights)[2:] == ["named", "pool"]
    assert graph.outputs == ("named", "pool", "zero")
    assert set(graph.blob_shapes) == {"data", "label", "named", "zero", "pool"}


PHASES = (
    INPUT
    + """
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
        convolution_param { num_output: 4 kernel_size: 3 } }
layer { name: "bn" type: "BatchNorm" bottom: "conv" top: "conv" include { phase: TRAIN } }
layer { name: "bn" type: "BatchNorm" bottom: "conv" top: "conv" include { phase: TEST }
        batch_norm_param { use_global_stats: true } }
layer { name: "scale" type: "Scale" bottom: "conv" top: "conv" scale_param { bias_term: true } }
"""
)


@pytest.mark.parametrize(("phase", "fixed"), [("TRAIN", None), ("TEST", True)])
def test_a_batch_norm_for_each_phase_under_one_name(phase: str, fixed: bool | None) -> None:
    graph = netspec.loads(PHASES, phase)
    assert [n.name for n in graph.nodes] == ["data", "conv", "bn", "scale"]
    assert graph.by_name["bn"].layer.use_global_stats is fixed
    assert graph.outputs == ("conv",)
    assert graph.weight_shapes["scale"] == [(4,), (4,)]


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
