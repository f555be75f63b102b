"""A user's layer class: imported, made, set up, and blamed for what it raises."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from netspec.pycaffe.caffe import Blob, Layer

Shape = tuple[int, ...]


class Failed(Exception):
    """The user's code cannot be used, and how it can; `imported` tells what went wrong when."""

    def __init__(self, message: str, help: str, imported: bool = True) -> None:
        super().__init__(message)
        self.message, self.help, self.imported = message, help, imported


class Instance:
    """A layer object with its blobs, set up and reshaped for bottoms of these shapes, all zeros.

    Where a top works in place, `shared` says which bottom it is: they are one blob. Raises Failed.
    """

    def __init__(
        self,
        module: str,
        layer: str,
        param_str: str,
        training: bool,
        bottoms: Sequence[Shape],
        tops: int,
        shared: Sequence[int | None] = (),
    ) -> None:
        made = load_class(module, layer)
        from netspec.pycaffe import caffe

        self.name = f"{module}.{layer}"
        self.bottom: list[Blob] = [caffe.Blob(shape) for shape in bottoms]
        places = [*shared, *[None] * (tops - len(shared))]
        self.top = [caffe.Blob() if i is None else self.bottom[i] for i in places]
        self.user: Layer = self._ask("__init__", made)
        self.user.param_str = param_str
        self.user.phase = caffe.TRAIN if training else caffe.TEST
        self._ask("setup", self.user.setup, self.bottom, self.top)
        self.reshape()

    def reshape(self) -> None:
        """Let the layer give its tops their shapes, as Caffe does before each forward pass."""
        self._ask("reshape", self.user.reshape, self.bottom, self.top)

    def forward(self) -> None:
        self._ask("forward", self.user.forward, self.bottom, self.top)

    def backward(self, propagate_down: list[bool]) -> None:
        self._ask("backward", self.user.backward, self.top, propagate_down, self.bottom)

    def _ask(self, what: str, method: Callable[..., Any], *args: Any) -> Any:
        try:
            return method(*args)
        except Exception as error:
            raise Failed(
                f"{what} of {self.name} raised {_told(error)}", _where(error), False
            ) from error


def load_class(module: str, name: str) -> type[Layer]:
    """The class of a module of the working directory or the Python path. Raises Failed."""
    from netspec.pycaffe import caffe

    with _found_here(), _instead_of_caffe():
        try:
            loaded = importlib.import_module(module)
        except ModuleNotFoundError as error:
            if error.name == module.split(".")[0]:
                help = "it is looked for in the working directory and on PYTHONPATH"
                raise Failed(f"there is no module {module}", help) from None
            raise Failed(
                f"the module {module} needs {error.name}", f"install {error.name}"
            ) from None
        except Exception as error:
            raise Failed(f"importing {module} raised {_told(error)}", _where(error)) from error
    found = getattr(loaded, name, None)
    if not isinstance(found, type) or not issubclass(found, caffe.Layer):
        have = [n for n, c in vars(loaded).items() if _is_layer(c, loaded.__name__, caffe.Layer)]
        listed = f"its layers are {', '.join(have)}" if have else "it has no class of caffe.Layer"
        raise Failed(f"the module {module} has no layer class {name}", listed)
    return found


def _is_layer(found: object, module: str, layer: type) -> bool:
    return isinstance(found, type) and issubclass(found, layer) and found.__module__ == module


@contextmanager
def _found_here() -> Iterator[None]:
    """The working directory is on the path, as it is for `python`."""
    before = list(sys.path)
    sys.path.insert(0, os.getcwd())
    try:
        yield
    finally:
        sys.path[:] = before


@contextmanager
def _instead_of_caffe() -> Iterator[None]:
    """`import caffe` finds the stand-in; a real pycaffe, if there is one, is back afterwards.

    What is there already and has the stand-in's Layer, as compiler.pycaffe does, is left in place.
    """
    from netspec.pycaffe import caffe

    before = sys.modules.get("caffe")
    if getattr(before, "Layer", None) is not caffe.Layer:
        sys.modules["caffe"] = caffe
    try:
        yield
    finally:
        if before is None:
            sys.modules.pop("caffe", None)
        else:
            sys.modules["caffe"] = before


def _told(error: Exception) -> str:
    said = str(error)
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


def _where(error: Exception) -> str:
    """The line of the user's code that raised."""
    frames = traceback.extract_tb(error.__traceback__)
    frame = frames[-1]
    return f"at {frame.filename}, line {frame.lineno}: {frame.line}"
