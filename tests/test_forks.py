"""Fields and types of forks: what changes nothing, what is refused, and types of one's own."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from one_layer import One, drawn, graph_of, spec

import compiler
import netspec
from netspec.build import build, open_tree
from netspec.diagnostics import Report
from netspec.layers import LAYERS, declare
from netspec.schema.forks import FORK_OF_FIELD
from netspec.schema.layer import Family, Layer, Shape
from netspec.source import Source

IMAGE = (2, 4, 6, 8)

REFUSED = [  # text, what the diagnostic says of the fork
    ('type: "MaskPooling"', "single shot text detector"),
    ('type: "TransformerBlock"', "MyCaffe (MyCaffe/MyCaffe)"),
    ('type: "ReLU" quantization_param { bw_params: 8 }', "intel/caffe"),
    ('type: "ReLU" detectnet_groundtruth_param { stride: 4 }', "NVIDIA/caffe"),
    ('type: "ReLU" transform_param { mask_param { } }', "MyCaffe (MyCaffe/MyCaffe)"),
    ('type: "Pooling" pooling_param { avg_include_pad: true }', "intel/caffe"),
]


@pytest.mark.parametrize(("body", "fork"), REFUSED)
def test_what_is_not_known_is_refused_by_the_name_of_its_fork(body: str, fork: str) -> None:
    with pytest.raises(netspec.SpecError) as refused:
        graph_of(body, [IMAGE])
    (refusal,) = refused.value.diagnostics
    assert refusal.code in ("N230", "N231")
    assert fork in refusal.message
    assert "--import" in refusal.help


def test_the_table_of_names_holds_none_that_is_declared() -> None:
    declared = {field for cls in LAYERS.values() for field in (cls.message, *cls.by_field)}
    assert not FORK_OF_FIELD.keys() & declared


UNCOMPUTED = [  # settings of a fork that shapes need not wait for, but running does
    (
        'type: "InnerProduct" inner_product_param { num_output: 3 normalize: true }',
        [(2, 4)],
        "normalize",
    ),
    ('type: "Softmax" softmax_param { normalize_type: "L2" }', [(2, 4)], "normalize_type"),
    (
        'type: "Convolution" convolution_param { num_output: 3 kernel_size: 1 relu: true }',
        [IMAGE],
        "relu",
    ),
    (
        'type: "Convolution" convolution_param {'
        " num_output: 3 kernel_size: 1 fuse_type: FUSED_CONV_RELU }",
        [IMAGE],
        "fuse_type",
    ),
    (
        'type: "LSTM" recurrent_param { num_output: 3 engine: CUDNN }',
        [(4, 2, 5), (4, 2)],
        "engine",
    ),
    (
        'type: "Data" data_param { source: "x" batch_size: 2 }'
        " transform_param { scale_ratios: 1 resize_param { height: 3 } }",
        [],
        "scale_ratios",
    ),
]


@pytest.mark.parametrize(("body", "bottoms", "setting"), UNCOMPUTED)
def test_what_is_only_read_is_refused_when_it_is_to_run(
    body: str, bottoms: list[Shape], setting: str
) -> None:
    shapes = {} if bottoms else {"t0": (2, 3, 4, 4)}
    graph = netspec.loads(spec(body, bottoms), shapes=shapes)
    with pytest.raises(netspec.SpecError, match="N211") as refused:
        compiler.compile(graph)
    assert setting in str(refused.value)


def test_noise_of_mycaffe_is_for_training_alone() -> None:
    body = 'type: "InnerProduct" inner_product_param {{ num_output: 3 enable_noise: {} }}'
    noisy, plain = (One(body.format(noise), [(2, 4)]) for noise in ("true", "false"))
    weight, bias, x = drawn(0, 3, 4), drawn(1, 3), drawn(2, 2, 4)
    noisy.fill(weight, bias, drawn(3, 3, 4), drawn(4, 3))
    plain.fill(weight, bias)
    np.testing.assert_array_equal(noisy(x)[0], plain(x)[0])
    assert One(body.format("true"), [(2, 4)]).blobs[2].mean().item() == pytest.approx(0.017 / 2)
    with pytest.raises(netspec.SpecError, match="N211"):
        One(body.format("true"), [(2, 4)], phase="TRAIN")


def test_the_settings_of_another_type_change_nothing() -> None:
    report = Report()
    body = 'type: "ReLU" general_triplet_loss_param { margin: 1 }'
    tree = open_tree(Source("net.prototxt", spec(body, [IMAGE])), report)
    graph = build(tree, report=report)
    assert graph.blob_shapes["t0"] == IMAGE
    (warning,) = report.diagnostics
    assert warning.code == "N501"
    assert "GeneralTripletLoss layers take it" in warning.help


def test_fields_without_effect_are_read() -> None:
    head = "default_forward_type: FLOAT16 global_grad_scale: 128 eltwise_mem_sharing: false "
    head += "mem_param { optimize_train: true } "
    text = head + spec('type: "ReLU" forward_type: FLOAT16 source_class: "a.B"', [IMAGE])
    x = drawn(0, *IMAGE)
    got = compiler.compile(netspec.loads(text))(torch.from_numpy(x))["t0"].numpy()
    np.testing.assert_array_equal(got, np.maximum(x, 0))


def test_a_rule_may_name_mycaffes_third_phase() -> None:
    text = spec('type: "ReLU"', [IMAGE])
    text += 'layer { name: "x" type: "ReLU" bottom: "t0" top: "x" include { phase: RUN } }'
    assert "x" not in netspec.loads(text).blob_shapes


def test_a_type_of_ones_own_is_declared_once() -> None:
    class Halve(Layer):
        """Divide by two."""

        family = Family.ARITHMETIC

        def infer(self, blob: Shape) -> Shape:
            return blob

    assert declare(Halve) is Halve
    assert declare(Halve) is Halve
    assert graph_of('type: "Halve"', [IMAGE]).blob_shapes["t0"] == IMAGE
    with pytest.raises(netspec.SpecError, match="N211"):
        compiler.compile(graph_of('type: "Halve"', [IMAGE]))
    with pytest.raises(ValueError, match="ReLU"):
        declare(type("ReLU", (Layer,), {"__doc__": "Mine."}))
