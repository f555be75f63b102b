"""The house plan, held: who may import whom, where layer types are named, how long files are."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from netspec.layers import LAYERS

ROOT = Path(__file__).parents[1]
FILES = sorted(
    path.relative_to(ROOT)
    for top in ("netspec", "compiler", "tools")
    for path in (ROOT / top).rglob("*.py")
)
TESTS = sorted(path.relative_to(ROOT) for path in (ROOT / "tests").glob("*.py"))
LONGEST = 280
LONGEST_FUNCTION = 50
FEW = 6  # lines of what needs no docstring
NAMELESS = {"utils", "util", "helpers", "helper", "misc", "base", "core", "common", "manager"}

# What each part of netspec may import of it: source ◀ diagnostics ◀ language ◀ schema ◀ layers;
# schema ◀ graph ◀ analysis, rewrite, draw. A new part gets a line of its own.
MAY_IMPORT = {
    "source": "",
    "diagnostics": "source",
    "atomic": "diagnostics",
    "picture": "diagnostics atomic",
    "guide": "",
    "codes": "",
    "records": "",
    "pycaffe": "",
    "language": "source diagnostics",
    "logs": "diagnostics atomic columns picture",
    "reference": "",
    "schema": "source diagnostics language reference",
    "layers": "schema records pycaffe",
    "graph": "source schema",
    "units": "schema",
    "columns": "",
    "devices": "diagnostics language schema source",
    "analysis": "graph schema units columns diagnostics devices source",
    "rewrite": "build analysis codes graph layers source diagnostics language schema",
    "draw": "graph schema analysis units atomic picture diagnostics language",
    "wire": "source diagnostics schema",
    "alignment": "graph schema",
    "infer": "alignment wire graph diagnostics schema",
    "share": "graph diagnostics schema",
    "build": "wire infer share graph layers source diagnostics language schema",
    "lints": "solver_file graph source diagnostics schema",
    "solver_file": "build graph source diagnostics language schema",
    "check": "lints codes build states solver_file graph source diagnostics language schema",
    "own": "diagnostics",
    "pairing": "graph schema",
    "variants": "graph diagnostics",
    "difference": "pairing graph schema language",
    "states": "build layers source diagnostics language schema",
    "deploy_fields": "layers source diagnostics language schema",
    "deploy": "deploy_fields build wire layers source diagnostics language schema",
    "bvlc": "layers source diagnostics language schema",
    "finetune": "rewrite build layers graph source diagnostics language schema",
    "translate": "build bvlc layers source diagnostics language schema",
    "__main__": "",
    "__init__": "build diagnostics graph layers",
}

# Where a concrete layer type may be named; everything else asks a layer for a trait, or calls a
# method. compiler/data is the other half of the layers that read data.
KNOW_TYPES = (
    "netspec/layers",
    "netspec/rewrite",
    "compiler/layers",
    "compiler/data",
    "compiler/optimize",
)
# The language has no layers, only text: inputs and Caffe's old forms are known by the names in it.
READ_TYPES = (*KNOW_TYPES, "netspec/language")


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse((ROOT / path).read_text(encoding="utf-8"))


def imported(path: Path) -> Iterator[tuple[str, ast.stmt]]:
    """Every module that a file imports, wherever in it: netspec.graph, torch.nn, compiler."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            yield from ((f"{module}.{alias.name}", node) for alias in node.names)
            assert node.level == 0, f"{path}:{node.lineno}: imports are absolute"


def at_start(path: Path) -> set[str]:
    """The modules that a file imports as soon as it is imported itself."""
    top = {node for node in tree(path).body if isinstance(node, ast.Import | ast.ImportFrom)}
    return {module.split(".")[0] for module, node in imported(path) if node in top}


def definitions(path: Path) -> Iterator[ast.FunctionDef | ast.ClassDef]:
    """The functions and classes at the top of a file."""
    yield from (n for n in tree(path).body if isinstance(n, ast.FunctionDef | ast.ClassDef))


