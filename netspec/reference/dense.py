"""Fully connected and recurrent layers."""

from __future__ import annotations

from netspec.reference.row import Row

ROWS = {
    "InnerProduct": (
        Row(
            "flattens from axis on",
            "Linear works on the last axis",
            "layers/inner_product_layer.cpp:14",
            "ip",
        ),
        Row(
            "transpose keeps the weight as inputs x outputs",
            "outputs x inputs",
            "layers/inner_product_layer.cpp:31",
            "ip-transpose",
        ),
    ),
    "Embed": (
        Row(
            "adds a bias, unless bias_term is false",
            "none",
            "layers/embed_layer.cpp:30",
            "embed",
        ),
    ),
    "Parameter": (
        Row(
            "starts at 0: BVLC's has no filler",
            "as it is given",
            "parameter_layer.hpp:14",
            "parameter",
        ),
    ),
    "RNN": (
        Row(
            "an output matrix of its own, tanh(W h + b), and one bias for the hidden state",
            "the hidden state is the output; two biases",
            "layers/rnn_layer.cpp:182",
            "test_recurrent.py::test_rnn_is_torchs_with_an_output_layer",
        ),
    ),
    "LSTM": (
        Row(
            "the gates stand in the order i, f, o, g; one bias",
            "i, f, g, o; two biases",
            "layers/lstm_unit_layer.cpp:50",
            "test_recurrent.py::test_lstm_is_torchs_with_its_gates_reordered",
        ),
        Row(
            "the state goes from one batch on to the next, unless expose_hidden; the second "
            "bottom is 0 where a sequence begins",
            "starts at 0 in each call",
            "layers/recurrent_layer.cpp:257",
            "test_recurrent.py::test_the_state_goes_from_batch_to_batch_until_a_sequence_begins",
        ),
    ),
    "LSTMUnit": (
        Row(
            "a step of an LSTM, the gates in the order i, f, o, g",
            "LSTMCell: i, f, g, o",
            "layers/lstm_unit_layer.cpp:50",
            "test_recurrent.py::test_lstm_unit_is_torchs_cell",
        ),
    ),
    "Lstm": (
        Row(
            "a fork's, with the gates in an order of its own, clipped gradients, and one bias",
            "i, f, g, o; two biases",
            "lstm_layer.cpp of junhyukoh/caffe-lstm",
            "test_fork_lstm.py::test_lstm_cuts_off_the_gradients_of_its_gates",
        ),
    ),
}
