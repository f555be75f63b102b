"""Convolution, Deconvolution and Im2col over 1 to 3 spatial axes (base_conv_layer.cpp)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from netspec.layers.engine import Engine, engine
from netspec.layers.fork_fusing import FusingFilters
from netspec.layers.spatial import by, extent, per_axis, step
from netspec.schema.forks import INTEL, MYCAFFE, NVIDIA
from netspec.schema.kinds import Bool, Int, Positive, Text, UInt
from netspec.schema.layer import Count, Family, Layer, Shape, Weight, Window, canonical_axis
from netspec.schema.net import FillerParameter
from netspec.schema.settings import Reject, param, spatial
from netspec.schema.sight import Reach, Sight
from netspec.schema.wording import spelled
from netspec.schema.work import Keeps, Run, Work

SPEED = "it changes Caffe's speed, not the result"
MOST_AXES = 3  # what PyTorch convolves


class _Filters(Layer):
    """What Convolution and Deconvolution have in common."""

    message, family = "convolution_param", Family.SPATIAL
    tops, top_per_bottom = Count(1, None), True

    num_output: int = param(Positive, "how many filters, and so channels of the top")
    bias_term: bool = param(Bool(), "whether each filter adds a bias", default=True)
    kernel: tuple[int, ...] = spatial(Positive, "the size of the filters", "kernel_size", "kernel")
    stride: tuple[int, ...] = spatial(
        Positive, "the step between windows (1 when not written)", "stride", "stride"
    )
    pad: tuple[int, ...] = spatial(
        UInt, "zeros added at each border (0 when not written)", "pad", "pad", missing=0
    )
    dilation: tuple[int, ...] = spatial(
        Positive, "the distance between a filter's elements (1 when not written)", "dilation"
    )
    group: int = param(
        Positive, "channels are split into so many groups, each with filters of its own", default=1
    )
    weight_filler: FillerParameter = param(
        FillerParameter, "fills the weight", default=FillerParameter()
    )
    bias_filler: FillerParameter = param(
        FillerParameter, "fills the bias", default=FillerParameter()
    )
    engine: Engine = engine()
    axis: int = param(Int(), "the channel axis; the axes after it are spatial", default=1)
    force_nd_im2col: bool = param(
        Bool(),
        "Caffe's general unrolling",
        default=False,
        unused=SPEED,
    )
    conv_algos_override: str = param(
        Text(), "cuDNN's algorithms", default="-1,-1,-1", unused=SPEED, fork=NVIDIA
    )
    cudnn_worspace_allow_on_groups: bool = param(
        Bool(), "more memory for cuDNN", default=False, unused=SPEED, fork=MYCAFFE
    )
    relu: bool = param(
        Bool(), "a ReLU follows", default=False, uncomputed="write a ReLU layer", fork=INTEL
    )

    def check(self) -> Iterable[Reject]:
        if not self.kernel:
            help = "add kernel_size, or kernel_h and kernel_w"
            yield Reject("N207", "kernel", "kernel_size is missing", help)
        if self.num_output % self.parts(self.num_output):
            message = f"num_output {self.num_output} cannot be split into {self.group} groups"
            help = "group divides num_output and the channels of the bottom"
            yield Reject("N210", "group", message, help)

    def windows(self, image: Shape) -> list[tuple[int, int, int, int, int]]:
        """(size, kernel, stride, pad, dilation) for each spatial axis; raises Reject."""
        first = canonical_axis(self.axis, len(image)) + 1
        sizes = image[first:]
        axes = len(sizes)
        if not 1 <= axes <= MOST_AXES:
            message = f"expected 1 to {MOST_AXES} spatial axes after axis {self.axis}"
            message += f", found {axes} in {spelled(image)}"
            help = "an image is batch x channels x height x width"
            raise Reject("N401", "axis", message, help)
        kernel = per_axis(self.kernel, axes, 0, "kernel", "kernel_size")
        stride = per_axis(self.stride, axes, 1, "stride", "stride")
        pad = per_axis(self.pad, axes, 0, "pad", "pad")
        dilation = per_axis(self.dilation, axes, 1, "dilation", "dilation")
        return list(zip(sizes, kernel, stride, pad, dilation))

    def slides(self, *bottoms: Shape) -> Window:
        _, kernel, stride, pad, dilation = zip(*self.windows(bottoms[0]))
        return Window(kernel, stride, pad, dilation, self.parts(self.channels(bottoms[0])))

    def parts(self, channels: int) -> int:
        """How many groups so many channels of the bottom are split into."""
        return self.group

    def channels(self, image: Shape) -> int:
        """The channels of the bottom; raises Reject where they cannot be split into groups."""
        found = image[canonical_axis(self.axis, len(image))]
        if found % self.parts(found):
            message = f"{found} channels cannot be split into {self.group} groups"
            help = "group divides num_output and the channels of the bottom"
            raise Reject("N406", "group", message, help)
        return found

    def slid(self, size: int, kernel: int, stride: int, pad: int, dilation: int) -> int:
        """How many positions an axis of the top has."""
        raise NotImplementedError

    def does_not_fit(
        self, size: int, kernel: int, stride: int, pad: int, dilation: int
    ) -> tuple[str, str]:
        """Message and help for a window that leaves the top no position."""
        window = f"the window spans {extent(kernel, dilation)} elements"
        padding = f" and {pad} of padding at each end" if pad else ""
        message = f"{window}, but the image has {size}{padding}"
        return message, "use a smaller kernel, more padding, or a larger input"

    def infer(self, image: Shape, *more: Shape) -> tuple[Shape, ...]:
        for i, other in enumerate(more, 1):
            if other != image:
                message = f"bottom 0 is {spelled(image)} and bottom {i} is {spelled(other)}"
                help = "all bottoms of a layer go through the same filters: give them one shape"
                raise Reject("N403", "bottom", message, help, i)
        self.channels(image)
        top = []
        for window in self.windows(image):
            size = self.slid(*window)
            if size < 1:
                raise Reject("N402", "kernel", *self.does_not_fit(*window))
            top.append(size)
        axis = canonical_axis(self.axis, len(image))
        return ((*image[:axis], self.num_output, *top),) * (1 + len(more))

    def weight_shape(self, channels: int) -> tuple[int, int]:
        """The first two axes of the weight."""
        raise NotImplementedError

    def weights(self, image: Shape, *more: Shape) -> tuple[Weight, ...]:
        axes = len(self.windows(image))
        kernel = per_axis(self.kernel, axes, 0, "kernel", "kernel_size")
        weight = Weight(
            "weight", (*self.weight_shape(self.channels(image)), *kernel), self.weight_filler
        )
        bias = Weight("bias", (self.num_output,), self.bias_filler)
        return (weight, bias) if self.bias_term else (weight,)

    def work(self, run: Run) -> Work:
        return Work(run.made if self.bias_term else 0, Keeps.BOTTOMS)

    def figure(self, kind: str, stride_mark: str, image: Shape) -> str:
        """The caption: the kernel, the kind, and what is not 1."""
        _, kernel, stride, _, dilation = zip(*self.windows(image))
        channels = self.channels(image)
        groups = self.parts(channels)
        depthwise = groups > 1 and groups == channels == self.num_output
        words = [f"{by(kernel)} {'depthwise ' * depthwise}{kind}", str(self.num_output)]
        if set(stride) != {1}:
            words.append(stride_mark + step(stride))
        if set(dilation) != {1}:
            words.append(f"dilation {step(dilation)}")
        if groups > 1 and not depthwise:
            words.append(f"{groups} groups")
        return ", ".join(words)


class _Sliding(_Filters):
    """Filters that slide over the image, as a Convolution's and an Im2col's do."""

    def slid(self, size: int, kernel: int, stride: int, pad: int, dilation: int) -> int:
        """Rounded towards 0: a window may overhang the image by less than a stride."""
        return math.trunc((size + 2 * pad - extent(kernel, dilation)) / stride) + 1


class Convolution(FusingFilters, _Sliding):
    """Slide filters over an image; each makes one channel of the top.

    An axis of the top has floor((size + 2 pad - dilation (kernel - 1) - 1) / stride) + 1 positions.
    """

    caffe = "layers/conv_layer.cpp"

    def weight_shape(self, channels: int) -> tuple[int, int]:
        return self.num_output, channels // self.parts(channels)

    def macs(self, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        filter = math.prod(self.weights(bottoms[0])[0].shape[1:])
        return filter * sum(math.prod(top) for top in tops)

    def caption(self, *bottoms: Shape) -> str:
        return self.figure("conv", "/", bottoms[0])


class Deconvolution(_Filters):
    """The transpose of a Convolution: each element of the bottom adds a filter to the top.

    An axis of the top has stride (size - 1) + dilation (kernel - 1) + 1 - 2 pad positions.
    """

    caffe = "layers/deconv_layer.cpp"

    def slid(self, size: int, kernel: int, stride: int, pad: int, dilation: int) -> int:
        return stride * (size - 1) + extent(kernel, dilation) - 2 * pad

    def does_not_fit(
        self, size: int, kernel: int, stride: int, pad: int, dilation: int
    ) -> tuple[str, str]:
        made = stride * (size - 1) + extent(kernel, dilation)
        message = f"the filters make {made} elements, and pad {pad} removes as many or more"
        return message, "use less padding, a larger kernel, or a larger stride"

    def weight_shape(self, channels: int) -> tuple[int, int]:
        return channels, self.num_output // self.group

    def sight(self, *bottoms: Shape) -> Sight:
        return tuple(Reach.spread(*window) for _, *window in self.windows(bottoms[0]))

    def macs(self, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        filter = math.prod(self.weights(bottoms[0])[0].shape[1:])
        return filter * sum(math.prod(bottom) for bottom in bottoms)

    def caption(self, *bottoms: Shape) -> str:
        return self.figure("deconv", "×", bottoms[0])


class Im2col(_Sliding):
    """Lay the windows of a Convolution side by side, each as a column of channels x kernel."""

    tops, top_per_bottom = Count(1, 1), False
    caffe = "layers/im2col_layer.cpp"

    num_output: int = param(
        Positive, "of a Convolution", default=1, unused="an Im2col has no filters"
    )
    group: int = param(Positive, "of a Convolution", default=1, unused="an Im2col has no filters")

    def parts(self, channels: int) -> int:
        return 1

    def infer(self, image: Shape) -> Shape:  # type: ignore[override]  # one bottom, one top
        (top,) = super().infer(image)
        axis = canonical_axis(self.axis, len(image))
        column = image[axis] * math.prod(kernel for _, kernel, *_ in self.windows(image))
        return (*top[:axis], column, *top[axis + 1 :])

    def weights(self, image: Shape) -> tuple[Weight, ...]:  # type: ignore[override]
        return ()

    def work(self, run: Run) -> Work:
        return Work(0, scratch=run.read)
