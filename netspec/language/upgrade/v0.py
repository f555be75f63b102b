"""V0 to V1: `layers { layer { type: "conv" num_output: 8 } bottom: "a" }` becomes one message."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from netspec.diagnostics import Report, nearest
from netspec.language.tree import Field, Kind, Message, Scalar, describe
from netspec.language.upgrade.moving import Rebuilt, change_each, entries
from netspec.language.upgrade.types import V0_TYPES, V0Type
from netspec.language.upgrade.v1 import V1_FIELDS

KEPT = ("name", "blobs", "blobs_lr", "weight_decay")
TRANSFORM = {"scale": "scale", "meanfile": "mean_file", "cropsize": "crop_size", "mirror": "mirror"}
UNUSED = ("new_num", "new_channels", "new_height", "new_width")  # of a reshape layer that never was
V0_FIELDS = {*KEPT, "type", *TRANSFORM, *UNUSED, "hdf5_output_param"}.union(
    *(t.settings for t in V0_TYPES.values())
)


def flatten_v0(tree: Message, report: Report) -> Message:
    """V0 layers as V1 layers (UpgradeV0Net, UpgradeV0LayerParameter); V1 layers as they are."""
    if not any(any(entries(layer, "layer")) for _, layer in entries(tree, "layers")):
        return tree
    return change_each(tree, "layers", partial(_flat, report=report))


def _flat(connection: Message, report: Report) -> Message:
    inner = [layer for _, layer in entries(connection, "layer")]
    if not inner:
        return connection
    made = Rebuilt()
    row = V0_TYPES.get(inner[-1].text("type"), V0Type(""))
    for each in connection.fields:
        if each.name == "layer" and isinstance(each.value, Message):
            made.comments += each.before
            for setting in each.value.fields:
                _move(setting, row, made, report)
            made.comments += (*each.value.tail, *filter(None, [each.after]))
        elif each.name in ("bottom", "top"):
            made.add(each)
        elif each.name in V1_FIELDS:
            message = f"Caffe reads {each.name} beside layer {{ ... }}, and passes over it"
            report.add(
                "N570",
                message,
                each.span,
                "a V0 layer has bottom and top beside layer { ... }, nothing else",
            )
            made.drop(each)
        else:
            help = nearest(each.name, ["layer", "bottom", "top"])
            report.add("N172", f"a V0 layer has no field {each.name}", each.span, help)
    return made.message(connection)


def _move(setting: Field, row: V0Type, made: Rebuilt, report: Report) -> None:
    """One field of the inner `layer` to its V1 place."""
    name = setting.name
    if name == "type":
        value = setting.value
        if isinstance(value, Scalar) and value.kind is not Kind.NAME and value.text in V0_TYPES:
            v1 = Scalar(Kind.NAME, V0_TYPES[value.text].v1, value.span)
            made.add(replace(setting, value=v1))
        else:
            _refuse_type(value, report)
    elif name in KEPT or (name == "hdf5_output_param" and row.v1 == "HDF5_OUTPUT"):
        made.add(setting)
    elif name in TRANSFORM:
        made.put("transform_param", replace(setting, name=TRANSFORM[name]))
    elif name in row.settings:
        made.put(row.message, replace(setting, name=row.settings[name]))
    elif name in V0_FIELDS:
        message = f"{name} says nothing of a layer of this type, and Caffe passes over it"
        report.add("N570", message, setting.span, "take it out")
        made.drop(setting)
    else:
        report.add(
            "N172", f"a V0 layer has no field {name}", setting.span, nearest(name, V0_FIELDS)
        )


def _refuse_type(value: Scalar | Message, report: Report) -> None:
    word = value.text if isinstance(value, Scalar) else ""
    known = "the V0 types are " + ", ".join(V0_TYPES)
    help = f'write "{word}"' if word in V0_TYPES else nearest(word, V0_TYPES) or known
    message = f"expected the type of a V0 layer in quotes, found {describe(value)}"
    report.add("N171", message, value.span, help)
