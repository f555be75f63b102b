"""The same batches for any number of workers; of many processes, each record by one."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

import compiler
import netspec
from compiler.data import shard
from compiler.network import Network
from netspec.records.database import write_database
from netspec.records.datum import Datum, write_datum

COUNT, BATCH = 23, 4
TRANSFORM = "transform_param { crop_size: 8 mirror: true mean_value: 100 scale: 0.5 }"
LAYERS = {
    "encoded": f"""type: "Data" {TRANSFORM}
      data_param {{ source: "jpeg_lmdb" batch_size: {BATCH} backend: LMDB OWN }}""",
    "raw": f"""type: "Data" {TRANSFORM}
      data_param {{ source: "raw_lmdb" batch_size: {BATCH} backend: LMDB OWN }}""",
    "listed": f"""type: "ImageData" {TRANSFORM} image_data_param {{ source: "list.txt"
      batch_size: {BATCH} shuffle: true new_height: 10 new_width: 12 OWN }}""",
    "rows": f"""type: "HDF5Data"
      hdf5_data_param {{ source: "files.txt" batch_size: {BATCH} shuffle: true }}""",
}
every = pytest.mark.parametrize("layer", LAYERS)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Images and rows whose labels count from 0."""
    made = tmp_path_factory.mktemp("shared")
    images = np.random.RandomState(0).randint(0, 256, (COUNT, 11, 14, 3), np.uint8)
    encoded = []
    for i, image in enumerate(images):
        out = io.BytesIO()
        Image.fromarray(image).save(out, "JPEG")
        encoded.append(Datum(data=out.getvalue(), label=i, encoded=True))
        (made / f"{i}.jpg").write_bytes(out.getvalue())
    raw = [Datum(3, 11, 14, im.transpose(2, 0, 1).tobytes(), i) for i, im in enumerate(images)]
    for name, data in (("jpeg_lmdb", encoded), ("raw_lmdb", raw)):
        write_database(made / name, ((b"%02d" % i, write_datum(d)) for i, d in enumerate(data)))
    (made / "list.txt").write_text("".join(f"{i}.jpg {i}\n" for i in range(COUNT)))
    for name, rows in (("a.h5", slice(0, 9)), ("b.h5", slice(9, 10)), ("c.h5", slice(10, COUNT))):
        with h5py.File(made / name, "w") as file:
            file["data"], file["label"] = images[rows, 0, 0], np.arange(COUNT)[rows]
    (made / "files.txt").write_text("a.h5\nb.h5\nc.h5\n")
    return made


@pytest.fixture(autouse=True)
def there(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)


def compiled(layer: str, own: str = "") -> Network:
    text = f'layer {{ name: "in" top: "data" top: "label" {LAYERS[layer].replace("OWN", own)} }}'
    net = compiler.compile(netspec.loads(text, phase="TRAIN"))
    shard(net, 0, 1, seed=7)
    return net


def batches(net: Network, count: int) -> list[dict[str, Tensor]]:
    return [net() for _ in range(count)]


@pytest.mark.parametrize("layer", ["encoded", "raw", "listed"])
def test_workers_change_nothing(layer: str) -> None:
    one, *others = (batches(compiled(layer, f"workers: {n}"), 13) for n in (0, 1, 4))
    for other in others:
        assert all(torch.equal(a[blob], b[blob]) for a, b in zip(one, other) for blob in a)


@every
@pytest.mark.parametrize("world", [2, 3])
def test_processes_read_each_record_once(layer: str, world: int) -> None:
    """What all of them read in turn is what one would read."""
    alone = torch.cat([out["label"] for out in batches(compiled(layer), 3 * world)])
    together = []
    for rank in range(world):
        net = compiled(layer)
        shard(net, rank, world, seed=7)
        together.append(torch.cat([out["label"] for out in batches(net, 3)]))
    assert torch.equal(torch.stack(together, 1).flatten(), alone)


def test_processes_mirror_and_cut_differently() -> None:
    nets = [compiled("raw"), compiled("raw")]
    for rank, net in enumerate(nets):
        shard(net, rank, 24, seed=7)  # 23 images: the second of one is the first of the other
    first, second = (torch.stack([net()["data"] for _ in range(9)]) for net in nets)
    assert not torch.equal(first[:, 1:], second[:, :-1])