def speaks_for_itself(path: Path, node: ast.FunctionDef | ast.ClassDef) -> bool:
    """Private, registered under a class, a command's face, an enum of Caffe's, or a few lines."""
    registered = any(".register" in ast.unparse(d) for d in node.decorator_list)
    face = path.parts[0] == "tools" and node.name in ("arguments", "run")
    enum = isinstance(node, ast.ClassDef) and "Enum" in "".join(map(ast.unparse, node.bases))
    short = (node.end_lineno or 0) - node.lineno < FEW
    return node.name.startswith("_") or registered or face or enum or short


def part(path: Path) -> str:
    return path.with_suffix("").parts[1]


@pytest.mark.parametrize("path", [p for p in FILES if p.parts[0] == "netspec"], ids=str)
def test_netspec_imports_downwards(path: Path) -> None:
    allowed = {part(path), *MAY_IMPORT[part(path)].split()}
    for module, node in imported(path):
        top, *rest = module.split(".")
        where = f"{path}:{node.lineno} imports {module}"
        assert top not in ("torch", "compiler", "tools"), where
        assert top != "netspec" or rest[0] in allowed, where


@pytest.mark.parametrize("path", [p for p in FILES if p.parts[0] != "netspec"], ids=str)
def test_the_compiler_knows_no_tool_and_tools_start_without_it(path: Path) -> None:
    if path.parts[0] == "compiler":
        assert "tools" not in {module.split(".")[0] for module, _ in imported(path)}
    else:
        assert not at_start(path) & {"torch", "compiler"}


@pytest.mark.parametrize("path", FILES, ids=str)
def test_only_some_rooms_name_layer_types(path: Path) -> None:
    for module, node in imported(path):
        names_type = module.startswith("netspec.layers.") and module.split(".")[-1] in LAYERS
        allowed = path.as_posix().startswith(KNOW_TYPES)
        assert allowed or not names_type, f"{path}:{node.lineno} imports {module}: ask for a trait"
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Compare):
            texts = {c.value for c in ast.walk(node) if isinstance(c, ast.Constant)}
            allowed = path.as_posix().startswith(READ_TYPES)
            assert allowed or not texts & LAYERS.keys(), f"{path}:{node.lineno}: ask for a trait"


@pytest.mark.parametrize("path", FILES, ids=str)
def test_files_are_short_and_named_for_what_they_hold(path: Path) -> None:
    lines = len((ROOT / path).read_text(encoding="utf-8").splitlines())
    assert lines <= LONGEST, f"{path} has {lines} lines"
    assert not NAMELESS & set(path.with_suffix("").parts)
    assert ast.get_docstring(tree(path)), f"{path} does not say what it is"


@pytest.mark.parametrize("path", FILES, ids=str)
def test_what_is_public_says_what_it_does_and_fits_on_a_screen(path: Path) -> None:
    for node in definitions(path):
        where = f"{path}:{node.lineno} {node.name}"
        assert ast.get_docstring(node) or speaks_for_itself(path, node), f"{where}: no docstring"
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef):
            lines = (node.end_lineno or 0) - node.lineno + 1
            assert lines <= LONGEST_FUNCTION, f"{path}:{node.lineno} {node.name}: {lines} lines"


@pytest.mark.parametrize("path", [*FILES, *TESTS], ids=str)
def test_what_is_private_stays_in_its_file(path: Path) -> None:
    for module, node in imported(path):
        name = module.split(".")[-1]
        ours = module.startswith(("netspec", "compiler", "tools"))
        private = name.startswith("_") and not name.startswith("__")
        assert not (ours and private), f"{path}:{node.lineno} imports {module}"


@pytest.mark.parametrize("path", TESTS, ids=str)
def test_tests_are_short_and_say_what_they_hold(path: Path) -> None:
    lines = len((ROOT / path).read_text(encoding="utf-8").splitlines())
    assert lines <= LONGEST, f"{path} has {lines} lines"
    assert not NAMELESS & set(path.with_suffix("").parts)
    assert ast.get_docstring(tree(path)), f"{path} does not say what it is"


def test_every_layer_type_says_what_it_is() -> None:
    for name, cls in LAYERS.items():
        assert cls.__doc__, name
        assert not cls.__doc__.startswith(f"{name}("), f"{name} has no docstring of its own"
