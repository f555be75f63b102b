"""C3: a data set that cannot be made."""

from __future__ import annotations

from netspec.codes.code import Code

ARRAYS = """\
import numpy as np

from compiler.datasets import diagnosing
from compiler.datasets.make import Choice, make
from compiler.datasets.prepared import Preparation
from netspec.records.gather import open_records

images = np.zeros((2, 1, 4, 4), np.uint8)
"""
MAKE = """\
with diagnosing():
    make(open_records("a.npz"), "images_lmdb", Preparation(), Choice(), lambda each, _: each)
"""
SAVE = 'np.savez("a.npz", data=images, label=[0, 1])\n'

CODES: tuple[Code, ...] = (
    Code(
        "C363",
        "arrays that are no images with labels",
        "`netspec data` makes records of arrays: N x height x width or N x channels x height x "
        "width numbers, and N whole numbers as labels. A file with other arrays, a damaged one, or "
        "one that leaves open which arrays are meant is not guessed at.",
        wrong=ARRAYS + SAVE.replace("[0, 1]", "[0, 1, 2]") + MAKE,
        right=ARRAYS + SAVE + MAKE,
        language="python",
    ),
    Code(
        "C364",
        "records that cannot be prepared so",
        "Image formats keep one, three or four channels of bytes, so floats are not encoded, nor "
        "are they resized; numbers that are not encoded have the channels that they have.",
        wrong=ARRAYS
        + SAVE
        + MAKE.replace("Preparation()", "Preparation(encode='png')").replace(
            "with", "np.savez('a.npz', data=images + 0.5, label=[0, 1])\nwith", 1
        ),
        right=ARRAYS + SAVE + MAKE.replace("Preparation()", "Preparation(encode='png')"),
        language="python",
    ),
    Code(
        "C365",
        "a data set cannot be written",
        "Something is already where a data set is to be written, and is not replaced without being "
        "told to, or the folder takes no files. A folder that is no database is never replaced.",
        wrong=ARRAYS + SAVE + MAKE + MAKE,
        right=ARRAYS + SAVE + MAKE + MAKE.replace("Choice()", "Choice(force=True)"),
        language="python",
    ),
)
