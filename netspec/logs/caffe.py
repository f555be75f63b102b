"""Caffe's own logs, which glog writes, of every age; told line by line (solver.cpp)."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from netspec.logs.run import Key
from netspec.logs.told import Began, Said, Told

NUMBER = r"([-+]?(?:\d\.#\w+|\d[\d.]*(?:e[-+]?\d+)?|\.\d+(?:e[-+]?\d+)?|nan|inf\w*))"
STAMP = re.compile(r"\b[IWEF](\d{4})?(\d\d)(\d\d) (\d+):(\d\d):(\d\d)\.(\d+)\s+\d+ \S+:\d+\]")
SOLVING = re.compile(r"\bSolving (.*)")
ITERATION = re.compile(r"\bIteration (\d{1,18})\b(.*)")
LOSS = re.compile(rf"\bloss = {NUMBER}", re.I)
RATE = re.compile(rf", lr = {NUMBER}", re.I)
TESTING = re.compile(r"Testing net(?: \(#(\d{1,9})\))?")
TOTAL = re.compile(rf"\bTest loss: {NUMBER}", re.I)
OUTPUT = re.compile(
    rf"\b(Train|Test) net output #\d+: (.+?) = {NUMBER}(?: \(\* \S+ = {NUMBER} loss\))?", re.I
)
SCORE = re.compile(rf"\bTest (score #\d+): {NUMBER}", re.I)  # before 2014 outputs had no names
WORDS = ("Iteration", "Solving", " net output #", "Test ")  # no other line is looked at

TRAIN_LOSS, TRAIN_RATE = Key("train", "loss"), Key("train", "lr")


def looks_like(line: str) -> bool:
    """Whether a line is one of glog's, or of Caffe's without glog's beginning."""
    return bool(STAMP.search(line) or ITERATION.search(line) or OUTPUT.search(line))


def told(lines: Iterable[str]) -> Iterator[Told]:
    """What a log says of training."""
    reader = _Reader()
    for line in lines:
        if any(word in line for word in WORDS):
            yield from reader.read(line)
    yield from reader.end_of_test()


class _Reader:
    """What has to be known of the lines before."""

    def __init__(self) -> None:
        self.clock, self.before = math.nan, datetime.min
        self.net: str | None = ""  # of a beginning whose iteration is not yet known
        self.began = math.nan
        self.iteration = 0
        self.test = ""  # the number of the test net, as keys have it
        self.parts: list[float] = []  # of the test's loss
        self.again: dict[tuple[str, str], int] = {}  # outputs of one name, counted

    def read(self, line: str) -> Iterator[Told]:
        self._look_at_clock(line)
        if found := OUTPUT.search(line):
            yield from self._output(*found.groups())
        elif found := ITERATION.search(line):
            yield from self._at_iteration(int(found[1]), found[2])
        elif found := SOLVING.search(line):
            yield from self.end_of_test()
            self.net, self.began = found[1].strip(), self.clock
        elif self.net is None and (found := TOTAL.search(line)):
            yield self._said(Key(f"test{self.test}", "loss"), found[1], is_loss=True)
        elif self.net is None and (found := SCORE.search(line)):
            yield self._said(Key(f"test net{self.test}", found[1]), found[2])

    def _at_iteration(self, number: int, rest: str) -> Iterator[Told]:
        yield from self.end_of_test()
        if number < self.iteration and self.net is None:  # the log was cut, or put together
            self.net, self.began = "", self.clock
        self.iteration = number
        if self.net is not None:
            yield Began(number, self.net, self.began)
            self.net = None
        self.again.clear()
        if found := TESTING.search(rest):
            self.test = f" #{int(found[1])}" if int(found[1] or 0) else ""
        elif found := RATE.search(rest):
            yield self._said(TRAIN_RATE, found[1])
        elif found := LOSS.search(rest):
            yield self._said(TRAIN_LOSS, found[1], is_loss=True)

    def _output(self, phase: str, name: str, value: str, part: str | None) -> Iterator[Told]:
        if self.net is not None:
            return  # it belongs to no iteration
        count = self.again[phase, name] = self.again.get((phase, name), -1) + 1
        element = f"{name}[{count}]" if count else name
        of = "train net" if phase.lower() == "train" else f"test net{self.test}"
        yield self._said(Key(of, element), value, part is not None)
        if of != "train net" and part is not None:
            self.parts.append(number(part))

    def end_of_test(self) -> Iterator[Told]:
        """The loss of a test is the sum of the outputs that count towards it."""
        if self.parts:
            total = math.fsum(self.parts) if all(map(math.isfinite, self.parts)) else math.nan
            yield Said(Key(f"test{self.test}", "loss"), self.iteration, self.clock, total, True)
            self.parts.clear()

    def _said(self, key: Key, value: str, is_loss: bool = False) -> Said:
        return Said(key, self.iteration, self.clock, number(value), is_loss)

    def _look_at_clock(self, line: str) -> None:
        """glog's time of the line, in seconds. Without a year, a step back is the year's end."""
        if not (found := STAMP.search(line)):
            return
        year, month, day, hour, minute, second = (int(group or 0) for group in found.groups()[:6])
        try:
            known = year or max(self.before.year, 2000)  # which has a February 29
            now = datetime(known, month, day, hour, minute, second)
            now += timedelta(seconds=float(f"0.{found[7]}"))
            if not year and now + timedelta(days=180) < self.before:
                now = now.replace(year=now.year + 1)
        except (ValueError, OverflowError):  # no such day
            return
        self.before = now
        self.clock = (now - datetime(1970, 1, 1)).total_seconds()


def number(text: str) -> float:
    """A number as C++ prints it, on Windows too; nan where it is none."""
    try:
        return float(text.replace("1.#INF", "inf"))
    except ValueError:
        return math.nan
