"""Nets and solvers that the examples of warnings are made of."""

from __future__ import annotations

DATA = "inputs: {data: [32, 3, 8, 8], label: [32]}\nlayers:\n"
CONV = """\
  - Convolution:
      {name: conv, bottom: data, num_output: 8, kernel_size: 3, bias_term: false,
       weight_filler: {type: msra}}
"""
NORM = "  - BatchNorm: {name: norm}\n"
SCALE = "  - Scale: {name: scale, bias_term: true}\n"
RELU_LAYER = "  - ReLU: {name: relu}\n"
FC = "  - InnerProduct: {name: fc, num_output: 10, weight_filler: {type: xavier}}\n"
TRAINED = "  - SoftmaxWithLoss: {name: loss, bottom: [fc, label], include: {phase: TRAIN}}\n"
USED = "  - Softmax: {name: prob, bottom: fc, include: {phase: TEST}}\n"
END = FC + TRAINED + USED
HALF = """\
  - Convolution: {name: conv2, num_output: 8, kernel_size: 3, weight_filler: {type: msra}}
"""
NORMALISED = CONV + NORM + SCALE + RELU_LAYER
BATCHES = (
    """\
layers:
  - DummyData: {name: rows, top: [data, label], shape: [{dim: [BATCH, 3, 8, 8]}, {dim: BATCH}]}
"""
    + NORMALISED
    + END
)
SOLVER = """\
net_param {
  layer {
    name: "rows" type: "DummyData" top: "data" top: "label"
    dummy_data_param { shape { dim: BATCH dim: 4 } shape { dim: BATCH } }
  }
  layer {
    name: "fc1" type: "InnerProduct" bottom: "data" top: "fc1"
    inner_product_param { num_output: 5 bias_term: false weight_filler { type: "FILLER" } }
  }
  layer { name: "norm" type: "BatchNorm" bottom: "fc1" top: "norm" }
  layer {
    name: "fc2" type: "InnerProduct" bottom: "norm" top: "fc2"
    inner_product_param { num_output: 3 weight_filler { type: "FILLER" } }
  }
  layer { name: "loss" type: "SoftmaxWithLoss" bottom: "fc2" bottom: "label" top: "loss" }
}
iter_size: 4
base_lr: 0.1
lr_policy: "step"
gamma: 0.1
stepsize: STEP
max_iter: 100
"""


def solver(batch: int = 32, filler: str = "xavier", step: int = 50) -> str:
    return SOLVER.replace("BATCH", f"{batch}").replace("FILLER", filler).replace("STEP", f"{step}")


READING = """\
from pathlib import Path

from PIL import Image

from netspec import SpecError
from netspec.check import check_file

Image.new("RGB", (8, 8)).save("image.png")
Path("list.txt").write_text("".join(f"image.png {i % CLASSES}\\n" for i in range(9)))
Path("net.yaml").write_text('''
layers:
  - ImageData:
      {name: images, top: [data, label], source: list.txt, batch_size: 3, new_height: 8,
       new_width: 8}
  - InnerProduct: {name: fc, bottom: data, num_output: 3, weight_filler: {type: xavier}}
  - SoftmaxWithLoss: {name: loss, bottom: [fc, label]}
''')
Path("solver.prototxt").write_text('''
net: "net.yaml"
test_iter: TESTS
test_interval: 10
base_lr: 0.1
lr_policy: "fixed"
max_iter: 100
''')
found = check_file("solver.prototxt").diagnostics
if found:
    raise SpecError(found)
"""


def reading(classes: int = 3, tests: int = 3) -> str:
    return READING.replace("CLASSES", f"{classes}").replace("TESTS", f"{tests}")
