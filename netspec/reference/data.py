"""What data layers read."""

from __future__ import annotations

from netspec.reference.row import Row

ROWS = {
    "Data": (
        Row(
            "(x - mean) · scale: the mean image lies where the picture lay before it is cut",
            "after the crop, by channel: (x / 255 - mean) / std",
            "data_transformer.cpp:61",
            "test_transform.py::test_rule",
        ),
        Row(
            "crop_size cuts anywhere in TRAIN, the middle in TEST; mirror flips in both",
            "RandomCrop, CenterCrop, RandomHorizontalFlip",
            "data_transformer.cpp:81",
            "test_transform.py::test_train_cuts_anywhere",
        ),
        Row(
            "in the order of the keys, over the end into the next pass: every batch is full",
            "DataLoader's last batch is smaller",
            "layers/data_layer.cpp:60",
            "test_sources.py::test_batches_go_over_the_end",
        ),
    ),
    "ImageData": (
        Row(
            "channels in the order blue, green, red, from 0 to 255",
            "red, green, blue, from 0 to 1",
            "util/io.cpp:76",
            "test_images.py::test_decodes_as_opencv",
        ),
        Row(
            "resized by OpenCV's bilinear rule, without smoothing",
            "Pillow's smooths what shrinks",
            "util/io.cpp:84",
            "test_images.py::test_resizes_as_opencv",
        ),
        Row(
            "the label stands after the last space of a line",
            "none",
            "layers/image_data_layer.cpp:36",
            "test_records.py::test_labels_stand_after_the_last_blank",
        ),
    ),
    "HDF5Data": (
        Row(
            "rows as they are: transform_param is refused",
            "none",
            "layers/hdf5_data_layer.cpp:74",
            "test_unreadable_sources.py::test_rows_are_not_transformed",
        ),
    ),
    "WindowData": (
        Row(
            "background first, then foreground; mean subtracted before its own scale",
            "none",
            "layers/window_data_layer.cpp:250",
            "test_windows.py::test_draws_background_then_foreground",
        ),
    ),
    "HDF5Output": (
        Row(
            "writes one batch; a second is refused",
            "none",
            "layers/hdf5_output_layer.cpp:42",
            "test_memory.py::test_memory_data_is_fed_and_hdf5_output_writes_one_batch",
        ),
    ),
    "Python": (
        Row(
            "computes with numpy on the CPU, and only where it is allowed",
            "any module",
            "python_layer.hpp:20",
            "test_python_layer.py::test_it_is_refused_and_not_imported_unless_allowed",
        ),
    ),
}
