"""Seven images as a database, as files and as rows, and the layers that read them."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
from PIL import Image

from netspec.records.database import write_database
from netspec.records.datum import Datum, write_datum

COUNT = 7  # images, and rows: not a multiple of any batch size here
DATA = """layer {{ name: "in" type: "Data" top: "data" top: "label"
  data_param {{ source: "images_lmdb" batch_size: 3 backend: LMDB prefetch: {depth} }}
  transform_param {{ crop_size: 4 mirror: true }} }}"""
STREAMS = {
    "Data": DATA.format(depth=4),
    "Data, nothing ahead": DATA.format(depth=0),
    "ImageData": """layer { name: "in" type: "ImageData" top: "data" top: "label"
      image_data_param { source: "images.txt" batch_size: 3 shuffle: true rand_skip: 5 }
      transform_param { crop_size: 4 mirror: true } }""",
    "HDF5Data": """layer { name: "in" type: "HDF5Data" top: "data" top: "label"
      hdf5_data_param { source: "files.txt" batch_size: 3 shuffle: true } }""",
    "DummyData": """layer { name: "in" type: "DummyData" top: "data" top: "label"
      dummy_data_param { shape { dim: 3 dim: 2 } shape { dim: 3 }
        data_filler { type: "gaussian" } data_filler { type: "constant" value: 4 } } }""",
}


def make_sources(made: Path) -> None:
    """Labels count from 0."""
    images = np.random.RandomState(0).randint(0, 256, (COUNT, 5, 6, 3), np.uint8)
    lines = []
    for i, image in enumerate(images):
        Image.fromarray(image).save(made / f"{i} .png")
        lines.append(f"{i} .png {i}\n")
    (made / "images.txt").write_text("".join(lines))
    data = (Datum(3, 5, 6, im.transpose(2, 0, 1).tobytes(), i) for i, im in enumerate(images))
    items = [(b"%d" % i, write_datum(d)) for i, d in enumerate(data)]
    write_database(made / "images_lmdb", items)
    for name, rows in (("a.h5", slice(0, 4)), ("b.h5", slice(4, 7))):
        with h5py.File(made / name, "w") as file:
            file["data"] = images[rows].reshape(-1, 90)[:, :2]
            file["label"] = np.arange(COUNT)[rows]
    (made / "files.txt").write_text("a.h5\nb.h5\n")
