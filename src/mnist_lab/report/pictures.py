"""Digits as small pictures: ink on nothing, so that they take the page's paper."""

from __future__ import annotations

import base64
import io

from PIL import Image

from mnist_lab.formatting import percent
from mnist_lab.report.answers import SIDE, Mistake


def png(mistake: Mistake) -> str:
    """An image as a ``data:`` URL of a PNG: black where there is ink, as transparent as there is none."""
    ink = Image.frombytes("L", (SIDE, SIDE), bytes.fromhex(mistake.pixels))
    picture = Image.merge("LA", (Image.new("L", ink.size, "black"), ink))
    content = io.BytesIO()
    picture.save(content, format="PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(content.getvalue()).decode()}"


def label(mistake: Mistake) -> str:
    """A mistake in words."""
    return f"image {mistake.image}: true digit {mistake.true}, predicted {mistake.said} ({percent(mistake.sure, 0)} %)"
