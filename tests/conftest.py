"""Settings for all tests."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import hypothesis
import pytest
import torch

from netspec.layers import FACTS, LAYERS

# A shell that starts tests in the background has them, and what they start, ignore Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)

torch.set_num_threads(1)  # tests run side by side
hypothesis.settings.register_profile("unhurried", deadline=None)  # on machines that are busy
hypothesis.settings.load_profile("unhurried")


@pytest.fixture(autouse=True)
def _nothing_is_left_behind() -> Iterator[None]:
    """What a test declares, and says to the environment, its examples too, the next knows not."""
    kept = [(found, dict(found)) for found in (LAYERS, FACTS, os.environ)]
    yield
    for found, before in kept:
        if dict(found) != before:
            found.clear()
            found.update(before)
