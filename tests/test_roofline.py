"""Times from device profiles: by hand, against a measured run, and profiles that are wrong."""

from __future__ import annotations

import time as clock
from pathlib import Path

import pytest
import torch
import zoo

import compiler
from netspec.analysis.account import account
from netspec.analysis.passes import Pass
from netspec.analysis.roofline import Time, time
from netspec.devices import KNOWN, PRECISIONS, device
from netspec.diagnostics import SpecError
from tools.__main__ import main

PROFILE = """
name: round numbers
source: none
peak_tflops: {float32: 1, float16: 4}
bandwidth_gb_s: 100
overhead_us: 10
"""


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    path = tmp_path / "round.yaml"
    path.write_text(PROFILE)
    return path


@pytest.mark.parametrize(
    ("of", "precision", "expected"),
    [
        (Pass(10**9, 2 * 10**9, 10**6), "float32", Time(2e-3, "compute")),
        (Pass(10**9, 2 * 10**9, 10**6), "float16", Time(5e-4, "compute")),
        (Pass(10**9, 3 * 10**9, 10**6), "float16", Time(15e-4, "compute")),  # the rest in float32
        (Pass(0, 10**6, 10**8), "float32", Time(1e-3, "bandwidth")),
        (Pass(10, 20, 100), "float32", Time(1e-5, "overhead")),
        (Pass(), "float32", Time()),
        (Pass(0, None, 100), "float32", None),
    ],
)
def test_a_pass_takes_as_long_as_its_bound(
    of: Pass, precision: str, expected: Time | None, profile: Path
) -> None:
    found = time(of, device(str(profile)), precision)
    if expected is None or found is None:
        assert found is expected
    else:
        assert (found.seconds, found.bound) == (pytest.approx(expected.seconds), expected.bound)


@pytest.mark.parametrize("name", KNOWN)
def test_known_devices_have_plausible_figures(name: str) -> None:
    """Faster with smaller numbers, and from 1 to 2,000 operations for each byte moved."""
    found = device(name)
    rates = [found.flops(p) for p in PRECISIONS if getattr(found.peak_tflops, p)]
    assert rates == sorted(rates)
    assert 1 < found.flops("float32") / found.bandwidth < max(rates) / found.bandwidth + 1 < 2000


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (("bandwidth_gb_s: 100", "bandwidth_gb_s: 0"), "A210"),
        (("float16: 4", "float16: -4"), "A210"),
        (("overhead_us", "overhead_ms"), "N202"),
        (("source: none", ""), "N207"),
        (("float32: 1, ", ""), "N207"),
    ],
)
def test_profiles_that_are_wrong_are_refused(
    change: tuple[str, str], code: str, profile: Path
) -> None:
    profile.write_text(PROFILE.replace(*change))
    with pytest.raises(SpecError) as caught:
        device(str(profile))
    assert code in [d.code for d in caught.value.diagnostics]


def test_the_command_adds_times(profile: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = str(zoo.SPECS / "alexnet/alexnet.yaml")
    assert main(["cost", spec, "--device", str(profile)]) == 0
    lines = capsys.readouterr().out.splitlines()
    fc6 = next(line for line in lines if line.startswith("fc6"))
    assert fc6.split()[-3:] == ["1.51", "ms", "bandwidth"]  # 151.1 MB at 100 GB/s
    for wrong in (["--device", "a10"], ["--device", "t4", "--precision", "float64"]):
        assert main(["cost", spec, *wrong]) == 1


def test_a_run_takes_the_time_of_a_measured_profile(tmp_path: Path) -> None:
    """In order of magnitude: machines are busy, and no layer reaches the peak."""
    path = tmp_path / "mine.yaml"
    assert main(["calibrate", "-o", str(path), "--seconds", "0"]) == 0
    here = device(str(path))
    net = "lenet/lenet"
    module, data = compiler.compile(zoo.graph(net)), torch.rand(zoo.graph(net).inputs["data"])
    least = account(zoo.graph(net), here).all().time
    times = []
    with torch.no_grad():
        for _ in range(3):
            start = clock.perf_counter()
            module(data)
            times.append(clock.perf_counter() - start)
    assert least is not None
    assert 0.1 < min(times) / least.seconds < 100
