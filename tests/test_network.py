"""What a compiled net is: an nn.Module that copies, pickles, exports, and refuses wrong inputs."""

from __future__ import annotations

import copy
import pickle
import warnings

import pytest
import torch
from golden_case import Case
from torch import fx

import compiler
import netspec
from compiler.backward import ADVICE

NET = "net-resnext-block-test"


def test_is_a_graph_module_that_frees_its_values() -> None:
    case = Case(NET)
    net = compiler.compile(case.graph)
    assert isinstance(net, fx.GraphModule)
    freed = [
        v
        for line in net.code.splitlines()
        if "None" in line
        for v in line.split(";")[1].split("=")[:-1]
    ]
    names = {str(n) for n in net.graph.nodes if n.op in ("placeholder", "call_module") and n.users}
    returned = {str(n) for n in net.graph.output_node().all_input_nodes}
    assert {v.strip() for v in freed} == names - returned


@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))], ids=["copy", "pickle"]
)
@pytest.mark.parametrize(
    "name", ["net-resnext-block-train", "net-inception-block-test", "prelu-shared"]
)
def test_copies_compute_the_same_and_share_nothing(name: str, copied: object) -> None:
    case = Case(name)
    twin = copied(case.net)
    case.net.eval(), twin.eval()
    want, got = case.net(**case.inputs(0)), twin(**case.inputs(0))
    assert all(torch.equal(want[b], got[b]) for b in want)
    mine = {p.data_ptr() for p in case.net.parameters()}
    assert not mine & {p.data_ptr() for p in twin.parameters()}
    assert len(list(twin.parameters())) == len(mine)


def test_exports_and_compiles() -> None:
    case = Case(NET)
    inputs = {k: v.detach() for k, v in case.inputs(0).items()}
    want = case.net(**inputs)
    exported = torch.export.export(case.net, (), inputs).module()(**inputs)
    compiled = torch.compile(case.net, backend="eager")(**inputs)
    for got in (exported, compiled):
        assert all(torch.allclose(want[b], got[b]) for b in want)


@pytest.mark.parametrize("shape", [(1, 3, 13, 12), (9, 3, 13, 12), (2, 3, 40, 31)])
def test_takes_any_batch_and_any_image_that_the_layers_allow(shape: tuple[int, ...]) -> None:
    case = Case(NET)
    tops = case.net(torch.rand(shape), torch.zeros(shape[0]))
    assert tops["fc"].shape == (shape[0], 5)


def test_layers_may_share_a_name_where_one_has_parameters() -> None:
    spec = """
layer { name: "x" type: "Input" top: "data" input_param { shape { dim: 2 dim: 3 } } }
layer { name: "x" type: "InnerProduct" bottom: "data" top: "ip"
        inner_product_param { num_output: 4 weight_filler { type: "xavier" } } }
layer { name: "x" type: "ReLU" bottom: "ip" top: "ip" }
"""
    net = compiler.compile(netspec.loads(spec))
    weight, bias = compiler.blobs(net)["x"]
    data = torch.rand(2, 3)
    assert torch.equal(net(data)["ip"], torch.relu(data @ weight.T + bias))


REFUSED = [  # arguments, code, words of the message
    ({}, "N412", "data is missing"),
    ({"data": torch.rand(4, 3, 13, 12), "labl": torch.zeros(4)}, "N412", "no input labl"),
    ({"data": [1.0], "label": torch.zeros(4)}, "N412", "is of type list"),
    ({"data": torch.rand(4, 3, 13, 12).double(), "label": torch.zeros(4)}, "N412", "is float64"),
    ({"data": torch.rand(4, 5, 13, 12), "label": torch.zeros(4)}, "N411", "has the weight"),
    ({"data": torch.rand(4, 3, 13), "label": torch.zeros(4)}, "N411", "stem has the weight"),
    ({"data": torch.rand(4, 3, 13, 12), "label": torch.zeros(3)}, "N411", "loss cannot take"),
    ({"data": torch.rand(4, 3, 13, 12), "label": torch.full((4,), 5.0)}, "C350", "label 5"),
    ({"data": torch.rand(4, 3, 13, 12), "label": torch.full((4,), -1.0)}, "C350", "label -1"),
]


@pytest.mark.parametrize(("inputs", "code", "words"), REFUSED)
def test_refuses_inputs_that_do_not_fit(inputs: dict[str, object], code: str, words: str) -> None:
    net = Case(NET).net
    with pytest.raises(netspec.SpecError, match=words) as caught:
        net(**inputs)
    assert caught.value.diagnostics[0].code == code


HOSTILE = [
    'a");import os;os.abort();("',
    "x\\",
    "a.b",
    "",
    "forward",
    "class",
    "train",
    "spec",
    "Ⅷ",
    "a\nb",
    "1x1/3 x:y",
]


def test_names_of_layers_and_blobs_never_become_code() -> None:
    def quoted(text: str) -> str:
        return '"' + "".join(f"\\{b:03o}" for b in text.encode()) + '"'

    layers = [
        'layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 2 dim: 3 } } }'
    ]
    bottom = '"data"'
    for name in HOSTILE:
        top = quoted(name + "!")
        head = f'name: {quoted(name)} type: "InnerProduct" bottom: {bottom} top: {top}'
        layers.append(f"layer {{ {head} inner_product_param {{ num_output: 3 }} }}")
        bottom = top
    net = compiler.compile(netspec.loads("\n".join(layers)), keep="all")
    blobs = net(data=torch.ones(2, 3))
    assert [n + "!" in blobs for n in HOSTILE] == [True] * len(HOSTILE)
    assert set(compiler.blobs(net)) == set(HOSTILE)
    assert len(net.state_dict()) == 2 * len(HOSTILE)


