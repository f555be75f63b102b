"""An account for programs: JSON with everything, CSV with a line for each entry."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

from netspec.analysis.account import Account, Entry
from netspec.schema.unsized import UNSIZED


def as_json(found: Account, entries: Sequence[Entry]) -> str:
    """All figures, whole numbers where they count; null is what nobody knows."""
    labels = found.graph.labels()
    fields = {
        source: {
            labels[value]: None if field is None else [span.as_json() for span in field]
            for value, field in told.items()
        }
        for source, told in found.fields().items()
    }
    said = {
        "name": found.graph.name,
        "phase": found.graph.phase.name,
        "batch": found.cost.batch,
        "precision": found.precision,
        "device": found.device.name if found.device else None,
        "total": found.all().as_json(),
        "inference_memory": found.memory.as_json(),
        "training_memory": {"solver": found.solver} | found.training.as_json(),
        "unknown": [node.name for node in found.unknown()],
        "entries": [_with_place(entry) for entry in entries],
        "receptive_fields": fields,
    }
    return json.dumps(said, indent=2)


def _with_place(entry: Entry) -> dict[str, Any]:
    nodes = [member.node for member in entry.members]
    return entry.as_json() | {
        "layers": [node.name for node in nodes],
        "output": None if entry.output in (None, UNSIZED) else list(entry.output or ()),
        "line": nodes[0].span.line if nodes[0].span else None,
    }


def as_csv(found: Account, entries: Sequence[Entry]) -> str:
    """A heading, then an entry a line; a cell is empty where nobody knows."""
    text = io.StringIO()
    rows = [_row(entry) for entry in entries]
    writer = csv.DictWriter(text, fieldnames=list(_row(found.all())), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _row(entry: Entry) -> dict[str, Any]:
    row: dict[str, Any] = {
        "name": entry.name,
        "type": entry.kind,
        "output": "x".join(map(str, entry.output or ())),
        "parameters": entry.parameters,
        "statistics": entry.statistics,
        "activations": entry.activations,
    }
    both = (
        (entry.forward, entry.time, "forward"),
        (entry.backward, entry.backward_time, "backward"),
    )
    for of, time, title in both:
        row |= {f"{title}_{name}": amount for name, amount in of.as_json().items()}
        row |= {f"{title}_seconds": time.seconds if time else None}
        row |= {f"{title}_bound": time.bound if time else None}
    return row
