"""Caffe's binary files: what is written reads back, and damage is named, never believed."""

from __future__ import annotations

import os
import random
from contextlib import suppress
from pathlib import Path

import h5py
import lmdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netspec.records import Unreadable
from netspec.records.blob import read_blob, write_blob
from netspec.records.database import item_datum, open_database, write_database
from netspec.records.datum import Datum, read_datum, write_datum
from netspec.records.lists import file_list, image_list
from netspec.records.lmdb_file import META, PAGE, LmdbFile
from netspec.records.tables import Tables
from netspec.records.wire import WireError, write_field

GOLDEN = Path(__file__).parent / "golden" / "data"
DIGITS = Path(__file__).parents[1] / "specs" / "digits" / "data"
SIZES = {
    "one item": (1, 10),
    "one page": (20, 40),
    "three levels": (20_000, 60),
    "values of several pages": (60, 30_000),
}


@pytest.fixture(scope="module")
def databases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[str, list]]:
    """A database of each size, and the items that are in it."""
    folder = tmp_path_factory.mktemp("databases")
    made = {}
    for name, (count, longest) in SIZES.items():
        chance = random.Random(name)
        items = [(b"%06d" % i, chance.randbytes(chance.randrange(longest))) for i in range(count)]
        write_database(folder / name, items)
        made[name] = (str(folder / name / "data.mdb"), items)
    return made


@pytest.mark.parametrize("size", SIZES)
def test_reads_what_lmdb_wrote(databases: dict, size: str) -> None:
    path, items = databases[size]
    file = LmdbFile(path)
    assert [tuple(item) for item in file] == items
    for i in random.Random(1).choices(range(len(items)), k=50):
        assert tuple(LmdbFile(path)[i]) == items[i]


@pytest.mark.parametrize("name", ["rgb_lmdb", "float_lmdb"])
def test_reads_what_caffe_wrote(name: str) -> None:
    folder = str(GOLDEN / name)
    with lmdb.open(folder, readonly=True, lock=False) as file, file.begin() as view:
        assert [tuple(i) for i in open_database(folder, "LMDB")] == list(view.cursor())


@pytest.mark.parametrize("damage", ["bytes anywhere", "bytes at the start", "cut off"])
@pytest.mark.parametrize("size", ["one page", "three levels", "values of several pages"])
def test_a_damaged_database_is_refused_or_read(
    databases: dict, size: str, damage: str, tmp_path: Path
) -> None:
    """Whatever the damage, the end is items or Unreadable, soon, and in little memory."""
    whole = Path(databases[size][0]).read_bytes()
    chance = random.Random(damage)
    for _ in range(60):
        content = bytearray(whole)
        if damage == "cut off":
            del content[chance.randrange(len(content)) :]
        reach = len(content) if damage == "bytes anywhere" else 16_000
        for _ in range(12 if content and damage != "cut off" else 0):
            content[chance.randrange(min(reach, len(content)))] = chance.randrange(256)
        (tmp_path / "data.mdb").write_bytes(content)
        with suppress(Unreadable):
            file = open_database(str(tmp_path), "LMDB")
            for i in range(min(len(file), 2000)):
                assert len(file[i].value) <= len(content)


def test_a_page_beyond_what_a_file_can_have_is_missing(databases: dict, tmp_path: Path) -> None:
    content = bytearray(Path(databases["one item"][0]).read_bytes())
    for start in (0, 4096):
        root = start + PAGE.size + META.size - 24  # before the last page and the transaction
        content[root : root + 8] = (2**60).to_bytes(8, "little")
    (tmp_path / "data.mdb").write_bytes(content)
    with pytest.raises(Unreadable, match="is missing"):
        open_database(str(tmp_path), "LMDB").turn(0)


def test_a_database_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    def fails() -> object:
        yield b"0", b"value"
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_database(tmp_path / "made", fails())
    assert not os.listdir(tmp_path)
    write_database(tmp_path / "made", [(b"0", b"value")])
    with pytest.raises(FileExistsError):
        write_database(tmp_path / "made", [])


