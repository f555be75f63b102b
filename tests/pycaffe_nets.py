"""Nets that the tests of pycaffe's face run, and what feeds them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from compiler import pycaffe as caffe

# A net with what makes wiring hard: blobs with several readers, layers in place, shared parameters,
# two losses, one of them weighted, a frozen layer, labels, and a gradient that is cut.
BRANCHES = """
name: "branches"
layer { name: "data" type: "Input" top: "data" top: "label"
  input_param { shape { dim: 4 dim: 3 dim: 6 dim: 6 } shape { dim: 4 } } }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
  param { name: "w" } param { lr_mult: 0 }
  convolution_param { num_output: 3 kernel_size: 3 pad: 1 weight_filler { type: "xavier" } } }
layer { name: "relu" type: "ReLU" bottom: "conv" top: "conv" }
layer { name: "again" type: "Convolution" bottom: "conv" top: "again"
  param { name: "w" }
  convolution_param { num_output: 3 kernel_size: 3 pad: 1 weight_filler { type: "xavier" } } }
layer { name: "sum" type: "Eltwise" bottom: "again" bottom: "conv" top: "sum" }
layer { name: "pool" type: "Pooling" bottom: "conv" top: "pool"
  pooling_param { pool: AVE kernel_size: 6 } }
layer { name: "ip" type: "InnerProduct" bottom: "sum" top: "ip"
  inner_product_param { num_output: 5 weight_filler { type: "xavier" } } }
layer { name: "aside" type: "InnerProduct" bottom: "pool" top: "aside" propagate_down: false
  inner_product_param { num_output: 5 weight_filler { type: "xavier" } } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "label" top: "loss" }
layer { name: "second" type: "SoftmaxWithLoss" bottom: "aside" bottom: "label" top: "second"
  loss_weight: 0.25 }
"""
SMALL = """
layer { name: "data" type: "DummyData" top: "data" top: "label"
  dummy_data_param { shape { dim: 5 dim: 2 dim: 3 dim: 4 } shape { dim: 5 }
    data_filler { type: "gaussian" std: 1 } data_filler { type: "constant" } } }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
  convolution_param { num_output: 11 kernel_size: 2 pad: 3
    weight_filler { type: "gaussian" std: 1 } bias_filler { value: 2 } } }
layer { name: "ip" type: "InnerProduct" bottom: "conv" top: "score"
  inner_product_param { num_output: 13 weight_filler { type: "gaussian" std: 2.5 } } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "score" bottom: "label" top: "loss" }
"""
SOLVER = """
net: "net.prototxt" base_lr: 0.01 lr_policy: "fixed" momentum: 0.9 weight_decay: 0.0005
max_iter: 6 display: 2 snapshot_after_train: false snapshot_prefix: "made" random_seed: 1
test_iter: 2 test_interval: 3
"""


def net_of(text: str, phase: int = caffe.TRAIN, force: bool = False, **more: object) -> caffe.Net:
    Path("net.prototxt").write_text(("force_backward: true\n" if force else "") + text)
    torch.manual_seed(1)
    return caffe.Net("net.prototxt", phase, **more)


def fed(net: caffe.Net) -> None:
    random = np.random.default_rng(0)
    for name in net.inputs:
        blob = net.blobs[name].data
        blob[...] = (
            random.integers(0, 5, blob.shape) if name == "label" else random.normal(size=blob.shape)
        )
