"""Crop with align, as in FCN's branch of Caffe: the offset that the layers between give."""

from __future__ import annotations

import pytest
import torch

import compiler
import netspec

INPUT = 'layer { name: "data" type: "Input" top: "data" input_param { shape { %s } } }\n'
DATA = INPUT % "dim: 1 dim: 2 dim: 23 dim: 31"
LAYER = 'layer {{ name: "{0}" type: "{1}" bottom: "{2}" top: "{0}" {3} }}\n'
FILTERS = "convolution_param {{ num_output: 2 {} }}"


def convolved(name: str, bottom: str, said: str) -> str:
    return LAYER.format(name, "Convolution", bottom, FILTERS.format(said))


def spread(name: str, bottom: str, said: str) -> str:
    return LAYER.format(name, "Deconvolution", bottom, FILTERS.format(said))


def pooled(name: str, bottom: str, said: str) -> str:
    return LAYER.format(name, "Pooling", bottom, f"pooling_param {{ {said} }}")


CROP = """layer {{
  name: "crop" type: "Crop" bottom: "{}" bottom: "{}" top: "crop" crop_param {{ align: true }}
}}
"""
HALVED = pooled("half", "data", "kernel_size: 2 stride: 2")
OFFSETS = {  # the net, what is cut to what, and where that begins: down and across
    "the same blob": ("", "data", "data", (0, 0)),
    "padding that FCN puts around its image": (
        convolved("a", "data", "kernel_size: 3 pad: 100"),
        "a",
        "data",
        (99, 99),
    ),
    "each axis by itself": (
        convolved("a", "data", "kernel_h: 3 kernel_w: 5 pad_h: 4 pad_w: 6"),
        "a",
        "data",
        (3, 4),
    ),
    "holes": (convolved("a", "data", "kernel_size: 3 pad: 9 dilation: 4"), "a", "data", (5, 5)),
    "up again by a bilinear kernel": (
        HALVED + spread("up", "half", "kernel_size: 4 stride: 2"),
        "up",
        "data",
        (1, 1),
    ),
    "two ways from one blob": (
        convolved("stem", "data", "kernel_size: 3 pad: 7")
        + pooled("low", "stem", "kernel_size: 2 stride: 2")
        + spread("up", "low", "kernel_size: 4 stride: 2")
        + convolved("side", "stem", "kernel_size: 3"),
        "up",
        "side",
        (2, 2),
    ),
    "in place, and past a Dropout": (
        'layer { name: "relu" type: "ReLU" bottom: "data" top: "data" }\n'
        + convolved("a", "data", "kernel_size: 1 pad: 2")
        + 'layer { name: "drop" type: "Dropout" bottom: "a" top: "a" }\n',
        "a",
        "data",
        (2, 2),
    ),
    "the first bottom of several": (
        convolved("a", "data", "kernel_size: 3 pad: 2")
        + convolved("b", "data", "kernel_size: 1 pad: 1")
        + 'layer { name: "sum" type: "Eltwise" bottom: "a" bottom: "b" top: "sum" }\n',
        "sum",
        "data",
        (1, 1),
    ),
}


@pytest.mark.parametrize(("net", "blob", "like", "offset"), OFFSETS.values(), ids=OFFSETS)
def test_the_offset_follows_from_the_windows(
    net: str, blob: str, like: str, offset: tuple[int, int]
) -> None:
    aligned = netspec.loads(DATA + net + CROP.format(blob, like))
    assert aligned.by_name["crop"].layer.offset == offset
    plain = CROP.format(blob, like).replace("align: true", "offset: {} offset: {}".format(*offset))
    assert aligned == netspec.loads(DATA + net + plain)


def test_a_pixel_lies_over_the_pixel_that_it_is_made_of() -> None:
    """A single 1 in the middle of the image stays in its place through averages and back."""
    net = DATA + pooled("low", "data", "kernel_size: 5 stride: 2 pad: 4 pool: AVE")
    net += spread("up", "low", "kernel_size: 5 stride: 2") + CROP.format("up", "data")
    made = compiler.compile(netspec.loads(net))
    with torch.no_grad():
        weight, bias = compiler.blobs(made)["up"]
        weight.copy_(1 - (torch.arange(5) - 2).abs() / 3 + torch.zeros_like(weight))
        bias.zero_()
        image = torch.zeros(1, 2, 23, 31)
        image[0, :, 10, 14] = 1
        top = made(data=image)["crop"][0, 0]
    rows, columns = torch.meshgrid(torch.arange(23.0), torch.arange(31.0), indexing="ij")
    assert (top * rows).sum() / top.sum() == pytest.approx(10)
    assert (top * columns).sum() / top.sum() == pytest.approx(14)


UNALIGNED = {  # the net, what is cut to what, and what is said
    "of two inputs": (
        INPUT.replace("data", "other") % "dim: 1 dim: 2 dim: 5 dim: 5", "data", "other", "one blob"
    ),
    "of two sizes": (HALVED, "data", "half", "as large as 2 of data"),
    "past a layer that sees all": (
        LAYER.format("flat", "Flatten", "data", "")
        + 'layer { name: "back" type: "Reshape" bottom: "flat" top: "back"'
        " reshape_param { shape { dim: 1 dim: 2 dim: 23 dim: 31 } } }\n",
        "back",
        "data",
        "one blob",
    ),
    "between two pixels": (
        HALVED + spread("up", "half", "kernel_size: 3 stride: 2"), "up", "data", "between"
    ),
    "before the first": (convolved("a", "data", "kernel_size: 3"), "a", "data", "before its first"),
}  # fmt: skip


@pytest.mark.parametrize(("net", "blob", "like", "said"), UNALIGNED.values(), ids=UNALIGNED)
def test_what_cannot_be_aligned_is_refused(net: str, blob: str, like: str, said: str) -> None:
    with pytest.raises(netspec.SpecError, match="N233") as refused:
        netspec.loads(DATA + net + CROP.format(blob, like))
    assert said in str(refused.value)


def test_align_and_offset_are_one_too_many() -> None:
    with pytest.raises(netspec.SpecError, match="N208"):
        netspec.loads(DATA + CROP.format("data", "data").replace("true", "true offset: 1"))
