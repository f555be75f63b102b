"""A coarser grid without a bottleneck and without waste: pooling and a convolution of stride 2 side
by side, blocks P and C (arXiv 1512.00567, section 5).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from netspec.analysis.bottlenecks import bottlenecks
from netspec.graph import Graph, Node
from netspec.language.tree import Field, Message
from netspec.layers.convolution import Convolution
from netspec.layers.pooling import Pooling
from netspec.rewrite.edit import Replace
from netspec.rewrite.fields import filler, layer
from netspec.rewrite.proposal import Proposal, Rewrite
from netspec.rewrite.unit import (
    FOLLOWERS,
    channels,
    convolution,
    convolutions,
    feeding,
    filters,
    only_reader,
    unit,
    window,
)
from netspec.schema.settings import NOWHERE

MSRA = filler("weight_filler", "msra")
WIDENS = 1.5  # a convolution widens that makes so many times the channels that it reads
WIDE = 128  # channels that a layer reads beyond the stem, where the paper widens before pooling too


def parallel(graph: Graph) -> Iterator[Proposal]:
    """Pooling beside a convolution of the same stride, joined (blocks P and C, figure 10)."""
    found = {f.node for f in bottlenecks(graph) if f.code == "A102"}
    for node in graph.nodes:
        if not isinstance(node.layer, Pooling) or len(node.tops) != 1 or not _halves(node):
            continue
        size, pad = _window(node)
        if node.layer.global_pooling or pad is None or not _convolved_after(node, graph):
            continue
        yield Proposal(
            node,
            (_side_by_side(node, size, pad),),
            f"a {size}x{size} convolution of stride 2, {channels(node)} filters, beside it, joined",
            offered=node in found,
        )


def _halves(node: Node) -> bool:
    slides = node.layer.slides(node.bottoms[0].shape)
    return slides is not None and set(slides.stride) == {2} and min(node.shapes[0][2:]) > 1


def _convolved_after(node: Node, graph: Graph) -> bool:
    """Whether only convolutions, which take any number of channels, read it at last."""
    readers = [reader for reader, _ in graph.uses[node.values[0]]]
    return bool(readers) and all(
        type(r.layer) is Convolution
        or (isinstance(r.layer, Pooling) and _convolved_after(r, graph))
        or (isinstance(r.layer, FOLLOWERS) and _convolved_after(r, graph))
        for r in readers
    )


def _window(node: Node) -> tuple[int, int | None]:
    """The kernel of a convolution of stride 2 that makes the same grid, and its pad, if any does:
    its size is rounded down where pooling's is rounded up.
    """
    size = max(3, window(node).kernel[0])
    for pad in range(size):
        grid = tuple((side + 2 * pad - size) // 2 + 1 for side in node.bottoms[0].shape[2:])
        if grid == node.shapes[0][2:]:
            return size, pad
    return size, None


def _side_by_side(node: Node, size: int, pad: int) -> Replace:
    read, made, name = node.bottoms[0].blob, node.tops[0], node.name
    pooled, convolved = f"{name}/pool", f"{name}/conv"
    settings = {"num_output": str(channels(node)), "kernel_size": str(size), "stride": "2"}
    settings |= {"pad": str(pad)} if pad else {}
    layers = (
        layer("Pooling", pooled, [read], [pooled], extra=node.layer.unbind_fields()),
        layer(
            "Convolution", convolved, [read], [convolved], "convolution_param", settings, (MSRA,)
        ),
        *_activation(node, convolved),
        layer("Concat", name, [pooled, convolved], [made]),
    )
    return Replace((node,), layers)


def _activation(node: Node, blob: str) -> list[Message]:
    """The normalisation and activation of the convolution that the pooling reads."""
    above = feeding(node)
    if above is None:
        return [layer("ReLU", f"{blob}/relu", [blob], [blob])]
    followers: list[Node] = []
    at = node.bottoms[0].node
    while at is not above:
        followers.insert(0, at)
        at = at.bottoms[0].node
    return [
        layer(n.type, f"{blob}/{n.type.lower()}", [blob], [blob], extra=n.layer.unbind_fields())
        for n in followers
    ]


def widened(graph: Graph) -> Iterator[Proposal]:
    """A convolution that widens and is then pooled: three quarters of what it computes are lost."""
    for node in convolutions(graph):
        whole = unit(node, graph)
        pool = only_reader(whole[-1], graph)
        if pool is None or not isinstance(pool.layer, Pooling) or not _halves(pool):
            continue
        if len(pool.tops) != 1 or filters(node) < WIDENS * channels(node):
            continue
        coarse = _of_stride_2(node, pool)
        if coarse is None:
            continue
        what = f"{coarse.num_output} filters of stride 2, joined with what {pool.name} makes of "
        what += f"the {channels(node)} channels before it"
        edit = _widened(whole, pool, coarse)
        yield Proposal(node, (edit,), what, offered=channels(node) >= WIDE)


def _of_stride_2(node: Node, pool: Node) -> Convolution | None:
    """The convolution with only the filters that pooling does not bring, on the coarse grid."""
    same_grid = node.bottoms[0].shape[2:] == node.shapes[0][2:]
    if not same_grid or set(window(node).stride) != {1} or window(node).groups != 1:
        return None
    coarse = replace(convolution(node), num_output=filters(node) - channels(node), stride=(2,))
    made = coarse.shapes([node.bottoms[0].shape], node.tops)[0]
    return coarse if made[2:] == pool.shapes[0][2:] else None


def _widened(whole: Sequence[Node], pool: Node, coarse: Convolution) -> Replace:
    node, *followers = whole
    read, pooled, convolved = node.bottoms[0].blob, f"{pool.name}/pool", f"{pool.name}/conv"
    settings = [Field("param", spec.unbind(), NOWHERE) for spec in node.params]
    settings += coarse.unbind_fields()
    layers = (
        layer("Pooling", pooled, [read], [pooled], extra=pool.layer.unbind_fields()),
        layer("Convolution", node.name, [read], [convolved], extra=settings),
        *(
            layer(n.type, n.name, [convolved], [convolved], extra=n.layer.unbind_fields())
            for n in followers
        ),
        layer("Concat", pool.name, [pooled, convolved], [pool.tops[0]]),
    )
    return Replace((*whole, pool), layers)


REWRITES = (
    Rewrite("A102", "a coarser grid by pooling and convolution side by side", parallel),
    Rewrite("A103", "a wider, coarser grid by pooling and convolution side by side", widened),
)
