"""`netspec data`: what is made reads back, whole or not at all; what is broken is named."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

import h5py
import numpy as np
import pytest
from nine_records import COUNT, LABELS, PIXELS, data, make_records, stored
from PIL import Image

import compiler
import netspec
from compiler.data.decode import decode
from compiler.data.resize import resize
from netspec.records.blob import read_blob
from netspec.records.datum import Datum
from netspec.records.gather import Particulars, open_records


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    make_records()


def pixels(datum: Datum) -> np.ndarray:
    if datum.encoded:
        return decode(datum.data, "it", None)
    numbers = np.frombuffer(datum.data or datum.floats, "u1" if datum.data else "<f4")
    return numbers.reshape(datum.shape)


SOURCES = {  # what is given, and the places of the records in PIXELS
    "list.txt": ((), range(COUNT)),
    "photos": ((), sorted(range(COUNT), key=lambda i: (i % 3, i))),
    "a.npz": ((), range(COUNT)),
    "a.csv": (("--row", "3x6x5"), range(COUNT)),
}


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("target", ["made_lmdb", "made.tar", "made-{0..2}.tar", "made.h5"])
def test_what_is_made_reads_back(source: str, target: str) -> None:
    words, order = SOURCES[source]
    assert data("make", source, target, *words) == 0
    records = open_records(target)
    found = [record.load() for record in records.each()]
    assert records.count == len(found) == COUNT
    assert [datum.label for datum in found] == [LABELS[i] for i in order]
    for datum, i in zip(found, order):
        assert np.array_equal(pixels(datum), PIXELS[i])
    if source == "photos" and target != "made.h5":
        assert records.classes == ("c", "d", "f")
    assert data("check", target) == 0
    assert not [name for name in os.listdir() if name.startswith(".")]


def test_idx_files_and_their_labels() -> None:
    for name in ("images-idx3", "labels-idx1"):
        Path(f"b-{name}-ubyte.gz").write_bytes(gzip.compress(Path(f"a-{name}-ubyte").read_bytes()))
    for source in ("a-images-idx3-ubyte", "b-images-idx3-ubyte.gz"):
        found = [record.load() for record in open_records(source).each()]
        assert [datum.label for datum in found] == LABELS.tolist()
        assert np.array_equal(np.stack([pixels(d) for d in found]), PIXELS[:, :1])


def test_a_csv_file_may_name_images() -> None:
    Path("paths.csv").write_text("path,label\n" + Path("list.txt").read_text().replace(" ", ","))
    found = [record.load() for record in open_records("paths.csv").each()]
    assert [pixels(datum).tolist() for datum in found] == PIXELS.tolist()
    assert [datum.label for datum in found] == LABELS.tolist()


def test_arrays_may_have_their_channels_last_and_hold_floats() -> None:
    np.savez("f.npz", data=PIXELS.transpose(0, 2, 3, 1) / np.float32(3), label=LABELS)
    found = [r.load() for r in open_records("f.npz", Particulars(last=True)).each()]
    assert np.array_equal(np.stack([pixels(d) for d in found]), PIXELS / np.float32(3))


def test_keys_and_values_are_those_of_convert_imageset() -> None:
    """Eight digits and the path; pixels as they are, or the file's own bytes."""
    data("make", "list.txt", "raw_lmdb")
    data("make", "list.txt", "kept_lmdb", "--encoded")
    data("make", "list.txt", "png_lmdb", "--encode_type", "png", "--gray")
    raw, kept, gray = stored("raw_lmdb"), stored("kept_lmdb"), stored("png_lmdb")
    assert [key for key, _ in raw] == [f"{i:08}_photos/{'cdf'[i % 3]}/{i}.png" for i in range(9)]
    assert raw[4][1].shape == (3, 6, 5)
    assert bytes(kept[4][1].data) == Path("photos/d/4.png").read_bytes()
    assert kept[4][1].shape == (0, 0, 0)
    assert pixels(gray[4][1]).shape == (1, 6, 5)


