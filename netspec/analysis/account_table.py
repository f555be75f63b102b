"""An account as text of 80 columns: a line for each entry, and the sums below."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from textwrap import wrap

from rich.cells import cell_len, set_cell_size

from netspec.analysis.account import Account, Entry
from netspec.analysis.memory import Memory
from netspec.analysis.passes import Pass
from netspec.analysis.table import cut
from netspec.units import UNKNOWN, amount, measured, sizes

COLUMNS, GAP, LEAST_NAME, SHAPE = 80, 2, 12, 18
INDENT = 13  # of what stands beside a title
AT_LEAST, TIED = "≥ ", "\N{NO-BREAK SPACE}"
Side = tuple[str, ...]


def at_least(number: float | None, whole: bool, unit: str = "") -> str:
    """A sum as text; what is unknown is said to be unknown."""
    if number is None or (not number and not whole):
        return UNKNOWN
    if not number:
        return ""
    text = measured(number, unit).rstrip()
    return text if whole else AT_LEAST + text


def seconds(time: float) -> str:
    """A time with its unit: 1.25 ms."""
    for size, unit in ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs")):
        if time >= 0.9995 * size:
            return (
                f"{time / size:.3g} {unit}" if time < 999.5 * size else f"{time / size:.0f} {unit}"
            )
    return f"{time * 1e9:.3g} ns" if time else ""


def heading(found: Account, backward: bool = False) -> Iterator[str]:
    """Whose account it is, and of what."""
    name = f"{_printable(found.graph.name)}: " if found.graph.name else ""
    first, *more = state(found)
    yield f"{name}{first}, {'backward' if backward else 'forward'} pass"
    yield from more


def state(found: Account) -> Iterator[str]:
    """The net's state, its batch and numbers, and the device."""
    batch = f", batch {found.cost.batch}" if found.cost.batch else ""
    yield f"{found.graph.phase.name}{batch}, {found.precision}"
    if found.device is not None:
        yield f"on {found.device.name}"


def table(found: Account, entries: Sequence[Entry], backward: bool = False) -> list[str]:
    """The heading and a line for each entry: what it takes in a forward or a backward pass."""
    timed = found.device is not None
    shaped = any(each.output is not None for each in entries)
    heading: Side = () if timed else ("output" if shaped else "layers",)
    heading += ("parameters", "MACs", "FLOPs", "bytes", "FLOP/B")
    heading += ("time", "bound") if timed else ()
    rows = [_cells(each, found, backward, shaped) for each in entries]
    widths = [max(map(cell_len, column)) for column in zip(heading, *rows)]
    room = COLUMNS - sum(widths) - GAP * len(widths)
    names = [_printable(each.name) for each in entries]
    wide = min(max(map(cell_len, (*names, "layer"))), max(LEAST_NAME, room))
    return [
        _line(cut(name, wide), wide, cells, widths, {"output", "bound"}, heading)
        for name, cells in zip(("layer", *names), (heading, *rows))
    ]


def _cells(entry: Entry, found: Account, backward: bool, shaped: bool) -> Side:
    of, time = (entry.backward, entry.backward_time) if backward else (entry.forward, entry.time)
    cells = (
        at_least(entry.parameters, True),
        at_least(of.macs, entry.whole),
        at_least(of.flops, entry.whole),
        at_least(of.moved, entry.whole, "B"),
        _intensity(of),
    )
    if found.device is not None:
        told = UNKNOWN if time is None else seconds(time.seconds)
        return (*cells, told, time.bound if time else "")
    return (_output(entry, found.cost.batch) if shaped else entry.kind.split()[0], *cells)


def _intensity(of: Pass) -> str:
    return f"{of.intensity:.1f}" if of.intensity else ""


def _output(entry: Entry, batch: int | None) -> str:
    return "" if entry.output is None else cut(sizes(entry.output, batch), SHAPE)


