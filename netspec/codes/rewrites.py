"""A1: rewrites beside those that answer a finding; `netspec rewrite` makes them."""

from __future__ import annotations

from netspec.codes.advice import CLASSIFY, HALVE, SIDE_BY_SIDE, conv, net
from netspec.codes.code import Code

LONG = "Convolution: {name: conv, num_output: 16, kernel_h: 1, kernel_w: 7, pad_h: 0, pad_w: 3}"
TALL = "Convolution: {num_output: 16, kernel_h: 7, kernel_w: 1, pad_h: 3, pad_w: 0}"
LOSS = ("InnerProduct: {num_output: 10}", "SoftmaxWithLoss: {bottom: [fc, label]}")
NORM = ("BatchNorm", "Scale: {bias_term: true}", "ReLU")
BARE = "Convolution: {num_output: 8, kernel_size: 3, bias_term: false}"


def plain(count: int) -> str:
    """Convolutions of 3x3 with their activations, one after the other."""
    return net("1, 3, 16, 16", *[each for _ in range(count) for each in (conv(8, 3), "ReLU")])


def labelled(*layers: str) -> str:
    return net("2, 3, 16, 16], label: [2", *layers)


SHORTCUTS = (
    [conv(8, 3, name="first"), "ReLU"]
    + ["Eltwise: {of: [[], [%s, ReLU, %s]]}" % (conv(8, 3), conv(8, 3)), "ReLU"]  # noqa: UP031
)
WIDE = (conv(64), conv(16), "ReLU", conv(16, 3), "ReLU", conv(64))
IN_GROUPS = "Convolution: {num_output: 32, kernel_size: 3, pad: 1, group: 32}"
GROUPED = (conv(64), conv(32), "ReLU", IN_GROUPS, "ReLU", conv(64))

CODES: tuple[Code, ...] = (
    Code(
        "A103",
        "a convolution widens, and three quarters of that are pooled away",
        "Widening before pooling keeps the representation large, at four times the cost of what "
        "is left of it. Pooling of what the convolution reads, and beside it a convolution of "
        "stride 2 with the filters that are more, make as many channels on the same grid (arXiv "
        "1512.00567, section 5, figure 10). Said of layers that read 128 channels or more.",
        wrong=net("1, 128, 16, 16", conv(256, 3), HALVE, *CLASSIFY),
        right=net("1, 128, 16, 16", SIDE_BY_SIDE.format(HALVE, conv(128, 3, 2)), *CLASSIFY),
        language="rewrite",
    ),
    Code(
        "A143",
        "a large convolution that 1 x n and n x 1 would do for less",
        "1 x n and n x 1 on one another see as much as n x n and cost 2 / n of it where all have "
        "as many filters. The paper finds that this works on grids of 12 to 20, there with n = 7, "
        "and not in early layers (arXiv 1512.00567, section 3.2); `--apply A143:LAYER` makes it "
        "anywhere.",
        wrong=net("1, 16, 14, 14", conv(16, 7), *CLASSIFY),
        right=net("1, 16, 14, 14", LONG, TALL, *CLASSIFY),
        language="rewrite",
    ),
    Code(
        "A150",
        "a bias that the BatchNorm behind it subtracts again",
        "BatchNorm subtracts the mean, and with it whatever was added to every element of a "
        "channel. The bias learns nothing; the Scale layer behind has one that does.",
        wrong=labelled(conv(8, 3), *NORM, *LOSS),
        right=labelled(BARE, *NORM, *LOSS),
        language="rewrite",
    ),
    Code(
        "A151",
        "a BatchNorm, and its Scale, that the convolution before them could do",
        "With stored statistics BatchNorm and Scale multiply each channel by a number and add "
        "one. The filters can hold the one and the bias the other, for a net that only predicts.",
        wrong=net("1, 3, 16, 16", BARE, *NORM, *CLASSIFY),
        right=net("1, 3, 16, 16", conv(8, 3), "ReLU", *CLASSIFY),
        language="rewrite",
    ),
    Code(
        "A152",
        "a bottleneck that grouped convolution makes wider at equal cost",
        "A 3x3 convolution in 32 groups costs so much less that the bottleneck can have twice the "
        "channels; ResNeXt is more accurate than ResNet of equal cost (Xie et al. 2016, arXiv "
        "1611.05431).",
        wrong=net("1, 3, 8, 8", *WIDE),
        right=net("1, 3, 8, 8", *GROUPED),
        language="rewrite",
    ),
    Code(
        "A153",
        "a deep plain stack that shortcuts would make easier to train",
        "With the sum of what it reads and what it makes, a block of two convolutions learns what "
        "differs from the identity (He et al. 2015, arXiv 1512.03385). Said of plain nets with ten "
        "convolutions or more.",
        wrong=plain(10),
        right=net("1, 3, 16, 16", *SHORTCUTS),
        language="rewrite",
    ),
    Code(
        "A154",
        "a deep net without an auxiliary classifier",
        "A second classifier on a grid further up, in training only and normalised by the batch, "
        "regularises a deep net (arXiv 1512.00567, section 4). Said of nets with twenty "
        "convolutions or more and without shortcuts; to move a head, remove it and add another.",
        wrong=labelled(
            *[conv(8, name=f"conv{i}") for i in range(20)],
            "Pooling: {pool: MAX, kernel_size: 2, stride: 2}",
            *LOSS,
        ),
        right=labelled(
            *[conv(8, name=f"conv{i}") for i in range(3)],
            "Pooling: {pool: MAX, kernel_size: 2, stride: 2}",
            *LOSS,
        ),
        language="rewrite",
    ),
    Code(
        "A155",
        "1x1 convolutions of one blob that could be one",
        "They read the same numbers. One convolution with the filters of all, whose top is sliced, "
        "reads them once and computes the same.",
        wrong=net("1, 3, 16, 16", SIDE_BY_SIDE.format(conv(8), conv(4)), *CLASSIFY),
        right=net("1, 3, 16, 16", conv(12), *CLASSIFY),
        language="rewrite",
    ),
    Code(
        "A250",
        "a rewrite that cannot be made",
        "A rewrite has the code of an advice, and applies to the layers that "
        "`netspec advise --all` lists for it.",
        wrong="""\
import netspec
from netspec.rewrite.choose import choose

graph = netspec.load("net.prototxt")
choose("A140:fc", graph)
""",
        right="""\
import netspec
from netspec.rewrite import REWRITES

graph = netspec.load("net.prototxt")
offered = list(REWRITES["A140"].propose(graph))
""",
        language="python",
    ),
)
