"""Show, convert, compare, rename and reshape weights files and mean images.

Formats: .caffemodel, .caffemodel.h5, .safetensors; PyTorch's .pth can be read; mean images are
.binaryproto or .npy. `fit` is `convert --spec` that also makes fully connected matrices the
kernels of the net's convolutions, and back, and PyTorch's BatchNorm Caffe's BatchNorm and Scale.
`diff` exits with 1 where the files differ.

    netspec weights show a.caffemodel
    netspec weights convert a.caffemodel a.safetensors --spec net.prototxt
    netspec weights diff a.caffemodel b.caffemodel.h5
    netspec weights rename a.caffemodel b.caffemodel fc6=fc6-conv 'old/*=new/*'
    netspec weights fit b.caffemodel conv.caffemodel --spec conv.prototxt
    netspec weights convert mean.binaryproto mean.npy
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tools import arguments as argument

if TYPE_CHECKING:
    from netspec.graph import Graph

MEANS = (".binaryproto", ".npy")


def arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    show = verbs.add_parser("show", help="each blob's shape and figures")
    show.add_argument("file", type=Path, metavar="FILE")
    diff = verbs.add_parser("diff", help="which blobs differ, and by how much")
    diff.add_argument("a", type=Path, metavar="A")
    diff.add_argument("b", type=Path, metavar="B")
    convert = verbs.add_parser("convert", help="write the same weights in another format")
    rename = verbs.add_parser("rename", help="write the same weights under other layer names")
    fit = verbs.add_parser("fit", help="write weights in the shapes that a net's layers have")
    for verb in (convert, rename, fit):
        verb.add_argument("source", type=Path, metavar="FROM")
        verb.add_argument("target", type=Path, metavar="TO")
    rename.add_argument("names", type=renaming, nargs="+", metavar="OLD=NEW")
    for verb in (show, diff, convert, fit):
        help = "the net that the weights are of, whose layers tell names, order and shapes"
        verb.add_argument("--spec", type=Path, required=verb is fit, metavar="SPEC", help=help)
        argument.state(verb)
    for verb in (show, diff):
        argument.json(verb)


def renaming(text: str) -> tuple[str, str]:
    """`fc6=fc6-conv` as two names."""
    old, _, new = text.partition("=")
    if not old or not new:
        raise argparse.ArgumentTypeError(f"expected OLD=NEW, found {text}")
    return old, new


def run(options: argparse.Namespace) -> int:
    if options.verb in ("show", "diff"):
        from tools.weights_tables import diff, show

        graph = _graph(options)
        return (show if options.verb == "show" else diff)(options, graph)
    if options.source.suffix in MEANS:
        from compiler.weights.means import read_mean, write_mean

        write_mean(options.target, read_mean(options.source))
        return 0
    _write(options, _graph(options))
    return 0


def _graph(options: argparse.Namespace) -> Graph | None:
    return argument.load(options) if getattr(options, "spec", None) else None


def _write(options: argparse.Namespace, graph: Graph | None) -> None:
    from compiler.weights.change import fit, rename, select, stored_layers
    from compiler.weights.faults import refusing
    from compiler.weights.formats import net_name
    from compiler.weights.write import write_layers
    from tools.weights_progress import watched

    layers = stored_layers(options.source, graph)
    if options.verb == "rename":
        layers = rename(layers, dict(options.names))
    if graph and options.verb == "fit":
        layers, changed = fit(layers, graph)
        _tell("reshaped", changed)
    if graph:
        chosen = select(layers, graph, options.source)
        layers = chosen.layers
        _tell(f"not in {options.source}", chosen.missing)
        _tell("left out, as the net lacks them", chosen.unused)
    with refusing(options.source), watched(layers, "writing") as read:
        name = graph.name if graph else net_name(options.source)
        write_layers(options.target, read, name)


def _tell(what: str, names: list[str] | tuple[str, ...]) -> None:
    if names:
        print(f"{what}: {', '.join(names)}", file=sys.stderr)
