"""What a graph says of a net: values, uses, outputs, losses, sharing; which layers are in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from chain import CHAIN, INPUT

import netspec
from netspec.graph import Graph, Node, Value
from netspec.layers.activation import ReLU
from netspec.layers.arithmetic import Eltwise

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
