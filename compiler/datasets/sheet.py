"""A contact sheet: images of a data set side by side, each with its label."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from compiler.data.databases import datum_pixels
from compiler.data.decode import ORDER
from netspec.atomic import replacing
from netspec.records import Unreadable
from netspec.records.record import Record

TILE, CAPTION, GAP, COLUMNS = 96, 16, 6, 10
PAPER, INK, FAINT = (255, 255, 255), (40, 40, 40), (225, 225, 225)


def write_sheet(path: Path, records: Iterable[Record], classes: Sequence[str]) -> None:
    """A PNG of the records, ten in a row; broken ones are crossed out. Raises SpecError (C365)."""
    tiles = [_tile(record, classes) for record in records]
    columns = min(COLUMNS, len(tiles)) or 1
    rows = -(-len(tiles) // columns)
    across, down = TILE + GAP, TILE + CAPTION + GAP
    sheet = Image.new("RGB", (columns * across + GAP, rows * down + GAP), PAPER)
    for i, tile in enumerate(tiles):
        sheet.paste(tile, (GAP + i % columns * across, GAP + i // columns * down))
    with replacing(path, "C365") as waiting:
        sheet.save(waiting, "PNG")


def _tile(record: Record, classes: Sequence[str]) -> Image.Image:
    tile = Image.new("RGB", (TILE, TILE + CAPTION), PAPER)
    draw = ImageDraw.Draw(tile)
    try:
        datum = record.load()
        image = _picture(datum_pixels(datum, record.name, None))
        place = ((TILE - image.width) // 2, (TILE - image.height) // 2)
        tile.paste(image, place)
        known = 0 <= datum.label < len(classes)
        said = f"{datum.label} {classes[datum.label]}" if known else str(datum.label)
    except Unreadable:
        draw.rectangle((0, 0, TILE - 1, TILE - 1), FAINT)
        draw.line((0, 0, TILE - 1, TILE - 1), INK)
        draw.line((0, TILE - 1, TILE - 1, 0), INK)
        said = "broken"
    font = ImageFont.load_default(11)
    while said and font.getlength(said) > TILE:
        said = said[:-2] + "…" if said[-1] == "…" else said[:-1] + "…"
    draw.text((TILE / 2, TILE + CAPTION / 2), said, INK, font, anchor="mm")
    return tile


def _picture(pixels: np.ndarray) -> Image.Image:
    """An image that fits a tile: small ones are enlarged without smoothing, floats stretched."""
    channels, height, width = pixels.shape
    if pixels.dtype != np.uint8:
        low, high = float(np.nanmin(pixels)), float(np.nanmax(pixels))
        scaled = (np.nan_to_num(pixels) - low) * (255 / (high - low) if high > low else 0)
        pixels = scaled.clip(0, 255).astype(np.uint8)
    shown = pixels[ORDER[3]] if channels in (3, 4) else pixels[:1].repeat(3, 0)
    image = Image.fromarray(np.ascontiguousarray(shown.transpose(1, 2, 0)))
    factor = TILE / max(height, width)
    size = max(1, round(width * factor)), max(1, round(height * factor))
    how = Image.Resampling.NEAREST if factor > 1 else Image.Resampling.LANCZOS
    return image.resize(size, how)
