"""Settings: a message of the format, declared as a frozen dataclass with fields made by `param`.
    class FillerParameter(Settings):
        type: str = param(Text(), "how the values are drawn", default="constant")

From the declaration follow reading, writing, defaults, documentation and the names that diagnostics
propose.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, dataclass_transform

from netspec.diagnostics import Report, closest, nearest, some
from netspec.language.tree import Field, Kind, Message
from netspec.schema.forks import FORK_OF_FIELD
from netspec.schema.kinds import ValueKind
from netspec.schema.setting import NOWHERE, REQUIRED, Reject, Setting, Spatial
from netspec.source import Span

__all__ = ["NOWHERE", "REQUIRED", "Reject", "Setting", "Settings", "group", "param", "spatial"]


def param(
    of: ValueKind | type[Settings],
    doc: str,
    default: Any = REQUIRED,
    many: bool = False,
    field: str = "",
    unused: str = "",
    uncomputed: str = "",
    fork: str = "",
    several: str = "",
) -> Any:
    """Declare a setting. `field` is its name in the format where the attribute has another."""
    default = () if many and default is REQUIRED else default

    def make(name: str) -> Setting:
        fields = (field or name,)
        return Setting(name, of, doc, default, fields, many, unused, uncomputed, fork, several)

    return _declare(make, default)


def group(of: type[Settings], field: str, doc: str, default: Any = REQUIRED) -> Any:
    """Declare a message that stands on the layer itself, beside its own, such as `loss_param`.
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
    """Declare a setting per spatial axis, one number for all of them or one for each.

    `spatial(UInt, ..., "kernel_size", "kernel")` also reads kernel_h and kernel_w.
    """
    fields = (field, f"{sides}_h", f"{sides}_w") if sides else (field,)

    def make(name: str) -> Setting:
        return Spatial(name, of, doc, (), fields, many=True, repeated=repeated, missing=missing)

    return _declare(make, ())


def _declare(make: Callable[[str], Setting], default: Any) -> Any:
    extra = {} if default is REQUIRED else {"default": default}
    return dataclasses.field(kw_only=True, metadata={"make": make}, **extra)


@dataclass_transform(
    frozen_default=True, kw_only_default=True, field_specifiers=(param, group, spatial)
)
class Settings:
    """A message of the format. Subclasses declare fields with `param` and may override `check`."""

    noun: ClassVar[str] = "the message"  # what diagnostics call it
    member: ClassVar[str] = "field"  # and what it consists of
    settings: ClassVar[dict[str, Setting]] = {}
    by_field: ClassVar[dict[str, Setting]] = {}

    def __init_subclass__(cls) -> None:
        dataclass(frozen=True, kw_only=True)(cls)
        declared = dataclasses.fields(cls)  # type: ignore[arg-type]
        made = (f.metadata["make"](f.name) for f in declared if "make" in f.metadata)
        cls.settings = {s.name: s for s in sorted(made, key=lambda s: s.fork != "")}
        cls.by_field = {name: s for s in cls.settings.values() for name in s.fields}

    def check(self) -> Iterable[Reject]:
        """What is wrong with the settings taken together."""
        return ()

    @classmethod
    def bind(
        cls,
        message: Message,
        report: Report,
        place: Span | None = None,
        misspelt: Collection[str | None] = (),
        called: str = "",
    ) -> Any:
        """An instance from a tree, or None when something is wrong with it, which is reported.

        `place` is where to point when a required setting is missing; `misspelt` are the fields that
        others, reported elsewhere, were meant to be; `called` is the field that holds the message.
        """
        before = len(report.errors)
        found: dict[str, list[Field]] = {}
        meant = set(misspelt)
        for each in message.fields:
            setting = cls.by_field.get(each.name)
            if setting is None:
                words = f"{called or cls.noun} has no {cls.member} {each.name}"
                if fork := FORK_OF_FIELD.get(each.name):
                    words += f" here: it is of a fork, {fork}"
                    help = "remove it; --import adds a type: `netspec guide forks`"
                    report.add("N231", words, each.span, help)
                    continue
                report.add("N202", words, each.span, cls.propose(each.name))
                meant.add(closest(each.name, cls.by_field))
            else:
                found.setdefault(setting.name, []).append(each)
        return cls.finish(found, report, place or message.span, before, meant)

    @classmethod
    def finish(
        cls,
        found: dict[str, list[Field]],
        report: Report,
        place: Span,
        before: int,
        meant: Collection[str | None] = (),
    ) -> Any:
        """Read the fields that were found, fill in defaults, run `check`.

        None if the report then has more errors than `before`. Nothing is said of a setting that a
        misspelt field, one of `meant`, may have been.
        """
        values = {}
        unread = False
        for name, setting in cls.settings.items():
            if any(field in meant for field in setting.fields):
                unread |= setting.default is REQUIRED
            elif name in found:
                values[name] = setting.read(found[name], report)
            elif setting.default is REQUIRED:
                field = setting.fields[0]
                report.add("N207", f"{field} is missing", place, f"add {field}: {setting.doc}")
        if unread or len(report.errors) > before:
            return None
        made = cls(**values)
        for reject in made.check():
            at = reject.point(found.get(reject.setting, [])) or place
            report.add(reject.code, reject.message, at, reject.help)
        return made if len(report.errors) == before else None

    @classmethod
    def propose(cls, name: str) -> str:
        """Help for a field that this message does not have."""
        return nearest(name, cls.by_field) or f"it takes {some(cls.by_field) or 'no settings'}"

    @classmethod
    def kind_of(cls, path: tuple[str, ...]) -> Kind | None:
        """How the scalar at a path such as ("weight_filler", "type") is written, or None."""
        setting = cls.by_field.get(path[0]) if path else None
        if setting is None:
            return None
        if setting.nested:
            return setting.nested.kind_of(path[1:])
        return setting.kind.scalar if len(path) == 1 else None

    def uncomputed(self) -> Iterator[Reject]:
        """What of the settings, or of those inside, is read but cannot be run."""
        for setting in self.settings.values():
            value = getattr(self, setting.name)
            if setting.uncomputed and value != setting.default:
                named = setting.fields[0]
                message = f"{named} asks for what is read but not run: {setting.uncomputed}"
                yield Reject("N211", setting.name, message, f"remove {named}")
            for each in value if setting.many else (value,):
                if isinstance(each, Settings):
                    yield from each.uncomputed()

    def unbind(self) -> Message:
        """The tree that binds to an equal instance: the settings that are not their defaults."""
        fields = [f for s in self.settings.values() for f in s.write(getattr(self, s.name))]
        return Message(fields, NOWHERE)
