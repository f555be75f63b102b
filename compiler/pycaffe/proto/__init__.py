"""caffe.proto: the messages of Caffe's files, for google.protobuf."""

from __future__ import annotations

from compiler.pycaffe.proto import caffe_pb2
