"""netspec: networks written as text, in Caffe's prototxt or in YAML with blocks, and what can be known of them."""

from __future__ import annotations

from netspec.build import load, loads
from netspec.diagnostics import Diagnostic, SpecError
from netspec.graph import Graph

__all__ = ["Diagnostic", "Graph", "SpecError", "load", "loads"]