def test_resizes_as_image_data_does() -> None:
    data("make", "list.txt", "small_lmdb", "--resize_height=4", "--resize_width=3")
    for (_, datum), image in zip(stored("small_lmdb"), PIXELS):
        assert np.array_equal(pixels(datum), resize(image, 4, 3))


def test_shuffles_by_a_seed_and_holds_a_share_out() -> None:
    held = ("--held-out", "0.34", "test_lmdb")
    data("make", "list.txt", "train_lmdb", "--shuffle", *held)
    train, test = stored("train_lmdb"), stored("test_lmdb")
    names = [key[9:] for key, _ in (*train, *test)]
    assert (len(train), len(test)) == (6, 3)
    assert sorted(names) == sorted(
        line.split()[0] for line in Path("list.txt").read_text().splitlines()
    )
    assert names != sorted(names)
    data("make", "list.txt", "train_lmdb", "--shuffle", "--force", *held)
    assert [key for key, _ in stored("train_lmdb")] == [key for key, _ in train]
    data("make", "list.txt", "train_lmdb", "--shuffle", "--force", "--seed", "1", *held)
    assert [key for key, _ in stored("train_lmdb")] != [key for key, _ in train]


def test_the_mean_of_each_channel_and_pixel(capsys: pytest.CaptureFixture[str]) -> None:
    data("make", "list.txt", "train_lmdb", "--json")
    capsys.readouterr()
    for source in ("train_lmdb", "list.txt", "a.npz"):
        assert data("mean", source, "mean.binaryproto", "--json") == 0
        said = json.loads(capsys.readouterr().out)
        assert said["images"] == COUNT
        blob = read_blob(Path("mean.binaryproto").read_bytes())
        np.testing.assert_allclose(blob.image, PIXELS.mean(0), rtol=1e-6)
        np.testing.assert_allclose(said["channels"], PIXELS.mean((0, 2, 3)), rtol=1e-6)


def test_the_net_reads_what_was_made() -> None:
    data("make", "a.npz", "made_lmdb")
    data("mean", "made_lmdb", "mean.binaryproto")
    data("make", "a.npz", "made.h5")
    layers = {
        'type: "Data" data_param { source: "made_lmdb" batch_size: 9 backend: LMDB }': 1,
        'type: "HDF5Data" hdf5_data_param { source: "made.txt" batch_size: 9 }': 0,
    }
    for layer, transformed in layers.items():
        mean = 'transform_param { mean_file: "mean.binaryproto" }' * transformed
        text = f'layer {{ name: "in" top: "data" top: "label" {layer} {mean} }}'
        out = compiler.compile(netspec.loads(text))()
        wanted = PIXELS - PIXELS.mean(0, dtype=np.float64) * transformed
        np.testing.assert_allclose(out["data"].numpy(), wanted, atol=1e-4)
        assert out["label"].tolist() == LABELS.tolist()


def test_shows_what_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    data("make", "photos", "made_lmdb")
    capsys.readouterr()
    assert data("show", "made_lmdb", "--sheet", "sheet.png") == 0
    said = capsys.readouterr().out
    assert "made_lmdb: LMDB database, 9 records, 810 bytes" in said
    assert "3 x 6 x 5" in said
    assert "2 f                              3" in said
    with Image.open("sheet.png") as sheet:
        top = np.asarray(sheet.convert("RGB"))[7, 14]
    assert np.array_equal(top, PIXELS[0, ::-1, 0, 0])
    assert data("show", "made_lmdb", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["labels"] == {"0": 3, "1": 3, "2": 3}
    assert found["shapes"] == {"3 x 6 x 5": 9}


def test_hdf5_files_hold_what_caffe_reads() -> None:
    data("make", "a.npz", "made.h5")
    with h5py.File("made.h5") as file:
        assert file["data"].dtype == np.float32
        assert np.array_equal(file["data"], PIXELS)
        assert np.array_equal(file["label"], LABELS)
    assert Path("made.txt").read_text() == "made.h5\n"
