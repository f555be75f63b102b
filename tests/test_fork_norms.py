"""BN, Normalize, and BatchNorm with five blobs: statistics, blobs, and what decides."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from caffe_proto import MESSAGES
from one_layer import One, drawn, graph_of

import compiler
import netspec
from netspec.schema.layer import Shape

IMAGE = (2, 4, 6, 8)


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
    _, mean, variance = One('type: "BN" bn_param { bn_mode: LEARN }', [IMAGE], 3)(x)
    np.testing.assert_allclose(mean.ravel(), x.mean((0, 2, 3)), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(variance.ravel(), x.var((0, 2, 3)), rtol=1e-4)
    with pytest.raises(netspec.SpecError, match="N303"):
        graph_of('type: "BN"', [IMAGE], 3)
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
