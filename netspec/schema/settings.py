"""Settings: a message of the format, declared as a frozen dataclass whose fields are made by `param`.

    class FillerParameter(Settings):
        type: str = param(Text(), "how the values are drawn", default="constant")

From the declaration follow reading, writing, defaults, documentation and the names that diagnostics propose.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, dataclass_transform

from netspec.diagnostics import Report, nearest
from netspec.language.tree import Field, Kind, Message
from netspec.schema.kinds import Mismatch, ValueKind
from netspec.source import Source, Span

NOWHERE = Span(Source("<made>", ""), 0, 0)


class Required:
    """The default of a setting that has to be written."""

    def __repr__(self) -> str:
        return "required"


REQUIRED = Required()


@dataclass(frozen=True)
class Reject(Exception):
    """A setting, or what reaches a layer, cannot be used. `setting` names the field to point at, or is empty."""

    code: str
    setting: str
    message: str
    help: str = ""


@dataclass(frozen=True)
class Setting:
    """One declared setting of a message.

    `fields` are the names that it is written under, the first being Caffe's own; `of` is the kind of one value, or the
    Settings class of a nested message; `many` marks a repeated field, whose value is a tuple.
    """

    name: str
    of: ValueKind | type[Settings]
    doc: str
    default: Any
    fields: tuple[str, ...]
    many: bool = False
    unused: str = ""  # why the setting changes nothing here, where it does not
    on_layer: bool = False  # whether it stands beside the layer's own message, as transform_param and loss_param do

    @property
    def nested(self) -> type[Settings] | None:
        return self.of if isinstance(self.of, type) else None

    def read(self, found: list[Field], report: Report) -> Any:
        """The value that the fields stand for. Of a singular scalar the last counts; messages merge."""
        nested = self.nested
        if nested is not None and not self.many:
            messages = [self._message(f, report) for f in found]
            if any(m is None for m in messages):
                return self.default
            first = messages[0]
            assert first is not None
            merged = Message([g for m in messages if m for g in m.fields], first.span)
            return nested.bind(merged, report, found[0].span)
        values = []
        for each in found if self.many else found[-1:]:
            if nested is not None:
                message = self._message(each, report)
                if message is not None:
                    values.append(nested.bind(message, report, each.span))
                continue
            try:
                values.append(self.of.read(each.value))  # type: ignore[union-attr]
            except Mismatch as wrong:
                report.add(wrong.code, f"{each.name}: {wrong.message}", each.value.span, wrong.help)
        if self.many:
            return tuple(values)
        return values[0] if values else self.default

    def _message(self, found: Field, report: Report) -> Message | None:
        if isinstance(found.value, Message):
            return found.value
        report.add(
            "N204",
            f"{found.name}: expected a message, found {found.value.text}",
            found.value.span,
            f"write {found.name} {{ ... }}",
        )
        return None

    def write(self, value: Any) -> Iterator[Field]:
        """The fields that read back as `value`; none for the default."""
        if value == self.default:
            return
        for each in value if self.many else (value,):
            if isinstance(each, Settings):
                yield Field(self.fields[0], each.unbind(), NOWHERE)
            else:
                yield Field(self.fields[0], self.of.write(each, NOWHERE), NOWHERE)  # type: ignore[union-attr]

    def describe(self) -> str:
        """What may be written, for the reference page."""
        one = "a message" if self.nested else self.of.describe()  # type: ignore[union-attr]
        return f"{one}, repeated" if self.many else one


@dataclass(frozen=True)
class Spatial(Setting):
    """One number per spatial axis: `kernel_size` (repeated for a Convolution) or `kernel_h` and `kernel_w`.

    The value is a tuple: empty when not written, one number for all axes, or one per axis.
    """

    repeated: bool = True

    def read(self, found: list[Field], report: Report) -> tuple[int, ...]:
        whole, *pair = self.fields
        square = [f for f in found if f.name == whole]
        sides = [f for f in found if f.name in pair]
        numbers: dict[str, list[int]] = {name: [] for name in self.fields}
        for each in found:
            try:
                numbers[each.name].append(self.of.read(each.value))  # type: ignore[union-attr]
            except Mismatch as wrong:
                report.add(wrong.code, f"{each.name}: {wrong.message}", each.value.span, wrong.help)
                return tuple(self.default)
        if square and sides:
            written = " and ".join(sorted({f.name for f in sides}))
            report.add(
                "N203",
                f"{whole} is given together with {written}",
                sides[0].span,
                f"keep {whole}, or {pair[0]} and {pair[1]}",
            )
            return tuple(self.default)
        if square:
            return tuple(numbers[whole]) if self.repeated else tuple(numbers[whole][-1:])
        missing = [name for name in pair if not numbers[name]]
        if missing and self.missing is None:
            report.add(
                "N207",
                f"{sides[0].name} is given without {missing[0]}",
                sides[0].span,
                f"add {missing[0]}, or write {whole} for a square",
            )
            return tuple(self.default)
        return tuple(numbers[name][-1] if numbers[name] else self.missing or 0 for name in pair)

    missing: int | None = None  # what the side that is not written counts as; None: both are needed

    def write(self, value: tuple[int, ...]) -> Iterator[Field]:
        if value == self.default:
            return
        names = (
            self.fields[1:]
            if len(value) == 2 and len(self.fields) == 3
            else (self.fields[0],) * len(value)
        )
        for name, number in zip(names, value):
            yield Field(name, self.of.write(number, NOWHERE), NOWHERE)  # type: ignore[union-attr]

    def describe(self) -> str:
        if len(self.fields) == 3:
            each = "one per axis" if self.repeated else "square"
            return f"{self.of.describe()} ({each}), or {self.fields[1]} and {self.fields[2]}"  # type: ignore[union-attr]
        return f"{self.of.describe()}, one for all axes or one per axis"  # type: ignore[union-attr]


def param(
    of: ValueKind | type[Settings],
    doc: str,
    default: Any = REQUIRED,
    many: bool = False,
    field: str = "",
    unused: str = "",
) -> Any:
    """Declare a setting. `field` is its name in the format where that differs from the attribute's name."""
    default = () if many and default is REQUIRED else default
    return _declare(
        lambda name: Setting(name, of, doc, default, (field or name,), many, unused), default
    )


