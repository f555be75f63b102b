"""Marks in time: of the processor, or of a GPU's own stream of work."""

from __future__ import annotations

import time
from typing import Any

import torch


class Clock:
    """`mark` a moment of a device's work; `between` two marks lie milliseconds.

    A GPU works behind the program: its marks are events in its stream, to be read once `settle`
    has waited for it.
    """

    def __init__(self, device: torch.device) -> None:
        self.device = device

    def mark(self) -> Any:
        if self.device.type != "cuda":
            return time.perf_counter()
        event = torch.cuda.Event(enable_timing=True)
        event.record(torch.cuda.current_stream(self.device))
        return event

    def settle(self) -> None:
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)

    def between(self, start: Any, end: Any) -> float:
        if self.device.type != "cuda":
            return 1000 * float(end - start)
        return float(start.elapsed_time(end))
