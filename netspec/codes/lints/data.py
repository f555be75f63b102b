"""Labels and tests against the data."""

from __future__ import annotations

from netspec.codes.code import Code
from netspec.codes.lints.examples import reading

CODES: tuple[Code, ...] = (
    Code(
        "N527",
        "labels that are no class of the net",
        "A label counts from 0 and is less than the number of scores. Caffe reads beyond the "
        "blob where it is not, or stops in the midst of training. The labels of a list are "
        "all looked at, those of a database at 200 places.",
        wrong=reading(classes=5),
        right=reading(classes=3),
        language="python",
    ),
    Code(
        "N532",
        "a test that is not one pass over the data",
        "test_iter batches are tested, however many items there are. Fewer than the data has "
        "leave some out, and the next test goes on with those; more test some twice. Numbers "
        "are then not those of the test set, nor the same from test to test.",
        wrong=reading(tests=2),
        right=reading(tests=3),
        language="python",
    ),
)