def group(of: type[Settings], field: str, doc: str, default: Any = REQUIRED) -> Any:
    """Declare a message that stands on the layer itself, beside its own: `loss_param`, `transform_param`.

    Where it is not written the value is that of an empty message, or `default`.
    """
    default = of() if default is REQUIRED else default
    return _declare(lambda name: Setting(name, of, doc, default, (field,), on_layer=True), default)


def spatial(
    of: ValueKind,
    doc: str,
    field: str,
    sides: str = "",
    repeated: bool = True,
    missing: int | None = None,
) -> Any:
    """Declare a setting per spatial axis: `spatial(UInt, ..., "kernel_size", "kernel")` reads kernel_h and kernel_w."""
    fields = (field, f"{sides}_h", f"{sides}_w") if sides else (field,)

    def make(name: str) -> Setting:
        return Spatial(name, of, doc, (), fields, many=True, repeated=repeated, missing=missing)

    return _declare(make, ())


def _declare(make: Callable[[str], Setting], default: Any) -> Any:
    extra = {} if default is REQUIRED else {"default": default}
    return dataclasses.field(kw_only=True, metadata={"make": make}, **extra)  # type: ignore[call-overload]


@dataclass_transform(
    frozen_default=True, kw_only_default=True, field_specifiers=(param, group, spatial)
)
class Settings:
    """A message of the format. Subclasses declare their fields with `param` and may override `check`."""

    settings: ClassVar[dict[str, Setting]] = {}
    by_field: ClassVar[dict[str, Setting]] = {}

    def __init_subclass__(cls) -> None:
        dataclass(frozen=True, kw_only=True)(cls)
        declared = dataclasses.fields(cls)  # type: ignore[arg-type]
        cls.settings = {
            f.name: f.metadata["make"](f.name) for f in declared if "make" in f.metadata
        }
        cls.by_field = {name: s for s in cls.settings.values() for name in s.fields}

    def check(self) -> Iterable[Reject]:
        """What is wrong with the settings taken together."""
        return ()

    @classmethod
    def bind(cls, message: Message, report: Report, place: Span | None = None) -> Any:
        """An instance from a tree, or None when something is wrong with it; every fault goes to the report.

        `place` is where to point when a required setting is missing.
        """
        before = len(report.errors)
        found: dict[str, list[Field]] = {}
        for each in message.fields:
            setting = cls.by_field.get(each.name)
            if setting is None:
                report.add(
                    "N202",
                    f"{cls.__name__} has no field {each.name}",
                    each.span,
                    cls.propose(each.name),
                )
            else:
                found.setdefault(setting.name, []).append(each)
        return cls.finish(found, message, report, place, before)

    @classmethod
    def finish(
        cls,
        found: dict[str, list[Field]],
        message: Message,
        report: Report,
        place: Span | None,
        before: int,
    ) -> Any:
        """Read the fields that were found, fill in defaults, run `check`."""
        values = {name: cls.settings[name].read(fields, report) for name, fields in found.items()}
        for name, setting in cls.settings.items():
            if setting.default is REQUIRED and name not in values:
                where = place or message.span
                report.add(
                    "N207",
                    f"{setting.fields[0]} is missing",
                    where,
                    f"add {setting.fields[0]}: {setting.describe()}",
                )
        if len(report.errors) > before:
            return None
        made = cls(**values)
        for reject in made.check():
            report.add(
                reject.code, reject.message, cls.locate(message, reject.setting, place), reject.help
            )
        return made if len(report.errors) == before else None

    @classmethod
    def locate(cls, message: Message, setting: str, place: Span | None = None) -> Span:
        """Where a setting is written in `message`, or else `place`."""
        names = cls.settings[setting].fields if setting in cls.settings else (setting,)
        for each in reversed(message.fields):
            if each.name in names:
                return each.span
        return place or message.span

    @classmethod
    def propose(cls, name: str) -> str:
        """Help for a field that this message does not have."""
        return nearest(name, cls.by_field) or f"it takes {', '.join(cls.by_field) or 'no settings'}"

    @classmethod
    def kind_of(cls, path: tuple[str, ...]) -> Kind | None:
        """How the scalar at a path such as ("weight_filler", "type") is written, or None if there is none."""
        setting = cls.by_field.get(path[0]) if path else None
        if setting is None:
            return None
        if setting.nested:
            return setting.nested.kind_of(path[1:])
        return setting.of.scalar if len(path) == 1 else None  # type: ignore[union-attr]

    def unbind(self) -> Message:
        """The tree that binds to an equal instance: the settings that differ from their defaults."""
        fields = [f for s in self.settings.values() for f in s.write(getattr(self, s.name))]
        return Message(fields, NOWHERE)
