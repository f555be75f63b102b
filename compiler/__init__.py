"""The PyTorch back end of netspec: graphs become modules that compute what Caffe computes."""

from __future__ import annotations

from compiler.network import Network, blobs, compile
from compiler.training import Solver
from compiler.weights import load_weights, save_weights
