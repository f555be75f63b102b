"""What forks add to data_param and image_data_param: how data is read, and in which order."""

from __future__ import annotations

from enum import Enum

from netspec.schema.forks import MYCAFFE, NVIDIA, POSEIDON
from netspec.schema.kinds import Bool, One, Positive, UInt
from netspec.schema.settings import Settings, param

SPEED = "it changes the speed, not what is read"


class ForkReading(Settings):
    """Threads and caches."""

    cache: bool = param(Bool(), "keep items in memory", default=False, unused=SPEED, fork=NVIDIA)
    precache: bool = param(Bool(), "read all first", default=False, unused=SPEED, fork=NVIDIA)
    threads: int = param(UInt, "how many threads read", default=0, unused=SPEED, fork=NVIDIA)
    parser_threads: int = param(
        UInt, "how many threads decode", default=0, unused=SPEED, fork=NVIDIA
    )
    shared_file_system: bool = param(
        Bool(),
        "all machines read one file",
        default=False,
        unused="a single machine reads",
        fork=POSEIDON,
    )


class LabelType(Enum):
    """What MyCaffe's data layers know of each image."""

    NONE = 0
    SINGLE = 1
    MULTIPLE = 2
    ONLY_ONE = 3
    SCORE1 = 4
    SCORE2 = 5


PAIRS = "pairs of images"


class ForkDatabase(ForkReading):
    """The order of a database's items."""

    shuffle: bool = param(
        Bool(),
        "shuffle the items, anew for each pass",
        default=False,
        uncomputed="items in another order than their keys'",
        fork=f"{NVIDIA} and others",
    )
    enable_random_selection: bool = param(
        Bool(),
        "draw items at random",
        default=False,
        uncomputed="items drawn at random",
        fork=MYCAFFE,
    )
    label_type: LabelType = param(
        One(LabelType),
        "one label an image, or several, in a shape that the database tells",
        default=LabelType.SINGLE,
        uncomputed="other labels than a Datum's",
        fork=MYCAFFE,
    )
    images_per_blob: int = param(
        Positive, "images that lie on one another", default=1, uncomputed=PAIRS, fork=MYCAFFE
    )
    output_all_labels: bool = param(
        Bool(), "the label of each image of a pair", default=False, uncomputed=PAIRS, fork=MYCAFFE
    )
    balance_matches: bool = param(
        Bool(), "half of all pairs are alike", default=True, uncomputed=PAIRS, fork=MYCAFFE
    )
