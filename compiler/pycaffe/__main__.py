"""python -m compiler.pycaffe [--allow-python] SCRIPT ...: run a script that says `import caffe`."""

from __future__ import annotations

import sys

from compiler.pycaffe.mode import allow_python
from compiler.pycaffe.scripts import run_script
from netspec.diagnostics import SpecError, render

if __name__ == "__main__":
    words = sys.argv[1:]
    if words[:1] == ["--allow-python"]:
        allow_python()
        words = words[1:]
    if not words:
        sys.exit(__doc__)
    try:
        run_script(*words)
    except SpecError as error:
        sys.exit(render(error.diagnostics))
