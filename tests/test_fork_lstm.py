"""Lstm, step by step."""

from __future__ import annotations

import numpy as np
from one_layer import One, drawn


def stepwise_lstm(
    x: np.ndarray, goes_on: np.ndarray, wx: np.ndarray, wh: np.ndarray, b: np.ndarray, streams: int
) -> np.ndarray:
    """`goes_on` is steps x streams."""

    def sigmoid(v: np.ndarray) -> np.ndarray:
        return 1 / (1 + np.exp(-v))

    size = wh.shape[1]
    h, c = np.zeros((streams, size)), np.zeros((streams, size))
    tops = []
    for row, going in zip(x.reshape(-1, streams, x.shape[1]), goes_on[:, :, None]):
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
    goes_on = np.stack([marks[t : t + 2] for marks in (cont[:8], cont[8:]) for t in range(4)])
    want = stepwise_lstm(x, goes_on, *weights, 2)
    np.testing.assert_allclose(np.concatenate(got), want, rtol=1e-4, atol=1e-5)
    fresh = One('type: "Lstm" lstm_param { num_output: 3 batch_size: 2 }', [(8, 5)])
    fresh.fill(*weights)
    begins = (np.arange(4) > 0).astype(np.float32)[:, None].repeat(2, 1)
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
