"""Draw the curves of one or several trainings: loss, scores, learning rate.

Reads the logs that `netspec train` writes (PREFIX_log.jsonl) and those of Caffe itself, of any age
(`caffe train ... 2> train.log`). A run that was resumed is one curve; a log with several runs gives
several. What is drawn is also printed, as a table.

    netspec plot quick.log full_log.jsonl --x seconds -o curves.svg
"""

from __future__ import annotations

import argparse
from pathlib import Path

from tools.arguments import count


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("logs", type=Path, nargs="+", metavar="LOG", help="a log of training")
    help = "the picture to write: .png, .svg or .pdf (default: curves.png)"
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help=help)
    help = "loss, lr, or an output such as accuracy, with commas between (default: loss and scores)"
    parser.add_argument("--y", metavar="NAME[,NAME]", default="", help=help)
    help = "what the curves are drawn over (default: iterations)"
    over = ("iterations", "seconds", "epochs")
    parser.add_argument("--x", choices=over, default="iterations", help=help)
    help = "how many iterations an epoch has, where the log does not tell: images / batch size"
    parser.add_argument("--epoch", type=float, metavar="N", help=help)
    parser.add_argument("--last", action="store_true", help="only the last run of each log")
    help = "how many points of training are averaged, 1 for none (default: a 50th of the run)"
    parser.add_argument("--smooth", type=count, metavar="N", help=help)
    form = parser.add_mutually_exclusive_group()
    help = "print all numbers of the logs as JSON, and draw only where -o is given"
    form.add_argument("--json", action="store_true", help=help)
    form.add_argument("--csv", action="store_true", help="the same as CSV, a number a line")


def run(options: argparse.Namespace) -> int:
    from netspec.logs import read_logs
    from netspec.logs.choose import choose
    from netspec.logs.picture import draw, require_ending
    from netspec.logs.table import as_csv, as_json, as_text

    for_programs = options.json or options.csv
    picture = options.output or (None if for_programs else Path("curves.png"))
    if picture is not None:
        require_ending(picture)
    runs = read_logs(options.logs, options.last)
    if picture is not None:
        names = [name.strip() for name in options.y.split(",") if name.strip()]
        panels = choose(runs, names, options.x, options.epoch)
        draw(runs, panels, picture, options.x, options.smooth)
    if for_programs:
        print(as_json(runs) if options.json else as_csv(runs).rstrip())
    elif picture is not None:
        said = as_text(runs, panels, " s" if options.x == "seconds" else "")
        print(f"{said}\n\n{picture}")
    return 0
