"""What stands under the table of an account: the sums of both passes, and the memory."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap

from netspec.analysis.account import Account
from netspec.analysis.account_table import COLUMNS
from netspec.analysis.memory import Memory
from netspec.analysis.wording import AT_LEAST, amounts, intensity, seconds
from netspec.columns import fitted, line, shortened
from netspec.source import printable
from netspec.units import amount, measured

TIED = "\N{NO-BREAK SPACE}"
INDENT, PLACE = 13, 34  # of what stands beside a title; the columns of a layer in a sentence


def totals(found: Account) -> Iterator[str]:
    """All lines; each amount with its unit."""
    yield from _passes(found)
    yield ""
    yield from _kept(found)
    if found.device is not None and found.device.memory_gb is not None:
        yield from _too_large(found, found.device.memory_gb * 1e9)
    if unknown := found.unknown():
        names = ", ".join(dict.fromkeys(printable(node.type) for node in unknown))
        some = "1 layer" if len(unknown) == 1 else f"{len(unknown)} layers"
        yield shortened(f"not all is known of {some} ({names})", COLUMNS)


def _passes(found: Account) -> Iterator[str]:
    every = found.all()
    both = every.forward, every.backward
    rows = [("", "forward", "backward")]
    for title, *numbers in zip(("MACs", "FLOPs", "bytes moved"), *map(amounts, both)):
        forward, backward = (number or "0" for number in numbers)
        rows.append((title, forward, backward))
    rows.append(("FLOPs per byte", intensity(every.forward), intensity(every.backward)))
    if found.device is not None:
        rows.append(("time at least", seconds(every.time), seconds(every.backward_time)))
    widths = fitted(rows, COLUMNS)
    yield from (line(row, widths, left=(0,)) for row in rows)


def _kept(found: Account) -> Iterator[str]:
    every = found.all()
    learned = f"{amount(every.parameters)} ({every.parameters:,})"
    if every.statistics:
        learned += f", and {every.statistics:,} statistics"
    yield f"parameters   {learned}"
    yield f"activations  {amount(found.cost.activations)} elements in all blobs"
    yield f"to run       {_memory(found.memory)}"
    yield from _parts(found.memory)
    yield f"to train     {_memory(found.training)}, {found.solver}"
    yield from _parts(found.training)


def _memory(memory: Memory) -> str:
    least = "" if memory.whole else AT_LEAST
    at = shortened(printable(memory.at), PLACE)
    return f"{least}{measured(memory.peak, 'B')} at the peak, in {at}"


def _too_large(found: Account, memory: float) -> Iterator[str]:
    """That it does not fit into a device's memory."""
    for use, peak in (("train", found.training.peak), ("run", found.memory.peak)):
        if peak > memory:
            yield f"too large to {use} there: the device has {measured(memory, 'B')}"


def _parts(memory: Memory) -> Iterator[str]:
    """What the peak is made of, in lines of a table's width."""
    parts = (f"{name} {measured(size, 'B')}" for name, size in memory.parts.items())
    told = ", ".join(part.replace(" ", TIED) for part in parts)
    for each in wrap(told, COLUMNS - INDENT):
        yield " " * INDENT + each.replace(TIED, " ")
