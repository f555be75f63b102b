"""BN in its two forms, Normalize in its two forms, and GRN."""

from __future__ import annotations

import math
from collections.abc import Iterable
from enum import Enum

from netspec.layers.engine import Engine, engine
from netspec.layers.normalization import ONE, ZERO
from netspec.schema.forks import NORMFACE, OPENVINO, PSPNET, SEGNET, SSD, TSN
from netspec.schema.kinds import Bool, Float, One, Text
from netspec.schema.layer import Count, Family, Layer, Shape, Weight
from netspec.schema.net import FillerParameter
from netspec.schema.settings import Reject, Settings, group, param
from netspec.schema.sight import Sees, Sight
from netspec.schema.wording import spelled
from netspec.schema.work import Keeps, Run, Work


class BNMode(Enum):
    LEARN = 0
    INFERENCE = 1


class BN(Layer):
    """Batch normalisation with slope and bias inside; two forks mean different things by it.

    With scale_filler, shift_filler or bn_mode it is SegNet's: two blobs, normalised by each batch
    (LEARN; then two more tops have its mean and variance), or only scaled and shifted (INFERENCE).
    Else it is that of TSN and PSPNet: four blobs, the last two moving averages of mean and
    variance, used in TEST and where frozen.
    """

    message, family = "bn_param", Family.NORMALIZATION
    tops = Count(1, 3)
    in_place = batch_statistics = True
    fork = f"{TSN}, {PSPNET}; or {SEGNET}"
    caffe = "layers/bn_layer.cpp"
    sees = Sees.SAME

    slope_filler: FillerParameter = param(FillerParameter, "fills the slope", default=ZERO)
    bias_filler: FillerParameter = param(FillerParameter, "fills the bias", default=ZERO)
    momentum: float = param(Float(), "how much of the averages is kept at each step", default=0.9)
    eps: float = param(Float(), "added to the variance, inside the root", default=1e-5)
    frozen: bool = param(Bool(), "use the averages in TRAIN, too, and learn nothing", default=False)
    engine: Engine = engine()
    scale_filler: FillerParameter | None = param(
        FillerParameter, "SegNet: fills the slope", default=None
    )
    shift_filler: FillerParameter | None = param(
        FillerParameter, "SegNet: fills the bias", default=None
    )
    bn_mode: BNMode | None = param(
        One(BNMode), "SegNet: normalise by the batch, or do not normalise", default=None
    )

    def by_batch(self, training: bool) -> bool:
        if self.segnet:
            return self.bn_mode is not BNMode.INFERENCE
        return training and not self.frozen

    @property
    def segnet(self) -> bool:
        """Whether it is SegNet's."""
        written = (self.scale_filler, self.shift_filler, self.bn_mode)
        return any(setting is not None for setting in written)

    def variant(self, bottoms: int, tops: int) -> str:
        if self.segnet:
            return "SegNet's, with two blobs, and no statistics kept"
        return "that of TSN and PSPNet, with four blobs"

    def infer(self, image: Shape, *, tops: int) -> tuple[Shape, ...]:
        if not 2 <= len(image) <= 4:
            message = f"expected batch x channels x height x width, found {spelled(image)}"
            raise Reject("N401", "bottom", message, "BN works on images")
        if tops > 1 and (not self.segnet or self.bn_mode is BNMode.INFERENCE):
            message = f"found {tops} tops, expected 1"
            raise Reject("N303", "top", message, "SegNet's BN in LEARN has statistics as tops")
        return (image, *((1, image[1], 1, 1),) * (tops - 1))

    def weights(self, image: Shape) -> tuple[Weight, ...]:
        wide, narrow = (1, image[1], 1, 1), (1, image[1])
        if self.segnet:
            return (
                Weight("weight", wide, self.scale_filler or ZERO),
                Weight("bias", wide, self.shift_filler or ZERO),
            )
        return (
            Weight("weight", narrow, self.slope_filler, not self.frozen, True, (wide,)),
            Weight("bias", narrow, self.bias_filler, not self.frozen, True, (wide,)),
            Weight("mean", narrow, ZERO, False, True, (wide,)),
            Weight("variance", narrow, ONE if self.frozen else ZERO, False, True, (wide,)),
        )

    def work(self, run: Run) -> Work:
        stored = not self.segnet and (self.frozen or not run.training)
        each = 2 if self.bn_mode is BNMode.INFERENCE else 4 if stored else 8
        return Work(each * run.made, Keeps.BOTTOMS)


