"""What a solver file may say here and not in Caffe; `netspec convert --caffe` refuses it."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import TYPE_CHECKING

from netspec.schema.forks import OURS
from netspec.schema.kinds import Bool, Float, Int, One, Text
from netspec.schema.settings import Reject, Settings, param

if TYPE_CHECKING:
    from netspec.schema.solver import SolverParameter

POLICIES: dict[str, tuple[str, ...]] = {  # and the settings that each reads
    "cosine": ("max_iter",),
    "plateau": (),  # gamma and plateau_patience, without which there is no rate to fall to
}
Count = Int(0)


class Precision(Enum):
    """What the forward and backward pass compute in; weights and updates stay float32."""

    FP32 = 0
    BF16 = 1
    FP16 = 2


class Aim(Enum):
    """Which way a monitored output gets better."""

    MIN = 0
    MAX = 1


class BeyondCaffe(Settings):
    """The settings of a solver that are netspec's own."""

    warmup_iter: int = param(
        Count, "iterations in which the rate climbs to the policy's", default=0, fork=OURS
    )
    warmup_start_lr: float = param(
        Float(), "the rate that the climb starts from", default=0.0, fork=OURS
    )
    min_lr: float = param(
        Float(),
        "what the rate does not fall below; where cosine and poly end (NVIDIA's is the same)",
        default=0.0,
        fork=OURS,
    )
    monitor: str = param(
        Text(),
        "the output of the first test net that plateau and early_stop look at; "
        "the loss when not written",
        default="",
        fork=OURS,
    )
    monitor_aim: Aim | None = param(
        One(Aim),
        "whether a smaller or a larger monitored output is better; when not written, smaller for "
        "what counts towards the loss and larger for anything else",
        default=None,
        fork=OURS,
    )
    monitor_min_delta: float = param(
        Float(), "what counts as an improvement has to be more than this", default=0.0, fork=OURS
    )
    plateau_patience: int = param(
        Count, "tests without improvement after which plateau lowers the rate", default=0, fork=OURS
    )
    early_stop: int = param(
        Count,
        "tests without improvement after which training ends; 0 is never",
        default=0,
        fork=OURS,
    )
    ema_decay: float = param(
        Float(),
        "how much of the moving average of the weights is kept at each update; 0 keeps no average",
        default=0.0,
        fork=OURS,
    )
    precision: Precision = param(
        One(Precision),
        "what layers compute in; losses, weights and updates stay in float32",
        default=Precision.FP32,
        fork=OURS,
    )
    channels_last: bool | None = param(
        Bool(),
        "keep the channels of a pixel together in memory; when not written, `netspec train` does "
        "on a CPU",
        default=None,
        fork=OURS,
    )
    compile: bool = param(
        Bool(), "generate code for the train net with torch.compile", default=False, fork=OURS
    )
    scale_lr: bool = param(
        Bool(),
        "multiply the learning rate by the number of processes, as their joint batch grows "
        "(Goyal et al. 2017, arXiv 1706.02677)",
        default=False,
        fork=OURS,
    )
    sync_batch_norm: bool = param(
        Bool(),
        "let BatchNorm normalise by the batches of all processes together, not each by its own",
        default=False,
        fork=OURS,
    )

    @property
    def monitors(self) -> bool:
        """Whether tests decide on the learning rate, or on the end."""
        return self.early_stop > 0 or getattr(self, "lr_policy", "") == "plateau"


def faults(solver: SolverParameter) -> Iterable[Reject]:
    """What is wrong with our settings taken together."""
    if solver.warmup_start_lr < 0 or solver.min_lr < 0:
        name = "min_lr" if solver.min_lr < 0 else "warmup_start_lr"
        message = f"{name} is {getattr(solver, name):g}"
        yield Reject("C205", name, message, "a learning rate is 0 or more")
    if not 0 <= solver.ema_decay < 1:
        help = "give a number from 0 to below 1, such as 0.999"
        yield Reject("C205", "ema_decay", f"ema_decay is {solver.ema_decay:g}", help)
    if solver.monitor_min_delta < 0:
        message = f"monitor_min_delta is {solver.monitor_min_delta:g}"
        yield Reject("C205", "monitor_min_delta", message, "give 0 or more")
    yield from _monitored(solver)


def _monitored(solver: SolverParameter) -> Iterable[Reject]:
    plateau = solver.lr_policy == "plateau"
    for name, example in (("plateau_patience", "3"), ("gamma", "0.1")):
        if plateau and not solver.plateau_winsize and not getattr(solver, name):
            message = f"lr_policy plateau needs {name}"
            yield Reject("C202", "lr_policy", message, f"add {name}: {example}, for example")
    tested = bool(solver.test_iter and solver.test_interval)
    if solver.monitors and not tested and not solver.plateau_winsize:
        name, what = ("lr_policy", "lr_policy plateau") if plateau else ("early_stop", "early_stop")
        help = "add test_iter and test_interval: what is monitored is an output of the test net"
        yield Reject("C225", name, f"{what} looks at tests, and there are none", help)
    if solver.plateau_patience and not plateau:
        message = f"plateau_patience changes nothing: lr_policy is {solver.lr_policy}"
        yield Reject("N581", "plateau_patience", message, 'write lr_policy: "plateau"')
    for name in ("monitor", "monitor_aim", "monitor_min_delta"):
        written = getattr(solver, name) != solver.settings[name].default
        if written and not solver.monitors:
            help = 'add early_stop, or lr_policy: "plateau"'
            yield Reject("N581", name, f"{name} changes nothing: nothing looks at it", help)
