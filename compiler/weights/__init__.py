"""Weights in and out: `.caffemodel`, Caffe's HDF5, safetensors; in only, state_dicts."""

from __future__ import annotations

from compiler.weights.load import load_weights
from compiler.weights.report import LoadReport
from compiler.weights.save import save_weights
