"""The weights of a net that was rewritten into one that computes the same."""

from __future__ import annotations

from collections.abc import Iterable
from functools import singledispatch
from typing import TypeAlias

import torch
from torch import Tensor

from compiler.network import Network, blobs
from netspec.graph import Graph
from netspec.rewrite.weight_rules import DropBias, Fold, Stack, WeightRule

Tensors: TypeAlias = dict[str, list[Tensor]]


@torch.no_grad()
def carry_weights(old: Network, new: Network, rules: Iterable[WeightRule]) -> None:
    """Give the rewritten net the weights with which it computes what the old one does.

    Layers that both have keep theirs; the rules make the others. Raises ValueError for a layer with
    parameters that no rule makes: it has to be trained.
    """
    have = {name: [blob.clone() for blob in found] for name, found in blobs(old).items()}
    for rule in rules:
        make(rule, have, old.spec)
    for name, targets in blobs(new).items():
        given = have.get(name)
        if given is None or [b.shape for b in given] != [t.shape for t in targets]:
            raise ValueError(f"{name} is new: it has to be trained")
        for target, blob in zip(targets, given):
            target.copy_(blob)


@singledispatch
def make(rule: WeightRule, have: Tensors, graph: Graph) -> None:
    """Change the weights as a rule says."""
    raise TypeError(f"no rule: {rule!r}")


@make.register
def _(rule: Stack, have: Tensors, graph: Graph) -> None:
    columns = zip(*(have[name] for name in rule.of))
    have[rule.made] = [torch.cat(column) for column in columns]


@make.register
def _(rule: DropBias, have: Tensors, graph: Graph) -> None:
    """norm(x + b) with the mean m is norm(x) with m - b; the blob is the mean times its factor."""
    weight, bias = have[rule.layer]
    mean, _, factor = have[rule.norm]
    mean -= bias * factor
    have[rule.layer] = [weight]


@make.register
def _(rule: Fold, have: Tensors, graph: Graph) -> None:
    """The affine function of BatchNorm and Scale, in the order in which Caffe computes it."""
    weight, *given = have[rule.layer]
    mean, variance, factor = have[rule.norm]
    by = torch.where(factor == 0, torch.zeros_like(factor), 1 / factor)
    gain = 1 / torch.sqrt(variance * by + rule.eps)
    shift = -mean * by * gain
    if rule.scale is not None:
        slope, *offset = have[rule.scale]
        gain, shift = gain * slope, shift * slope
        shift = shift + offset[0] if offset else shift
    bias = given[0] * gain + shift if given else shift
    have[rule.layer] = [weight * gain.view(-1, *[1] * (weight.dim() - 1)), bias]
