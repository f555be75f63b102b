"""Device profiles: how fast a device computes and moves numbers, in a small YAML file each.

The profiles beside this file hold figures of data sheets; `netspec calibrate` measures another.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path

from netspec.diagnostics import Diagnostic, Report, SpecError, nearest, some
from netspec.language.read import read
from netspec.language.yaml.messages import parse_yaml
from netspec.schema.kinds import Float, Text
from netspec.schema.settings import Reject, Settings, param
from netspec.source import Source, Span

PRECISIONS = {"float64": 8, "float32": 4, "tf32": 4, "float16": 2, "bfloat16": 2}
"""Kinds of numbers, and the bytes of each."""

KNOWN = sorted(
    path.name.removesuffix(".yaml")
    for path in files(__name__).iterdir()
    if path.name.endswith(".yaml")
)


class Peak(Settings):
    """Operations of each kind of number, in TFLOP/s; a MAC is two."""

    noun = "peak_tflops"

    float64: float | None = param(Float(), "in double precision", default=None)
    float32: float = param(Float(), "in single precision, beside products of matrices too")
    tf32: float | None = param(Float(), "products of rounded float32 numbers", default=None)
    float16: float | None = param(Float(), "products in half precision", default=None)
    bfloat16: float | None = param(Float(), "products of bfloat16 numbers", default=None)


class Device(Settings):
    """What bounds the time of a layer on a device (the roofline of Williams et al. 2009)."""

    noun, member = "a device profile", "setting"

    name: str = param(Text(), "what the device is called")
    source: str = param(Text(), "where the figures come from")
    peak_tflops: Peak = param(Peak, "the most operations a second, in units of 10^12")
    bandwidth_gb_s: float = param(Float(), "bytes moved to and from memory, in 10^9 a second")
    overhead_us: float = param(Float(), "the least time of a call, in microseconds")
    memory_gb: float | None = param(Float(), "the size of the memory, in 10^9 bytes", default=None)

    def check(self) -> Iterable[Reject]:
        for name in ("bandwidth_gb_s", "overhead_us", "memory_gb"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                yield Reject("A210", name, f"{name} is {value:g}", "give a number above 0")
        for name in PRECISIONS:
            rate = getattr(self.peak_tflops, name)
            if rate is not None and not rate > 0:
                yield Reject("A210", "peak_tflops", f"{name} is {rate:g}", "give a number above 0")

    def flops(self, precision: str) -> float:
        """Operations a second on numbers of a precision. Raises SpecError A211."""
        rate = getattr(self.peak_tflops, precision)
        if rate is None:
            has = [name for name in PRECISIONS if getattr(self.peak_tflops, name)]
            message = f"the profile of {self.name} has no rate for {precision}"
            raise SpecError(Diagnostic("A211", message, help=f"it has {some(has)}"))
        return float(rate) * 1e12

    @property
    def bandwidth(self) -> float:
        """Bytes a second."""
        return self.bandwidth_gb_s * 1e9

    @property
    def overhead(self) -> float:
        """Seconds of a call."""
        return self.overhead_us * 1e-6


def device(name: str) -> Device:
    """A profile by the name of one that comes with netspec, or by the path of its file.

    Raises SpecError: A212 where there is none, and for what is wrong in the file.
    """
    if name in KNOWN:
        text = files(__name__).joinpath(f"{name}.yaml").read_text(encoding="utf-8")
        return parse(Source(f"{name}.yaml", text))
    if Path(name).suffix not in (".yaml", ".yml"):
        help = nearest(name, KNOWN) or f"{', '.join(KNOWN)}, or the path of a .yaml file"
        raise SpecError(Diagnostic("A212", f"no device profile is called {name}", help=help))
    return parse(read(name))


def parse(source: Source) -> Device:
    """A profile from its text. Raises SpecError."""
    report = Report()
    made = Device.bind(parse_yaml(source), report, Span(source, 0, 0))
    report.stop()
    assert isinstance(made, Device)
    return made
