"""The losses of the last iterations. They stay on the device until somebody asks for them."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import torch
from torch import Tensor


class Losses:
    """The last `window` losses (average_loss), and whether every loss so far was finite."""

    def __init__(self, window: int) -> None:
        self.recent: deque[Tensor] = deque(maxlen=window)
        self._finite: Tensor | None = None

    def add(self, loss: Tensor) -> None:
        self.recent.append(loss)
        finite = torch.isfinite(loss)
        self._finite = finite if self._finite is None else self._finite & finite

    def mean(self) -> float:
        """The loss that Caffe prints (Solver::UpdateSmoothedLoss)."""
        return float(torch.stack(list(self.recent)).mean())

    def all_finite(self) -> bool:
        """False once a loss was infinite or not a number."""
        return self._finite is None or bool(self._finite)

    def values(self) -> list[float]:
        """The losses in the window, the oldest first."""
        return [float(loss) for loss in self.recent]

    def restore(self, values: Sequence[float], device: torch.device) -> None:
        """Go on from a window of `values`."""
        self.recent.clear()
        self.recent.extend(torch.tensor(v, device=device) for v in values)
        self._finite = None
