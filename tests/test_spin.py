"""Threads that wait for each other sleep soon, before torch is loaded and unless it is said."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SAYS = """
import os, sys
from tools.spin import spin_little
{before}
spin_little()
print(os.environ.get("GOMP_SPINCOUNT"))
"""


@pytest.mark.parametrize(
    ("before", "said", "wanted"),
    [
        ("", {}, "1000"),
        ("", {"GOMP_SPINCOUNT": "7"}, "7"),
        ("", {"OMP_WAIT_POLICY": "ACTIVE"}, "None"),
        ("sys.modules['torch'] = sys", {}, "None"),  # too late
    ],
)
def test_what_is_set(before: str, said: dict[str, str], wanted: str) -> None:
    kept = {k: v for k, v in os.environ.items() if k not in ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")}
    done = subprocess.run(
        [sys.executable, "-c", SAYS.format(before=before)],
        env={**kept, **said, "PYTHONPATH": str(Path(__file__).parents[1])},
        capture_output=True,
        text=True,
    )
    assert done.stdout.strip() == wanted, done.stderr


def test_training_sets_it_before_torch_is_loaded() -> None:
    code = "import sys, tools.train, tools.test; sys.exit('torch' in sys.modules)"
    here = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    assert subprocess.run([sys.executable, "-c", code], env=here).returncode == 0
