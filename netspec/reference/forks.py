"""Layers of forks, where they are easily taken for something else."""

from __future__ import annotations

from netspec.reference.row import Row

ROWS = {
    "DetectionOutput": (
        Row(
            "suppresses class by class; equal scores keep the order of the priors (std::sort "
            "leaves theirs open)",
            "none",
            "detection_output_layer.cpp of weiliu89/caffe",
            "test_detection.py::test_equal_scores_keep_the_order_of_the_priors",
        ),
    ),
    "Interp": (
        Row(
            "corners stay where they are",
            "align_corners=False by default",
            "interp_layer.cpp of hszhao/PSPNet",
            "test_fork_values.py::test_interp",
        ),
    ),
    "DepthwiseConvolution": (
        Row(
            "group is not written: it is the number of channels",
            "groups=channels",
            "depthwise_conv_layer.cpp of yonghenglh6/DepthwiseConvolution",
            "test_fork_values.py::test_depthwise_filters_each_channel_by_itself",
        ),
    ),
    "MarginInnerProduct": (
        Row(
            "its gradients are the fork's own: those of the margin have length 1",
            "those of the value",
            "margin_inner_product_layer.cpp of wy1iu/sphereface",
            "test_faces.py::test_margin_inner_product_counts_the_angle_several_times",
        ),
    ),
    "CenterLoss": (
        Row(
            "the gradient of a centre is the sum of its differences over 1 + their number, "
            "unweighted",
            "that of the value",
            "center_loss_layer.cpp of ydwen/caffe-face",
            "test_faces.py::test_center_loss_moves_centres_by_the_mean_of_their_members",
        ),
    ),
    "SegAccuracy": (
        Row(
            "a class that is neither there nor predicted overlaps fully",
            "none",
            "seg_accuracy_layer.cpp of hszhao/PSPNet",
            "test_fork_segmentation.py::test_seg_accuracy",
        ),
    ),
}
