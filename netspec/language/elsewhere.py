"""What PyTorch, Keras and ONNX call the layer types of Caffe, for people who come from there."""

from __future__ import annotations

from collections.abc import Iterable

from netspec.diagnostics import nearest

BATCH_NORM = "BatchNorm, and a Scale after it with bias_term: true"
CAFFE_NAMES = {
    "AdaptiveAvgPool2d": "Pooling with pool: AVE and global_pooling: true",
    "AvgPool2d": "Pooling with pool: AVE",
    "BCEWithLogitsLoss": "SigmoidCrossEntropyLoss",
    "BatchNorm2d": BATCH_NORM,
    "BatchNormalization": BATCH_NORM,
    "Conv": "Convolution",
    "Conv2D": "Convolution",
    "Conv2d": "Convolution",
    "ConvTranspose2d": "Deconvolution",
    "CrossEntropyLoss": "SoftmaxWithLoss",
    "Dense": "InnerProduct",
    "Dropout2d": "Dropout",
    "Embedding": "Embed",
    "Gemm": "InnerProduct",
    "GlobalAveragePool": "Pooling with pool: AVE and global_pooling: true",
    "LeakyReLU": "ReLU with a negative_slope",
    "LeakyRelu": "ReLU with a negative_slope",
    "Linear": "InnerProduct",
    "MSELoss": "EuclideanLoss",
    "MaxPool": "Pooling with pool: MAX",
    "MaxPool2d": "Pooling with pool: MAX",
}


def nearest_type(name: str, known: Iterable[str]) -> str:
    """Help for a layer type or block that there is not, or an empty string.

    A name that differs from a known one in its capitals only is taken for that.
    """
    names = list(known)
    if name in CAFFE_NAMES and name.lower() not in map(str.lower, names):
        return f"Caffe calls it {CAFFE_NAMES[name]}"
    return nearest(name, names)
