"""List what nets can run on: the processor and the GPUs, with their memory, and torch's version.

Each device is tried with a small computation; where that fails, the reason is given.

    netspec devices --json
"""

from __future__ import annotations

import argparse

from tools import arguments as argument
from tools.show import print_json


def arguments(parser: argparse.ArgumentParser) -> None:
    argument.json(parser)


def run(options: argparse.Namespace) -> int:
    from compiler.devices import machine

    found = machine()
    if options.json:
        print_json(found.as_json())
        return 0
    for device in found.devices:
        print(f"{device.name:<8}{device.model}")
        for line in device.lines():
            print(f"{'':<8}{line}")
        if device.fault:
            print(f"{'':<8}cannot be used: {device.fault}")
    print(f"\ntorch {found.torch}, {found.built_for}")
    if len(found.devices) == 1:
        print(found.why_no_gpu)
    return 0
