"""Batch normalisation beside what it does not go with."""

from __future__ import annotations

from netspec.codes.code import Code
from netspec.codes.lints.examples import (
    BATCHES,
    CONV,
    DATA,
    END,
    HALF,
    NORM,
    NORMALISED,
    RELU_LAYER,
    SCALE,
    solver,
)

CODES: tuple[Code, ...] = (
    Code(
        "N510",
        "an activation reads what is normalised and not scaled",
        "Normalised to mean 0 and variance 1, an activation's inputs can no longer be what "
        "the layer would have them be: a sigmoid is kept in its straight part, and a ReLU "
        "drops one half, always. The scale and bias that are learned after normalising belong "
        "to batch normalisation (arXiv 1502.03167, section 3); in Caffe they are a layer of "
        "their own.",
        wrong=DATA + CONV + NORM + RELU_LAYER + END,
        right=DATA + NORMALISED + END,
        language="yaml",
    ),
    Code(
        "N511",
        "a scale without a bias after normalising",
        "Normalising takes away every bias that the layers before it add. Scale adds one only "
        "where bias_term is true, which it is not when nothing is said.",
        wrong=DATA + CONV + NORM + "  - Scale: {name: scale}\n" + RELU_LAYER + END,
        right=DATA + NORMALISED + END,
        language="yaml",
    ),
    Code(
        "N512",
        "normalised after the activation",
        "Batch normalisation stands between the filters and the activation, where its inputs "
        "are most likely to be spread symmetrically (arXiv 1502.03167, section 3.2). This is "
        "said where most of the net does so and one layer does not; a net that always "
        "normalises after the activation means it.",
        wrong=DATA
        + NORMALISED
        + HALF.replace("msra}", "msra}, bias_term: false")
        + NORM.replace("norm", "norm2")
        + SCALE.replace("scale", "scale2", 1)
        + RELU_LAYER.replace("relu", "relu2")
        + HALF.replace("conv2", "conv3").replace("kernel_size: 3", "kernel_size: 1")
        + RELU_LAYER.replace("relu", "relu3")
        + NORM.replace("norm", "norm3")
        + SCALE.replace("scale", "scale3", 1)
        + END,
        right=DATA + NORMALISED + END,
        language="yaml",
    ),
    Code(
        "N513",
        "normalised by the batch in use",
        "With use_global_stats: false a net normalises by the statistics of whatever batch it "
        "is given, in TEST too: what it says of an image depends on the images beside it, and "
        "of one image alone it says something else. Caffe chooses by the phase where the "
        "setting is not written.",
        wrong=DATA
        + CONV
        + "  - BatchNorm: {name: norm, use_global_stats: false}\n"
        + SCALE
        + RELU_LAYER
        + END,
        right=DATA + NORMALISED + END,
        language="yaml",
    ),
    Code(
        "N514",
        "a bias that normalising cancels",
        "What is the same for all of a channel is subtracted again with the channel's mean: "
        "the bias changes nothing, its gradient is zero, and it costs memory and time. In a "
        "net that is only used, with weights from elsewhere, nothing is said: there it may "
        "count.",
        wrong=DATA + CONV.replace("bias_term: false,", "") + NORM + SCALE + RELU_LAYER + END,
        right=DATA + NORMALISED + END,
        language="yaml",
    ),
    Code(
        "N515",
        "Dropout before a normalisation",
        "In training Dropout changes the variance of what it passes on, and the moving "
        "averages learn that variance; in use nothing is dropped, and the averages are wrong "
        "(Li et al. 2018, arXiv 1801.05134). After the last normalisation it does no harm.",
        wrong=DATA
        + NORMALISED
        + "  - Dropout: {name: drop, dropout_ratio: 0.5}\n"
        + HALF.replace("msra}", "msra}, bias_term: false")
        + NORM.replace("norm", "norm2")
        + SCALE.replace("scale", "scale2", 1)
        + RELU_LAYER.replace("relu", "relu2")
        + END,
        right=DATA + NORMALISED + "  - Dropout: {name: drop, dropout_ratio: 0.5}\n" + END,
        language="yaml",
    ),
    Code(
        "N516",
        "iter_size with batch normalisation",
        "iter_size sums the gradients of several batches for one update, as if they had been "
        "one; each is still normalised by itself. Statistics of few items are noisy, and "
        "adding up gradients does not make them better. Nothing is said from 16 items on.",
        wrong=solver(batch=4),
        right=solver(batch=32),
        language="solver",
    ),
    Code(
        "N517",
        "normalised by the statistics of one or two items",
        "The mean and variance of one or two items are noise, and in use the moving averages "
        "are something else: with 2 images on each device ResNet-50 loses ten points against "
        "32 (Wu & He 2018, arXiv 1803.08494, figure 1).",
        wrong=BATCHES.replace("BATCH", "2"),
        right=BATCHES.replace("BATCH", "16"),
        language="yaml",
    ),
)
