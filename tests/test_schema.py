"""Settings: what each kind of value takes, and that every layer reads back as it was written."""

from __future__ import annotations

import math
from enum import Enum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netspec.diagnostics import Report
from netspec.language.tree import Field, Kind, Message, Scalar
from netspec.layers import LAYERS
from netspec.schema.bind import bind_layer
from netspec.schema.kinds import Bool, Float, Int, Mismatch, One, Positive, Text, UInt, ValueKind
from netspec.schema.layer import Layer
from netspec.schema.net import FillerParameter, LayerParameter, NetState, NetStateRule, Phase
from netspec.schema.setting import NOWHERE, REQUIRED, Setting, Spatial
from netspec.schema.settings import Settings

NUMBER, STRING, NAME, WORD = Kind.NUMBER, Kind.STRING, Kind.NAME, Kind.WORD

READ: list[tuple[ValueKind, Kind, str, Any]] = [  # kind, how it is written, its text, its value
    (Int(), NUMBER, "0", 0),
    (Int(), NUMBER, "-0", 0),
    (Int(), NUMBER, "12", 12),
    (Int(), NUMBER, "-12", -12),
    (Int(), NUMBER, "0x1F", 31),
    (Int(), NUMBER, "-0X1f", -31),
    (Int(), NUMBER, "017", 15),
    (Int(), NUMBER, "0o17", 15),
    (Int(), NUMBER, "2147483647", 2**31 - 1),
    (Int(), NUMBER, "-2147483648", -(2**31)),
    (UInt, NUMBER, "4294967295", 2**32 - 1),
    (Positive, NUMBER, "1", 1),
    (Float(), NUMBER, "1", 1.0),
    (Float(), NUMBER, "1.", 1.0),
    (Float(), NUMBER, ".5", 0.5),
    (Float(), NUMBER, "-1e-3", -0.001),
    (Float(), NUMBER, "1e-3f", 0.001),
    (Float(), NUMBER, "2F", 2.0),
    (Float(), NUMBER, "3.4028235e38", (2 - 2**-23) * 2.0**127),
    (Float(), NUMBER, "3.4028236e38", math.inf),
    (Float(), NUMBER, "99999999999999999999999", 1e23),
    (Float(), NUMBER, "-inf", -math.inf),
    (Float(), NAME, "inf", math.inf),
    (Float(), NAME, "infinity", math.inf),
    (Float(), NUMBER, "1e300", math.inf),
    (Float(), NUMBER, "-1e39", -math.inf),
    (Float(), NUMBER, "1e-50", 1e-50),
    (Bool(), NAME, "true", True),
    (Bool(), NAME, "True", True),
    (Bool(), NAME, "t", True),
    (Bool(), NUMBER, "1", True),
    (Bool(), NAME, "false", False),
    (Bool(), NAME, "f", False),
    (Bool(), NUMBER, "0", False),
    (Bool(), NUMBER, "0x1", True),
    (Bool(), NUMBER, "00", False),
    (One(Phase), NAME, "TEST", Phase.TEST),
    (One(Phase), WORD, "TEST", Phase.TEST),
    (One(Phase), NUMBER, "1", Phase.TEST),
    (Text(), STRING, "", ""),
    (Text(), STRING, "1", "1"),
    (Text(), STRING, "a\nb", "a\nb"),
    (Text(), WORD, "xavier", "xavier"),
]
REFUSED: list[tuple[ValueKind, Kind, str, str, str]] = [  # ..., code, what the help proposes
    (Int(), NUMBER, "1.5", "N204", ""),
    (Int(), NUMBER, "1e3", "N204", "write 1000"),
    (Int(), NUMBER, "5.0", "N204", "write 5"),
    (Int(), NUMBER, "1e999", "N204", ""),
    (Int(), NUMBER, "08", "N204", "write 8"),
    (Int(), NUMBER, "9" * 50, "N204", ""),
    (Int(), NAME, "many", "N204", ""),
    (Int(), STRING, "3", "N204", "remove the quotes"),
    (Int(), WORD, "3", "N204", "remove the quotes"),
    (Int(), NUMBER, "2147483648", "N205", ""),
    (UInt, NUMBER, "-1", "N205", ""),
    (UInt, NUMBER, "4294967296", "N205", ""),
    (Positive, NUMBER, "0", "N205", ""),
    (Float(), STRING, "0.1", "N204", "remove the quotes"),
    (Float(), NAME, "little", "N204", ""),
    (Float(), NUMBER, "0x10", "N204", "write 16"),
    (Float(), NUMBER, "-010", "N204", "write -8"),
    (Float(), NUMBER, "00", "N204", "write 0"),
    (Float(), STRING, "", "N204", ""),
    (Bool(), NAME, "TRUE", "N204", "write true"),
    (Bool(), NAME, "yes", "N204", "write true"),
    (Bool(), WORD, "off", "N204", "write false"),
    (Bool(), STRING, "true", "N204", "write true"),
    (Bool(), NUMBER, "2", "N204", ""),
    (Bool(), NUMBER, "1.0", "N204", ""),
    (One(Phase), NAME, "TRIAN", "N206", "the nearest name is TRAIN"),
    (One(Phase), NAME, "test", "N206", "the nearest name is TEST"),
    (One(Phase), STRING, "TEST", "N206", "remove the quotes"),
    (One(Phase), NUMBER, "2", "N206", ""),
    (Text(), NAME, "relu", "N204", 'write "relu"'),
    (Text(), NUMBER, "1", "N204", 'write "1"'),
]


