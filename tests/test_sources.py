"""Data layers in a compiled net: Caffe's batches, streams that repeat and go on, faults named."""

from __future__ import annotations

import copy
import os
import pickle
import threading
from pathlib import Path

import numpy as np
import pytest
import torch
from seven_images import COUNT, STREAMS, make_sources
from torch import Tensor

import compiler
import netspec
from compiler.data import Source
from compiler.network import Network
from netspec.records.database import write_database
from netspec.records.datum import Datum, write_datum

GOLDEN = Path(__file__).parent / "golden" / "data"


@pytest.mark.parametrize("case", sorted(p.stem for p in GOLDEN.glob("*.prototxt")))
def test_reads_what_caffe_read(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(GOLDEN)
    graph = netspec.load(f"{case}.prototxt", phase="TEST")
    net = compiler.compile(graph)
    expected = np.load(f"{case}.npz")
    for step in range(1 + max(int(k.split("/")[1]) for k in expected.files)):
        out = net()
        for blob in graph.blob_shapes:
            want = expected[f"step/{step}/{blob}"]
            assert graph.blob_shapes[blob] == out[blob].shape == want.shape
            np.testing.assert_allclose(out[blob].numpy(), want, rtol=1e-5, atol=1e-6)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("data")
    make_sources(made)
    return made


@pytest.fixture(autouse=True)
def there(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)


def compiled(stream: str, seed: int = 1, phase: str = "TRAIN") -> Network:
    net = compiler.compile(netspec.loads(STREAMS[stream], phase=phase))
    source(net).seed(seed)
    return net


def source(net: Network) -> Source:
    found = net.layer("in")
    assert isinstance(found, Source)
    return found


def batches(net: Network, count: int) -> list[dict[str, Tensor]]:
    return [net() for _ in range(count)]


def same(some: list[dict[str, Tensor]], others: list[dict[str, Tensor]]) -> bool:
    return len(some) == len(others) and all(
        torch.equal(a[blob], b[blob]) for a, b in zip(some, others) for blob in a
    )


every = pytest.mark.parametrize("stream", STREAMS)


@every
def test_a_seed_repeats_the_stream_and_another_gives_another(stream: str) -> None:
    first = batches(compiled(stream), 9)
    assert same(first, batches(compiled(stream), 9))
    assert not same(first, batches(compiled(stream, seed=2), 9))


@every
def test_the_seed_follows_torch(stream: str) -> None:
    made = []
    for _ in range(2):
        torch.manual_seed(5)
        made.append(batches(compiler.compile(netspec.loads(STREAMS[stream], phase="TRAIN")), 3))
    assert same(*made)


@every
def test_goes_on_where_it_was(stream: str) -> None:
    """From its state, skipped, copied, pickled, or after close: as if it had never stopped."""
    net = compiled(stream)
    batches(net, 4)
    other, skipped, reopened = compiled(stream, seed=9), compiled(stream), copy.deepcopy(net)
    source(other).restore(source(net).state)
    source(skipped).skip(4)
    source(reopened).close()
    follow = [other, skipped, reopened, copy.deepcopy(net), pickle.loads(pickle.dumps(net))]
    expected = batches(net, 7)
    for each in follow:
        assert same(batches(each, 7), expected)
        assert source(each).position == 11


@every
def test_goes_on_in_a_child_process(stream: str) -> None:
    net = compiled(stream)
    batches(net, 2)
    expected = batches(copy.deepcopy(net), 4)
    child = os.fork()
    if not child:
        os._exit(0 if same(batches(net, 4), expected) else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert same(batches(net, 4), expected)


def test_reading_ahead_changes_nothing() -> None:
    at_once, ahead = compiled("Data, nothing ahead"), compiled("Data")
    assert same(batches(at_once, 20), batches(ahead, 20))


def test_a_closed_source_has_no_threads() -> None:
    before = set(threading.enumerate())
    net = compiled("Data")
    batches(net, 2)
    started = set(threading.enumerate()) - before
    assert started
    source(net).close()
    assert not any(thread.is_alive() for thread in started)


def test_costs_nothing_until_the_first_batch() -> None:
    shapes = {"data": (3, 3, 4, 4)}
    text = STREAMS["Data"].replace("images_lmdb", "later_lmdb")
    net = compiler.compile(netspec.loads(text, shapes=shapes))
    with pytest.raises(netspec.SpecError, match="there is no database later_lmdb"):
        source(net).check()
    with pytest.raises(netspec.SpecError, match="C301"):
        net()
    os.rename("images_lmdb", "later_lmdb")
    try:
        source(net).check()
        assert net()["data"].shape == (3, 3, 4, 4)
    finally:
        os.rename("later_lmdb", "images_lmdb")


@pytest.mark.parametrize("stream", ["Data", "HDF5Data"])
def test_batches_go_over_the_end(stream: str) -> None:
    net = compiler.compile(netspec.loads(STREAMS[stream].replace("shuffle: true", "")))
    labels = torch.cat([out["label"] for out in batches(net, 7)])
    assert labels.tolist() == [i % COUNT for i in range(21)]


@pytest.mark.parametrize("stream", ["ImageData", "HDF5Data"])
def test_shuffled_passes_have_every_item_once(stream: str) -> None:
    net = compiler.compile(
        netspec.loads(STREAMS[stream].replace("rand_skip: 5", ""), phase="TRAIN")
    )
    labels = torch.cat([out["label"] for out in batches(net, 14)]).reshape(6, COUNT)
    assert (labels.sort(1).values == torch.arange(COUNT)).all()
    assert len({tuple(turn.tolist()) for turn in labels}) > 1


def test_rand_skip_leaves_out_some_at_the_start() -> None:
    text = STREAMS["ImageData"].replace("shuffle: true", "")
    starts = set()
    for seed in range(40):
        net = compiler.compile(netspec.loads(text, phase="TRAIN"))
        source(net).seed(seed)
        labels = torch.cat([net()["label"], net()["label"]])
        assert labels.tolist() == [(labels[0].item() + i) % COUNT for i in range(6)]
        starts.add(int(labels[0]))
    assert starts == set(range(5))


def test_images_and_database_agree() -> None:
    """The list's RGB images come as blue, green, red; the database's as they are kept."""
    plain = "transform_param { crop_size: 4 mirror: true }"
    listed = STREAMS["ImageData"].replace(plain, "").replace("shuffle: true rand_skip: 5", "")
    kept = STREAMS["Data"].replace("transform_param { crop_size: 4 mirror: true }", "")
    for a, b in zip(*(batches(compiler.compile(netspec.loads(t)), 3) for t in (listed, kept))):
        assert torch.equal(a["data"], b["data"].flip(1))
        assert torch.equal(a["label"], b["label"])


def test_two_nets_read_one_database() -> None:
    one, other = compiled("Data"), compiled("Data", phase="TEST")
    assert one()["label"].tolist() == other()["label"].tolist() == [0, 1, 2]
    assert one()["label"].tolist() == [3, 4, 5]


@pytest.mark.parametrize("stream", ["Data", "ImageData", "HDF5Data"])
def test_the_batch_that_is_asked_for(stream: str) -> None:
    row = (2,) if stream == "HDF5Data" else (3, 4, 4)
    net = compiler.compile(netspec.loads(STREAMS[stream], shapes={"data": (5, *row)}))
    assert {blob: tuple(out.shape) for blob, out in net().items()} == net.spec.blob_shapes
    for shape in ((), (0, *row), (5,), (5, 9, *row)):
        shapes = {"data": shape, "label": shape[:1]}
        with pytest.raises(netspec.SpecError, match=r"C309|N409"):
            compiler.compile(netspec.loads(STREAMS[stream], shapes=shapes))()


def test_one_top_has_no_label() -> None:
    text = STREAMS["Data"].replace('top: "label"', "")
    assert list(compiler.compile(netspec.loads(text))()) == ["data"]


def test_batches_of_one_may_differ_in_size(tmp_path: Path) -> None:
    sizes = [(2, 3), (4, 5)]
    data = (Datum(1, h, w, bytes(h * w), 0) for h, w in sizes)
    items = [(b"%d" % i, write_datum(d)) for i, d in enumerate(data)]
    write_database(tmp_path / "sizes", items)
    text = STREAMS["Data"].replace("crop_size: 4", "").replace("images_lmdb", f"{tmp_path}/sizes")
    one = compiler.compile(netspec.loads(text.replace("batch_size: 3", "batch_size: 1")))
    assert [out["data"].shape[2:] for out in batches(one, 3)] == [(2, 3), (4, 5), (2, 3)]
    with pytest.raises(netspec.SpecError, match=r"item 1 of .* the first of its batch is not"):
        compiler.compile(netspec.loads(text))()


def test_a_failed_batch_fails_again_and_is_read_once_it_is_mended(tmp_path: Path) -> None:
    (tmp_path / "empty.png").write_bytes(b"")
    (tmp_path / "list").write_text(f"0 .png 0\n1 .png 1\n{tmp_path}/empty.png 2\n")
    text = STREAMS["ImageData"].replace("images.txt", f"{tmp_path}/list")
    text = text.replace("batch_size: 3 shuffle: true rand_skip: 5", "batch_size: 1")
    net = compiler.compile(netspec.loads(text))
    batches(net, 2)
    for _ in range(2):
        with pytest.raises(netspec.SpecError, match=r"empty\.png cannot be decoded"):
            net()
    (tmp_path / "list").write_text("0 .png 0\n1 .png 1\n2 .png 2\n")
    assert net()["label"].tolist() == [2]
