"""Every field of caffe.proto is declared, with its default: tests/caffe_fields.txt lists them.

A line is a message, `*` marks what repeats, `=` a default. Deprecated forms that are rewritten
before anything is bound (blobs, layers, input, solver_type) are not in it.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from netspec.layers import LAYERS
from netspec.schema.layer import Layer
from netspec.schema.net import (
    BlobShape,
    FillerParameter,
    LayerParameter,
    NetHead,
    NetState,
    NetStateRule,
    ParamSpec,
)
from netspec.schema.setting import Setting
from netspec.schema.settings import Settings
from netspec.schema.solver import SolverParameter


class Field(NamedTuple):
    """A field of Caffe's, and its default as the file has it, or an empty text."""

    message: str
    name: str
    repeated: bool
    default: str


HOMES: dict[str, type[Settings]] = {
    "layer": LayerParameter,
    "net": NetHead,
    "solver": SolverParameter,
    "state": NetState,
    "include": NetStateRule,
    "param": ParamSpec,
    "filler": FillerParameter,
    "shape": BlobShape,
}
TOLD_APART = {  # where it matters whether the default is written, not writing it is None or ()
    "loss_param.normalization": "the layers' own defaults differ",
    "concat_param.concat_dim": "axis is what counts",
    "slice_param.slice_dim": "axis is what counts",
    "param.lr_mult": "layers that share a parameter may say it once",
    "param.decay_mult": "layers that share a parameter may say it once",
    "convolution_param.pad_h": "pad, or both sides",
    "convolution_param.pad_w": "pad, or both sides",
    "pooling_param.pad": "pad, or both sides",
    "pooling_param.pad_h": "pad, or both sides",
    "pooling_param.pad_w": "pad, or both sides",
    "pooling_param.stride": "stride, or both sides",
    "recurrent_param.num_output": "0 is refused",
}
MOVED = ("scale", "mean_file", "crop_size", "mirror", "force_encoded_color")  # to transform_param


def fields() -> list[Field]:
    listed = (Path(__file__).parent / "caffe_fields.txt").read_text().replace("\n    ", " ")
    found = []
    for line in listed.splitlines():
        message, _, written = line.partition(": ")
        for each in written.split():
            name, _, default = each.partition("=")
            found.append(Field(message, name.rstrip("*"), name.endswith("*"), default))
    return found


def declared(field: Field) -> list[Setting]:
    """The setting in every declaration that reads the message."""
    if home := HOMES.get(field.message):
        return [home.by_field[field.name]]
    found = []
    for cls in LAYERS.values():
        if cls.fork and field.name in MOVED:  # forks wrote transform_param from the start
            continue
        if field.message == cls.message:
            found.append(cls.own()[field.name])
        elif field.message in cls.groups():
            nested = cls.by_field[field.message].nested
            assert nested is not None
            found.append(nested.by_field[field.name])
    return found


@pytest.mark.parametrize("field", fields(), ids=lambda field: f"{field.message}.{field.name}")
def test_every_field_is_declared_with_its_default(field: Field) -> None:
    found = declared(field)
    assert found, "no layer type reads the message"
    for setting in found:
        assert field.repeated <= (setting.many or setting.nested is not None)
        if f"{field.message}.{field.name}" in TOLD_APART:
            assert setting.default in (None, ()) or type(setting.default).__name__ == "Required"
        elif field.default:
            assert spelt(setting.default) == spelt(field.default)


def spelt(default: object) -> object:
    """Enum members by name, numbers as numbers."""
    text = str(getattr(default, "name", default)).lower()
    try:
        return float(text)
    except ValueError:
        return text


def test_the_list_is_whole() -> None:
    """It has a message for every one that BVLC's layer types read."""
    listed = {field.message for field in fields()}
    bvlc: list[type[Layer]] = [cls for cls in LAYERS.values() if not cls.fork]
    assert {cls.message for cls in bvlc if cls.message} <= listed
    assert len(fields()) > 250
