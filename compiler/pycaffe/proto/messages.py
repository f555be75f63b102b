"""Caffe's protobuf messages, made from what the schema declares and the numbers of their fields.

Fields of forks, which have no number of Caffe's, get one beyond all of those: they can be written
as text, and other programs do not find them in a binary file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.descriptor_pb2 import DescriptorProto, FieldDescriptorProto
from google.protobuf.message import Message

from compiler.pycaffe.proto.numbers import NUMBERS
from netspec.language.upgrade.solver import SOLVERS
from netspec.language.upgrade.types import V1_TYPES
from netspec.layers import LAYERS
from netspec.schema.kinds import Bool, Float, Int, One, Text, ValueKind
from netspec.schema.net import LayerParameter, NetHead, Phase
from netspec.schema.setting import REQUIRED, Setting, Spatial
from netspec.schema.settings import Settings
from netspec.schema.solver import SolverParameter

BEYOND = 200_000  # the first number of fields without one
SCALARS = {
    "int32": FieldDescriptorProto.TYPE_INT32,
    "int64": FieldDescriptorProto.TYPE_INT64,
    "uint32": FieldDescriptorProto.TYPE_UINT32,
    "float": FieldDescriptorProto.TYPE_FLOAT,
    "double": FieldDescriptorProto.TYPE_DOUBLE,
    "bool": FieldDescriptorProto.TYPE_BOOL,
    "string": FieldDescriptorProto.TYPE_STRING,
    "bytes": FieldDescriptorProto.TYPE_BYTES,
}
# What no setting declares: `name:type`, * for repeated, ! for packed. Files of before 2014 have
# the fields that settings of today have taken the place of.
OLD_INPUT = "scale:float mean_file:string crop_size:uint32 mirror:bool"
UNDECLARED = {
    "BlobShape": "dim:int64*!",
    "BlobProto": """shape:BlobShape data:float*! diff:float*! double_data:double*!
        double_diff:double*! num:int32 channels:int32 height:int32 width:int32""",
    "BlobProtoVector": "blobs:BlobProto*",
    "Datum": """channels:int32 height:int32 width:int32 data:bytes label:int32 float_data:float*
        encoded:bool""",
    "SolverState": "iter:int32 learned_net:string history:BlobProto* current_step:int32",
    "LayerParameter": "blobs:BlobProto*",
    "NetParameter": """input:string* input_shape:BlobShape* input_dim:int32*
        layers:V1LayerParameter* layer:LayerParameter*""",
    "SolverParameter": "solver_type:SolverType",
    "DataParameter": OLD_INPUT,
    "ImageDataParameter": OLD_INPUT,
    "WindowDataParameter": OLD_INPUT,
    "V1LayerParameter": """bottom:string* top:string* name:string include:NetStateRule*
        exclude:NetStateRule* type:LayerType blobs:BlobProto* param:string* blob_share_mode:int32*
        blobs_lr:float* weight_decay:float* loss_weight:float*""",
}

ENUMS = {  # of what no setting declares: their message, and their values
    "LayerType": ("V1LayerParameter", {"NONE": 0} | {n: i for n, (i, _) in V1_TYPES.items()}),
    "SolverType": ("SolverParameter", {n: i for i, n in enumerate(SOLVERS)}),
}
# What Caffe has one message for, or another name.
SAME = {"StateChange": "NetState", "NewShape": "BlobShape", "Method": "PoolMethod"}
DEFAULTS = {  # where a setting tells what is written from what is not
    ("ParamSpec", "lr_mult"): "1",
    ("ParamSpec", "decay_mult"): "1",
    ("LossParameter", "normalization"): "VALID",
    ("PoolingParameter", "stride"): "1",
    ("ConcatParameter", "concat_dim"): "1",
    ("SliceParameter", "slice_dim"): "1",
    **{(f"{kind}Parameter", "scale"): "1" for kind in ("Data", "ImageData", "WindowData")},
}


class Schema:
    """The file of messages while it is written: each name once, a field once in a message."""

    def __init__(self) -> None:
        self.file = descriptor_pb2.FileDescriptorProto(
            name="caffe.proto", package="caffe", syntax="proto2"
        )
        self._made: dict[str, DescriptorProto] = {}
        _add_enum(self.file.enum_type.add(), "Phase", _values(Phase))
        for name, fields in UNDECLARED.items():
            for written in fields.split():
                self._add_written(name, written)
        self.add_settings("NetParameter", NetHead)
        self.add_settings("SolverParameter", SolverParameter)
        self.add_settings("LayerParameter", LayerParameter)
        for layer in LAYERS.values():
            self._add_layer(layer.message, layer.own(), layer.groups())
        for name, (message, values) in ENUMS.items():
            _add_enum(self.message(message).enum_type.add(), name, values)

    def message(self, name: str) -> DescriptorProto:
        if name not in self._made:
            self._made[name] = self.file.message_type.add(name=name)
        return self._made[name]

    def field(self, message: DescriptorProto, name: str, repeated: bool) -> FieldDescriptorProto:
        """A new field, under Caffe's number for it."""
        numbers = _numbers(message.name)
        made = message.field.add(name=name)
        made.number = numbers.get(name, BEYOND + len(message.field))
        repeats, once = FieldDescriptorProto.LABEL_REPEATED, FieldDescriptorProto.LABEL_OPTIONAL
        made.label = repeats if repeated else once
        return made

    def add_settings(self, name: str, of: type[Settings]) -> None:
        """A message with a field for every setting of a declaration."""
        for setting in of.settings.values():
            for field in setting.fields:
                self._add_setting(name, field, setting)

    def _add_setting(self, name: str, field: str, setting: Setting) -> None:
        message = self.message(name)
        if any(f.name == field for f in message.field):
            return
        repeated = setting.many
        if isinstance(setting, Spatial):
            repeated = setting.repeated and field == setting.fields[0]
        made = self.field(message, field, repeated)
        if setting.nested is not None:
            inner = _caffes_name(setting.nested)
            made.type, made.type_name = FieldDescriptorProto.TYPE_MESSAGE, f".caffe.{inner}"
            self.add_settings(inner, setting.nested)
        else:
            _set_type(made, setting.kind, message)
            default = DEFAULTS.get((name, field)) or _default(setting)
            if not repeated and default is not None:
                made.default_value = default

    def _add_layer(
        self, field: str | None, own: dict[str, Setting], groups: dict[str, Setting]
    ) -> None:
        """A layer's own message, and those beside it, as fields of a layer of today and of V1."""
        for name, setting in groups.items():
            self._add_setting("LayerParameter", name, setting)
            if name in _numbers("V1LayerParameter"):
                self._add_setting("V1LayerParameter", name, setting)
        if field is None:
            return
        for name, setting in own.items():
            self._add_setting(_message_name(field), name, setting)
        kind = _message_name(field)
        self.message(kind)
        for owner in ("LayerParameter", "V1LayerParameter"):
            known = any(f.name == field for f in self.message(owner).field)
            if not known and (owner == "LayerParameter" or field in _numbers(owner)):
                self._add_written(owner, f"{field}:{kind}")

    def _add_written(self, name: str, written: str) -> None:
        field, _, kind = written.partition(":")
        made = self.field(self.message(name), field, "*" in kind)
        bare = kind.rstrip("*!")
        if bare in SCALARS:
            made.type = SCALARS[bare]
        elif bare in ENUMS:
            made.type, made.type_name = FieldDescriptorProto.TYPE_ENUM, f".caffe.{name}.{bare}"
        else:
            made.type, made.type_name = FieldDescriptorProto.TYPE_MESSAGE, f".caffe.{bare}"
        if kind.endswith("!"):
            made.options.packed = True
        if (name, field) in DEFAULTS:
            made.default_value = DEFAULTS[name, field]


