"""TarData: what tarfile writes is read, each sample once a pass, by many processes together."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import compiler
import netspec
from compiler.data import shard
from compiler.network import Network
from netspec.records import Unreadable
from netspec.records.tar_file import samples, shard_paths

SHARDS, EACH = 5, 7  # and one sample less in the last


def png(value: int, size: tuple[int, int] = (6, 4)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, (value, 0, 255 - value)).save(out, "PNG")
    return out.getvalue()


def write(path: Path, files: Iterable[tuple[str, bytes]], format: int = tarfile.PAX_FORMAT) -> None:
    with tarfile.open(path, "w", format=format) as file:
        for name, content in files:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            file.addfile(info, io.BytesIO(content))


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for s in range(SHARDS):
        numbers = range(s * EACH, (s + 1) * EACH - (s == SHARDS - 1))
        files = [(f"{i:04}.{e}", c) for i in numbers for e, c in sample(i)]
        write(tmp_path / f"part-{s}.tar", files)
    return tmp_path


def sample(i: int) -> list[tuple[str, bytes]]:
    return [("json", b"{}"), ("png", png(i)), ("cls", b"%d\n" % i)]


COUNT = SHARDS * EACH - 1
LAYER = """layer { name: "in" type: "TarData" top: "data" top: "label"
  tar_data_param { source: "part-{0..4}.tar" batch_size: 4 OWN } }"""


def compiled(own: str = "", seed: int = 1) -> Network:
    net = compiler.compile(netspec.loads(LAYER.replace("OWN", own), phase="TRAIN"))
    shard(net, 0, 1, seed=seed)
    return net


def labels(net: Network, batches: int) -> list[int]:
    return torch.cat([net()["label"] for _ in range(batches)]).int().tolist()


@pytest.mark.parametrize("format", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
@pytest.mark.parametrize("name", ["a", "under/b.ar/7", "x" * 60 + "/" + "y" * 80, "ü" * 30])
def test_reads_what_tarfile_writes(name: str, format: int, folder: Path) -> None:
    files = [(f"{name}.cls", b"12"), (f"{name}.seg.PNG", png(3)), ("./next.jpg", b"?")]
    write(folder / "one.tar", files, format)
    first, second = samples("one.tar")
    assert (first.key, list(first.files)) == (name, ["cls", "seg.png"])
    assert (first.label("cls"), first.image) == (12, png(3))
    assert (second.key, second.read("jpg")) == ("./next", b"?")


def test_passes_over_folders_links_and_hidden_files(folder: Path) -> None:
    (folder / "f").mkdir()
    (folder / "f" / "1.cls").write_text("4")
    (folder / "f" / ".hidden").write_text("no sample")
    (folder / "f" / "2.cls").symlink_to("1.cls")
    with tarfile.open("linked.tar", "w") as file:
        file.add("f")
    assert [s.key for s in samples("linked.tar")] == ["f/1"]


def test_images_and_labels_in_the_order_of_the_shards() -> None:
    net = compiled()
    out = net()
    assert net.spec.blob_shapes == {"data": (4, 3, 4, 6), "label": (4,)}
    assert out["label"].tolist() == [0, 1, 2, 3]
    assert (out["data"][2, :, 0, 0] == torch.tensor([253.0, 0, 2])).all()  # blue, green, red
    assert labels(net, 10) == [i % COUNT for i in range(4, 44)]


def test_shuffled_passes_have_each_sample_once_and_differ() -> None:
    for own in ("shuffle: true", "shuffle: true shuffle_buffer: 3"):
        passes = np.array(labels(compiled(own), COUNT)[: 4 * COUNT]).reshape(4, COUNT)
        assert (np.sort(passes) == np.arange(COUNT)).all()
        assert len({tuple(p) for p in passes.tolist()}) == 4
    assert labels(compiled("shuffle: true"), 9) == labels(compiled("shuffle: true"), 9)
    assert labels(compiled("shuffle: true"), 9) != labels(compiled("shuffle: true", seed=2), 9)


@pytest.mark.parametrize("own", ["", "shuffle: true shuffle_buffer: 5"])
def test_goes_on_where_it_was(own: str) -> None:
    for done in (0, 1, 8, 9, 30):
        net, other = compiled(own), compiled(own, seed=5)
        labels(net, done) if done else None
        other.layer("in").restore(net.layer("in").state)
        assert labels(net, 12) == labels(other, 12)


@pytest.mark.parametrize("own", ["", "shuffle: true shuffle_buffer: 5"])
@pytest.mark.parametrize("world", [2, 5])
def test_processes_read_shards_of_their_own(own: str, world: int) -> None:
    least = SHARDS // world * EACH - 1  # in a pass of one of them
    seen = set()
    for rank in range(world):
        net = compiled(own)
        shard(net, rank, world, seed=3)
        seen.update(labels(net, 12)[:least])
    assert len(seen) == world * least


@pytest.mark.parametrize("own", ["", "shuffle: true shuffle_buffer: 5"])
@pytest.mark.parametrize(("before", "after"), [(2, 2), (2, 1), (1, 2), (3, 2), (2, 5), (4, 6)])
def test_goes_on_with_another_number_of_processes(own: str, before: int, after: int) -> None:
    """The batches of all processes together are those that there would have been."""

    def together(nets: list[Network], turns: int) -> list[list[int]]:
        return [net()["label"].int().tolist() for _ in range(turns) for net in nets]

    began = [compiled(own) for _ in range(before)]
    for rank, net in enumerate(began):
        shard(net, rank, before, seed=3)
    together(began, 2 * after)
    states = {net.layer("in").state for net in began}
    assert len(states) == 1
    resumed = [compiled(own) for _ in range(after)]
    for rank, net in enumerate(resumed):
        shard(net, rank, after, seed=9)
        net.layer("in").restore(*states)
    assert together(resumed, 3 * before) == together(began, 3 * after)
    assert {net.layer("in").state[2] for net in resumed} == {before}


@pytest.mark.parametrize("workers", [0, 1, 4])
def test_workers_change_nothing(workers: int) -> None:
    own = "shuffle: true shuffle_buffer: 5"
    assert labels(compiled(f"{own} workers: {workers}"), 15) == labels(compiled(own), 15)


def test_resizes_and_needs_no_label(folder: Path) -> None:
    write(folder / "sizes.tar", [("a.png", png(1)), ("b.png", png(2, (9, 9)))])
    text = LAYER.replace('top: "label"', "").replace("part-{0..4}", "sizes")
    net = compiler.compile(netspec.loads(text.replace("OWN", "new_height: 5 new_width: 3")))
    assert net()["data"].shape == (4, 3, 5, 3)


BROKEN = {  # what is in the shard, the code, and what is said of it
    "no label": ([("1.png", png(1))], "C361", "sample 1 of bad.tar has no cls: it has png"),
    "no number": ([("1.png", png(1)), ("1.cls", b"cat")], "C361", "is no whole number: cat"),
    "no image": ([("1.cls", b"1")], "C361", "has no image: it has cls"),
    "an image that is none": ([("1.png", b"GIF"), ("1.cls", b"1")], "C306", "cannot be decoded"),
    "nothing": ([], "C304", "has a sample"),
}


@pytest.mark.parametrize(("files", "code", "message"), BROKEN.values(), ids=BROKEN)
def test_names_what_is_broken(
    files: list[tuple[str, bytes]], code: str, message: str, folder: Path
) -> None:
    write(folder / "bad.tar", files)
    text = LAYER.replace("part-{0..4}", "bad").replace("OWN", "")
    with pytest.raises(netspec.SpecError, match=message) as caught:
        compiler.compile(netspec.loads(text, shapes={"data": (4, 3, 4, 6)}))()
    assert [d.code for d in caught.value.diagnostics] == [code]


def test_a_process_whose_shards_are_empty_stops(folder: Path) -> None:
    write(folder / "part-1.tar", [])
    net = compiler.compile(netspec.loads(LAYER.replace("{0..4}", "{0..1}").replace("OWN", "")))
    shard(net, 1, 2, seed=1)
    with pytest.raises(netspec.SpecError, match=r"for process 1 of 2 has a sample"):
        net()
    net.layer("in").skip(3)
    with pytest.raises(netspec.SpecError, match=r"for process 1 of 2 has a sample"):
        net()


def test_broken_samples_are_skipped(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = [("1.png", b"GIF"), ("1.cls", b"1"), ("3.cls", b"7")]
    write(folder / "bad.tar", [("0.png", png(0)), ("0.cls", b"0"), *broken, ("4.png", png(4))])
    text = LAYER.replace("part-{0..4}", "bad").replace("OWN", "broken: SKIP workers: 0")
    net = compiler.compile(netspec.loads(text))
    assert net()["label"].tolist() == [0] * 4
    assert net.layer("in").skipped.count == 3
    assert "has no cls" in capsys.readouterr().err


@given(st.binary(max_size=2000), st.integers(0, 5000), st.integers(0, 5000))
def test_a_damaged_shard_is_refused_or_read(noise: bytes, at: int, cut: int) -> None:
    whole = Path("part-0.tar").read_bytes()
    for content in (noise, whole[:at] + noise + whole[at + len(noise) :], whole[:cut]):
        Path("bad.tar").write_bytes(content)
        with suppress(Unreadable):
            for found in samples("bad.tar"):
                assert sum(size for _, size in found.files.values()) <= len(content)
                found.label("cls")


@pytest.mark.parametrize("size", [0, 100, 512, 700, 1024, 1700, 2048])
def test_names_the_byte_where_a_shard_is_cut_off(size: int, folder: Path) -> None:
    (folder / "bad.tar").write_bytes((folder / "part-0.tar").read_bytes()[:size])
    with pytest.raises(Unreadable, match=rf"bad\.tar is cut off at byte {size:,}"):
        list(samples("bad.tar"))


PATTERNS = {
    "a-{08..11}.tar": ["a-08.tar", "a-09.tar", "a-10.tar", "a-11.tar"],
    "{a,b}/{0..1}.tar": ["a/0.tar", "a/1.tar", "b/0.tar", "b/1.tar"],
    "one.tar two.tar": ["one.tar", "two.tar"],
}


@pytest.mark.parametrize("pattern", PATTERNS)
def test_patterns_name_shards(pattern: str, folder: Path) -> None:
    assert shard_paths(pattern) == PATTERNS[pattern]
    (folder / "list").write_text(pattern.replace(" ", "\n") + "\n\n")
    assert shard_paths("list") == PATTERNS[pattern]


@pytest.mark.parametrize("pattern", ["{1.tar", "{3..1}.tar", "{0..99999999}.tar", "none"])
def test_patterns_that_are_refused(pattern: str) -> None:
    with pytest.raises(Unreadable) as caught:
        shard_paths(pattern)
    assert caught.value.code in ("C301", "C305")
