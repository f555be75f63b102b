"""A solver among the processes of a group: what they share, and how their tests add up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import torch

from compiler.data import shard
from compiler.distributed.alike import Facts, require_alike
from compiler.distributed.group import Group
from compiler.distributed.moments import synchronize
from compiler.network import Network
from compiler.training.besides import sources
from compiler.training.evaluate import Scores, evaluate

if TYPE_CHECKING:
    from compiler.training.solver import Solver

AT_ONCE = 8  # batches of each process, between looks at whether a test is to be left


def begin(solver: Solver) -> None:
    """Give each process its share of the records, and all the first one's weights.

    From here on their random numbers differ (Solver::Init, solver.cpp). Raises SpecError C246 where
    they do not train the same.
    """
    group = solver.group
    if group.world == 1:
        return
    weights = ", ".join(
        f"{name} {shapes}" for name, shapes in solver.net.spec.weight_shapes.items()
    )
    facts = group.gather(Facts(solver.device.type, repr(solver.settings), weights))
    with group.together():
        require_alike(facts)
    shard(solver.net, group.rank, group.world)
    if solver.settings.sync_batch_norm:
        synchronize(solver.net, group)
    spread(solver)
    if not group.first:
        torch.manual_seed((torch.initial_seed() + group.rank) % 2**63)


def spread(solver: Solver) -> None:
    """Let all processes have the first one's parameters, statistics, histories and averages."""
    averages = solver.average.values if solver.average is not None else []
    values = [p.values for p in solver.optimizer.parameters]
    solver.group.spread([*values, *solver.optimizer.history, *averages])


def evaluate_together(
    group: Group, net: Network, batches: int, stop: Callable[[], bool]
) -> Scores | None:
    """`evaluate`, its batches dealt out to the processes; the scores are those of one alone.

    Where `stop` says so in any process, all of them leave the test after a few batches.
    """
    if group.world == 1:
        return evaluate(net, batches, stop=stop)
    first, last = (batches * rank // group.world for rank in (group.rank, group.rank + 1))
    mine: list[Scores | None] = []
    with group.together():
        _skip(net, first)
    for done in range(0, -(-batches // group.world), AT_ONCE):
        with group.together():
            mine.append(evaluate(net, max(0, min(AT_ONCE, last - first - done))))
        if group.any(stop())[0]:
            return None
    with group.together():
        _skip(net, batches - last)
    return together([part for parts in group.gather(mine) for part in parts if part is not None])


def together(parts: Sequence[Scores]) -> Scores:
    """The scores of all batches from those of parts of them."""
    batches = sum(part.batches for part in parts)
    some = [part for part in parts if part.batches] or list(parts)

    def mean(values: Sequence[float]) -> float:
        return sum(v * part.batches for v, part in zip(values, some)) / max(1, batches)

    outputs = {
        name: [mean(each) for each in zip(*(part.outputs[name] for part in some))]
        for name in some[0].outputs
    }
    return Scores(batches, mean([part.loss for part in some]), outputs, some[0].loss_weights)


def _skip(net: Network, batches: int) -> None:
    if batches:
        for source in sources(net).values():
            source.skip(batches)
