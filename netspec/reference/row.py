"""A difference between Caffe and PyTorch."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """A rule of Caffe's, what PyTorch does in its place, and the test that holds us to Caffe's.

    In netspec/reference/unlike.py it is what netspec does in its place, as PyTorch would.

    `place` is below src/caffe of BVLC/caffe, or names a fork's file; `test` is a case of
    tests/golden/layers, or `file::test` below tests.
    """

    caffe: str
    torch: str
    place: str
    test: str
