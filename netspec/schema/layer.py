"""A layer type, declared once: its settings, its rules for shapes, weights and cost, its traits."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import Any, ClassVar, NamedTuple

from netspec.language.tree import Field, Kind, Message
from netspec.schema.measured import Measured
from netspec.schema.net import FillerParameter
from netspec.schema.settings import NOWHERE, Reject, Setting, Settings
from netspec.schema.traits import Survey, Window

Shape = tuple[int, ...]
CONSTANT = FillerParameter()
AUTOMATIC = "(automatic)"  # begins the name of a loss's top that the file does not name


class Family(Enum):
    """What a layer is for; diagrams give each family a colour."""

    DATA = "data"
    SPATIAL = "convolution and pooling"
    DENSE = "fully connected"
    NORMALIZATION = "normalization"
    ACTIVATION = "activation"
    SHAPE = "shape and wiring"
    ARITHMETIC = "arithmetic"
    LOSS = "loss and accuracy"


@dataclass(frozen=True)
class Weight:
    """A parameter blob. `role` is its name in a state_dict; their order is a `.caffemodel`'s.

    `filler` is None where the layer fills it itself; `learned` is False for statistics, which Caffe
    keeps among the parameters with a learning rate of zero, `fixed` where it does so whatever
    lr_mult says. `also` are other shapes that weights files have it in, as forks wrote them.
    """

    role: str
    shape: Shape
    filler: FillerParameter | None = CONSTANT
    learned: bool = True
    fixed: bool = False
    also: tuple[Shape, ...] = ()

    def check(self) -> None:
        """Raise Reject where the filler cannot fill the shape."""
        if self.filler is not None:
            self.filler.suits(self.role, self.shape)


class FileOrder(NamedTuple):
    """Where a fork's weights files have each of a layer's `weights`, and whose order that is."""

    places: tuple[int, ...]
    whose: str


@dataclass(frozen=True)
class Count:
    """How many bottoms or tops a layer takes; `most` None is any number."""

    least: int
    most: int | None

    def __contains__(self, n: object) -> bool:
        return isinstance(n, int) and self.least <= n and (self.most is None or n <= self.most)

    def __str__(self) -> str:
        if self.least == self.most:
            return str(self.least)
        return f"{self.least} or more" if self.most is None else f"{self.least} to {self.most}"


class Layer(Measured, Settings):
    """The declaration of a layer type: the class name is Caffe's, the docstring its first words.

    `infer` takes the shapes of the bottoms (its positional parameters are the bottoms and their
    names, an optional one an optional bottom) and returns the shape of the top, or a tuple of
    shapes where there may be several tops. Where it matters it also takes `tops`, their number,
    `names`, their names, and `given`, the user's shape for a source's first.
    """

    message: ClassVar[str | None] = None  # the field that holds its settings: "pooling_param"
    family: ClassVar[Family]
    tops: ClassVar[Count] = Count(1, 1)
    top_per_bottom: ClassVar[bool] = False  # as many tops as bottoms, each made from one
    elementwise: ClassVar[bool] = False  # each element of the top depends on one of the bottom
    in_place: ClassVar[bool] = False  # Caffe lets the top be the bottom
    loss: ClassVar[bool] = False  # the first top is a loss unless loss_weight says otherwise
    makes_data: ClassVar[bool] = False  # makes its tops itself
    fed: ClassVar[bool] = False  # a source whose tops the caller feeds
    by_array: ClassVar[bool] = False  # which it hands out batch by batch, of arrays that it is fed
    writes: ClassVar[bool] = False  # runs for what it does outside the net
    known: ClassVar[bool] = True  # False: what it makes is not known without running code of others
    shape_only: ClassVar[frozenset[int]] = frozenset()  # bottoms of which only the shape is read
    batch_statistics: ClassVar[bool] = False  # normalises by statistics of the batch, in training
    probabilities: ClassVar[bool] = False  # computes a softmax of its first bottom
    backward_from_top: ClassVar[bool] = False  # Caffe works out its gradient from its top
    backward_from_bottom: ClassVar[bool] = False  # or its bottom, even where it overwrites that
    superseded: ClassVar[str] = ""  # what later papers use in its place
    fork: ClassVar[str] = ""  # the fork of Caffe that it is of; empty for BVLC's own
    caffe: ClassVar[str] = ""  # where Caffe states the rule, for the reference page

    def meant(self) -> Layer:
        """The layer that the settings stand for, where that is another; raises Reject."""
        return self

    def placed(self, lying: Callable[[], tuple[int, ...]], net: Sequence[Layer]) -> Layer:
        """What it means in a net of these; `lying` is where bottom 1 begins in 0, or raises."""
        return self

    def infer(self, *args: Any, **kwargs: Any) -> Any:
        """The shapes of the tops; raises Reject where the bottoms cannot be used."""
        raise NotImplementedError

    def weights(self, *args: Any, **kwargs: Any) -> tuple[Weight, ...]:
        """The parameter blobs, in Caffe's order."""
        return ()

    def file_order(self, shapes: Sequence[Shape]) -> FileOrder | None:
        """The order that weights files with blobs of these shapes have, if it is not Caffe's."""
        return None

    def variant(self, bottoms: int, tops: int) -> str:
        """Whose layer it is and what that means, where forks give the type's name to several.

        Decided by its settings, and by how many bottoms and tops it has.
        """
        return ""

    def slides(self, *bottoms: Shape) -> Window | None:
        """The window that it slides over its first bottom, where it does."""
        return None

    def by_batch(self, training: bool) -> bool:
        """Whether it normalises by statistics of the batch, in training or in use."""
        return False

    def classes(self, scores: Shape) -> int | None:
        """Of a layer that compares scores with class numbers, how many classes there are."""
        return None

    def survey(self) -> Survey | None:
        """How many items a data layer's source has, and their labels; None where none can tell."""
        return None

    def absent(self) -> Iterator[Reject]:
        """What has to be there before the layer can run, and is not: files that it reads."""
        yield from ()

    def identity_when(self, training: bool) -> bool:
        """Whether the layer passes its bottom on unchanged."""
        return False

    def steady(self, tops: int) -> tuple[bool, ...]:
        """Of a source, which tops are the same in every batch."""
        return (False,) * tops

    def deployed(self) -> Layer | None:
        """What stands in its place in a deploy net, which has no labels.

        The layer itself; for a loss its prediction, or None, and its first bottom is an output.
        """
        return None if self.loss else self

    def caption(self, *bottoms: Shape) -> str:
        """The layer in the few words that the figures of papers use, such as `3×3 conv, 64, /2`."""
        return type(self).__name__

    def shapes(
        self, bottoms: Sequence[Shape], tops: Sequence[str], given: Shape | None = None
    ) -> tuple[Shape, ...]:
        """The shapes of the tops, which are given by name; raises Reject."""
        offered = {"tops": len(tops), "names": tuple(tops), "given": given}
        parameters = _parameters(type(self).infer)
        made = self.infer(*bottoms, **{k: v for k, v in offered.items() if k in parameters})
        shapes = (made,) if made == () or isinstance(made[0], int) else tuple(made)
        return shapes[: len(tops)]

    @classmethod
    def bottom_count(cls) -> Count:
        """How many bottoms, from the signature of `infer`."""
        parameters = _parameters(cls.infer).values()
        fixed = [p for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
        least = sum(p.default is p.empty for p in fixed)
        any_number = any(p.kind is p.VAR_POSITIONAL for p in parameters)
        return Count(least, None if any_number else len(fixed))

    @classmethod
    def bottom_names(cls) -> list[str]:
        """What the bottoms are called, from the signature of `infer`."""
        kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
        return [
            p.name + (", ..." if p.kind is p.VAR_POSITIONAL else "")
            for p in _parameters(cls.infer).values()
            if p.kind in kinds
        ]

    @classmethod
    def own(cls) -> dict[str, Setting]:
        """The fields inside the layer's own message."""
        return {name: s for name, s in cls.by_field.items() if not s.on_layer}

    @classmethod
    def groups(cls) -> dict[str, Setting]:
        """The other messages that the layer reads: transform_param, loss_param."""
        return {name: s for name, s in cls.by_field.items() if s.on_layer}

    @classmethod
    def facts(cls) -> Facts:
        """What the YAML expander needs to know."""
        bottoms = cls.bottom_count()
        most = None if cls.top_per_bottom else cls.tops.most
        return Facts(
            cls.message,
            frozenset(cls.own()),
            frozenset(cls.groups()),
            (bottoms.least, bottoms.most),
            (cls.tops.least, most),
            cls.in_place and (cls.elementwise or cls.family is Family.NORMALIZATION),
            cls,
        )

    def unbind_fields(self) -> Iterator[Field]:
        """The fields of a layer message that hold this layer's settings."""
        inside = [s for s in self.settings.values() if not s.on_layer]
        own = [f for s in inside for f in s.write(getattr(self, s.name))]
        if own and self.message:
            yield Field(self.message, Message(own, NOWHERE), NOWHERE)
        for s in self.settings.values():
            if s.on_layer:
                yield from s.write(getattr(self, s.name))


@dataclass(frozen=True)
class Facts:
    """A layer type as the language sees it (netspec.language.facts.LayerFacts)."""

    message: str | None
    settings: Collection[str]
    groups: Collection[str]
    bottoms: tuple[int, int | None]
    tops: tuple[int, int | None]
    in_place: bool
    declaration: type[Layer]

    def kind_of(self, path: tuple[str, ...]) -> Kind | None:
        return self.declaration.kind_of(path)


@cache
def _parameters(infer: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    return {k: v for k, v in inspect.signature(infer).parameters.items() if k != "self"}


def canonical_axis(axis: int, rank: int, setting: str = "axis", beyond: int = 0) -> int:
    """An axis counted from the front; negative ones count from the back (Blob::CanonicalAxisIndex).

    `beyond` 1 allows the axis just after the last.
    """
    if not -rank <= axis < rank + beyond:
        axes = "1 axis" if rank == 1 else f"{rank} axes"
        help = f"an axis from {-rank} to {rank - 1 + beyond}" if rank + beyond else ""
        raise Reject("N404", setting, f"{setting} is {axis}, but the bottom has {axes}", help)
    return axis + rank if axis < 0 else axis
