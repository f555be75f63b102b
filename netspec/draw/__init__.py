"""Diagrams of a net: Graph ▶ graphviz.Digraph ▶ SVG, PNG, PDF, DOT, or one HTML file."""

from __future__ import annotations

from netspec.draw.digraph import digraph
from netspec.draw.save import ENDINGS, save

__all__ = ["ENDINGS", "digraph", "save"]
