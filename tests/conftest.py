"""Settings for all tests."""

from __future__ import annotations

import hypothesis
import torch

torch.set_num_threads(1)  # tests run side by side
hypothesis.settings.register_profile("unhurried", deadline=None)  # on machines that are busy
hypothesis.settings.load_profile("unhurried")
