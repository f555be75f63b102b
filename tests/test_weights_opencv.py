"""Written `.caffemodel` files, read by OpenCV's importer, which computes the same from them."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

import compiler
import netspec
from netspec.diagnostics import Report
from netspec.language.read import read
from netspec.translate import prototxt_of

SPECS = Path(__file__).parents[1] / "specs"
INPUT = (
    'layer { name: "data" type: "Input" top: "data" input_param { shape { dim: [2, 4, 9, 11] } } }'
)
DRAWN = 'weight_filler { type: "gaussian" std: 0.3 } bias_filler { type: "gaussian" }'


def layer(kind: str, settings: str = "", bottom: str = "data", top: str = "top") -> str:
    bottoms = " ".join(f'bottom: "{blob}"' for blob in bottom.split())
    tops = " ".join(f'top: "{blob}"' for blob in top.split())
    name = top.split()[0]
    return f'layer {{ name: "{name}" type: "{kind}" {bottoms} {tops} {settings} }}'


def convolution(settings: str, top: str = "top", kind: str = "Convolution") -> str:
    message = f"convolution_param {{ num_output: 4 {settings} {DRAWN} }}"
    return layer(kind, message, top=top)


def dense(settings: str = "") -> str:
    return layer("InnerProduct", f"inner_product_param {{ num_output: 7 {settings} {DRAWN} }}")


def pooling(settings: str) -> str:
    return layer("Pooling", f"pooling_param {{ {settings} }}")


def lrn(settings: str) -> str:
    return layer("LRN", f"lrn_param {{ local_size: 3 alpha: 0.5 {settings} }}")


def eltwise(settings: str) -> str:
    return layer("TanH", top="a") + layer("Eltwise", f"eltwise_param {{ {settings} }}", "data a")


SCALE = """scale_param { bias_term: true
  filler { type: "uniform" min: 0.5 max: 2 } bias_filler { type: "gaussian" } }"""
NORM = "norm_param { across_spatial: false channel_shared: false scale_filler { value: 9 } }"
NETS = {
    "Convolution": convolution("kernel_size: 3"),
    "Convolution, odd": convolution(
        "kernel_h: 3 kernel_w: 2 pad_h: 1 pad_w: 0 stride_h: 2 stride_w: 1 dilation: 2"
    ),
    "Convolution, groups": convolution("kernel_size: 3 group: 2"),
    "Convolution, no bias": convolution("kernel_size: 3 bias_term: false"),
    "ConvolutionDepthwise": convolution("kernel_size: 3", kind="ConvolutionDepthwise"),
    "Deconvolution": convolution("kernel_size: 4 stride: 2 pad: 1", kind="Deconvolution"),
    "Deconvolution, groups": convolution("kernel_size: 4 stride: 2 group: 4", kind="Deconvolution"),
    "MAX Pooling": pooling("kernel_size: 3 stride: 2 pad: 1"),
    "MAX Pooling, rounded up": pooling("kernel_size: 2 stride: 2"),
    "AVE Pooling": pooling("pool: AVE kernel_size: 3 stride: 2 pad: 1"),
    "global Pooling": pooling("pool: AVE global_pooling: true"),
    "InnerProduct": dense(),
    "InnerProduct, axis": dense("axis: 2"),
    "LRN": lrn("beta: 0.6"),
    "LRN within channels": lrn("norm_region: WITHIN_CHANNEL"),
    "PReLU": layer("PReLU", 'prelu_param { filler { type: "uniform" } }'),
    "ELU": layer("ELU", "elu_param { alpha: 0.7 }"),
    "BatchNorm, Scale": convolution("kernel_size: 3", "conv")
    + layer("BatchNorm", bottom="conv", top="bn")
    + layer("Scale", SCALE, "bn", "scale")
    + layer("ReLU", "relu_param { negative_slope: 0.1 }", "scale"),
    "BatchNorm, five blobs": layer("BatchNorm", "batch_norm_param { scale_bias: true }"),
    "Scale, axes": layer("Scale", "scale_param { axis: 2 num_axes: 2 filler { value: 3 } }"),
    "Normalize": layer("Normalize", NORM),
    "Concat": convolution("kernel_size: 1", "conv") + layer("Concat", bottom="data conv"),
    "Slice": layer("Slice", "slice_param { slice_point: 1 }", top="a b")
    + layer("Power", "power_param { power: 2 scale: 0.5 shift: 1 }", "b"),
    "Eltwise SUM": eltwise("coeff: 0.5 coeff: -2"),
    "Eltwise PROD": eltwise("operation: PROD"),
    "Eltwise MAX": eltwise("operation: MAX"),
    "Crop": layer("Pooling", "pooling_param { kernel_size: 2 stride: 2 }", top="pool")
    + layer("Crop", "crop_param { axis: 2 offset: 1 }", "data pool"),
    "MVN, Softmax": layer("MVN", top="mvn") + layer("Softmax", "softmax_param { axis: 2 }", "mvn"),
}
DEPARTS = {  # where OpenCV computes otherwise than Caffe, or cannot
    "LRN, k": (lrn("k: 2"), "k is 1, whatever is written"),
    "Log": (
        layer("AbsVal", top="a") + layer("Log", "log_param { shift: 1 }", "a"),
        "shift, scale and base are passed over",
    ),
    "InnerProduct, transpose": (dense("transpose: true"), "transpose is passed over"),
    "PReLU, shared": (
        layer("PReLU", "prelu_param { channel_shared: true }"),
        "blobs without axes are refused",
    ),
    "Bias": (layer("Bias"), "there is no Bias layer"),
}
ZOO = ("lenet/lenet", "resnet/resnet-18", "bn-inception/bn-inception")


def compare(text: str, folder: Path, tolerance: float = 2e-5) -> None:
    """Save a net, read the files with OpenCV and run both: every blob is the same.

    `tolerance` is relative to the largest number of a blob.
    """
    torch.manual_seed(1)
    graph = netspec.loads(text)
    net = compiler.compile(graph, keep="all")
    ((name, shape),) = graph.inputs.items()
    image = torch.rand(shape) * 2 - 0.5
    with torch.no_grad():
        net.train()(image)  # statistics, as a trained net has them
        expected = net.eval()(image)
    compiler.save_weights(net, folder / "net.caffemodel")
    (folder / "net.prototxt").write_text(text)
    other = cv2.dnn.readNetFromCaffe(str(folder / "net.prototxt"), str(folder / "net.caffemodel"))
    other.enableFusion(False)  # it would not have all the blobs
    other.enableWinograd(False)  # it would round more
    other.setInput(image.numpy(), name)
    layers = other.getLayerNames()
    for layer, found in zip(layers, other.forward(layers), strict=True):
        wanted = expected[graph.by_name[layer].tops[0]].numpy()
        largest = float(np.abs(wanted).max())
        np.testing.assert_allclose(
            found.reshape(wanted.shape), wanted, rtol=0, atol=tolerance * largest, err_msg=layer
        )


@pytest.mark.parametrize("net", NETS)
def test_opencv_computes_the_same(net: str, tmp_path: Path) -> None:
    compare(f'name: "net" {INPUT} {NETS[net]}', tmp_path)


@pytest.mark.parametrize("net", DEPARTS)
def test_where_opencv_departs_from_caffe(net: str, tmp_path: Path) -> None:
    text, _ = DEPARTS[net]
    with pytest.raises((AssertionError, cv2.error)):
        compare(f'name: "net" {INPUT} {text}', tmp_path)


@pytest.mark.parametrize("name", ZOO)
def test_opencv_reads_the_zoo(name: str, tmp_path: Path) -> None:
    compare(prototxt_of(read(SPECS / f"{name}.yaml"), Report()), tmp_path, tolerance=1e-4)
