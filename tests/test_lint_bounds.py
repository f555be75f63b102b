"""Where lints begin and end: the numbers beside a bound, and what looks alike and is not."""

from __future__ import annotations

import pytest

from netspec.check import check_source
from netspec.codes.lints.examples import BATCHES, solver
from netspec.source import Source


def codes(text: str, name: str = "net.yaml") -> set[str]:
    return {d.code for d in check_source(Source(name, text)).diagnostics}


@pytest.mark.parametrize(("batch", "small"), [(1, True), (2, True), (3, False)])
def test_statistics_of_one_or_two_items_are_noise(batch: int, small: bool) -> None:
    assert ("N517" in codes(BATCHES.replace("BATCH", str(batch)))) == small


@pytest.mark.parametrize(("batch", "few"), [(3, True), (15, True), (16, False), (32, False)])
def test_from_sixteen_items_on_batches_are_large_enough(batch: int, few: bool) -> None:
    assert ("N516" in codes(solver(batch), "solver.prototxt")) == few


SHARING = """
inputs: {data: [4, 8], goal: [4, 1]}
layers:
  - InnerProduct: {name: fc, bottom: data, num_output: 8, weight_filler: {type: xavier},
                   param: [{name: w}], include: {phase: TRAIN}}
  - InnerProduct: {name: again, bottom: fc, num_output: 8, param: [{name: w}],
                   include: {phase: TRAIN}}
  - InnerProduct: {name: other, bottom: data, top: again, num_output: 8,
                   param: [{name: PARAM}], include: {phase: TEST}}
  - InnerProduct: {name: score, bottom: again, num_output: 1, weight_filler: {type: xavier}}
  - EuclideanLoss: {name: loss, bottom: [score, goal], include: {phase: TRAIN}}
"""


@pytest.mark.parametrize(("parameter", "strange"), [("w", False), ("v", True)])
def test_a_layer_may_have_its_parameters_by_their_name(parameter: str, strange: bool) -> None:
    assert ("N522" in codes(SHARING.replace("PARAM", parameter))) == strange
