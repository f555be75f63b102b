"""SVG whose texts fit their boxes in every browser.

Boxes are measured for one font; a reader who lacks it sees another, often a wider one. So each text
says how wide it is (`textLength`), and the browser makes it so.
"""

from __future__ import annotations

import html
import re

from netspec.draw.operations import Layout

TEXT = re.compile(r"<text (?P<attributes>[^>]*)>(?P<content>[^<]*)</text>")
SIZE = re.compile(r'font-size="([0-9.]+)"')


def fitted(picture: bytes, layout: Layout) -> bytes:
    """Graphviz's SVG with a width on each text, taken from the layout of the same diagram."""
    widths = {(text, size, bold): width for text, size, bold, width in layout.texts()}

    def widen(found: re.Match[str]) -> str:
        attributes, content = found["attributes"], found["content"]
        size = SIZE.search(attributes)
        key = html.unescape(content), float(size[1]) if size else 14.0, "bold" in attributes
        if key not in widths:
            return found[0]
        length = f'textLength="{widths[key]:g}" lengthAdjust="spacingAndGlyphs"'
        return f"<text {attributes} {length}>{content}</text>"

    return TEXT.sub(widen, picture.decode()).encode()
