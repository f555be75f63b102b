"""Where netspec does not follow a fork of Caffe, because the fork is at fault there."""

from __future__ import annotations

from netspec.reference.row import Row

ROWS = {
    "MultiBoxLoss": (
        Row(
            "with LOGISTIC and without mining, the classes of the second image go to other priors",
            "each image has its own",
            "util/bbox_util.cpp of weiliu89/caffe",
            "test_unlike_forks.py::test_images_do_not_share_their_classes",
        ),
        Row(
            "with LOGISTIC and a background other than 0, its number is the target of all classes",
            "the background is one class of several, whatever its number",
            "layers/multibox_loss_layer.cpp of weiliu89/caffe",
            "test_unlike_forks.py::test_the_number_of_the_background_is_but_a_name",
        ),
    ),
    "DetectionOutput": (
        Row(
            "stops where there is no background, -1, and the classes share their locations",
            "all classes are things",
            "detection_output_layer.cpp of weiliu89/caffe",
            "test_unlike_forks.py::test_all_classes_may_be_things",
        ),
    ),
    "SmoothL1Loss": (
        Row(
            "Fast R-CNN's and R-FCN's count for nothing unless loss_weight is written",
            "counts once, as SSD's and all losses do",
            "smooth_L1_loss_layer.cpp of rbgirshick/caffe-fast-rcnn",
            "test_unlike_forks.py::test_a_smooth_loss_counts",
        ),
    ),
    "DepthwiseConvolution": (
        Row(
            "without group the CPU runs a plain Convolution, the GPU a filter for each channel",
            "a filter for each channel",
            "depthwise_conv_layer.cpp of yonghenglh6/DepthwiseConvolution",
            "test_fork_values.py::test_depthwise_filters_each_channel_by_itself",
        ),
    ),
    "Reorg": (
        Row(
            "Intel's has no gradient on the CPU: it reads a blob of its own, which nothing fills",
            "the gradient goes back to where the elements were",
            "reorg_layer.cpp of intel/caffe",
            "test_unlike_forks.py::test_reorg_has_a_gradient",
        ),
    ),
    "InnerDistance": (
        Row(
            "the gradients of L1 are wrong on the CPU: a macro lacks its brackets",
            "the signs of the differences, weighed",
            "inner_distance_layer.cpp of happynear/caffe-windows",
            "test_unlike_forks.py::test_l1_distances_have_the_gradient_of_their_value",
        ),
    ),
    "Lstm": (
        Row(
            "on the CPU all streams read what the first one remembers; not so on the GPU",
            "each stream has a state of its own",
            "lstm_layer.cpp of junhyukoh/caffe-lstm",
            "test_fork_lstm.py::test_lstm_goes_on_where_it_is_marked",
        ),
    ),
}
