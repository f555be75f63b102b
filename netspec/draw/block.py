"""The blocks that a diagram frames: those of the spec, or else those that names or wiring show.

A prototxt has no blocks. There `inception_3a/1x1` stands in inception_3a; and where names have no
slash, the layers between a fork and the place where its branches meet again are a block if their
names begin with the same word.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence

import networkx

from netspec.draw.stack import Stack, stacks
from netspec.graph import Graph, Node

Path = tuple[str, ...]
LARGEST = 0.5  # the share of a net beyond which a fork and its join are no longer called a block
END = "end"


def block_paths(graph: Graph, stacks: Sequence[Stack]) -> dict[Stack, Path]:
    """The blocks around each stack, from the outside in.

    A block of one stack is left out; so is a mere chain inside another: a branch needs no frame.
    """
    if any(stack.head.block for stack in stacks):
        paths = {stack: stack.head.block for stack in stacks}
    else:
        forks = _fork_paths(graph, stacks)
        paths = {stack: _slash_path(stack) or forks.get(stack, ()) for stack in stacks}
    flow = stack_graph(graph, stacks)
    sizes = Counter(path[:i] for path in paths.values() for i in range(1, len(path) + 1))
    parting = {
        path[:i]
        for stack, path in paths.items()
        if flow.in_degree(stack) > 1 or flow.out_degree(stack) > 1
        for i in range(1, len(path) + 1)
    }
    framed = {
        path for path, size in sizes.items() if size > 1 and (len(path) == 1 or path in parting)
    }
    return {stack: _outermost(path, framed) for stack, path in paths.items()}


def layer_blocks(graph: Graph) -> dict[Node, Path]:
    """For each layer the blocks around it, from the outside in."""
    paths = block_paths(graph, stacks(graph))
    return {node: path for stack, path in paths.items() for node in stack.nodes}


def shortened(name: str, path: Path) -> str:
    """A layer's name without the names of the blocks around it."""
    for block in path:
        rest = name.removeprefix(block)
        if rest == name or not rest.lstrip("/_.-"):
            break
        name = rest.lstrip("/_.-")
    return name


def _outermost(path: Path, framed: Collection[Path]) -> Path:
    """The path up to the first block that is not framed."""
    return next((path[:i] for i in range(len(path)) if path[: i + 1] not in framed), path)


def _slash_path(stack: Stack) -> Path:
    return tuple(word for word in stack.head.name.split("/")[:-1] if word)


def _fork_paths(graph: Graph, stacks: Sequence[Stack]) -> dict[Stack, Path]:
    """For each stack the names of the fork-and-join regions around it, the largest first."""
    regions = sorted(_regions(graph, stacks), key=len, reverse=True)
    paths: dict[Stack, Path] = {}
    for region in regions:
        name = _common_words([stack.head.name for stack in region])
        if not name or len(region) > LARGEST * len(stacks):
            continue
        for stack in region:
            path = paths.get(stack, ())
            if path[-1:] != (name,):
                paths[stack] = (*path, name)
    return paths


def _regions(graph: Graph, stacks: Sequence[Stack]) -> Iterator[list[Stack]]:
    """Stacks after a fork up to its join, where nothing but data enters from elsewhere."""
    flow = stack_graph(graph, stacks)
    flow.add_edges_from((stack, END) for stack in stacks if flow.out_degree(stack) == 0)
    joins = networkx.immediate_dominators(flow.reverse(copy=False), END)
    for fork in stacks:
        join = joins.get(fork, END)
        if fork.head.layer.makes_data or flow.out_degree(fork) < 2 or join == END:
            continue
        inside, todo = {join}, list(flow.successors(fork))
        while todo:
            stack = todo.pop()
            if stack not in inside:
                inside.add(stack)
                todo.extend(flow.successors(stack))
        entered = (before for stack in inside for before in flow.predecessors(stack))
        if all(b is fork or b in inside or b.head.layer.makes_data for b in entered):
            yield [stack for stack in stacks if stack in inside]


def stack_graph(graph: Graph, stacks: Sequence[Stack]) -> networkx.DiGraph:
    """Which stack reads which."""
    home = {node: stack for stack in stacks for node in stack.nodes}
    flow = networkx.DiGraph()
    flow.add_nodes_from(stacks)
    edges = ((home.get(b.node), stack) for stack in stacks for n in stack.nodes for b in n.bottoms)
    flow.add_edges_from((a, b) for a, b in edges if a not in (b, None))
    return flow


def _common_words(names: Sequence[str]) -> str:
    """The words at the front that all names share: res2a of res2a_branch1 and res2a_branch2b."""
    split = [re.split(r"(?<=[^_.-])(?=[_.-])", name) for name in names]
    shared = []
    for words in zip(*split):
        if len(set(words)) > 1:
            break
        shared.append(words[0])
    return "".join(shared)
