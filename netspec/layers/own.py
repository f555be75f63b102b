"""Code of the user's own in a layer type: where it raises, the file and line are said."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from functools import wraps
from typing import Any

from netspec.schema.layer import Layer
from netspec.schema.setting import Reject

METHODS = ("infer", "weights", "macs", "caption")


def guard(cls: type[Layer]) -> None:
    """Make what the class's own methods raise a Reject (N232), but for a Reject itself."""
    for name in METHODS:
        if name in vars(cls):
            setattr(cls, name, _guarded(vars(cls)[name], f"{name} of {cls.__name__}"))


def _guarded(method: Callable[..., Any], called: str) -> Callable[..., Any]:
    @wraps(method)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        try:
            return method(*args, **kwargs)
        except Reject:
            raise
        except Exception as error:
            frames = traceback.extract_tb(error.__traceback__)
            mine = [f for f in frames if f.filename == method.__code__.co_filename]
            at = (mine or frames)[-1]
            message = f"{called} raised {type(error).__name__}: {error}"
            where = f"at {at.filename}, line {at.lineno}: {at.line}"
            raise Reject("N232", "type", message, where) from error

    return guarded
