"""Files that commands are tried on: nets, a solver, mistakes."""

from __future__ import annotations

NET = """\
name: "small"  # a comment that stays
layer {
  name: "data"
  type: "Input"
  top: "data"
  input_param { shape { dim: 1 dim: 3 dim: 8 dim: 8 } }
}
# the only filters
layer {
  name: "conv1"
  type: "Convolution"
  bottom: "data"
  top: "conv1"
  convolution_param { num_output: 4 kernel_size: 3 }
}
layer {
  name: "drop1"
  type: "Dropout"
  bottom: "conv1"
  top: "conv1"
  include { phase: TRAIN }
}
"""
OLD = (
    'input: "data" input_dim: [1, 3, 8, 8] layers { name: "r" type: RELU bottom: "data" top: "r" }'
)
SOLVER = 'net: "net.prototxt"\nbase_lr: 0.01\nlr_policy: "fixed"\nmax_iter: 10\n'
TYPO = NET.replace("kernel_size", "kernel_sze")
