"""Functions of a Graph that say what can be known of a net without running it."""

from __future__ import annotations

from netspec.analysis.advice import advice
from netspec.analysis.bottlenecks import bottlenecks
from netspec.analysis.cost import Cost, LayerCost, cost
from netspec.analysis.cuts import Cut, narrowest_cut, profile
from netspec.analysis.finding import Finding

__all__ = [
    "Cost",
    "Cut",
    "Finding",
    "LayerCost",
    "advice",
    "bottlenecks",
    "cost",
    "narrowest_cut",
    "profile",
]
