"""How many items a source of data holds, and the range of their labels."""

from __future__ import annotations

from netspec.records.database import item_datum, open_database
from netspec.records.lists import image_list
from netspec.records.lmdb_file import LmdbFile
from netspec.records.unreadable import Unreadable

LOOKED = 200  # items of a database, spread over all of it


def survey_database(source: str, backend: str) -> tuple[int, tuple[int, int], int]:
    """Items, the least and the largest label, and at how many items was looked.

    Raises Unreadable.
    """
    database = open_database(source, backend)
    try:
        if not isinstance(database, LmdbFile):
            raise Unreadable("C302", f"{source} tells what it holds when it is read through")
        count = len(database)
        looked = sorted({i * count // LOOKED for i in range(LOOKED)})
        labels = [item_datum(database[i], source).label for i in looked]
    finally:
        database.close()
    return count, (min(labels), max(labels)), len(labels)


def survey_list(source: str) -> tuple[int, tuple[int, int], int]:
    """The same of a list of images, every line of it."""
    labels = [label for _, label in image_list(source)]
    return len(labels), (min(labels), max(labels)), len(labels)
