"""python -m compiler.pycaffe [--allow-python] SCRIPT ...: run a script that says `import caffe`."""

from __future__ import annotations

import sys

from compiler.pycaffe.scripts import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
