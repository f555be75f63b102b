"""DetectionOutput and DetectionEvaluate: from predictions to boxes, and how many are right."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from netspec.layers.augmentation import ResizeParameter
from netspec.schema.forks import SSD
from netspec.schema.kinds import Bool, Float, Int, One, Positive, Text, UInt
from netspec.schema.layer import Family, Layer, Shape
from netspec.schema.settings import Reject, Settings, param
from netspec.schema.wording import spelled
from netspec.schema.work import Run, Work

DETECTION = 7  # numbers: image, label, score, left, top, right, bottom
TRUTH = 8  # numbers: image, label, instance, left, top, right, bottom, difficult


class CodeType(Enum):
    """What a predicted location is: differences of corners, of centre and size, or scaled ones."""

    CORNER = 1
    CENTER_SIZE = 2
    CORNER_SIZE = 3


class NonMaximumSuppressionParameter(Settings):
    """Which of several boxes around one thing stay."""

    noun = "nms_param"

    nms_threshold: float = param(
        Float(), "a box that overlaps a better one by more than this goes", default=0.3
    )
    top_k: int | None = param(Int(), "look only at so many of the best; -1 is all", default=None)
    eta: float = param(
        Float(), "multiplies a threshold of more than 0.5 after each box that stays", default=1.0
    )

    def check(self) -> Iterable[Reject]:
        if not 0 < self.eta <= 1:
            yield Reject("N205", "eta", f"eta is {self.eta:g}", "more than 0 and at most 1")
        if self.nms_threshold < 0:
            message = f"nms_threshold is {self.nms_threshold:g}"
            yield Reject("N205", "nms_threshold", message, "overlaps run from 0 to 1")

    @property
    def most(self) -> int | None:
        """How many boxes are looked at; None is all."""
        return None if self.top_k is None or self.top_k < 0 else self.top_k


class SaveOutputParameter(Settings):
    """Files that detections are written to."""

    noun = "save_output_param"

    output_directory: str = param(
        Text(), "the folder", default="", uncomputed="detections are not written to files"
    )
    output_name_prefix: str = param(Text(), "begins the names of the files", default="")
    output_format: str = param(Text(), "VOC, COCO or ILSVRC", default="")
    label_map_file: str = param(Text(), "the names of the labels", default="")
    name_size_file: str = param(Text(), "the names and sizes of the images", default="")
    num_test_image: int = param(UInt, "how many images there are", default=0)
    resize_param: ResizeParameter | None = param(
        ResizeParameter, "how the images were resized", default=None
    )


def corners(location: Shape, priors: Shape, classes: int) -> int:
    """How many priors there are, where the locations fit them; raises Reject."""
    if len(priors) != 3 or priors[1] != 2 or priors[2] % 4:
        message = f"expected priors as 1 x 2 x numbers, found {spelled(priors)}"
        raise Reject("N401", "bottom", message, "the third bottom is made by PriorBox layers")
    count = priors[2] // 4
    if len(location) < 2 or location[1] != count * 4 * classes:
        message = f"{count} priors need {count * 4 * classes} locations an image, "
        message += f"found {spelled(location)}"
        raise Reject("N403", "bottom", message, "4 for each prior, and class unless they share")
    return count


def scores(confidence: Shape, batch: int, priors: int, classes: int) -> None:
    """Raise Reject where there is not one score for each prior and class."""
    if len(confidence) < 2 or confidence[:2] != (batch, priors * classes):
        message = f"{priors} priors and {classes} classes need {priors * classes} scores for each "
        message += f"of {batch} images, found {spelled(confidence)}"
        raise Reject("N403", "bottom", message, "check num_classes")


class DetectionOutput(Layer):
    """Locations, scores and priors to detections: decode, suppress class by class, keep the best.

    The top is 1 x 1 x detections x 7: image, label, score, left, top, right, bottom (fractions of
    the image), by image and label, best first. How many there are depends on the data; where there
    is none, each image has a row with its number and -1.
    """

    message, family = "detection_output_param", Family.SPATIAL
    fork = SSD
    caffe = "layers/detection_output_layer.cpp"
    differentiable = False

    num_classes: int = param(Positive, "how many classes there are, with the background")
    share_location: bool = param(Bool(), "one location for all classes", default=True)
    background_label_id: int = param(Int(), "the class of no thing; -1 is none", default=0)
    nms_param: NonMaximumSuppressionParameter = param(
        NonMaximumSuppressionParameter,
        "which boxes stay",
        default=NonMaximumSuppressionParameter(),
    )
    save_output_param: SaveOutputParameter = param(
        SaveOutputParameter, "files to write", default=SaveOutputParameter()
    )
    code_type: CodeType = param(One(CodeType), "what a location is", default=CodeType.CORNER)
    variance_encoded_in_target: bool = param(
        Bool(), "locations were trained with their variance in them", default=False
    )
    keep_top_k: int = param(Int(), "how many stay of an image; -1 is all", default=-1)
    confidence_threshold: float | None = param(
        Float(), "boxes with no higher score are not looked at", default=None
    )
    visualize: bool = param(
        Bool(), "show the boxes", default=False, unused="boxes are not shown in a window"
    )
    visualize_threshold: float | None = param(
        Float(), "show the boxes with a higher score", default=None, unused="boxes are not shown"
    )
    save_file: str = param(
        Text(), "a video of what is shown", default="", unused="boxes are not shown"
    )

    @property
    def location_classes(self) -> int:
        return 1 if self.share_location else self.num_classes

    def infer(self, location: Shape, confidence: Shape, priors: Shape) -> Shape:
        count = corners(location, priors, self.location_classes)
        scores(confidence, location[0], count, self.num_classes)
        return 1, 1, 1, DETECTION

    def work(self, run: Run) -> Work:
        return Work(None)


class DetectionEvaluate(Layer):
    """Which detections are right: the first that overlaps a true box of its label enough.

    The top is 1 x 1 x rows x 5: for each class but the background -1, label, how many true boxes
    there are, -1, -1; then for each detection image, label, score, right (1 or 0), wrong.
    """

    message, family = "detection_evaluate_param", Family.LOSS
    fork = SSD
    caffe = "layers/detection_evaluate_layer.cpp"
    differentiable = False

    num_classes: int = param(Positive, "how many classes there are, with the background")
    background_label_id: int = param(Int(), "the class of no thing; -1 is none", default=0)
    overlap_threshold: float = param(
        Float(), "the overlap from which on a detection is right", default=0.5
    )
    evaluate_difficult_gt: bool = param(Bool(), "count difficult true boxes, too", default=True)
    name_size_file: str = param(
        Text(),
        "the sizes of the images: overlaps are then measured in pixels",
        default="",
        uncomputed="overlaps are measured in fractions of the image",
    )
    resize_param: ResizeParameter | None = param(
        ResizeParameter,
        "how the images were resized",
        default=None,
        unused="it matters with name_size_file",
    )

    @property
    def labels(self) -> list[int]:
        """The classes but the background."""
        return [c for c in range(self.num_classes) if c != self.background_label_id]

    def infer(self, detections: Shape, truth: Shape) -> Shape:
        for blob, last in ((detections, DETECTION), (truth, TRUTH)):
            if len(blob) != 4 or blob[:2] != (1, 1) or blob[3] != last:
                message = f"expected 1 x 1 x boxes x {last}, found {spelled(blob)}"
                help = "the bottoms are made by DetectionOutput and AnnotatedData"
                raise Reject("N401", "bottom", message, help)
        return 1, 1, len(self.labels) + detections[2], 5

    def work(self, run: Run) -> Work:
        return Work(None)
