"""The memory that training takes."""

from __future__ import annotations

import sys
from types import ModuleType

import torch

resource: ModuleType | None
try:
    import resource
except ImportError:  # Windows
    resource = None


def most_memory(device: torch.device) -> int:
    """The most bytes taken so far: by tensors on a GPU, or by the process; 0 where nobody knows."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    if resource is None:
        return 0
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
