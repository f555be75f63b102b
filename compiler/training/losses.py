"""The losses of the last iterations. They stay on the device until somebody asks for them."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence

import torch
from torch import Tensor


class Losses:
    """The last `window` losses (average_loss), and those that nobody has looked at."""

    def __init__(self, window: int) -> None:
        self.recent: deque[Tensor] = deque(maxlen=window)
        self._unseen: list[Tensor] = []

    def add(self, loss: Tensor) -> None:
        self.recent.append(loss)
        self._unseen.append(loss)

    def mean(self) -> float:
        """The loss that Caffe prints (Solver::UpdateSmoothedLoss)."""
        return float(torch.stack(list(self.recent)).mean())

    def all_finite(self) -> bool:
        """Whether the losses since the last look were finite."""
        unseen, self._unseen = self._unseen, []
        return not unseen or all(map(math.isfinite, torch.stack(unseen).tolist()))

    def values(self) -> list[float]:
        """The losses in the window, the oldest first."""
        return [float(loss) for loss in self.recent]

    def restore(self, values: Sequence[float], device: torch.device) -> None:
        """Go on from a window of `values`."""
        self.recent.clear()
        self.recent.extend(torch.tensor(v, device=device) for v in values)
        self._unseen.clear()
