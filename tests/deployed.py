"""A training file, and the deploy net that is to be made of it."""

from __future__ import annotations

TRAIN_VAL = """\
# a digit classifier
name: "small"
layer {
  name: "data"
  type: "Data"
  top: "data"
  top: "label"
  include { phase: TRAIN }
  data_param { source: "train_lmdb" batch_size: 64 backend: LMDB }
}
layer {
  name: "data"
  type: "Data"
  top: "data"
  top: "label"
  include { phase: TEST }
  transform_param { scale: 0.5 }  # as in training
  data_param { source: "test_lmdb" batch_size: 10 backend: LMDB }
}
# the filters
layer {
  name: "conv1"
  type: "Convolution"
  bottom: "data"
  top: "conv1"
  param { lr_mult: 1 }
  convolution_param {
    num_output: 4  # few
    kernel_size: 3
    weight_filler { type: "xavier" }
  }
}
layer {
  name: "bn"
  type: "BatchNorm"
  bottom: "conv1"
  top: "conv1"
  # while training
  include { phase: TRAIN }
}
layer {
  name: "bn"
  type: "BatchNorm"
  bottom: "conv1"
  top: "conv1"
  # with the averages
  include { phase: TEST }
  batch_norm_param { use_global_stats: true }
}
layer { name: "drop" type: "Dropout" bottom: "conv1" top: "conv1" }
layer {
  name: "ip"
  type: "InnerProduct"
  bottom: "conv1"
  top: "ip"
  inner_product_param { num_output: 5 weight_filler { type: "xavier" } }
}
layer { name: "accuracy" type: "Accuracy" bottom: "ip" bottom: "label" top: "accuracy" }
layer {
  name: "loss"
  type: "SoftmaxWithLoss"
  bottom: "ip"
  bottom: "label"
  top: "loss"
  loss_weight: 1
}
"""
DEPLOYED = """\
# a digit classifier
name: "small"
# prepared by a Data layer before:
# transform_param { scale: 0.5 }
layer {
  name: "data"
  type: "Input"
  top: "data"
  input_param { shape { dim: 1 dim: 1 dim: 8 dim: 8 } }
}
# the filters
layer {
  name: "conv1"
  type: "Convolution"
  bottom: "data"
  top: "conv1"
  param { lr_mult: 1 }
  convolution_param {
    num_output: 4  # few
    kernel_size: 3
    weight_filler { type: "xavier" }
  }
}
layer {
  name: "bn"
  type: "BatchNorm"
  bottom: "conv1"
  top: "conv1"
  # with the averages
  batch_norm_param { use_global_stats: true }
}
layer {
  name: "drop"
  type: "Dropout"
  bottom: "conv1"
  top: "conv1"
}
layer {
  name: "ip"
  type: "InnerProduct"
  bottom: "conv1"
  top: "ip"
  inner_product_param { num_output: 5 weight_filler { type: "xavier" } }
}
layer {
  name: "prob"
  type: "Softmax"
  bottom: "ip"
  top: "prob"
}
"""
