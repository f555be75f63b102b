"""C1: weights cannot be read, do not fit, or cannot be written. The examples are programs."""

from __future__ import annotations

from netspec.codes.code import Code

NET = '''\
from pathlib import Path

import compiler
import netspec


def net(name="ip", inputs=5, bias="true"):
    return compiler.compile(netspec.loads("""
layer { name: "data"  type: "Input"  top: "data"  input_param { shape { dim: [2, %d] } } }
layer { name: "%s"  type: "InnerProduct"  bottom: "data"  top: "ip"
        inner_product_param { num_output: 10  bias_term: %s } }
""" % (inputs, name, bias)))


compiler.save_weights(net(), "net.caffemodel")
'''

CODES: tuple[Code, ...] = (
    Code(
        "C101",
        "weights that cannot be opened",
        "The file is not there, is a directory, or may not be read. Paths are relative to the "
        "working directory; several files are given with commas between.",
        wrong=NET + 'compiler.load_weights(net(), "nets.caffemodel")\n',
        right=NET + 'compiler.load_weights(net(), "net.caffemodel")\n',
        language="python",
    ),
    Code(
        "C102",
        "no weights file, or a damaged one",
        "Weights are read from .caffemodel (of every age of Caffe, and NVIDIA's half precision), "
        "Caffe's HDF5, safetensors, and the state_dicts that torch.save writes; which it is shows "
        "in the content. This file is of another kind, ends too early, gives a blob a shape "
        "that its numbers do not fill, keeps numbers in other files, or is a pickle that holds "
        "more than tensors. "
        "A download may have been cut off, or have fetched a web page.",
        wrong=NET
        + 'half = Path("net.caffemodel").read_bytes()[:100]\n'
        + 'Path("half.caffemodel").write_bytes(half)\n'
        + 'compiler.load_weights(net(), "half.caffemodel")\n',
        right=NET + 'compiler.load_weights(net(), "net.caffemodel")\n',
        language="python",
    ),
    Code(
        "C103",
        "wrong number of blobs",
        "A layer of the net and the layer of that name in the file have different numbers of "
        "parameters, so they are not the same layer: most often one has a bias and the other has "
        "none, or the BatchNorm of a fork or of PyTorch meets that of Caffe, which has neither "
        "scale nor bias. A layer that should start anew needs another name.",
        wrong=NET + 'compiler.load_weights(net(bias="false"), "net.caffemodel")\n',
        right=NET + 'compiler.load_weights(net(bias="true"), "net.caffemodel")\n',
        language="python",
    ),
    Code(
        "C104",
        "wrong shape of a blob",
        "A parameter in the file has another shape than the layer of that name has in the net. "
        "Nothing is loaded. To fine-tune for other classes, give the last layer another name: it "
        "is then learned anew while the others are loaded. Where the numbers are the same in "
        "another form (a transposed matrix, a matrix for a kernel), `netspec weights fit` writes "
        "them in the net's.",
        wrong=NET + 'compiler.load_weights(net(inputs=7), "net.caffemodel")\n',
        right=NET
        + 'compiler.load_weights(net(inputs=5), "net.caffemodel")\n'
        + 'assert compiler.blobs(net())["ip"][0].shape == (10, 5)\n',
        language="python",
    ),
    Code(
        "C105",
        "weights for none of the layers",
        "Weights are found by layer name, and the file has none of the net's. Layers that only one "
        "of the two has are reported and passed over, but with nothing in common at all the file "
        "is another net's.",
        wrong=NET + 'compiler.load_weights(net(name="fc"), "net.caffemodel")\n',
        right=NET + 'compiler.load_weights(net(name="ip"), "net.caffemodel")\n',
        language="python",
    ),
    Code(
        "C106",
        "weights that are no floating point numbers",
        "An HDF5 or safetensors file holds whole numbers under a parameter's name; quantised "
        "weights have to be scaled back first.",
        wrong="import h5py\n\n"
        + NET
        + 'with h5py.File("net.h5", "w") as file:\n'
        + '    file["data/ip/0"] = [[1] * 5] * 10\n'
        + '    file["data/ip/1"] = [0] * 10\n'
        + 'compiler.load_weights(net(), "net.h5")\n',
        right="import h5py\n\n"
        + NET
        + 'with h5py.File("net.h5", "w") as file:\n'
        + '    file["data/ip/0"] = [[1.0] * 5] * 10\n'
        + '    file["data/ip/1"] = [0.0] * 10\n'
        + 'compiler.load_weights(net(), "net.h5")\n',
        language="python",
    ),
    Code(
        "C107",
        "a file that cannot be written",
        "Weights, snapshots, logs and pictures are written beside their final name and moved into "
        "place when they are whole, so the folder has to be there and writable. What was there "
        "before is left as it was.",
        wrong=NET + 'compiler.save_weights(net(), "trained/net.caffemodel")\n',
        right=NET
        + 'Path("trained").mkdir()\n'
        + 'compiler.save_weights(net(), "trained/net.caffemodel")\n',
        language="python",
    ),
    Code(
        "C108",
        "no such format of weights",
        "The ending of the name says what is written: .caffemodel, .h5 (Caffe's HDF5 layout), or "
        ".safetensors.",
        wrong=NET + 'compiler.save_weights(net(), "net.pth")\n',
        right=NET + 'compiler.save_weights(net(), "net.safetensors")\n',
        language="python",
    ),
    Code(
        "C109",
        "parameters with names in one format and numbers in the other",
        "Caffe's formats number a layer's parameters; safetensors and PyTorch name them: "
        "conv1.weight. Only the net's layers tell which number is which name, which shapes were "
        "padded to four axes in old files, and who owns a shared parameter. No order is guessed.",
        wrong=NET
        + "from compiler.weights.change import stored_layers\n"
        + "from compiler.weights.write import write_layers\n"
        + 'write_layers(Path("net.safetensors"), stored_layers(Path("net.caffemodel")))\n',
        right=NET
        + "from compiler.weights.change import stored_layers\n"
        + "from compiler.weights.write import write_layers\n"
        + 'write_layers(Path("net.caffemodel.h5"), stored_layers(Path("net.caffemodel")))\n',
        language="python",
    ),
    Code(
        "C110",
        "a layer that cannot be renamed",
        "The file has no layer of the old name, or two layers would have the new one. A `*` in "
        "both names stands for any text.",
        wrong=NET
        + "from compiler.weights.change import rename, stored_layers\n"
        + 'rename(stored_layers(Path("net.caffemodel")), {"ipp": "fc"})\n',
        right=NET
        + "from compiler.weights.change import rename, stored_layers\n"
        + 'rename(stored_layers(Path("net.caffemodel")), {"ip": "fc"})\n',
        language="python",
    ),
    Code(
        "C111",
        "nothing to verify against",
        "netspec verify takes an .npz file as numpy.savez writes it: an array for each blob by the "
        "blob's name, and each input of the net under in/ and its name. The file is damaged or of "
        "another kind, lacks an input, or has none of the net's blobs.",
        wrong=NET
        + "import numpy\n\n"
        + "from compiler.verify import read_expected, verify\n"
        + 'numpy.savez("expected.npz", ip=numpy.zeros((2, 10)))\n'
        + 'verify(net(), read_expected(Path("expected.npz")))\n',
        right=NET
        + "import numpy\n\n"
        + "from compiler.verify import read_expected, verify\n"
        + 'arrays = {"in/data": numpy.zeros((2, 5)), "ip": numpy.zeros((2, 10))}\n'
        + 'numpy.savez("expected.npz", **arrays)\n'
        + 'assert verify(net(), read_expected(Path("expected.npz"))).first is None\n',
        language="python",
    ),
)
