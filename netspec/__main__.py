"""`python -m netspec` is the command `netspec`, which stands above this package."""

from __future__ import annotations

import runpy

if __name__ == "__main__":
    runpy.run_module("tools", run_name="__main__", alter_sys=True)
