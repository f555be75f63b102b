"""Files of the user's own that declare layer types, and their lowerings: `--import FILE`."""

from __future__ import annotations

import importlib.util
import sys
import traceback
from pathlib import Path

from netspec.diagnostics import Diagnostic, SpecError


def import_file(path: Path) -> None:
    """Run a Python file under its own name, once. Raises SpecError (N222) for what it raises."""
    if not path.is_file():
        raise SpecError(Diagnostic("N222", f"there is no file {path}", None, "give a .py file"))
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise SpecError(Diagnostic("N222", f"{path} is no Python file", None, "give a .py file"))
    known = sys.modules.get(path.stem)
    if known is not None:
        if getattr(known, "__file__", None) in (str(path), str(path.resolve())):
            return
        help = "give the file a name of its own"
        raise SpecError(Diagnostic("N222", f"a module {path.stem} is loaded already", None, help))
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[path.stem]
        frames = traceback.extract_tb(error.__traceback__)
        mine = [frame for frame in frames if frame.filename in (str(path), str(path.resolve()))]
        frame = (mine or frames)[-1]
        message = f"importing {path} raised {type(error).__name__}: {error}"
        where = f"at {frame.filename}, line {frame.lineno}: {frame.line}"
        raise SpecError(Diagnostic("N222", message, None, where)) from error
