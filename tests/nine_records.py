"""Nine images of three classes: in folders, in a list, an .npz, a CSV and IDX files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from netspec.records.database import item_datum, open_database
from netspec.records.datum import Datum
from tools.__main__ import main

COUNT = 9
PIXELS = np.random.RandomState(0).randint(0, 256, (COUNT, 3, 6, 5), np.uint8)  # B, G, R
LABELS = np.arange(COUNT) % 3


def make_records() -> None:
    """Write them into the working directory."""
    lines = []
    for i, (image, label) in enumerate(zip(PIXELS, LABELS)):
        path = Path("photos", "cdf"[label], f"{i}.png")
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image[::-1].transpose(1, 2, 0)).save(path)
        lines.append(f"{path} {label}\n")
    Path("list.txt").write_text("".join(lines))
    np.savez("a.npz", x=PIXELS, y=LABELS)
    with open("a.csv", "w") as file:
        file.write("label," + ",".join(f"p{i}" for i in range(90)) + "\n")
        for image, label in zip(PIXELS, LABELS):
            file.write(",".join(map(str, [label, *image.flat])) + "\n")
    write_idx(Path("a-images-idx3-ubyte"), PIXELS[:, 0])
    write_idx(Path("a-labels-idx1-ubyte"), LABELS.astype(np.uint8))


def write_idx(path: Path, array: np.ndarray) -> None:
    sizes = b"".join(n.to_bytes(4, "big") for n in array.shape)
    path.write_bytes(bytes([0, 0, 8, array.ndim]) + sizes + array.tobytes())


def data(*words: str) -> int:
    return main(["data", *words])


def stored(path: str) -> list[tuple[str, Datum]]:
    database = open_database(path, "LMDB")
    return [(item.key.decode(), item_datum(item, path)) for item in database]
