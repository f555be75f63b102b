"""The smallest valid layer of a type, worked out from its declaration, for its reference page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

from netspec.language.tree import Field, Kind, Message, Scalar
from netspec.schema.kinds import Mismatch, One
from netspec.schema.layer import Layer, Shape
from netspec.schema.net import BlobShape
from netspec.schema.settings import NOWHERE, REQUIRED, Reject, Setting

BLOBS = ((2, 4, 8, 8), (3, 2, 4), (2, 4), (3, 2), (2,), (1, 1, 4, 4))
SHAPES = ((0, -1), (1, 3, 224, 224))
DATA = ("data", "label")
UNKNOWN = "N410"  # what a file that is not there would tell


@dataclass(frozen=True)
class Example:
    """A layer, shapes that it can read (None: none was found), and its bottoms' and tops' names."""

    layer: Layer
    shapes: tuple[Shape, ...] | None
    bottoms: tuple[str, ...]
    tops: tuple[str, ...]

    def field(self) -> Field:
        """`layer { ... }` as a person would write it."""
        kind = type(self.layer).__name__
        texts = [("name", kind.lower()), ("type", kind)]
        texts += [("bottom", b) for b in self.bottoms] + [("top", t) for t in self.tops]
        fields = [Field(name, Scalar(Kind.STRING, text, NOWHERE), NOWHERE) for name, text in texts]
        fields += self.layer.unbind_fields()
        return Field("layer", Message(fields, NOWHERE), NOWHERE)


def smallest(cls: type[Layer]) -> Example:
    """A layer with no more settings than it needs. Raises Reject where none was found."""
    written = {s.name: next(_values(s)) for s in cls.settings.values() if s.default is REQUIRED}
    while True:
        try:
            return _example(cls, written)
        except Reject as reject:
            more = cls.settings.get(reject.setting)
            if more is None or more.name in written:
                raise
            written[more.name] = _first_that_helps(cls, written, more)


def _first_that_helps(cls: type[Layer], written: dict[str, Any], setting: Setting) -> Any:
    """A value that the layer does not refuse; its other settings may still be missing."""
    for value in _values(setting):
        try:
            _example(cls, {**written, setting.name: value})
        except Reject as reject:
            if reject.setting == setting.name:
                continue
        return value
    return next(_values(setting))


def _example(cls: type[Layer], written: dict[str, Any]) -> Example:
    layer = cls(**written)
    for reject in layer.check():
        raise reject
    bottoms, tops = _bottoms(cls), _tops(cls)
    wrong = None
    for shapes in product(BLOBS, repeat=len(bottoms)):
        try:
            layer.shapes(shapes, tops)
        except Reject as reject:
            wrong = reject
            if reject.code != UNKNOWN or reject.setting not in written:
                continue
        return Example(layer, shapes, bottoms, tops)
    if wrong is not None and wrong.setting in cls.settings:
        raise wrong
    return Example(layer, None, bottoms, tops)


def _bottoms(cls: type[Layer]) -> tuple[str, ...]:
    least, most = cls.bottom_count().least, cls.bottom_count().most
    count = max(least, 2) if most is None and not cls.top_per_bottom else least
    return tuple(name.removesuffix(", ...") for name in cls.bottom_names()[:count])


def _tops(cls: type[Layer]) -> tuple[str, ...]:
    if cls.makes_data:
        return DATA[: min(len(DATA), cls.tops.most or cls.tops.least)]
    cuts = cls.tops.most is None and cls.bottom_count().most == 1  # one bottom, several tops
    count = 2 if cuts else cls.tops.least
    name = cls.__name__.lower()
    return (name,) if count == 1 else tuple(f"{name}{i + 1}" for i in range(count))


def _values(setting: Setting) -> Iterator[Any]:
    """Values that a person might write, best first."""
    if setting.nested and issubclass(setting.nested, BlobShape):
        whole = setting.nested is BlobShape  # else 0 and -1 have a meaning
        made: list[Any] = [setting.nested(dim=shape) for shape in SHAPES[whole:]]
    elif setting.nested:
        inside = setting.nested.settings.values()
        made = [
            setting.nested(),
            *(setting.nested(**{s.name: v}) for s in inside for v in _values(s)),
        ]
    elif isinstance(setting.of, One):
        made = list(setting.of.of)
    else:
        made = []
        for kind, text in (
            (Kind.NUMBER, "3"),
            (Kind.NAME, "true"),
            (Kind.STRING, f"path/to/{setting.name}"),
        ):
            try:
                made.append(setting.of.read(Scalar(kind, text, NOWHERE)))  # type: ignore[union-attr]
            except Mismatch:
                continue
    yield from ((value,) if setting.many else value for value in made)
