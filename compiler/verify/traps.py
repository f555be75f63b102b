"""Known traps between frameworks, recognised by what the layers compute when they are walked into.

A trap is a function of a Suspect that proposes; it is recognised if what it proposes gives the
expected numbers. None knows a layer's type: they go by settings, the roles of weights, and shapes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice, takewhile
from time import monotonic

from torch import Tensor

from compiler.verify import input_traps, number_traps, setting_traps, weight_traps
from compiler.verify.closeness import gap
from compiler.verify.suspect import Proposal, Suspect
from netspec.schema.setting import Reject

MOST_SAID = 3
MOST_SECONDS = 20  # a large net of which only the outputs are known takes long to run each time

TRAPS: tuple[Callable[[Suspect], Iterator[Proposal]], ...] = (
    number_traps.same_numbers,
    input_traps.channel_order,
    input_traps.input_scale,
    input_traps.input_mean,
    number_traps.left_out,
    setting_traps.lrn_alpha,
    setting_traps.rounding,
    setting_traps.pooling_method,
    setting_traps.axis,
    weight_traps.statistics_undivided,
    setting_traps.batch_statistics,
    setting_traps.epsilon,
    weight_traps.transposed,
    weight_traps.kernel_turned,
    weight_traps.channels_last,
    weight_traps.without_bias,
    number_traps.constant_factor,
    number_traps.constant_offset,
)


def recognise(case: Suspect, tolerance: float) -> tuple[str, ...]:
    """What the traps that give the expected numbers say, the likeliest first, at most three."""
    last = monotonic() + MOST_SECONDS
    proposals = (proposal for trap in TRAPS for proposal in trap(case))
    tried = takewhile(lambda _: monotonic() < last, proposals)
    return tuple(islice((said for said, make in tried if _gives(make, case, tolerance)), MOST_SAID))


def _gives(make: Callable[[], Tensor], case: Suspect, tolerance: float) -> bool:
    try:
        return gap(make(), case.want).size <= tolerance
    except (RuntimeError, ValueError, IndexError, Reject):  # it cannot even run so: not this trap
        return False
