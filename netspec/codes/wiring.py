"""N3: layers and blobs do not fit together."""

from __future__ import annotations

from netspec.codes.code import Code
from netspec.codes.settings import INPUT, RELU

TANH = """\
layer {
  name: "tanh"
  type: "TanH"
  bottom: "relu"
  top: "tanh"
}
"""
SIGMOID = TANH.replace("tanh", "sigmoid").replace("TanH", "Sigmoid")
POOLING = """\
layer {
  name: "pool"
  type: "Pooling"
  bottom: "data"
  top: "pool"
  pooling_param { kernel_size: 2 }
}
"""
LOSS = """\
layer {
  name: "label"
  type: "Input"
  top: "label"
  input_param { shape { dim: 1 dim: 1 dim: 8 dim: 8 } }
}
layer {
  name: "loss"
  type: "SoftmaxWithLoss"
  bottom: "data"
  bottom: "label"
  top: "loss"
}
"""
TWO = """\
layer {
  name: "one"
  type: "InnerProduct"
  bottom: "data"
  top: "one"
  param { name: "shared" }
  inner_product_param { num_output: 192 }
}
layer {
  name: "two"
  type: "InnerProduct"
  bottom: "one"
  top: "two"
  param { name: "shared" }
  inner_product_param { num_output: 192 }
}
"""
APART = TWO.replace('  param { name: "shared" }\n', "")

CODES: tuple[Code, ...] = (
    Code(
        "N301",
        "a bottom that no layer makes",
        "A bottom is the name of a top of a layer above, capitals included. Nothing makes a "
        "blob of that name in this phase, level and stage; Caffe stops with `Unknown bottom "
        "blob`.",
        wrong=INPUT + RELU.replace('bottom: "data"', 'bottom: "dta"'),
        right=INPUT + RELU,
    ),
    Code(
        "N302",
        "the wrong number of bottoms",
        "Every layer type reads a certain number of blobs, in a certain order: a loss its "
        "scores and its labels, a ReLU one blob. Caffe counts them and stops.",
        wrong=INPUT + LOSS.replace('  bottom: "label"\n', ""),
        right=INPUT + LOSS,
    ),
    Code(
        "N303",
        "the wrong number of tops",
        "Every layer type makes a certain number of blobs, and each needs a name. Caffe counts "
        "them and stops; only a loss may leave its top without a name.",
        wrong=INPUT + RELU.replace('  top: "relu"\n', ""),
        right=INPUT + RELU,
    ),
    Code(
        "N304",
        "a blob that is made twice",
        "Two layers write blobs of one name, and the second does not read the first: what the "
        "first made would be lost. Caffe stops with `produced by multiple sources`. A layer may "
        "write over its own bottom, which is working in place.",
        wrong=INPUT + RELU + RELU.replace("ReLU", "TanH"),
        right=INPUT + RELU + TANH,
    ),
    Code(
        "N305",
        "work in place on a blob that others read",
        "A layer that works in place writes over its bottom. Where another layer reads the same "
        "blob, it would see one or the other, by luck. Caffe gives every reader a copy first, "
        "and then stops, because the blob is made twice.",
        wrong=INPUT + RELU + TANH + SIGMOID.replace('top: "sigmoid"', 'top: "relu"'),
        right=INPUT + RELU + TANH + SIGMOID,
    ),
    Code(
        "N306",
        "work in place by a layer that cannot",
        "The layer reads its bottom again after it has begun to write its top, or changes its "
        "shape, so the two cannot be the same blob. Caffe refuses some of these layers and "
        "computes rubbish with the others.",
        wrong=INPUT + POOLING.replace('top: "pool"', 'top: "data"'),
        right=INPUT + POOLING,
    ),
    Code(
        "N307",
        "a blob that is read before it is made",
        "Layers run in the order of the file, and a layer sees only what those above it have "
        "made. Where two layers each read what the other makes there is no order at all: a net "
        "has no cycles. Caffe stops with `Unknown bottom blob`.",
        wrong=INPUT + TANH + RELU,
        right=INPUT + RELU + TANH,
    ),
    Code(
        "N308",
        "propagate_down not once for each bottom",
        "propagate_down says for each bottom whether gradients go down to it. It is given once "
        "for each, in their order, or not at all; Caffe stops otherwise.",
        wrong=INPUT + RELU.replace("}", "  propagate_down: false\n" * 2 + "}"),
        right=INPUT + RELU.replace("}", "  propagate_down: false\n}"),
    ),
    Code(
        "N309",
        "more params than parameters",
        "Each param says how one parameter of the layer learns, in their order: the weight, "
        "then the bias. The layer has fewer of them; Caffe stops with `Too many params "
        "specified`.",
        wrong=INPUT + RELU.replace("}", "  param { lr_mult: 1 }\n}"),
        right=INPUT + RELU,
    ),
    Code(
        "N310",
        "loss_weight not once for each top",
        "loss_weight says for each top how much it counts towards the loss. It is given once "
        "for each, in their order, or not at all; Caffe stops, but not where another layer reads "
        "the top. A SoftmaxWithLoss with two tops needs both: 1 for the loss, 0 for the softmax.",
        wrong=INPUT + LOSS.replace('top: "loss"\n', 'top: "loss"\n  top: "probability"\n'),
        right=INPUT
        + LOSS.replace(
            'top: "loss"\n',
            'top: "loss"\n  top: "probability"\n  loss_weight: 1\n  loss_weight: 0\n',
        ),
    ),
    Code(
        "N311",
        "shared parameters that differ",
        "Parameters of one name are one blob, so they have one shape, or with share_mode: "
        "PERMISSIVE at least as many elements. lr_mult and decay_mult are said by one of the "
        "layers, or alike by all. Caffe stops otherwise.",
        wrong=INPUT + TWO.replace("num_output: 192", "num_output: 64", 1),
        right=INPUT + TWO,
    ),
    Code(
        "N312",
        "a net without layers",
        "There is nothing to compute: the file has no layers, or its include and exclude rules "
        "leave none in this phase, level and stage.",
        wrong='name: "net"\n',
        right='name: "net"\n' + INPUT,
    ),
    Code(
        "N313",
        "two layers of one name, with parameters",
        "Weights are kept in files by the name of their layer. Of two layers of one name only "
        "one could get its weights back; Caffe says nothing and fills the first one twice. "
        "Layers without parameters may share a name, and so may layers of different phases.",
        wrong=INPUT + APART.replace('name: "two"', 'name: "one"'),
        right=INPUT + APART,
    ),
)
