"""Running with little memory, wherever it is taken: in Python, C or C++."""

from __future__ import annotations

import ctypes
import re
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

M_MMAP_THRESHOLD = -3  # malloc.h
ctypes.CDLL(None).mallopt(M_MMAP_THRESHOLD, 2**20)  # what is freed goes back at once


@contextmanager
def at_most(size: int) -> Iterator[None]:
    """Have the system refuse to give the process so many bytes more.

    Files that are mapped read-only do not count.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (_kept("VmData") + size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


@contextmanager
def taken() -> Iterator[Callable[[], int]]:
    """How many bytes more were in memory at the worst moment, files that are read included."""
    try:
        Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    except OSError as refused:
        pytest.skip(f"the system does not tell how much memory is taken: {refused}")
    before = _kept("VmRSS")
    yield lambda: _kept("VmHWM") - before


def _kept(what: str) -> int:
    """A figure of proc(5), in bytes."""
    (kib,) = re.findall(rf"{what}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(kib) * 1024
