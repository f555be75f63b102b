"""The tables that `netspec weights show` and `netspec weights diff` print."""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from itertools import groupby
from typing import TYPE_CHECKING, Any

from netspec.columns import grouped
from tools.show import print_json
from tools.weights_progress import watched

if TYPE_CHECKING:
    from compiler.weights.figures import Difference
    from netspec.graph import Graph

Row = tuple[str, tuple[str, ...]]  # the layer, and the cells of one of its blobs


def show(options: argparse.Namespace, graph: Graph | None) -> int:
    """Each blob of a weights file, or each channel of a mean image, with its figures."""
    from compiler.weights.change import stored_layers
    from compiler.weights.faults import refusing
    from compiler.weights.figures import figures
    from compiler.weights.means import BINARYPROTO, NPY, mean_figures

    with refusing(options.file):
        if options.file.suffix in (BINARYPROTO, NPY):
            found = mean_figures(options.file)
        else:
            with watched(stored_layers(options.file, graph), "reading") as layers:
                found = list(figures(layers, graph))
    if options.json:
        print_json([asdict(each) for each in found])
        return 0
    heading = ("blob", "shape", "least", "most", "mean", "deviation", "")
    rows = [
        (
            f"{f.layer} ({f.type})" if f.type else f.layer,
            (f.blob, by(f.shape))
            + tuple(_number(n) for n in (f.least, f.most, f.mean, f.deviation))
            + (f"{f.strange:,} not finite" if f.strange else "",),
        )
        for f in found
    ]
    print(table(heading, rows))
    numbers = sum(math.prod(f.shape) for f in found)
    print(f"\n{len({f.layer for f in found}):,} layers, {len(found):,} blobs, {numbers:,} numbers")
    return 0


def diff(options: argparse.Namespace, graph: Graph | None) -> int:
    """What differs between two weights files; the exit code is 1 if anything does."""
    from compiler.weights.change import stored_layers
    from compiler.weights.faults import refusing
    from compiler.weights.figures import differences

    one, other = stored_layers(options.a, graph), stored_layers(options.b, graph)
    with refusing(options.a), watched(one, "comparing") as mine:
        found = list(differences(mine, other))
    different = [d for d in found if not d.same]
    if options.json:
        print_json([asdict(d) for d in different])
    elif different:
        heading = ("blob", "shape", "difference", "at", "values")
        print(table(heading, [(d.layer, _cells(d, options)) for d in different]))
        print(f"\n{len(different):,} of {len(found):,} blobs differ")
    else:
        print(f"the same {len(found):,} blobs")
    return 1 if different else 0


def _cells(found: Difference, options: argparse.Namespace) -> tuple[str, ...]:
    one, other = found.shapes
    if one is None or other is None:
        only = options.a if other is None else options.b
        return (found.blob, by(one or other or ()), f"only in {only}", "", "")
    if one != other:
        return (found.blob, f"{by(one)}, {by(other)}", "shapes differ", "", "")
    values = f"{found.values[0]:g}, {found.values[1]:g}"
    return (found.blob, by(one), f"{found.largest:.3g}", str(list(found.at)), values)


def table(heading: Sequence[str], rows: Iterable[Row]) -> str:
    """The blobs of each layer under its name, in columns."""
    groups = groupby(rows, key=lambda row: row[0])
    layers = ((layer, [cells for _, cells in blobs]) for layer, blobs in groups)
    return "\n".join(grouped(heading, layers, left=(0, 1)))


def _number(value: Any) -> str:
    return "" if value is None else f"{value:.4g}"


def by(shape: Sequence[int]) -> str:
    """A shape as tables write it."""
    return "x".join(map(str, shape)) or "scalar"
