"""Data layers that cannot read: each fault has its code, in the spec or in the data."""

from __future__ import annotations

from pathlib import Path

import pytest
from seven_images import STREAMS, make_sources

import netspec
from netspec.build import build, open_tree
from netspec.check import check_source
from netspec.codes import data, datasets, shards
from netspec.diagnostics import Report
from netspec.source import Source as Text

CODES = data.CODES + shards.CODES + datasets.CODES


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("data")
    make_sources(made)
    return made


@pytest.fixture(autouse=True)
def there(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)


@pytest.mark.parametrize("which", ["wrong", "right"])
@pytest.mark.parametrize("code", CODES, ids=lambda c: c.name)
def test_examples_of_the_codes(
    code: object, which: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    program = compile(getattr(code, which), which, "exec")
    if which == "right":
        exec(program, {})
        return
    with pytest.raises(netspec.SpecError) as caught:
        exec(program, {})
    assert [d.code for d in caught.value.diagnostics] == [code.name]  # type: ignore[attr-defined]


SETTINGS = {
    "N407 mean_value is given 2 times": ("mirror: true", "mean_value: 1 mean_value: 2"),
    "N402 crop_size is 7, but the images are 3 x 5 x 6": ("crop_size: 4", "crop_size: 7"),
    "N410 is to be read as LevelDB, and is LMDB": ("backend: LMDB", ""),
    "N410 there is no database": ("images_lmdb", "none"),
    "N410 images_lmdb/data.mdb is no database": ("images_lmdb", "images_lmdb/data.mdb"),
    "N205 batch_size is 0": ("batch_size: 3", "batch_size: 0"),
    "N208 mean_value is given together": ("mirror: true", 'mean_file: "m" mean_value: 3'),
}


@pytest.mark.parametrize("case", SETTINGS)
def test_faults_that_the_spec_shows(case: str) -> None:
    code, _, message = case.partition(" ")
    with pytest.raises(netspec.SpecError) as caught:
        netspec.loads(STREAMS["Data"].replace(*SETTINGS[case]))
    assert code in str(caught.value)
    assert message in str(caught.value)


def test_rows_are_not_transformed() -> None:
    text = STREAMS["HDF5Data"].replace('top: "data"', 'top: "data" transform_param { }')
    with pytest.raises(netspec.SpecError, match="does not transform"):
        netspec.loads(text)


MOVED = {
    "scale changes nothing in data_param": ("prefetch: 4", "scale: 2"),
    "mirror changes nothing in data_param": ("prefetch: 4", "mirror: true"),
    "rand_skip changes nothing": ("prefetch: 4", "rand_skip: 9"),
    "force_encoded_color changes nothing": ("prefetch: 4", "force_encoded_color: true"),
}


@pytest.mark.parametrize("warning", MOVED)
def test_settings_without_effect_are_mentioned(warning: str) -> None:
    report = Report()
    text = STREAMS["Data"].replace(*MOVED[warning])
    build(open_tree(Text("net.prototxt", text), report), report=report)
    assert [d.code for d in report.diagnostics] == ["N501"]
    assert warning in report.diagnostics[0].message


ABSENT = {  # what check says of files that are not there
    "C301 layer in: the list none.txt cannot be read": ("images.txt", "none.txt"),
    "C306 layer in: the image none/0 .png cannot be read": (
        "shuffle",
        'root_folder: "none/" shuffle',
    ),
    "C301 layer in: there is no mean file none": ("mirror: true", 'mean_file: "none"'),
    "C305 layer in: line 1 of images_lmdb/data.mdb is not": ("images.txt", "images_lmdb/data.mdb"),
}


@pytest.mark.parametrize("case", ABSENT)
def test_check_tells_which_files_are_not_there(case: str) -> None:
    """Though the spec states the shape, as here by crop_size; where --shape does, it is trusted."""
    code, message = case[:4], case[5:]
    source = Text("net.prototxt", STREAMS["ImageData"].replace(*ABSENT[case]))
    found = check_source(source).errors
    assert [d.code for d in found] == [code]
    assert message in found[0].message
    assert not check_source(source, shapes={"data": (3, 3, 4, 4)}).errors


def test_an_hdf5_file_in_place_of_its_list_is_told_so() -> None:
    text = STREAMS["HDF5Data"].replace("files.txt", "a.h5")
    with pytest.raises(netspec.SpecError, match=r"a\.h5 is an HDF5 file itself"):
        netspec.loads(text)
