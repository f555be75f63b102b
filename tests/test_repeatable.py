"""The same seed gives the same batches from every source: with any workers, and after a stop."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

import compiler
import netspec
from compiler.data import Source
from compiler.network import Network
from netspec.records.database import write_database
from netspec.records.datum import Datum, write_datum

COUNT, BATCHES = 11, 9  # batches of 4: three passes and a part of the fourth
CUT = "transform_param { crop_size: 5 mirror: true scale: 0.5 }"
LEVELDB = Path(__file__).parent / "leveldb" / "images"  # seven images of 1 x 2 x 3
SOURCES = {
    "raw": f'type: "Data" {CUT} data_param {{ source: "raw" backend: LMDB OWN }}',
    "whole": 'type: "Data" data_param { source: "raw" backend: LMDB OWN }',
    "encoded": f'type: "Data" {CUT} data_param {{ source: "encoded" backend: LMDB OWN }}',
    "LevelDB": f"""type: "Data" transform_param {{ crop_size: 2 mirror: true }}
      data_param {{ source: "{LEVELDB}" OWN }}""",
    "listed": f"""type: "ImageData" {CUT} image_data_param {{ source: "list.txt" shuffle: true
      rand_skip: 5 new_height: 7 new_width: 6 OWN }}""",
    "rows": 'type: "HDF5Data" hdf5_data_param { source: "files.txt" shuffle: true ONLY }',
    "tar": f"""type: "TarData" {CUT} tar_data_param {{ source: "{{a,b,c}}.tar" shuffle: true
      shuffle_buffer: 3 OWN }}""",
    "windows": f"""type: "WindowData" {CUT} window_data_param {{ source: "windows.txt"
      bg_threshold: 0.3 context_pad: 1 OWN }}""",
    "filled": """type: "DummyData" dummy_data_param { data_filler { type: "gaussian" }
      shape { dim: 4 dim: 3 } shape { dim: 4 } }""",
}
every = pytest.mark.parametrize("kind", SOURCES)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eleven images of one size as databases, files, rows, samples and windows."""
    made = tmp_path_factory.mktemp("sources")
    images = np.random.default_rng(0).integers(0, 256, (COUNT, 8, 9, 3), np.uint8)
    encoded = []
    for i, image in enumerate(images):
        out = io.BytesIO()
        Image.fromarray(image).save(out, "PNG")
        encoded.append(out.getvalue())
        (made / f"{i}.png").write_bytes(out.getvalue())
    raw = [Datum(3, 8, 9, im.transpose(2, 0, 1).tobytes(), i) for i, im in enumerate(images)]
    files = [Datum(data=content, label=i, encoded=True) for i, content in enumerate(encoded)]
    for name, data in (("raw", raw), ("encoded", files)):
        write_database(made / name, ((b"%02d" % i, write_datum(d)) for i, d in enumerate(data)))
    (made / "list.txt").write_text("".join(f"{i}.png {i}\n" for i in range(COUNT)))
    window = "3 8 9\n2\n1 0.9 0 1 4 6\n5 0.1 2 2 8 7"
    (made / "windows.txt").write_text("".join(f"# {i}\n{i}.png\n{window}\n" for i in range(COUNT)))
    for name, rows in (("one.h5", slice(0, 4)), ("two.h5", slice(4, COUNT))):
        with h5py.File(made / name, "w") as file:
            file["data"], file["label"] = images[rows, 0, 0], np.arange(COUNT)[rows]
    (made / "files.txt").write_text("one.h5 two.h5")
    for s, name in enumerate("abc"):
        with tarfile.open(made / f"{name}.tar", "w") as tar:
            for i in range(s, COUNT, 3):
                for ending, content in (("png", encoded[i]), ("cls", b"%d" % i)):
                    info = tarfile.TarInfo(f"{i}.{ending}")
                    info.size = len(content)
                    tar.addfile(info, io.BytesIO(content))
    return made


@pytest.fixture(autouse=True)
def there(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)


def compiled(kind: str, workers: int = 0, seed: int = 7) -> Network:
    own = SOURCES[kind].replace("OWN", f"batch_size: 4 workers: {workers}")
    text = f'layer {{ name: "in" top: "data" top: "label" {own.replace("ONLY", "batch_size: 4")} }}'
    net = compiler.compile(netspec.loads(text, phase="TRAIN"))
    source(net).seed(seed)
    return net


def source(net: Network) -> Source:
    found = net.layer("in")
    assert isinstance(found, Source)
    return found


def batches(net: Network, count: int) -> list[dict[str, Tensor]]:
    return [net() for _ in range(count)]


def same(some: list[dict[str, Tensor]], others: list[dict[str, Tensor]]) -> bool:
    pairs = list(zip(some, others, strict=True))
    return all(torch.equal(a[blob], b[blob]) for a, b in pairs for blob in ("data", "label"))


@every
def test_whatever_the_workers(kind: str) -> None:
    expected = batches(compiled(kind), BATCHES)
    for workers in (1, 2):
        assert same(batches(compiled(kind, workers), BATCHES), expected)
    if kind != "whole":
        assert not same(batches(compiled(kind, seed=8), BATCHES), expected)


@every
@pytest.mark.parametrize("workers", [0, 2])
def test_after_a_stop_anywhere(kind: str, workers: int) -> None:
    """At the beginning, within a pass, at its end, and in the passes that follow."""
    expected = batches(compiled(kind), BATCHES + 1)
    for stop in range(BATCHES):
        before, after = compiled(kind, workers), compiled(kind, 2 - workers, seed=99)
        assert same(batches(before, stop), expected[:stop])
        source(after).restore(source(before).state)
        assert same(batches(after, 2), expected[stop : stop + 2])
        for net in (before, after):
            source(net).close()
