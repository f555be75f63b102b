"""A1: what design principles say of a net that works; `netspec advise` prints it.

The principles are those of "Rethinking the Inception architecture for computer vision" (Szegedy et
al. 2015, arXiv 1512.00567).
"""

from __future__ import annotations

from netspec.codes.code import Code


def net(image: str, *layers: str) -> str:
    """A net in YAML over an image, its layers one below the other."""
    return f"inputs: {{data: [{image}]}}\nlayers:\n" + "".join(f"  - {layer}\n" for layer in layers)


def conv(filters: int, kernel: int = 1, stride: int = 1, name: str = "") -> str:
    written = f"name: {name}, " if name else ""
    pad = f", pad: {kernel // 2}" if kernel > 1 else ""
    step = f", stride: {stride}" if stride > 1 else ""
    return f"Convolution: {{{written}num_output: {filters}, kernel_size: {kernel}{pad}{step}}}"


HALVE = "Pooling: {pool: MAX, kernel_size: 2, stride: 2}"
CLASSIFY = ("Pooling: {pool: AVE, global_pooling: true}", "InnerProduct: {num_output: 10}")
SIDE_BY_SIDE = """\
Concat:
      of:
        - [{0}]
        - [{1}]"""
HEADS = """\
inputs: {{data: [2, 3, 8, 8], label: [2]}}
layers:
  - Convolution: {{name: conv1, bottom: data, num_output: 8, kernel_size: 3, pad: 1}}
  - Convolution: {{name: side, bottom: conv1, num_output: 8, kernel_size: 1}}
{0}  - InnerProduct: {{name: aux, num_output: 10}}
  - SoftmaxWithLoss: {{name: aux_loss, bottom: [aux, label], loss_weight: 0.3}}
  - Convolution: {{name: conv2, bottom: conv1, num_output: 8, kernel_size: 3, pad: 1}}
  - InnerProduct: {{name: fc, num_output: 10}}
  - SoftmaxWithLoss: {{name: loss, bottom: [fc, label]}}
"""
DEEP = [conv(8)] * 8

CODES: tuple[Code, ...] = (
    Code(
        "A101",
        "a representational bottleneck",
        "All that reaches the prediction passes a cut with less than half the elements of what "
        "lies before it, and of what follows: what is lost there cannot be had again. The size of "
        "a representation should decrease gently from the inputs to the outputs (principle 1). "
        "Elements are only a rough measure of information; where a narrow code is what the net is "
        "for, as in an autoencoder, it is no fault.",
        wrong=net("1, 3, 16, 16", conv(16, 3), conv(1), conv(16, 3), *CLASSIFY),
        right=net("1, 3, 16, 16", conv(16, 3), conv(8), conv(16, 3), *CLASSIFY),
        language="advice",
    ),
    Code(
        "A102",
        "the grid is made coarser before the filters are widened",
        "A stride of 2 with as many filters keeps a quarter of the elements, and the layers after "
        "it widen again what is lost by then (section 5 of the paper). Widening first costs four "
        "times as much; a pooling and a convolution side by side, both of stride 2, cost little "
        "and lose little.",
        wrong=net("1, 3, 32, 32", conv(6, 3), HALVE, conv(12, 3), *CLASSIFY),
        right=net(
            "1, 3, 32, 32",
            conv(6, 3),
            SIDE_BY_SIDE.format(HALVE, conv(6, 2, 2).replace(", pad: 1", "")),
            conv(12, 3),
            *CLASSIFY,
        ),
        language="advice",
    ),
    Code(
        "A110",
        "the coarsest grid has hardly more filters than the one before it",
        "Where the grid is coarse a filter costs least, and a representation of many dimensions "
        "is easy to process locally: the paper expands its filter banks there (principle 2, "
        "figure 7). With less than 1.41 times the channels on a quarter of the positions, less "
        "than a third of the elements is left.",
        wrong=net("1, 3, 32, 32", conv(12, 3), conv(12, 3, 2), conv(12, 3), *CLASSIFY),
        right=net("1, 3, 32, 32", conv(12, 3), conv(24, 3, 2), conv(24, 3), *CLASSIFY),
        language="advice",
    ),
    Code(
        "A120",
        "filters read very many numbers without a reduction before them",
        "What lies side by side is so strongly correlated that the dimension can be reduced "
        "before a convolution spreads over space, at little loss and much less cost "
        "(principle 3). This is said of filters that read more than 4,096 numbers, where no 1x1 "
        "convolution with fewer filters than channels stands before them.",
        wrong=net("1, 512, 8, 8", conv(64, 3), *CLASSIFY),
        right=net("1, 512, 8, 8", conv(64), conv(64, 3), *CLASSIFY),
        language="advice",
    ),
    Code(
        "A130",
        "one layer takes a large share of all operations",
        "A net improves most for what it costs when width and depth grow together (principle 4). "
        "Where one layer of many takes a fifth of all multiply-accumulates, and four times its "
        "fair share, the same computation would buy more elsewhere.",
        wrong=net("1, 3, 16, 16", conv(16, 3), conv(16, 5), *DEEP, *CLASSIFY),
        right=net("1, 3, 16, 16", conv(8, 3), *DEEP, *CLASSIFY),
        language="advice",
    ),
    Code(
        "A140",
        "a large convolution that stacked 3x3 convolutions would do for less",
        "Two 3x3 convolutions on one another see 5x5 and cost 18/25 of it where all have as many "
        "filters; they bend the function once more, too (section 3.1). Nothing is said of layers "
        "with a stride, of those that read an image, or of a block that has the stack in a branch "
        "beside it.",
        wrong=net("1, 3, 16, 16", conv(16, 3), conv(16, 5), *CLASSIFY),
        right=net("1, 3, 16, 16", conv(16, 3), conv(16, 3), conv(16, 3), *CLASSIFY),
        language="advice",
    ),
    Code(
        "A141",
        "layers that a newer kind has taken the place of",
        "Batch normalisation lets a net train at higher rates and regularises it, and nets that "
        "have it gain nothing from local response normalisation (Ioffe & Szegedy 2015, arXiv "
        "1502.03167, section 4.2.1).",
        wrong=net("2, 3, 16, 16", conv(16, 3), "ReLU", "LRN", *CLASSIFY),
        right=net(
            "2, 3, 16, 16", conv(16, 3), "BatchNorm", "Scale: {bias_term: true}", "ReLU", *CLASSIFY
        ),
        language="advice",
    ),
    Code(
        "A142",
        "an auxiliary classifier without batch normalisation, or one of several",
        "Auxiliary classifiers do not make nets learn earlier, as was thought; they regularise, "
        "and the main classifier ends better where the side branch is normalised by the batch. Of "
        "two, the lower one can be removed without harm (section 4).",
        wrong=HEADS.format(""),
        right=HEADS.format("  - BatchNorm\n  - Scale: {bias_term: true}\n  - ReLU\n"),
        language="advice",
    ),
)
