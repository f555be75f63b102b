"""The forks' layer types: the shapes of tops and parameters."""

from __future__ import annotations

import pytest
from fork_shapes import SHAPES
from one_layer import graph_of

from netspec.layers import LAYERS
from netspec.schema.forks import FORK_OF_TYPE, OURS
from netspec.schema.layer import Shape
from netspec.schema.page import page


@pytest.mark.parametrize(
    ("body", "bottoms", "tops", "weights"), SHAPES, ids=[s[0][6:70] for s in SHAPES]
)
def test_shapes(body: str, bottoms: list[Shape], tops: list[Shape], weights: list[Shape]) -> None:
    graph = graph_of(body, bottoms, len(tops))
    assert [graph.blob_shapes[f"t{i}"] for i in range(len(tops))] == tops
    assert graph.weight_shapes.get("op", []) == weights


def test_every_type_of_a_fork_says_which_and_has_its_shape_shown() -> None:
    shown = {row[0].split('"')[1] for row in SHAPES}
    forks = {name for name, cls in LAYERS.items() if cls.fork not in ("", OURS)}
    assert forks <= shown, forks - shown
    for name in forks:
        assert "Of a fork: " in page(LAYERS[name])
    assert not FORK_OF_TYPE.keys() & LAYERS.keys()
