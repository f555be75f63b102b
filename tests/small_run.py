"""A small net over twenty images of three classes in an HDF5 file, for the tests of training."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import tiny_training as tiny

import compiler
from compiler.training import events

DATA = """
layer { name: "data" type: "HDF5Data" top: "data" top: "label" include { phase: TRAIN }
  hdf5_data_param { source: "files.txt" batch_size: 7 shuffle: true } }
layer { name: "data" type: "HDF5Data" top: "data" top: "label" include { phase: TEST }
  hdf5_data_param { source: "files.txt" batch_size: 6 } }
"""
BODY = """
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
  convolution_param { num_output: 4 kernel_size: 3 weight_filler { type: "msra" } } }
layer { name: "bn" type: "BatchNorm" bottom: "conv" top: "conv" }
layer { name: "scale" type: "Scale" bottom: "conv" top: "conv" scale_param { bias_term: true } }
layer { name: "relu" type: "ReLU" bottom: "conv" top: "conv" }
layer { name: "drop" type: "Dropout" bottom: "conv" top: "conv" }
layer { name: "ip" type: "InnerProduct" bottom: "conv" top: "ip" param { lr_mult: 1 }
  param { lr_mult: 2 } inner_product_param { num_output: 3 weight_filler { type: "xavier" } } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "label" top: "loss" }
layer { name: "accuracy" type: "Accuracy" bottom: "ip" bottom: "label" top: "accuracy"
  include { phase: TEST } }
"""
SOLVER = """
net: "net.prototxt" base_lr: 0.05 lr_policy: "multistep" gamma: 0.5 stepvalue: [4, 7]
momentum: 0.9 weight_decay: 0.001 max_iter: 12 random_seed: 3 solver_mode: CPU
test_iter: 2 test_interval: 4 display: 3 average_loss: 4 snapshot: 5 snapshot_prefix: "out/snap"
"""


def write() -> None:
    """The data, the net and the solver in the working directory."""
    random = np.random.default_rng(0)
    labels = np.arange(20) % 3
    images = random.normal(size=(20, 1, 5, 5)) + labels[:, None, None, None]
    with h5py.File("data.h5", "w") as file:
        file["data"], file["label"] = images.astype("f4"), labels.astype("f4")
    Path("files.txt").write_text("data.h5\n")
    Path("net.prototxt").write_text(f'name: "tiny" {DATA} {BODY}')
    Path("solver.prototxt").write_text(SOLVER)


def solve(more: str = "", restore: str = "", iterations: int | None = None) -> list[events.Event]:
    """Train with changed settings; the events."""
    Path("changed.prototxt").write_text(tiny.override(SOLVER, more))
    solver = compiler.Solver("changed.prototxt")
    if restore:
        solver.restore(restore)
    told: list[events.Event] = []
    solver.solve(told.append, iterations=iterations)
    return told
