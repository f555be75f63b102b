"""The guide: a page for each topic, in Markdown, beside this file."""

from __future__ import annotations

from importlib.resources import files

PAGES = sorted(
    p.name.removesuffix(".md") for p in files(__name__).iterdir() if p.name.endswith(".md")
)


def text(page: str) -> str:
    """A page, by its name."""
    return files(__name__).joinpath(f"{page}.md").read_text(encoding="utf-8")


def title(page: str) -> str:
    """What the page's first line calls it."""
    return text(page).partition("\n")[0].removeprefix("# ")
