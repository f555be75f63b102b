"""The smallest valid layer of a type, worked out from its declaration, for its reference page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
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
WARNING = "N5"
WORD = re.compile(r"\w+")


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
    layer, wrong = cls(**written), _wrong(cls(**written))
    while wrong is not None and (more := _more(layer, wrong, written)) is not None:
        written |= more
        layer, wrong = cls(**written), _wrong(cls(**written))
    for reject in layer.check():
        if not reject.code.startswith(WARNING):
            raise reject
    return Example(layer, _readable(layer), _bottoms(cls), _tops(cls))


def _more(layer: Layer, wrong: Reject, written: dict[str, Any]) -> dict[str, Any] | None:
    """The next setting to write: the one that is complained about, or one that the help names."""
    words = {wrong.setting, *WORD.findall(wrong.help)}
    named = [s for s in layer.settings.values() if words & {s.name, *s.fields}]
    for setting in sorted(named, key=lambda s: s.name != wrong.setting):
        if setting.name in written:
            continue
        values = list(_values(setting))
        for value in values:
            left = _wrong(type(layer)(**written, **{setting.name: value}))
            if left is None or left.setting != setting.name:
                return {setting.name: value}
        return {setting.name: values[0]}
    return None


def _wrong(layer: Layer) -> Reject | None:
    """What is wrong with the settings of a layer, taken together or before any blobs."""
    for reject in layer.check():
        if not reject.code.startswith(WARNING):
            return reject
    fault = None
    for shapes in _shapes(layer):
        try:
            layer.shapes(shapes, _tops(type(layer)))
        except Reject as reject:
            fault = reject
        else:
            return None
    return fault if fault is not None and fault.setting in layer.settings else None


def _readable(layer: Layer) -> tuple[Shape, ...] | None:
    """Shapes that the layer can read, where some are found."""
    for shapes in _shapes(layer):
        with suppress(Reject):
            layer.shapes(shapes, _tops(type(layer)))
            return shapes
    return None


def _shapes(layer: Layer) -> Iterator[tuple[Shape, ...]]:
    return product(BLOBS, repeat=len(_bottoms(type(layer))))


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
