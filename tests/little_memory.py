"""Running with little memory: what asks for more is refused it by the system."""

from __future__ import annotations

import ctypes
import re
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

M_MMAP_THRESHOLD = -3  # malloc.h
ctypes.CDLL(None).mallopt(M_MMAP_THRESHOLD, 2**20)  # what is freed goes back at once


@contextmanager
def at_most(size: int) -> Iterator[None]:
    """Let the process take so many bytes more, wherever they are taken: in Python, C or C++.

    Files that are mapped read-only do not count.
    """
    status = Path("/proc/self/status").read_text()
    (used,) = re.findall(r"VmData:\s+(\d+) kB", status)
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (int(used) * 1024 + size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))
