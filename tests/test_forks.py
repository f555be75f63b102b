"""The forks' layer types: shapes, what is decided by fields, what is refused, and simple values."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from caffe_proto import MESSAGES
from one_layer import One, drawn, graph_of, spec

import compiler
import netspec
from netspec.layers import LAYERS, declare
from netspec.schema.forks import FORK_OF_FIELD, FORK_OF_TYPE, OURS
from netspec.schema.layer import Family, Layer, Shape
from netspec.schema.page import page

IMAGE = (2, 4, 6, 8)
PRIORS = (1, 2, 40)
REGIONS = (3, 5)
SHAPES = [  # type and settings, bottoms, tops, weights
    (
        'type: "Permute" permute_param { order: 0 order: 2 order: 3 order: 1 }',
        [IMAGE],
        [(2, 6, 8, 4)],
        [],
    ),
    ('type: "Permute" permute_param { order: 3 }', [IMAGE], [(8, 2, 4, 6)], []),
    ('type: "ShuffleChannel" shuffle_channel_param { group: 2 }', [IMAGE], [IMAGE], []),
    ('type: "Reorg" reorg_param { stride: 2 }', [IMAGE], [(2, 16, 3, 4)], []),
    ('type: "Reorg" reorg_param { stride: 2 reverse: true }', [IMAGE], [(2, 1, 12, 16)], []),
    ('type: "Flip"', [IMAGE], [IMAGE], []),
    ('type: "Gather"', [IMAGE, (2,)], [IMAGE, (2,)], []),
    ('type: "Interp" interp_param { height: 9 width: 5 }', [IMAGE], [(2, 4, 9, 5)], []),
    ('type: "Interp" interp_param { zoom_factor: 3 }', [IMAGE], [(2, 4, 16, 22)], []),
    ('type: "Interp" interp_param { shrink_factor: 2 }', [IMAGE], [(2, 4, 3, 4)], []),
    (
        'type: "Interp" interp_param { shrink_factor: 2 zoom_factor: 3 }',
        [IMAGE],
        [(2, 4, 7, 10)],
        [],
    ),
    (
        'type: "Interp" interp_param { height: 3 width: 3 pad_beg: -1 pad_end: -2 }',
        [IMAGE],
        [(2, 4, 3, 3)],
        [],
    ),
    (
        'type: "Interp" interp_param { use_blob_size: true }',
        [IMAGE, (1, 1, 7, 9)],
        [(2, 4, 7, 9)],
        [],
    ),
    ('type: "Upsample" upsample_param { scale: 3 }', [IMAGE], [(2, 4, 18, 24)], []),
    (
        'type: "Upsample" upsample_param { scale: 2 pad_out_h: true }',
        [IMAGE, IMAGE],
        [(2, 4, 11, 16)],
        [],
    ),
    (
        'type: "Upsample" upsample_param { upsample_h: 13 upsample_w: 15 }',
        [IMAGE, IMAGE],
        [(2, 4, 13, 15)],
        [],
    ),
    (
        'type: "DepthwiseConvolution" convolution_param { num_output: 4 kernel_size: 3 }',
        [IMAGE],
        [(2, 4, 4, 6)],
        [(4, 1, 3, 3), (4,)],
    ),
    (
        'type: "ConvolutionDepthwise" convolution_param {'
        " num_output: 8 group: 4 kernel_size: 3 pad: 1 bias_term: false }",
        [IMAGE],
        [(2, 8, 6, 8)],
        [(8, 1, 3, 3)],
    ),
    ('type: "ReLU6"', [IMAGE], [IMAGE], []),
    ('type: "SeLu"', [IMAGE], [IMAGE], []),
    ('type: "SeLuDropout" selu_dropout_param { dropout_ratio: 0.2 }', [IMAGE], [IMAGE], []),
    ('type: "Axpy"', [(2, 4, 1, 1), IMAGE, IMAGE], [IMAGE], []),
    ('type: "Axpy"', [(2, 4), IMAGE, IMAGE], [IMAGE], []),
    ('type: "ChannelScale"', [IMAGE, (2, 1, 6, 8)], [IMAGE], []),
    ('type: "BN"', [IMAGE], [IMAGE], [(1, 4)] * 4),
    ('type: "BN" bn_param { bn_mode: INFERENCE }', [IMAGE], [IMAGE], [(1, 4, 1, 1)] * 2),
    ('type: "Normalize" norm_param { }', [IMAGE], [IMAGE], [()]),
    ('type: "Normalize" norm_param { channel_shared: false }', [IMAGE], [IMAGE], [(4,)]),
    ('type: "Normalize"', [IMAGE], [IMAGE, (2, 1, 6, 8)], []),
    ('type: "GRN"', [IMAGE], [IMAGE], []),
    (
        'type: "BatchNorm" batch_norm_param { scale_bias: true }',
        [IMAGE],
        [IMAGE],
        [(4,), (4,), (1,), (4,), (4,)],
    ),
    (
        'type: "PriorBox" prior_box_param { min_size: 8 max_size: 12 aspect_ratio: 2 }',
        [IMAGE, (2, 3, 60, 80)],
        [(1, 2, 6 * 8 * 4 * 4)],
        [],
    ),
    (
        'type: "PriorBox" prior_box_param {'
        " min_size: 8 min_size: 9 aspect_ratio: 2 aspect_ratio: 0.5 flip: false }",
        [IMAGE, (2, 3, 60, 80)],
        [(1, 2, 6 * 8 * 6 * 4)],
        [],
    ),
    (
        'type: "PriorBoxClustered" prior_box_param { width: 8 width: 9 height: 3 height: 4 }',
        [IMAGE, (2, 3, 60, 80)],
        [(1, 2, 6 * 8 * 2 * 4)],
        [],
    ),
    (
        'type: "DetectionOutput" detection_output_param { num_classes: 3 }',
        [(2, 40), (2, 30), PRIORS],
        [(1, 1, 1, 7)],
        [],
    ),
    (
        'type: "DetectionOutput" detection_output_param { num_classes: 3 share_location: false }',
        [(2, 120), (2, 30), PRIORS],
        [(1, 1, 1, 7)],
        [],
    ),
    (
        'type: "DetectionEvaluate" detection_evaluate_param { num_classes: 3 }',
        [(1, 1, 9, 7), (1, 1, 4, 8)],
        [(1, 1, 11, 5)],
        [],
    ),
    (
        'type: "MultiBoxLoss" multibox_loss_param { num_classes: 3 }',
        [(2, 40), (2, 30), PRIORS, (1, 1, 4, 8)],
        [()],
        [],
    ),
    (
        'type: "ROIPooling" roi_pooling_param { pooled_h: 2 pooled_w: 3 }',
        [IMAGE, REGIONS],
        [(3, 4, 2, 3)],
        [],
    ),
    (
        'type: "ROIPooling" roi_pooling_param { pooled_h: 2 pooled_w: 3 }',
        [IMAGE, (3, 5, 1, 1)],
        [(3, 4, 2, 3)],
        [],
    ),
    (
        'type: "PSROIPooling" psroi_pooling_param { output_dim: 1 group_size: 2 spatial_scale: 1 }',
        [IMAGE, REGIONS],
        [(3, 1, 2, 2)],
        [],
    ),
    (
        'type: "Proposal" proposal_param { ratio: 1 scale: 2 scale: 4 post_nms_topn: 9 }',
        [(1, 4, 6, 8), (1, 8, 6, 8), (1, 3)],
        [(9, 5), (9,)],
        [],
    ),
    ('type: "SmoothL1Loss"', [(3, 8), (3, 8), (3, 8), (3, 8)], [()], []),
    ('type: "SmoothL1Loss" loss_weight: 1 loss_weight: 0', [IMAGE, IMAGE], [(), (2, 1, 6, 8)], []),
    (
        'type: "SmoothL1LossOHEM" loss_weight: 1 loss_weight: 0',
        [IMAGE, IMAGE, IMAGE],
        [(), (2, 1, 6, 8)],
        [],
    ),
    (
        'type: "SoftmaxWithLossOHEM" loss_weight: 1 loss_weight: 0 loss_weight: 0',
        [(3, 4), (3,)],
        [(), (3, 4), (3,)],
        [],
    ),
    (
        'type: "BoxAnnotatorOHEM" box_annotator_ohem_param { roi_per_img: 2 }',
        [REGIONS, (3, 1), (3,), (3, 8)],
        [(3, 1, 1, 1), (3, 8, 1, 1)],
        [],
    ),
    ('type: "L1Loss"', [IMAGE, IMAGE], [()], []),
    ('type: "CenterLoss" center_loss_param { num_output: 5 }', [(3, 4), (3,)], [()], [(5, 4)]),
    ('type: "InnerDistance" inner_distance_param { num_output: 5 }', [(3, 4)], [(3, 5)], [(5, 4)]),
    ('type: "InnerDistance"', [(3, 4), (5, 4)], [(3, 5)], []),
    (
        'type: "MarginInnerProduct" margin_inner_product_param { num_output: 5 }',
        [(3, 4), (3,)],
        [(3, 5), (1,)],
        [(5, 4)],
    ),
    ('type: "SegAccuracy"', [IMAGE, (2, 1, 6, 8)], [(1, 1, 1, 3)], []),
    (
        'type: "Lstm" lstm_param { num_output: 7 batch_size: 2 }',
        [(6, 5), (6,)],
        [(6, 7)],
        [(28, 5), (28, 7), (28,)],
    ),
    (
        'type: "AnnotatedData" data_param { batch_size: 2 }'
        " transform_param { resize_param { height: 30 width: 40 } }",
        [],
        [(2, 3, 30, 40), (1, 1, 1, 8)],
        [],
    ),
    (
        'type: "ImageSegData" image_data_param { batch_size: 2 } transform_param { crop_size: 33 }',
        [],
        [(2, 3, 33, 33), (2, 1, 33, 33)],
        [],
    ),
    (
        'type: "ImageLabelmapData" image_data_param { new_height: 20 new_width: 30 }',
        [],
        [(1, 3, 20, 30), (1, 1, 20, 30)],
        [],
    ),
    ('type: "SegData" transform_param { crop_size: 33 }', [], [(1, 3, 33, 33), (1, 1, 33, 33)], []),
    (
        'type: "VideoData" transform_param { crop_size: 33 }'
        " video_data_param { batch_size: 2 num_segments: 3 new_length: 5 }",
        [],
        [(2, 30, 33, 33), (2, 1, 1, 1)],
        [],
    ),
    (
        'type: "CoSData" cos_data_param { batch_size: 4'
        " top { type: ENCODED_IMAGE channels: 3 height: 9 width: 9 out_height: 227 out_width: 99 }"
        " top { type: INT channels: 1 height: 1 width: 1 }"
        " top { type: INT_ARRAY channels: 21 sample_num_axes: 1 transpose: true }"
        " top { type: FLOAT_ARRAY channels: 7 sample_num_axes: 1 } top { sample_num_axes: 0 } }",
        [],
        [(4, 3, 227, 99), (4, 1, 1, 1), (21, 4), (4, 7), (4,)],
        [],
    ),
    (
        'type: "GeneralContrastiveLoss" loss_weight: 1 loss_weight: 0',
        [(3, 5), (3,)],
        [(), (2,)],
        [],
    ),
    (
        'type: "MultiStageMeanfield" multi_stage_meanfield_param {'
        " theta_alpha: 160 theta_beta: 3 theta_gamma: 3 num_iterations: 5 }",
        [IMAGE, IMAGE, (2, 3, 6, 8)],
        [IMAGE],
        [(1, 1, 4, 4)] * 3,
    ),
]


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


VALUES = [  # type and settings, bottoms, what numpy makes of them
    ('type: "ReLU6"', [5 * drawn(0, *IMAGE)], lambda x: np.clip(x, 0, 6)),
    (
        'type: "SeLu"',
        [drawn(0, *IMAGE)],
        lambda x: 1.050700987 * np.where(x > 0, x, 1.67326324 * (np.exp(x) - 1)),
    ),
    ('type: "SeLuDropout"', [drawn(0, *IMAGE)], lambda x: x),
    (
        'type: "Permute" permute_param { order: 0 order: 2 order: 3 order: 1 }',
        [drawn(0, *IMAGE)],
        lambda x: x.transpose(0, 2, 3, 1),
    ),
    (
        'type: "Flip" flip_param { flip_height: true }',
        [drawn(0, *IMAGE)],
        lambda x: x[:, :, ::-1, ::-1],
    ),
    ('type: "Flip"', [drawn(0, *IMAGE)], lambda x: x[..., ::-1]),
    (
        'type: "ShuffleChannel" shuffle_channel_param { group: 2 }',
        [drawn(0, 2, 6, 3, 3)],
        lambda x: x[:, [0, 3, 1, 4, 2, 5]],
    ),
    (
        'type: "Axpy"',
        [drawn(0, 2, 4, 1, 1), drawn(1, *IMAGE), drawn(2, *IMAGE)],
        lambda a, x, y: a * x + y,
    ),
    (
        'type: "Axpy"',
        [drawn(0, 2, 4), drawn(1, *IMAGE), drawn(2, *IMAGE)],
        lambda a, x, y: a[..., None, None] * x + y,
    ),
    ('type: "ChannelScale"', [drawn(1, *IMAGE), drawn(0, 2, 1, 6, 8)], lambda x, a: a * x),
    (
        'type: "Upsample" upsample_param { scale: 2 }',
        [drawn(0, *IMAGE)],
        lambda x: x.repeat(2, 2).repeat(2, 3),
    ),
    (
        'type: "GRN" grn_param { bias: 0.1 }',
        [drawn(0, *IMAGE)],
        lambda x: x / np.sqrt((x**2).sum(1, keepdims=True) + 0.1),
    ),
    (
        'type: "Normalize" norm_param { eps: 0.1 }',
        [drawn(0, *IMAGE)],
        lambda x: x / np.sqrt((x**2).sum((1, 2, 3), keepdims=True) + 0.1),
    ),
    (
        'type: "Normalize" norm_param { across_spatial: false scale_filler { value: 20 } }',
        [drawn(0, *IMAGE)],
        lambda x: 20 * x / np.sqrt((x**2).sum(1, keepdims=True) + 1e-10),
    ),
    (
        'type: "Normalize"',
        [drawn(0, *IMAGE)],
        lambda x: x / np.sqrt((x**2).sum(1, keepdims=True) + 1e-6),
    ),
    (
        'type: "Normalize" normalize_param { normalize_type: "L1" }',
        [drawn(0, *IMAGE)],
        lambda x: x / (np.abs(x).sum(1, keepdims=True) + 1e-6),
    ),
    ('type: "L1Loss"', [drawn(0, *IMAGE), drawn(1, *IMAGE)], lambda x, y: np.abs(x - y).sum() / 2),
    (
        'type: "InnerDistance"',
        [drawn(0, 3, 4), drawn(1, 5, 4)],
        lambda x, w: ((x[:, None] - w[None]) ** 2).sum(2),
    ),
    (
        'type: "InnerDistance" inner_distance_param { distance_type: "L1" }',
        [drawn(0, 3, 4), drawn(1, 5, 4)],
        lambda x, w: np.abs(x[:, None] - w[None]).sum(2),
    ),
]


@pytest.mark.parametrize(("body", "bottoms", "make"), VALUES, ids=[v[0][6:70] for v in VALUES])
def test_values(body: str, bottoms: list[np.ndarray], make: object) -> None:
    (got,) = One(body, [b.shape for b in bottoms])(*bottoms)
    np.testing.assert_allclose(got, make(*bottoms), rtol=1e-5, atol=1e-6)


def darknet_reorg(x: np.ndarray, s: int, reverse: bool) -> np.ndarray:
    """The index arithmetic of Darknet's reorg_cpu, element by element."""
    n, c, h, w = x.shape
    shape = (n, c // s**2, h * s, w * s) if reverse else (n, c * s**2, h // s, w // s)
    given, made = x.ravel(), np.empty(x.size, x.dtype)
    for b in range(n):
        for k in range(c):
            for j in range(h):
                for i in range(w):
                    small = i + w * (j + h * (k + c * b))
                    part, place = k % (c // s**2), k // (c // s**2)
                    row, column = j * s + place // s, i * s + place % s
                    large = column + w * s * (row + h * s * (part + c // s**2 * b))
                    if reverse:
                        made[large] = given[small]
                    else:
                        made[small] = given[large]
    return made.reshape(shape)


@pytest.mark.parametrize("reverse", [False, True])
def test_reorg_has_darknets_order(reverse: bool) -> None:
    x = drawn(0, 2, 8, 4, 6)
    body = f'type: "Reorg" reorg_param {{ stride: 2 reverse: {str(reverse).lower()} }}'
    np.testing.assert_array_equal(One(body, [x.shape])(x)[0], darknet_reorg(x, 2, reverse))


def corner_aligned(x: np.ndarray, height: int, width: int) -> np.ndarray:
    """Bilinear interpolation of the last two axes, one axis after the other."""
    for axis, size in ((2, height), (3, width)):
        old = x.shape[axis]
        at = np.arange(size) * ((old - 1) / (size - 1) if size > 1 else 0)
        low = np.minimum(at.astype(int), old - 1)
        high = np.minimum(low + 1, old - 1)
        share = (at - low).reshape([-1 if a == axis else 1 for a in range(4)])
        x = x.take(low, axis) * (1 - share) + x.take(high, axis) * share
    return x


@pytest.mark.parametrize(
    ("settings", "cut", "size"),
    [
        ("height: 9 width: 5", (0, 0), (9, 5)),
        ("height: 1 width: 1", (0, 0), (1, 1)),
        ("zoom_factor: 2", (0, 0), (11, 15)),
        ("shrink_factor: 3", (0, 0), (2, 3)),
        ("height: 7 width: 7 pad_beg: -1 pad_end: -2", (1, 2), (7, 7)),
    ],
)
def test_interp(settings: str, cut: tuple[int, int], size: tuple[int, int]) -> None:
    x = drawn(0, *IMAGE)
    (got,) = One(f'type: "Interp" interp_param {{ {settings} }}', [IMAGE])(x)
    inside = x[:, :, cut[0] : x.shape[2] - cut[1], cut[0] : x.shape[3] - cut[1]]
    np.testing.assert_allclose(got, corner_aligned(inside, *size), rtol=1e-4, atol=1e-5)


def test_upsample_undoes_the_pooling_that_made_its_mask() -> None:
    text = spec('type: "Pooling" pooling_param { kernel_size: 2 stride: 2 }', [IMAGE], 2)
    text += 'layer { name: "up" type: "Upsample" bottom: "t0" bottom: "t1" top: "up" }'
    x = np.abs(drawn(0, *IMAGE)) + 1
    net = compiler.compile(netspec.loads(text), keep="all")
    blobs = net(torch.from_numpy(x))
    up, pooled = blobs["up"].numpy(), blobs["t0"].numpy()
    assert np.array_equal(up[up != 0], x[up != 0])
    assert np.array_equal(np.sort(up[up != 0]), np.sort(pooled.ravel()))
    layer = net.layer("up")
    with pytest.raises(netspec.SpecError, match="C351"):
        layer(blobs["t0"], blobs["t1"] * 0 + 6 * 8)


@pytest.mark.parametrize("kind", ["DepthwiseConvolution", "ConvolutionDepthwise"])
def test_depthwise_filters_each_channel_by_itself(kind: str) -> None:
    body = f'type: "{kind}" convolution_param {{ num_output: 4 kernel_size: 3 pad: 1 stride: 2 }}'
    one, x = One(body, [IMAGE]), drawn(0, *IMAGE)
    weight, bias = drawn(1, 4, 1, 3, 3), drawn(2, 4)
    one.fill(weight, bias)
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    want = np.empty((2, 4, 3, 4), np.float32)
    for i in range(3):
        for j in range(4):
            window = padded[:, :, 2 * i : 2 * i + 3, 2 * j : 2 * j + 3]
            want[:, :, i, j] = (window * weight[:, 0]).sum((2, 3)) + bias
    np.testing.assert_allclose(one(x)[0], want, rtol=1e-4, atol=1e-5)
    for wrong in ("num_output: 6 kernel_size: 3", "num_output: 4 group: 2 kernel_size: 3"):
        with pytest.raises(netspec.SpecError, match="N406"):
            graph_of(f'type: "{kind}" convolution_param {{ {wrong} }}', [IMAGE])


def test_bn_keeps_averages_of_the_biased_variance() -> None:
    body = (
        'type: "BN" bn_param { momentum: 0.8 slope_filler { value: 2 } bias_filler { value: 1 } }'
    )
    one, x = One(body, [IMAGE], phase="TRAIN"), drawn(0, *IMAGE) * 3 + 1
    mean, variance = x.mean((0, 2, 3)), x.var((0, 2, 3))

    def by(mean: np.ndarray, variance: np.ndarray) -> np.ndarray:
        columns = [v[:, None, None] for v in (mean, variance)]
        return 2 * (x - columns[0]) / np.sqrt(columns[1] + 1e-5) + 1

    np.testing.assert_allclose(one(x)[0], by(mean, variance), rtol=1e-4, atol=1e-5)
    kept = [b.numpy().ravel() for b in one.blobs[2:]]
    np.testing.assert_allclose(kept[0], 0.2 * mean, rtol=1e-5)
    np.testing.assert_allclose(kept[1], 0.2 * variance, rtol=1e-5)
    one.net.eval()
    np.testing.assert_allclose(one(x)[0], by(*kept), rtol=1e-4, atol=1e-4)
    assert [b.numpy().ravel().tolist() for b in one.blobs[2:]] == [k.tolist() for k in kept]


def test_bn_decides_by_its_fields() -> None:
    x = drawn(0, *IMAGE)
    frozen = One(
        'type: "BN" param { lr_mult: 1 } bn_param { frozen: true slope_filler { value: 2 } }',
        [IMAGE],
        phase="TRAIN",
    )
    np.testing.assert_allclose(frozen(x)[0], 2 * x / np.sqrt(1 + 1e-5), rtol=1e-5)
    assert not any(blob.requires_grad for blob in frozen.blobs)
    learn = One('type: "BN" bn_param { scale_filler { value: 2 } }', [IMAGE])
    centred = x - x.mean((0, 2, 3), keepdims=True)
    want = 2 * centred / np.sqrt(x.var((0, 2, 3), keepdims=True) + 1e-9)
    np.testing.assert_allclose(learn(x)[0], want, rtol=1e-4, atol=1e-5)
    inference = One(
        'type: "BN" bn_param { bn_mode: INFERENCE'
        " shift_filler { value: 3 } scale_filler { value: 2 } }",
        [IMAGE],
    )
    np.testing.assert_allclose(inference(x)[0], 2 * x + 3, rtol=1e-5)


def test_nvidias_batch_norm_has_five_blobs_and_plain_averages() -> None:
    body = """type: "BatchNorm" batch_norm_param { moving_average_fraction: 0.9
        scale_filler { value: 2 } bias_filler { value: 1 } }"""
    one, x = One(body, [IMAGE], phase="TRAIN"), drawn(0, *IMAGE) * 3 + 1
    mean, variance = x.mean((0, 2, 3)), x.var((0, 2, 3))
    want = 2 * (x - mean[:, None, None]) / np.sqrt(variance[:, None, None] + 1e-5) + 1
    np.testing.assert_allclose(one(x)[0], want, rtol=1e-4, atol=1e-5)
    unbiased = x.var((0, 2, 3), ddof=1)
    np.testing.assert_allclose(one.blobs[0], mean, rtol=1e-5)
    np.testing.assert_allclose(one.blobs[1], unbiased, rtol=1e-5)
    one(x + 1)
    np.testing.assert_allclose(one.blobs[0], mean + 0.1, rtol=1e-5)
    one.net.eval()
    kept = [one.blobs[i].numpy()[:, None, None] for i in range(2)]
    np.testing.assert_allclose(
        one(x)[0], 2 * (x - kept[0]) / np.sqrt(kept[1] + 1e-5) + 1, rtol=1e-4, atol=1e-5
    )


def test_intels_batch_norm_divides_its_sums() -> None:
    one, x = (
        One('type: "BatchNorm" batch_norm_param { use_weight_bias: true }', [IMAGE]),
        drawn(0, *IMAGE),
    )
    mean, variance, factor = np.full(4, 6.0), np.full(4, 8.0), np.array([2.0])
    one.fill(mean, variance, factor, np.full(4, 3.0), np.full(4, 5.0))
    np.testing.assert_allclose(one(x)[0], 3 * (x - 3) / np.sqrt(4 + 1e-5) + 5, rtol=1e-4, atol=1e-5)


def test_normalize_decides_by_its_message() -> None:
    x = drawn(0, *IMAGE)
    top, norm = One('type: "Normalize"', [IMAGE], 2)(x)
    np.testing.assert_allclose(top * norm, x, rtol=1e-4, atol=1e-6)
    with pytest.raises(netspec.SpecError, match="N303"):
        graph_of('type: "Normalize" norm_param { }', [IMAGE], 2)
    with pytest.raises(netspec.SpecError, match="N208"):
        graph_of('type: "Normalize" norm_param { } normalize_param { }', [IMAGE])


def test_selu_dropout_keeps_mean_and_variance() -> None:
    one = One(
        'type: "SeLuDropout" selu_dropout_param { dropout_ratio: 0.3 }', [(500, 200)], phase="TRAIN"
    )
    (top,) = one(drawn(0, 500, 200))
    assert abs(top.mean()) < 0.02
    assert abs(top.var() - 1) < 0.03
    values, counts = np.unique(top, return_counts=True)
    assert abs(counts.max() / top.size - 0.3) < 0.01
    assert values[counts.argmax()] < -1


def stepwise_lstm(
    x: np.ndarray, cont: np.ndarray, wx: np.ndarray, wh: np.ndarray, b: np.ndarray, streams: int
) -> np.ndarray:
    def sigmoid(v: np.ndarray) -> np.ndarray:
        return 1 / (1 + np.exp(-v))

    size = wh.shape[1]
    h, c = np.zeros((streams, size)), np.zeros((streams, size))
    tops = []
    for row, going in zip(x.reshape(-1, streams, x.shape[1]), cont.reshape(-1, streams, 1)):
        gates = row @ wx.T + b + going * (h @ wh.T)
        i, f, o, g = np.split(gates, 4, 1)
        c = going * sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        tops.append(h)
    return np.concatenate(tops)


def test_lstm_goes_on_where_it_is_marked() -> None:
    one = One('type: "Lstm" lstm_param { num_output: 3 batch_size: 2 }', [(8, 5), (8,)])
    weights = drawn(1, 12, 5), drawn(2, 12, 3), drawn(3, 12)
    one.fill(*weights)
    x, cont = drawn(0, 16, 5), np.ones(16, np.float32)
    cont[[0, 1, 6, 11]] = 0
    got = [one(x[:8], cont[:8])[0], one(x[8:], cont[8:])[0]]
    want = stepwise_lstm(x, cont, *weights, 2)
    np.testing.assert_allclose(np.concatenate(got), want, rtol=1e-4, atol=1e-5)
    fresh = One('type: "Lstm" lstm_param { num_output: 3 batch_size: 2 }', [(8, 5)])
    fresh.fill(*weights)
    begins = np.repeat(np.arange(4) > 0, 2).astype(np.float32)
    for _ in range(2):
        np.testing.assert_allclose(
            fresh(x[:8])[0], stepwise_lstm(x[:8], begins, *weights, 2), rtol=1e-4, atol=1e-5
        )


def test_lstm_cuts_off_the_gradients_of_its_gates() -> None:
    body = 'type: "Lstm" lstm_param { num_output: 3 clipping_threshold: 0.001 }'
    one = One(body, [(4, 5)], phase="TRAIN")
    one.fill(drawn(1, 12, 5), drawn(2, 12, 3), drawn(3, 12))
    one.tensors(drawn(0, 4, 5))[0].sum().backward()
    bias = one.blobs[2].grad
    assert bias.abs().max() <= 4 * 0.001 + 1e-7
    assert bias.abs().max() > 0


MARGINS = [("SINGLE", 1), ("DOUBLE", 2), ("TRIPLE", 3), ("QUADRUPLE", 4)]


@pytest.mark.parametrize(("kind", "times"), MARGINS)
def test_margin_inner_product_counts_the_angle_several_times(kind: str, times: int) -> None:
    body = f"""type: "MarginInnerProduct" margin_inner_product_param {{
        num_output: 40 type: {kind} base: 8 gamma: 1 lambda_min: 0.5 }}"""
    one, x = One(body, [(30, 4), (30,)], 2, "TRAIN"), drawn(0, 30, 4)
    rows, label = drawn(1, 40, 4), np.arange(30).astype(np.float32)
    one.fill(rows)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    length = np.linalg.norm(x, axis=1)
    for step in (1, 2):
        top, share = one(x, label)
        assert share == pytest.approx(8 / (1 + step))
        plain = x @ rows.T
        angle = np.arccos(np.clip(plain[np.arange(30), np.arange(30)] / length, -1, 1))
        k = np.floor(angle * times / np.pi)
        want = plain.copy()
        true = length * ((-1) ** k * np.cos(times * angle) - 2 * k)
        want[np.arange(30), np.arange(30)] = true if times > 1 else plain.diagonal()
        want = (want + share * plain) / (1 + share) if times > 1 else plain
        np.testing.assert_allclose(top, want, rtol=1e-3, atol=1e-4)


def test_center_loss_moves_centres_by_the_mean_of_their_members() -> None:
    one = One(
        'type: "CenterLoss" center_loss_param { num_output: 3 }', [(4, 2), (4,)], phase="TRAIN"
    )
    centres, label = drawn(1, 3, 2), np.array([0, 2, 2, 2], np.float32)
    one.fill(centres)
    x = drawn(0, 4, 2)
    (loss,) = one.tensors(x, label, grad=True)
    difference = x - centres[label.astype(int)]
    assert loss.item() == pytest.approx((difference**2).sum() / 8, rel=1e-5)
    (3 * loss).backward()
    np.testing.assert_allclose(one.inputs[0].grad, 3 * difference / 4, rtol=1e-5)
    want = np.stack([-difference[0] / 2, np.zeros(2), -difference[1:].sum(0) / 4])
    np.testing.assert_allclose(one.blobs[0].grad, want, rtol=1e-5)


def test_seg_accuracy() -> None:
    label = np.array([0, 0, 1, 1, 2, 255], np.float32).reshape(1, 1, 2, 3)
    found = np.array([0, 1, 1, 1, 0, 2])
    scores = np.eye(4, dtype=np.float32)[found].T.reshape(1, 4, 2, 3).copy()
    body = 'type: "SegAccuracy" seg_accuracy_param {{ ignore_label: 255 reset: {} }}'
    want = [3 / 5, (1 / 2 + 1 + 0) / 3, (1 / 3 + 2 / 3 + 0 + 1) / 4]
    one = One(body.format("true"), [scores.shape, label.shape])
    for _ in range(2):
        assert one(scores, label)[0].ravel() == pytest.approx(want)
    counting = One(body.format("false"), [scores.shape, label.shape])
    counting(scores, label)
    label[0, 0, 0, 1] = 1  # the second batch has it right
    assert counting(scores, label)[0].ravel()[0] == pytest.approx(7 / 10)


REFUSED = [  # text, what the diagnostic says of the fork
    ('type: "MaskPooling"', "single shot text detector"),
    ('type: "TransformerBlock"', "MyCaffe (MyCaffe/MyCaffe)"),
    ('type: "ReLU" quantization_param { bw_params: 8 }', "intel/caffe"),
    ('type: "ReLU" detectnet_groundtruth_param { stride: 4 }', "NVIDIA/caffe"),
    ('type: "ReLU" transform_param { mask_param { } }', "MyCaffe (MyCaffe/MyCaffe)"),
    ('type: "Pooling" pooling_param { avg_include_pad: true }', "intel/caffe"),
]


@pytest.mark.parametrize(("body", "fork"), REFUSED)
def test_what_is_not_known_is_refused_by_the_name_of_its_fork(body: str, fork: str) -> None:
    with pytest.raises(netspec.SpecError) as refused:
        graph_of(body, [IMAGE])
    (refusal,) = refused.value.diagnostics
    assert refusal.code in ("N230", "N231")
    assert fork in refusal.message
    assert "--import" in refusal.help


def test_the_table_of_names_holds_none_that_is_declared() -> None:
    declared = {field for cls in LAYERS.values() for field in (cls.message, *cls.by_field)}
    assert not FORK_OF_FIELD.keys() & declared


UNCOMPUTED = [  # settings of a fork that shapes need not wait for, but running does
    (
        'type: "InnerProduct" inner_product_param { num_output: 3 normalize: true }',
        [(2, 4)],
        "normalize",
    ),
    ('type: "Softmax" softmax_param { normalize_type: "L2" }', [(2, 4)], "normalize_type"),
    (
        'type: "Convolution" convolution_param { num_output: 3 kernel_size: 1 relu: true }',
        [IMAGE],
        "relu",
    ),
    (
        'type: "Data" data_param { source: "x" batch_size: 2 }'
        " transform_param { scale_ratios: 1 resize_param { height: 3 } }",
        [],
        "scale_ratios",
    ),
]


@pytest.mark.parametrize(("body", "bottoms", "setting"), UNCOMPUTED)
def test_what_is_only_read_is_refused_when_it_is_to_run(
    body: str, bottoms: list[Shape], setting: str
) -> None:
    shapes = {} if bottoms else {"t0": (2, 3, 4, 4)}
    graph = netspec.loads(spec(body, bottoms), shapes=shapes)
    with pytest.raises(netspec.SpecError, match="N211") as refused:
        compiler.compile(graph)
    assert setting in str(refused.value)


def test_fields_without_effect_are_read() -> None:
    head = "default_forward_type: FLOAT16 global_grad_scale: 128 eltwise_mem_sharing: false "
    text = head + spec('type: "ReLU" forward_type: FLOAT16 source_class: "a.B"', [IMAGE])
    x = drawn(0, *IMAGE)
    got = compiler.compile(netspec.loads(text))(torch.from_numpy(x))["t0"].numpy()
    np.testing.assert_array_equal(got, np.maximum(x, 0))


def test_a_rule_may_name_mycaffes_third_phase() -> None:
    text = spec('type: "ReLU"', [IMAGE])
    text += 'layer { name: "x" type: "ReLU" bottom: "t0" top: "x" include { phase: RUN } }'
    assert "x" not in netspec.loads(text).blob_shapes


def test_pooling_takes_ceil_mode() -> None:
    for mode, size in (("true", 4), ("false", 3)):
        body = f'type: "Pooling" pooling_param {{ kernel_size: 2 stride: 2 ceil_mode: {mode} }}'
        one, x = One(body, [(1, 1, 7, 7)]), drawn(0, 1, 1, 7, 7)
        assert one(x)[0].shape == one.graph.blob_shapes["t0"] == (1, 1, size, size)


def test_a_type_of_ones_own_is_declared_once() -> None:
    class Halve(Layer):
        """Divide by two."""

        family = Family.ARITHMETIC

        def infer(self, blob: Shape) -> Shape:
            return blob

    assert declare(Halve) is Halve
    assert declare(Halve) is Halve
    assert graph_of('type: "Halve"', [IMAGE]).blob_shapes["t0"] == IMAGE
    with pytest.raises(netspec.SpecError, match="N211"):
        compiler.compile(graph_of('type: "Halve"', [IMAGE]))
    with pytest.raises(ValueError, match="ReLU"):
        declare(type("ReLU", (Layer,), {"__doc__": "Mine."}))


@pytest.mark.parametrize("shape", [(1, 4), (1, 4, 1, 1)])
def test_bns_blobs_are_read_in_the_shapes_of_both_forks(shape: Shape, tmp_path: Path) -> None:
    one = One('type: "BN"', [IMAGE])
    file = MESSAGES["NetParameter"]()
    layer = file.layer.add(name="op", type="BN")
    values = [drawn(i, 4) for i in range(4)]
    for value in values:
        layer.blobs.add(data=value.tolist()).shape.dim.extend(shape)
    path = tmp_path / "net.caffemodel"
    path.write_bytes(file.SerializeToString())
    compiler.load_weights(one.net, path)
    for blob, value in zip(one.blobs, values, strict=True):
        np.testing.assert_array_equal(blob.detach().numpy().ravel(), value)


PAIRS = [  # settings of a GeneralContrastiveLoss
    "",
    "positive_margin: 0.2 negative_margin: 1.5 positive_weight: 2 negative_weight: 0.5",
    "exp_negative_weight: true negative_margin: 2",
    "positive_outlier_thresh: 0.7",
]


@pytest.mark.parametrize("said", PAIRS)
def test_general_contrastive_loss_against_its_layers_own_loops(said: str) -> None:
    distances, label = np.abs(drawn(4, 6, 5)), np.array([0, 4, 2, 2, 1, 3], np.float32)
    told = dict(zip(said.replace(":", "").split()[::2], said.replace(":", "").split()[1::2]))
    own_margin, other_margin, own_weight, other_weight, most = (
        float(told.get(name, default))
        for name, default in (
            ("positive_margin", 0),
            ("negative_margin", 1),
            ("positive_weight", 1),
            ("negative_weight", 1),
            ("positive_outlier_thresh", 4),
        )
    )
    loss, slopes, means = 0.0, np.zeros_like(distances), [0.0, 0.0]
    for i, row in enumerate(distances):
        for j, x in enumerate(row):
            if j == label[i]:
                value = min(most, max(0.0, x - own_margin))
                loss, means[0] = loss + value * own_weight, means[0] + value
                slopes[i, j] = own_weight if own_margin < x < most else 0
            elif x < other_margin:
                force = np.exp(-x) if "exp_negative_weight" in told else 1.0
                value = force if "exp_negative_weight" in told else other_margin - x
                loss, means[1] = loss + value * other_weight, means[1] + other_margin - x
                slopes[i, j] = -force * other_weight
    body = f'type: "GeneralContrastiveLoss" general_contrastive_loss_param {{ {said} }}'
    one = One(f"{body} loss_weight: 1 loss_weight: 0", [(6, 5), (6,)], 2, "TRAIN")
    found, shown = one.tensors(distances, label, grad=True)
    found.backward()
    assert found.item() == pytest.approx(loss / 6)
    assert shown.detach().numpy() == pytest.approx([means[0] / 6, means[1] / 6 / 4])
    assert one.inputs[0].grad is not None
    np.testing.assert_allclose(one.inputs[0].grad.numpy(), slopes / 6, rtol=1e-5, atol=1e-7)


def test_a_type_whose_shapes_alone_are_known_is_not_run() -> None:
    body = (
        'type: "MultiStageMeanfield" multi_stage_meanfield_param {'
        " theta_alpha: 160 theta_beta: 3 theta_gamma: 3 num_iterations: 5 }"
    )
    with pytest.raises(netspec.SpecError, match="N211"):
        One(body, [IMAGE, IMAGE, (2, 3, 6, 8)])
