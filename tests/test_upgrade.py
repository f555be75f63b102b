"""Older forms of nets and solvers against today's, rule by rule."""

from __future__ import annotations

import pytest

import netspec
from netspec.diagnostics import Report
from netspec.language.prototxt.parse import parse
from netspec.language.prototxt.write import print_prototxt
from netspec.language.tree import Message, Scalar, same
from netspec.language.upgrade import upgrade
from netspec.language.upgrade.types import V0_TYPES, V1_TYPES
from netspec.layers import LAYERS
from netspec.source import Source


def tree(text: str) -> Message:
    return parse(Source("old.prototxt", text))


def comments(message: Message) -> list[str]:
    found: list[str] = []
    for field in message.fields:
        found += field.before
        if isinstance(field.value, Message):
            found += comments(field.value)
        found += [field.after] if field.after else []
    return [*found, *message.tail]


NETS = {  # what is upgraded: (old, new)
    "a V1 type by name": (
        'layers { name: "c" type: SOFTMAX_LOSS bottom: "a" top: "b" }',
        'layer { name: "c" type: "SoftmaxWithLoss" bottom: "a" top: "b" }',
    ),
    "a V1 type by number": ("layers { type: 14 }", 'layer { type: "InnerProduct" }'),
    "rates and decays": (
        "layers { type: CONVOLUTION blobs_lr: 1 blobs_lr: 2 weight_decay: 1 weight_decay: 0 }",
        """layer { type: "Convolution"
             param { lr_mult: 1 decay_mult: 1 } param { lr_mult: 2 decay_mult: 0 } }""",
    ),
    "fewer decays than rates, as a list": (
        "layers { type: CONVOLUTION blobs_lr: [1, 2] weight_decay: 3 }",
        'layer { type: "Convolution" param { lr_mult: 1 decay_mult: 3 } param { lr_mult: 2 } }',
    ),
    "shared parameters": (
        """layers { type: INNER_PRODUCT param: "w" param: "b"
             blob_share_mode: STRICT blob_share_mode: PERMISSIVE blobs_lr: 0.5 }""",
        """layer { type: "InnerProduct" param { name: "w" share_mode: STRICT lr_mult: 0.5 }
             param { name: "b" share_mode: PERMISSIVE } }""",
    ),
    "rules, weights of losses and messages stay": (
        """layers { type: POOLING include { phase: TRAIN } loss_weight: 2
             pooling_param { pool: AVE } }""",
        """layer { type: "Pooling" include { phase: TRAIN } loss_weight: 2
             pooling_param { pool: AVE } }""",
    ),
    "transformations": (
        'layers { type: DATA data_param { source: "s" scale: 0.5 mirror: 1 batch_size: 4 } }',
        """layer { type: "Data" data_param { source: "s" batch_size: 4 }
             transform_param { scale: 0.5 mirror: 1 } }""",
    ),
    "transformations win over transform_param": (
        """layers { type: IMAGE_DATA transform_param { crop_size: 3 scale: 2 }
             image_data_param { mean_file: "m" crop_size: 5 } }""",
        """layer { type: "ImageData"
             transform_param { scale: 2 mean_file: "m" crop_size: 5 }
             image_data_param { } }""",
    ),
    "transformations by number, and of windows": (
        "layers { type: 24 window_data_param { scale: 2 } transform_param { mirror: true } }",
        """layer { type: "WindowData" window_data_param { }
             transform_param { mirror: true scale: 2 } }""",
    ),
    "no transformation of another type": (
        "layers { type: HDF5_DATA data_param { scale: 2 } }",
        'layer { type: "HDF5Data" data_param { scale: 2 } }',
    ),
    "no transformation in today's form": (
        'layer { type: "Data" data_param { scale: 2 } }',
        'layer { type: "Data" data_param { scale: 2 } }',
    ),
    "a V0 convolution": (
        """layers { layer { name: "c" type: "conv" num_output: 8 kernelsize: 3 pad: 1 stride: 2
             biasterm: false group: 2 weight_filler { type: "xavier" } blobs_lr: 1 }
             bottom: "a" top: "c" }""",
        """layer { name: "c" type: "Convolution" convolution_param { num_output: 8 kernel_size: 3
             pad: 1 stride: 2 bias_term: false group: 2 weight_filler { type: "xavier" } }
             param { lr_mult: 1 } bottom: "a" top: "c" }""",
    ),
    "V0 data": (
        """layers { layer { type: "data" source: "s" meanfile: "m" batchsize: 9 cropsize: 7
             mirror: true scale: 2 rand_skip: 5 } top: "a" }""",
        """layer { type: "Data" data_param { source: "s" batch_size: 9 rand_skip: 5 }
             transform_param { mean_file: "m" crop_size: 7 mirror: true scale: 2 } top: "a" }""",
    ),
    "V0 images": (
        'layers { layer { type: "images" shuffle_images: true new_height: 8 new_width: 9 } }',
        """layer { type: "ImageData"
             image_data_param { shuffle: true new_height: 8 new_width: 9 } }""",
    ),
    "V0 windows": (
        'layers { layer { type: "window_data" det_fg_threshold: 0.7 det_crop_mode: "square" } }',
        """layer { type: "WindowData"
             window_data_param { fg_threshold: 0.7 crop_mode: "square" } }""",
    ),
    "V0 LRN, pooling, dropout, concat": (
        """layers { layer { type: "lrn" local_size: 3 alpha: 1 beta: 2 k: 3 } }
           layers { layer { type: "pool" pool: AVE kernelsize: 2 } }
           layers { layer { type: "dropout" dropout_ratio: 0.3 } }
           layers { layer { type: "concat" concat_dim: 0 } }""",
        """layer { type: "LRN" lrn_param { local_size: 3 alpha: 1 beta: 2 k: 3 } }
           layer { type: "Pooling" pooling_param { pool: AVE kernel_size: 2 } }
           layer { type: "Dropout" dropout_param { dropout_ratio: 0.3 } }
           layer { type: "Concat" concat_param { concat_dim: 0 } }""",
    ),
    "padding": (
        """layers { layer { name: "p" type: "padding" pad: 2 } bottom: "a" top: "p" }
           layers { layer { type: "conv" pad: 1 kernelsize: 5 } bottom: "p" top: "c" }""",
        """layer { type: "Convolution" convolution_param { kernel_size: 5 pad: 2 }
             bottom: "a" top: "c" }""",
    ),
    "padding without pad, over a blob of its own name": (
        """layers { layer { type: "padding" } bottom: "a" top: "a" }
           layers { layer { type: "pool" kernelsize: 3 } bottom: "a" top: "b" }
           layers { layer { type: "relu" } bottom: "b" top: "b" }""",
        """layer { type: "Pooling" pooling_param { kernel_size: 3 pad: 0 } bottom: "a" top: "b" }
           layer { type: "ReLU" bottom: "b" top: "b" }""",
    ),
    "a padded blob that is written again": (
        """layers { layer { type: "padding" pad: 2 } bottom: "a" top: "p" }
           layers { layer { type: "conv" kernelsize: 5 } bottom: "p" top: "p" }
           layers { layer { type: "pool" kernelsize: 3 } bottom: "p" top: "b" }""",
        """layer { type: "Convolution" convolution_param { kernel_size: 5 pad: 2 }
             bottom: "a" top: "p" }
           layer { type: "Pooling" pooling_param { kernel_size: 3 } bottom: "p" top: "b" }""",
    ),
    "input_shape": (
        """name: "n" input: "a" input_shape { dim: 1 dim: 2 } input: "b" input_shape { dim: 3 }
           layer { type: "Silence" bottom: "a" bottom: "b" }""",
        """name: "n" layer { name: "input" type: "Input" top: "a" top: "b"
             input_param { shape { dim: 1 dim: 2 } shape { dim: 3 } } }
           layer { type: "Silence" bottom: "a" bottom: "b" }""",
    ),
    "input_dim": (
        'input: "a" input: "b" input_dim: [1, 2, 3, 4] input_dim: [5, 6, 7, 8]',
        """layer { name: "input" type: "Input" top: "a" top: "b"
             input_param { shape { dim: [1, 2, 3, 4] } shape { dim: [5, 6, 7, 8] } } }""",
    ),
    "inputs below the layers": (
        'layers { type: RELU bottom: "a" } input: "a" input_dim: [1, 2, 3, 4] force_backward: true',
        """layer { name: "input" type: "Input" top: "a"
             input_param { shape { dim: [1, 2, 3, 4] } } }
           layer { type: "ReLU" bottom: "a" } force_backward: true""",
    ),
    "an input whose shape the caller gives": (
        'input: "a"',
        'layer { name: "input" type: "Input" top: "a" }',
    ),
    "statistics of a BatchNorm": (
        """layer { type: "BatchNorm" param { lr_mult: 1 } param { name: "v" decay_mult: 0.0 }
             param { } }""",
        """layer { type: "BatchNorm" param { lr_mult: 0 decay_mult: 0 }
             param { name: "v" decay_mult: 0.0 lr_mult: 0 } param { lr_mult: 0 decay_mult: 0 } }""",
    ),
    "a BatchNorm with two param, as it is": (
        'layer { type: "BatchNorm" param { lr_mult: 1 } param { lr_mult: 1 } }',
        'layer { type: "BatchNorm" param { lr_mult: 1 } param { lr_mult: 1 } }',
    ),
    "the head of a net, as it is": (
        'name: "n" state { phase: TRAIN stage: "s" } debug_info: true force_backward: true',
        'name: "n" state { phase: TRAIN stage: "s" } debug_info: true force_backward: true',
    ),
}


