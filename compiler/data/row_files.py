"""The HDF5Data layer's reader: rows of files that a list names (hdf5_data_layer.cpp)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from compiler.data.ahead import Batch, Making
from compiler.data.chance import Purpose
from compiler.data.fits import check_fits
from compiler.data.stream import Stream
from netspec.layers.data import HDF5Data
from netspec.records.lists import file_list
from netspec.records.tables import Tables
from netspec.schema.layer import Shape


class Piece(NamedTuple):
    """Rows of one file, in the order of one pass over all files."""

    turn: int
    file: int
    rows: slice


class RowReader:
    """Batches of rows; `shapes` and `tops` are those of the tops. Raises Unreadable."""

    def __init__(
        self,
        layer: HDF5Data,
        shapes: tuple[Shape, ...],
        tops: tuple[str, ...],
        name: str,
        stream: Stream,
    ) -> None:
        self._layer, self._shapes, self._tops = layer, shapes, tops
        self._stream, self._chance = stream, stream.chance(name)
        self._paths = file_list(layer.source)
        self._rows = np.array([self._count(path) for path in self._paths])
        self.records = int(self._rows.sum())
        self._open: tuple[int, Tables] | None = None
        self._order: tuple[tuple[int, int], np.ndarray] | None = None

    def read(self, number: int) -> Batch:
        batch = tuple(self._stream.blob(self._size, *shape[1:]) for shape in self._shapes)
        done = 0
        for piece in self._pieces(self._stream.share.records(number, self._size)):
            rows = self._row_numbers(piece)
            self._tables(piece.file).read(rows, [b.numpy()[done : done + len(rows)] for b in batch])
            done += len(rows)
        return batch

    def make(self, items: Batch, number: int) -> Making:
        return Making(items)

    def close(self) -> None:
        if self._open is not None:
            self._open[1].close()
        self._open = None

    def _count(self, path: str) -> int:
        with Tables(path, self._tops) as tables:
            for name, row, shape in zip(self._tops, tables.shapes, self._shapes):
                self._size = check_fits(row, shape, f"a row of {name} of {path}")
            return tables.rows

    def _pieces(self, places: range) -> Iterator[Piece]:
        while places:
            turn, place = divmod(places.start, int(self._rows.sum()))
            order = self._file_order(turn)
            ends = np.cumsum(self._rows[order])
            at = int(np.searchsorted(ends, place, "right"))
            file = int(order[at])
            row = place - int(ends[at] - self._rows[file])
            rows = range(row, int(self._rows[file]), places.step)[: len(places)]
            yield Piece(turn, file, slice(row, rows[-1] + 1, places.step))
            places = places[len(rows) :]

    def _file_order(self, turn: int) -> np.ndarray:
        if not self._layer.shuffle:
            return np.arange(len(self._paths))
        return self._chance(Purpose.ORDER, turn).permutation(len(self._paths))

    def _row_numbers(self, piece: Piece) -> np.ndarray:
        if not self._layer.shuffle:
            return np.arange(piece.rows.start, piece.rows.stop, piece.rows.step)
        which = piece.turn, piece.file
        if self._order is None or self._order[0] != which:
            random = self._chance(Purpose.ROWS, *which)
            self._order = which, random.permutation(self._rows[piece.file])
        return self._order[1][piece.rows]

    def _tables(self, file: int) -> Tables:
        if self._open is None or self._open[0] != file:
            self.close()
            self._open = (file, Tables(self._paths[file], self._tops))
        return self._open[1]
