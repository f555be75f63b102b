"""The reference page of a layer type, printed from its declaration, and a table of many."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from inspect import cleandoc
from textwrap import fill, indent
from typing import Any

from netspec.language.prototxt.write import print_prototxt
from netspec.language.tree import Message
from netspec.language.yaml.to_yaml import to_yaml
from netspec.reference import ROWS, UNLIKE
from netspec.reference.row import Row
from netspec.schema.example import Example, smallest
from netspec.schema.forks import OURS
from netspec.schema.layer import Family, Layer
from netspec.schema.net import LayerParameter
from netspec.schema.settings import NOWHERE, REQUIRED, Setting, Settings

WIDTH = 80
SENTENCE = re.compile(r"(?<=[.:])\s+(?=[A-Z])")


def page(cls: type[Layer]) -> str:
    """All that is declared of a layer type, in 80 columns."""
    example = smallest(cls)
    head = f"{cls.__name__}{cls.family.value:>{WIDTH - len(cls.__name__)}}"
    parts = [head, *_paragraphs(cleandoc(cls.__doc__ or "")), _blobs(cls, example)]
    parts += _settings(cls)
    if rows := ROWS.get(cls.__name__):
        parts.append("Where PyTorch differs:\n" + _differences(rows, "PyTorch"))
    if rows := UNLIKE.get(cls.__name__):
        parts.append("Where Caffe is not followed:\n" + _differences(rows, "here"))
    place = f"src/caffe/{cls.caffe}" if cls.caffe else ""
    origin = ", ".join(filter(None, (cls.fork, place)))
    kind = "Not in Caffe" if cls.fork == OURS else "Of a fork" if cls.fork else "Caffe"
    parts.append(fill(f"{kind}: {origin}", WIDTH))
    net = Message([example.field()], NOWHERE)
    parts.append("In prototxt:\n\n" + indent(print_prototxt(net), "    "))
    yaml = to_yaml(net, {cls.__name__: cls.facts()}, LayerParameter.by_field)
    parts.append("In YAML:\n\n" + indent(yaml, "    "))
    return "\n\n".join(part.rstrip() for part in parts)


def first_sentence(cls: type[Settings]) -> str:
    """What a type is, from its docstring."""
    return SENTENCE.split(" ".join(cleandoc(cls.__doc__ or "").split("\n\n")[0].split()))[0]


def table(types: Iterable[type[Layer]]) -> str:
    """Types by family, each with a sentence, in 80 columns."""
    found = list(types)
    room = max(len(cls.__name__) for cls in found) + 4
    groups = []
    for family, members in _families(found).items():
        lines = [family.value]
        for cls in members:
            hanging = " " * room
            text = fill(
                first_sentence(cls), WIDTH, initial_indent=hanging, subsequent_indent=hanging
            )
            lines.append(f"  {cls.__name__:<{room - 2}}{text.lstrip()}")
        groups.append("\n".join(lines))
    return "\n\n".join(groups)


def markdown_table(types: Iterable[type[Layer]]) -> str:
    """The same for a README."""
    lines = ["| | type | |", "| --- | --- | --- |"]
    for family, members in _families(types).items():
        for i, cls in enumerate(members):
            text = first_sentence(cls).replace("|", "\\|") + (f" *{cls.fork}*" if cls.fork else "")
            lines.append(f"| {family.value if i == 0 else ''} | `{cls.__name__}` | {text} |")
    return "\n".join(lines)


def _families(types: Iterable[type[Layer]]) -> Mapping[Family, list[type[Layer]]]:
    found: dict[Family, list[type[Layer]]] = {family: [] for family in Family}
    for cls in types:
        found[cls.family].append(cls)
    return {family: members for family, members in found.items() if members}


def _paragraphs(text: str) -> Iterator[str]:
    return (fill(" ".join(part.split()), WIDTH) for part in text.split("\n\n"))


def _blobs(cls: type[Layer], example: Example) -> str:
    """Bottoms, tops and weights, a line each."""
    bottoms = ", ".join(cls.bottom_names())
    lines = [f"bottoms  {cls.bottom_count()}" + (f": {bottoms}" if bottoms else "")]
    if cls.top_per_bottom:
        lines.append("tops     one for each bottom")
    else:
        lines.append(f"tops     {cls.tops}" + (", or the bottom itself" if cls.in_place else ""))
    if example.shapes is not None and (weights := example.layer.weights(*example.shapes)):
        lines.append("weights  " + ", ".join(w.role for w in weights))
        if not any(w.learned for w in weights):
            lines[-1] += " (statistics, which are not learned)"
    return "\n".join(lines)


def _settings(cls: type[Settings]) -> Iterator[str]:
    """The settings of the layer's own message, then of every message inside or beside it."""
    own = [s for s in cls.settings.values() if not s.on_layer]
    if own and issubclass(cls, Layer) and cls.message:
        yield f"{cls.message}:\n" + "\n".join(_setting(s) for s in own)
    messages: dict[type[Settings], list[Setting]] = {}
    for setting in _nested(cls):
        assert setting.nested is not None
        messages.setdefault(setting.nested, []).append(setting)
    for nested, settings in messages.items():
        names = ", ".join(dict.fromkeys(s.fields[0] for s in settings))
        meant = f", {settings[0].doc}" if settings[0].on_layer else ""
        yield "\n".join([f"{names}{meant}:", *map(_setting, nested.settings.values())])


def _differences(rows: Iterable[Row], where: str) -> str:
    pairs = (r.caffe + (f" ({where}: {r.torch})" if r.torch != "none" else "") for r in rows)
    return "\n".join(fill(p, WIDTH, initial_indent="- ", subsequent_indent="  ") for p in pairs)


def _nested(cls: type[Settings]) -> Iterator[Setting]:
    for setting in cls.settings.values():
        if setting.nested:
            yield setting
            yield from _nested(setting.nested)


def _setting(setting: Setting) -> str:
    """What it means; what may be written; what holds when nothing is; why it changes nothing."""
    default = _default(setting)
    lines = [setting.doc, setting.describe() + (f"; {default}" if default else "")]
    if setting.fork:
        kind = "not in Caffe" if setting.fork == OURS else "of a fork of Caffe"
        lines.append(f"{kind}: {setting.fork}")
    if setting.unused:
        lines.append(f"changes nothing: {setting.unused}")
    if setting.uncomputed:
        lines.append(f"read, but not run: {setting.uncomputed}")
    hanging = " " * 22
    texts = [fill(s, WIDTH, initial_indent=hanging, subsequent_indent=hanging) for s in lines]
    name = setting.fields[0]
    if len(name) > 19:
        return f"  {name}\n" + "\n".join(texts)
    return f"  {name:<20}" + "\n".join(texts)[22:]


def _default(setting: Setting) -> str:
    if setting.default is REQUIRED:
        return "required"
    value: Any = setting.default
    if value in (None, ()) or isinstance(value, Settings):
        return ""
    return f"default {_written(setting, value)}"


def _written(setting: Setting, value: Any) -> str:
    if isinstance(value, Enum):
        return value.name
    if value == "":
        return '""'
    assert setting.nested is None
    return setting.of.write(value, NOWHERE).text  # type: ignore[union-attr]
