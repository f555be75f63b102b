"""Nets as a whole: states, gradients, weights and fillers."""

from __future__ import annotations

from netspec.reference.row import Row

ROWS = {
    "states": (
        Row(
            "a file holds several nets: phase, level and stages choose the layers",
            "code",
            "net.cpp:261",
            "test_graph_states.py::test_rules",
        ),
        Row(
            "a solver's state is overruled by the net's own, and that by train_state or test_state",
            "code",
            "solver.cpp:106",
            "test_solver_file.py::test_states_merge_as_in_caffe",
        ),
        Row(
            "a net's outputs stand in alphabetical order",
            "as they are returned",
            "net.cpp:242",
            "test_graph.py::test_what_it_says",
        ),
    ),
    "gradients": (
        Row(
            "a net without a loss and without force_backward has no backward pass",
            "whatever is differentiated",
            "net.cpp:200",
            "test_network.py::test_without_a_loss_gradients_flow_where_they_are_asked_for",
        ),
        Row(
            "lr_mult 0 stops the backward pass below the last layer that learns",
            "requires_grad=False",
            "net.cpp:149",
            "test_solver.py::test_a_frozen_front_gets_no_gradient",
        ),
        Row(
            "propagate_down: false stops it at a bottom",
            "detach",
            "net.cpp:413",
            "test_network.py::test_propagate_down_false_stops_the_gradient",
        ),
        Row(
            "any top with a loss_weight counts towards the loss, by the sum of its elements",
            "code",
            "layer.hpp:420",
            "reduction-as-loss",
        ),
    ),
    "parameters": (
        Row(
            "of one name are shared: of one shape, or with PERMISSIVE of one size",
            "the same object",
            "net.cpp:423",
            "test_graph_states.py::test_shared_parameters",
        ),
        Row(
            "are copied by the layer's name; a shape that differs is refused",
            "by the attribute's name",
            "net.cpp:735",
            "test_weights.py::test_what_does_not_fit_is_refused_with_its_likely_cause",
        ),
        Row(
            "have four dimensions in old files, num x channels x height x width",
            "their own",
            "blob.cpp:410",
            "test_weights_forms.py::test_forms_of_a_caffemodel",
        ),
    ),
    "fillers": (
        Row(
            "xavier is uniform by the inputs alone; AVERAGE takes inputs and outputs",
            "kaiming_uniform_(nonlinearity='linear'); xavier_uniform_ is AVERAGE",
            "filler.hpp:148",
            "test_layers.py::test_fills",
        ),
        Row(
            "msra is normal, by the inputs",
            "kaiming_normal_(nonlinearity='relu')",
            "filler.hpp:194",
            "test_layers.py::test_fills",
        ),
    ),
}
