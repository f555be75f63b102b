"""Nets made ready for other classes: heads, learning rates, frozen layers, data, and their text."""

from __future__ import annotations

from pathlib import Path

import pytest

import netspec
from netspec.build import open_tree
from netspec.diagnostics import Report
from netspec.finetune import Wanted, finetune, solver_text
from netspec.finetune.data import Data
from netspec.finetune.text import text_of
from netspec.graph import Graph
from netspec.language.read import read
from netspec.solver_file import loads_solver
from netspec.source import Source

ROOT = Path(__file__).parents[1]
SPECS = sorted(
    p for p in (ROOT / "specs").glob("*/*.yaml") if p.stem not in ("residual", "published")
)
TRAINED = """
# what it is for
name: "trained"
layer { name: "train" type: "Data" top: "data" top: "label" include { phase: TRAIN }
  data_param { source: "there/train" batch_size: 4 backend: LMDB }
  transform_param { crop_size: 16 } }
layer { name: "test" type: "Data" top: "data" top: "label" include { phase: TEST }
  data_param { source: "there/test" batch_size: 4 backend: LMDB }
  transform_param { crop_size: 16 } }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"  # at the front
  param { lr_mult: 1 decay_mult: 1 } param { lr_mult: 2 decay_mult: 0 }
  convolution_param { num_output: 4 kernel_size: 3 } }
layer { name: "bn" type: "BatchNorm" bottom: "conv" top: "bn" }
layer { name: "scale" type: "Scale" bottom: "bn" top: "bn" scale_param { bias_term: true } }
layer { name: "fc7" type: "InnerProduct" bottom: "bn" top: "fc7"
  inner_product_param { num_output: 6 bias_term: false } }
# the scores
layer { name: "fc8" type: "InnerProduct" bottom: "fc7" top: "fc8"
  param { lr_mult: 1 decay_mult: 1 } param { lr_mult: 2 decay_mult: 0 }
  inner_product_param { num_output: 10 weight_filler { type: "gaussian" std: 0.01 } } }
layer { name: "accuracy" type: "Accuracy" bottom: "fc8" bottom: "label" top: "accuracy"
  include { phase: TEST } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "fc8" bottom: "label" top: "loss" }
"""
SHAPES = {"data": (4, 3, 16, 16), "label": (4,)}
DATA = Data("train.txt", "test.txt")


def changed(text: str, wanted: Wanted, label: str = "label") -> tuple[str, Graph]:
    """The text of the new net, and the net of TRAIN that it reads back as."""
    source = Source("net.prototxt", text)
    tree = open_tree(source, Report())
    made = finetune(tree, wanted)
    new = text_of(made.tree, tree, source, Path("new.prototxt"))
    return new, netspec.loads(new, "TRAIN", shapes={"data": SHAPES["data"], label: (4,)})


def rates(graph: Graph) -> dict[str, list[float | None]]:
    return {n.name: [p.lr_mult for p in n.params] for n in graph.nodes if n.params}


def test_the_head_gets_a_name_classes_and_a_faster_rate() -> None:
    text, graph = changed(TRAINED, Wanted(5))
    assert graph.weight_shapes["fc8_ft"] == [(5, 6), (5,)]
    assert rates(graph) == {"conv": [1, 2], "fc8_ft": [10, 20]}
    assert [p.decay_mult for p in graph.by_name["fc8_ft"].params] == [1, 0]
    assert graph.by_name["loss"].bottoms[0].blob == "fc8_ft"
    for comment in ("# what it is for", "# at the front", "# the scores"):
        assert comment in text
    assert 'bottom: "fc8_ft"' in text
    assert '"fc8"' not in text


def test_what_is_frozen_keeps_parameters_and_statistics() -> None:
    _, graph = changed(TRAINED, Wanted(5, freeze="scale"))
    assert rates(graph) == {"conv": [0, 0], "scale": [0, 0], "fc8_ft": [10, 20]}
    assert graph.by_name["bn"].layer.use_global_stats is True  # type: ignore[attr-defined]
    _, graph = changed(TRAINED, Wanted(5, freeze="all"))
    assert rates(graph) == {"conv": [0, 0], "scale": [0, 0], "fc7": [0], "fc8_ft": [10, 20]}
    assert all(p.decay_mult == 0 for p in graph.by_name["conv"].params)


