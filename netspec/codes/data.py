"""C3: data cannot be read. The examples are programs, run in an empty folder."""

from __future__ import annotations

from netspec.codes.code import Code

RUN = """
net = compiler.compile(netspec.loads(spec, shapes={"data": (2, 1, 4, 4)}))
net()
"""

DATABASE = '''\
import compiler
import netspec
from netspec.records.database import write_database
from netspec.records.datum import Datum, write_datum

spec = """
layer {
  name: "images"  type: "Data"  top: "data"  top: "label"
  data_param { source: "images_lmdb"  batch_size: 2  backend: LMDB }
}
"""
'''
IMAGES = '''\
from pathlib import Path

from PIL import Image

import compiler
import netspec

spec = """
layer {
  name: "images"  type: "ImageData"  top: "data"  top: "label"
  image_data_param { source: "images.txt"  batch_size: 2  is_color: false }
}
"""
Image.new("L", (4, 4)).save("one.png")
'''
ROWS = '''\
from pathlib import Path

import h5py
import numpy as np

import compiler
import netspec

spec = """
layer {
  name: "rows"  type: "HDF5Data"  top: "data"
  hdf5_data_param { source: "files.txt"  batch_size: 2 }
}
"""
Path("files.txt").write_text("one.h5\\n")
with h5py.File("one.h5", "w") as file:
'''
LABELS = '''\
import torch

import compiler
import netspec

spec = """
layer { name: "in"  type: "Input"  top: "score"  top: "label"
        input_param { shape { dim: 1 dim: 3 } shape { dim: 1 } } }
layer { name: "loss"  type: "SoftmaxWithLoss"  bottom: "score"  bottom: "label"  top: "loss" }
"""
net = compiler.compile(netspec.loads(spec))
'''
OUTPUT = '''\
import torch

import compiler
import netspec

spec = """
layer { name: "in"  type: "Input"  top: "data"  top: "label"  input_param { shape { dim: 2 } } }
layer { name: "out"  type: "HDF5Output"  bottom: "data"  bottom: "label"
        hdf5_output_param { file_name: "out.h5" } }
"""
net = compiler.compile(netspec.loads(spec))
blob = torch.zeros(2)
'''
INDICES = '''\
import torch

import compiler
import netspec

spec = """
layer { name: "in"  type: "Input"  top: "word"  input_param { shape { dim: 1 } } }
layer { name: "rows"  type: "Embed"  bottom: "word"  top: "row"
        embed_param { input_dim: 3  num_output: 2 } }
"""
net = compiler.compile(netspec.loads(spec))
'''
ITEM = 'items = [(b"0", write_datum(Datum(1, 4, 4, bytes(16), 7)))]\n'
WRITE = 'write_database("images_lmdb", items)'

