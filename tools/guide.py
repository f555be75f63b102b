"""Print a page of the guide.

Without a name, list the pages.

    netspec guide training
"""

from __future__ import annotations

import argparse
import sys

from tools.show import refuse


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("page", nargs="?", type=str.lower, help="such as training")


def run(options: argparse.Namespace) -> int:
    from netspec.diagnostics import nearest
    from netspec.guide import PAGES, text, title

    if options.page is None:
        room = max(map(len, PAGES)) + 2
        print("\n".join(f"{name:<{room}}{title(name)}" for name in PAGES))
        return 0
    if options.page not in PAGES:
        help = nearest(options.page, PAGES) or "`netspec guide` lists them"
        return refuse(f"the guide has no page {options.page}; {help}")
    if sys.stdout.isatty():
        from rich.console import Console
        from rich.markdown import Markdown

        Console(width=min(Console().width, 100)).print(Markdown(text(options.page)))
    else:
        print(text(options.page), end="")
    return 0
