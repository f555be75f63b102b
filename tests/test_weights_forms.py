"""Every form of `.caffemodel` that Caffe and its forks have written, and files that are none."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path

import numpy as np
import pytest
import torch
from caffe_proto import MESSAGES
from google.protobuf.message import Message
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

import compiler
import netspec
from compiler.weights.change import stored_layers
from compiler.weights.write import write_layers
from netspec.records.blob import read_blob, write_blob
from netspec.records.wire import WireError, write_field

RAW = {"double": (0, "<f8"), "float": (1, "<f4"), "half": (2, "<f2"), "whole": (3, "<i4")}


def blob(array: np.ndarray, form: str) -> Message:
    """A BlobProto in one of its forms."""
    kind = {"unpacked": "Unpacked", "TensorRT half": "Halves"}.get(form, "BlobProto")
    made = MESSAGES[kind]()
    if "legacy" in form:
        dims = (1,) * (4 - array.ndim) + array.shape
        made.num, made.channels, made.height, made.width = dims
    else:
        made.shape.dim.extend(array.shape)
    flat, precision = array.reshape(-1), form.split()[-1]
    if "NVIDIA" in form:
        made.raw_data_type, dtype = RAW[precision]
        made.raw_data = flat.astype(dtype).tobytes()
    elif kind == "Halves":
        made.half_data.extend(flat.astype("<f2").view("<u2").tolist())
    elif precision == "double":
        made.double_data.extend(flat.tolist())
    else:
        made.data.extend(flat.tolist())
    return made


WEIGHT = np.arange(-6, 6, dtype=np.float32).reshape(2, 6) / 4  # exact in half precision
BIAS = np.array([0.5, -3], np.float32)
SMALL = (
    'layer { name: "data" type: "Input" top: "data" input_param { shape { dim: [1, 6] } } }',
    'layer { name: "ip" type: "InnerProduct" bottom: "data" top: "ip" '
    "inner_product_param { num_output: 2 } }",
)


IMAGE = (
    'layer { name: "data" type: "Input" top: "data" input_param { shape { dim: [2, 3, 4, 4] } } }'
)


def compiled(layers: tuple[str, ...]) -> compiler.Network:
    return compiler.compile(netspec.loads("\n".join(layers)))


def numbers(net: compiler.Network, layer: str) -> list[np.ndarray]:
    return [blob.detach().numpy() for blob in compiler.blobs(net)[layer]]


def stored(form: str) -> bytes:
    """The small net's weights as a file of some age of Caffe."""
    net = MESSAGES["NetParameter"]()
    layer = net.layers.add() if "V" in form else net.layer.add()
    if "V0" in form:
        layer = layer.layer
    layer.name = "ip"
    for array in (WEIGHT, BIAS):
        layer.blobs.add().MergeFromString(blob(array, form).SerializeToString())
    return net.SerializeToString()


FORMS = [
    *("packed", "unpacked", "double", "legacy", "V1 legacy", "V0 legacy double"),
    *("NVIDIA half", "NVIDIA float", "NVIDIA double", "V1 NVIDIA half", "TensorRT half"),
]


@pytest.mark.parametrize("form", FORMS)
def test_forms_of_a_caffemodel(form: str, tmp_path: Path) -> None:
    path = tmp_path / "net.caffemodel"
    path.write_bytes(stored(form))
    net = compiled(SMALL)
    compiler.load_weights(net, path)
    weight, bias = numbers(net, "ip")
    np.testing.assert_array_equal(weight, WEIGHT)
    np.testing.assert_array_equal(bias, BIAS)


def test_every_half_of_tensorrt(tmp_path: Path) -> None:
    """All 16-bit numbers, in varints of one to three bytes."""
    halves = np.arange(2**16, dtype=np.uint16).view(np.float16)
    found = read_blob(blob(halves, "TensorRT half").SerializeToString()).values
    np.testing.assert_array_equal(found.view(np.uint16), halves.view(np.uint16))


@pytest.mark.parametrize("content", [b"\x80\x80\x04", b"\xff\xff\xff\xff\x0f", b"\x01\x80"])
def test_halves_of_more_than_16_bits_are_refused(content: bytes) -> None:
    whole = write_field(7, write_field(1, b"\x01")) + write_field(10, content)
    with pytest.raises(WireError, match="16 bits"):
        read_blob(whole).read()


def test_whole_numbers_and_numbers_of_no_type_are_refused(tmp_path: Path) -> None:
    path, untyped = tmp_path / "net.caffemodel", MESSAGES["BlobProto"](raw_data=bytes(24))
    untyped.shape.dim.extend([6])
    for content in (blob(WEIGHT, "NVIDIA whole"), untyped):
        field = write_field(7, content.SerializeToString())
        path.write_bytes(write_field(100, write_field(1, "ip") + field))
        with pytest.raises(netspec.SpecError, match="raw_data of"):
            compiler.load_weights(compiled(SMALL), path)


