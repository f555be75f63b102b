"""N17: a net in an older form breaks that form's rules; N570: part of it says nothing."""

from __future__ import annotations

from netspec.codes.code import Code

INPUT = """\
input: "data"
input_dim: 1
input_dim: 3
input_dim: 8
input_dim: 8
"""
V1_RELU = """\
layers {
  name: "relu"
  type: RELU
  bottom: "data"
  top: "relu"
}
"""
RELU = V1_RELU.replace("layers", "layer").replace("RELU", '"ReLU"')
TANH = """\
layer {
  name: "tanh"
  type: "TanH"
  bottom: "relu"
  top: "tanh"
}
"""
V0_PADDING = """\
layers {
  layer { name: "pad" type: "padding" pad: 1 }
  bottom: "data"
  top: "pad"
}
"""
V0_RELU = """\
layers {
  layer { name: "relu" type: "relu" }
  bottom: "pad"
  top: "relu"
}
"""
V0_POOL = """\
layers {
  layer { name: "pool" type: "pool" pool: MAX kernelsize: 3 }
  bottom: "pad"
  top: "pool"
}
"""
SOLVER = """\
net: "net.prototxt"
base_lr: 0.01
lr_policy: "fixed"
type: "Adam"
"""

CODES: tuple[Code, ...] = (
    Code(
        "N170",
        "layers in two forms",
        'Layers are written `layer { type: "ReLU" }` today, `layers { type: RELU }` until 2014 and '
        '`layers { layer { type: "relu" } }` until 2013. A file keeps to one form: Caffe refuses '
        "one that mixes the first two, and where the third comes in it drops the other layers.",
        wrong=INPUT + V1_RELU + TANH,
        right=INPUT + RELU + TANH,
    ),
    Code(
        "N171",
        "unknown type in an older form",
        "In `layers { ... }` the type is a member of an enumeration, CONVOLUTION, in capitals and "
        'without quotes; in `layers { layer { ... } }` it is a small word in quotes, "conv". Types '
        "that came later, such as BatchNorm, can be written in today's form only.",
        wrong=INPUT + V1_RELU.replace("RELU", '"ReLU"'),
        right=INPUT + V1_RELU,
    ),
    Code(
        "N172",
        "unknown field in an older form",
        "The field is not one that a layer of this form has, and Caffe refuses the file. Either it "
        "is misspelt, or it belongs to today's form.",
        wrong=INPUT + V1_RELU.replace("  top", "  propagate_down: true\n  top"),
        right=INPUT + RELU.replace("  top", "  propagate_down: true\n  top"),
    ),
    Code(
        "N173",
        "padding that cannot be folded",
        "The first form of Caffe's nets had padding layers. Their padding becomes the `pad` of the "
        "conv or pool layer that reads them, its one bottom; no other layer can be padded.",
        wrong=INPUT + V0_PADDING + V0_RELU,
        right=INPUT + V0_PADDING + V0_POOL,
    ),
    Code(
        "N174",
        "inputs without enough dimensions",
        "Every `input` at the head of a net has an `input_shape`, or four `input_dim`: number, "
        "channels, height, width. Some are missing.",
        wrong=INPUT.removesuffix("input_dim: 8\n") + V1_RELU,
        right=INPUT + V1_RELU,
    ),
    Code(
        "N175",
        "solver_type beside type",
        '`solver_type: ADAM` is the old form of `type: "Adam"`. A solver has one type, so one of '
        "the two is given.",
        wrong=SOLVER + "solver_type: ADAM\n",
        right=SOLVER,
        language="solver",
    ),
    Code(
        "N570",
        "part of an older form that says nothing",
        "Caffe reads the field and passes over it: it does not belong to a layer of this type, or "
        "there are more shapes than inputs. What it was meant to say is not said.",
        wrong=INPUT + "input_dim: 16\n" + V1_RELU,
        right=INPUT + V1_RELU,
    ),
)
