"""Every diagnostic code with its reason, a wrong and a right example: data only, one file a group.

`netspec explain CODE` prints an entry; a test runs every example.
"""

from __future__ import annotations

from netspec.codes import (
    advice,
    budgets,
    data,
    datasets,
    distributed,
    finetune,
    forks,
    lints,
    output,
    python,
    rewrites,
    settings,
    shapes,
    shards,
    snapshots,
    syntax,
    training,
    upgrades,
    watching,
    weights,
    wiring,
)
from netspec.codes.code import Code

CODES: dict[str, Code] = {}
GROUPS = (
    syntax,
    upgrades,
    settings,
    forks,
    wiring,
    shapes,
    lints,
    output,
    weights,
    training,
    snapshots,
    watching,
    distributed,
    finetune,
    data,
    shards,
    datasets,
    python,
    advice,
    rewrites,
    budgets,
)
for group in GROUPS:
    for code in group.CODES:
        assert code.name not in CODES, f"{code.name} is declared twice"
        CODES[code.name] = code

__all__ = ["CODES", "Code"]