@pytest.mark.parametrize("age", ["V0", "V1"])
def test_old_layers_have_types_and_wiring_of_today(age: str, tmp_path: Path) -> None:
    net = MESSAGES["NetParameter"]()
    outer = net.layers.add(bottom=["data", "other"], top=["ip"])
    inner = outer.layer if age == "V0" else outer
    inner.name, inner.type = "ip", "innerproduct" if age == "V0" else 14
    net.layers.add(name="strange", type=77)
    (tmp_path / "old.caffemodel").write_bytes(net.SerializeToString())
    found = stored_layers(tmp_path / "old.caffemodel")
    assert [layer.type for layer in found] == ["InnerProduct", ""]
    write_layers(tmp_path / "new.caffemodel", found)
    new = MESSAGES["NetParameter"]()
    new.ParseFromString((tmp_path / "new.caffemodel").read_bytes())
    layer = new.layer[0]
    assert (layer.name, layer.type) == ("ip", "InnerProduct")
    assert (list(layer.bottom), list(layer.top)) == (["data", "other"], ["ip"])


NORM_OF = 'layer { name: "bn" type: "BatchNorm" bottom: "data" top: "bn" batch_norm_param { %s } }'
PARTS = {"mean": [1, 2, 3], "variance": [4, 5, 6], "weight": [7, 8, 9], "bias": [1, 0, 2]}
OWN = ("mean", "variance", "factor", "weight", "bias")
FIRST_SCALE = ("weight", "bias", "mean", "variance", "factor")  # NVIDIA's 0.15
FORKS = {  # the net's settings, the order in the file, its factor: words of the report or error
    "NVIDIA": ("scale_bias: true", OWN, 1, "BatchNorm is NVIDIA's"),
    "NVIDIA 0.15": ("scale_bias: true", FIRST_SCALE, 0, "in the order of NVIDIA's 0.15 and DIGITS"),
    "Intel": ("use_weight_bias: true", OWN, 9, "BatchNorm is Intel's"),
    "NVIDIA into BVLC": ("", OWN, 1, "NVIDIA's: write scale_bias: true"),
    "NVIDIA 0.15 into BVLC": ("", FIRST_SCALE, 0, "NVIDIA's: write scale_bias: true"),
    "Intel into BVLC": ("", OWN, 9, "Intel's: write use_weight_bias: true"),
}


@pytest.mark.parametrize("fork", FORKS)
def test_it_is_said_whose_batch_norm_is_read(fork: str, tmp_path: Path) -> None:
    settings, order, factor, said = FORKS[fork]
    net, path = compiled((IMAGE, NORM_OF % settings)), tmp_path / "net.caffemodel"
    parts = {**PARTS, "factor": [factor]}
    blobs = [write_field(7, write_blob(np.array(parts[role], np.float32))) for role in order]
    path.write_bytes(write_field(100, write_field(1, "bn") + b"".join(blobs)))
    if not settings:
        with pytest.raises(netspec.SpecError, match=said):
            compiler.load_weights(net, path)
        return
    assert said in str(compiler.load_weights(net, path))
    found = dict(zip(OWN, numbers(net, "bn")))
    for role, wanted in parts.items():
        np.testing.assert_array_equal(found[role], wanted)
    image = torch.randn(2, 3, 4, 4)
    scale = 1 / factor if fork == "Intel" else 1
    mean, variance, weight, bias = (torch.tensor(n).float() for n in PARTS.values())
    top = functional.batch_norm(image, mean * scale, variance * scale, weight, bias)
    torch.testing.assert_close(net.eval()(image)["bn"], top)


NOT_WEIGHTS = {
    "empty": b"",
    "text": b'name: "net"\nlayer { }\n',
    "page": b"<!DOCTYPE html><html>",
    "pointer": b"version https://git-lfs.github.com/spec/v1\n",
    "zip": b"PK\x03\x04" + bytes(60),
    "zeros": bytes(100),
    "huge blob": bytes.fromhex("a2060c0a0269703a060a04ffffff7f"),
    "safetensors header": (8).to_bytes(8, "little") + b'{"a":[]}',
    "hdf5 start": b"\x89HDF\r\n\x1a\n" + bytes(50),
}


@pytest.mark.parametrize("kind", NOT_WEIGHTS)
def test_other_files_are_refused(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "net.caffemodel"
    path.write_bytes(NOT_WEIGHTS[kind])
    with pytest.raises(netspec.SpecError) as caught:
        compiler.load_weights(compiled(SMALL), path)
    assert caught.value.diagnostics[0].code in ("C101", "C102", "C105")
    assert caught.value.diagnostics[0].code == "C102" or kind == "hdf5 start"


@pytest.mark.parametrize("form", FORMS)
def test_a_file_that_is_cut_off_anywhere_is_refused(form: str, tmp_path: Path) -> None:
    whole, path, net = stored(form), tmp_path / "net.caffemodel", compiled(SMALL)
    for end in range(1, len(whole)):
        path.write_bytes(whole[:end])
        with pytest.raises(netspec.SpecError):
            compiler.load_weights(net, path)


@settings(max_examples=150, deadline=None)
@given(at=st.integers(0, 10_000), byte=st.integers(0, 255), form=st.sampled_from(FORMS))
def test_a_damaged_byte_never_ends_in_a_traceback(at: int, byte: int, form: str) -> None:
    content = bytearray(stored(form))
    content[at % len(content)] = byte
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "net.caffemodel"
        path.write_bytes(content)
        with contextlib.suppress(netspec.SpecError):
            compiler.load_weights(compiled(SMALL), path)
