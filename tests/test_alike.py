"""Datums read all at once: the same as one by one, or not at all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import compiler
import netspec
from compiler.data.alike import alike
from netspec.records.database import write_database
from netspec.records.datum import Datum, read_datum, write_datum
from netspec.records.wire import write_field

SHAPE = (2, 2, 3)


def raw(label: int, first: int = 0) -> bytes:
    return write_datum(Datum(*SHAPE, bytes(range(first, first + 12)), label))


ALIKE = {
    "one": [raw(3)],
    "small labels": [raw(0), raw(127, 9), raw(5)],
    "larger labels": [raw(128), raw(300, 7), raw(16383)],
    "the largest labels": [raw(2**31 - 1), raw(2**28, 30)],
    "as Caffe's convert_imageset writes them": [raw(i, i) + write_field(7, 0) for i in (1, 2, 3)],
}


@pytest.mark.parametrize("case", ALIKE)
def test_alike(case: str) -> None:
    datums = [read_datum(content) for content in ALIKE[case]]
    found = alike(ALIKE[case])
    assert found is not None
    assert found[0].tolist() == [
        np.frombuffer(d.data, np.uint8).reshape(SHAPE).tolist() for d in datums
    ]
    assert found[1].tolist() == [d.label for d in datums]


SINGLY = {
    "labels of different length": [raw(3), raw(300)],
    "labels of different length in items of one": [raw(300), raw(3) + b"\x38"],
    "below zero": [raw(-1), raw(-2)],
    "other shapes": [raw(3), write_datum(Datum(2, 3, 2, bytes(12), 3))],
    "encoded": [write_datum(Datum(*SHAPE, bytes(12), 3, encoded=True))] * 2,
    "one encoded": [raw(3) + write_field(7, 0), raw(3) + write_field(7, 1)],
    "two labels": [raw(3) + write_field(5, 4), raw(3) + write_field(5, 4)],
    "floats": [write_datum(Datum(*SHAPE, label=3, floats=bytes(48)))] * 2,
    "too few pixels": [write_datum(Datum(2, 2, 4, bytes(12), 3))] * 2,
    "cut off": [raw(3)[:-1], raw(4)[:-1]],
    "a label cut off": [raw(300)[:-1], raw(300)[:-1]],
    "no label": [raw(3)[:-2]] * 2,
    "nothing": [b"", b""],
    "no Datum": [b"\xff" * 20] * 2,
}


@pytest.mark.parametrize("case", SINGLY)
def test_singly(case: str) -> None:
    assert alike(SINGLY[case]) is None


def test_images_that_are_alike_and_do_not_fit_are_skipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of a whole part of the batch are of another shape than its first."""
    monkeypatch.setattr("compiler.data.filling.PART", 2 * 12)
    odd = [write_datum(Datum(2, 3, 2, bytes(12), 9)) for _ in range(2)]
    contents = [raw(0), raw(1), *odd, raw(4), raw(5)]
    write_database(tmp_path / "lmdb", [(b"%d" % i, each) for i, each in enumerate(contents)])
    net = compiler.compile(
        netspec.loads(f"""layer {{ name: "in" type: "Data" top: "data" top: "label" data_param {{
          source: "{tmp_path}/lmdb" batch_size: 6 backend: LMDB broken: SKIP prefetch: 0 }} }}""")
    )
    assert net()["label"].tolist() == [0, 1, 4, 4, 4, 5]
    assert net.layer("in").skipped.count == 2


@settings(max_examples=300, deadline=None)
@given(st.lists(st.integers(0, 2**31 - 1), min_size=1, max_size=4), st.data())
def test_damage_is_told_by_reading_singly(labels: list[int], data: st.DataObject) -> None:
    """Whatever is read at once is what the items say, though some of their bytes have changed."""
    contents = [bytearray(raw(label)) for label in labels]
    for content in contents:
        if data.draw(st.booleans()):
            content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    found = alike([bytes(content) for content in contents])
    if found is not None:
        for content, pixels, label in zip(contents, *found):
            datum = read_datum(bytes(content))
            assert (bytes(datum.data), datum.label) == (pixels.tobytes(), label)
            assert (datum.shape, datum.encoded) == (pixels.shape, False)
