"""pycaffe's face beside nets and images: messages, NetSpec, drawing, old scripts."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from google.protobuf import text_format

import compiler
import netspec
from compiler import pycaffe as caffe
from compiler.pycaffe import coord_map, draw, io, scripts
from compiler.pycaffe import layers as L
from compiler.pycaffe import params as P
from compiler.pycaffe.proto import caffe_pb2
from compiler.pycaffe.proto.numbers import NUMBERS
from netspec.records.datum import read_datum

ROOT = Path(__file__).parents[1]
pb: Any = caffe_pb2


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


# Messages


def test_arrays_go_to_blobs_and_datums_and_back() -> None:
    array = np.random.default_rng(0).normal(size=(2, 3, 4)).astype("f")
    blob: Any = io.array_to_blobproto(array, diff=2 * array)
    assert np.allclose(io.blobproto_to_array(blob), array)
    assert io.blobproto_to_array(blob).dtype == np.float64
    assert np.allclose(io.blobproto_to_array(blob, return_diff=True), 2 * array)
    text = io.arraylist_to_blobprotovector_str([array, array[0]])
    assert [a.shape for a in io.blobprotovector_str_to_arraylist(text)] == [(2, 3, 4), (3, 4)]
    old = pb.BlobProto(num=1, channels=2, height=3, width=4, data=array.ravel())
    assert io.blobproto_to_array(old).shape == (1, 2, 3, 4)
    with pytest.raises(ValueError, match="reshape"):
        io.blobproto_to_array(pb.BlobProto(data=[1, 2]))
    for image in (array, (array * 9).astype(np.uint8)):
        datum: Any = io.array_to_datum(image, label=7)
        assert np.allclose(io.datum_to_array(datum), image)
        read = read_datum(datum.SerializeToString())
        assert (read.shape, read.label) == ((2, 3, 4), 7)
    with pytest.raises(ValueError, match="channels"):
        io.array_to_datum(array[0])


def test_every_number_is_of_a_field_and_every_message_is_there() -> None:
    for name, written in NUMBERS.items():
        fields = pb.MESSAGES[name].DESCRIPTOR.fields_by_name
        for pair in written.split():
            field, number = pair.split("=")
            if name == "V1LayerParameter" and field == "layer":
                continue  # of V0, which protobuf classes are not made for
            assert fields[field].number == int(number), f"{name}.{field}"


@pytest.mark.parametrize(
    "text",
    [
        "layer { type: 'Pooling' pooling_param { pool: AVE global_pooling: true } }",
        "layers { type: CONVOLUTION convolution_param { kernel_size: 3 pad: [1, 2] } }",
        "input: 'data' input_dim: 1 state { phase: TRAIN } layer { include { min_level: 1 } }",
        "layer { param { lr_mult: 0 share_mode: PERMISSIVE } permute_param { order: 0 order: 2 } }",
    ],
    ids=["today", "V1", "inputs", "a fork"],
)
def test_prototxt_is_read_and_written_by_protobuf(text: str) -> None:
    net = text_format.Parse(text, pb.NetParameter())
    assert text_format.Parse(str(net), pb.NetParameter()) == net
    again = pb.NetParameter()
    again.ParseFromString(net.SerializeToString())
    assert again == net


def test_defaults_and_enumerations_are_caffes() -> None:
    layer = pb.LayerParameter()
    assert layer.pooling_param.stride == 1
    assert layer.convolution_param.bias_term is True
    assert layer.lrn_param.beta == 0.75
    assert pb.ParamSpec().lr_mult == 1
    assert (pb.PoolingParameter.AVE, pb.DataParameter.LMDB, pb.TRAIN, pb.TEST) == (1, 1, 0, 1)
    assert pb.SolverParameter(solver_mode=pb.SolverParameter.GPU, type="Adam").type == "Adam"
    assert (pb.Phase.Value("TEST"), pb.Phase.Name(0)) == (1, "TRAIN")
    assert pb.PoolingParameter.PoolMethod.Name(1) == "AVE"


def test_weights_that_are_saved_are_messages_too() -> None:
    net = caffe.Net(str(ROOT / "specs/digits/lenet.prototxt"), caffe.TEST, stages=["deploy"])
    net.save("w.caffemodel")
    read = pb.NetParameter()
    read.ParseFromString(Path("w.caffemodel").read_bytes())
    conv = next(layer for layer in read.layer if layer.name == "conv1")
    assert np.allclose(io.blobproto_to_array(conv.blobs[0]), net.params["conv1"][0].data)


# Nets written as Python


def lenet() -> Any:
    n = caffe.NetSpec()
    n.data, n.label = L.DummyData(shape=[{"dim": [8, 1, 28, 28]}, {"dim": [8]}], ntop=2)
    n.conv = L.Convolution(n.data, kernel_size=5, num_output=4, weight_filler={"type": "xavier"})
    n.pool = L.Pooling(n.conv, kernel_size=2, stride=2, pool=P.Pooling.MAX)
    n.ip = L.InnerProduct(n.pool, num_output=10, param=[{"lr_mult": 1}, {"lr_mult": 2}])
    n.relu = L.ReLU(n.ip, in_place=True)
    n["loss"] = L.SoftmaxWithLoss(n.relu, n.label, include={"phase": caffe.TRAIN})
    return n


def test_a_net_of_python_is_the_net_of_its_text() -> None:
    text = str(lenet().to_proto())
    graph = netspec.loads(text, "TRAIN")
    assert [n.name for n in graph.nodes] == ["data", "conv", "pool", "ip", "relu", "loss"]
    assert graph.by_name["relu"].tops == ("ip",)
    assert [p.lr_mult for p in graph.by_name["ip"].params] == [1, 2]
    assert netspec.loads(text, "TEST").outputs == ("ip", "label")
    loss = compiler.compile(graph)()["loss"]
    assert np.isclose(float(loss.detach()), np.log(10))


def test_blobs_without_names_are_called_after_their_types() -> None:
    data = L.Input(shape={"dim": [1, 4]})
    net: Any = L.ReLU(L.InnerProduct(data, num_output=2)).to_proto()
    assert [layer.name for layer in net.layer] == ["Input1", "InnerProduct1", "ReLU1"]
    assert net.layer[2].bottom == ["InnerProduct1"]
    silent = caffe.NetSpec()
    silent.data = data
    silent.end = L.Silence(data, ntop=0)
    assert [layer.name for layer in silent.to_proto().layer] == ["data", "end"]
    with pytest.raises(TypeError, match="input 0 is not a Top"):
        L.Silence((data, data), ntop=0)
    with pytest.raises(AttributeError, match="nothing"):
        _ = silent.nothing


def test_coordinates_are_mapped_and_crops_follow() -> None:
    n = caffe.NetSpec()
    n.data = L.Input(shape={"dim": [2, 1, 100, 100]})
    n.conv = L.Convolution(n.data, num_output=4, kernel_size=3)
    n.relu = L.ReLU(n.conv, in_place=True)
    n.pool = L.Pooling(n.relu, pool=P.Pooling.MAX, kernel_size=4, stride=4)
    n.up = L.Deconvolution(n.pool, num_output=4, kernel_size=8, stride=4)
    axis, scale, shift = coord_map.coord_map_from_to(n.up, n.data)
    assert (axis, scale, shift) == (1, 1, -1)
    n.crop = coord_map.crop(n.up, n.data)
    assert dict(n.crop.fn.params["crop_param"]) == {"axis": 2, "offset": [1]}
    graph = netspec.loads(str(n.to_proto()))
    assert graph.blob_shapes["crop"] == (2, 4, 100, 100)
    n.ip = L.InnerProduct(n.up, num_output=2)
    with pytest.raises(RuntimeError, match="none in common"):
        coord_map.coord_map_from_to(n.ip, n.data)
    n.half = L.Deconvolution(n.pool, num_output=4, kernel_size=4, stride=2)
    with pytest.raises(AssertionError, match="scale"):
        coord_map.crop(n.half, n.data)


def test_a_message_is_drawn_in_one_phase_or_in_all() -> None:
    net = text_format.Parse((ROOT / "specs/digits/lenet.prototxt").read_text(), pb.NetParameter())
    both = draw.get_pydot_graph(net, "LR").source
    train = draw.get_pydot_graph(net, "LR", phase=caffe.TRAIN, display_lrm=True).source
    assert "(Accuracy)" in both
    assert "(Accuracy)" not in train
    draw.draw_net_to_file(net, "net.png")
    assert Path("net.png").read_bytes().startswith(b"\x89PNG")


# Scripts

SCRIPT = """
import sys
import caffe
import caffe.io
from caffe import layers as L
from caffe.proto import caffe_pb2
from caffe.pycaffe import Net
from caffe.detector import Detector
from caffe.net_spec import assign_proto, param_name_dict
assert caffe.__version__ == "1.0.0" and caffe.pycaffe.Net is Net is caffe.Net
assert not caffe.has_nccl() and issubclass(caffe.NCCL, object) and caffe.Detector is Detector
assert param_name_dict()["LRN"] == "lrn" and param_name_dict()["InnerProduct"] == "inner_product"
class Twice(caffe.Layer):
    def setup(self, bottom, top): pass
    def reshape(self, bottom, top): top[0].reshape(*bottom[0].data.shape)
    def forward(self, bottom, top): top[0].data[...] = 2 * bottom[0].data
