"""netspec verify: where a net parts from what was expected, and which trap that looks like."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from compared_nets import BEFORE, CONV, compiled, image, layer
from torch import Tensor
from torch.nn import functional

import compiler
import netspec
from compiler.verify import Expected, Verdict, read_expected, verify
from compiler.verify.closeness import gap

GOLDEN = Path(__file__).parent / "golden" / "layers"


FC = """inner_product_param { num_output: 5 %s
  weight_filler { type: "gaussian" } bias_filler { type: "gaussian" } }"""
POOL = "pooling_param { pool: %s kernel_size: 3 stride: 2 }"
LRN = "lrn_param { alpha: %s local_size: 3 }"


def copied(net: compiler.Network, *layers: str) -> compiler.Network:
    """Another net with the same weights."""
    other = compiled(*layers)
    for name, blobs in compiler.blobs(net).items():
        for mine, theirs in zip(blobs, compiler.blobs(other)[name], strict=True):
            theirs.data.copy_(mine.reshape(theirs.shape))
    return other


@torch.no_grad()
def judged(net: compiler.Network, blobs: dict[str, Tensor], x: Tensor | None = None) -> Verdict:
    return verify(net, Expected({"data": image() if x is None else x}, blobs))


def settings_of(kind: str, here: str, there: str) -> Callable[[], Verdict]:
    """A layer with other settings here than where the expected numbers were computed."""

    def run() -> Verdict:
        net = compiled(BEFORE, layer(kind, here, "conv"))
        expected = copied(net, BEFORE, layer(kind, there, "conv"))(image())
        return judged(net, {k: expected[k] for k in ("conv", "top")})

    return run


def input_of(change: Callable[[Tensor], Tensor]) -> Callable[[], Verdict]:
    """Another input there than is written as the input."""

    def run() -> Verdict:
        net = compiled(BEFORE, layer("ReLU", bottom="conv"))
        expected = net(change(image()))
        return judged(net, {k: expected[k] for k in ("conv", "top")})

    return run


def weights_of(
    kind: str, settings: str, change: Callable[[list[Tensor]], object]
) -> Callable[[], Verdict]:
    """Other weights there."""

    def run() -> Verdict:
        net = compiled(layer(kind, settings))
        other = copied(net, layer(kind, settings))
        with torch.no_grad():
            change(compiler.blobs(other)["top"])
        return judged(net, {"top": other(image())["top"]})

    return run


def output_of(change: Callable[[Tensor], Tensor]) -> Callable[[], Verdict]:
    """Something done to the output there."""

    def run() -> Verdict:
        net = compiled(BEFORE, layer("TanH", bottom="conv"))
        return judged(net, {"conv": change(net(image())["conv"])})

    return run


def turn(blobs: list[Tensor]) -> None:
    blobs[0].copy_(blobs[0].reshape(blobs[0].T.shape).T.clone())


def channels_last(blobs: list[Tensor]) -> None:
    blobs[0].copy_(blobs[0].view(-1, 8, 8, 3).permute(0, 3, 1, 2).reshape(blobs[0].shape))


def left_out() -> Verdict:
    relu = 'layer { name: "relu" type: "ReLU" bottom: "conv" top: "conv" }'
    net = compiled(BEFORE, relu)
    expected = copied(net, BEFORE)(image())
    return judged(net, {"conv": expected["conv"]})


def left_out_of_the_mean() -> Verdict:
    net = compiled(BEFORE, layer("Pooling", POOL.replace("}", "pad: 1 }") % "AVE", "conv"))
    conv = net(image())["conv"]
    mean = functional.avg_pool2d(conv, 3, 2, 1, ceil_mode=True, count_include_pad=False)
    return judged(net, {"conv": conv, "top": mean})


IMAGENET = torch.tensor([[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]])[:, :, None, None]
MEAN = torch.tensor([104.0, 117.0, 123.0])[:, None, None]
WALKED_INTO: dict[str, tuple[Callable[[], Verdict], str]] = {
    "BGR": (input_of(lambda x: x.flip(1)), "BGR against RGB"),
    "scale": (input_of(lambda x: x / 255), "data is multiplied by 1/255 there"),
    "mean": (input_of(lambda x: x - MEAN), "the mean 104, 117, 123 is subtracted from data there"),
    "BGR and mean": (
        input_of(lambda x: x.flip(1) - MEAN),
        "data is in the other order (BGR against RGB), less the mean 104, 117, 123 there",
    ),
    "BGR, mean and scale": (
        input_of(lambda x: (x.flip(1) - MEAN) * 0.017),
        "less the mean 104, 117, 123, times 0.017 there",
    ),
    "torchvision": (
        input_of(lambda x: (x / 255 - IMAGENET[0]) / IMAGENET[1]),
        "data is normalised as torchvision does it there",
    ),
    "torchvision in BGR": (
        input_of(lambda x: (x.flip(1) / 255 - IMAGENET[0]) / IMAGENET[1]),
        "as torchvision does it there, in the other order",
    ),
    "padding": (
        left_out_of_the_mean,
        "top leaves its padding out of the mean there",
    ),
    "LRN": (
        settings_of("LRN", LRN % 0.3, LRN % 0.9),
        "alpha of top is not divided by local_size",
    ),
    "rounding": (
        settings_of(
            "Pooling",
            POOL % "MAX",
            POOL.replace("}", "round_mode: FLOOR }") % "MAX",
        ),
        "rounds its size the other way there: write round_mode: FLOOR",
    ),
    "pooling": (settings_of("Pooling", POOL % "MAX", POOL % "AVE"), "top pools with AVE there"),
    "axis": (
        settings_of("Softmax", "", "softmax_param { axis: 3 }"),
        "top works along axis 3 there",
    ),
    "transpose": (
        weights_of("InnerProduct", FC % "", turn),
        "the matrix of top is transposed there",
    ),
    "channels last": (
        weights_of("InnerProduct", FC % "", channels_last),
        "the image that top flattens has its channels last",
    ),
    "no bias": (
        weights_of("Convolution", CONV, lambda b: b[1].zero_()),
        "top adds no bias",
    ),
    "kernel": (
        weights_of("Convolution", CONV, lambda b: b[0].copy_(b[0].flip(2, 3))),
        "convolution against correlation",
    ),
    "kernel sides": (
        weights_of("Convolution", CONV, lambda b: b[0].copy_(b[0].mT.clone())),
        "height and width of the kernel",
    ),
    "statistics": (
        weights_of("BatchNorm", "", lambda b: b[2].fill_(1)),
        "not divided by their factor",
    ),
    "batch": (
        settings_of("BatchNorm", "", "batch_norm_param { use_global_stats: false }"),
        "normalises by the batch",
    ),
    "missing ReLU": (left_out, "relu (ReLU) is left out"),
    "one more ReLU": (output_of(torch.relu), "a ReLU follows conv"),
    "factor": (output_of(lambda x: x * 2), "2 times as large"),
    "offset": (
        output_of(lambda x: x + torch.arange(1.0, 5)[:, None, None]),
        "a constant is added to each channel of conv there (1, 2, 3, 4 ...)",
    ),
    "shape": (output_of(lambda x: x.flatten(1)), "same numbers in another shape there"),
    "layout": (output_of(lambda x: x.permute(0, 2, 3, 1)), "conv has its channels last"),
}


@pytest.mark.parametrize("trap", WALKED_INTO)
def test_traps_are_recognised(trap: str) -> None:
    walk, said = WALKED_INTO[trap]
    verdict = walk()
    assert verdict.first is not None
    assert any(said in words for words in verdict.looks_like), verdict.looks_like


def test_eps() -> None:
    net = compiled(layer("BatchNorm", "batch_norm_param { eps: 0.5 }"))
    other = copied(net, layer("BatchNorm", "batch_norm_param { eps: 0.001 }"))
    assert "the eps of top is 0.001 there" in judged(net, {"top": other(image())["top"]}).looks_like


def test_a_stored_mean_is_a_sum() -> None:
    net = compiled(layer("BatchNorm"))
    compiler.blobs(net)["top"][2].data.fill_(1)
    other = copied(net, layer("BatchNorm"))
    compiler.blobs(other)["top"][2].data.fill_(1000)
    (said,) = judged(net, {"top": other(image())["top"]}).looks_like
    assert "are sums there, divided by 1000" in said


def test_the_first_blob_in_running_order_is_named() -> None:
    net = compiled(BEFORE, layer("TanH", bottom="conv", top="a"), layer("AbsVal", bottom="a"))
    blobs = dict(net(image()))
    blobs["top"], blobs["a"] = blobs["top"] + 1, blobs["a"].clone()
    blobs["a"][1, 2, 3, 4] = 7
    verdict = judged(net, dict(reversed(blobs.items())))
    assert [c.blob for c in verdict.compared] == ["data", "conv", "a", "top"]
    assert verdict.first is not None
    assert (verdict.first.blob, verdict.first.gap.at) == ("a", (1, 2, 3, 4))
    assert verdict.first.gap.want == 7
    assert verdict.layers == ("a",)
    assert verdict.looks_like == ()


def test_only_outputs_are_enough_to_recognise_a_trap() -> None:
    net = compiled(
        BEFORE, layer("ReLU", bottom="conv", top="a"), layer("InnerProduct", FC % "", "a")
    )
    expected = net(image().flip(1))["top"]
    verdict = judged(net, {"top": expected})
    assert verdict.layers == ("conv", "a", "top")
    assert any("BGR" in said for said in verdict.looks_like)


@pytest.mark.parametrize("name", ["conv-group", "lrn-across", "bn-test-inplace-scale-relu"])
def test_agrees_with_caffe(name: str, tmp_path: Path) -> None:
    found = np.load(GOLDEN / f"{name}.npz")
    step = {k.removeprefix("step/0/"): found[k] for k in found.files if k.startswith("step/0/")}
    inputs = {k: found[k] for k in found.files if k.startswith("in/")}
    np.savez(tmp_path / "expected.npz", **step, **inputs)
    net = compiler.compile(netspec.load(GOLDEN / f"{name}.prototxt"), keep="all")
    with torch.no_grad():
        for key in found.files:
            if key.startswith("param/"):
                _, owner, i = key.split("/")
                compiler.blobs(net)[owner][int(i)].copy_(torch.from_numpy(found[key]))
    verdict = verify(net, read_expected(tmp_path / "expected.npz"))
    assert verdict.first is None
    assert len(verdict.compared) == len(step)


@pytest.mark.parametrize(
    ("got", "want", "size"),
    [
        ([1.0, 2.0], [1.0, 2.0], 0.0),
        ([1.0, 2.0], [1.0, 4.0], 0.5),
        ([float("nan"), 1.0], [float("nan"), 1.0], 0.0),
        ([float("inf"), 1.0], [float("inf"), 1.0], 0.0),
        ([float("nan"), 1.0], [1.0, 1.0], float("inf")),
        ([1.0], [1.0, 1.0], float("inf")),
        ([], [], 0.0),
    ],
)
def test_gaps(got: list[float], want: list[float], size: float) -> None:
    assert gap(torch.tensor(got), torch.tensor(want)).size == size


def test_weights_that_were_not_loaded_are_named() -> None:
    net = compiled(BEFORE)
    expected = compiled(BEFORE, seed=3)(image())
    verdict = verify(net, Expected({"data": image()}, dict(expected)), kept=["conv"])
    assert verdict.looks_like == ("conv has the values of its filler: no file has its weights",)
    assert verdict.layers == ("conv",)
