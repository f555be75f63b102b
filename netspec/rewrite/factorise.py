"""A large convolution as several small ones (arXiv 1512.00567, section 3)."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.analysis.factors import factorised, square
from netspec.graph import Graph, Node
from netspec.rewrite.edit import Same, Settings, Variation, Vary
from netspec.rewrite.proposal import Proposal, Rewrite
from netspec.rewrite.unit import channels, convolutions, feeding, filters, unit

MEDIUM = range(12, 21)  # grids on which the paper finds that 1 x n and n x 1 work
LONG = 7  # and the n with which they do


def stacked(graph: Graph) -> Iterator[Proposal]:
    """n x n, n odd and 5 or more, as (n - 1) / 2 layers of 3x3."""
    for finding in factorised(graph):
        node = finding.node
        count = int(finding.figure("stack"))
        small: Settings = {"kernel_size": "3", "pad": "1"}
        first, between = _between(node)
        copies = [Variation(f"_{i + 1}", {node.name: {**small, **first}}) for i in range(count - 1)]
        edit = Vary(unit(node, graph), (*copies, Variation("", {node.name: small})))
        what = f"{count} stacked 3x3 convolutions, {between} filters between them"
        yield Proposal(node, (edit,), what)


def _between(node: Node) -> tuple[Settings, int]:
    """The filters between the layers of a stack: as many as are read or made, where fewer."""
    read, made = channels(node), filters(node)
    above = feeding(node)
    if read >= made:
        return {}, made
    if above is not None and filters(above) == read:
        return {"num_output": Same(above, "num_output", str(read))}, read
    return {"num_output": str(read)}, read


def asymmetric(graph: Graph) -> Iterator[Proposal]:
    """n x n as 1 x n and n x 1, which cost 2 / n of it; not for early layers, says the paper."""
    for node in convolutions(graph):
        window = square(node)
        if window is None or window.kernel[0] < 3 or window.pad[0] != window.pad[1]:
            continue
        size, pad = str(window.kernel[0]), str(window.pad[0])
        sides: Settings = {"kernel_size": None, "pad": None}
        flat = {**sides, "kernel_h": "1", "kernel_w": size, "pad_h": "0", "pad_w": pad}
        tall = {**sides, "kernel_h": size, "kernel_w": "1", "pad_h": pad, "pad_w": "0"}
        first, between = _between(node)
        edit = Vary(
            unit(node, graph),
            (
                Variation(f"_1x{size}", {node.name: {**flat, **first}}),
                Variation("", {node.name: tall}),
            ),
        )
        grid = node.shapes[0][2:]
        offered = window.kernel[0] >= LONG and all(side in MEDIUM for side in grid)
        what = f"1x{size} and {size}x1, {between} filters between them"
        if not all(side in MEDIUM for side in grid):
            what += f"; the paper advises it for grids of 12 to 20, this is {grid[0]}x{grid[1]}"
        yield Proposal(node, (edit,), what, offered=offered)


REWRITES = (
    Rewrite("A140", "a large convolution as stacked 3x3 convolutions", stacked),
    Rewrite("A143", "n x n as 1 x n and n x 1", asymmetric),
)