class ScaledNorm(Settings):
    """norm_param, SSD's: divide by the L2 norm, then multiply by a learned scale."""

    noun = "norm_param"

    across_spatial: bool = param(
        Bool(), "the norm of a whole image; false: of each position", default=True
    )
    scale_filler: FillerParameter | None = param(
        FillerParameter, "fills the scale; 1 when not written", default=None
    )
    channel_shared: bool = param(Bool(), "one scale for all channels", default=True)
    eps: float = param(Float(), "added to the sum of squares", default=1e-10)


class PlainNorm(Settings):
    """normalize_param, NormFace's: divide each position by its norm over the channels."""

    noun = "normalize_param"

    normalize_type: str = param(Text(), "L2 or L1", default="L2")
    fix_gradient: bool = param(
        Bool(), "keep the gradient's length", default=False, uncomputed="such a gradient"
    )
    bp_norm: bool = param(Bool(), "the second top has a gradient", default=False)

    def check(self) -> Iterable[Reject]:
        if self.normalize_type not in ("L1", "L2"):
            message = f"expected L1 or L2, found {self.normalize_type}"
            yield Reject("N206", "normalize_type", message, "write L2")


class Normalize(Layer):
    """Divide by a norm; two forks mean different things by it, told apart by their messages.

    With norm_param it is SSD's: the L2 norm of an image or a position, times a learned scale. Else
    it is NormFace's: the L2 or L1 norm of each position, no parameters; a second top gives it.
    """

    family = Family.NORMALIZATION
    tops = Count(1, 2)
    fork = f"{SSD} with norm_param, {NORMFACE} without"
    caffe = "layers/normalize_layer.cpp"

    scaled: ScaledNorm | None = group(
        ScaledNorm, "norm_param", "SSD: a norm and a learned scale", default=None
    )
    plain: PlainNorm | None = group(
        PlainNorm, "normalize_param", "NormFace: a norm alone", default=None
    )

    def variant(self, bottoms: int, tops: int) -> str:
        if self.scaled is not None:
            return "SSD's, with a learned scale"
        return "NormFace's, without parameters"

    def check(self) -> Iterable[Reject]:
        if self.scaled and self.plain:
            message = "normalize_param is given together with norm_param"
            yield Reject("N208", "plain", message, "keep one: norm_param is SSD's")

    def infer(self, image: Shape, *, tops: int = 1) -> tuple[Shape, ...]:
        if not 2 <= len(image) <= 4:
            message = f"expected batch x channels x height x width, found {spelled(image)}"
            raise Reject("N401", "bottom", message, "Normalize works on images")
        if tops > 1 and self.scaled:
            message = "SSD's Normalize makes 1 top"
            raise Reject("N303", "top", message, "write normalize_param for NormFace's")
        return image, (image[0], 1, *image[2:])

    def weights(self, image: Shape) -> tuple[Weight, ...]:
        if self.scaled is None:
            return ()
        shape = () if self.scaled.channel_shared else (image[1],)
        return (Weight("weight", shape, self.scaled.scale_filler or ONE),)

    def sight(self, *bottoms: Shape) -> Sight:
        return Sees.ALL if self.scaled is not None and self.scaled.across_spatial else Sees.SAME

    def work(self, run: Run) -> Work:
        elements, scaled = math.prod(run.tops[0]), self.scaled is not None
        kept, back = elements * scaled, (3 - scaled) * elements
        return Work((3 + scaled) * elements, Keeps.BOTTOMS, kept, scratch=kept, back=back)


class GRN(Layer):
    """Divide each position by its L2 norm over the channels (global response normalisation)."""

    message, family = "grn_param", Family.NORMALIZATION
    fork = OPENVINO
    caffe = "layers/grn_layer.cpp"
    sees = Sees.SAME

    bias: float = param(Float(), "added to the sum of squares", default=1e-7)
    dummy_backward: bool = param(
        Bool(), "pass the gradient unchanged", default=False, uncomputed="such a gradient"
    )

    def infer(self, image: Shape) -> Shape:
        if len(image) < 2:
            message = f"expected two axes or more, found {spelled(image)}"
            raise Reject("N401", "bottom", message, "the channels are axis 1")
        return image

    def work(self, run: Run) -> Work:
        return Work(3 * run.made, Keeps.BOTTOMS, back=3 * run.made)
