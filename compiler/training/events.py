"""What happens in training, as events that watchers (a printer, a log, a progress bar) are told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from torch import Tensor

from compiler.training.evaluate import Scores


@dataclass(frozen=True)
class Started:
    """Training begins at an iteration: 0, or where a snapshot left off."""

    iteration: int
    last: int  # where it will end
    net: str
    solver: str
    policy: str
    images: int  # how many items one iteration takes, or 0 where that is not known
    records: int = 0  # how many there are to train on, or 0 where that is not known


@dataclass(frozen=True)
class Stepped:
    """An update is done. Reading `loss` makes a GPU wait."""

    iteration: int  # updates done so far
    loss: Tensor
    waited: float = 0.0  # seconds since the start in which data were waited for


@dataclass(frozen=True)
class Displayed:
    """The display interval: loss and outputs of the iteration that is about to be applied.

    `loss` is the mean over average_loss iterations, `outputs` are of the last batch; `seconds`
    passed in the `iterations` since the display before, `waited` of them for data; `interval` lies
    between two as a rule. `skipped` records could not be read so far, of all nets and processes.
    """

    iteration: int
    loss: float
    rate: float | None  # None at the end, where nothing is applied
    outputs: dict[str, list[float]]
    loss_weights: dict[str, float]
    seconds: float
    iterations: int
    interval: int
    waited: float = 0.0
    skipped: int = 0


@dataclass(frozen=True)
class Testing:
    """A test of the net of that number begins."""

    iteration: int
    net: int


@dataclass(frozen=True)
class Tested:
    """A test is done; `scores` is None where it was interrupted."""

    iteration: int
    net: int
    scores: Scores | None
    with_loss: bool  # test_compute_loss


@dataclass(frozen=True)
class Snapshotted:
    """A snapshot is written."""

    iteration: int
    weights: str
    state: str


@dataclass(frozen=True)
class Noted:
    """Something that is worth a line: the rate was lowered, a step was left out.

    `caffe` is how Caffe says it, where it does.
    """

    iteration: int
    text: str
    caffe: str = ""


@dataclass(frozen=True)
class Ended:
    """Training is over; `interrupted` where somebody asked it to stop."""

    iteration: int
    interrupted: bool
    skipped: int = 0


Event: TypeAlias = Started | Stepped | Displayed | Testing | Tested | Snapshotted | Noted | Ended
Watcher: TypeAlias = Callable[[Event], None]
