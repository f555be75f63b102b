"""A trained net made ready for other classes: a new head, slower layers below it, and a solver.

spec ▶ graphs ▶ heads, frozen layers ▶ changed tree ▶ text in the spec's own language ▶ solver
"""

from __future__ import annotations

from netspec.finetune.plan import FineTuning, Wanted, finetune
from netspec.finetune.solver import solver_text

__all__ = ["FineTuning", "Wanted", "finetune", "solver_text"]
