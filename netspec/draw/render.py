"""graphviz.Digraph ▶ a picture's bytes, by Graphviz from PyPI or else by the dot on the PATH."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterable, Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import graphviz

from netspec.diagnostics import Diagnostic, SpecError
from netspec.draw.operations import read_layout
from netspec.draw.pdf import pdf
from netspec.draw.svg import fitted

DPI, POINTS_PER_INCH = 144, 72
MOST_PIXELS = 30_000  # of a side; beyond it few programs open a PNG
SECONDS = 600


def programs() -> Iterator[str]:
    """The commands that lay out DOT text, the one to prefer first.

    Graphviz from PyPI measures letters by tables of its own, so that a net has the same picture on
    every machine; what a dot on the PATH makes depends on its fonts.
    """
    try:
        files = distribution("graphviz-pure").files or ()
    except PackageNotFoundError:
        files = ()
    for file in files:
        if Path(file).stem == "graphviz-pure" and (program := Path(str(file.locate()))).is_file():
            yield str(program.resolve())
    if found := shutil.which("dot"):
        yield found


def svg(diagram: graphviz.Digraph) -> bytes:
    """A picture for browsers, its text as text."""
    return fitted(run(diagram, "svg"), read_layout(run(diagram, "json")))


def png(diagram: graphviz.Digraph) -> bytes:
    """A picture of 144 dots an inch, fewer where a side would have more than 30,000 pixels."""
    left, bottom, right, top = read_layout(run(diagram, "json")).bounds
    inches = max(right - left, top - bottom) / POINTS_PER_INCH
    return run(diagram, "png", f"-Gdpi={min(DPI, 0.99 * MOST_PIXELS / inches):.4f}")


def dot(diagram: graphviz.Digraph) -> bytes:
    """The DOT text itself."""
    return diagram.source.encode()


FORMATS: dict[str, Callable[[graphviz.Digraph], bytes]] = {
    ".svg": svg,
    ".png": png,
    ".pdf": lambda diagram: pdf(read_layout(run(diagram, "json"))),
    ".dot": dot,
}


def run(
    diagram: graphviz.Digraph, form: str, *options: str, by: Iterable[str] | None = None
) -> bytes:
    """What the first program that succeeds writes, of `by` or else of those installed.

    Raises SpecError: D103 there is none, D104 all fail.
    """
    said = ""
    for program in programs() if by is None else by:
        command = [program, f"-T{form}", *options]
        try:
            done = subprocess.run(
                command, input=diagram.source.encode(), capture_output=True, timeout=SECONDS
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            said = str(error)
            continue
        if done.returncode == 0 and done.stdout:
            return done.stdout
        said = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        said = said or f"{program} gave no reason"
    if said:
        help = "write a .dot file, and lay it out by hand"
        raise SpecError(Diagnostic("D104", f"the diagram cannot be laid out: {said}", help=help))
    help = "pip install graphviz-pure, or install Graphviz"
    raise SpecError(Diagnostic("D103", "no Graphviz is installed", help=help))
