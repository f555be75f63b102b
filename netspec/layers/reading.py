"""How data is read, as Caffe cannot be told: by how many threads, and past what is broken."""

from __future__ import annotations

from enum import Enum

from netspec.schema.forks import OURS
from netspec.schema.kinds import Int, One
from netspec.schema.settings import Settings, param

MOST_WORKERS = 256


class Broken(Enum):
    """What becomes of a record that cannot be read."""

    STOP = 0
    SKIP = 1


class OwnReading(Settings):
    """The settings that netspec adds to layers that read images."""

    workers: int | None = param(
        Int(0, MOST_WORKERS),
        "threads that decode and transform, one for each core if not written; 0 is none",
        default=None,
        fork=OURS,
    )
    broken: Broken = param(
        One(Broken),
        "STOP at a record that cannot be read, or SKIP it, which is told and counted",
        default=Broken.STOP,
        fork=OURS,
    )
