"""What training takes: the time that it waits for data, and memory."""

from __future__ import annotations

import sys
import time
from types import ModuleType
from typing import Any

import torch

from compiler.network import Network
from compiler.training.besides import sources

resource: ModuleType | None
try:
    import resource
except ImportError:  # Windows
    resource = None


class DataWait:
    """Adds up, in `seconds`, how long a net waits for the batches of its data layers."""

    def __init__(self, net: Network) -> None:
        self.seconds = 0.0
        for source in sources(net).values():
            source.register_forward_pre_hook(self._begin)
            source.register_forward_hook(self._end)

    def _begin(self, *called: Any) -> None:
        self._began = time.perf_counter()

    def _end(self, *called: Any) -> None:
        self.seconds += time.perf_counter() - self._began


def most_memory(device: torch.device) -> int:
    """The most bytes taken so far: by tensors on a GPU, or by the process; 0 where nobody knows."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    if resource is None:
        return 0
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
