"""BatchNorm, MVN and LRN."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import Enum
from math import prod

from netspec.layers.engine import Engine, engine
from netspec.layers.fork_fusing import FusingNorm
from netspec.schema.forks import INTEL, NVIDIA
from netspec.schema.kinds import Bool, Float, One, Positive
from netspec.schema.layer import Family, FileOrder, Layer, Shape, Weight
from netspec.schema.net import FillerParameter
from netspec.schema.settings import Reject, param
from netspec.schema.sight import Reach, Sees, Sight
from netspec.schema.wording import spelled
from netspec.schema.work import Keeps, Run, Work

ZERO, ONE = FillerParameter(), FillerParameter(value=1.0)
FIVE = 5  # blobs of a BatchNorm with scale and bias inside


class BatchNorm(Layer):
    """Normalise each channel to mean 0 and variance 1: of the batch in TRAIN, or of all in TEST.

    It has no affine part; a Scale layer with bias_term follows. The three blobs are the sums of the
    moving averages of mean and variance and the factor that they are to be divided by (Ioffe &
    Szegedy 2015, arXiv 1502.03167). With scale_bias it is NVIDIA's, with use_weight_bias Intel's:
    scale and bias are its fourth and fifth blob.
    """

    message, family = "batch_norm_param", Family.NORMALIZATION
    in_place = batch_statistics = True
    caffe = "layers/batch_norm_layer.cpp"
    sees = Sees.SAME

    use_global_stats: bool | None = param(
        Bool(), "normalise by the moving averages; when not written, in TEST only", default=None
    )
    moving_average_fraction: float = param(
        Float(), "how much of the sums is kept at each step", default=0.999
    )
    eps: float = param(Float(), "added to the variance, inside the root", default=1e-5)
    scale_bias: bool = param(
        Bool(),
        "with scale and bias: five blobs, the averages kept as they are",
        default=False,
        fork=NVIDIA,
    )
    scale_filler: FillerParameter | None = param(
        FillerParameter, "fills the scale, and asks for it", default=None, fork=NVIDIA
    )
    bias_filler: FillerParameter | None = param(
        FillerParameter, "fills the bias, and asks for it", default=None, fork=NVIDIA
    )
    use_weight_bias: bool | None = param(
        Bool(),
        "with scale and bias: five blobs, the averages kept as sums",
        default=None,
        fork=INTEL,
    )
    relu: bool = param(
        Bool(), "a ReLU follows", default=False, uncomputed="write a ReLU layer", fork=INTEL
    )
    engine: Engine = engine()

    def check(self) -> Iterable[Reject]:
        if self.eps < 0:
            message = f"eps is {self.eps:g}; the root of a negative number is none"
            yield Reject("N205", "eps", message, "give 0 or more")

    def by_batch(self, training: bool) -> bool:
        return training if self.use_global_stats is None else not self.use_global_stats

    @property
    def nvidia(self) -> bool:
        """Whether it is NVIDIA's with scale and bias, whose statistics are plain averages."""
        fillers = self.scale_filler, self.bias_filler
        return self.scale_bias or any(filler is not None for filler in fillers)

    @property
    def affine(self) -> bool:
        """Whether it has a scale and a bias of its own, after the statistics."""
        return self.nvidia or bool(self.use_weight_bias)

    def variant(self, bottoms: int, tops: int) -> str:
        if self.nvidia:
            return "NVIDIA's, with scale and bias inside and averages for statistics"
        if self.affine:
            return "Intel's, with scale and bias inside and sums for statistics"
        return ""

    def file_order(self, shapes: Sequence[Shape]) -> FileOrder | None:
        """NVIDIA's 0.15 had scale and bias first, and a number last that it did not use."""
        sizes = [prod(shape) for shape in shapes]
        first = self.nvidia and len(sizes) == FIVE and sizes[4] == 1 < sizes[2]
        return FileOrder((2, 3, 4, 0, 1), "NVIDIA's 0.15 and DIGITS") if first else None

    def infer(self, blob: Shape) -> Shape:
        if len(blob) < 2:
            message = f"expected two axes or more, found {spelled(blob)}"
            raise Reject("N401", "bottom", message, "statistics belong to a channel, axis 1")
        return blob

    def weights(self, blob: Shape) -> tuple[Weight, ...]:
        channels = blob[1:2]
        statistics = (
            Weight("mean", channels, ZERO, False, self.nvidia),
            Weight("variance", channels, ZERO, False, self.nvidia),
            Weight("factor", (1,), ONE if self.nvidia else ZERO, False, self.nvidia),
        )
        if not self.affine:
            return statistics
        scale = Weight("weight", channels, self.scale_filler or ONE)
        return *statistics, scale, Weight("bias", channels, self.bias_filler or ZERO)

    def work(self, run: Run) -> Work:
        fixed = self.use_global_stats
        stored = not run.training if fixed is None or self.nvidia else fixed
        each = (2 if stored else 6) + 2 * self.affine
        return Work(each * run.made, Keeps.BOTTOMS, kept=run.made * self.affine)


