"""graphviz.Digraph ▶ the bytes of a picture, by the `dot` on the PATH or else by Graphviz from PyPI."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import graphviz

from netspec.diagnostics import Diagnostic, SpecError
from netspec.draw.pdf import pdf

DPI = 144
MOST_PIXELS = 30_000  # of a side; beyond it few programs open a PNG
SECONDS = 600


def programs() -> Iterator[str]:
    """The commands that lay out DOT text, the one to prefer first."""
    if found := shutil.which("dot"):
        yield found
    try:
        files = distribution("graphviz-pure").files or ()
    except PackageNotFoundError:
        return
    for file in files:
        if Path(file).stem == "graphviz-pure" and (program := Path(str(file.locate()))).is_file():
            yield str(program.resolve())


def svg(diagram: graphviz.Digraph) -> bytes:
    """A picture for browsers, its text as text."""
    return run(diagram, "svg")


def png(diagram: graphviz.Digraph) -> bytes:
    """A picture of 144 dots an inch, fewer where a side would have more than 30,000 pixels."""
    made = run(diagram, "png", f"-Gdpi={DPI}")
    longest = max(int.from_bytes(made[at : at + 4], "big") for at in (16, 20))  # IHDR's sides
    if longest <= MOST_PIXELS:
        return made
    return run(diagram, "png", f"-Gdpi={DPI * MOST_PIXELS / longest:.4f}")


def dot(diagram: graphviz.Digraph) -> bytes:
    """The DOT text itself."""
    return diagram.source.encode()


FORMATS: dict[str, Callable[[graphviz.Digraph], bytes]] = {
    ".svg": svg,
    ".png": png,
    ".pdf": lambda diagram: pdf(run(diagram, "json")),
    ".dot": dot,
}


def run(diagram: graphviz.Digraph, form: str, *options: str) -> bytes:
    """What a layout program writes, of the first that succeeds. Raises SpecError: D103 none there, D104 all fail."""
    said = ""
    for program in programs():
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
    if said:
        help = "write a .dot file, and lay it out by hand"
        raise SpecError(Diagnostic("D104", f"the diagram cannot be laid out: {said}", help=help))
    help = "pip install graphviz-pure, or install Graphviz"
    raise SpecError(Diagnostic("D103", "no Graphviz is installed", help=help))
