"""Traps in settings: what a number of the same name means elsewhere, or is elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from functools import partial
from typing import Any

from torch import nn

from compiler.verify.suspect import Proposal, Suspect


def lrn_alpha(case: Suspect) -> Iterator[Proposal]:
    """Caffe divides alpha by the size of the window; others leave that to the user."""
    for node in case.nodes:
        alpha, size = (getattr(node.layer, s, None) for s in ("alpha", "local_size"))
        if alpha and size:
            said = f"the alpha of {node.name} is not divided by local_size there"
            yield said, partial(case.with_settings, node, alpha=alpha * size)
            said = f"the alpha of {node.name} is divided by local_size twice there"
            yield said, partial(case.with_settings, node, alpha=alpha / size)


def rounding(case: Suspect) -> Iterator[Proposal]:
    """Caffe's pooling rounds its size up, others round down: a row and a column more or less."""
    for node in case.nodes:
        for mode in _others(getattr(node.layer, "round_mode", None)):
            said = f"{node.name} rounds its size the other way there: write round_mode: {mode.name}"
            yield said, partial(case.with_settings, node, round_mode=mode)


def pooling_method(case: Suspect) -> Iterator[Proposal]:
    for node in case.nodes:
        for method in _others(getattr(node.layer, "pool", None)):
            said = f"{node.name} pools with {method.name} there"
            yield said, partial(case.with_settings, node, pool=method)


def padding_counted(case: Suspect) -> Iterator[Proposal]:
    """The mean of a window at the border: Caffe counts the zeros of the padding, others do not."""
    for node in case.nodes:
        window = node.layer.slides(*(b.shape for b in node.bottoms))
        method = getattr(node.layer, "pool", None)
        if window and any(window.pad) and isinstance(method, Enum) and method.name == "AVE":
            said = f"{node.name} leaves its padding out of the mean there"
            mean = nn.AvgPool2d(
                window.kernel,  # type: ignore[arg-type]
                window.stride,  # type: ignore[arg-type]
                window.pad,  # type: ignore[arg-type]
                ceil_mode=True,
                count_include_pad=False,
            )
            yield said, partial(case.run, {node: mean})


def axis(case: Suspect) -> Iterator[Proposal]:
    """A softmax, or anything else, over another axis."""
    for node in case.nodes:
        own = getattr(node.layer, "axis", None)
        if isinstance(own, int) and node.bottoms and not node.weights:
            rank = len(node.bottoms[0].shape)
            for other in range(rank):
                if other != own % max(rank, 1):
                    said = f"{node.name} works along axis {other} there"
                    yield said, partial(case.with_settings, node, axis=other)


def epsilon(case: Suspect) -> Iterator[Proposal]:
    """The small number under the root: 1e-5 in Caffe, 1e-3 and others elsewhere."""
    for node in case.nodes:
        own = getattr(node.layer, "eps", None)
        for eps in (1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 2e-5, 1e-10):
            if own is not None and own != eps:
                said = f"the eps of {node.name} is {eps:g} there"
                yield said, partial(case.with_settings, node, eps=eps)


def batch_statistics(case: Suspect) -> Iterator[Proposal]:
    for node in case.nodes:
        if hasattr(node.layer, "use_global_stats"):
            said = f"{node.name} normalises by the batch there, not by what it has stored"
            yield said, partial(case.with_settings, node, use_global_stats=False)


def _others(member: Any) -> list[Any]:
    """The other members of a setting's enum."""
    return [m for m in type(member) if m is not member] if isinstance(member, Enum) else []
