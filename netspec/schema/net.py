"""The messages of a net file around its layers, with Caffe's names and defaults (caffe.proto)."""

from __future__ import annotations

import math
from collections.abc import Iterable
from enum import Enum
from typing import ClassVar

from netspec.diagnostics import closest, nearest
from netspec.schema.fork_fields import ForkLayerFields, ForkNetFields
from netspec.schema.kinds import LARGEST, Bool, Float, Int, One, Text
from netspec.schema.settings import Reject, Settings, param
from netspec.schema.wording import spelled


class Phase(Enum):
    TRAIN = 0
    TEST = 1


class RulePhase(Enum):
    """A phase as rules name it; RUN is MyCaffe's third, which no net here is in."""

    TRAIN = 0
    TEST = 1
    RUN = 2


class DimCheckMode(Enum):
    STRICT = 0
    PERMISSIVE = 1


class VarianceNorm(Enum):
    FAN_IN = 0
    FAN_OUT = 1
    AVERAGE = 2


class FillerParameter(Settings):
    """How a parameter is filled before training (caffe/include/caffe/filler.hpp)."""

    type: str = param(
        Text(),
        "constant, uniform, gaussian, positive_unitball, xavier, msra, bilinear, or NormFace's "
        "gaussian_unitball",
        default="constant",
    )
    value: float = param(Float(), "the value of constant", default=0.0)
    min: float = param(Float(), "the lower bound of uniform", default=0.0)
    max: float = param(Float(), "the upper bound of uniform", default=1.0)
    mean: float = param(Float(), "the mean of gaussian", default=0.0)
    std: float = param(Float(), "the standard deviation of gaussian", default=1.0)
    sparse: int = param(
        Int(), "gaussian: non-zero inputs for each output on average; -1 is all", default=-1
    )
    variance_norm: VarianceNorm = param(
        One(VarianceNorm), "what xavier and msra divide by", default=VarianceNorm.FAN_IN
    )

    TYPES: ClassVar = (
        "constant",
        "gaussian",
        "positive_unitball",
        "uniform",
        "xavier",
        "msra",
        "bilinear",
        "gaussian_unitball",
    )
    BY_AXIS: ClassVar = ("positive_unitball", "xavier", "msra", "gaussian_unitball")

    def check(self) -> Iterable[Reject]:
        if self.type not in self.TYPES:
            message = f'expected the name of a filler, found "{self.type}"'
            help = nearest(self.type, self.TYPES) or "the fillers are " + ", ".join(self.TYPES)
            yield Reject("N206", "type", message, help)
        elif self.sparse < -1 or (self.sparse != -1 and self.type != "gaussian"):
            message = f"sparse is {self.sparse} for the filler {self.type}"
            yield Reject("N208", "sparse", message, "sparse, 0 or more, belongs to gaussian")
        if self.type == "uniform" and not 0 <= self.max - self.min <= LARGEST:
            message = f"uniform cannot draw from {self.min:g} to {self.max:g}"
            where = "min" if self.min else "max"
            yield Reject("N208", where, message, "min is the lower bound, max the upper")
        if self.type == "gaussian" and not 0 < self.std < math.inf:
            message = f"std is {self.std:g}; a standard deviation is larger than 0"
            yield Reject("N205", "std", message, "constant fills with one value")

    def suits(self, role: str, shape: tuple[int, ...]) -> None:
        """Raise Reject where it cannot fill a parameter of the shape."""
        setting = f"{role}_filler"
        if self.type == "bilinear" and not (len(shape) == 4 and shape[2] == shape[3]):
            message = f"bilinear fills square filters, and the {role} is {spelled(shape)}"
            raise Reject("N407", setting, message, "use another filler, or a square kernel")
        if not shape and (self.type in self.BY_AXIS or self.sparse >= 0):
            message = f"{self.type} counts along the first axis, and the {role} is a single number"
            raise Reject("N407", setting, message, "use constant, uniform or gaussian")
        if shape and self.sparse > shape[0]:
            message = f"sparse is {self.sparse}, but the {role} has {shape[0]} outputs"
            raise Reject("N407", setting, message, f"at most {shape[0]}")


class BlobShape(Settings):
    """The dimensions of a blob (Blob::Reshape; a dimension of 0, of no use, is refused)."""

    dim: tuple[int, ...] = param(Int(1), "a dimension", default=(), many=True)


