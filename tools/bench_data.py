"""Measure data layers against a DataLoader with Pillow and NumPy, as a user would write it.

    python -m tools.bench_data [--seconds S] [--caffe PATH [--python PYTHON]]

Three sources are made in a temporary folder: an LMDB of JPEG images of 256 x 256 and a folder of
JPEG files of 500 x 375, resized to 256 x 256, both cut to 224 x 224, mirrored, and less a mean; and
an LMDB of raw images of 3 x 32 x 32. Each is read by us and by them, with as many workers (threads
here, processes there), in turns, so that a slow moment of the machine strikes both; a consumer
takes the batches and does nothing. Printed are the images per second, and how many times theirs.
With --caffe, they are BVLC Caffe's own layers, as pycaffe runs them with that build: one thread.
"""

from __future__ import annotations

import argparse
import io
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import lmdb
import numpy as np
from PIL import Image

from netspec.records.database import write_database
from netspec.records.datum import Datum, read_datum, write_datum

BATCH, CROP, MEAN = 64, 224, (104.0, 117.0, 123.0)
IMAGES, SMALL = 512, 10_000
TRANSFORM = f"""transform_param {{ crop_size: {CROP} mirror: true
  mean_value: {MEAN[0]} mean_value: {MEAN[1]} mean_value: {MEAN[2]} }}"""
DATABASE = f"""name: "in" type: "Data" {TRANSFORM}
  data_param {{ source: "jpeg" batch_size: {BATCH} backend: LMDB WORKERS }}"""
FOLDER = f"""name: "in" type: "ImageData" {TRANSFORM}
  image_data_param {{ source: "list.txt" batch_size: {BATCH} shuffle: true
    new_height: 256 new_width: 256 WORKERS }}"""
RAW = """name: "in" type: "Data" transform_param { scale: 0.00390625 mean_value: 128 }
  data_param { source: "raw" batch_size: 256 backend: LMDB WORKERS }"""


