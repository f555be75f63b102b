"""One declared setting: the fields that it is written under, what they may hold and stand for.
A Reject says why the settings, each right by itself, cannot be used.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from netspec.diagnostics import Note, Report
from netspec.language.tree import Field, Kind, Message, Scalar, describe
from netspec.schema.kinds import Mismatch, ValueKind
from netspec.source import Source, Span

if TYPE_CHECKING:
    from netspec.schema.settings import Settings

NOWHERE = Span(Source("<made>", ""), 0, 0)
OF_NAMES = ("N202", "N203", "N207", "N208", "N501")  # that the setting is there is what is wrong
TWICE = "{} is written more than once"


class Required:
    """The default of a setting that has to be written."""

    def __repr__(self) -> str:
        return "required"


REQUIRED = Required()


@dataclass(frozen=True)
class Reject(Exception):
    """A setting, or what reaches a layer, cannot be used.

    `setting` names the field to point at, or is empty; `index` says which of several values.
    """

    code: str
    setting: str
    message: str
    help: str = ""
    index: int = -1

    def point(self, fields: list[Field]) -> Span | None:
        """The place among the fields that write the setting: a name, or the value that is wrong."""
        if not fields:
            return None
        at = fields[self.index] if -len(fields) <= self.index < len(fields) else fields[-1]
        named = self.code in OF_NAMES or isinstance(at.value, Message)
        return at.span if named else at.value.span


@dataclass(frozen=True)
class Setting:
    """One declared setting of a message.

    `fields` are the names that it is written under, the first being Caffe's own; `of` is the kind
    of one value, or the Settings class of a nested message; `many` marks a repeated field, whose
    value is a tuple.
    """

    name: str
    of: ValueKind | type[Settings]
    doc: str
    default: Any
    fields: tuple[str, ...]
    many: bool = False
    unused: str = ""  # why the setting changes nothing here, where it does not
    uncomputed: str = ""  # what it asks for, where a net that has it is read but not run
    fork: str = ""  # the fork of Caffe that it is of
    several: str = ""  # the fork in which the field is repeated, where it is not in Caffe
    on_layer: bool = False  # stands beside the layer's own message, as loss_param does

    @property
    def nested(self) -> type[Settings] | None:
        return self.of if isinstance(self.of, type) else None

    @property
    def kind(self) -> ValueKind:
        """The kind of one value, of a setting that is not a message."""
        assert not isinstance(self.of, type)
        return self.of

    def read(self, found: list[Field], report: Report) -> Any:
        """What the fields stand for; the default where they are at fault, which is reported."""
        if not self.many:
            if self.several:
                warn_twice(found, self.several, report)
            elif not require_once(found, report):
                return self.default
        nested = self.nested
        values = []
        for each in found if self.many else found[-1:]:
            if nested is not None:
                message = self._message(each, report)
                if message is not None:
                    values.append(nested.bind(message, report, each.span, called=each.name))
                continue
            try:
                values.append(self.kind.read(each.value))
            except Mismatch as wrong:
                report_mismatch(each, wrong, report)
        if self.many:
            return tuple(values)
        return values[0] if values else self.default

    def _message(self, found: Field, report: Report) -> Message | None:
        if isinstance(found.value, Message):
            return found.value
        expect_message(found, report, self.nested)
        return None

    def write(self, value: Any) -> Iterator[Field]:
        """The fields that read back as `value`; none for the default."""
        if value == self.default:
            return
        for each in value if self.many else (value,):
            written = each.unbind() if self.nested else self.kind.write(each, NOWHERE)
            yield Field(self.fields[0], written, NOWHERE)

    def describe(self) -> str:
        """What may be written, for the reference page."""
        one = "a message" if self.nested else self.kind.describe()
        return f"{one}, repeated" if self.many else one


@dataclass(frozen=True)
class Spatial(Setting):
    """One number per spatial axis: `kernel_size` (repeated for a Convolution) or `kernel_h`, `_w`.

    The value is a tuple: empty when not written, one number for all axes, or one per axis.
    """

    repeated: bool = True
    missing: int | None = None  # what an unwritten side counts as; None: both sides are needed

    def read(self, found: list[Field], report: Report) -> tuple[int, ...]:
        whole, *pair = self.fields
        numbers: dict[str, list[int]] = {name: [] for name in self.fields}
        for each in found:
            try:
                numbers[each.name].append(self.kind.read(each.value))
            except Mismatch as wrong:
                report_mismatch(each, wrong, report)
                return tuple(self.default)
        for name in pair if self.repeated else self.fields:
            if not require_once([f for f in found if f.name == name], report):
                return tuple(self.default)
        square = [f for f in found if f.name == whole]
        sides = [f for f in found if f.name in pair]
        if square and sides:
            written = " and ".join(sorted({f.name for f in sides}))
            report.add(
                "N203",
                f"{whole} is given together with {written}",
                sides[0].span,
                f"keep {whole}, or {pair[0]} and {pair[1]}",
                [Note(f"{whole} is here", square[0].span)],
            )
            return tuple(self.default)
        if square:
            return tuple(numbers[whole]) if self.repeated else tuple(numbers[whole][-1:])
        absent = [name for name in pair if not numbers[name]]
        if absent and self.missing is None:
            message = f"{sides[0].name} is given without {absent[0]}"
            help = f"add {absent[0]}, or write {whole} for a square"
            report.add("N207", message, sides[0].span, help)
            return tuple(self.default)
        return tuple(numbers[name][-1] if numbers[name] else self.missing or 0 for name in pair)

    def write(self, value: tuple[int, ...]) -> Iterator[Field]:
        if value == self.default:
            return
        rectangle = len(value) == 2 and len(self.fields) == 3
        names = self.fields[1:] if rectangle else (self.fields[0],) * len(value)
        for name, number in zip(names, value):
            yield Field(name, self.kind.write(number, NOWHERE), NOWHERE)

    def describe(self) -> str:
        one = self.kind.describe()
        if len(self.fields) == 3:
            each = "one per axis" if self.repeated else "square"
            return f"{one} ({each}), or {self.fields[1]} and {self.fields[2]}"
        return f"{one}, one for all axes or one per axis"


def report_mismatch(found: Field, wrong: Mismatch, report: Report) -> None:
    """Report a value of the wrong kind, under the name that the file gives its field."""
    report.add(wrong.code, f"{found.written}: {wrong.message}", found.value.span, wrong.help)


def require_once(found: list[Field], report: Report) -> bool:
    """Whether a field that is not repeated is written as one; if not, that is reported.

    Protobuf's parser refuses it twice (FORBID_SINGULAR_OVERWRITES), and as a list.
    """
    if found and found[0].listed:
        message = f"{found[0].written} holds one value, found a list"
        report.add("N204", message, found[0].value.span, "write it without [ ]")
        return False
    if len(found) > 1:
        first, other, *_ = found
        help = "join them" if isinstance(other.value, Message) else "keep one"
        note = Note("the one before it is here", first.span)
        report.add("N212", TWICE.format(other.written), other.span, help, [note])
        return False
    return True


def warn_twice(found: list[Field], fork: str, report: Report) -> None:
    """Where a field that a fork repeats is written more than once, say which value counts."""
    if len(found) > 1:
        *_, other, last = found
        message = f"{TWICE.format(last.name)}: the last counts"
        help = f"keep one; several are read by {fork}"
        report.add("N502", message, last.span, help, [Note("one before it is here", other.span)])


def expect_message(found: Field, report: Report, nested: type[Settings] | None = None) -> None:
    """Report a field that should have been a message, and how its value may have been meant."""
    assert isinstance(found.value, Scalar)
    inside = "..."
    first = next(iter(nested.settings.values()), None) if nested else None
    if first is not None and first.nested is None:
        quoted = first.kind.scalar is Kind.STRING
        text = f'"{found.value.text}"' if quoted else found.value.text
        inside = f"{first.fields[0]}: {text}"
    message = f"{found.name}: expected a {{ ... }} message, found {describe(found.value)}"
    report.add("N204", message, found.value.span, f"write {found.name} {{ {inside} }}")
