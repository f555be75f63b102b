"""Settings for all tests."""

from __future__ import annotations

import signal

import hypothesis
import torch

# A shell that starts tests in the background has them, and what they start, ignore Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)

torch.set_num_threads(1)  # tests run side by side
hypothesis.settings.register_profile("unhurried", deadline=None)  # on machines that are busy
hypothesis.settings.load_profile("unhurried")
