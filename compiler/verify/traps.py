"""Known traps between frameworks, recognised by what the layers compute when they are walked into.

A trap is a function of a Suspect that proposes; it is recognised if what it proposes gives the
expected numbers. None knows a layer's type: they go by settings, the roles of weights, and shapes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from time import monotonic

from torch import Tensor

from compiler.verify import input_traps, number_traps, setting_traps, weight_traps
from compiler.verify.closeness import gap
from compiler.verify.suspect import Proposal, Suspect
from netspec.schema.setting import Reject

MOST_SAID = 3
MOST_SECONDS = 20  # a large net of which only the outputs are known takes long to run each time
EXACT = 0.01  # of the tolerance: so near is no accident, and no other kind of trap is tried
NEAR = 10  # times the nearest gap: what is farther off than that is not said beside it

TRAPS: tuple[Callable[[Suspect], Iterator[Proposal]], ...] = (
    number_traps.same_numbers,
    input_traps.channel_order,
    input_traps.input_scale,
    input_traps.input_mean,
    number_traps.left_out,
    setting_traps.lrn_alpha,
    setting_traps.rounding,
    setting_traps.pooling_method,
    setting_traps.padding_counted,
    setting_traps.axis,
    weight_traps.statistics_undivided,
    setting_traps.batch_statistics,
    setting_traps.epsilon,
    weight_traps.transposed,
    weight_traps.kernel_turned,
    weight_traps.channels_last,
    weight_traps.without_bias,
    input_traps.input_prepared,
    number_traps.constant_factor,
    number_traps.constant_offset,
)


def recognise(case: Suspect, tolerance: float) -> tuple[str, ...]:
    """What the traps that give the expected numbers say, the nearest first, at most three."""
    last = monotonic() + MOST_SECONDS
    found: list[tuple[float, str]] = []
    for trap in TRAPS:
        for said, make in trap(case):
            if monotonic() > last:
                break
            size = _gap(make, case)
            found += [(size, said)] if size <= tolerance else []
        if any(size <= EXACT * tolerance for size, _ in found):
            break
    found.sort(key=lambda pair: pair[0])
    nearest = max(found[0][0], EXACT * tolerance) if found else 0
    return tuple(said for size, said in found if size <= NEAR * nearest)[:MOST_SAID]


def _gap(make: Callable[[], Tensor], case: Suspect) -> float:
    try:
        return gap(make(), case.want).size
    except (RuntimeError, ValueError, IndexError, Reject):  # it cannot even run so: not this trap
        return math.inf
