"""Data that the caller feeds, and blobs that go into a file."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest
import torch

import compiler
import netspec


def net(path: Path) -> compiler.Network:
    return compiler.compile(
        netspec.loads(
            f"""layer {{ name: "data" type: "MemoryData" top: "data" top: "label"
                  memory_data_param {{ batch_size: 2 channels: 3 height: 4 width: 5 }} }}
                layer {{ name: "twice" type: "Power" bottom: "data" top: "twice"
                  power_param {{ scale: 2 }} }}
                layer {{ name: "out" type: "HDF5Output" bottom: "twice" bottom: "label"
                  hdf5_output_param {{ file_name: "{path}" }} }}"""
        )
    )


def test_memory_data_is_fed_and_hdf5_output_writes_one_batch(tmp_path: Path) -> None:
    path = tmp_path / "out.h5"
    made = net(path)
    assert made.spec.inputs == {"data": (2, 3, 4, 5), "label": (2,)}
    assert made.spec.outputs == ()
    data, label = torch.rand(2, 3, 4, 5), torch.tensor([7.0, 8.0])
    made(data, label)
    with h5py.File(path) as file:
        np.testing.assert_array_equal(file["data"], 2 * data)
        np.testing.assert_array_equal(file["label"], label.reshape(2, 1, 1, 1))
    with pytest.raises(netspec.SpecError) as caught:
        made(data, label)
    assert [d.code for d in caught.value.diagnostics] == ["C310"]


def test_hdf5_output_says_where_it_cannot_write(tmp_path: Path) -> None:
    made = net(tmp_path / "no folder" / "out.h5")
    with pytest.raises(netspec.SpecError) as caught:
        made(torch.rand(2, 3, 4, 5), torch.zeros(2))
    assert [d.code for d in caught.value.diagnostics] == ["C107"]
