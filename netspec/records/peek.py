"""The shapes of a data source's items, from the first of them."""

from __future__ import annotations

from collections.abc import Sequence

from netspec.records.database import item_datum, item_name, open_database
from netspec.records.images import image_shape, open_image
from netspec.records.lists import file_list, image_list
from netspec.records.lmdb_file import Item
from netspec.records.tables import Tables
from netspec.records.tar_file import samples, shard_paths
from netspec.records.unreadable import Unreadable
from netspec.records.windows import windowed_images


def first_datum_shape(source: str, backend: str, color: bool | None = None) -> tuple[int, int, int]:
    """(channels, height, width) of the first item of a database; `color` as for `image_shape`."""
    database = open_database(source, backend)
    try:
        item = database.turn(0)
    finally:
        database.close()
    return datum_shape(item, source, color)


def datum_shape(item: Item, source: str, color: bool | None) -> tuple[int, int, int]:
    """(channels, height, width) of an item of a database; raises Unreadable (C306, C307)."""
    datum = item_datum(item, source)
    if not datum.encoded:
        return datum.shape
    with open_image(datum.data, item_name(item.key, source)) as image:
        return image_shape(image, color)


def first_image_shape(source: str, root: str, color: bool) -> tuple[int, int, int]:
    """(channels, height, width) of the first image of a list, not resized."""
    return file_shape(root + next(image_list(source))[0], color)


def first_window_shape(source: str, root: str) -> tuple[int, int, int]:
    """(channels, height, width) of the first image of a window file."""
    return file_shape(root + next(windowed_images(source)).path, color=True)


def file_shape(path: str, color: bool) -> tuple[int, int, int]:
    """(channels, height, width) of an image file; raises Unreadable (C306)."""
    with open_image(path, f"the image {path}") as image:
        return image_shape(image, color)


def first_sample_shape(source: str, color: bool) -> tuple[int, int, int]:
    """(channels, height, width) of the first image in tar files, not resized."""
    for shard in shard_paths(source):
        for sample in samples(shard):
            with open_image(sample.image, sample.what) as image:
                return image_shape(image, color)
    raise Unreadable("C304", f"no shard of {source} has a sample", "put samples into them")


def hdf5_shapes(source: str, names: Sequence[str]) -> list[tuple[int, ...]]:
    """The shape of a row of each data set, in the first file of a list."""
    with Tables(file_list(source)[0], names) as tables:
        return list(tables.shapes)
