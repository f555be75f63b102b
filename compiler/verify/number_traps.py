"""Traps that show in the numbers themselves: layers left out, factors, terms, shapes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from torch import nn

from compiler.verify.suspect import Proposal, Suspect


def left_out(case: Suspect) -> Iterator[Proposal]:
    """A layer that is not there, such as a missing ReLU, or one more."""
    for node in case.nodes:
        if len(node.bottoms) == len(node.tops) == 1 and node.bottoms[0].shape == node.shapes[0]:
            said = f"{node.name} ({node.type}) is left out there"
            yield said, partial(case.run, {node: nn.Identity()})
    yield f"a ReLU follows {case.value.node.name} there", lambda: case.run().relu()


def same_numbers(case: Suspect) -> Iterator[Proposal]:
    said = f"{case.value.blob} holds the same numbers in another shape there"
    if case.run().numel() == case.want.numel() and case.run().shape != case.want.shape:
        yield said, lambda: case.run().reshape(case.want.shape)


def constant_factor(case: Suspect) -> Iterator[Proposal]:
    """All numbers off by one factor: a scale, a coefficient, a Dropout that scales in TEST."""
    got = case.run()
    if got.shape == case.want.shape:
        largest = got.abs().argmax()
        factor = float(case.want.reshape(-1)[largest] / got.reshape(-1)[largest])
        said = f"every number of {case.value.blob} is {factor:.4g} times as large there"
        if factor != 0:
            yield said, lambda: got * factor


def constant_offset(case: Suspect) -> Iterator[Proposal]:
    """All numbers of a channel off by one term: a bias, a mean."""
    got = case.run()
    if got.shape == case.want.shape and got.dim() >= 3:
        axes = [i for i in range(got.dim()) if i != 1]
        term = (case.want - got).mean(axes, keepdim=True)
        shown = ", ".join(f"{t:.4g}" for t in term.reshape(-1)[:4])
        said = f"a constant is added to each channel of {case.value.blob} there ({shown} ...)"
        yield said, lambda: got + term
