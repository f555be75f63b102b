"""What V1 data layers do to images was said in data_param; it moves to transform_param."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from functools import partial

from netspec.diagnostics import Report
from netspec.language.tree import Message
from netspec.language.upgrade.moving import Rebuilt, change_each, entries
from netspec.language.upgrade.types import V1_NUMBERS

MESSAGES = {
    "DATA": "data_param",
    "IMAGE_DATA": "image_data_param",
    "WINDOW_DATA": "window_data_param",
}
MOVED = ("scale", "mean_file", "crop_size", "mirror")


def move_transforms(tree: Message, report: Report) -> Message:
    """Transformations of V1 data layers to transform_param (UpgradeNetDataTransformation).

    They win over what transform_param says. In today's form Caffe passes over them: nothing moves.
    """
    return change_each(tree, "layers", _moved)


def _moved(layer: Message) -> Message:
    kind = layer.text("type")
    message = MESSAGES.get(V1_NUMBERS.get(kind, kind), "")
    moving = [f for _, old in entries(layer, message) for f in old.fields if f.name in MOVED]
    if not moving:
        return layer
    won = {f.name for f in moving}
    layer = change_each(layer, "transform_param", partial(_overruled, names=won))
    homes = [i for i, f in enumerate(layer.fields) if f.name in (message, "transform_param")]
    made = Rebuilt()
    for i, each in enumerate(change_each(layer, message, _without).fields):
        made.add(each)
        if i == homes[-1]:
            for field in moving:
                made.put("transform_param", field)
    return made.message(layer)


def _without(old: Message) -> Message:
    return replace(old, fields=[f for f in old.fields if f.name not in MOVED])


def _overruled(transform: Message, names: Collection[str]) -> Message:
    made = Rebuilt()
    for each in transform.fields:
        (made.drop if each.name in names else made.add)(each)
    return made.message(transform)
