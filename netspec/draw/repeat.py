"""Blocks that repeat: equal but for their names, each reading only the one before it."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby

from netspec.draw.block import Path
from netspec.draw.stack import Stack
from netspec.graph import Node, describe


@dataclass(frozen=True)
class Repeats:
    """Which stack stands for one that is not drawn, and which blocks a drawn one stands for."""

    drawn_as: Mapping[Stack, Stack]
    alike: Mapping[Path, tuple[Path, ...]]


def repeats(paths: Mapping[Stack, Path], home: Mapping[Node, Stack]) -> Repeats:
    """Of each run of equal blocks, the outermost first, only the first block is drawn."""
    drawn_as: dict[Stack, Stack] = {}
    alike: dict[Path, tuple[Path, ...]] = {}
    for depth in range(1, 1 + max(map(len, paths.values()), default=0)):
        for run in _runs(paths, home, depth):
            if len(run) < 2 or run[0][0] in drawn_as:
                continue
            kept, *hidden = run
            alike[paths[kept[0]][:depth]] = tuple(paths[block[0]][:depth] for block in run)
            for block in hidden:
                drawn_as.update(zip(block, kept))
    return Repeats(drawn_as, alike)


def _runs(
    paths: Mapping[Stack, Path], home: Mapping[Node, Stack], depth: int
) -> Iterator[list[list[Stack]]]:
    """Blocks of one depth in running order, cut wherever the next is not the same again."""
    run: list[list[Stack]] = []
    for path, members in groupby(paths, key=lambda stack: paths[stack][:depth]):
        block = list(members)
        whole = len(path) == depth
        if run and not (whole and _follows(block, run[-1], paths, home, depth)):
            yield run
            run = []
        if whole:
            run.append(block)
    if run:
        yield run


def _follows(
    block: list[Stack],
    last: list[Stack],
    paths: Mapping[Stack, Path],
    home: Mapping[Node, Stack],
    depth: int,
) -> bool:
    siblings = paths[block[0]][: depth - 1] == paths[last[0]][: depth - 1]
    entries = _entries(block, home)
    reads_last = len(entries) == 1 and entries < set(last)
    return siblings and reads_last and _form(block, home) == _form(last, home)


def _entries(block: list[Stack], home: Mapping[Node, Stack]) -> set[Stack | None]:
    """The stacks outside that a block reads; None is an input of the net."""
    inside = set(block)
    read = {home.get(b.node) for stack in block for node in stack.nodes for b in node.bottoms}
    return {stack for stack in read if stack not in inside}


def _form(block: list[Stack], home: Mapping[Node, Stack]) -> Hashable:
    """All of a block but its names: layers with their settings, shapes, and who reads whom."""
    place = {node: (i, j) for i, stack in enumerate(block) for j, node in enumerate(stack.nodes)}
    return tuple(
        tuple(
            (
                describe(node.layer),
                node.shapes,
                tuple((place.get(b.node), b.index) for b in node.bottoms),
            )
            for node in stack.nodes
        )
        for stack in block
    )