@pytest.mark.parametrize(("old", "new"), NETS.values(), ids=NETS)
def test_upgrades(old: str, new: str) -> None:
    report = Report()
    written = tree(old)
    made = upgrade(written, report)
    assert not report.diagnostics
    assert print_prototxt(made) == print_prototxt(tree(new))
    assert same(upgrade(made, report), made), "upgrading twice"
    assert same(written, tree(old)), "the tree that was given"


def test_knows_every_type() -> None:
    assert {type for _, type in V1_TYPES.values()} <= set(LAYERS)
    assert len({number for number, _ in V1_TYPES.values()}) == len(V1_TYPES) == 39
    assert {row.v1 for row in V0_TYPES.values()} <= set(V1_TYPES)


COMMENTED = """\
# a net
input: "a"  # the input
# its size
input_dim: 1  # batch
input_dim: 2
input_dim: 3
input_dim: 4
# the padding
layers {
  layer {
    # inside
    type: "padding"  # a type
    pad: 2
  }
  bottom: "a"
  top: "p"
}
layers {  # the convolution
  # first
  layer {
    type: "conv"  # cross-correlation
    kernelsize: 3  # small
    # rates
    blobs_lr: 1  # of the weight
    num_output: 4
    # last in layer
  }  # end of layer
  bottom: "p"
  top: "c"
  # last in layers
}
# the end
"""