net = caffe_pb2.NetParameter(layer=[L.Input(shape=dict(dim=[1, 2])).to_proto().layer[0]])
net.layer.add(name="twice", type="Python", bottom=["Input1"], top=["twice"])
net.layer[1].python_param.module, net.layer[1].python_param.layer = "__main__", "Twice"
open("net.prototxt", "w").write(str(net))
made = caffe.Net("net.prototxt", caffe.TEST)
made.blobs["Input1"].data[...] = 3
print(sys.argv[1:], made.forward()["twice"])
"""


def test_an_old_script_runs_as_it_is() -> None:
    Path("script.py").write_text(SCRIPT)
    command = [sys.executable, "-m", "compiler.pycaffe", "--allow-python", "script.py", "a"]
    env = {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "PATH": ""}
    done = subprocess.run(command, capture_output=True, text=True, env=env)
    assert done.stdout == "['a'] [[6. 6.]]\n", done.stderr


def test_what_a_script_gave_wrong_ends_it_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", [])
    for module in (*scripts.MODULES, *scripts.ELSEWHERE):
        monkeypatch.setitem(sys.modules, f"caffe{module}", sys)  # put back at the end
    Path("script.py").write_text(SCRIPT)
    assert "error[N220]" in str(scripts.main(["script.py"]))
    assert "usage" in str(scripts.main([]))
