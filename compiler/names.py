"""Names that torch.fx can write into code, as near to the file's names as can be.

A layer's or blob's name may be any text; only harmless characters get into the code that fx makes.
"""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections.abc import Callable

from netspec.graph import Graph, Node

HARMLESS = re.compile(r"[^\w/+:@ -]")


def module_names(graph: Graph, reserved: Callable[[str], bool]) -> dict[Node, str]:
    """The name of each layer's module; `reserved` tells the names that the network itself needs."""
    names: dict[Node, str] = {}
    taken: set[str] = set()
    for node in graph.nodes:
        name = HARMLESS.sub("_", unicodedata.normalize("NFKC", node.name)) or node.type
        if keyword.iskeyword(name) or reserved(name):
            name += "_"
        unique, count = name, 1
        while unique in taken:
            count += 1
            unique = f"{name}_{count}"
        taken.add(unique)
        names[node] = unique
    return names


def identifier(blob: str) -> str:
    """A Python identifier for a blob."""
    name = re.sub(r"\W", "_", blob, flags=re.ASCII)
    return f"_{name}" if not name[:1].isalpha() or keyword.iskeyword(name) else name