def test_keeps_every_comment() -> None:
    old = tree(COMMENTED)
    made = upgrade(old, Report())
    assert sorted(comments(made)) == sorted(comments(old))
    assert print_prototxt(made).startswith('# a net\nlayer {\n  name: "input"\n')


def test_moved_fields_keep_their_places() -> None:
    old = 'layers { layer { type: "conv" kernelsize: 0 blobs_lr: 3 } bottom: "a" top: "c" }'
    made = upgrade(tree(old), Report())
    (layer,) = made.each("layer")
    assert isinstance(layer.value, Message)
    assert layer.span.text == "layers"
    places = {}
    for name in ("type", "convolution_param", "param"):
        field = layer.value.last(name)
        assert field is not None
        inner = field.value.fields[0] if isinstance(field.value, Message) else field
        assert isinstance(inner.value, Scalar)
        places[inner.name] = (inner.span.text, inner.value.span.text)
    assert places == {
        "type": ("type", '"conv"'),
        "kernel_size": ("kernelsize", "0"),
        "lr_mult": ("blobs_lr", "3"),
    }


def test_every_form_of_a_net_is_the_same_graph() -> None:
    v0 = """input: "data" input_dim: [2, 3, 8, 8]
        layers { layer { name: "pad" type: "padding" pad: 1 } bottom: "data" top: "pad" }
        layers { layer { name: "conv" type: "conv" num_output: 4 kernelsize: 3 blobs_lr: 2 }
                 bottom: "pad" top: "conv" }
        layers { layer { name: "relu" type: "relu" } bottom: "conv" top: "conv" }"""
    v1 = """input: "data" input_dim: [2, 3, 8, 8]
        layers { name: "conv" type: CONVOLUTION bottom: "data" top: "conv" blobs_lr: 2
                 convolution_param { num_output: 4 kernel_size: 3 pad: 1 } }
        layers { name: "relu" type: RELU bottom: "conv" top: "conv" }"""
    today = """layer { name: "input" type: "Input" top: "data"
                       input_param { shape { dim: 2 dim: 3 dim: 8 dim: 8 } } }
        layer { name: "conv" type: "Convolution" bottom: "data" top: "conv" param { lr_mult: 2 }
                convolution_param { num_output: 4 kernel_size: 3 pad: 1 } }
        layer { name: "relu" type: "ReLU" bottom: "conv" top: "conv" }"""
    assert netspec.loads(v0) == netspec.loads(v1) == netspec.loads(today)
