"""The list files of data layers: images with their labels, and names of HDF5 files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from netspec.records.unreadable import Unreadable

HDF5 = b"\x89HDF\r\n\x1a\n"
LABEL = re.compile(r"[+-]?[0-9]{1,10}\Z")


def image_list(source: str) -> Iterator[tuple[str, int]]:
    """(path, label) of each line; the label stands after the last blank (image_data_layer.cpp).

    Caffe reads a label with C's atoi, which takes anything for some number; here it has to be one.
    Raises Unreadable: C301 no list, C304 empty, C305 a line.
    """
    empty = True
    for number, line in enumerate(_lines(source), 1):
        path, blank, label = line.rpartition(" ")
        if not blank or not path or not LABEL.match(label) or not -(2**31) <= int(label) < 2**31:
            what = "is empty" if not line.strip() else f"is not a path and a label: {line[:80]}"
            help = "write `path label`, with one blank before the label, a whole number"
            raise Unreadable("C305", f"line {number:,} of {source} {what}", help)
        yield path, int(label)
        empty = False
    if empty:
        raise Unreadable(
            "C304", f"the list {source} is empty", "name an image and its label on each line"
        )


def file_list(source: str) -> list[str]:
    """The paths in a list, between blanks or line ends; raises Unreadable (C301, C304, C305)."""
    if _is_hdf5(source):
        message = f"{source} is an HDF5 file itself, where a list of such files is expected"
        raise Unreadable("C305", message, f"write {source} into a text file, and give that")
    found = [path for line in _lines(source) for path in line.split()]
    if not found:
        raise Unreadable("C304", f"the list {source} is empty", "name an HDF5 file on each line")
    return found


def _is_hdf5(source: str) -> bool:
    try:
        with open(source, "rb") as file:
            return file.read(len(HDF5)) == HDF5
    except (OSError, ValueError):
        return False


def _lines(source: str) -> Iterator[str]:
    try:
        with Path(source).open(encoding="utf-8", errors="surrogateescape", newline="\n") as file:
            for line in file:
                yield line.rstrip("\r\n")
    except (OSError, ValueError) as wrong:
        reason = getattr(wrong, "strerror", None) or wrong
        help = "source is a list of files; paths are relative to the working directory"
        raise Unreadable("C301", f"the list {source} cannot be read ({reason})", help) from None
