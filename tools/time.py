"""Time each layer of a net, forward and backward, as `caffe time` does.

The layers run one after another as the compiled net has them, on random numbers of the shapes of
its inputs, or on its own data; the first three iterations are not counted. Shares are of all that
the layers take together. -o draws the times as a picture: .svg, or .html in which a click looks
closer.

    netspec time specs/resnet/resnet-18.yaml --by block -o time.svg
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from tools import arguments as argument
from tools.show import print_json

if TYPE_CHECKING:
    from compiler.timing import Timing
    from netspec.graph import Graph

SLOW = 0.1  # of the whole, from which on a row stands out in colour


def arguments(parser: argparse.ArgumentParser) -> None:
    argument.spec(parser)
    help = "how many iterations are counted (default: 50, as in Caffe)"
    parser.add_argument("--iterations", type=argument.count, default=50, metavar="N", help=help)
    help = "the batch: the first axis of all that comes into the net"
    parser.add_argument("--batch", type=argument.count, metavar="N", help=help)
    help = "a row for each layer, block or type (default: layer)"
    parser.add_argument("--by", choices=("layer", "block", "type"), default="layer", help=help)
    help = "cpu, cuda or cuda:N (default: a GPU if there is one)"
    parser.add_argument("--device", help=help)
    help = "how many threads the CPU works with"
    parser.add_argument("--threads", type=argument.count, metavar="N", help=help)
    help = "draw the picture: a .svg or .html file"
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help=help)
    argument.state(parser)
    argument.json(parser)


def run(options: argparse.Namespace) -> int:
    import torch

    import compiler
    from compiler.timing.flame import ENDINGS, draw_flame
    from compiler.training.nets import choose_device
    from compiler.training.ready import check_sources
    from netspec.picture import require_picture

    if options.output:
        require_picture(options.output, ENDINGS)
    if options.threads:
        torch.set_num_threads(options.threads)
    device = choose_device(options.device)
    net = compiler.compile(_graph(options)).to(device)
    check_sources(net)
    timing = _timed(net, options)
    if options.output:
        draw_flame(timing, options.output)
    if options.json:
        print_json(timing.as_json())
        return 0
    _tell(timing, options.by)
    if options.output:
        print(options.output)
    return 0


def _graph(options: argparse.Namespace) -> Graph:
    """The net, with as large a batch as is asked for."""
    graph = argument.load(options)
    if options.batch:
        sources = [v for node in graph.nodes if node.layer.makes_data for v in node.values]
        batches = [(v.blob, (options.batch, *v.shape[1:])) for v in sources if v.shape]
        options.shapes = [*batches, *options.shapes]
        graph = argument.load(options)
    return graph


def _timed(net: object, options: argparse.Namespace) -> Timing:
    from rich.console import Console
    from rich.progress import track

    from compiler.network import Network
    from compiler.timing import time_net
    from compiler.timing.measure import WARM_UP

    assert isinstance(net, Network)
    console = Console(stderr=True)
    every = range(options.iterations + WARM_UP)
    ticks = iter(
        track(every, "timing", console=console, transient=True, disable=not console.is_terminal)
    )
    next(ticks)
    return time_net(net, options.iterations, watch=lambda done: next(ticks, None))


def _tell(timing: Timing, by: str) -> None:
    from rich.console import Console
    from rich.text import Text

    from compiler.timing.table import lay_out, rows, totals

    console = Console(highlight=False, soft_wrap=True)
    name = f"{timing.graph.name}: " if timing.graph.name else ""
    batch = f", batch {timing.batch}" if timing.batch else ""
    console.print(f"{name}{timing.graph.phase.name}{batch}, {timing.device}, ", end="")
    console.print(f"mean of {timing.iterations} iterations\n")
    table = rows(timing, by)
    width = min(console.width, 100) if console.is_terminal else 80
    heading, *lines = lay_out(table, by, width)
    console.print(Text(heading, style="bold"))
    for line, row in zip(lines, table):
        console.print(Text(line, style="bold red" if row.share >= SLOW else ""))
    print("\n" + "\n".join(totals(timing)))
