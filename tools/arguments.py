"""Arguments that several commands take: which net is meant, in which state, and how to answer."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tools.own_code import own_code

if TYPE_CHECKING:
    from netspec.graph import Graph

PHASES = ("TRAIN", "TEST")
NO_SUCH_NET = {"N301", "N312"}  # of a phase that lacks its data, or all layers


def spec(parser: argparse.ArgumentParser) -> None:
    """The net's file: `options.spec`."""
    parser.add_argument("spec", type=Path, metavar="SPEC", help="a .prototxt or .yaml file")


def look(parser: argparse.ArgumentParser) -> None:
    """The state of a net that is only looked at, by `sketch`; as `state` has it."""
    state(parser, None, "TEST, or TRAIN where the file has no other net")


def state(
    parser: argparse.ArgumentParser,
    phase: str | None = "TEST",
    otherwise: str = "each that the file tells apart",
) -> None:
    """The net's state and shapes: `options.phase`, `.level`, `.stages`, `.shapes`."""
    default = phase or otherwise
    help = f"the phase that the net is in (default: {default})"
    parser.add_argument("--phase", choices=PHASES, default=phase, type=str.upper, help=help)
    help = "what min_level and max_level are compared with"
    parser.add_argument("--level", type=int, default=0, help=help)
    help = "a stage that the net is in; may be repeated"
    parser.add_argument("--stage", dest="stages", action="append", default=[], help=help)
    shapes(parser)
    own_code(parser)


def shapes(parser: argparse.ArgumentParser) -> None:
    """What inputs and data layers make: `options.shapes`."""
    parser.add_argument(
        "--shape",
        dest="shapes",
        action="append",
        type=shape,
        default=[],
        metavar="BLOB=N,N,...",
        help="the shape of what an input or a data layer makes: data=1,3,224,224; may be repeated",
    )


def json(parser: argparse.ArgumentParser) -> None:
    """A machine's answer: `options.json`."""
    parser.add_argument("--json", action="store_true", help="print JSON on standard output")


def shape(text: str) -> tuple[str, tuple[int, ...]]:
    """`data=1,3,224,224` as a blob and its shape."""
    blob, _, numbers = text.rpartition("=")
    try:
        shape = tuple(int(n) for n in numbers.split(","))
    except ValueError:
        shape = ()
    if not blob or not shape or min(shape) < 0:
        raise argparse.ArgumentTypeError(f"expected BLOB=N,N,..., found {text}")
    return blob, shape


def count(text: str) -> int:
    """A whole number of 1 or more."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected 1 or more, found {number}")
    return number


def load(options: argparse.Namespace) -> Graph:
    """The graph that `spec` and `state` ask for; raises SpecError."""
    import netspec

    return netspec.load(
        options.spec, options.phase, options.level, options.stages, dict(options.shapes)
    )


def sketch(options: argparse.Namespace) -> Graph:
    """The same to look at: layers of types that are not known here may be in it.

    Where no phase is asked for and the file has a net of TRAIN alone, it is that one, and says so.
    """
    from netspec.build import sketch
    from netspec.diagnostics import SpecError

    rest = options.level, options.stages, dict(options.shapes)
    try:
        return sketch(options.spec, options.phase or "TEST", *rest)
    except SpecError as error:
        if options.phase or not {d.code for d in error.diagnostics} <= NO_SUCH_NET:
            raise
        try:
            found = sketch(options.spec, "TRAIN", *rest)
        except SpecError:
            raise error from None
    print(f"netspec: {options.spec} has no net of TEST; this is the one of TRAIN", file=sys.stderr)
    return found