@pytest.mark.parametrize(("kind", "written", "text", "value"), READ)
def test_reads(kind: ValueKind, written: Kind, text: str, value: object) -> None:
    read = kind.read(Scalar(written, text, NOWHERE))
    assert read == value
    assert type(read) is type(value)
    assert kind.read(kind.write(read, NOWHERE)) == value


@pytest.mark.parametrize(("kind", "written", "text", "code", "help"), REFUSED)
def test_refuses(kind: ValueKind, written: Kind, text: str, code: str, help: str) -> None:
    with pytest.raises(Mismatch) as caught:
        kind.read(Scalar(written, text, NOWHERE))
    assert (caught.value.code, caught.value.help) == (code, help)


@pytest.mark.parametrize("kind", [Int(), UInt, Float(), Bool(), One(Phase), Text()], ids=repr)
def test_no_scalar_is_a_message(kind: ValueKind) -> None:
    with pytest.raises(Mismatch, match=r"found a \{ \.\.\. \} message"):
        kind.read(Message([], NOWHERE))


def test_not_a_number_is_a_number() -> None:
    assert math.isnan(Float().read(Scalar(NAME, "nan", NOWHERE)))


def values(kind: ValueKind) -> st.SearchStrategy[Any]:
    """Values that a kind can hold."""
    match kind:
        case Int():
            return st.integers(kind.low, kind.high)
        case Float():
            return st.floats(allow_nan=False, width=32)
        case Bool():
            return st.booleans()
        case One():
            return st.sampled_from(list(kind.of))
    return st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


def settings_of(cls: type[Settings]) -> st.SearchStrategy[dict[str, Any]]:
    """Some settings of a message, by name; those that have to be written always."""
    required = {s.name: value_of(s) for s in cls.settings.values() if s.default is REQUIRED}
    optional = {n: value_of(s) for n, s in cls.settings.items() if s.default is not REQUIRED}
    return st.fixed_dictionaries(required, optional=optional)


def value_of(setting: Setting) -> st.SearchStrategy[Any]:
    one = (
        settings_of(setting.nested).map(lambda chosen: setting.nested(**chosen))
        if setting.nested
        else values(setting.kind)
    )
    if isinstance(setting, Spatial):
        most = 3 if setting.repeated else 2
        return st.lists(one, max_size=most).map(tuple)
    return st.lists(one, max_size=3).map(tuple) if setting.many else one


def read_back(layer: Layer) -> Layer | None:
    """The layer that its fields bind to; None where it refuses its settings."""
    fields = [Field("type", Scalar(STRING, type(layer).__name__, NOWHERE), NOWHERE)]
    fields += layer.unbind_fields()
    report = Report()
    entry = Field("layer", Message(fields, NOWHERE), NOWHERE)
    bound = bind_layer(entry, LAYERS, NetState(), report)
    unread = [d for d in report.errors if d.code in ("N201", "N204")]
    assert bound is not None
    assert not unread, unread
    return bound.layer


def faults(made: Settings) -> list[object]:
    """What the messages in a message, and it itself, refuse."""
    found: list[object] = []
    for setting in made.settings.values():
        value = getattr(made, setting.name)
        for inner in value if setting.many else (value,):
            found += faults(inner) if isinstance(inner, Settings) else ()
    return found + [d for d in made.check() if not d.code.startswith("N5")]


@pytest.mark.parametrize("name", LAYERS)
@given(data=st.data())
def test_every_layer_reads_back_as_it_was_written(name: str, data: st.DataObject) -> None:
    cls = LAYERS[name]
    layer = cls(**data.draw(settings_of(cls)))
    again = read_back(layer)
    assert again is None or again == layer.meant()
    if not faults(layer):
        assert again == layer.meant()


@given(data=st.data())
def test_other_messages_read_back(data: st.DataObject) -> None:
    for cls in (LayerParameter, FillerParameter, NetStateRule, NetState):
        made = cls(**data.draw(settings_of(cls)))
        report = Report()
        again = cls.bind(made.unbind(), report)
        assert again is None if faults(made) else again == made


@pytest.mark.parametrize("name", LAYERS)
def test_a_declaration_is_whole(name: str) -> None:
    cls = LAYERS[name]
    assert cls.__doc__
    assert cls.caffe or cls.fork
    for setting in cls.settings.values():
        assert setting.doc, setting.name
        assert not setting.doc.endswith("."), setting.doc
        assert setting.describe()
        if isinstance(setting.default, Enum):
            assert setting.default in list(setting.kind.of)