def test_the_digits_are_all_there() -> None:
    labels = []
    for name, count in (("train_lmdb", 1437), ("test_lmdb", 360)):
        source = str(DIGITS / name)
        data = [item_datum(item, source) for item in open_database(source, "LMDB")]
        assert len(data) == count
        assert {d.shape for d in data} == {(1, 8, 8)}
        labels.append(np.bincount([d.label for d in data]))
    assert labels[1].tolist() == [36] * 10
    assert sum(labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert sum(f.stat().st_size for f in DIGITS.rglob("data.mdb")) < 300_000


data = st.builds(
    Datum,
    channels=st.integers(0, 2**31 - 1),
    height=st.integers(0, 2**31 - 1),
    width=st.integers(0, 2**31 - 1),
    data=st.binary(max_size=64),
    label=st.integers(-(2**31), 2**31 - 1),
    floats=st.binary(max_size=16).map(lambda b: b[: len(b) // 4 * 4]),
    encoded=st.booleans(),
)


@given(data)
def test_a_datum_reads_back(datum: Datum) -> None:
    got = read_datum(write_datum(datum))
    assert got._replace(data=bytes(got.data), floats=bytes(got.floats)) == datum


@given(st.binary(max_size=80))
def test_any_bytes_are_a_datum_or_refused(content: bytes) -> None:
    with suppress(WireError):
        read_datum(content).check()


def test_a_datum_passes_over_what_it_does_not_know() -> None:
    known = write_datum(Datum(1, 1, 1, b"x", 3))
    assert read_datum(write_field(99, b"?") + known + write_field(4, 5)).data == b"x"


arrays = st.lists(st.integers(1, 3), max_size=4).flatmap(
    lambda shape: st.sampled_from([np.float32, np.float64]).map(
        lambda kind: (
            np.random.RandomState(len(shape)).randn(*shape).astype(kind)
            if shape
            else np.array(2.5, kind)
        )
    )
)


@given(arrays)
def test_a_blob_reads_back(values: np.ndarray) -> None:
    got = read_blob(write_blob(values)).values
    assert got.dtype == values.dtype
    assert np.array_equal(got, values)


def test_a_datum_with_floats_one_by_one() -> None:
    values = np.array([1.5, -2, 0.25], "<f4")
    numbers = b"".join(b"\x35" + v.tobytes() for v in values)
    for content in (numbers, numbers[:5] + write_field(5, 3) + numbers[5:]):
        assert np.frombuffer(read_datum(content).floats, "<f4").tolist() == values.tolist()
    with pytest.raises(WireError, match="a field claims 4 bytes where 3 are left"):
        read_datum(numbers[:-1])


def test_a_blob_of_old_files() -> None:
    """num, channels, height and width, and numbers that are not packed."""
    dims = b"".join(write_field(i, n) for i, n in enumerate((1, 2, 1, 2), 1))
    numbers = b"".join(b"\x2d" + np.float32(i).tobytes() for i in range(4))
    assert read_blob(dims + numbers).values.tolist() == [[[[0, 1]], [[2, 3]]]]


@settings(max_examples=200)
@given(st.binary(max_size=60), st.integers(0, 40))
def test_any_bytes_are_a_blob_or_refused(noise: bytes, at: int) -> None:
    content = write_blob(np.zeros((2, 3), np.float32))
    for changed in (noise, content[:at] + noise + content[at:], content[:at]):
        try:
            values = read_blob(changed).values
        except WireError:
            continue
        assert values.nbytes <= 2 * len(changed)  # half_data has numbers of one byte, too


def test_a_blob_cannot_claim_what_is_not_there() -> None:
    for claimed in ((2**40,), (-1, -6), (3, 3)):
        shape = b"".join(write_field(1, d) for d in claimed)
        content = write_field(7, shape) + write_field(5, bytes(24))
        with pytest.raises(WireError, match="holds 6 numbers"):
            read_blob(content)


def test_labels_stand_after_the_last_blank(tmp_path: Path) -> None:
    path = tmp_path / "list"
    path.write_bytes(b"a b.png 3\nc.png -1\r\n\xff.png 007\n")
    assert list(image_list(str(path))) == [("a b.png", 3), ("c.png", -1), ("\udcff.png", 7)]


@pytest.mark.parametrize(
    "line", ["", "one.png", "one.png cat", "one.png 3.5", " 3", "a 9999999999"]
)
def test_a_bad_line_is_named(line: str, tmp_path: Path) -> None:
    path = tmp_path / "list"
    path.write_text(f"fine.png 1\n{line}\nfine.png 1\n")
    with pytest.raises(Unreadable, match="line 2 of") as caught:
        list(image_list(str(path)))
    assert caught.value.code == "C305"


def test_files_are_separated_by_any_blanks(tmp_path: Path) -> None:
    path = tmp_path / "list"
    path.write_text("a.h5 b.h5\n\n  c.h5")
    assert file_list(str(path)) == ["a.h5", "b.h5", "c.h5"]


@pytest.mark.parametrize("kept", [True, False])
def test_rows_in_any_order(kept: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not kept:
        monkeypatch.setattr("netspec.records.tables.KEPT", 0)
    values = np.arange(20.0).reshape(10, 2)
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["a"], file["b"] = values, values[:, 0].astype(int)
    for rows in ([3, 4, 5], [9, 0, 9, 2]):
        got = np.empty((len(rows), 2), np.float32), np.empty(len(rows), np.float32)
        with Tables(str(tmp_path / "x.h5"), ["a", "b"]) as tables:
            assert tables.rows == 10
            assert tables.shapes == ((2,), ())
            tables.read(np.array(rows), got)
        assert np.array_equal(got[0], values[rows])
        assert np.array_equal(got[1], values[rows, 0])


def test_a_data_set_cannot_claim_what_is_not_there(tmp_path: Path) -> None:
    path = str(tmp_path / "x.h5")
    with h5py.File(path, "w") as file:
        file.create_dataset("a", (2**33, 1024), chunks=(1, 1024), dtype="f4")
    with pytest.raises(Unreadable, match="claims 8589934592 x 1024 numbers in"):
        Tables(path, ["a"])


@pytest.mark.parametrize("step", [5, 13])
def test_a_damaged_hdf5_file_is_refused_or_read(step: int, tmp_path: Path) -> None:
    whole = (GOLDEN / "part0.h5").read_bytes()
    for at in range(0, len(whole), step):
        for content in (whole[:at], whole[:at] + b"\xaa" + whole[at + 1 :]):
            (tmp_path / "x.h5").write_bytes(content)
            with suppress(Unreadable), Tables(str(tmp_path / "x.h5"), ["data"]) as tables:
                made = np.empty((1, *tables.shapes[0]), np.float32)
                tables.read(np.array([0]), [made])
