"""Networks written as text, in Caffe's prototxt or in YAML, and what can be known of them."""

from __future__ import annotations

from netspec.build import load, loads
from netspec.diagnostics import Diagnostic, SpecError
from netspec.graph import Graph
from netspec.layers.python import allowing_python

__version__ = "0.1.0"
__all__ = ["Diagnostic", "Graph", "SpecError", "allowing_python", "load", "loads"]