def picture(random: np.random.Generator, height: int, width: int) -> Image.Image:
    """Coloured patches with some noise: about as many bytes as a photograph."""
    patches = random.integers(0, 256, (height // 16, width // 16, 3), np.uint8)
    smooth = np.asarray(Image.fromarray(patches).resize((width, height), Image.Resampling.BICUBIC))
    noisy = smooth + random.integers(-12, 13, smooth.shape)
    return Image.fromarray(noisy.clip(0, 255).astype(np.uint8))


def jpeg(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=90)
    return out.getvalue()


def make(folder: Path) -> None:
    """The three sources, labels by turns."""
    random = np.random.default_rng(0)
    encoded = [jpeg(picture(random, 256, 256)) for _ in range(IMAGES)]
    data = [Datum(data=c, label=i % 10, encoded=True) for i, c in enumerate(encoded)]
    write_database(folder / "jpeg", [(b"%08d" % i, write_datum(d)) for i, d in enumerate(data)])
    lines = []
    for i in range(IMAGES):
        (folder / f"{i}.jpg").write_bytes(jpeg(picture(random, 375, 500)))
        lines.append(f"{i}.jpg {i % 10}\n")
    (folder / "list.txt").write_text("".join(lines))
    raw = (Datum(3, 32, 32, random.bytes(3072), i % 10) for i in range(SMALL))
    write_database(folder / "raw", [(b"%08d" % i, write_datum(d)) for i, d in enumerate(raw)])


class Theirs:
    """What a user writes: an item is opened, resized, cut, mirrored and turned to BGR."""

    def __init__(self, folder: Path, kind: str) -> None:
        self.folder, self.kind = folder, kind
        self.lines = (folder / "list.txt").read_text().split("\n")[:-1]
        self.mean = np.array(MEAN, np.float32)[:, None, None]
        self.view: Any = None

    def __len__(self) -> int:
        return SMALL if self.kind == "raw" else IMAGES

    def __getitem__(self, index: int) -> tuple[np.ndarray, int]:
        if self.kind == "folder":
            path, label = self.lines[index].rsplit(" ", 1)
            with Image.open(self.folder / path) as image:
                small = image.convert("RGB").resize((256, 256), Image.Resampling.BILINEAR)
            return self.transformed(small), int(label)
        if self.view is None:  # in the worker
            database = lmdb.open(str(self.folder / self.kind), readonly=True, lock=False)
            self.view = database.begin(buffers=True)
        datum = read_datum(self.view.get(b"%08d" % index))
        if self.kind == "raw":
            pixels = np.frombuffer(datum.data, np.uint8).reshape(datum.shape)
            return (pixels.astype(np.float32) - 128) * np.float32(0.00390625), datum.label
        with Image.open(io.BytesIO(datum.data)) as image:
            return self.transformed(image.convert("RGB")), datum.label

    def transformed(self, image: Image.Image) -> np.ndarray:
        top, left, mirrored = np.random.randint((256 - CROP + 1, 256 - CROP + 1, 2))
        pixels = np.asarray(image)[top : top + CROP, left : left + CROP]
        if mirrored:
            pixels = pixels[:, ::-1]
        return pixels[:, :, ::-1].transpose(2, 0, 1).astype(np.float32) - self.mean


def theirs(folder: Path, kind: str, workers: int, batch: int) -> Iterator[int]:
    """The sizes of batches, on and on."""
    from torch.utils.data import DataLoader

    data: Any = Theirs(folder, kind)
    loader: DataLoader[Any] = DataLoader(
        data,
        batch,
        shuffle=kind == "folder",
        num_workers=workers,
        persistent_workers=workers > 0,
        prefetch_factor=4 if workers else None,
    )
    while True:
        for images, _ in loader:
            yield len(images)


def ours(layer: str, workers: int) -> Iterator[int]:
    """The same from a data layer, in the working directory."""
    import compiler
    import netspec

    text = f'layer {{ top: "data" top: "label" {layer} }}'
    spec = text.replace("WORKERS", f"workers: {workers}")
    net = compiler.compile(netspec.loads(spec, phase="TRAIN"))
    while True:
        yield len(net()["data"])


CAFFE = """
import sys, time, caffe
net = caffe.Net(sys.argv[1], caffe.TRAIN)
for line in sys.stdin:
    start, count = time.perf_counter(), 0
    while time.perf_counter() < start + float(line):
        net.forward()
        count += len(net.blobs["data"].data)
    print(count / (time.perf_counter() - start), flush=True)
"""
Rate = Callable[[float], float]  # seconds to images per second


def caffes(layer: str, build: str, python: str) -> Rate:
    """Caffe in a process of its own; it reads ahead while it waits, as ours does."""
    Path("net.prototxt").write_text(f'layer {{ top: "data" top: "label" {layer} }}')
    environment = {**os.environ, "PYTHONPATH": f"{build}/python", "GLOG_minloglevel": "2"}
    command = [python, "-c", CAFFE, "net.prototxt"]
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=environment)

    def measured(seconds: float) -> float:
        assert process.stdin is not None
        assert process.stdout is not None
        print(seconds, file=process.stdin, flush=True)
        return float(process.stdout.readline())

    return measured


def rate_of(batches: Iterator[int]) -> Rate:
    """Of an iterator of the sizes of batches."""

    def measured(seconds: float) -> float:
        start, count = time.perf_counter(), 0
        while time.perf_counter() < start + seconds:
            count += next(batches)
        return count / (time.perf_counter() - start)

    return measured


def side_by_side(mine: Rate, their: Rate, seconds: float) -> tuple[float, float, float]:
    """Medians of both rates and of their ratio, over five turns."""
    for each in (mine, their):
        each(0.5)
    turns = [(mine(seconds), their(seconds)) for _ in range(5)]
    ratio = statistics.median(a / b for a, b in turns)
    return statistics.median(a for a, _ in turns), statistics.median(b for _, b in turns), ratio


def main() -> None:
    """Print a line for each source and number of workers."""
    import torch

    from compiler.data.source import cores

    parser = argparse.ArgumentParser(description="images per second of data layers")
    parser.add_argument("--seconds", type=float, default=1.0, help="of a turn (default: 1)")
    parser.add_argument("--caffe", metavar="PATH", help="a build of BVLC Caffe with pycaffe")
    parser.add_argument("--python", default="python3", help="the Python that it was built for")
    options = parser.parse_args()
    torch.set_num_threads(1)
    others = "Caffe" if options.caffe else "DataLoader"
    print(f"{cores()} cores, torch {torch.__version__}; images per second, median of 5 turns\n")
    print(f"{'source':<28}{'workers':>8}{'netspec':>10}{others:>12}{'ratio':>8}")
    cases = {
        "LMDB, JPEG 256 x 256": (DATABASE, "jpeg", BATCH),
        "files, JPEG 500 x 375": (FOLDER, "folder", BATCH),
        "LMDB, raw 3 x 32 x 32": (RAW, "raw", 256),
    }
    with tempfile.TemporaryDirectory() as folder:
        make(Path(folder))
        os.chdir(folder)
        for name, (layer, kind, batch) in cases.items():
            for workers in sorted({0, 1, cores()}):
                if options.caffe:
                    their = caffes(layer.replace("WORKERS", ""), options.caffe, options.python)
                else:
                    their = rate_of(theirs(Path(folder), kind, workers, batch))
                a, b, ratio = side_by_side(rate_of(ours(layer, workers)), their, options.seconds)
                print(f"{name:<28}{workers:>8}{a:>10,.0f}{b:>12,.0f}{ratio:>8.2f}", flush=True)
        os.chdir("/")


if __name__ == "__main__":
    main()
