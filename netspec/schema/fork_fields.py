"""Fields that forks added to every layer, to the net and to solver files.

Most choose precision, devices and how work is spread over machines, and change nothing here; a few
ask for what is read, so that the file can be looked at, but not run.
"""

from __future__ import annotations

from enum import Enum

from netspec.schema.forks import CAFFE_ON_SPARK, INTEL, NVIDIA, SSD, TSN
from netspec.schema.kinds import Bool, Float, Int, One, Text
from netspec.schema.settings import Settings, param

FULL = "everything is computed in 32 bits"
SPEED = "it changes the speed, not the result"
FED = "the caller feeds the data"


class Type(Enum):
    DOUBLE = 0
    FLOAT = 1
    FLOAT16 = 2
    INT = 3
    UINT = 4
    BOOL = 5


def _precision(of: str) -> Type:
    return param(One(Type), f"the precision of {of}", default=Type.FLOAT, unused=FULL, fork=NVIDIA)


class ForkLayerFields(Settings):
    """What forks let every layer say."""

    forward_type: Type = _precision("what it makes")
    backward_type: Type = _precision("its gradients")
    forward_math: Type = _precision("its sums")
    backward_math: Type = _precision("the sums of its gradients")
    cudnn_math_override: int = param(
        Int(), "how cuDNN computes", default=-1, unused=SPEED, fork=NVIDIA
    )
    debug: bool = param(Bool(), "check its numbers", default=False, unused="it prints", fork=NVIDIA)
    engine: str = param(Text(), "who computes", default="", unused=SPEED, fork=INTEL)
    source_class: str = param(
        Text(), "the class that reads data", default="", unused=FED, fork=CAFFE_ON_SPARK
    )


class MemoryOptimizationParameter(Settings):
    """Which blobs may share memory."""

    noun = "mem_param"

    optimize_train: bool = param(Bool(), "in TRAIN", default=True)
    optimize_test: bool = param(Bool(), "in TEST", default=False)
    exclude_blob: tuple[str, ...] = param(Text(), "which may not", many=True)


class ForkNetFields(Settings):
    """What forks let a net say."""

    mem_param: MemoryOptimizationParameter | None = param(
        MemoryOptimizationParameter,
        "how memory is shared",
        default=None,
        unused="it saves Caffe's memory, and changes no result",
        fork=TSN,
    )

    default_forward_type: Type = _precision("what layers make")
    default_backward_type: Type = _precision("gradients")
    default_forward_math: Type = _precision("sums")
    default_backward_math: Type = _precision("the sums of gradients")
    global_grad_scale: float = param(
        Float(), "multiplies gradients while they pass", default=1.0, unused=FULL, fork=NVIDIA
    )
    global_grad_scale_adaptive: bool = param(
        Bool(), "choose that factor", default=False, unused=FULL, fork=NVIDIA
    )
    default_conv_algos_override: str = param(
        Text(), "cuDNN's algorithms", default="-1,-1,-1", unused=SPEED, fork=NVIDIA
    )
    default_cudnn_math_override: int = param(
        Int(), "how cuDNN computes", default=-1, unused=SPEED, fork=NVIDIA
    )
    reduce_buckets: int = param(
        Int(), "how gradients are summed up", default=6, unused=SPEED, fork=NVIDIA
    )
    eltwise_mem_sharing: bool = param(
        Bool(), "share memory", default=True, unused=SPEED, fork=NVIDIA
    )
    engine: str = param(Text(), "who computes", default="", unused=SPEED, fork=INTEL)


LARC = "without larc it has no effect, and larc is not run"
BY_DETECTIONS = "tests by mean average precision"


class ForkSolverFields(Settings):
    """What forks let a solver say. NVIDIA's min_lr is among netspec's own: both mean the same."""

    eval_type: str = param(
        Text(), "what tests measure", default="classification", uncomputed=BY_DETECTIONS, fork=SSD
    )
    ap_version: str = param(
        Text(), "how precision is averaged", default="Integral", unused=BY_DETECTIONS, fork=SSD
    )
    show_per_class_result: bool = param(
        Bool(), "print it for each class", default=False, unused=BY_DETECTIONS, fork=SSD
    )
    plateau_winsize: tuple[int, ...] = param(
        Int(0),
        "iterations without a lower training loss, after which the rate falls",
        many=True,
        uncomputed="a rate that the training loss lowers",
        fork=SSD,
    )
    rampup_interval: int = param(
        Int(0),
        "iterations in which the rate rises, quadratically",
        default=0,
        uncomputed="such a rise; warmup_iter is a straight one",
        fork=NVIDIA,
    )
    rampup_lr: float = param(
        Float(), "where it begins", default=0.0, unused="it needs rampup_interval", fork=NVIDIA
    )
    momentum_policy: str = param(
        Text(), "how momentum changes", default="fixed", uncomputed="such a momentum", fork=NVIDIA
    )
    max_momentum: float = param(
        Float(), "its end", default=0.99, unused="it needs momentum_policy", fork=NVIDIA
    )
    momentum_power: float = param(
        Float(), "its power", default=1.0, unused="it needs momentum_policy", fork=NVIDIA
    )
    weight_decay_policy: str = param(
        Text(), "how it changes", default="fixed", uncomputed="such a weight decay", fork=NVIDIA
    )
    weight_decay_power: float = param(
        Float(), "its power", default=1.0, unused="it needs weight_decay_policy", fork=NVIDIA
    )
    max_weight_decay: float = param(
        Float(), "its end", default=0.0, unused="it needs weight_decay_policy", fork=NVIDIA
    )
    larc: bool = param(
        Bool(),
        "a rate for each layer, by the norms of its weights and gradients (You et al. 2017)",
        default=False,
        uncomputed="such rates",
        fork=NVIDIA,
    )
    larc_policy: str = param(Text(), "scale or clip", default="scale", unused=LARC, fork=NVIDIA)
    larc_eta: float = param(Float(), "larc's factor", default=0.001, unused=LARC, fork=NVIDIA)
    larc_turbo: bool = param(Bool(), "larc's speed", default=False, unused=LARC, fork=NVIDIA)
    solver_data_type: Type = param(
        One(Type),
        "the precision of parameters",
        default=Type.FLOAT,
        unused=FULL,
        fork=NVIDIA,
    )
    store_blobs_in_old_format: bool = param(
        Bool(), "how snapshots are written", default=False, unused="BVLC's form is", fork=NVIDIA
    )
    richness: int = param(
        Int(), "how much memory there is, in MB", default=300, unused=SPEED, fork=TSN
    )
