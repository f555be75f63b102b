"""Where netspec does not follow Caffe, because Caffe is at fault there or cannot go on."""

from __future__ import annotations

from netspec.reference.row import Row

OVERWRITTEN = "in place, its gradient is worked out from what has been overwritten: it is wrong"
RIGHT = "the gradient is right; N521 warns"
NAN = "stays NaN, so that it is seen"

ROWS = {
    "ReLU": (
        Row(
            "of -∞ is NaN, as the slope 0 times -∞ is added",
            "is 0",
            "layers/relu_layer.cpp:18",
            "test_unlike_caffe.py::test_relu_of_minus_infinity_is_0",
        ),
    ),
    "Power": (
        Row(
            "its gradient is power · y / x, which is NaN where x is 0, unless power is 1 or 2",
            "the gradient is that of a power: finite where there is one",
            "layers/power_layer.cpp:66",
            "test_unlike_caffe.py::test_the_gradient_of_a_power_at_0",
        ),
        Row(
            OVERWRITTEN,
            RIGHT,
            "layers/power_layer.cpp:47",
            "test_unlike_caffe.py::test_gradients_in_place_are_those_of_a_top_of_its_own",
        ),
    ),
    "Log": (
        Row(
            OVERWRITTEN,
            RIGHT,
            "layers/log_layer.cpp:57",
            "test_unlike_caffe.py::test_gradients_in_place_are_those_of_a_top_of_its_own",
        ),
    ),
    "BNLL": (
        Row(
            OVERWRITTEN,
            RIGHT,
            "layers/bnll_layer.cpp:27",
            "test_unlike_caffe.py::test_gradients_in_place_are_those_of_a_top_of_its_own",
        ),
    ),
    "MVN": (
        Row(
            OVERWRITTEN,
            RIGHT,
            "layers/mvn_layer.cpp:89",
            "test_unlike_caffe.py::test_gradients_in_place_are_those_of_a_top_of_its_own",
        ),
    ),
    "Clip": (
        Row(
            "in place, what was cut off gets a gradient as well",
            RIGHT,
            "layers/clip_layer.cpp:29",
            "test_unlike_caffe.py::test_gradients_in_place_are_those_of_a_top_of_its_own",
        ),
        Row(
            "NaN becomes min on the CPU, max on the GPU",
            NAN,
            "layers/clip_layer.cpp:18",
            "test_unlike_caffe.py::test_nan_stays",
        ),
    ),
    "Pooling": (
        Row(
            "a NaN is never a maximum",
            NAN,
            "layers/pooling_layer.cpp:176",
            "test_unlike_caffe.py::test_nan_stays",
        ),
        Row(
            "STOCHASTIC is not implemented on the CPU",
            "runs on both",
            "layers/pooling_layer.cpp:235",
            "test_layers.py::test_stochastic_pooling_draws_members_in_train_and_weighs_them_in_test",
        ),
    ),
    "Slice": (
        Row(
            "a top with a loss_weight that another layer reads makes it forget those of the other "
            "tops; so in every layer of several tops",
            "all count",
            "util/insert_splits.cpp:72",
            "test_unlike_caffe.py::test_all_loss_weights_count",
        ),
    ),
    "Reshape": (
        Row(
            "a Flatten behind it keeps the gradient for itself: nothing comes to the Reshape",
            "the gradient goes through both",
            "layers/flatten_layer.cpp:38",
            "test_unlike_caffe.py::test_gradients_go_through_a_reshape_and_a_flatten",
        ),
    ),
    "Flatten": (
        Row(
            "its top is its bottom's memory, as that of Reshape, Split, and a Concat or Slice of "
            "one: what works in place behind it changes the bottom too, for all that read it",
            "the bottom stays as it is",
            "layers/flatten_layer.cpp:34",
            "test_unlike_caffe.py::test_what_works_in_place_behind_a_flatten_leaves_its_bottom",
        ),
    ),
    "Convolution": (
        Row(
            "over any number of spatial axes",
            "over one, two or three",
            "layers/base_conv_layer.cpp:20",
            "test_unlike_caffe.py::test_refuses_what_caffe_takes",
        ),
        Row(
            "a window that leaves the top no position makes an empty top",
            "is refused",
            "layers/conv_layer.cpp:19",
            "test_unlike_caffe.py::test_refuses_what_caffe_takes",
        ),
    ),
    "Eltwise": (
        Row(
            "works in place without a word, and a sum then lacks the bottom that it overwrites",
            "is refused",
            "layers/eltwise_layer.cpp:57",
            "test_unlike_caffe.py::test_refuses_to_write_in_place_where_caffe_makes_nonsense",
        ),
    ),
    "Dropout": (
        Row(
            "takes any dropout_ratio",
            "takes 0 to below 1",
            "layers/dropout_layer.cpp:14",
            "test_unlike_caffe.py::test_refuses_what_caffe_takes",
        ),
    ),
    "SoftmaxWithLoss": (
        Row(
            "stops at a second top, which asks for two loss weights: its inner Softmax takes one",
            "the softmax, as forks and older versions have it",
            "layers/softmax_loss_layer.cpp:13",
            "test_unlike_caffe.py::test_a_loss_may_have_its_softmax_as_second_top",
        ),
        Row(
            "a loss without loss_weight which another layer reads on the way to another loss has a "
            "gradient from there alone, though the log counts it by itself as well; as any loss",
            "both count: with loss_weight: 0 it is the other alone",
            "net.cpp:565",
            "test_unlike_caffe.py::test_a_loss_that_is_read_counts_by_itself_as_well",
        ),
    ),
    "EuclideanLoss": (
        Row(
            "stops at bottoms of more than four axes, as HingeLoss and MultinomialLogisticLoss do",
            "takes any number",
            "layers/euclidean_loss_layer.cpp:26",
            "test_unlike_caffe.py::test_losses_take_any_number_of_axes",
        ),
    ),
    "HingeLoss": (
        Row(
            "of more labels than items reads the first few",
            "is refused",
            "layers/hinge_loss_layer.cpp:19",
            "test_unlike_caffe.py::test_refuses_what_caffe_takes",
        ),
    ),
    "LSTM": (
        Row(
            "has the number of steps that it was set up with, as RNN has",
            "takes any number, batch by batch",
            "layers/recurrent_layer.cpp:187",
            "test_unlike_caffe.py::test_sequences_may_be_of_any_length",
        ),
    ),
    "Embed": (
        Row(
            "an index or a label that is out of range reads memory of others",
            "is refused",
            "layers/embed_layer.cpp:69",
            "test_unlike_caffe.py::test_numbers_out_of_range_are_refused",
        ),
    ),
}
