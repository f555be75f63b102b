"""Caffe's messages as protobuf classes: NetParameter, SolverParameter, BlobProto, Datum ..."""

from __future__ import annotations

from typing import Any

from compiler.pycaffe.proto.messages import make_messages
from netspec.schema.net import Phase

MESSAGES = dict(make_messages())
TRAIN, TEST = Phase.TRAIN.value, Phase.TEST.value
globals().update(MESSAGES)


def __getattr__(name: str) -> Any:
    raise AttributeError(f"caffe.proto has no message {name}")