class MVN(Layer):
    """Give each channel of each image, or each image, mean 0 and variance 1."""

    message, family = "mvn_param", Family.NORMALIZATION
    in_place = backward_from_top = backward_from_bottom = True
    caffe = "layers/mvn_layer.cpp"
    sees = Sees.ALL

    normalize_variance: bool = param(Bool(), "false: subtract the mean only", default=True)
    across_channels: bool = param(Bool(), "over all channels of an image together", default=False)
    eps: float = param(Float(), "added to the standard deviation", default=1e-9)

    def infer(self, image: Shape) -> Shape:
        if len(image) > 4:
            message = f"expected batch x channels x height x width, found {spelled(image)}"
            raise Reject("N401", "bottom", message, "MVN works on images")
        return (*image, 1, 1, 1, 1)[:4]

    def work(self, run: Run) -> Work:
        if not self.normalize_variance:
            return Work(2 * run.made)
        return Work(5 * run.made, kept=run.made, scratch=run.made, back=3 * run.made)


class NormRegion(Enum):
    ACROSS_CHANNELS = 0
    WITHIN_CHANNEL = 1


class LRN(FusingNorm, Layer):
    """Local response normalisation: divide each element by a power of the sum of squares around it.

    ACROSS_CHANNELS: x (k + alpha / n sum x^2)^-beta over n channels. WITHIN_CHANNEL: over an n x n
    window, with k = 1 and the sum divided as an AVE Pooling divides it (Krizhevsky et al. 2012).
    """

    message, family = "lrn_param", Family.NORMALIZATION
    superseded, backward_from_top = "BatchNorm", True
    caffe = "layers/lrn_layer.cpp"

    local_size: int = param(Positive, "the size of the window n, an odd number", default=5)
    alpha: float = param(Float(), "the weight of the sum of squares", default=1.0)
    beta: float = param(Float(), "the power", default=0.75)
    norm_region: NormRegion = param(
        One(NormRegion), "where the window lies", default=NormRegion.ACROSS_CHANNELS
    )
    k: float = param(Float(), "added to the sum (ACROSS_CHANNELS)", default=1.0)
    engine: Engine = engine()

    def check(self) -> Iterable[Reject]:
        if self.local_size % 2 == 0:
            message = f"local_size is {self.local_size}; it has to be odd"
            yield Reject("N205", "local_size", message, f"give {self.local_size + 1}")

    def infer(self, image: Shape) -> Shape:
        if len(image) != 4:
            message = f"expected batch x channels x height x width, found {spelled(image)}"
            raise Reject("N401", "bottom", message, "LRN works on images")
        return self.pooled(image)

    def sight(self, *bottoms: Shape) -> Sight:
        if self.norm_region is NormRegion.ACROSS_CHANNELS:
            return Sees.SAME
        return (Reach.window(self.local_size, pad=(self.local_size - 1) // 2),) * 2

    def work(self, run: Run) -> Work:
        if self.norm_region is NormRegion.WITHIN_CHANNEL:
            flops, kept, scratch = (self.local_size**2 + 5) * run.made, 2 * run.made, run.made
            return Work(flops, Keeps.BOTTOMS, kept, scratch=scratch, back=3 * run.made)
        channels = run.tops[0][1]
        padded = run.made * (channels + self.local_size - 1) // channels
        flops, kept, scratch = (self.local_size + 5) * run.made, 2 * run.made, run.made + padded
        return Work(flops, Keeps.BOTTOMS, kept, scratch=scratch, back=run.made + padded)
