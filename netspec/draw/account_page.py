"""An account ▶ one HTML file: the sums, the memory as bars, and a table that sorts at a click."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from pathlib import Path

from netspec.analysis.account import Account, Entry
from netspec.analysis.account_table import state
from netspec.analysis.memory import Memory
from netspec.analysis.passes import AMOUNTS, Pass
from netspec.analysis.wording import amounts, count, intensity, seconds
from netspec.atomic import write_text
from netspec.draw.palette import FAINT, FONT, FRAME, INK, fill
from netspec.units import amount, measured, sizes

KINDS = {  # what memory holds, after Paul Tol's muted scheme
    "parameters": "#88CCEE",
    "gradients": "#44AA99",
    "history": "#117733",
    "blobs": "#DDCC77",
    "kept": "#CC6677",
    "blob gradients": "#AA4499",
    "working": "#BBBBBB",
}
STYLE = f"""\
:root {{ --ink: {INK}; --faint: {FAINT}; --line: {FRAME}; --rule: #EEF1F4; --paper: #FFFFFF;
  --bar: #A9C8EA88; }}
body {{ margin: 24px auto; max-width: 1400px; padding: 0 16px; font: 14px/1.45 {FONT}, Arial,
  sans-serif; color: var(--ink); background: var(--paper); }}
h1 {{ font-size: 22px; margin: 0; overflow-wrap: anywhere; }}
h2 {{ font-size: 14px; margin: 28px 0 8px; }}
p {{ margin: 2px 0; color: var(--faint); }}
.cards {{ display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px;
  margin: 20px 0; }}
.card {{ border: 1px solid var(--line); border-radius: 8px; padding: 10px 14px; }}
.card b {{ display: block; font-size: 20px; font-variant-numeric: tabular-nums; }}
.card span {{ color: var(--faint); font-size: 12px; }}
.bar {{ display: flex; height: 20px; border-radius: 4px; overflow: hidden; }}
.legend {{ display: flex; flex-wrap: wrap; gap: 4px 18px; margin: 6px 0 14px; font-size: 12px; }}
.legend i {{ display: inline-block; width: 10px; height: 10px; border-radius: 2px;
  margin-right: 6px; }}
table {{ border-collapse: collapse; width: 100%; font-size: 12px;
  font-variant-numeric: tabular-nums; }}
th, td {{ padding: 3px 6px; text-align: right; white-space: nowrap; }}
th {{ position: sticky; top: 0; z-index: 1; background: var(--paper);
  border-bottom: 2px solid var(--line); cursor: pointer; }}
th:hover {{ text-decoration: underline; }}
td {{ border-bottom: 1px solid var(--rule); }}
td:first-child, td:nth-child(2), th:first-child, th:nth-child(2) {{ text-align: left; }}
td:first-child, th:first-child {{ position: sticky; left: 0; background: var(--paper);
  max-width: 45vw; overflow: hidden; text-overflow: ellipsis; }}
th:first-child {{ z-index: 2; }}
td i {{ display: inline-block; width: 9px; height: 9px; border-radius: 2px; margin-right: 7px; }}
td.share {{ background: linear-gradient(var(--bar), var(--bar)) right / var(--share) 78%
  no-repeat; }}
td.quiet {{ color: var(--faint); }}
@media (prefers-color-scheme: dark) {{
  :root {{ --ink: #E4E7EB; --faint: #A3AEB8; --line: #4A5561; --rule: #262D35; --paper: #14181D;
    --bar: #4D83B888; }}
}}
"""
SCRIPT = """\
const body = document.querySelector("tbody"), rows = [...body.rows];
let sorted = -1;
document.querySelectorAll("th").forEach((head, column) => head.addEventListener("click", () => {
  const value = row => row.cells[column].dataset.n ?? row.cells[column].textContent;
  const number = column > 1;
  const order = rows.slice();
  if (sorted !== column) {
    order.sort((a, b) => number ? value(b) - value(a) : value(a).localeCompare(value(b)));
    sorted = column;
  } else sorted = -1;
  body.replaceChildren(...order);
}));
"""


def save_account(found: Account, entries: Sequence[Entry], path: Path) -> None:
    """Write the page. Raises SpecError D102 where the file cannot be written."""
    write_text(path, page(found, entries))


def page(found: Account, entries: Sequence[Entry]) -> str:
    """The whole page, with nothing outside of it."""
    title = html.escape(found.graph.name or "net")
    said = "".join(f"<p>{html.escape(line)}</p>" for line in state(found))
    return f"""\
<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>{title}: cost</title><style>
{STYLE}</style></head><body>
<h1>{title}</h1>{said}
<div class="cards">{"".join(_cards(found))}</div>
<h2>Memory at the peak</h2>
{"".join(_memory(found))}
<h2>What each takes; a click on a heading sorts</h2>
<table><thead><tr>{"".join(f"<th>{h}</th>" for h in _headings(found))}</tr></thead>
<tbody>{"".join(_rows(found, entries))}</tbody></table>
<script>
{SCRIPT}</script></body></html>
"""


def _cards(found: Account) -> Iterator[str]:
    every = found.all()
    yield _card(amount(every.parameters), "parameters", f"{every.parameters:,}")
    both = zip(amounts(every.forward), amounts(every.backward))
    for title, (forward, backward) in zip(("MACs", "FLOPs", "moved"), both):
        yield _card(forward or "0", f"{title} forward", f"{backward or '0'} backward")
    if found.device is not None:
        back = f"{seconds(every.backward_time)} backward"
        yield _card(seconds(every.time), "forward, at least", back)


def _card(number: str, title: str, more: str) -> str:
    return f'<div class="card"><span>{title}</span><b>{number}</b><span>{more}</span></div>'


def _memory(found: Account) -> Iterator[str]:
    most = max(found.memory.peak, found.training.peak, 1)
    for title, memory in (("to run", found.memory), (f"to train, {found.solver}", found.training)):
        at = html.escape(f"{title}: {measured(memory.peak, 'B')}, in {memory.at}")
        yield f'<p>{at}</p><div class="bar" style="width:{100 * memory.peak / most:.1f}%">'
        yield "".join(
            f'<div style="flex:{size};background:{KINDS[kind]}"></div>'
            for kind, size in memory.parts.items()
        )
        yield f'</div><div class="legend">{"".join(_legend(memory))}</div>'


def _legend(memory: Memory) -> Iterator[str]:
    for kind, size in memory.parts.items():
        yield f'<span><i style="background:{KINDS[kind]}"></i>{kind} {measured(size, "B")}</span>'


def _headings(found: Account) -> list[str]:
    passes = ["MACs", "FLOPs", "bytes", "FLOP/B", *(["time"] if found.device else [])]
    return ["layer", "type", "output", "parameters", *passes, *(f"{t} back" for t in passes)]


def _rows(found: Account, entries: Sequence[Entry]) -> Iterator[str]:
    sums = found.all()
    for entry in entries:
        node = entry.members[0].node
        colour = fill(node.layer.family, bool(entry.parameters)) if len(entry.members) == 1 else ""
        mark = f'<i style="background:{colour or FRAME}"></i>'
        shape = "" if entry.output is None else sizes(entry.output, found.cost.batch)
        cells = [f"<td>{mark}{html.escape(entry.name)}</td>", f"<td>{html.escape(entry.kind)}</td>"]
        cells += [_cell(entry.members[-1].activations, shape)]
        cells += [_cell(entry.parameters, count(entry.parameters), sums.parameters)]
        for of, every, time, times in (
            (entry.forward, sums.forward, entry.time, sums.time),
            (entry.backward, sums.backward, entry.backward_time, sums.backward_time),
        ):
            cells += _pass(of, every)
            if times is not None:
                cells.append(_cell(time.seconds if time else 0, seconds(time), times.seconds))
        yield f"<tr>{''.join(cells)}</tr>\n"


def _pass(of: Pass, every: Pass) -> Iterator[str]:
    for name, text in zip(AMOUNTS, amounts(of)):
        yield _cell(getattr(of, name), text, getattr(every, name))
    yield _cell(of.intensity, intensity(of))


def _cell(number: float | None, text: str, whole: float | None = None) -> str:
    """A cell that sorts by its number; a bar shows its share of the whole."""
    share = (
        f' class="share" style="--share:{100 * number / whole:.1f}%"' if number and whole else ""
    )
    return f'<td data-n="{number or 0}"{share}>{html.escape(text)}</td>'