@every
@pytest.mark.parametrize(("before", "after"), [(2, 2), (4, 2), (2, 1)])
def test_goes_on_with_another_number_of_processes(layer: str, before: int, after: int) -> None:
    net = compiled(layer)
    shard(net, 1, before, seed=7)
    batches(net, 2)
    state = net.layer("in").state
    resumed = compiled(layer)
    shard(resumed, 0, after, seed=7)
    resumed.layer("in").restore(state)
    expected = batches(compiled(layer), 2 * before + after)[2 * before :]
    flat = torch.cat([out["label"] for out in expected])
    assert torch.equal(resumed()["label"], flat[::after])


def test_a_seed_is_agreed_on_by_processes_that_train_together(tmp_path: Path) -> None:
    """Where torch has not seeded them alike, all read in the order of rank 0."""
    where = f"file://{tmp_path}/meet"
    torch.multiprocessing.start_processes(_agree, (where,), nprocs=2, start_method="fork")


def _agree(rank: int, where: str) -> None:
    torch.distributed.init_process_group("gloo", where, rank=rank, world_size=2)
    torch.manual_seed(rank)
    text = f'layer {{ name: "in" top: "data" top: "label" {LAYERS["rows"]} }}'
    net = compiler.compile(netspec.loads(text, phase="TRAIN"))
    shard(net, rank, 2)
    mine = torch.cat([net()["label"] for _ in range(3)])
    found = [torch.empty_like(mine) for _ in range(2)]
    torch.distributed.all_gather(found, mine)
    turn = torch.stack(found, 1).flatten()[:COUNT]
    assert torch.equal(turn.sort().values, torch.arange(COUNT).float())
    torch.distributed.destroy_process_group()


BREAKS: dict[str, Callable[[bytes], bytes]] = {
    "cut off": lambda content: content[: len(content) // 2],
    "no image": lambda content: b"<html>404</html>",
    "empty": lambda content: b"",
}


@pytest.fixture
def broken(tmp_path: Path, folder: Path, request: pytest.FixtureRequest) -> Path:
    """A list in whose middle an image is broken."""
    content = BREAKS[request.param]((folder / "2.jpg").read_bytes())
    (tmp_path / "bad.jpg").write_bytes(content)
    lines = [f"{i}.jpg {i}" for i in range(8)]
    lines[2] = f"{tmp_path}/bad.jpg 99"
    (tmp_path / "list.txt").write_text("\n".join(lines) + "\n")
    return tmp_path / "list.txt"


@pytest.mark.parametrize("broken", BREAKS, indirect=True)
@pytest.mark.parametrize("workers", [0, 3])
def test_a_broken_record_stops_or_is_skipped(
    broken: Path, workers: int, capsys: pytest.CaptureFixture[str]
) -> None:
    text = f"""layer {{ name: "in" type: "ImageData" top: "data" top: "label"
      image_data_param {{ source: "{broken}" batch_size: 4 workers: {workers} OWN }} }}"""
    with pytest.raises(netspec.SpecError, match=r"bad\.jpg") as caught:
        compiler.compile(netspec.loads(text.replace("OWN", "")))()
    assert [d.code for d in caught.value.diagnostics] == ["C306"]
    net = compiler.compile(netspec.loads(text.replace("OWN", "broken: SKIP")))
    made = batches(net, 4)
    assert [out["label"].tolist() for out in made] == [[0, 1, 3, 3], [4, 5, 6, 7]] * 2
    assert torch.equal(made[0]["data"][2], made[0]["data"][3])
    skipped = net.layer("in").skipped
    assert skipped.count in (2, 3)  # the third time it is due, it is read ahead
    assert len(skipped.records) == 1
    assert capsys.readouterr().err.count("skipped: the image") == 1


def test_a_batch_without_a_readable_record_stops(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("none.jpg 1\nnone.jpg 2\n")
    text = f"""layer {{ name: "in" type: "ImageData" top: "data" top: "label" image_data_param {{
      source: "{tmp_path}/list.txt" batch_size: 2 new_height: 4 new_width: 4 broken: SKIP }} }}"""
    with pytest.raises(netspec.SpecError, match=r"none\.jpg cannot be read"):
        compiler.compile(netspec.loads(text))()