def make_messages() -> Iterator[tuple[str, type[Message]]]:
    """The classes of all messages, by name."""
    schema = Schema()
    pool = descriptor_pool.DescriptorPool()
    pool.Add(schema.file)
    for made in schema.file.message_type:
        found = pool.FindMessageTypeByName(f"caffe.{made.name}")
        yield made.name, message_factory.GetMessageClass(found)


def _numbers(message: str) -> dict[str, int]:
    pairs = (written.split("=") for written in NUMBERS.get(message, "").split())
    return {name: int(number) for name, number in pairs}


def _caffes_name(of: type[Settings]) -> str:
    """Caffe's message for settings: its own name, or that of what it extends."""
    names = (SAME.get(each.__name__, each.__name__) for each in of.__mro__)
    return next((name for name in names if name in NUMBERS), of.__name__)


def _message_name(field: str) -> str:
    """ConvolutionParameter of convolution_param; where a type is called so, in its spelling."""
    stem = field.removesuffix("_param").replace("_", "")
    named = (n for n, layer in LAYERS.items() if layer.message == field and n.lower() == stem)
    words = "".join(word.capitalize() for word in field.removesuffix("_param").split("_"))
    return f"{next(named, words)}Parameter"


def _set_type(field: FieldDescriptorProto, kind: ValueKind, message: DescriptorProto) -> None:
    if isinstance(kind, One):
        field.type = FieldDescriptorProto.TYPE_ENUM
        scope = "" if kind.of is Phase else f"{message.name}."
        name = SAME.get(kind.of.__name__, kind.of.__name__)
        field.type_name = f".caffe.{scope}{name}"
        if scope and all(e.name != name for e in message.enum_type):
            _add_enum(message.enum_type.add(), name, _values(kind.of))
    elif isinstance(kind, Int):
        wide, unsigned = kind.high > 2**32, kind.low >= 0 and kind.high > 2**31
        field.type = SCALARS["int64" if wide else "uint32" if unsigned else "int32"]
    elif isinstance(kind, Float | Bool | Text):
        field.type = SCALARS[{Float: "float", Bool: "bool", Text: "string"}[type(kind)]]
    else:  # a net within a solver
        field.type, field.type_name = FieldDescriptorProto.TYPE_MESSAGE, ".caffe.NetParameter"


def _add_enum(made: Any, name: str, values: Mapping[str, int]) -> None:
    made.name = name
    for value, number in values.items():
        made.value.add(name=value, number=number)


def _values(of: type[Enum]) -> dict[str, int]:
    return {name: member.value for name, member in of.__members__.items()}


def _default(setting: Setting) -> str | None:
    """What a field that is not written counts as."""
    value = setting.default
    if isinstance(setting, Spatial):
        value = setting.missing
    if value is None or value is REQUIRED or value == "":
        return None
    if isinstance(value, bool):
        return str(value).lower()
    return value.name if isinstance(value, Enum) else str(value)
