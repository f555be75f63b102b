"""Compare two nets, or two states of one: layers, settings, wiring, shapes and parameters.

Layers are compared by name; one that was renamed is recognised by what it does and reads. A state
is a phase, stages and a level, with commas between: TEST, or TRAIN,deploy,level=1. The exit code
is 0 where the nets are equal, 1 where they differ and 2 where one of them cannot be built.

    netspec diff old.prototxt new.prototxt
    netspec diff train_val.prototxt --between TRAIN TEST
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from tools import arguments as argument
from tools.own_code import own_code
from tools.show import print_json, refuse, show

if TYPE_CHECKING:
    from netspec.difference import Difference, LayerChange
    from netspec.graph import Graph

State = tuple[str, int, tuple[str, ...]]  # phase, level, stages
WIDTH = 80


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("a", type=Path, metavar="A", help="a .prototxt or .yaml file")
    help = "another; without it, two states of A are compared"
    parser.add_argument("b", type=Path, nargs="?", metavar="B", help=help)
    parser.add_argument(
        "--between",
        type=state,
        nargs=2,
        metavar="STATE",
        help="the state of each (default: TEST; for one file, TRAIN and TEST)",
    )
    argument.shapes(parser)
    own_code(parser)
    argument.json(parser)


def state(text: str) -> State:
    """`TRAIN,deploy,level=1` as a phase, a level and stages."""
    phase, level, stages = "TEST", 0, []
    for word in filter(None, text.split(",")):
        if word.upper() in argument.PHASES:
            phase = word.upper()
        elif word.startswith("level="):
            try:
                level = int(word.removeprefix("level="))
            except ValueError:
                raise argparse.ArgumentTypeError(f"expected level=N, found {word}") from None
        else:
            stages.append(word)
    return phase, level, tuple(stages)


def run(options: argparse.Namespace) -> int:
    from netspec.diagnostics import SpecError
    from netspec.difference import difference

    plain: State = ("TEST", 0, ())
    states = options.between or [plain if options.b else ("TRAIN", 0, ()), plain]
    try:
        one = _load(options.a, states[0], options)
        two = _load(options.b or options.a, states[1], options)
    except SpecError as error:
        show(error.diagnostics, as_json=options.json)
        return 2
    except OSError as error:
        refuse(f"{error.filename}: {error.strerror}")
        return 2
    found = difference(one, two)
    if options.json:
        print_json(found.as_json())
    else:
        print("\n".join(_lines(found, one, two)))
    return 1 if found else 0


def _load(path: Path, state: State, options: argparse.Namespace) -> Graph:
    import netspec

    return netspec.load(path, *state, shapes=dict(options.shapes))


def _lines(found: Difference, one: Graph, two: Graph) -> Iterator[str]:
    """`-` is the first net's, `+` the second's, `~` both's."""
    if not found:
        yield f"equal: {len(one.nodes)} layers"
        return
    yield from (f"~ {c.what}: {c.a} -> {c.b}" for c in found.net)
    yield from (f"- {n.name} ({n.type})" for n in found.only_a)
    yield from (f"+ {n.name} ({n.type})" for n in found.only_b)
    follows = 0
    for layer in found.layers:
        own = [c for c in layer.changes if not c.follows]
        if not own and not layer.renamed:
            follows += 1
            continue
        yield f"~ {_named(layer)} ({layer.a.type})"
        for c in own:
            line = f"    {c.what}: {c.a} -> {c.b}"
            yield from [line] if len(line) <= WIDTH else [f"    {c.what}:", *_below(c.a, c.b)]
    if follows:
        yield f"  and the shapes of {follows} layers that follow from these"


def _below(a: str, b: str) -> list[str]:
    return [f"      - {a}", f"      + {b}"]


def _named(layer: LayerChange) -> str:
    return f"{layer.a.name} -> {layer.b.name}" if layer.renamed else layer.a.name
