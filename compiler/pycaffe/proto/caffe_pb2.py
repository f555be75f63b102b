"""Caffe's messages as protobuf classes: NetParameter, SolverParameter, BlobProto, Datum ..."""

from __future__ import annotations

from typing import Any

from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper

from compiler.pycaffe.proto.messages import make_messages

MESSAGES = dict(make_messages())
globals().update(MESSAGES)
Phase: Any = EnumTypeWrapper(MESSAGES["NetParameter"].DESCRIPTOR.file.enum_types_by_name["Phase"])
TRAIN, TEST = Phase.TRAIN, Phase.TEST


def __getattr__(name: str) -> Any:
    raise AttributeError(f"caffe.proto has no message {name}")
