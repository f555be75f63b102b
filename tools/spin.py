"""How long the threads of a program wait for each other before they sleep."""

from __future__ import annotations

import os
import sys

COUNT = "1000"  # tens of microseconds, where libgomp's own 300,000 are milliseconds


def spin_little() -> None:
    """Let them sleep soon, unless the environment says otherwise; before torch is loaded.

    While they spin, they take the cores from all others at work there: threads that read data,
    other processes. Where these are busy a step takes many times as long.
    """
    if "torch" not in sys.modules and "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", COUNT)
