"""Fewer channels before a large kernel."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.analysis import principles
from netspec.graph import Graph, Node
from netspec.rewrite.edit import Settings, Variation, Vary
from netspec.rewrite.proposal import Proposal, Rewrite
from netspec.rewrite.unit import channels, convolutions, feeding, unit, window

SHARE = 4  # a reduction keeps so much of the channels: one in four, as ResNet's bottlenecks


def reduced(graph: Graph) -> Iterator[Proposal]:
    """A 1x1 convolution with a quarter of the channels before a large kernel (principle 3)."""
    found = {finding.node for finding in principles.reduced(graph)}
    for node in convolutions(graph):
        wide = channels(node) >= 2 * SHARE
        if max(window(node).kernel) == 1 or window(node).groups != 1 or not wide:
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
    if above is None:
        return False
    return set(window(above).kernel) == {1} and channels(node) < channels(above)


def _one_by_one(node: Node) -> Settings:
    """The settings that make any convolution 1x1: those that it writes otherwise go."""
    own = window(node)
    settings: dict[str, str | None] = {"kernel_size": "1", "kernel_h": None, "kernel_w": None}
    if any(own.pad):
        settings |= {"pad": "0", "pad_h": None, "pad_w": None}
    if any(stride != 1 for stride in own.stride):
        settings |= {"stride": "1", "stride_h": None, "stride_w": None}
    if any(dilation != 1 for dilation in own.dilation):
        settings |= {"dilation": "1"}
    return settings


REWRITES = (Rewrite("A120", "a reduction before a large kernel", reduced),)
