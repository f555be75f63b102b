"""A net held against what another program computed: where they part first, and why that may be."""

from __future__ import annotations

from compiler.verify.expected import Expected, read_expected
from compiler.verify.verdict import Verdict, verify
