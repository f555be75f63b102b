"""N2: a setting, a field or a layer type is not what its declaration allows."""

from __future__ import annotations

from netspec.codes.code import Code

INPUT = """\
layer {
  name: "data"
  type: "Input"
  top: "data"
  input_param { shape { dim: 1 dim: 3 dim: 8 dim: 8 } }
}
"""
CONVOLUTION = """\
layer {
  name: "conv"
  type: "Convolution"
  bottom: "data"
  top: "conv"
  convolution_param { num_output: 4 kernel_size: 3 }
}
"""
POOLING = """\
layer {
  name: "pool"
  type: "Pooling"
  bottom: "data"
  top: "pool"
  pooling_param { pool: MAX kernel_size: 2 }
}
"""
RELU = """\
layer {
  name: "relu"
  type: "ReLU"
  bottom: "data"
  top: "relu"
}
"""
BATCH_NORM = """\
layer {
  name: "bn"
  type: "BatchNorm"
  bottom: "data"
  top: "bn"
  param { lr_mult: 0 }
}
"""
RUN = '''\
import compiler
import netspec

spec = """
layer {
  name: "data"  type: "Data"  top: "data"
  data_param { source: "images_lmdb"  batch_size: 2  backend: LMDB  EXTRA }
}
"""
compiler.compile(netspec.loads(spec, shapes={"data": (2, 1, 4, 4)}))
'''

CODES: tuple[Code, ...] = (
    Code(
        "N201",
        "unknown layer type",
        "The type is the name of one of Caffe's layer types, written as Caffe writes it, "
        "capitals included; Caffe stops with the list of those that it knows. `netspec layers` "
        "prints ours. Types of Caffe's forks and Python layers are not among them.",
        wrong=INPUT + RELU.replace("ReLU", "Relu6"),
        right=INPUT + RELU,
    ),
    Code(
        "N202",
        "unknown field",
        "The message has no field of that name, so Caffe's parser refuses the file. It is "
        "misspelt, or it stands one message too deep or too high: settings such as num_output "
        "stand inside convolution_param, while name, bottom, top and param stand beside it.",
        wrong=INPUT + CONVOLUTION.replace("kernel_size", "kernal_size"),
        right=INPUT + CONVOLUTION,
    ),
    Code(
        "N203",
        "one size, written in two ways",
        "The sides of a window are given as kernel_size, or as kernel_h and kernel_w; likewise "
        "stride and pad. With both, one of them would have to be ignored, and Caffe refuses.",
        wrong=INPUT + CONVOLUTION.replace("kernel_size: 3", "kernel_size: 3 kernel_h: 5"),
        right=INPUT + CONVOLUTION.replace("kernel_size: 3", "kernel_h: 5 kernel_w: 3"),
    ),
    Code(
        "N204",
        "a value of the wrong kind",
        "Every field takes one kind of value: a whole number, a number, true or false, a name "
        'such as MAX, text in quotes, or a message in braces. A number in quotes is text, "3" '
        "is not 3, and a whole number has neither point nor exponent. Caffe's parser reads "
        "nothing else.",
        wrong=INPUT + CONVOLUTION.replace("num_output: 4", 'num_output: "4"'),
        right=INPUT + CONVOLUTION,
    ),
    Code(
        "N205",
        "a number out of its range",
        "The number is of the right kind, but cannot be meant: a layer has at least one filter, "
        "a window at least one element, a share lies between 0 and 1. Where the field is "
        "unsigned Caffe's parser refuses; otherwise the layer stops when it is made.",
        wrong=INPUT + CONVOLUTION.replace("num_output: 4", "num_output: 0"),
        right=INPUT + CONVOLUTION,
    ),
    Code(
        "N206",
        "not a member of the enumeration",
        "The field takes one of a few names, written without quotes and in capitals, or the "
        "number that Caffe gives it. Fillers alone are named in quotes and in small letters.",
        wrong=INPUT + POOLING.replace("MAX", "AVERAGE"),
        right=INPUT + POOLING.replace("MAX", "AVE"),
    ),
    Code(
        "N207",
        "a setting is missing",
        "The layer cannot be made without the setting, and no default could be right for it. "
        "Caffe stops when it makes the layer.",
        wrong=INPUT + CONVOLUTION.replace("num_output: 4 ", ""),
        right=INPUT + CONVOLUTION,
    ),
    Code(
        "N208",
        "settings that exclude each other",
        "Each setting is right by itself, but both cannot hold: one window over the whole image "
        "has no size of its own, padding as wide as the window would be all that some windows "
        "see, a layer is either included or excluded. Caffe refuses most of these, and where it "
        "does not, one of the two would be ignored.",
        wrong=INPUT + POOLING.replace("kernel_size", "global_pooling: true kernel_size"),
        right=INPUT + POOLING.replace("kernel_size: 2", "global_pooling: true"),
    ),
    Code(
        "N209",
        "statistics with a learning rate",
        "The blobs of a BatchNorm layer are statistics: they are measured, not learned. Caffe "
        "allows param for them only with lr_mult: 0, which is what it does without any param. "
        "The factor and the bias that are learned belong to a Scale layer after it.",
        wrong=INPUT + BATCH_NORM.replace("lr_mult: 0", "lr_mult: 1"),
        right=INPUT + BATCH_NORM,
    ),
    Code(
        "N210",
        "filters that cannot be split into groups",
        "With group, the filters and the channels of the bottom are each cut into so many equal "
        "parts, and a part of the filters sees only its part of the channels. The group has to "
        "divide num_output; Caffe stops where it does not.",
        wrong=INPUT + CONVOLUTION.replace("num_output: 4", "num_output: 4 group: 3"),
        right=INPUT + CONVOLUTION.replace("num_output: 4", "num_output: 6 group: 3"),
    ),
    Code(
        "N211",
        "a setting or a type that is read but not run",
        "Forks of Caffe added settings and layer types that are understood here as far as shapes "
        "and figures go, so that their nets can be checked and drawn, but that nothing here "
        "computes: images of random sizes, items in random order. Computing something else "
        "without a word would be worse. Where it is a data layer, write an Input in its place and "
        "feed it.",
        wrong=RUN.replace("EXTRA", "shuffle: true"),
        right=RUN.replace("EXTRA", ""),
        language="python",
    ),
    Code(
        "N212",
        "a field that is not repeated is written twice",
        "Only a field that is repeated, such as bottom or stepvalue, may be written more than "
        "once; of any other, protobuf's parser does not guess which one is meant, and Caffe "
        "refuses the file. Usually a line was copied and one of the two forgotten.",
        wrong=INPUT + CONVOLUTION.replace("num_output: 4", "num_output: 4 num_output: 8"),
        right=INPUT + CONVOLUTION.replace("num_output: 4", "num_output: 8"),
    ),
)
