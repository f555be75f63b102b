"""`netspec data`: broken records are named, counted, left out; what cannot be is refused."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from nine_records import data, make_records
from PIL import Image

from netspec.records import Unreadable
from netspec.records.database import write_database
from netspec.records.datum import Datum, write_datum
from netspec.records.gather import Particulars, open_records


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    make_records()


def break_one() -> None:
    Path("photos/d/4.png").write_bytes(Path("photos/d/4.png").read_bytes()[:60])


def test_a_broken_record_is_named_with_its_place(capsys: pytest.CaptureFixture[str]) -> None:
    contents = [Path(f"photos/{'cdf'[i % 3]}/{i}.png").read_bytes() for i in range(9)]
    contents[4] = contents[4][:60]
    items = [write_datum(Datum(data=c, label=1, encoded=True)) for c in contents]
    items[7] = b"\xff\xff"
    write_database("bad_lmdb", ((b"%08d" % i, item) for i, item in enumerate(items)))
    assert data("check", "bad_lmdb") == 1
    said = capsys.readouterr().out
    assert "00000004, at byte " in said
    assert "cannot be decoded" in said
    assert "00000007, at byte" in said
    assert said.endswith("bad_lmdb: 9 records, 7 good, 2 broken\n")
    assert data("check", "bad_lmdb", "--json") == 1
    found = json.loads(capsys.readouterr().out)
    assert [each["name"] for each in found["broken"]] == ["00000004", "00000007"]
    assert (found["records"], found["broken_count"]) == (9, 2)


def test_a_damaged_shard_is_named_and_the_others_are_read(
    capsys: pytest.CaptureFixture[str],
) -> None:
    data("make", "list.txt", "made-{0..2}.tar")
    whole = Path("made-1.tar").read_bytes()
    Path("made-1.tar").write_bytes(whole[:2000])
    capsys.readouterr()
    assert data("check", "made-{0..2}.tar") == 1
    said = capsys.readouterr().out
    assert "made-1.tar: made-1.tar is cut off at byte 2,000" in said
    assert said.endswith("7 records, 6 good, 1 broken\n")


@pytest.mark.parametrize("target", ["made_lmdb", "made-{0..1}.tar", "made.h5"])
def test_a_broken_record_stops_or_is_left_out(
    target: str, capsys: pytest.CaptureFixture[str]
) -> None:
    break_one()
    before = sorted(os.listdir())
    assert data("make", "list.txt", target) == 1
    assert "C306" in capsys.readouterr().err
    assert sorted(os.listdir()) == before
    assert data("make", "list.txt", target, "--skip-broken") == 0
    said = capsys.readouterr()
    assert "8 records, and 1 broken that was left out" in said.out
    assert said.err.count("skipped: ") == 1
    assert open_records(target).count == 8


def test_both_parts_appear_or_none() -> None:
    break_one()
    before = sorted(os.listdir())
    for share in ("0.2", "0.8"):  # the broken one is in either
        assert data("make", "list.txt", "one_lmdb", "--held-out", share, "other_lmdb") == 1
        assert sorted(os.listdir()) == before


REFUSED = {
    "show file.mdb": "give the folder in which it is called data.mdb",
    "make none out_lmdb": "none is not there",
    "make list.txt photos --force": "it is there, and no database",
    "make list.txt list.txt": "it is there, and no database|it is there already",
    "make list.txt no/out.h5": "there is no folder no",
    "make a.csv out.tar --row 9x9x9": "has 90 numbers beside its label",
    "make a.csv out_lmdb --labels colour": "has no column colour",
    "make a.npz out_lmdb --images z": "it has x, y",
    "make list.txt out_lmdb --resize-width 4": "one side is given without the other",
    "make list.txt out_lmdb --held-out 2 x": "a share between 0 and 1",
    "make empty out_lmdb": "empty has no folders",
    "make a.npz out_lmdb --gray": "has 3 channels and is not encoded",
    "mean sizes.txt": "the first 3 x 6 x 5",
    "make sizes.txt out_lmdb --check-size": "those before it are 3 x 6 x 5",
    "make sizes.txt out.h5": "those before it are 3 x 6 x 5",
    "show cut-images-idx3-ubyte --labels a-labels-idx1-ubyte": "and has not",
    "show a-labels-idx1-ubyte": "are not beside it",
    "check bad.npz": "cannot be read as .npz",
}


@pytest.mark.parametrize("command", REFUSED)
def test_refuses(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("empty").mkdir()
    Image.new("RGB", (9, 9)).save("nine.png")
    Path("sizes.txt").write_text("photos/c/0.png 0\nnine.png 1\n")
    Path("bad.npz").write_bytes(b"PK\x03\x04 no zip")
    Path("file.mdb").write_bytes(bytes(99))
    whole = Path("a-images-idx3-ubyte").read_bytes()
    Path("cut-images-idx3-ubyte").write_bytes(whole[:-1])
    assert data(*command.split()) == 1
    said = capsys.readouterr().err
    assert any(words in said for words in REFUSED[command].split("|")), said
    assert not Path("out_lmdb").exists()


def test_an_idx_file_cannot_claim_what_is_not_there() -> None:
    Path("huge-images-idx3-ubyte").write_bytes(bytes([0, 0, 8, 3]) + b"\x7f\xff\xff\xff" * 3)
    with pytest.raises(Unreadable, match="and has not"):
        open_records("huge-images-idx3-ubyte", Particulars(labels="a-labels-idx1-ubyte"))
