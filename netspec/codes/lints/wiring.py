"""Connections and windows that are hardly meant."""

from __future__ import annotations

from netspec.codes.code import Code
from netspec.codes.lints.examples import CONV, DATA, END, FC, HALF, NORMALISED, TRAINED, USED

CODES: tuple[Code, ...] = (
    Code(
        "N521",
        "a top that Caffe's gradient needs is overwritten",
        "Caffe works out the gradient of Sigmoid, TanH, Softmax, LRN and some others from "
        "what they have made. Where the next layer works in place that is gone, and Caffe's "
        "gradient is wrong without a word; so are those of Power, Log, BNLL, Clip and MVN where "
        "they work in place themselves. Here it is right; but the file then trains "
        "differently in Caffe.",
        wrong=DATA
        + CONV
        + "  - Sigmoid: {name: bend, top: bend}\n"
        + "  - Dropout: {name: drop, bottom: bend, top: bend}\n"
        + END,
        right=DATA
        + CONV
        + "  - Sigmoid: {name: bend, top: bend}\n"
        + "  - Dropout: {name: drop, bottom: bend, top: drop}\n"
        + END,
        language="yaml",
    ),
    Code(
        "N522",
        "parameters that the trained net does not have",
        "Weights go from the net that is trained to the one that is tested or deployed by the "
        "names of their layers. A layer that is called otherwise there keeps what its filler "
        "gave it, without a word from Caffe.",
        wrong=DATA
        + CONV
        + FC.replace("name: fc", "name: score, top: fc").replace(
            "}}", "}, include: {phase: TRAIN}}"
        )
        + FC.replace("name: fc", "name: fc, bottom: conv").replace(
            "}}", "}, include: {phase: TEST}}"
        )
        + TRAINED
        + USED,
        right=DATA + CONV + END,
        language="yaml",
    ),
    Code(
        "N523",
        "the softmax of a softmax",
        "SoftmaxWithLoss takes scores and makes its own softmax. Given probabilities, it "
        "squeezes them together: of ten classes the best then has at most a fifth, gradients "
        "are tiny, and the net learns slowly or not at all.",
        wrong=DATA
        + CONV
        + FC
        + "  - Softmax: {name: prob}\n"
        + TRAINED.replace("[fc", "[prob").replace(", include: {phase: TRAIN}", ""),
        right=DATA + CONV + END,
        language="yaml",
    ),
    Code(
        "N524",
        "groups of one filter that reads several channels",
        "With as many groups as filters, and more channels than groups, each filter reads "
        "channels that no other filter reads: it is neither a depthwise convolution, which "
        "costs less, nor a grouped one, whose filters share what they read.",
        wrong=DATA + NORMALISED + HALF.replace("num_output: 8", "num_output: 4, group: 4") + END,
        right=DATA + NORMALISED + HALF.replace("num_output: 8", "num_output: 8, group: 2") + END,
        language="yaml",
    ),
    Code(
        "N525",
        "a window that steps over positions",
        "With a stride larger than its window a layer never reads what lies between. A 1x1 "
        "window is left alone: a shortcut with a stride means to do so.",
        wrong=DATA
        + NORMALISED
        + "  - Pooling: {name: pool, pool: MAX, kernel_size: 2, stride: 3}\n"
        + END,
        right=DATA
        + NORMALISED
        + "  - Pooling: {name: pool, pool: MAX, kernel_size: 2, stride: 2}\n"
        + END,
        language="yaml",
    ),
    Code(
        "N526",
        "an even window, padded, with a stride of 1",
        "An even window has no middle: padded on both sides it makes one position more, or "
        "less, than there were, each half a position away from where it was. Layers that add "
        "or join such blobs then do not fit, or do not lie over one another.",
        wrong=DATA + CONV.replace("kernel_size: 3", "kernel_size: 4, pad: 2") + END,
        right=DATA + CONV.replace("kernel_size: 3", "kernel_size: 3, pad: 1") + END,
        language="yaml",
    ),
    Code(
        "N528",
        "a window that overhangs the image",
        "A window larger than the image and its padding has one place, if its stride is larger "
        "than what is missing: Caffe then pools what is there, and a convolution reads zeros for "
        "the rest. It happens when a net is fed smaller images than it was made for.",
        wrong=DATA
        + NORMALISED
        + "  - Pooling: {name: pool, pool: MAX, kernel_size: 8, stride: 3}\n"
        + END,
        right=DATA
        + NORMALISED
        + "  - Pooling: {name: pool, pool: MAX, kernel_size: 6, stride: 3}\n"
        + END,
        language="yaml",
    ),
)
