"""Make train_lmdb and test_lmdb beside this file, from scikit-learn's copy of the UCI digits.

usage: python specs/digits/data/make.py     (needs scikit-learn, which netspec itself does not)

An image is 1 x 8 x 8; a pixel of 0 to 16 becomes 0 to 255. Of each digit, 36 images spread evenly
over the file's order are for testing, 360 in all; the other 1,437 are for training. Both databases
keep the file's order. The same bytes come out each time.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits  # type: ignore[import-not-found]

from netspec.records.database import write_database
from netspec.records.datum import Datum, write_datum

HERE = Path(__file__).parent
TESTED = 36  # of each digit


def held_out(labels: np.ndarray) -> np.ndarray:
    """Which images are for testing."""
    chosen = np.zeros(len(labels), bool)
    for digit in np.unique(labels):
        places = np.flatnonzero(labels == digit)
        chosen[places[np.arange(TESTED) * len(places) // TESTED]] = True
    return chosen


def write(name: str, images: np.ndarray, labels: np.ndarray) -> None:
    pixels = np.rint(images * 255 / 16).astype(np.uint8)
    data = (Datum(1, 8, 8, image.tobytes(), int(label)) for image, label in zip(pixels, labels))
    write_database(HERE / name, ((b"%04d" % i, write_datum(d)) for i, d in enumerate(data)))


if __name__ == "__main__":
    digits = load_digits()
    test = held_out(digits.target)
    write("train_lmdb", digits.images[~test], digits.target[~test])
    write("test_lmdb", digits.images[test], digits.target[test])
