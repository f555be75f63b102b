"""Training, testing and snapshots, from Caffe's solver files."""

from __future__ import annotations

from compiler.training.evaluate import Scores, evaluate
from compiler.training.solver import Solver
