"""The TarData layer's reader: samples of tar files, shards of its own for each process.

There is a stream of samples for each process at the beginning of the training, and the batches are
taken from them in turn. Where it goes on with another number of processes, the streams stay, and
a process may have to walk through several of them, by the headers alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, count, islice
from typing import NamedTuple

import numpy as np

from compiler.data.ahead import Making
from compiler.data.chance import Purpose
from compiler.data.decode import decode
from compiler.data.labelled import Batches
from compiler.data.resize import resize
from compiler.data.stream import Stream
from netspec.layers.tar import TarData
from netspec.records import Unreadable, first_sample_shape
from netspec.records.images import image_shape, open_image
from netspec.records.tar_file import Sample, samples, shard_paths
from netspec.schema.layer import Shape
from netspec.schema.net import Phase


class TarImage(NamedTuple):
    """A sample that is yet to be read."""

    sample: Sample
    layer: TarData
    labelled: bool

    @property
    def what(self) -> str:
        return self.sample.what

    def shape(self) -> Shape:
        if self.layer.resized is not None:
            return self.layer.resized
        with open_image(self.sample.image, self.what) as image:
            return image_shape(image, self.layer.is_color)

    def read(self) -> tuple[np.ndarray, float]:
        label = self.sample.label(self.layer.label) if self.labelled else 0
        pixels = decode(self.sample.image, self.what, self.layer.is_color)
        if self.layer.new_height:
            pixels = resize(pixels, self.layer.new_height, self.layer.new_width)
        return pixels, label


class Walk(NamedTuple):
    """Where one is in a stream: the place of its next sample, and what follows."""

    place: int
    samples: Iterator[Sample]


class TarReader:
    """Batches of samples; `shapes` are those of the tops. Raises Unreadable.

    What is shuffled are the places of samples, so a batch is read when it is its turn, and what
    comes when depends on the seed and on how many streams there are alone.
    """

    records = 0  # nobody has counted them

    def __init__(
        self, layer: TarData, phase: Phase, shapes: tuple[Shape, ...], name: str, stream: Stream
    ) -> None:
        self._layer, self._share, self._chance = layer, stream.share, stream.chance(name)
        self._batches = Batches(layer.transform, layer, phase, shapes, name, stream)
        self._shards = shard_paths(layer.source)
        self._streams = stream.processes
        if len(self._shards) < self._streams:
            message = f"{len(self._shards)} shards cannot be shared by {self._streams} processes"
            raise Unreadable("C362", message, "make as many shards as processes, or several times")
        self._labelled = len(shapes) > 1
        self._counts: dict[str, int] = {}
        self._size = self._batches.fit(self._first_shape(), f"the first image of {layer.source}")
        self._walks: dict[int, Walk] = {}

    def read(self, number: int) -> list[TarImage]:
        turn, which = divmod(self._share.turn(number), self._streams)
        place = turn * self._size
        walk = self._walks.get(which)
        if walk is None or walk.place > place:
            walk = Walk(place, self._from(which, place))
        found = list(islice(walk.samples, place - walk.place, place - walk.place + self._size))
        self._walks[which] = Walk(place + self._size, walk.samples)
        return [TarImage(sample, self._layer, self._labelled) for sample in found]

    def make(self, items: list[TarImage], number: int) -> Making:
        return self._batches.make(items, number)

    def close(self) -> None:
        """Shards are closed as soon as they are read."""

    def _first_shape(self) -> Shape:
        found = first_sample_shape(self._layer.source, self._layer.is_color)
        return self._layer.resized or found

    def _from(self, which: int, place: int) -> Iterator[Sample]:
        """The samples of a stream from a place in it on, without an end."""
        turn = 0
        while place and place >= (passed := sum(map(self._count, self._own(which, turn)))):
            if not passed:
                raise self._empty(which)
            turn, place = turn + 1, place - passed
        return islice(self._passes(which, turn), place, None)

    def _passes(self, which: int, turn: int) -> Iterator[Sample]:
        for each in count(turn):
            sample = None
            for sample in self._pass(which, each):
                yield sample
            if sample is None:
                raise self._empty(which)

    def _empty(self, which: int) -> Unreadable:
        mine = f"for process {which} of {self._streams}"
        message = f"no shard of {self._layer.source} {mine} has a sample"
        return Unreadable("C304", message, "put samples into all of them")

    def _own(self, which: int, turn: int) -> list[str]:
        """The shards of a stream in a pass over all, in their order."""
        order = np.arange(len(self._shards))
        if self._layer.shuffle:
            order = self._chance(Purpose.ORDER, turn).permutation(order)
        return [self._shards[i] for i in order[which :: self._streams]]

    def _pass(self, which: int, turn: int) -> Iterator[Sample]:
        found = chain.from_iterable(map(samples, self._own(which, turn)))
        if not self._layer.shuffle:
            return found
        random = self._chance(Purpose.ROWS, turn * self._streams + which)
        return _mixed(found, self._layer.shuffle_buffer, random)

    def _count(self, shard: str) -> int:
        if shard not in self._counts:
            self._counts[shard] = sum(1 for _ in samples(shard))
        return self._counts[shard]


def _mixed(found: Iterator[Sample], room: int, random: np.random.Generator) -> Iterator[Sample]:
    """Each of them once: always one of the `room` that are waiting, drawn at random."""
    waiting = list(islice(found, room))
    for new in found:
        drawn = int(random.integers(len(waiting)))
        yield waiting[drawn]
        waiting[drawn] = new
    yield from (waiting[i] for i in random.permutation(len(waiting)))
