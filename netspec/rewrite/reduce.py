"""Fewer channels before a large kernel, and a coarser grid without a bottleneck."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.analysis.advice import advice
from netspec.graph import Graph, Node
from netspec.language.tree import Message
from netspec.layers.convolution import Convolution
from netspec.layers.pooling import Pooling
from netspec.rewrite.edit import Replace, Settings, Variation, Vary
from netspec.rewrite.fields import filler, layer
from netspec.rewrite.proposal import Proposal, Rewrite
from netspec.rewrite.unit import FOLLOWERS, channels, convolutions, feeding, unit

CONVOLUTION = "convolution_param"
MSRA = filler("weight_filler", "msra")
SHARE = 4  # a reduction keeps so much of the channels: one in four, as ResNet's bottlenecks


def reduced(graph: Graph) -> Iterator[Proposal]:
    """A 1x1 convolution with a quarter of the channels before a large kernel (principle 3)."""
    found = {f.node for f in advice(graph) if f.code == "A120"}
    for node in convolutions(graph):
        kernel = node.layer.slides(node.bottoms[0].shape).kernel  # type: ignore[union-attr]
        if max(kernel) == 1 or channels(node) < 2 * SHARE or node.layer.group != 1:  # type: ignore[attr-defined]
            continue
        if _is_reduced(node):
            continue
        fewer = channels(node) // SHARE
        small: Settings = {"num_output": str(fewer), **_one_by_one(node)}
        edit = Vary(unit(node, graph), (Variation("_reduce", {node.name: small}), Variation()))
        what = f"a 1x1 convolution with {fewer} filters before it"
        yield Proposal(node, (edit,), what, offered=node in found)


def _is_reduced(node: Node) -> bool:
    """Whether a 1x1 convolution with fewer filters than channels stands before it already."""
    above = feeding(node)
    window = above.layer.slides(above.bottoms[0].shape) if above is not None else None
    if above is None or window is None:
        return False
    return set(window.kernel) == {1} and channels(node) < channels(above)


def _one_by_one(node: Node) -> Settings:
    """The settings that make any convolution 1x1: those that it writes otherwise go."""
    window = node.layer.slides(node.bottoms[0].shape)
    assert window is not None
    settings: dict[str, str | None] = {"kernel_size": "1", "kernel_h": None, "kernel_w": None}
    if any(window.pad):
        settings |= {"pad": "0", "pad_h": None, "pad_w": None}
    if any(stride != 1 for stride in window.stride):
        settings |= {"stride": "1", "stride_h": None, "stride_w": None}
    if any(dilation != 1 for dilation in window.dilation):
        settings |= {"dilation": "1"}
    return settings


def parallel(graph: Graph) -> Iterator[Proposal]:
    """Pooling beside a convolution of the same stride, joined (blocks P and C, figure 10)."""
    found = {f.node for f in advice(graph) if f.code == "A102"}
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
    window = node.layer.slides(node.bottoms[0].shape)
    return window is not None and set(window.stride) == {2} and min(node.shapes[0][2:]) > 1


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
    window = node.layer.slides(node.bottoms[0].shape)
    assert window is not None
    size = max(3, window.kernel[0])
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


REWRITES = (
    Rewrite("A120", "a reduction before a large kernel", reduced),
    Rewrite("A102", "a coarser grid by pooling and convolution side by side", parallel),
)
