"""Labelled images to batches: decoded, transformed, and broken ones skipped or refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np

from compiler.data.ahead import Making
from compiler.data.chance import Purpose
from compiler.data.filling import Filling, Named
from compiler.data.fits import check_fits
from compiler.data.stream import Stream
from compiler.data.transform import Transform
from netspec.layers.reading import Broken, OwnReading
from netspec.layers.transform import TransformationParameter
from netspec.records import Unreadable
from netspec.schema.layer import Shape
from netspec.schema.net import Phase


class Labelled(Named, Protocol):
    """An image that is yet to be read; both methods raise Unreadable."""

    def shape(self) -> Shape:
        """channels x height x width, from its header."""

    def read(self) -> tuple[np.ndarray, float]:
        """The pixels, channels x height x width, and the label."""


Together = tuple[np.ndarray, np.ndarray]  # images of one shape, and their labels


class Batches:
    """Makes the batches of a data layer; `shapes` are those of its tops.

    `together` reads several images at once, or says with None that they are to be read singly.
    """

    def __init__(
        self,
        said: TransformationParameter,
        own: OwnReading,
        phase: Phase,
        shapes: tuple[Shape, ...],
        name: str,
        stream: Stream,
        together: Callable[[Sequence[Any]], Together | None] = lambda items: None,
    ) -> None:
        self._together = together
        self._transform = Transform(said, phase)
        self._skips = own.broken is Broken.SKIP
        self._shapes, self._stream, self._chance = shapes, stream, stream.chance(name)

    def fit(self, image: Shape, what: str) -> int:
        """How many images make a batch; raises Unreadable (C309) for images of no use."""
        return check_fits(self._transform.shape(image, what), self._shapes[0], what)

    def make(self, items: Sequence[Labelled], number: int) -> Making:
        """A batch of the shape of its first image; each choice depends on the batch's number."""
        stream = self._stream
        data = stream.blob(len(items), *self._first_shape(items))
        label = stream.blob(len(items))
        images, labels = data.numpy(), label.numpy()
        random = self._chance(Purpose.IMAGES, stream.share.turn(number))
        chosen = random.random((len(items), 3))

        def fill(i: int) -> None:
            pixels, labels[i] = items[i].read()
            self._transform.place(images[i], pixels, items[i], chosen[i].tolist())

        def fill_all(places: range) -> bool:
            some = slice(places.start, places.stop)
            found = self._together(items[some])
            if found is not None:
                labels[some] = found[1]
                self._transform.place_all(images[some], found[0], items[some], chosen[some])
            return found is not None

        batch = (data, label)[: len(self._shapes)]
        skipped = stream.skipped if self._skips else None
        return Filling(batch, items, fill, skipped, self._transform.finish, fill_all).making()

    def _first_shape(self, items: Sequence[Labelled]) -> Shape:
        """What the first image becomes, or, where broken ones are skipped, the first that can."""
        first: Unreadable | None = None
        for item in items:
            try:
                return self._transform.shape(item.shape(), item.what)
            except Unreadable as wrong:
                if not self._skips:
                    raise
                first = first or wrong
        assert first is not None
        raise first