def test_keep_names_blobs_of_the_net() -> None:
    graph = Case(NET).graph
    assert set(compiler.compile(graph, keep=["stem"])(**Case(NET).inputs(0))) == {
        "stem",
        *graph.outputs,
    }
    with pytest.raises(KeyError, match="no blob steam"):
        compiler.compile(graph, keep=["steam"])


def test_propagate_down_false_stops_the_gradient() -> None:
    net = compiler.compile(
        netspec.loads("""
        layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 2 dim: 3 } } }
        layer { name: "a" type: "InnerProduct" bottom: "data" top: "a"
                inner_product_param { num_output: 3 weight_filler { type: "xavier" } } }
        layer { name: "b" type: "InnerProduct" bottom: "a" top: "b" propagate_down: false
                inner_product_param { num_output: 3 weight_filler { type: "xavier" } } }""")
    ).train()
    net(torch.rand(2, 3))["b"].sum().backward()
    a, b = compiler.blobs(net)["a"][0], compiler.blobs(net)["b"][0]
    assert a.grad is None
    assert b.grad is not None


SHARED = """
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 2 dim: 4 } } }
layer { name: "a" type: "InnerProduct" bottom: "data" top: "a" param { name: "w" }
        inner_product_param { num_output: 4 weight_filler { type: "xavier" } bias_term: false } }
layer { name: "b" type: "InnerProduct" bottom: "a" top: "b" param { name: "w" MODE }
        inner_product_param { num_output: OUT weight_filler { type: "xavier" } bias_term: false } }
"""


@pytest.mark.parametrize("copied", [False, True])
def test_shared_parameters_are_one(copied: bool) -> None:
    net = compiler.compile(netspec.loads(SHARED.replace("MODE", "").replace("OUT", "4")))
    net = copy.deepcopy(net) if copied else net
    (owner,), (sharer,) = compiler.blobs(net)["a"], compiler.blobs(net)["b"]
    assert owner is sharer
    assert len(list(net.parameters())) == 1
    x = torch.rand(2, 4)
    torch.testing.assert_close(net(x)["b"], x @ owner.T @ owner.T)


@pytest.mark.parametrize("copied", [False, True])
def test_permissive_sharing_needs_equal_counts_only(copied: bool) -> None:
    text = SHARED.replace("MODE", "share_mode: PERMISSIVE").replace("OUT", "2")
    text = text.replace('bottom: "a" top: "b"', 'bottom: "wide" top: "b"')
    wide = 'layer { name: "wide" type: "Concat" bottom: "a" bottom: "a" top: "wide" }'
    text = text.replace('layer { name: "b"', wide + '\nlayer { name: "b"')
    net = compiler.compile(netspec.loads(text)).train()
    net = copy.deepcopy(net) if copied else net
    (owner,), (sharer,) = compiler.blobs(net)["a"], compiler.blobs(net)["b"]
    assert sharer.shape == (2, 8)
    assert sharer.data_ptr() == owner.data_ptr()
    before = net(torch.ones(2, 4))["b"].detach()
    with torch.no_grad():
        owner.mul_(2)
    torch.testing.assert_close(net(torch.ones(2, 4))["b"], 4 * before)
    net(torch.ones(2, 4))["b"].sum().backward()
    assert owner.grad.abs().sum() > 0


def test_whole_numbers_are_taken_as_numbers() -> None:
    net = Case(NET).net
    image = torch.randint(0, 256, (4, 3, 13, 12), dtype=torch.uint8)
    label = torch.tensor([0, 1, 2, 3])
    want = net(image.float(), label.float())
    assert all(torch.equal(blob, want[name]) for name, blob in net(image, label).items())
    doubled = copy.deepcopy(net).double()(image, label)
    assert doubled["fc"].dtype is torch.float64


def test_phases_are_known() -> None:
    with pytest.raises(netspec.SpecError, match="found test"):
        netspec.loads('name: "x"', phase="test")


@pytest.mark.parametrize(
    ("asked", "flows"), [("nothing", False), ("train", True), ("force", True), ("input", True)]
)
def test_without_a_loss_gradients_flow_where_they_are_asked_for(asked: str, flows: bool) -> None:
    head = "force_backward: true " if asked == "force" else ""
    net = compiler.compile(netspec.loads(head + ONE_FILTER)).train(asked == "train")
    data = torch.randn(2, 3, 4, 4, requires_grad=asked == "input")
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        net(data=data)["conv"].sum().backward()
    weight = compiler.blobs(net)["conv"][0]
    assert (weight.grad is not None) == flows
    assert [str(w.message) for w in said] == ([] if flows else [ADVICE])


ONE_FILTER = """
    layer { name: "data" type: "Input" top: "data"
      input_param { shape { dim: 2 dim: 3 dim: 4 dim: 4 } } }
    layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
      convolution_param { num_output: 2 kernel_size: 3 weight_filler { type: "xavier" } } }"""
