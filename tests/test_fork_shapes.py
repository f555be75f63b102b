"""The forks' layer types: the shapes of tops and parameters."""

from __future__ import annotations

import pytest
from fork_shapes import IMAGE, SHAPES
from one_layer import graph_of

from netspec.layers import LAYERS
from netspec.schema.forks import FORK_OF_TYPE, OURS
from netspec.schema.layer import Shape
from netspec.schema.page import page

SETTINGS = [  # the same of BVLC's types with settings of forks
    (
        'type: "BatchNorm" batch_norm_param { scale_bias: true }',
        [IMAGE],
        [IMAGE],
        [(4,), (4,), (1,), (4,), (4,)],
    ),
    (
        'type: "LSTM" recurrent_param { num_output: 7 engine: CUDNN num_layers: 2 }',
        [(6, 2, 5), (6, 2)],
        [(6, 2, 7, 1)],
        [(28 * (5 + 7 + 2) + 28 * (7 + 7 + 2), 1, 1)],
    ),
    (
        'type: "InnerProduct" inner_product_param { num_output: 5 min_top_axes: 4 }',
        [(3, 4)],
        [(3, 5, 1, 1)],
        [(5, 4), (5,)],
    ),
    (
        'type: "InnerProduct" inner_product_param { num_output: 5 enable_noise: true }',
        [(3, 4)],
        [(3, 5)],
        [(5, 4), (5,), (5, 4), (5,)],
    ),
    (
        'type: "MemoryData" memory_data_param { batch_size: 3 channels: 1 height: 4 width: 5'
        " label_height: 4 label_width: 5 }",
        [],
        [(3, 1, 4, 5), (3, 1, 4, 5)],
        [],
    ),
    (
        'type: "MemoryData" memory_data_param { batch_size: 3 channels: 1 height: 4 width: 5'
        " label_type: NONE }",
        [],
        [(3, 1, 4, 5)],
        [],
    ),
    (
        'type: "LRN" lrn_param { fuse_type: FUSED_POOL_MAX'
        " pooling_param { kernel_size: 3 stride: 2 } }",
        [IMAGE],
        [(2, 4, 3, 4)],
        [],
    ),
]
ROWS = SHAPES + SETTINGS


@pytest.mark.parametrize(
    ("body", "bottoms", "tops", "weights"), ROWS, ids=[row[0][6:70] for row in ROWS]
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
