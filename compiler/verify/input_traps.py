"""Traps before the first layer: what an image is before a net sees it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import torch

from compiler.verify.suspect import Proposal, Suspect

SCALES = (255, 256, 128, 127.5, 0.017)
MEANS = (  # blue, green, red: VGG's and ResNet's, CaffeNet's; grey
    (103.939, 116.779, 123.68),
    (104.0, 117.0, 123.0),
    (104.00699, 116.66877, 122.67892),
    (127.5, 127.5, 127.5),
    (128.0, 128.0, 128.0),
)


def channel_order(case: Suspect) -> Iterator[Proposal]:
    """BGR against RGB: Caffe's models take blue first, as OpenCV reads images."""
    for value, given in case.inputs.items():
        if given.dim() == 4 and given.shape[1] == 3:
            said = f"the channels of {value.blob} stand in the other order (BGR against RGB)"
            yield said, partial(case.run, known={value: given.flip(1)})


def input_scale(case: Suspect) -> Iterator[Proposal]:
    """Images from 0 to 1 against 0 to 255, and the like."""
    for value, given in case.inputs.items():
        for scale in SCALES:
            for factor, words in ((scale, f"{scale:g}"), (1 / scale, f"1/{scale:g}")):
                said = f"{value.blob} is to be multiplied by {words}"
                yield said, partial(case.run, known={value: given * factor})


def input_mean(case: Suspect) -> Iterator[Proposal]:
    """A mean that was not subtracted, or twice."""
    for value, given in case.inputs.items():
        if given.dim() != 4 or given.shape[1] not in (1, 3):
            continue
        for mean in dict.fromkeys(m for pair in MEANS for m in (pair, pair[::-1])):
            offset = torch.tensor(mean[: given.shape[1]])[:, None, None]
            for sign, word in ((-1, "subtracted from"), (1, "added to")):
                said = f"the mean {', '.join(f'{m:g}' for m in mean)} is to be {word} {value.blob}"
                yield said, partial(case.run, known={value: given + sign * offset})
