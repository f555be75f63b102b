"""Training for TensorBoard: event files of scalars, as it reads them.

An event file is a row of protobuf messages (tensorflow/core/util/event.proto), each between its
length and checksums (tensorflow/core/lib/io/record_writer.cc). Written here, they need no package.
"""

from __future__ import annotations

import math
import os
import socket
import struct
import time
from collections.abc import Iterator
from pathlib import Path

from compiler.training.events import Displayed, Ended, Event, Started, Tested
from compiler.training.growing import Growing
from netspec.records.wire import FIXED32, FIXED64, write_field, write_varint

WALL_TIME, STEP, VERSION, SUMMARY, SESSION = 1, 2, 3, 5, 7  # the fields of an Event
START = 1  # a session's status: what a run before told from this step on does not count
LARGEST = 3.4e38  # of a float32

Scalars = dict[str, float]


class TensorBoard:
    """A watcher that writes an event file of each run into a folder. Raises SpecError C107 where
    it cannot begin.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.images = folder, 0

    def __call__(self, event: Event) -> None:
        if isinstance(event, Started):
            self._begin(event)
        elif isinstance(event, Ended):
            self.file.end()
        elif numbers := scalars(event, self.images):
            values = b"".join(write_field(1, _value(*each)) for each in numbers.items())
            self.file.add(_framed(_message(event.iteration, write_field(SUMMARY, values))))

    def _begin(self, event: Started) -> None:
        self.images = event.images
        name = f"events.out.tfevents.{time.time():.6f}.{socket.gethostname()}.{os.getpid()}"
        self.file = Growing(self.folder / name, "--tensorboard")
        session = write_field(SESSION, write_field(1, START))
        version = _message(0, write_field(VERSION, "brain.Event:2"))
        self.file.begin(_framed(version) + _framed(_message(event.iteration, session)))


def scalars(event: Event, images: int) -> Scalars:
    """What is drawn of an event, by tag; `images` is how many an iteration takes."""
    match event:
        case Displayed():
            told = {"train/loss": event.loss, **dict(_tagged("train net", event.outputs))}
            if event.rate is not None:
                told["train/lr"] = event.rate
            if images and event.iterations and event.seconds:
                told["speed/images per second"] = images * event.iterations / event.seconds
                told["speed/data wait"] = event.waited / event.seconds
            if event.skipped:
                told["data/skipped records"] = event.skipped
            return told
        case Tested() if event.scores is not None:
            net = f"test net #{event.net}" if event.net else "test net"
            return dict(_tagged(net, event.scores.outputs))
    return {}


def _tagged(net: str, outputs: dict[str, list[float]]) -> Iterator[tuple[str, float]]:
    for name, values in outputs.items():
        for i, value in enumerate(values):
            yield f"{net}/{name}" + (f"[{i}]" if len(values) > 1 else ""), value


def _message(step: int, content: bytes) -> bytes:
    now = write_varint(WALL_TIME << 3 | FIXED64) + struct.pack("<d", time.time())
    return now + write_field(STEP, step) + content


def _value(tag: str, number: float) -> bytes:
    """A Summary.Value with its simple_value, a float32."""
    number = number if abs(number) <= LARGEST else number * math.inf
    return write_field(1, tag) + write_varint(2 << 3 | FIXED32) + struct.pack("<f", number)


def _framed(message: bytes) -> bytes:
    length = struct.pack("<Q", len(message))
    return length + _checksum(length) + message + _checksum(message)


def _checksum(data: bytes) -> bytes:
    """CRC-32C, turned by 15 bits and moved, so that a sum over sums says something too."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ TABLE[(crc ^ byte) & 0xFF]
    crc ^= 0xFFFFFFFF
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)


def _table() -> Iterator[int]:
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)  # Castagnoli's polynomial
        yield value


TABLE = tuple(_table())
