"""Convolution, pooling and what else slides a window."""

from __future__ import annotations

from netspec.reference.row import Row

ROWS = {
    "Convolution": (
        Row(
            "several bottoms are filtered by the same weights, each into a top of its own",
            "a module takes one input",
            "layers/base_conv_layer.cpp:194",
            "conv-two-bottoms",
        ),
        Row(
            "a weight without filler starts at 0",
            "drawn by kaiming_uniform_(a=√5)",
            "proto/caffe.proto:45",
            "test_layers.py::test_fills",
        ),
    ),
    "Deconvolution": (
        Row(
            "stride (H - 1) + extent - 2 pad, and no other size",
            "output_padding adds to it",
            "layers/deconv_layer.cpp:14",
            "deconv-1",
        ),
        Row(
            "the filler bilinear makes every plane of a weight the same kernel: set group",
            "no such filler",
            "filler.hpp:254",
            "test_layers.py::test_bilinear_deconvolution_upsamples_as_interpolate_does",
        ),
    ),
    "Im2col": (
        Row(
            "the top is N x C kh kw x H x W",
            "unfold makes one axis of H and W",
            "layers/im2col_layer.cpp:106",
            "im2col",
        ),
    ),
    "Pooling": (
        Row(
            "rounds up: ceil((H + 2 pad - kernel) / stride) + 1",
            "rounds down, unless ceil_mode",
            "layers/pooling_layer.cpp:91",
            "pool-max-mask",
        ),
        Row(
            "a window that would start beyond the padded image is dropped only if there is padding",
            "ceil_mode drops it always",
            "layers/pooling_layer.cpp:107",
            "test_layers.py::test_pools_the_windows_that_caffe_pools",
        ),
        Row(
            "any pad below kernel_size",
            "at most half the kernel",
            "layers/pooling_layer.cpp:74",
            "pool-max-1",
        ),
        Row(
            "AVE divides by the window clipped to the padded image: padding counts, the overhang "
            "of rounding up does not",
            "count_include_pad=True with ceil_mode=True; False leaves out padding",
            "layers/pooling_layer.cpp:210",
            "pool-ave-1",
        ),
        Row(
            "the step between windows is 1 by default",
            "the size of the kernel",
            "layers/pooling_layer.cpp:60",
            "test_reference.py::test_a_window_moves_by_one_unless_told",
        ),
        Row(
            "the second top says where each maximum lies in its plane, as a float",
            "return_indices, as int64",
            "layers/pooling_layer.cpp:152",
            "pool-max-mask",
        ),
        Row(
            "STOCHASTIC draws a member by its size in TRAIN, and weighs all by size in TEST",
            "none",
            "layers/pooling_layer.cu:40",
            "test_layers.py::test_stochastic_pooling_draws_members_in_train_and_weighs_them_in_test",
        ),
    ),
    "SPP": (
        Row(
            "level i has 2^i x 2^i windows of ceil(H / 2^i), with (what is over + 1) / 2 padding",
            "adaptive pooling has windows of several sizes, which overlap",
            "layers/spp_layer.cpp:17",
            "spp",
        ),
    ),
    "Crop": (
        Row(
            "cut like its second bottom, from offset on",
            "slicing",
            "layers/crop_layer.cpp:21",
            "crop-one-offset",
        ),
    ),
}