def _line(
    name: str, wide: int, cells: Side, widths: Sequence[int], left: set[str], heading: Side
) -> str:
    padded = [set_cell_size(name, wide)]
    for cell, width, title in zip(cells, widths, heading):
        room = " " * (width - cell_len(cell))
        padded.append(cell + room if title in left else room + cell)
    return (" " * GAP).join(padded).rstrip()


def totals(found: Account) -> Iterator[str]:
    """What stands under the table."""
    whole = found.all()
    rows: list[Side] = [("", "forward", "backward")]

    def row(title: str, amount_of: Callable[[Pass], float | None], unit: str = "") -> None:
        both = (
            at_least(amount_of(p), whole.whole, unit) or "0"
            for p in (whole.forward, whole.backward)
        )
        rows.append((title, *both))

    row("MACs", lambda p: p.macs)
    row("FLOPs", lambda p: p.flops)
    row("bytes moved", lambda p: p.moved, "B")
    rows.append(("FLOPs per byte", *(_intensity(p) for p in (whole.forward, whole.backward))))
    if whole.time is not None and whole.backward_time is not None:
        told = (seconds(t.seconds) for t in (whole.time, whole.backward_time))
        rows.append(("time at least", *told))
    widths = [max(map(cell_len, column)) for column in zip(*rows)]
    for title, forward, backward in rows:
        yield f"{title:<{widths[0]}}  {forward:>{widths[1]}}  {backward:>{widths[2]}}"
    yield ""
    yield from _kept(found, whole)
    if unknown := found.unknown():
        names = ", ".join(dict.fromkeys(_printable(node.type) for node in unknown))
        some = "1 layer" if len(unknown) == 1 else f"{len(unknown)} layers"
        yield cut(f"not all is known of {some} ({names})", COLUMNS)


def _kept(found: Account, whole: Entry) -> Iterator[str]:
    learned = f"{amount(whole.parameters)} ({whole.parameters:,})"
    if whole.statistics:
        learned += f", and {whole.statistics:,} statistics"
    yield f"parameters   {learned}"
    yield f"activations  {amount(found.cost.activations)} elements in all blobs"
    for title, memory in (("to run", found.memory), ("to train", found.training)):
        by = f", {found.solver}" if memory is found.training else ""
        yield f"{title:<11}  {_memory(memory)}{by}"
        yield from (" " * INDENT + line for line in _parts(memory))


def _parts(memory: Memory) -> Iterator[str]:
    """What the peak is made of, in lines of a table's width."""
    told = [
        f"{name} {measured(size, 'B')}".replace(" ", TIED) for name, size in memory.parts.items()
    ]
    return (line.replace(TIED, " ") for line in wrap(", ".join(told), COLUMNS - INDENT))


def _memory(memory: Memory) -> str:
    least = "" if memory.whole else AT_LEAST
    return f"{least}{measured(memory.peak, 'B')} at the peak, in {_printable(memory.at)}"


def _printable(name: str) -> str:
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in name)


def fields_table(found: Account) -> Iterator[str]:
    """The receptive field of every blob in every image that comes in."""
    for source, fields in found.fields().items():
        yield f"what a position sees of {_printable(source)}"
        rows: list[Side] = [("blob", "shape", "field", "stride", "offset")]
        labels = found.graph.labels()
        for value, field in fields.items():
            told = ("undefined", "", "")
            if field:
                told = (
                    "×".join(str(span.size) for span in field),
                    "×".join(dict.fromkeys(f"{float(span.stride):g}" for span in field)),
                    "×".join(dict.fromkeys(f"{span.offset:g}" for span in field)),
                )
                if not all(span.aligned for span in field):
                    told = (*told[:2], told[2] + " *")
            rows.append(
                (cut(_printable(labels[value]), 34), sizes(value.shape, found.cost.batch), *told)
            )
        widths = [max(map(cell_len, column)) for column in zip(*rows)]
        for row in rows:
            yield _line(row[0], widths[0], row[1:], widths[1:], {"shape"}, ("shape", "", "", ""))
        if any(row[-1].endswith("*") for row in rows):
            yield "* paths with different centres meet; the field is their hull"
