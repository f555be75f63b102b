"""What the forks add to transform_param: random sizes, cuts and colours, most of them not run."""

from __future__ import annotations

from enum import Enum

from netspec.layers.augmentation import (
    DistortionParameter,
    EmitConstraint,
    ExpansionParameter,
    NoiseParameter,
    ResizeMode,
    ResizeParameter,
)
from netspec.schema.forks import INTEL, MYCAFFE, NVIDIA, PSPNET, SSD, TSN
from netspec.schema.kinds import Bool, Float, Int, One, UInt
from netspec.schema.layer import Shape
from netspec.schema.settings import Settings, param

RANDOM_SIZE = "images of random sizes"
RANDOM_CUT = "random cuts of several sizes"
MEAN = "a mean from MyCaffe's database"


class ColorOrder(Enum):
    RGB = 0
    BGR = 1


class ForkTransformation(Settings):
    """The settings of transform_param that BVLC's Caffe does not have."""

    resize_param: ResizeParameter | None = param(
        ResizeParameter, "resize first", default=None, uncomputed="resizing", fork=SSD
    )
    noise_param: NoiseParameter | None = param(
        NoiseParameter, "spoil images", default=None, uncomputed="noise", fork=SSD
    )
    distort_param: DistortionParameter | None = param(
        DistortionParameter, "change colours", default=None, uncomputed="colours", fork=SSD
    )
    expand_param: ExpansionParameter | None = param(
        ExpansionParameter, "enlarge the frame", default=None, uncomputed="enlarging", fork=SSD
    )
    emit_constraint: EmitConstraint | None = param(
        EmitConstraint, "which boxes stay", default=None, uncomputed="true boxes", fork=SSD
    )
    crop_h: int = param(UInt, "cut to this height", default=0, uncomputed=RANDOM_CUT, fork=SSD)
    crop_w: int = param(UInt, "cut to this width", default=0, uncomputed=RANDOM_CUT, fork=SSD)
    img_rand_resize_lower: int = param(
        UInt, "the least short side", default=0, uncomputed=RANDOM_SIZE, fork=NVIDIA
    )
    img_rand_resize_upper: int = param(
        UInt, "the largest short side", default=0, uncomputed=RANDOM_SIZE, fork=NVIDIA
    )
    rand_resize_ratio_lower: float = param(
        Float(), "the least ratio", default=0.0, uncomputed=RANDOM_SIZE, fork=NVIDIA
    )
    rand_resize_ratio_upper: float = param(
        Float(), "the largest ratio", default=0.0, uncomputed=RANDOM_SIZE, fork=NVIDIA
    )
    vertical_stretch_lower: float = param(
        Float(), "the least factor", default=1.0, uncomputed=RANDOM_SIZE, fork=NVIDIA
    )
    vertical_stretch_upper: float = param(
        Float(), "the largest factor", default=1.0, uncomputed=RANDOM_SIZE, fork=NVIDIA
    )
    horizontal_stretch_lower: float = param(
        Float(), "the least factor", default=1.0, uncomputed=RANDOM_SIZE, fork=NVIDIA
    )
    horizontal_stretch_upper: float = param(
        Float(), "the largest factor", default=1.0, uncomputed=RANDOM_SIZE, fork=NVIDIA
    )
    allow_upscale: bool = param(
        Bool(), "small images may grow", default=False, uncomputed=RANDOM_SIZE, fork=NVIDIA
    )
    use_gpu_transform: bool = param(
        Bool(), "where it is done", default=False, unused="it changes the speed", fork=NVIDIA
    )
    random_seed: int = param(
        Int(-1), "where chance begins", default=-1, unused="the solver's seed rules", fork=NVIDIA
    )
    bgr2rgb: bool = param(
        Bool(), "turn channels around", default=False, uncomputed="turned channels", fork=INTEL
    )
    scale_factors: tuple[float, ...] = param(
        Float(), "resize by one of these", many=True, uncomputed=RANDOM_SIZE, fork=PSPNET
    )
    crop_height: int = param(UInt, "cut to it", default=0, uncomputed=RANDOM_CUT, fork=PSPNET)
    crop_width: int = param(UInt, "cut to it", default=0, uncomputed=RANDOM_CUT, fork=PSPNET)
    fix_crop: bool = param(
        Bool(), "cut at the corners or the centre", default=False, uncomputed=RANDOM_CUT, fork=TSN
    )
    more_fix_crop: bool = param(
        Bool(), "cut at more places", default=False, uncomputed=RANDOM_CUT, fork=TSN
    )
    multi_scale: bool = param(
        Bool(), "cut parts of several sizes", default=False, uncomputed=RANDOM_CUT, fork=TSN
    )
    scale_ratios: tuple[float, ...] = param(
        Float(), "the sizes of the parts", many=True, uncomputed=RANDOM_CUT, fork=TSN
    )
    max_distort: int = param(
        Int(), "how far two sides differ", default=1, uncomputed=RANDOM_CUT, fork=TSN
    )
    is_flow: bool = param(
        Bool(), "the images are optical flow", default=False, uncomputed="flow", fork=TSN
    )
    stride: int = param(UInt, "sizes are its multiples", default=1, uncomputed=RANDOM_CUT, fork=TSN)
    color_order: ColorOrder = param(
        One(ColorOrder),
        "the order of channels",
        default=ColorOrder.RGB,
        unused="the file's order is kept",
        fork=MYCAFFE,
    )
    use_imagedb_mean: bool = param(
        Bool(),
        "subtract the mean of the database",
        default=False,
        uncomputed=MEAN,
        fork=MYCAFFE,
    )
    use_image_mean: bool = param(
        Bool(),
        "the old form of use_imagedb_mean",
        default=False,
        uncomputed=MEAN,
        fork=MYCAFFE,
    )

    def resized(self, image: Shape) -> Shape:
        """(channels, height, width) after resizing."""
        return self.resize_param.shape(image) if self.resize_param else image

    @property
    def fixed(self) -> tuple[int, int] | None:
        """(height, width) after resizing, where they do not depend on the image."""
        if self.resize_param is None or self.resize_param.resize_mode is ResizeMode.FIT_SMALL_SIZE:
            return None
        height, width = self.resize_param.height, self.resize_param.width
        return (height, width) if height and width else None
