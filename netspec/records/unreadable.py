"""The one exception that the readers raise."""

from __future__ import annotations


class Unreadable(Exception):
    """Data cannot be read: why, the `code` of the diagnostic, and in `help` what to do."""

    def __init__(self, code: str, message: str, help: str = "") -> None:
        super().__init__(message)
        self.code, self.help = code, help
