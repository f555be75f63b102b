"""An account as a table of 80 columns: a line for each entry, and the fields of blobs."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from netspec.analysis.account import Account, Entry
from netspec.analysis.receptive import Field
from netspec.analysis.wording import amounts, count, intensity, seconds
from netspec.columns import fitted, line, shortened
from netspec.source import printable
from netspec.units import sizes

COLUMNS, LEAST_NAME, SHAPE, BLOB = 80, 8, 18, 34
LEFT = ("output", "bound", "shape")  # columns of words; numbers stand to the right
Row = tuple[str, ...]


def heading(found: Account, backward: bool = False) -> Iterator[str]:
    """Whose account it is, and of what."""
    name = f"{printable(found.graph.name)}: " if found.graph.name else ""
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
    timed, shaped = found.device is not None, any(each.output is not None for each in entries)
    first: Row = () if timed else ("output" if shaped else "layers",)
    last: Row = ("time", "bound") if timed else ()
    titles = ("layer", *first, "parameters", "MACs", "FLOPs", "bytes", "FLOP/B", *last)
    rows = [_row(each, backward, timed, shaped, found.cost.batch) for each in entries]
    return list(lay_out(titles, rows))


def _row(each: Entry, backward: bool, timed: bool, shaped: bool, batch: int | None) -> Row:
    of, time = (each.backward, each.backward_time) if backward else (each.forward, each.time)
    name, numbers = printable(each.name), (count(each.parameters), *amounts(of), intensity(of))
    if timed:
        return (name, *numbers, seconds(time), time.bound if time else "")
    shape = "" if each.output is None else shortened(sizes(each.output, batch), SHAPE)
    return (name, shape if shaped else each.kind.split()[0], *numbers)


def lay_out(titles: Row, rows: Sequence[Row], left: Collection[str] = LEFT) -> Iterator[str]:
    """Lines of 80 columns: names, in the first column, give way; numbers never do."""
    widths = fitted((titles, *rows), COLUMNS, (LEAST_NAME,))
    words = {0, *(i for i, title in enumerate(titles) if title in left)}
    yield from (line(row, widths, words) for row in (titles, *rows))


def fields_table(found: Account) -> Iterator[str]:
    """The receptive field of every blob in every image that comes in."""
    labels = found.graph.labels()
    for source, fields in found.fields().items():
        yield f"what a position sees of {printable(source)}"
        rows = [
            (
                shortened(printable(labels[v]), BLOB),
                sizes(v.shape, found.cost.batch),
                *_field(field),
            )
            for v, field in fields.items()
        ]
        yield from lay_out(("blob", "shape", "field", "stride", "offset"), rows)
        if any(row[-1].endswith("*") for row in rows):
            yield "* paths with different centres meet; the field is their hull"


def _field(field: Field) -> Row:
    """Size, stride and offset; one number where they are the same on all axes."""
    if not field:
        return "undefined", "", ""
    aligned = "" if all(span.aligned for span in field) else " *"
    return (
        "×".join(str(span.size) for span in field),
        "×".join(dict.fromkeys(f"{float(span.stride):g}" for span in field)),
        "×".join(dict.fromkeys(f"{span.offset:g}" for span in field)) + aligned,
    )