class NetState(Settings):
    """Which net of a file is meant."""

    phase: Phase = param(One(Phase), "TRAIN or TEST", default=Phase.TEST)
    level: int = param(Int(), "compared with min_level and max_level of the rules", default=0)
    stage: tuple[str, ...] = param(
        Text(), "named with stage and not_stage in the rules", default=(), many=True
    )


class NetStateRule(Settings):
    """A condition on the state; it holds when everything that is written in it holds."""

    phase: RulePhase | None = param(
        One(RulePhase), "the phase that the net must have", default=None
    )
    min_level: int | None = param(Int(), "the lowest level", default=None)
    max_level: int | None = param(Int(), "the highest level", default=None)
    stage: tuple[str, ...] = param(Text(), "a stage that the net must have", default=(), many=True)
    not_stage: tuple[str, ...] = param(
        Text(), "a stage that the net must not have", default=(), many=True
    )

    def holds(self, state: NetState) -> bool:
        """Whether a state meets the rule (Net::StateMeetsRule)."""
        return (
            (self.phase is None or self.phase.name == state.phase.name)
            and (self.min_level is None or state.level >= self.min_level)
            and (self.max_level is None or state.level <= self.max_level)
            and all(stage in state.stage for stage in self.stage)
            and not any(stage in state.stage for stage in self.not_stage)
        )


class ParamSpec(Settings):
    """How one parameter blob of a layer learns, and the name it is shared under."""

    name: str = param(Text(), "parameters of one name are one parameter", default="")
    share_mode: DimCheckMode = param(
        One(DimCheckMode),
        "whether shared parameters need equal shapes, or equal counts",
        default=DimCheckMode.STRICT,
    )
    lr_mult: float | None = param(
        Float(), "multiplies the learning rate (1 when not written)", default=None
    )
    decay_mult: float | None = param(
        Float(), "multiplies the weight decay (1 when not written)", default=None
    )


class LayerParameter(ForkLayerFields):
    """What every layer may say, whatever its type."""

    noun = "a layer"

    name: str = param(Text(), "the layer's name, which its weights are kept under", default="")
    type: str = param(Text(), 'the layer\'s type, such as "ReLU"')
    bottom: tuple[str, ...] = param(Text(), "a blob that it reads", default=(), many=True)
    top: tuple[str, ...] = param(Text(), "a blob that it writes", default=(), many=True)
    phase: Phase | None = param(
        One(Phase), "the phase it computes in; the net's when not written", default=None
    )
    loss_weight: tuple[float, ...] = param(
        Float(), "how much a top counts towards the loss, one per top", default=(), many=True
    )
    params: tuple[ParamSpec, ...] = param(
        ParamSpec, "one per parameter blob, in their order", default=(), many=True, field="param"
    )
    propagate_down: tuple[bool, ...] = param(
        Bool(), "whether gradients go to a bottom, one per bottom", default=(), many=True
    )
    include: tuple[NetStateRule, ...] = param(
        NetStateRule, "the layer is there when one of these holds", default=(), many=True
    )
    exclude: tuple[NetStateRule, ...] = param(
        NetStateRule, "the layer is absent when one of these holds", default=(), many=True
    )

    def check(self) -> Iterable[Reject]:
        if self.include and self.exclude:
            message = "the layer has include rules and exclude rules"
            yield Reject("N208", "exclude", message, "keep one of the two")


LAYER_FIELDS = ("layer", "input", "input_shape", "input_dim", "inputs", "layers")


class NetHead(ForkNetFields):
    """The fields of NetParameter other than its layers."""

    noun = "a net"

    name: str = param(Text(), "the net's name", default="")
    force_backward: bool = param(Bool(), "compute gradients for every input", default=False)
    state: NetState | None = param(
        NetState, "the state that the file itself asks for", default=None
    )
    debug_info: bool = param(
        Bool(), "print means of blobs and gradients while running", default=False
    )

    @classmethod
    def propose(cls, name: str) -> str:
        if cls.is_of_a_layer(name):
            return "it belongs inside layer { ... }: a closing brace may stand too early"
        near = cls.meant(name)
        return f"the nearest name is {near}" if near else f"it takes {', '.join(cls.by_field)}"

    @classmethod
    def is_of_a_layer(cls, name: str) -> bool:
        """Whether a field stands in layers, not beside them."""
        inside = name in LayerParameter.by_field or name.endswith("_param")
        return inside and name not in cls.by_field

    @classmethod
    def meant(cls, name: str) -> str | None:
        """What a field that a net does not have was probably meant to be."""
        known = {*cls.by_field, *LAYER_FIELDS, "blocks", "use"} - {name}
        return closest(name, sorted(known)) if name not in cls.by_field else None
