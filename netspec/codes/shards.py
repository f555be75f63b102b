"""C3: tar files that cannot be trained from."""

from __future__ import annotations

from netspec.codes.code import Code
from netspec.codes.data import RUN

TAR = '''\
import io
import tarfile
from pathlib import Path

from PIL import Image

import compiler
import netspec
from compiler.data import shard

spec = """
layer {
  name: "images"  type: "TarData"  top: "data"  top: "label"
  tar_data_param { source: "a.tar"  batch_size: 2  is_color: false }
}
"""
Image.new("L", (4, 4)).save("0.png")
Path("0.cls").write_text("3")
'''
TARRED = """\
with tarfile.open("a.tar", "w") as file:
    file.add("0.png")
    file.add("0.cls")
"""

CODES: tuple[Code, ...] = (
    Code(
        "C360",
        "a shard is damaged",
        "A TarData layer reads plain tar files, not compressed ones. The headers in one are not "
        "those of a tar file, or it was cut off while it was copied or made.",
        wrong=TAR + TARRED + 'Path("a.tar").write_bytes(Path("a.tar").read_bytes()[:600])' + RUN,
        right=TAR + TARRED + RUN,
        language="python",
    ),
    Code(
        "C361",
        "a sample without image or label",
        "The files of a sample follow one another in a tar file and are called alike up to the "
        "first dot, as 000000.jpg and 000000.cls. One is an image, and one, whose ending is the "
        "layer's `label`, holds a whole number.",
        wrong=TAR + TARRED.replace('    file.add("0.cls")\n', "") + RUN,
        right=TAR + TARRED + RUN,
        language="python",
    ),
    Code(
        "C362",
        "fewer shards than processes",
        "Where several processes train together, each reads tar files of its own, so there have to "
        "be as many as processes; several times as many share the work evenly.",
        wrong=TAR + TARRED + RUN.replace("net()", "shard(net, 0, 2, seed=1)\nnet()"),
        right=TAR + TARRED + RUN.replace("net()", "shard(net, 0, 1, seed=1)\nnet()"),
        language="python",
    ),
)
