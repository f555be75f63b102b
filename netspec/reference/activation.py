"""Activations and arithmetic, element by element."""

from __future__ import annotations

from netspec.reference.row import Row

ROWS = {
    "Dropout": (
        Row(
            "dropout_ratio is the share that is dropped",
            "p, the same (not TensorFlow's keep_prob)",
            "layers/dropout_layer.cpp:37",
            "test_layers.py::test_dropout_and_batchnorm_follow_train_and_eval",
        ),
    ),
    "PReLU": (
        Row(
            "a slope for each channel, 0.25 at the start",
            "one slope for all, unless num_parameters says otherwise",
            "layers/prelu_layer.cpp:18",
            "prelu",
        ),
    ),
    "Power": (
        Row(
            "where power or scale is 0 the top is constant, even at infinity; no gradient flows",
            "∞ · 0 is NaN",
            "layers/power_layer.cpp:25",
            "power-zero",
        ),
    ),
    "Exp": (
        Row(
            "base^(shift + scale x); base -1 is e",
            "exp",
            "layers/exp_layer.cpp:12",
            "exp-base",
        ),
    ),
    "Log": (
        Row(
            "log_base(shift + scale x); base -1 is e",
            "log",
            "layers/log_layer.cpp:12",
            "log-base",
        ),
    ),
    "Softmax": (
        Row(
            "over axis 1, whatever the rank",
            "dim has to be given",
            "layers/softmax_layer.cpp:12",
            "softmax",
        ),
    ),
    "Eltwise": (
        Row(
            "all shapes are equal: there is no broadcasting",
            "broadcasts",
            "layers/eltwise_layer.cpp:12",
            "eltwise-sum",
        ),
        Row(
            "where MAX ties, one bottom gets the whole gradient",
            "maximum gives each a half",
            "layers/eltwise_layer.cpp:138",
            "eltwise-max",
        ),
        Row(
            "PROD multiplies the others for its gradient; unstable, it divides: NaN at 0",
            "multiplies",
            "layers/eltwise_layer.cpp:113",
            "eltwise-prod-unstable",
        ),
    ),
}
