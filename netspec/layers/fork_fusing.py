"""What the OpenCL Caffe adds for inference: layers that compute what a layer after them did."""

from __future__ import annotations

from enum import Enum

from netspec.layers.pooling import Pooling
from netspec.schema.forks import OPENCL
from netspec.schema.kinds import One
from netspec.schema.layer import Shape
from netspec.schema.settings import Settings, param


class FusedFilters(Enum):
    UNFUSED = 0
    FUSED_CONV_MAX_POOLING_RELU = 1
    FUSED_CONV_RELU = 2
    FUSED_CONV_ELTWISE_RELU = 3


class FusedNorm(Enum):
    UNFUSED = 0
    FUSED_POOL_MAX = 1


class FusingFilters(Settings):
    """Of a Convolution. It has the shapes of a Convolution, unless it pools."""

    fuse_type: FusedFilters = param(
        One(FusedFilters),
        "what is computed with it",
        default=FusedFilters.UNFUSED,
        uncomputed="write the layers one by one",
        fork=OPENCL,
    )


class FusingNorm(Settings):
    """Of an LRN."""

    fuse_type: FusedNorm = param(
        One(FusedNorm),
        "what is computed with it",
        default=FusedNorm.UNFUSED,
        uncomputed="write a Pooling layer after it",
        fork=OPENCL,
    )
    pooling: Pooling | None = param(
        Pooling,
        "how FUSED_POOL_MAX pools",
        default=None,
        field="pooling_param",
        unused="FUSED_POOL_MAX asks for it",
        fork=OPENCL,
    )

    def pooled(self, image: Shape) -> Shape:
        """The shape after pooling, where it pools; raises Reject."""
        if self.fuse_type is FusedNorm.UNFUSED or self.pooling is None:
            return image
        return self.pooling.shapes([image], ("",))[0]
