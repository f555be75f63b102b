"""A run: what one training told of itself, as series of numbers over its iterations."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple


class Key(NamedTuple):
    """Which number it is, in the words of Caffe's log.

    `of` is "train" for the loss and lr that the solver tells, "train net" for an output of the
    train net; likewise "test" and "test net", and "test #1" and "test net #1" for the next.
    """

    of: str
    name: str

    @property
    def phase(self) -> str:
        """train or test."""
        return self.of.split()[0]

    @property
    def is_output(self) -> bool:
        return " net" in self.of


@dataclass
class Series:
    """One number over the iterations, which rise; nan and inf stay, where a training diverged.

    `seconds` count from the start of the run, without the time between its interruptions; they
    are nan where the log does not tell times. `is_loss`: a part of the loss, or all of it.
    """

    key: Key
    is_loss: bool = False
    iterations: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    values: list[float] = field(default_factory=list)

    def cut(self, iteration: int) -> None:
        """Forget what was told at `iteration` and later."""
        kept = sum(i < iteration for i in self.iterations)
        del self.iterations[kept:], self.seconds[kept:], self.values[kept:]


@dataclass
class Run:
    """One training, from its first iteration on, however often it was stopped and resumed.

    `per_epoch` is how many iterations see all the data once, None where the log does not say.
    """

    name: str
    net: str
    per_epoch: float | None = None
    resumed: list[int] = field(default_factory=list)  # the iterations at which it went on
    series: dict[Key, Series] = field(default_factory=dict)

    @property
    def iterations(self) -> int:
        """The last iteration that was told."""
        return max((s.iterations[-1] for s in self.series.values() if s.iterations), default=0)

    @property
    def seconds(self) -> float:
        """How long it took until then, or nan."""
        return max((s.seconds[-1] for s in self.series.values() if s.seconds), default=float("nan"))
