"""Names that a layer does not have: what was probably meant, or where the name belongs."""

from __future__ import annotations

from collections.abc import Mapping

from netspec.diagnostics import closest, nearest, some
from netspec.language.elsewhere import nearest_type
from netspec.language.upgrade.types import V0_TYPES, V1_TYPES
from netspec.schema.forks import FORK_OF_FIELD, FORK_OF_TYPE
from netspec.schema.layer import Layer
from netspec.schema.net import LayerParameter
from netspec.schema.wording import a

Types = Mapping[str, type[Layer]]

OBSOLETE = {
    "blobs": "weights belong in a .caffemodel",
    "blobs_lr": "write param { lr_mult: ... }, one for each parameter",
    "weight_decay": "write param { decay_mult: ... }, one for each parameter",
}


OWN = "--import adds a type: `netspec guide forks`"
OF_A_FORK = ("N230", "N231")  # what somebody's Caffe knows; the rest may be misspelt


def missing_type(name: str, types: Types) -> tuple[str, str, str]:
    """Code, message and help for a layer type that there is not."""
    if name in FORK_OF_TYPE and not _todays(name, types):
        return "N230", f"the layer type {name} is of a fork, {FORK_OF_TYPE[name]}", OWN
    what = name or "with an empty name"
    return "N201", f"there is no layer type {what}", _help_with_type(name, types)


def missing_field(name: str, cls: type[Layer] | None, types: Types) -> tuple[str, str, str]:
    """The same for a field that a layer does not have beside its type and name."""
    if name in FORK_OF_FIELD and not (cls is not None and name in cls.own()):
        return "N231", f"the field {name} is of a fork, {FORK_OF_FIELD[name]}", OWN
    return "N202", f"a layer has no field {name}", _help_with_field(name, cls, types)


def missing_setting(name: str, cls: type[Layer], types: Types) -> tuple[str, str, str]:
    """The same for a field that the layer's own message does not have."""
    called = f"{a(cls.__name__)} layer"
    if name in FORK_OF_FIELD and name not in LayerParameter.by_field:
        fork = FORK_OF_FIELD[name]
        return "N231", f"the setting {name} of {called} is of a fork, {fork}", OWN
    return "N202", f"{called} has no setting {name}", _help_with_setting(name, cls, types)


def _todays(name: str, types: Types) -> str | None:
    """The type that older files call so, or that differs in its capitals only."""
    old = V0_TYPES[name].v1 if name in V0_TYPES else name
    today = V1_TYPES[old][1] if old in V1_TYPES else ""
    return today if today in types else {t.lower(): t for t in types}.get(name.lower())


def _help_with_type(name: str, types: Types) -> str:
    """Help for a layer type that there is not; older files and other cases are understood."""
    if today := _todays(name, types):
        return f'write "{today}"'
    return f"{nearest_type(name, types) or '`netspec layers` lists the types'}; {OWN}"


def _help_with_field(name: str, cls: type[Layer] | None, types: Types) -> str:
    """Help for a field that a layer does not have beside its type and name."""
    if name in OBSOLETE:
        return OBSOLETE[name]
    if cls is not None and cls.message and name in cls.own():
        return f"write it inside {cls.message} {{ ... }}"
    return _owners(name, types) or nearest(name, meant_as_field(cls, types))


def _help_with_setting(name: str, cls: type[Layer], types: Types) -> str:
    """Help for a field that the layer's own message does not have."""
    common = LayerParameter.by_field.get(name)
    if common is not None and not common.fork:
        return f"{name} belongs to the layer, outside {cls.message}"
    if any(name == t.message for t in types.values()):
        return f"it stands beside {cls.message}, not inside: a closing brace may be missing"
    own = cls.own()
    listed = f"its settings are {some(own)}" if own else "it has no settings"
    return _owners(name, types) or nearest(name, own) or nearest(name, cls.groups()) or listed


def meant_as_field(cls: type[Layer] | None, types: Types) -> list[str]:
    """The names that a field of a layer may have been meant to be."""
    homes = {name for t in types.values() for name in (t.message, *t.groups()) if name}
    return [*LayerParameter.by_field, *sorted(homes), *(cls.own() if cls is not None else ())]


def meant(name: str, cls: type[Layer] | None, types: Types) -> str | None:
    """The field of a layer that a misspelt one was probably meant to be."""
    return closest(name, meant_as_field(cls, types))


def _owners(name: str, types: Types) -> str:
    owners = [t for t, cls in types.items() if name in cls.own()]
    if not owners:
        return ""
    *first, last = owners
    listed = f"{', '.join(first)} and {last} layers" if first else f"{last} layers"
    if len(owners) > 4:
        listed = f"{', '.join(owners[:3])} and other layers"
    return f"it is a setting of {listed}"
