"""Normalization, and the scale and shift that Caffe keeps in layers of their own."""

from __future__ import annotations

from netspec.reference.row import Row

ROWS = {
    "BatchNorm": (
        Row(
            "stores sums of means and variances, and the factor that both are divided by",
            "stores averages",
            "layers/batch_norm_layer.cpp:98",
            "bn-test",
        ),
        Row(
            "the average moves by moving_average_fraction, free of the start's bias",
            "momentum = 1 - fraction: the same only in the limit, as it starts from 0 and 1",
            "layers/batch_norm_layer.cpp:137",
            "bn-train",
        ),
        Row(
            "untrained, in TEST: x / √eps, 316 times too large",
            "x",
            "layers/batch_norm_layer.cpp:98",
            "test_layers.py::test_dropout_and_batchnorm_follow_train_and_eval",
        ),
        Row(
            "has no affine part: a Scale layer with bias_term follows",
            "weight and bias, unless affine=False",
            "layers/batch_norm_layer.cpp:25",
            "bn-test-inplace-scale-relu",
        ),
        Row(
            "use_global_stats in TRAIN normalises by the averages and leaves them as they are",
            "eval() of the module",
            "layers/batch_norm_layer.cpp:180",
            "bn-train-global",
        ),
        Row(
            "NVIDIA's has five blobs with plain averages, Intel's five with sums",
            "none",
            "batch_norm_layer.cpp of NVIDIA/caffe and intel/caffe",
            "test_fork_norms.py::test_nvidias_batch_norm_has_five_blobs_and_plain_averages",
        ),
    ),
    "Scale": (
        Row(
            "a filler that is not written is 1, an empty `filler {}` is 0",
            "none",
            "layers/scale_layer.cpp:36",
            "test_layers.py::test_fills",
        ),
        Row(
            "the factor spans num_axes axes from axis on, or comes as a second bottom",
            "broadcasting, from the last axis",
            "layers/scale_layer.cpp:15",
            "scale-axis0-n2",
        ),
    ),
    "Bias": (
        Row(
            "the shift spans num_axes axes from axis on, or comes as a second bottom",
            "broadcasting, from the last axis",
            "layers/bias_layer.cpp:10",
            "bias",
        ),
    ),
    "LRN": (
        Row(
            "alpha is 1 by default, and divided by local_size",
            "alpha is 0.0001 by default, and divided by size",
            "layers/lrn_layer.cpp:107",
            "lrn-across",
        ),
        Row(
            "WITHIN_CHANNEL averages over a window of the plane, and ignores k",
            "none",
            "layers/lrn_layer.cpp:17",
            "lrn-within",
        ),
    ),
    "MVN": (
        Row(
            "divides by std + eps: eps is outside the root",
            "layer_norm has it inside",
            "layers/mvn_layer.cpp:36",
            "mvn",
        ),
    ),
    "BN": (
        Row(
            "keeps averages of the biased variance",
            "of the unbiased one",
            "bn_layer.cpp of alexgkendall/caffe-segnet and hszhao/PSPNet",
            "test_fork_norms.py::test_bn_keeps_averages_of_the_biased_variance",
        ),
    ),
    "Normalize": (
        Row(
            "SSD's divides by the norm over the channels, or over all, and scales",
            "normalize, without a scale",
            "normalize_layer.cpp of weiliu89/caffe",
            "test_fork_norms.py::test_normalize_decides_by_its_message",
        ),
    ),
}