def test_names_that_are_taken_and_heads_that_are_named() -> None:
    taken = TRAINED.replace('"fc7"', '"fc8_ft"')
    _, graph = changed(taken, Wanted(5))
    assert "fc8_ft2" in graph.weight_shapes
    _, graph = changed(TRAINED, Wanted(5, heads=["fc7"], suffix="new"))
    assert graph.weight_shapes["fc7_new"] == [(5, 6 - 6 + 784)]
    assert graph.weight_shapes["fc8"] == [(10, 5), (10,)]


BEHIND = """
layer { name: "data" type: "Input" top: "data"
  input_param { shape { dim: 1 dim: 3 dim: 8 dim: 8 } } }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
  convolution_param { num_output: 9 kernel_size: 1 } }
layer { name: "bn" type: "BatchNorm" bottom: "conv" top: "bn" }
layer { name: "scale" type: "Scale" bottom: "bn" top: "bn" scale_param { bias_term: true } }
layer { name: "relu" type: "ReLU" bottom: "bn" top: "bn" }
layer { name: "pool" type: "Pooling" bottom: "bn" top: "pool"
  pooling_param { global_pooling: true } }
layer { name: "prob" type: "Softmax" bottom: "pool" top: "prob" }
"""


def test_what_follows_the_scores_is_learned_anew_too() -> None:
    text, graph = changed(BEHIND, Wanted(5, data=DATA))
    assert list(graph.weight_shapes) == ["conv_ft", "bn_ft", "scale_ft"]
    assert graph.weight_shapes["scale_ft"] == [(5,), (5,)]
    assert rates(graph) == {"conv_ft": [10, 10], "scale_ft": [10, 10]}
    assert "Softmax" in text


UPSAMPLED = """
layer { name: "data" type: "DummyData" top: "data" top: "label"
  dummy_data_param {
    shape { dim: 1 dim: 3 dim: 16 dim: 16 } shape { dim: 1 dim: 1 dim: 32 dim: 32 } } }
layer { name: "score" type: "Convolution" bottom: "data" top: "score"
  convolution_param { num_output: 21 kernel_size: 1 } }
layer { name: "up" type: "Deconvolution" bottom: "score" top: "up"
  convolution_param { num_output: 21 group: 21 kernel_size: 4 stride: 2 pad: 1
    weight_filler { type: "bilinear" } bias_term: false } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "up" bottom: "label" top: "loss" }
"""


def test_scores_that_are_only_enlarged_come_from_below() -> None:
    source = Source("net.prototxt", UPSAMPLED)
    made = finetune(open_tree(source, Report()), Wanted(5))
    graph = netspec.build.build(made.tree, "TRAIN")
    assert graph.weight_shapes["score_ft"] == [(5, 3, 1, 1), (5,)]
    assert graph.weight_shapes["up_ft"] == [(5, 1, 4, 4)]
    assert graph.outputs == ("loss",)


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_every_net_of_the_zoo(path: Path, tmp_path: Path) -> None:
    source = read(path)
    tree = open_tree(source, Report())
    data = Data("train_lmdb", "test_lmdb") if "digits" in str(path) else DATA
    made = finetune(tree, Wanted(5, data=data))
    assert made.before in (10, 1000)
    assert made.tested
    output = tmp_path / path.name
    output.write_text(text_of(made.tree, tree, source, output))
    before = netspec.load(path, "TEST")
    shapes = {"data": (2, *before.nodes[0].shapes[0][1:]), "label": (2,)}
    for phase in ("TRAIN", "TEST"):
        graph = netspec.load(output, phase, shapes=shapes)
        losing = [n for n in graph.nodes if any(n.loss_weights)]
        for loss in losing:
            assert loss.bottoms[0].shape == (2, 5)
        assert losing
    old = set(before.weight_shapes)
    new = set(graph.weight_shapes)
    assert len(old - new) == 1, "all weights but those of the head still load"
    assert new - old <= set(made.renamed.values())


