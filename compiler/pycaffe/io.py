"""caffe.io: images from files to blobs and back, and arrays as Caffe's messages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from google.protobuf.message import Message

from compiler.pycaffe.images import load_image, oversample, resize, resize_image
from compiler.pycaffe.memory import Array
from compiler.pycaffe.proto import caffe_pb2
from compiler.pycaffe.transformer import Transformer

__all__ = [
    "Transformer",
    "array_to_blobproto",
    "array_to_datum",
    "arraylist_to_blobprotovector_str",
    "blobproto_to_array",
    "blobprotovector_str_to_arraylist",
    "caffe_pb2",
    "datum_to_array",
    "load_image",
    "oversample",
    "resize",
    "resize_image",
]
LEGACY = ("num", "channels", "height", "width")


def blobproto_to_array(blob: Any, return_diff: bool = False) -> Array:
    """The numbers of a BlobProto in its shape, of today or of the old four axes; 64 bits each.

    Raises ValueError where the shape is not theirs.
    """
    numbers = np.array(blob.diff if return_diff else blob.data, float)
    if any(blob.HasField(name) for name in LEGACY):
        return numbers.reshape([getattr(blob, name) for name in LEGACY])
    return numbers.reshape(list(blob.shape.dim))


def array_to_blobproto(array: Array, diff: Array | None = None) -> Message:
    """A BlobProto of an array of any shape; `diff` is another of the same."""
    blob: Any = caffe_pb2.BlobProto()
    blob.shape.dim.extend(array.shape)
    blob.data.extend(array.astype(float).flat)
    if diff is not None:
        blob.diff.extend(diff.astype(float).flat)
    return blob


def arraylist_to_blobprotovector_str(arrays: Iterable[Array]) -> bytes:
    """The bytes of a BlobProtoVector."""
    vector: Any = caffe_pb2.BlobProtoVector()
    vector.blobs.extend(array_to_blobproto(array) for array in arrays)
    return vector.SerializeToString()


def blobprotovector_str_to_arraylist(content: bytes) -> list[Array]:
    """The arrays in the bytes of a BlobProtoVector."""
    vector: Any = caffe_pb2.BlobProtoVector()
    vector.ParseFromString(content)
    return [blobproto_to_array(blob) for blob in vector.blobs]


def array_to_datum(array: Array, label: int | None = None) -> Message:
    """A Datum of channels x height x width: bytes for uint8, floats for other types.

    Raises ValueError for another number of axes.
    """
    if array.ndim != 3:
        raise ValueError(f"a Datum has channels, height and width; the array is {array.shape}")
    datum: Any = caffe_pb2.Datum()
    datum.channels, datum.height, datum.width = array.shape
    if array.dtype == np.uint8:
        datum.data = array.tobytes()
    else:
        datum.float_data.extend(array.astype(float).flat)
    if label is not None:
        datum.label = label
    return datum


def datum_to_array(datum: Any) -> Array:
    """The numbers of a Datum, channels x height x width; its label is `datum.label`."""
    shape = datum.channels, datum.height, datum.width
    if datum.data:
        return np.frombuffer(datum.data, np.uint8).reshape(shape)
    return np.array(datum.float_data, float).reshape(shape)
