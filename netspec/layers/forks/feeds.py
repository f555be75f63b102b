"""Data layers of forks whose files are not read here: the caller feeds what they make."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from netspec.layers.transform import TransformationParameter
from netspec.schema.forks import HED, PSPNET, SSD, TSN
from netspec.schema.kinds import Bool, Int, One, Text, UInt
from netspec.schema.layer import Count, Family, Layer, Shape
from netspec.schema.settings import Reject, Settings, group, param


class _Fed(Layer):
    """A data layer that the caller feeds; its settings tell the shapes."""

    family, makes_data, fed = Family.DATA, True, True
    tops = Count(2, 2)

    transform: TransformationParameter = group(
        TransformationParameter, "transform_param", "what is done to each image"
    )

    def size(self, height: int, width: int) -> tuple[int, int]:
        """(height, width) of the images, where they are resized to these; raises Reject."""
        if self.transform.size is not None:
            return self.transform.size
        if height and width:
            return height, width
        message = "the size of the images is not known"
        raise Reject("N410", "transform", message, "add crop_size, or give it with --shape")


class LabelType(Enum):
    NONE = 0
    IMAGE = 1
    PIXEL = 2


class ImageListParameter(Settings):
    """image_data_param: a list of pairs of images."""

    source: str = param(Text(), "the list: an image and its label map on each line", default="")
    batch_size: int = param(UInt, "the number of images in a batch", default=1)
    rand_skip: int = param(UInt, "skip fewer images than this at the start", default=0)
    shuffle: bool = param(Bool(), "shuffle the list, anew for each pass", default=False)
    new_height: int = param(UInt, "resize to this height; 0 is not at all", default=0)
    new_width: int = param(UInt, "resize to this width; 0 is not at all", default=0)
    is_color: bool = param(Bool(), "three channels, or one", default=True)
    root_folder: str = param(Text(), "put before each path", default="")
    label_type: LabelType = param(
        One(LabelType), "whether a label is of an image or of each pixel", default=LabelType.IMAGE
    )
    ignore_label: int = param(Int(), "the label of padding", default=255)
    normalize: bool = param(Bool(), "whether label maps are divided by 255", default=False)


class _LabelMaps(_Fed):
    """Images and a map of labels for each."""

    images: ImageListParameter = group(
        ImageListParameter, "image_data_param", "the list of images and label maps"
    )

    def infer(self, *, tops: int, given: Shape | None = None) -> tuple[Shape, ...]:
        said = self.images
        if given is None:
            channels = 3 if said.is_color else 1
            size = self.size(said.new_height, said.new_width)
            given = (said.batch_size, channels, *size)
        return given, (given[0], 1, *given[2:]), (given[0], 1, 1, 2)


class ImageSegData(_LabelMaps):
    """Images, a class for each pixel, and with a third top their sizes; the caller feeds them."""

    tops = Count(2, 3)
    fork = PSPNET
    caffe = "layers/image_seg_data_layer.cpp"


class ImageLabelmapData(_LabelMaps):
    """Images and maps of their edges; the caller feeds both."""

    fork = HED
    caffe = "layers/image_labelmap_data_layer.cpp"


class SegDataParameter(Settings):
    """seg_data_param: a list of images with segmentations."""

    source: str = param(Text(), "the list", default="")
    root_dir: str = param(Text(), "the folder of the images", default="")
    rand_skip: int = param(UInt, "skip fewer images than this at the start", default=0)
    shuffle: bool = param(Bool(), "shuffle the list", default=False)
    batch_size: int = param(UInt, "the number of images in a batch", default=1)


class SegData(_Fed):
    """Images and a class for each pixel; the caller feeds both."""

    fork = TSN
    caffe = "layers/seg_data_layer.cpp"

    data: SegDataParameter = group(SegDataParameter, "seg_data_param", "the list of images")

    def infer(self, *, tops: int, given: Shape | None = None) -> tuple[Shape, ...]:
        given = given or (1, 3, *self.size(0, 0))
        return given, (given[0], 1, *given[2:])


class Modality(Enum):
    RGB = 0
    FLOW = 1


class VideoType(Enum):
    WEBCAM = 0
    VIDEO = 1


class VideoData(_Fed):
    """Frames of videos and their labels; the caller feeds them.

    TSN's gives num_segments pieces of new_length frames as channels: 3 a frame, or 2 of optical
    flow. SSD's (video_type, video_file) gives single images of a file or a camera.
    """

    message = "video_data_param"
    tops = Count(1, 2)
    fork = f"{TSN}; {SSD}"
    caffe = "layers/video_data_layer.cpp"

    source: str = param(Text(), "the list: a folder of frames, their number, a label", default="")
    batch_size: int = param(UInt, "the number of videos in a batch", default=1)
    rand_skip: int = param(UInt, "skip fewer videos than this at the start", default=0)
    shuffle: bool = param(Bool(), "shuffle the list", default=False)
    new_height: int = param(UInt, "resize to this height; 0 is not at all", default=0)
    new_width: int = param(UInt, "resize to this width; 0 is not at all", default=0)
    new_length: int = param(UInt, "how many frames follow one another", default=1)
    num_segments: int = param(UInt, "how many pieces are taken of a video", default=1)
    modality: Modality = param(One(Modality), "what frames are", default=Modality.FLOW)
    name_pattern: str = param(Text(), "the names of the frames", default="")
    encoded: bool = param(Bool(), "frames are compressed", default=False)
    grayscale: bool = param(Bool(), "frames have one channel", default=False)
    video_type: VideoType | None = param(
        One(VideoType), "SSD: where frames come from", default=None
    )
    device_id: int = param(Int(), "SSD: the camera", default=0)
    video_file: str = param(Text(), "SSD: the file", default="")
    skip_frames: int = param(UInt, "SSD: frames that are left out", default=0)

    def check(self) -> Iterable[Reject]:
        if self.video_type is not None and self.source:
            message = "video_type, SSD's, is given together with source, TSN's"
            yield Reject("N208", "video_type", message, "keep one")

    @property
    def channels(self) -> int:
        """Of what is made of a video."""
        if self.video_type is not None or self.video_file:
            return 3
        colours = 1 if self.grayscale else 3
        frame = 2 if self.modality is Modality.FLOW else colours
        return frame * self.new_length * self.num_segments

    def infer(self, *, tops: int, given: Shape | None = None) -> tuple[Shape, ...]:
        if given is None:
            given = (self.batch_size, self.channels, *self.size(self.new_height, self.new_width))
        return given, (given[0], 1, 1, 1)
