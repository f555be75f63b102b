"""Coverage-guided fuzzing of every reader, with atheris: it ends at the first traceback.

    python tests/fuzz_readers.py -max_total_time=600

The first byte of an input says which reader it is for. Options are libFuzzer's.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import atheris

READING = ("netspec.language", "netspec.records", "compiler.weights", "compiler.verify")

with atheris.instrument_imports(include=list(READING)):
    from readers import READERS, write_whole

    import netspec

NAMES = list(READERS)


def fuzz(content: bytes, folder: Path) -> None:
    """One file: it is read, or refused."""
    if not content:
        return
    name = NAMES[content[0] % len(NAMES)]
    path = folder / name
    path.write_bytes(content[1:])
    try:
        READERS[name](path)
    except netspec.SpecError as refused:
        str(refused)  # what is said of it can be shown


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        whole, seeds, used = (Path(folder, name) for name in ("whole", "seeds", "used"))
        for each in (whole, seeds, used):
            each.mkdir()
        write_whole(whole)
        for i, name in enumerate(NAMES):
            (seeds / name).write_bytes(bytes([i]) + (whole / name).read_bytes())
        atheris.Setup([*sys.argv, str(seeds)], lambda content: fuzz(content, used))
        atheris.Fuzz()


if __name__ == "__main__":
    main()
