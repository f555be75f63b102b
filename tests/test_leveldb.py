"""LevelDB folders that plyvel 1.5.1 wrote: read in order, in any state, and damage is named."""

from __future__ import annotations

import random
import shutil
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import compiler
import netspec
from netspec.records import Unreadable
from netspec.records.leveldb_file import LevelDbFile
from netspec.records.snappy import unpack
from netspec.records.wire import WireError
from tools.__main__ import main

FOLDER = Path(__file__).parent / "leveldb"
TABLES, IMAGES = str(FOLDER / "tables"), str(FOLDER / "images")


def written() -> list[tuple[bytes, bytes]]:
    """What went into `tables`: packed blocks in a table, then deletions and new values in a log."""
    chance = random.Random(0)
    items = {
        b"%04d" % i: bytes([i % 251]) * (i % 90) + chance.randbytes(i % 40) for i in range(400)
    }
    for i in range(0, 400, 7):
        del items[b"%04d" % i]
    items |= {b"%04d" % i: b"new %d" % i for i in range(0, 400, 5)}
    return sorted(items.items())


def test_reads_tables_and_logs_in_the_order_of_the_keys() -> None:
    expected = written()
    assert [(key, bytes(value)) for key, value in LevelDbFile(TABLES)] == expected
    assert len(LevelDbFile(TABLES)) == len(expected)


def test_goes_round_and_back() -> None:
    file, expected = LevelDbFile(TABLES), written()
    for i in (3, 4, 0, len(expected), 5 * len(expected) + 7, 2):
        assert file.turn(i).key == expected[i % len(expected)][0]


def test_a_data_layer_reads_it() -> None:
    text = f"""layer {{ name: "in" type: "Data" top: "data" top: "label"
      data_param {{ source: "{IMAGES}" batch_size: 5 }} }}"""
    net = compiler.compile(netspec.loads(text))
    assert [net()["label"].tolist() for _ in range(3)] == [
        [0, 1, 2, 3, 4],
        [5, 6, 0, 1, 2],
        [3, 4, 5, 6, 0],
    ]
    assert net()["data"][0].flatten().tolist() == [1, 2, 3, 4, 5, 6]


def test_becomes_an_lmdb(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "make", IMAGES, str(tmp_path / "new_lmdb")]) == 0
    assert "7 records" in capsys.readouterr().out
    text = f"""layer {{ name: "in" type: "Data" top: "data" top: "label"
      data_param {{ source: "{tmp_path}/new_lmdb" batch_size: 7 BACKEND }} }}"""
    net = compiler.compile(netspec.loads(text.replace("BACKEND", "backend: LMDB")))
    assert net()["label"].tolist() == list(range(7))
    with pytest.raises(netspec.SpecError, match="write backend: LMDB"):
        netspec.loads(text.replace("BACKEND", ""))


FILES = sorted(p.name for p in Path(TABLES).iterdir())


@pytest.mark.parametrize("name", FILES)
def test_a_damaged_file_is_refused_or_read(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though its checksums are right, as one that was made to harm has them."""
    monkeypatch.setattr("netspec.records.leveldb_format.require_checksum", lambda *_: None)
    shutil.copytree(TABLES, tmp_path / "bad")
    whole = Path(TABLES, name).read_bytes()
    chance = random.Random(name)
    for _ in range(40):
        content = bytearray(whole)
        if chance.random() < 0.3:
            del content[chance.randrange(len(content)) :]
        for _ in range(3 if content else 0):
            content[chance.randrange(len(content))] = chance.randrange(256)
        (tmp_path / "bad" / name).write_bytes(content)
        with suppress(Unreadable):
            assert sum(len(value) for _, value in LevelDbFile(str(tmp_path / "bad"))) < 10**6


@pytest.mark.parametrize("name", FILES)
def test_a_flipped_bit_is_refused_or_changes_nothing(name: str, tmp_path: Path) -> None:
    """So no picture is ever read as another."""
    shutil.copytree(TABLES, tmp_path / "bad")
    whole, expected = Path(TABLES, name).read_bytes(), written()
    chance = random.Random(name)
    refused = 0
    for _ in range(60):
        content = bytearray(whole)
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        (tmp_path / "bad" / name).write_bytes(content)
        try:
            found = LevelDbFile(str(tmp_path / "bad"))
            assert [(key, bytes(value)) for key, value in found] == expected
        except Unreadable as wrong:
            refused += wrong.code == "C303"
    assert refused > 50


def test_a_missing_table_is_named(tmp_path: Path) -> None:
    shutil.copytree(TABLES, tmp_path / "bad")
    next((tmp_path / "bad").glob("*.ldb")).unlink()
    with pytest.raises(Unreadable, match=r"\.ldb is missing"):
        list(LevelDbFile(str(tmp_path / "bad")))


PACKED = {  # from the description of the format
    b"\x05\x10hello": b"hello",
    b"\x08\x04ab\x09\x02": b"abababab"[:8],
    b"\x0a\x00a\x22\x01\x00": b"a" * 10,
    b"\x09\x10hello\x0f\x05\x00\x00\x00": b"hellohell",
}


@pytest.mark.parametrize("packed", PACKED)
def test_unpacks(packed: bytes) -> None:
    assert unpack(memoryview(packed)) == PACKED[packed]


@given(st.binary(max_size=60))
def test_any_bytes_are_unpacked_or_refused(content: bytes) -> None:
    with suppress(WireError):
        assert len(unpack(memoryview(content))) <= 32 * len(content)
