"""Mean images: Caffe's `.binaryproto`, and NumPy's `.npy` as channels x height x width."""

from __future__ import annotations

from pathlib import Path

import numpy
import torch

from compiler.data.transform import mean_image
from compiler.weights.figures import Figures, figures_of
from netspec.atomic import replacing
from netspec.diagnostics import Diagnostic, SpecError
from netspec.records.blob import write_blob
from netspec.records.unreadable import Unreadable

BINARYPROTO, NPY = ".binaryproto", ".npy"
AXES = 3


def read_mean(path: Path) -> numpy.ndarray:
    """The image, channels x height x width, 32 bits; of a batch, the first.

    Raises SpecError: C301 cannot be read, C309 is no image.
    """
    try:
        return _read_npy(path) if path.suffix == NPY else mean_image(str(path))
    except Unreadable as wrong:
        raise SpecError(Diagnostic(wrong.code, str(wrong), None, wrong.help)) from None


def _read_npy(path: Path) -> numpy.ndarray:
    help = "give an array of channels x height x width"
    try:
        found = numpy.load(path, mmap_mode="r", allow_pickle=False)
    except OSError as wrong:
        message = f"the mean file {path} cannot be read ({wrong.strerror or wrong})"
        raise Unreadable("C301", message, help) from None
    except Exception as wrong:  # numpy raises a dozen kinds on damaged files
        raise Unreadable("C309", f"the mean file {path} is no .npy array ({wrong})", help) from None
    if not isinstance(found, numpy.ndarray) or found.ndim != AXES or found.dtype.kind not in "fiu":
        raise Unreadable("C309", f"the mean file {path} holds no image", help)
    return numpy.array(found, numpy.float32)


def write_mean(path: Path, image: numpy.ndarray) -> None:
    """Write `.binaryproto` (1 x channels x height x width, as Caffe does) or `.npy`.

    Raises SpecError: C107 cannot be written, C108 another ending.
    """
    if path.suffix not in (BINARYPROTO, NPY):
        message = f"{path} ends with neither {BINARYPROTO} nor {NPY}"
        raise SpecError(Diagnostic("C108", message, None, f"write {path.stem}{NPY}"))
    with replacing(path, "C107") as temporary, temporary.open("wb") as file:
        if path.suffix == NPY:
            numpy.save(file, image)
        else:
            file.write(write_blob(image[None]))


def mean_figures(path: Path) -> list[Figures]:
    """The figures of each channel."""
    image = torch.from_numpy(read_mean(path))
    size = tuple(image.shape[1:])
    return [
        figures_of("mean image", "", f"channel {i}", size, channel)
        for i, channel in enumerate(image)
    ]
