"""Traps in weights: the same numbers in another order, or to be taken otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import torch

from compiler.verify.suspect import Proposal, Suspect


def statistics_undivided(case: Suspect) -> Iterator[Proposal]:
    """Caffe stores sums: mean and variance are to be divided by the third blob."""
    for node in case.nodes:
        factor = case.weights(node).get("factor")
        if factor is not None and float(factor[0]) not in (0.0, 1.0):
            one = torch.ones_like(factor)
            said = f"the mean and variance of {node.name} are not divided by their factor there"
            yield said, partial(case.with_weights, node, factor=one)
    for node in case.nodes:
        weights = case.weights(node)
        if float(weights.get("factor", torch.zeros(1))[0]) == 1:
            for momentum in (0.999, 0.99, 0.9):
                factor = torch.full((1,), 1 / (1 - momentum))
                said = (
                    f"the mean and variance of {node.name} are sums there, divided by {factor[0]:g}"
                )
                yield said, partial(case.with_weights, node, factor=factor)


def transposed(case: Suspect) -> Iterator[Proposal]:
    """A matrix kept as inputs x outputs where outputs x inputs is meant."""
    for node in case.nodes:
        weight = case.weights(node).get("weight")
        if weight is not None and weight.dim() == 2:
            turned = weight.reshape(weight.T.shape).T
            said = f"the matrix of {node.name} is transposed there"
            yield said, partial(case.with_weights, node, weight=turned)


def kernel_turned(case: Suspect) -> Iterator[Proposal]:
    """Caffe correlates; a convolution by the book turns the kernel around."""
    for node in case.nodes:
        weight = case.weights(node).get("weight")
        if weight is not None and weight.dim() == 4:
            said = (
                f"the kernel of {node.name} is turned around there: convolution against correlation"
            )
            yield said, partial(case.with_weights, node, weight=weight.flip(2, 3))
            if weight.shape[2] == weight.shape[3]:
                said = f"height and width of the kernel of {node.name} have changed places there"
                yield said, partial(case.with_weights, node, weight=weight.transpose(2, 3))


def channels_last(case: Suspect) -> Iterator[Proposal]:
    """An image flattened with its channels last before a matrix, or kept so."""
    for node in case.nodes:
        weight = case.weights(node).get("weight")
        image = node.bottoms[0].shape if node.bottoms else ()
        if weight is not None and weight.dim() == 2 and len(image) == 4:
            _, channels, height, width = image
            if weight.shape[1] == channels * height * width:
                last = weight.reshape(-1, height, width, channels).permute(0, 3, 1, 2)
                said = f"the image that {node.name} flattens has its channels last there"
                yield said, partial(case.with_weights, node, weight=last.reshape_as(weight))
    if case.want.dim() == 4:
        said = f"{case.value.blob} has its channels last there"
        yield said, lambda: case.run().permute(0, 2, 3, 1)


def without_bias(case: Suspect) -> Iterator[Proposal]:
    """A bias that was left out, or not loaded."""
    for node in case.nodes:
        bias = case.weights(node).get("bias")
        if bias is not None:
            said = f"{node.name} adds no bias there"
            yield said, partial(case.with_weights, node, bias=torch.zeros_like(bias))
