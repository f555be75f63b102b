"""Blocks that repeat: equal but for their names, or alike, each reading only the one before it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby

from netspec.draw.block import Path
from netspec.draw.stack import Stack
from netspec.graph import Node
from netspec.schema.one_line import describe


@dataclass(frozen=True)
class Repeats:
    """Which stack stands for one that is not drawn, and which blocks a drawn one stands for."""

    drawn_as: Mapping[Stack, Stack]
    blocks: Mapping[Path, tuple[Path, ...]]


def equal(node: Node) -> Hashable:
    """What layers of equal blocks have in common: all but their names."""
    return describe(node.layer), node.shapes


def alike(node: Node) -> Hashable:
    """What layers of blocks of one form have in common, whatever their sizes."""
    return node.type


def repeats(
    paths: Mapping[Stack, Path],
    home: Mapping[Node, Stack],
    alike: Callable[[Node], Hashable] = equal,
) -> Repeats:
    """Of each run of blocks whose layers are alike, the first is drawn; the outermost count."""
    drawn_as: dict[Stack, Stack] = {}
    blocks: dict[Path, tuple[Path, ...]] = {}
    for depth in range(1, 1 + max(map(len, paths.values()), default=0)):
        for run in _runs(paths, home, depth, alike):
            if len(run) < 2 or run[0][0] in drawn_as:
                continue
            kept, *hidden = run
            blocks[paths[kept[0]][:depth]] = tuple(paths[block[0]][:depth] for block in run)
            for block in hidden:
                drawn_as.update(zip(block, kept))
    return Repeats(drawn_as, blocks)


def _runs(
    paths: Mapping[Stack, Path],
    home: Mapping[Node, Stack],
    depth: int,
    alike: Callable[[Node], Hashable],
) -> Iterator[list[list[Stack]]]:
    """Blocks of one depth in running order, cut wherever the next is not the same again."""
    run: list[list[Stack]] = []
    for path, members in groupby(paths, key=lambda stack: paths[stack][:depth]):
        block = list(members)
        whole = len(path) == depth
        if run and not (whole and _follows(block, run[-1], paths, home, depth, alike)):
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
    alike: Callable[[Node], Hashable],
) -> bool:
    siblings = paths[block[0]][: depth - 1] == paths[last[0]][: depth - 1]
    entries = _entries(block, home)
    reads_last = len(entries) == 1 and entries < set(last)
    return siblings and reads_last and _form(block, alike) == _form(last, alike)


def _entries(block: list[Stack], home: Mapping[Node, Stack]) -> set[Stack | None]:
    """The stacks outside that a block reads; None is an input of the net."""
    inside = set(block)
    read = {home.get(b.node) for stack in block for node in stack.nodes for b in node.bottoms}
    return {stack for stack in read if stack not in inside}


def _form(block: list[Stack], alike: Callable[[Node], Hashable]) -> Hashable:
    """All that counts of a block: what its layers are, and who reads whom."""
    place = {node: (i, j) for i, stack in enumerate(block) for j, node in enumerate(stack.nodes)}
    return tuple(
        tuple(
            (
                alike(node),
                tuple((place.get(b.node), b.index) for b in node.bottoms),
            )
            for node in stack.nodes
        )
        for stack in block
    )