CODES: tuple[Code, ...] = (
    Code(
        "C301",
        "a data source is missing",
        "A database, a list of files or a mean file is not where the spec says, or may not be "
        "read. Paths are relative to the working directory, as in Caffe.",
        wrong=DATABASE + RUN,
        right=DATABASE + ITEM + WRITE + RUN,
        language="python",
    ),
    Code(
        "C302",
        "a database of the other kind",
        "Caffe reads LevelDB and LMDB databases, and takes LevelDB when `backend` is not "
        "written. Both are read here; `netspec data make old_leveldb new_lmdb` makes the one of "
        "the other, which is faster to resume and to share between processes.",
        wrong=DATABASE.replace("  backend: LMDB", "") + ITEM + WRITE + RUN,
        right=DATABASE + ITEM + WRITE + RUN,
        language="python",
    ),
    Code(
        "C303",
        "a database is damaged",
        "The pages of data.mdb contradict each other, or some are missing: the file was cut off "
        "while it was copied, is still being written, was made on a 32-bit machine, or is no LMDB "
        "file. Or a LevelDB's checksums tell that some of it has changed since it was written, "
        "which Caffe reads as another picture.",
        wrong="from pathlib import Path\n\n"
        + DATABASE
        + 'Path("images_lmdb").mkdir()\nPath("images_lmdb/data.mdb").write_text("no database")\n'
        + RUN,
        right=DATABASE + ITEM + WRITE + RUN,
        language="python",
    ),
    Code(
        "C304",
        "nothing to read",
        "A database, a list or a data set has no items, or rand_skip leaves out all of them.",
        wrong=DATABASE + "items = []\n" + WRITE + RUN,
        right=DATABASE + ITEM + WRITE + RUN,
        language="python",
    ),
    Code(
        "C305",
        "a line of a list",
        "Each line of an ImageData list is a path, one blank, and a label, which is a whole "
        "number; the path may have blanks of its own. Caffe takes anything for a number (a word "
        "counts as 0) and fails later, or learns the wrong label.",
        wrong=IMAGES + 'Path("images.txt").write_text("one.png cat\\n")' + RUN,
        right=IMAGES + 'Path("images.txt").write_text("one.png 3\\n")' + RUN,
        language="python",
    ),
    Code(
        "C306",
        "an image cannot be read",
        "An image file is missing, or it or an encoded item cannot be decoded: it is cut off, of "
        "an unknown format, of more than 8 bits a pixel and channel, or larger than any "
        "honest image (a decompression bomb).",
        wrong=IMAGES + 'Path("images.txt").write_text("two.png 3\\n")' + RUN,
        right=IMAGES + 'Path("images.txt").write_text("one.png 3\\n")' + RUN,
        language="python",
    ),
    Code(
        "C307",
        "an item is no Datum",
        "The value of an item of a database is not a Datum message, or it does not hold "
        "channels x height x width numbers. Caffe reads past the end of such an item.",
        wrong=DATABASE + ITEM.replace("bytes(16)", "bytes(15)") + WRITE + RUN,
        right=DATABASE + ITEM + WRITE + RUN,
        language="python",
    ),
    Code(
        "C308",
        "an HDF5 file cannot be used",
        "An HDF5Data layer reads from each file of its list one data set for each top, of the "
        "top's name. They hold whole numbers or floats, and have the same number of rows.",
        wrong=ROWS + '    file["pixels"] = np.zeros((3, 1, 4, 4))\n' + RUN,
        right=ROWS + '    file["data"] = np.zeros((3, 1, 4, 4))\n' + RUN,
        language="python",
    ),
    Code(
        "C309",
        "data do not fit",
        "The images of a batch have different sizes, the mean file is for other images, there "
        "are too few pixels to cut crop_size from, or the data are not of the shape that the net "
        "was made for. The mean image is as large as the images are before they are cut.",
        wrong=DATABASE + ITEM.replace("1, 4, 4, bytes(16)", "1, 5, 5, bytes(25)") + WRITE + RUN,
        right=DATABASE + ITEM + WRITE + RUN,
        language="python",
    ),
    Code(
        "C310",
        "a second batch for one HDF5Output",
        "An HDF5Output layer writes the data sets `data` and `label` of one batch. Caffe stops at "
        "a second one, since they are there already.",
        wrong=OUTPUT + "net(data=blob, label=blob)\nnet(data=blob, label=blob)\n",
        right=OUTPUT + "net(data=blob, label=blob)\n",
        language="python",
    ),
    Code(
        "C350",
        "a label is out of range",
        "A label is the number of a class, from 0 to one less than there are scores. Caffe's "
        "release builds read memory that is not theirs where it is not.",
        wrong=LABELS + "net(score=torch.zeros(1, 3), label=torch.tensor([3.0]))\n",
        right=LABELS + "net(score=torch.zeros(1, 3), label=torch.tensor([2.0]))\n",
        language="python",
    ),
    Code(
        "C351",
        "an index is out of range",
        "Embed reads the number of a row, BatchReindex that of an item of the batch, from 0 to one "
        "less than there are. Caffe's release builds read memory that is not theirs where it is "
        "not.",
        wrong=INDICES + "net(word=torch.tensor([3.0]))\n",
        right=INDICES + "net(word=torch.tensor([2.0]))\n",
        language="python",
    ),
)
