"""Types that forks of Caffe mean differently: decided by settings and blobs, and said."""

from __future__ import annotations

from pathlib import Path

import pytest
from one_layer import graph_of, spec

from netspec.layers import LAYERS
from netspec.schema.layer import Layer
from netspec.schema.page import page
from netspec.variants import variants
from tools.__main__ import main

IMAGE = (2, 4, 6, 8)
DECIDED = [  # type and settings, bottoms, what is said, the shapes of the parameters
    ('type: "BN"', [IMAGE], "TSN and PSPNet", [(1, 4)] * 4),
    ('type: "BN" bn_param { frozen: true }', [IMAGE], "TSN and PSPNet", [(1, 4)] * 4),
    ('type: "BN" bn_param { scale_filler { value: 1 } }', [IMAGE], "SegNet's", [(1, 4, 1, 1)] * 2),
    ('type: "BN" bn_param { bn_mode: INFERENCE }', [IMAGE], "SegNet's", [(1, 4, 1, 1)] * 2),
    ('type: "Normalize" norm_param { }', [IMAGE], "SSD's", [()]),
    ('type: "Normalize" norm_param { channel_shared: false }', [IMAGE], "SSD's", [(4,)]),
    ('type: "Normalize"', [IMAGE], "NormFace's", []),
    ('type: "Normalize" normalize_param { normalize_type: "L1" }', [IMAGE], "NormFace's", []),
    ('type: "BatchNorm"', [IMAGE], "", [(4,), (4,), (1,)]),
    (
        'type: "BatchNorm" batch_norm_param { scale_bias: true }',
        [IMAGE],
        "NVIDIA's",
        [(4,), (4,), (1,), (4,), (4,)],
    ),
    (
        'type: "BatchNorm" batch_norm_param { use_weight_bias: true }',
        [IMAGE],
        "Intel's",
        [(4,), (4,), (1,), (4,), (4,)],
    ),
    (
        'type: "PriorBox" prior_box_param { min_size: 32 min_size: 64 min_size: 128 }',
        [IMAGE, IMAGE],
        "FaceBoxes",
        [],
    ),
    (
        'type: "PriorBox" prior_box_param { min_size: 32 min_size: 64 aspect_ratio: 2 }',
        [IMAGE, IMAGE],
        "",
        [],
    ),
    ('type: "Upsample"', [IMAGE], "YOLO's", []),
    ('type: "Upsample"', [IMAGE, IMAGE], "SegNet's", []),
    ('type: "SmoothL1Loss"', [IMAGE, IMAGE], "Fast R-CNN's", []),
    (
        'type: "SmoothL1Loss" loss_param { normalization: NONE }',
        [IMAGE, IMAGE],
        "R-FCN's",
        [],
    ),
]


@pytest.mark.parametrize(("body", "bottoms", "said", "weights"), DECIDED)
def test_the_choice_is_made_and_said(
    body: str, bottoms: list[tuple[int, ...]], said: str, weights: list[tuple[int, ...]]
) -> None:
    graph = graph_of(body, bottoms)
    lines = list(variants(graph.nodes))
    assert [w.shape for w in graph.nodes[-1].weights] == weights
    assert len(lines) == bool(said)
    assert all(said in line and line.endswith(": op") for line in lines)


@pytest.mark.parametrize("command", ["check", "summary"])
def test_commands_say_it(command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "net.prototxt"
    path.write_text(spec('type: "Normalize" norm_param { }', [IMAGE]))
    assert main([command, str(path)]) == 0
    assert "Normalize is SSD's, with a learned scale: op" in capsys.readouterr().out


@pytest.mark.parametrize("cls", [c for c in LAYERS.values() if c.variant is not Layer.variant])
def test_the_page_of_the_type_says_how_it_is_decided(cls: type[Layer]) -> None:
    """Each fork that a variant is of stands on the page."""
    kinds = {body.partition('"')[2].partition('"')[0] for body, *_ in DECIDED}
    assert cls.__name__ in kinds
    printed = " ".join(page(cls).split())
    for body, _, said, _ in DECIDED:
        if f'"{cls.__name__}"' in body and said:
            assert said.removesuffix("'s").split()[0] in printed
