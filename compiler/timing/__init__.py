"""How long each layer of a net takes, forward and backward, and where: a table and a picture."""

from __future__ import annotations

from compiler.timing.measure import LayerTime, Timing, time_net

__all__ = ["LayerTime", "Timing", "time_net"]
