"""Traps before the first layer: what an image is before a net sees it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import product

import torch
from torch import Tensor

from compiler.verify.suspect import Proposal, Suspect
from netspec.graph import Value

BGR = "the channels of {} stand in the other order there: BGR against RGB"
SCALES = {
    "1/255": 1 / 255,
    "1/256": 1 / 256,
    "1/128": 1 / 128,
    "1/127.5": 1 / 127.5,
    "0.017": 0.017,
}
MEANS = (  # blue, green, red: VGG's and ResNet's, CaffeNet's; grey
    (103.939, 116.779, 123.68),
    (104.0, 117.0, 123.0),
    (104.00699, 116.66877, 122.67892),
    (127.5, 127.5, 127.5),
    (128.0, 128.0, 128.0),
)
IMAGENET = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # torchvision's mean and deviation, in RGB


def channel_order(case: Suspect) -> Iterator[Proposal]:
    """Caffe's models take blue first, as OpenCV reads images."""
    for value, given in _images(case, channels=(3,)):
        yield BGR.format(value.blob), _fed(case, value, given.flip(1))


def input_scale(case: Suspect) -> Iterator[Proposal]:
    """Images from 0 to 1 against 0 to 255, and the like."""
    for value, given in case.inputs.items():
        for written, scale in SCALES.items():
            said = f"{value.blob} is multiplied by {written} there"
            yield said, _fed(case, value, given * scale)
            inverse = written.removeprefix("1/") if "/" in written else f"1/{written}"
            said = f"{value.blob} is multiplied by {inverse} there"
            yield said, _fed(case, value, given / scale)


def input_mean(case: Suspect) -> Iterator[Proposal]:
    """A mean that was not subtracted, or twice."""
    for value, given in _images(case, channels=(1, 3)):
        for mean in _means():
            offset = _per_channel(mean[: given.shape[1]])
            for sign, word in ((-1, "subtracted from"), (1, "added to")):
                said = f"the mean {_listed(mean)} is {word} {value.blob} there"
                yield said, _fed(case, value, given + sign * offset)


def input_prepared(case: Suspect) -> Iterator[Proposal]:
    """Two or three of the above at once, as Caffe's transform_param and torchvision do it."""
    for value, given in _images(case, channels=(3,)):
        for flipped, mean, scale in product((False, True), (None, *_means()), (None, *SCALES)):
            if flipped + (mean is not None) + (scale is not None) < 2:
                continue
            image, done = given, []
            if flipped:
                image, done = image.flip(1), ["in the other order (BGR against RGB)"]
            if mean:
                image, done = image - _per_channel(mean), [*done, f"less the mean {_listed(mean)}"]
            if scale:
                image, done = image * SCALES[scale], [*done, f"times {scale}"]
            yield f"{value.blob} is {', '.join(done)} there", _fed(case, value, image)
        for flipped, largest in product((False, True), (255, 1)):
            usual, deviation = map(_per_channel, IMAGENET)
            image = ((given.flip(1) if flipped else given) / largest - usual) / deviation
            said = f"{value.blob} is normalised as torchvision does it there"
            yield said + (", in the other order" if flipped else ""), _fed(case, value, image)


def _images(case: Suspect, channels: tuple[int, ...]) -> Iterator[tuple[Value, Tensor]]:
    return (
        (value, given)
        for value, given in case.inputs.items()
        if given.dim() == 4 and given.shape[1] in channels
    )


def _fed(case: Suspect, value: Value, image: Tensor) -> Callable[[], Tensor]:
    return partial(case.run, known={value: image})


def _means() -> tuple[tuple[float, ...], ...]:
    return tuple(dict.fromkeys(m for mean in MEANS for m in (mean, mean[::-1])))


def _per_channel(numbers: tuple[float, ...]) -> Tensor:
    return torch.tensor(numbers)[:, None, None]


def _listed(numbers: tuple[float, ...]) -> str:
    return ", ".join(f"{n:g}" for n in numbers)
