"""Logs of training, ours and Caffe's, as runs of named numbers, in tables and pictures."""

from __future__ import annotations

from netspec.logs.read import read_log, read_logs
from netspec.logs.run import Run, Series

__all__ = ["Run", "Series", "read_log", "read_logs"]
