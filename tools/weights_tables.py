"""The tables that `netspec weights show` and `netspec weights diff` print."""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from compiler.weights.figures import Difference
    from netspec.graph import Graph

LEFT = 3  # columns of words; numbers stand to the right


def show(options: argparse.Namespace) -> int:
    """Each blob of a weights file, or each channel of a mean image, with its figures."""
    from compiler.weights.change import stored_layers
    from compiler.weights.faults import refusing
    from compiler.weights.figures import figures
    from compiler.weights.means import BINARYPROTO, NPY, mean_figures

    with refusing(options.file):
        if options.file.suffix in (BINARYPROTO, NPY):
            found = mean_figures(options.file)
        else:
            found = list(figures(stored_layers(options.file)))
    if options.json:
        print(json.dumps([asdict(each) for each in found], indent=2))
        return 0
    heading = ("layer", "type", "blob", "shape", "least", "most", "mean", "deviation", "")
    rows = [
        (f.layer, f.type, f.blob, by(f.shape))
        + tuple(_number(n) for n in (f.least, f.most, f.mean, f.deviation))
        + ((f"{f.strange:,} not finite",) if f.strange else ("",))
        for f in found
    ]
    print(table([heading, *rows]))
    numbers = sum(math.prod(f.shape) for f in found)
    print(f"\n{len({f.layer for f in found}):,} layers, {len(found):,} blobs, {numbers:,} numbers")
    return 0


def diff(options: argparse.Namespace, graph: Graph | None) -> int:
    """What differs between two weights files; the exit code is 1 if anything does."""
    from compiler.weights.change import stored_layers
    from compiler.weights.faults import refusing
    from compiler.weights.figures import differences

    one, other = stored_layers(options.a, graph), stored_layers(options.b, graph)
    with refusing(options.a):
        found = list(differences(one, other))
    different = [d for d in found if not d.same]
    if options.json:
        print(json.dumps([asdict(d) for d in different], indent=2))
    elif different:
        heading = ("layer", "blob", "shape", "difference", "at")
        print(table([heading, *(_row(d, options) for d in different)]))
        print(f"\n{len(different):,} of {len(found):,} blobs differ")
    else:
        print(f"the same {len(found):,} blobs")
    return 1 if different else 0


def _row(found: Difference, options: argparse.Namespace) -> tuple[str, ...]:
    one, other = found.shapes
    if one is None or other is None:
        only = options.a if other is None else options.b
        return (found.layer, found.blob, by(one or other or ()), f"only in {only}", "")
    if one != other:
        return (found.layer, found.blob, f"{by(one)}, {by(other)}", "shapes differ", "")
    at = f"{list(found.at)}: {found.values[0]:g}, {found.values[1]:g}"
    return (found.layer, found.blob, by(one), f"{found.largest:.3g}", at)


def table(rows: Sequence[Sequence[str]]) -> str:
    """Columns side by side, words to the left and numbers to the right."""
    widths = [max(map(len, column)) for column in zip(*rows)]
    return "\n".join("  ".join(_cells(row, widths)).rstrip() for row in rows)


def _cells(row: Sequence[str], widths: Sequence[int]) -> Iterable[str]:
    return (c.ljust(w) if i < LEFT else c.rjust(w) for i, (c, w) in enumerate(zip(row, widths)))


def _number(value: Any) -> str:
    return "" if value is None else f"{value:.4g}"


def by(shape: Sequence[int]) -> str:
    """A shape as tables write it."""
    return "x".join(map(str, shape)) or "scalar"