def test_yaml_keeps_its_text_where_nothing_changes() -> None:
    path = ROOT / "specs/resnet/resnet-50.yaml"
    source = read(path)
    tree = open_tree(source, Report())
    made = finetune(tree, Wanted(5, data=DATA))
    text = text_of(made.tree, tree, source, path.with_name("new.yaml"))
    kept = [line for line in source.text.splitlines() if line in text.splitlines()]
    assert len(kept) >= len(source.text.splitlines()) - 2  # inputs, and `- classify`
    assert "stage: {name: conv3_x, n: 3, width: 128, letters: [b, c, d]}" in text
    assert "use: [published.yaml]" in text
    elsewhere = text_of(made.tree, tree, source, ROOT / "new.yaml")
    assert "use: [specs/resnet/published.yaml]" in elsewhere


def test_a_deploy_net_gets_data_and_a_loss() -> None:
    text, graph = changed(BEHIND, Wanted(5, data=Data("train.txt")))
    assert graph.nodes[0].type == "ImageData"
    assert (graph.nodes[0].layer.new_height, graph.nodes[0].layer.source) == (8, "train.txt")  # type: ignore[attr-defined]
    assert graph.loss_weights == {"loss": 1.0}
    assert "Accuracy" not in text
    assert "# prepare the images" in text
    said = Data("train_lmdb", "test_lmdb", transform="scale: 0.25 mean_value: 9")
    text, graph = changed(BEHIND, Wanted(5, data=said))
    assert "transform_param { scale: 0.25 mean_value: 9 mirror: true crop_size: 8 }" in text
    assert "# prepare" not in text
    assert graph.nodes[0].type == "Data"
    test = netspec.loads(text, "TEST", shapes=SHAPES)
    assert test.outputs == ("accuracy", "loss")


@pytest.mark.parametrize(
    ("text", "wanted", "code"),
    [
        (BEHIND, Wanted(5), "C262"),
        (TRAINED, Wanted(5, data=DATA), "C262"),
        (TRAINED, Wanted(5, freeze="fc9"), "C261"),
        (TRAINED, Wanted(5, freeze="fc8"), "C261"),
        (TRAINED, Wanted(5, heads=["pool"]), "C260"),
        (TRAINED, Wanted(0), "C260"),
        (
            BEHIND.replace("{ global_pooling: true }", "{ kernel_size: 2 }"),
            Wanted(5, data=DATA),
            "C262",
        ),
        (
            'layer { name: "d" type: "Input" top: "d" input_param { shape { dim: 2 } } }\n'
            'layer { name: "r" type: "ReLU" bottom: "d" top: "r" }',
            Wanted(5, data=DATA),
            "C260",
        ),
    ],
)
def test_what_cannot_be_done_is_said(text: str, wanted: Wanted, code: str) -> None:
    with pytest.raises(netspec.SpecError) as caught:
        changed(text, wanted)
    assert caught.value.diagnostics[0].code == code


def test_an_accuracy_among_more_classes_than_there_are() -> None:
    among = TRAINED.replace(
        'top: "accuracy"\n', 'top: "accuracy" accuracy_param { top_k: 5 axis: 1 }\n'
    )
    text, _ = changed(among, Wanted(3))
    test = netspec.loads(text, "TEST", shapes=SHAPES)
    assert test.by_name["accuracy"].layer.top_k == 3  # type: ignore[attr-defined]
    text, _ = changed(among, Wanted(6))
    assert "top_k: 5" in text


def test_the_solver_is_one() -> None:
    made = finetune(open_tree(Source("n.prototxt", TRAINED), Report()), Wanted(5))
    text = solver_text(made, "n.prototxt", 5, "n", 900, "w.caffemodel")
    said = loads_solver(text).parameter
    assert (said.base_lr, said.lr_policy, said.stepsize, said.max_iter) == (0.001, "step", 300, 900)
    assert said.weights == ("w.caffemodel",)
    assert said.test_iter == (100,)


def test_a_net_that_is_fed_its_labels_by_another_name() -> None:
    fed = BEHIND.replace(
        'layer { name: "conv"',
        'layer { name: "goal" type: "Input" top: "goal" input_param { shape { dim: 1 } } }\n'
        'layer { name: "conv"',
    ).replace(
        'type: "Softmax" bottom: "pool"', 'type: "SoftmaxWithLoss" bottom: "pool" bottom: "goal"'
    )
    _, graph = changed(fed, Wanted(5, data=Data("train.txt")), "goal")
    assert graph.nodes[0].tops == ("data", "goal")
    assert graph.loss_weights == {"prob": 1.0}
