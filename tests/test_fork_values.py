"""The forks' layer types against NumPy."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from one_layer import One, drawn, graph_of, spec

import compiler
import netspec

IMAGE = (2, 4, 6, 8)

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


def test_pooling_takes_ceil_mode() -> None:
    for mode, size in (("true", 4), ("false", 3)):
        body = f'type: "Pooling" pooling_param {{ kernel_size: 2 stride: 2 ceil_mode: {mode} }}'
        one, x = One(body, [(1, 1, 7, 7)]), drawn(0, 1, 1, 7, 7)
        assert one(x)[0].shape == one.graph.blob_shapes["t0"] == (1, 1, size, size)
