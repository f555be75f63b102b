"""Make data sets, take their mean, look at what is in them, and check every record.

A source is a folder with a folder of images for each class, a list (`path label` on each line), a
database, tar files (train-{000..099}.tar), an HDF5 file, IDX files as MNIST's, a CSV file or an
.npz file. What is made is an LMDB database, or what the ending says: .tar or .h5. Nothing appears
before it is whole. `check` ends with exit code 1 where a record is broken.

    netspec data make photos train_lmdb --resize 256x256 --held-out 0.2 val_lmdb
    netspec data make list.txt "train-{000..009}.tar" --root photos/ --encoded
    netspec data mean train_lmdb mean.binaryproto
    netspec data show train_lmdb --sheet sheet.png
    netspec data check train_lmdb
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from math import prod
from pathlib import Path

from tools import arguments as argument


def arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    make = verbs.add_parser("make", help="write a data set")
    mean = verbs.add_parser("mean", help="the mean image, and that of each channel")
    show = verbs.add_parser("show", help="how many records, of which shapes and labels")
    check = verbs.add_parser("check", help="read every record, and name the broken ones")
    for verb in (make, mean, show, check):
        verb.add_argument("source", metavar="SOURCE", help="what is read")
        _reading(verb)
        argument.json(verb)
    make.add_argument("target", metavar="TARGET", help="the folder or file to write")
    help = "the .binaryproto or .npy to write"
    mean.add_argument("target", type=Path, nargs="?", metavar="TARGET", help=help)
    show.add_argument("--sheet", type=Path, metavar="FILE", help="write a PNG of some records")
    help = "how many records the sheet has (default: 100)"
    show.add_argument("--tiles", type=argument.count, default=100, metavar="N", help=help)
    for verb in (make, mean):
        _preparing(verb)
    _making(make)


def _reading(verb: argparse.ArgumentParser) -> None:
    help = "what is put before the paths of a list"
    verb.add_argument("--root", default="", metavar="PATH/", help=help)
    help = "the file (IDX), column (CSV), array (.npz, .h5) or ending (tar) of the labels"
    verb.add_argument("--labels", default="", metavar="NAME", help=help)
    help = "the array of the images, in an .npz or .h5 file"
    verb.add_argument("--images", default="", metavar="NAME", help=help)
    help = "the shape of a CSV row, channels first"
    verb.add_argument("--row", type=shape(3), metavar="CxHxW", help=help)
    help = "arrays of an .npz file have their channels last"
    verb.add_argument("--channels-last", action="store_true", help=help)


def _preparing(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--gray", action="store_true", help="read images in gray")
    verb.add_argument("--resize", type=shape(2), metavar="HxW", help="resize images")
    for side in ("height", "width"):
        names = (f"--resize-{side}", f"--resize_{side}")
        verb.add_argument(*names, type=argument.count, metavar="N", help=f"the {side} by itself")


def _making(make: argparse.ArgumentParser) -> None:
    make.add_argument("--encoded", action="store_true", help="keep images encoded")
    help = "encode images anew, unless they are so already"
    make.add_argument("--encode-type", "--encode_type", choices=("jpg", "png"), help=help)
    make.add_argument("--shuffle", action="store_true", help="in an order by chance")
    help = "where chance begins (default: 0)"
    make.add_argument("--seed", type=int, default=0, metavar="N", help=help)
    help = "write this share of the records, drawn by chance, to another target"
    make.add_argument("--held-out", nargs=2, metavar=("SHARE", "TARGET"), help=help)
    help = "refuse records of different shapes"
    make.add_argument("--check-size", "--check_size", action="store_true", help=help)
    make.add_argument("--skip-broken", action="store_true", help="leave broken records out")
    make.add_argument("--force", action="store_true", help="write over what is there")


def shape(axes: int) -> Callable[[str], tuple[int, ...]]:
    """A type of argument: `256x256` as numbers."""

    def read(text: str) -> tuple[int, ...]:
        numbers = tuple(int(n) if n.isdigit() else 0 for n in text.lower().split("x"))
        if len(numbers) != axes or prod(numbers) < 1:
            raise argparse.ArgumentTypeError(f"expected {'CxHxW'[-2 * axes + 1 :]}, found {text}")
        return numbers

    return read


def run(options: argparse.Namespace) -> int:
    from compiler.datasets import diagnosing
    from tools import data_verbs

    with diagnosing():
        code: int = getattr(data_verbs, options.verb)(options)
    return code
