"""What the forks' data layers do to images: messages inside transform_param, for SSD above all."""

from __future__ import annotations

from enum import Enum

from netspec.schema.kinds import Bool, Float, One, UInt
from netspec.schema.layer import Shape
from netspec.schema.settings import Settings, param


class ResizeMode(Enum):
    WARP = 1
    FIT_SMALL_SIZE = 2
    FIT_LARGE_SIZE_AND_PAD = 3


class PadMode(Enum):
    CONSTANT = 1
    MIRRORED = 2
    REPEAT_NEAREST = 3


class InterpMode(Enum):
    LINEAR = 1
    AREA = 2
    NEAREST = 3
    CUBIC = 4
    LANCZOS4 = 5


class ResizeParameter(Settings):
    """Resize images, before anything is cut."""

    noun = "resize_param"

    prob: float = param(Float(), "how often", default=1.0)
    resize_mode: ResizeMode = param(
        One(ResizeMode),
        "WARP to height x width; FIT_SMALL_SIZE: as large as that at least, keeping the shape; "
        "FIT_LARGE_SIZE_AND_PAD: within that, and padded",
        default=ResizeMode.WARP,
    )
    height: int = param(UInt, "the height", default=0)
    width: int = param(UInt, "the width", default=0)
    height_scale: int = param(UInt, "the height that boxes are relative to", default=0)
    width_scale: int = param(UInt, "the width that boxes are relative to", default=0)
    pad_mode: PadMode = param(One(PadMode), "what padding is made of", default=PadMode.CONSTANT)
    pad_value: tuple[float, ...] = param(Float(), "of CONSTANT padding", many=True)
    interp_mode: tuple[InterpMode, ...] = param(
        One(InterpMode), "how: one of these, at random", many=True
    )

    def shape(self, image: Shape) -> Shape:
        """(channels, height, width) after resizing."""
        channels, height, width = image
        if self.resize_mode is not ResizeMode.FIT_SMALL_SIZE:
            return channels, self.height or height, self.width or width
        scale = max(self.height / height, self.width / width)
        return channels, int(height * scale), int(width * scale)


class DistortionParameter(Settings):
    """Change colours at random."""

    noun = "distort_param"

    brightness_prob: float = param(Float(), "how often brightness changes", default=0.0)
    brightness_delta: float = param(Float(), "by how much at most", default=0.0)
    contrast_prob: float = param(Float(), "how often contrast changes", default=0.0)
    contrast_lower: float = param(Float(), "by what factor at least", default=0.0)
    contrast_upper: float = param(Float(), "by what factor at most", default=0.0)
    hue_prob: float = param(Float(), "how often hue changes", default=0.0)
    hue_delta: float = param(Float(), "by how much at most", default=0.0)
    saturation_prob: float = param(Float(), "how often saturation changes", default=0.0)
    saturation_lower: float = param(Float(), "by what factor at least", default=0.0)
    saturation_upper: float = param(Float(), "by what factor at most", default=0.0)
    random_order_prob: float = param(Float(), "how often channels are shuffled", default=0.0)


class ExpansionParameter(Settings):
    """Put the image into a larger one at random."""

    noun = "expand_param"

    prob: float = param(Float(), "how often", default=1.0)
    max_expand_ratio: float = param(Float(), "how many times larger at most", default=1.0)


class EmitType(Enum):
    CENTER = 0
    MIN_OVERLAP = 1


class EmitConstraint(Settings):
    """Which boxes stay when a part is cut out."""

    noun = "emit_constraint"

    emit_type: EmitType = param(
        One(EmitType), "those with their centre in it, or enough of them", default=EmitType.CENTER
    )
    emit_overlap: float = param(Float(), "how much of a box is enough", default=0.0)


class NoiseParameter(Settings):
    """Spoil images at random."""

    noun = "noise_param"

    prob: float = param(Float(), "how often", default=0.0)
    hist_eq: bool = param(Bool(), "equalise the histogram", default=False)
    inverse: bool = param(Bool(), "invert colours", default=False)
    decolorize: bool = param(Bool(), "make gray", default=False)
    gauss_blur: bool = param(Bool(), "blur", default=False)
    jpeg: float = param(Float(), "the quality of compression; -1 is none", default=-1.0)
    posterize: bool = param(Bool(), "use few colours", default=False)
    erode: bool = param(Bool(), "erode", default=False)
    saltpepper: bool = param(Bool(), "set pixels at random", default=False)
    clahe: bool = param(Bool(), "equalise the histogram locally", default=False)
    convert_to_hsv: bool = param(Bool(), "give hue, saturation, value", default=False)
    convert_to_lab: bool = param(Bool(), "give Lab colours", default=False)
