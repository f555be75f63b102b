"""Caffe's log: what solvers say goes to the logger `caffe`, and by `init_log` to standard error."""

from __future__ import annotations

import logging

LOGGER = logging.getLogger("caffe")
LEVELS = (logging.INFO, logging.WARNING, logging.ERROR, logging.CRITICAL)  # glog's 0 to 3


def init_log(level: int = 0, stderr: bool = True) -> None:
    """Show messages from a level on: 0 all, 1 warnings, 2 errors."""
    LOGGER.setLevel(LEVELS[level])
    if stderr and not LOGGER.handlers:
        LOGGER.addHandler(logging.StreamHandler())


def log(message: str) -> None:
    """Say something in the log."""
    LOGGER.info(message)
