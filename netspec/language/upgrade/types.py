"""The names that layer types had: numbers and words of an enumeration in V1, small words in V0."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from netspec.language.tree import Field, Kind, Message, Scalar
from netspec.source import Span

V1_TYPES: dict[
    str, tuple[int, str]
] = {  # V1LayerParameter.LayerType: its number, and the type of today
    "ABSVAL": (35, "AbsVal"),
    "ACCURACY": (1, "Accuracy"),
    "ARGMAX": (30, "ArgMax"),
    "BNLL": (2, "BNLL"),
    "CONCAT": (3, "Concat"),
    "CONTRASTIVE_LOSS": (37, "ContrastiveLoss"),
    "CONVOLUTION": (4, "Convolution"),
    "DATA": (5, "Data"),
    "DECONVOLUTION": (39, "Deconvolution"),
    "DROPOUT": (6, "Dropout"),
    "DUMMY_DATA": (32, "DummyData"),
    "EUCLIDEAN_LOSS": (7, "EuclideanLoss"),
    "ELTWISE": (25, "Eltwise"),
    "EXP": (38, "Exp"),
    "FLATTEN": (8, "Flatten"),
    "HDF5_DATA": (9, "HDF5Data"),
    "HDF5_OUTPUT": (10, "HDF5Output"),
    "HINGE_LOSS": (28, "HingeLoss"),
    "IM2COL": (11, "Im2col"),
    "IMAGE_DATA": (12, "ImageData"),
    "INFOGAIN_LOSS": (13, "InfogainLoss"),
    "INNER_PRODUCT": (14, "InnerProduct"),
    "LRN": (15, "LRN"),
    "MEMORY_DATA": (29, "MemoryData"),
    "MULTINOMIAL_LOGISTIC_LOSS": (16, "MultinomialLogisticLoss"),
    "MVN": (34, "MVN"),
    "POOLING": (17, "Pooling"),
    "POWER": (26, "Power"),
    "RELU": (18, "ReLU"),
    "SIGMOID": (19, "Sigmoid"),
    "SIGMOID_CROSS_ENTROPY_LOSS": (27, "SigmoidCrossEntropyLoss"),
    "SILENCE": (36, "Silence"),
    "SOFTMAX": (20, "Softmax"),
    "SOFTMAX_LOSS": (21, "SoftmaxWithLoss"),
    "SPLIT": (22, "Split"),
    "SLICE": (33, "Slice"),
    "TANH": (23, "TanH"),
    "WINDOW_DATA": (24, "WindowData"),
    "THRESHOLD": (31, "Threshold"),
}
V1_NUMBERS: dict[str, str] = {str(number): name for name, (number, _) in V1_TYPES.items()}


@dataclass(frozen=True)
class ForkType:
    """A V1 type that a fork added: today's name, its message, and what that has to say there."""

    today: str
    message: str
    setting: str = ""  # a switch that tells it from today's layer of that name

    def field(self, place: Span) -> Field:
        """The message with the switch on."""
        on = Field(self.setting, Scalar(Kind.NAME, "true", place), place)
        return Field(self.message, Message([on], place), place)


V1_OF_FORKS: dict[str, ForkType] = {
    "CROP": ForkType("Crop", "crop_param", "align"),  # FCN's future branch and CRF-RNN
    "MULTI_STAGE_MEANFIELD": ForkType("MultiStageMeanfield", "multi_stage_meanfield_param"),
}


@dataclass(frozen=True)
class V0Type:
    """A V0 type: its V1 name, the message that its settings moved to, and their names there."""

    v1: str
    message: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)


FILLED = {
    "num_output": "num_output",
    "biasterm": "bias_term",
    "weight_filler": "weight_filler",
    "bias_filler": "bias_filler",
}
WINDOW = {"pad": "pad", "kernelsize": "kernel_size", "stride": "stride"}
READ = {"source": "source", "batchsize": "batch_size"}

V0_TYPES: dict[str, V0Type] = {
    "accuracy": V0Type("ACCURACY"),
    "bnll": V0Type("BNLL"),
    "concat": V0Type("CONCAT", "concat_param", {"concat_dim": "concat_dim"}),
    "conv": V0Type("CONVOLUTION", "convolution_param", {**FILLED, **WINDOW, "group": "group"}),
    "data": V0Type("DATA", "data_param", {**READ, "rand_skip": "rand_skip"}),
    "dropout": V0Type("DROPOUT", "dropout_param", {"dropout_ratio": "dropout_ratio"}),
    "euclidean_loss": V0Type("EUCLIDEAN_LOSS"),
    "flatten": V0Type("FLATTEN"),
    "hdf5_data": V0Type("HDF5_DATA", "hdf5_data_param", READ),
    "hdf5_output": V0Type("HDF5_OUTPUT"),
    "im2col": V0Type("IM2COL"),
    "images": V0Type(
        "IMAGE_DATA",
        "image_data_param",
        {
            **READ,
            "rand_skip": "rand_skip",
            "shuffle_images": "shuffle",
            "new_height": "new_height",
            "new_width": "new_width",
        },
    ),
    "infogain_loss": V0Type("INFOGAIN_LOSS", "infogain_loss_param", {"source": "source"}),
    "innerproduct": V0Type("INNER_PRODUCT", "inner_product_param", FILLED),
    "lrn": V0Type(
        "LRN", "lrn_param", {name: name for name in ("local_size", "alpha", "beta", "k")}
    ),
    "multinomial_logistic_loss": V0Type("MULTINOMIAL_LOGISTIC_LOSS"),
    "pool": V0Type("POOLING", "pooling_param", {**WINDOW, "pool": "pool"}),
    "relu": V0Type("RELU"),
    "sigmoid": V0Type("SIGMOID"),
    "softmax": V0Type("SOFTMAX"),
    "softmax_loss": V0Type("SOFTMAX_LOSS"),
    "split": V0Type("SPLIT"),
    "tanh": V0Type("TANH"),
    "window_data": V0Type(
        "WINDOW_DATA",
        "window_data_param",
        {
            **READ,
            "det_fg_threshold": "fg_threshold",
            "det_bg_threshold": "bg_threshold",
            "det_fg_fraction": "fg_fraction",
            "det_context_pad": "context_pad",
            "det_crop_mode": "crop_mode",
        },
    ),
}
