"""N4: shapes do not fit."""

from __future__ import annotations

from netspec.codes.code import Code
from netspec.codes.settings import CONVOLUTION, INPUT, POOLING

FLAT = """\
layer {
  name: "flat"
  type: "Flatten"
  bottom: "data"
  top: "flat"
}
"""
RESHAPE = """\
layer {
  name: "rows"
  type: "Reshape"
  bottom: "data"
  top: "rows"
  reshape_param { shape { dim: 0 dim: 24 dim: -1 } }
}
"""
SOFTMAX = """\
layer {
  name: "softmax"
  type: "Softmax"
  bottom: "data"
  top: "softmax"
  softmax_param { axis: -1 }
}
"""
SUM = """\
layer {
  name: "half"
  type: "Pooling"
  bottom: "data"
  top: "half"
  pooling_param { kernel_size: 3 stride: 1 pad: 1 }
}
layer {
  name: "sum"
  type: "Eltwise"
  bottom: "data"
  bottom: "half"
  top: "sum"
  eltwise_param { coeff: 1 coeff: -1 }
}
"""
PROGRAM = '''\
import torch

import compiler
import netspec

spec = """
layer {
  name: "data"
  type: "Input"
  top: "data"
  input_param { shape { dim: 1 dim: 3 dim: 8 dim: 8 } }
}
layer {
  name: "score"
  type: "InnerProduct"
  bottom: "data"
  top: "score"
  inner_product_param { num_output: 10 }
}
"""
net = compiler.compile(netspec.loads(spec))
'''
LOADING = PROGRAM.replace("import torch\n\nimport compiler\n", "").replace(
    "compiler.compile(netspec.loads(spec))", "netspec.loads(spec, shapes=SHAPES)"
)

CODES: tuple[Code, ...] = (
    Code(
        "N401",
        "the wrong number of axes",
        "The layer works on images, batch x channels x height x width, or needs an axis that "
        "its bottom does not have. Flatten and InnerProduct make images into rows, Reshape "
        "makes rows into images.",
        wrong=INPUT + FLAT + POOLING.replace('bottom: "data"', 'bottom: "flat"'),
        right=INPUT + POOLING,
    ),
    Code(
        "N402",
        "a window with no place in the image",
        "The window has no place in the image and its padding, so the top would have no "
        "elements. It happens when a net is fed smaller images than it was made for, or pools "
        "once too often. Caffe stops there, or goes on with an empty top.",
        wrong=INPUT + CONVOLUTION.replace("kernel_size: 3", "kernel_size: 11"),
        right=INPUT + CONVOLUTION.replace("kernel_size: 3", "kernel_size: 11 pad: 2"),
    ),
    Code(
        "N403",
        "bottoms that do not fit each other",
        "Eltwise takes blobs of one shape, without broadcasting; Concat blobs that differ along "
        "its axis only; a loss one label, or one target, for each score. Caffe stops. Where "
        "branches meet, a Pooling that rounds up beside a Convolution that rounds down is the "
        "usual reason.",
        wrong=INPUT + SUM.replace("stride: 1", "stride: 2"),
        right=INPUT + SUM,
    ),
    Code(
        "N404",
        "an axis that the blob does not have",
        "Axes count from 0; negative ones count from the last, which is -1. Caffe stops with "
        "`axis out of range`.",
        wrong=INPUT + SOFTMAX.replace("axis: -1", "axis: 4"),
        right=INPUT + SOFTMAX,
    ),
    Code(
        "N405",
        "a reshape that changes the number of elements",
        "A reshaped blob holds the same numbers in another shape, so both shapes have the same "
        "number of elements, and the one dimension given as -1 has to come out whole. Caffe "
        "stops.",
        wrong=INPUT + RESHAPE.replace("24", "25"),
        right=INPUT + RESHAPE,
    ),
    Code(
        "N406",
        "channels that cannot be split into groups",
        "With group, the channels of the bottom are cut into so many equal parts, each seen by "
        "its part of the filters. The group has to divide them; Caffe stops where it does not.",
        wrong=INPUT + CONVOLUTION.replace("num_output: 4", "num_output: 4 group: 2"),
        right=INPUT + CONVOLUTION.replace("num_output: 4", "num_output: 6 group: 3"),
    ),
    Code(
        "N407",
        "settings that do not match the blobs",
        "A setting that is given for each axis, bottom or top is given as often as there are, "
        "or once for all where the reference says so; and it cannot ask for more than the blob "
        "has. Caffe stops.",
        wrong=INPUT + SUM.replace("coeff: 1 coeff: -1", "coeff: 1"),
        right=INPUT + SUM,
    ),
    Code(
        "N408",
        "a blob that is too large",
        "Caffe counts the elements of a blob in 32 bits and stops where there are more. A "
        "number with a few zeros too many is the usual reason.",
        wrong=INPUT + CONVOLUTION.replace("num_output: 4", "num_output: 400000000"),
        right=INPUT + CONVOLUTION,
    ),
    Code(
        "N409",
        "a shape that is given for no input",
        "`shapes` in Python and --shape on the command line give the shape of an input or of a "
        "data layer's top, by the name of the blob, in whole numbers of 1 or more. The shapes "
        "of all other blobs follow.",
        wrong=LOADING.replace("SHAPES", '{"dta": (4, 3, 8, 8)}'),
        right=LOADING.replace("SHAPES", '{"data": (4, 3, 8, 8)}'),
        language="python",
    ),
    Code(
        "N410",
        "an input whose shape is not known",
        "All shapes follow from those of the inputs. An Input layer states its own; for a data "
        "layer the first item of the data tells it. Where there are no data, `shapes` in Python "
        "and --shape on the command line give it.",
        wrong=INPUT.replace("shape { dim: 1 dim: 3 dim: 8 dim: 8 }", ""),
        right=INPUT,
    ),
    Code(
        "N411",
        "inputs of a shape that the net cannot take",
        "A compiled net takes any batch and any image that its layers allow. This one reaches a "
        "layer whose weights have another size, as an InnerProduct's over the whole image, or "
        "that does not fit otherwise. Caffe stops when it reshapes the net.",
        wrong=PROGRAM + "net(data=torch.zeros(1, 3, 16, 16))\n",
        right=PROGRAM + "net(data=torch.zeros(5, 3, 8, 8))\n",
        language="python",
    ),
    Code(
        "N412",
        "a call that is not the net's",
        "A compiled net is called with a tensor for each of its inputs, by the names of the "
        "blobs or in the order of the file. One is missing, is given twice, or has no such "
        "name.",
        wrong=PROGRAM + "net(image=torch.zeros(1, 3, 8, 8))\n",
        right=PROGRAM + "net(data=torch.zeros(1, 3, 8, 8))\n",
        language="python",
    ),
)
