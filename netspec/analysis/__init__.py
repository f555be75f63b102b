"""Functions of a Graph that say what can be known of a net without running it."""

from __future__ import annotations

from netspec.analysis.cost import Cost, LayerCost, cost

__all__ = ["Cost", "LayerCost", "cost"]
