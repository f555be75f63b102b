"""The Split layers that Caffe inserts behind tops with several readers (util/insert_splits.cpp)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from netspec.graph import Graph, Node, Value
from netspec.schema.layer import AUTOMATIC


@dataclass(frozen=True)
class Splits:
    """Their names, and those of the blobs that readers then have for bottoms."""

    graph: Graph

    def layer(self, value: Value) -> str:
        """The Split behind a top; empty where there is none."""
        several = len(self.graph.uses[value]) + _counts(value) > 1
        return f"{value.blob}_{value.node.name}_{value.index}_split" if several else ""

    def tops(self, value: Value) -> list[str]:
        """The tops of that Split, one for each reader; the first is the loss's, where it counts."""
        split = self.layer(value)
        readers = len(self.graph.uses[value]) + _counts(value) if split else 0
        return [f"{split}_{k}" for k in range(readers)]

    def bottom(self, node: Node, index: int) -> str:
        """What Caffe calls the index-th bottom of a layer."""
        return self._bottoms.get((node, index)) or blob_name(node.bottoms[index])

    @cached_property
    def _bottoms(self) -> dict[tuple[Node, int], str]:
        return {
            reader: top
            for value, readers in self.graph.uses.items()
            for reader, top in zip(readers, self.tops(value)[_counts(value) :])
        }


def blob_name(value: Value) -> str:
    """A top's name in Caffe's log."""
    return AUTOMATIC if value.blob.startswith(AUTOMATIC) else value.blob


def _counts(value: Value) -> bool:
    """Whether a top counts towards the loss because the file says so: to be a loss is a use."""
    node, weights = value.node, value.node.loss_weights
    weight = weights[value.index] if weights else 0.0
    return bool(weight) and not (node.layer.loss and weight == 1)
